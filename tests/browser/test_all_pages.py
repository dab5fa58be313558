"""Every page in every state: no fault that axe-core finds, no sideways scrolling, no cookie, no noise."""

from collections.abc import Callable
from typing import Literal

import pytest

from tests.browser.kit import Visitor, faults
from tests.browser.town import Town

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]

WIDTHS = (360, 768, 1280)
# Colours are all that changes in the dark.
COLOURS = ("color-contrast", "link-in-text-block")
LOOKS: tuple[tuple[Literal["light", "dark"], int, tuple[str, ...]], ...] = (
    ("light", 360, ()), ("dark", 360, COLOURS), ("dark", 1280, COLOURS), ("light", 1280, ()),
)  # fmt: skip


def test_axe_finds_nothing_on_any_page(town: Town, visit: Visit) -> None:
    somebody = visit(town.house)
    found = {}
    for name, path in town.paths.items():
        page = somebody.open(path)
        for scheme, width, rules in LOOKS:
            page.emulate_media(color_scheme=scheme)
            page.set_viewport_size({"width": width, "height": 800})
            if problems := faults(page, only=rules):
                found[f"{name}, {scheme}, {width}"] = problems
    assert found == {}


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
        assert page.evaluate("() => localStorage.length + sessionStorage.length") == 0, path


def test_every_page_has_one_heading_a_title_and_a_language(town: Town, visit: Visit) -> None:
    somebody = visit(town.house, scripts=False)
    for name, path in town.paths.items():
        page = somebody.open(path)
        assert page.locator("h1").count() == 1, name
        assert page.title().strip(), name
        assert page.locator("html").get_attribute("lang") == "en", name
