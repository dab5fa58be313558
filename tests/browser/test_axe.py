"""axe-core finds nothing on any page in any state, light and dark, from a phone to a desk."""

from collections.abc import Callable
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from tests.browser.kit import Visitor, faults
from tests.browser.shape import open_all
from tests.browser.town import LONG, Town

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]

# All rules once; what colours and room decide in each look.
COLOURS = ("color-contrast", "link-in-text-block")
ROOM = (*COLOURS, "target-size", "scrollable-region-focusable")
LOOKS: tuple[tuple[Literal["light", "dark"], int, tuple[str, ...]], ...] = (
    ("light", 360, ()), ("dark", 768, COLOURS), ("light", 1280, ROOM),
)  # fmt: skip


def in_each_look(page: Page, name: str) -> dict[str, list[str]]:
    found = {}
    for scheme, width, rules in LOOKS:
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        if problems := faults(page, only=rules):
            found[f"{name}, {scheme}, {width}"] = problems
    return found


def test_axe_finds_nothing_on_any_page(town: Town, visit: Visit) -> None:
    somebody = visit(town.house)
    found: dict[str, list[str]] = {}
    for name, page in town.shown(somebody):
        open_all(page)
        found |= in_each_look(page, name)
    assert found == {}


def test_axe_finds_nothing_in_what_comes_and_goes(town: Town, visit: Visit) -> None:
    somebody = visit(town.house)
    found: dict[str, list[str]] = {}
    page = somebody.open(town.paths["event, asking"])

    page.locator("#zone").fill("new")
    expect(page.locator("#zone-places [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#zone-places [aria-selected=true]")).to_have_count(1)
    found |= in_each_look(page, "a field with its list open")

    somebody.fill(name=LONG, email="nobody", zone="Middle-earth")
    somebody.press("Register", page.locator("#registration"))
    expect(page.locator("#problems")).to_be_visible()
    found |= in_each_look(page, "a form that was refused")

    page = somebody.open(town.paths["event, open"])
    somebody.register(LONG, "axe@example.org")
    expect(page.get_by_text("You have a place.")).to_be_visible()
    found |= in_each_look(page, "thanks in place of the form")

    page = somebody.open("/")
    page.get_by_label("Words").fill("knidness")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=knidness**")
    somebody.settle()
    found |= in_each_look(page, "a list that was narrowed")
    assert found == {}
