"""Every page in every state: no sideways scrolling, no cookie, no noise."""

from collections.abc import Callable

import pytest

from tests.browser.kit import Visitor
from tests.browser.town import Town

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]

WIDTHS = (360, 768, 1280)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_no_page_scrolls_sideways(town: Town, visit: Visit, scripts: bool) -> None:
    somebody = visit(town.house, scripts=scripts)
    found = {}
    for name, path in town.paths.items():
        page = somebody.open(path)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 800})
            if somebody.sideways > 0:
                found[f"{name}, {width}"] = (somebody.sideways, somebody.too_wide)
    assert found == {}


def test_no_page_scrolls_sideways_at_twice_the_size(town: Town, visit: Visit) -> None:
    # A window of 640 px zoomed to 200 % has room for 320 CSS pixels (WCAG 2.2, 1.4.4 and 1.4.10).
    somebody = visit(town.house, viewport={"width": 320, "height": 400}, device_scale_factor=2)
    found = {}
    for name, path in town.paths.items():
        somebody.open(path)
        if somebody.sideways > 0:
            found[name] = (somebody.sideways, somebody.too_wide)
    assert found == {}


def test_no_page_leaves_a_cookie_or_anything_else_behind(town: Town, visit: Visit) -> None:
    somebody = visit(town.house)
    for path in town.paths.values():
        page = somebody.open(path)
        assert somebody.context.cookies() == [], path
        assert page.evaluate("() => localStorage.length") == 0, path
        # htmx notes for this tab alone which page it is on.
        assert page.evaluate("() => Object.keys(sessionStorage)") in ([], ["htmx-current-path-for-history"]), path


def test_every_page_has_one_heading_a_title_and_a_language(town: Town, visit: Visit) -> None:
    somebody = visit(town.house, scripts=False)
    for name, path in town.paths.items():
        page = somebody.open(path)
        assert page.locator("h1").count() == 1, name
        assert page.title().strip(), name
        assert page.locator("html").get_attribute("lang") == "en", name
