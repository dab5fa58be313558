"""axe-core finds nothing in what comes and goes on a page; the pages themselves: test_all_pages."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.kit import Visitor
from tests.browser.looks import faults_in_each_look
from tests.browser.town import LONG, Town

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]


def test_axe_finds_nothing_in_what_comes_and_goes(town: Town, visit: Visit) -> None:
    somebody = visit(town.house)
    found: dict[str, list[str]] = {}
    page = somebody.open(town.paths["event, asking"])

    page.locator("#zone").fill("new")
    expect(page.locator("#zone-places [role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#zone-places [aria-selected=true]")).to_have_count(1)
    found |= faults_in_each_look(page, "a field with its list open")

    somebody.fill(name=LONG, email="nobody", zone="Middle-earth")
    somebody.press("Register", page.locator("#registration"))
    expect(page.locator("#problems")).to_be_visible()
    found |= faults_in_each_look(page, "a form that was refused")

    page = somebody.open(town.paths["event, open"])
    somebody.register(LONG, "axe@example.org")
    expect(page.get_by_text("You have a place.")).to_be_visible()
    found |= faults_in_each_look(page, "thanks in place of the form")

    page = somebody.open("/")
    page.get_by_label("Words").fill("knidness")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=knidness**")
    somebody.settle()
    found |= faults_in_each_look(page, "a list that was narrowed")
    assert found == {}
