"""On paper: ink on white whatever the screen's scheme, nothing to press, tables as tables, nothing cut."""

from tests.browser.kit import Visitor

A4 = 673  # CSS pixels between margins of 16 mm
_DARK = """() => [...document.body.querySelectorAll('*')].filter((one) => one.checkVisibility()).map((one) => {
        const style = getComputedStyle(one), [r, g, b, a] = style.backgroundColor.match(/[\\d.]+/g).map(Number);
        return (a ?? 1) * (1 - (r + g + b) / 765) > .5 && one.offsetHeight > 40 ? one.className || one.tagName : '';
    }).filter(Boolean)"""
_PRESSED = (
    "() => [...document.querySelectorAll('button, input, .button')].filter((one) => one.checkVisibility()).length"
)


def wrong_on_paper(somebody: Visitor) -> list[str]:
    """Say what would be wrong with the page that somebody sees if it were printed; it is on the screen again after."""
    page, wrong = somebody.page, []
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size({"width": A4, "height": 1000})
    if somebody.sideways > 0:
        wrong.append(f"cut at the side: {somebody.too_wide}")
    if page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor") != "rgb(255, 255, 255)":
        wrong.append("paper is not white")
    if dark := page.evaluate(_DARK):
        wrong.append(f"ink is wasted: {dark[:3]}")
    if page.evaluate(_PRESSED):
        wrong.append("buttons on paper")
    for table in page.locator("table.rows thead").all():
        if table.evaluate("(one) => getComputedStyle(one).display") != "table-header-group":
            wrong.append("a table without its head")
    page.emulate_media(media="screen", color_scheme="light")
    return wrong
