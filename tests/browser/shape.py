"""Whether a page keeps its shape: nothing cut off, nothing on top of something else, nothing beside the window."""

from playwright.sync_api import Page

# Each line of text has a box of its own; of its height only the middle counts, for lines stand closer than boxes do.
_SHAPE = """(most) => {
    const room = document.documentElement.clientWidth;
    const found = new Set();
    const named = (one) => [one.tagName.toLowerCase() + (one.id && '#' + one.id), ...one.classList].join('.');
    const short = (text) => `“${text.trim().slice(0, 40)}”`;
    const say = (what, one, text) => found.add(`${what}: ${named(one)} ${short(text)}`);
    const is_shown = (one) => one.checkVisibility({visibilityProperty: true})
        && !one.closest('.visually-hidden, .skip:not(:focus), [hidden], option, title, desc');
    const middle = (box, share) => ({left: box.left, right: box.right, top: box.top + box.height * share,
        bottom: box.bottom - box.height * share});
    const over = (a, b, by) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > by
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > by;

    // What of the page is to be seen around an element; null where whoever wants to can scroll.
    const window_of = (one) => {
        const seen = {left: 0, right: room, top: -scrollY, bottom: Infinity};
        for (let around = one; around && around !== document.documentElement; around = around.parentElement) {
            const style = getComputedStyle(around), box = around.getBoundingClientRect();
            if (/auto|scroll/.test(style.overflowX + style.overflowY)) return null;
            if (/hidden|clip/.test(style.overflowX)) {
                seen.left = Math.max(seen.left, box.left);
                seen.right = Math.min(seen.right, box.right);
            }
            if (/hidden|clip/.test(style.overflowY)) {
                seen.top = Math.max(seen.top, box.top);
                seen.bottom = Math.min(seen.bottom, box.bottom);
            }
        }
        return seen;
    };

    const lines = [];
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const text = walk.currentNode, one = text.parentElement;
        if (!text.data.trim() || !is_shown(one)) continue;
        const range = document.createRange(), seen = window_of(one);
        range.selectNodeContents(text);
        for (const whole of range.getClientRects()) {
            if (whole.width <= 1 || whole.height <= 1) continue;
            const box = middle(whole, .25), {left, right} = box;
            if (seen && (left < seen.left - 1 || right > seen.right + 1)) say('cut at the side', one, text.data);
            if (seen && (box.top < seen.top || box.bottom > seen.bottom)) say('cut above or below', one, text.data);
            lines.push({...box, text, one});
        }
    }
    lines.sort((a, b) => a.top - b.top);
    lines.forEach((a, at) => {
        for (let next = at + 1; next < lines.length && lines[next].top < a.bottom; next++) {
            const b = lines[next];
            if (a.text !== b.text && over(a, b, 2)) say(`text over ${short(b.text.data)}`, a.one, a.text.data);
        }
    });

    const presses = [];
    for (const one of document.querySelectorAll('a[href], button, input, select, textarea, summary, label')) {
        // A picture's parts lie as they are drawn; what stands beside it is pressed instead.
        if (!is_shown(one) || one.closest('svg[aria-hidden=true]')) continue;
        const inline = getComputedStyle(one).display === 'inline';
        for (const box of inline ? one.getClientRects() : [one.getBoundingClientRect()]) {
            if (box.width > 1) presses.push({...middle(box, inline ? .25 : 0), one});
        }
    }
    presses.forEach((a, at) => {
        if (a.left < -1 || a.right > room + 1) say('beside the window', a.one, a.one.textContent);
        for (const b of presses.slice(at + 1)) {
            if (a.one.contains(b.one) || b.one.contains(a.one) || !over(a, b, 1)) continue;
            say(`pressed with ${named(b.one)} ${short(b.one.textContent)}`, a.one, a.one.textContent);
        }
    });
    const boxes = 'h1, h2, h3, p, li, dt, dd, th, td, legend, summary, button, .button';
    for (const one of document.querySelectorAll(boxes)) {
        if (one.clientWidth && one.scrollWidth > one.clientWidth + 1 && is_shown(one) && window_of(one))
            say('wider than its box', one, one.textContent);
    }
    const beyond = document.documentElement.scrollWidth - room;
    if (beyond > 0) found.add(`scrolls ${beyond} px sideways`);
    return [...found].slice(0, most);
}"""


def misshapen(page: Page, most: int = 6) -> list[str]:
    """Name what is cut off, covered, or out of the window on a page as it stands now."""
    found: list[str] = page.evaluate(_SHAPE, most)
    return found


def open_all(page: Page) -> None:
    """Unfold whatever is folded: questions and their answers, filters, the code of kindness."""
    page.evaluate("() => document.querySelectorAll('details').forEach((one) => { one.open = true; })")
