"""Whether a page keeps its shape: nothing cut off, nothing on top of something else, nothing beside the window."""

from playwright.sync_api import Page

# Each line of text has a box of its own; of its height only the middle counts, for lines stand closer than boxes do.
_SHAPE = """(most) => {
    const found = [];
    const told = (one) => `${one.tagName.toLowerCase()}${one.id && '#' + one.id}${[...one.classList].map((name) => '.' + name).join('')}`;
    const say = (what, one, text) => found.push(`${what}: ${told(one)} “${text.trim().slice(0, 50)}”`);
    const room = document.documentElement.clientWidth;
    const unseen = '.visually-hidden, .skip:not(:focus), [hidden], option, title, desc';

    const lines = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const text = walk.currentNode, parent = text.parentElement;
        if (!text.data.trim() || parent.closest(unseen) || !parent.checkVisibility({visibilityProperty: true})) continue;
        const range = document.createRange();
        range.selectNodeContents(text);
        const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
        // What hides what goes beyond it: a box, a picture, the window.
        let left = 0, right = room, top = -scrollY, bottom = Infinity;
        for (let around = parent; around; around = around.parentElement) {
            const style = getComputedStyle(around), box = around.getBoundingClientRect();
            if (/auto|scroll/.test(style.overflowX + style.overflowY) && around !== document.documentElement) {
                left = right = null;  // whoever wants to read it can scroll there
                break;
            }
            if (/hidden|clip/.test(style.overflowX)) [left, right] = [Math.max(left, box.left), Math.min(right, box.right)];
            if (/hidden|clip/.test(style.overflowY)) [top, bottom] = [Math.max(top, box.top), Math.min(bottom, box.bottom)];
            if (style.position === 'fixed') break;
        }
        for (const box of boxes) {
            if (left !== null && (box.left < left - 1 || box.right > right + 1)) say('cut at the side', parent, text.data);
            const half = box.height / 4;
            if (left !== null && (box.top + half < top || box.bottom - half > bottom)) say('cut above or below', parent, text.data);
            lines.push({text, parent, left: box.left, right: box.right, top: box.top + half, bottom: box.bottom - half});
        }
    }

    const over = (a, b, by) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > by
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > by;
    lines.sort((a, b) => a.top - b.top);
    lines.forEach((a, at) => {
        for (let next = at + 1; next < lines.length && lines[next].top < a.bottom; next++) {
            const b = lines[next];
            if (a.text !== b.text && over(a, b, 2)) say(`text over text “${b.text.data.trim().slice(0, 30)}”`, a.parent, a.text.data);
        }
    });

    const presses = [];
    for (const one of document.querySelectorAll('a[href], button, input, select, textarea, summary, label')) {
        if (one.closest(unseen) || !one.checkVisibility({visibilityProperty: true})) continue;
        const inline = getComputedStyle(one).display === 'inline';
        for (const box of inline ? one.getClientRects() : [one.getBoundingClientRect()]) {
            const less = inline ? box.height / 4 : 0;
            if (box.width > 1) presses.push({one, left: box.left, right: box.right, top: box.top + less, bottom: box.bottom - less});
        }
    }
    for (const a of presses) {
        if (a.left < -1 || a.right > room + 1) say('beside the window', a.one, a.one.textContent);
        for (const b of presses) {
            if (a.one === b.one || a.one.contains(b.one) || b.one.contains(a.one)) continue;
            if (a.one.compareDocumentPosition(b.one) & Node.DOCUMENT_POSITION_FOLLOWING && over(a, b, 1))
                say(`on top of ${told(b.one)} “${b.one.textContent.trim().slice(0, 30)}”`, a.one, a.one.textContent);
        }
    }
    const beyond = document.documentElement.scrollWidth - room;
    if (beyond > 0) say(`scrolls ${beyond} px sideways`, document.body, '');
    return [...new Set(found)].slice(0, most);
}"""


def misshapen(page: Page, most: int = 6) -> list[str]:
    """Name what is cut off, covered, or out of the window on a page as it stands now."""
    found: list[str] = page.evaluate(_SHAPE, most)
    return found


def open_all(page: Page) -> None:
    """Unfold whatever is folded: questions and their answers, filters, the code of kindness."""
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
