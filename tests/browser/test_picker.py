"""The field that finds a clock: by keyboard, by mouse, and without scripts."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from gatherings.registration.models import Registration
from tests.browser.kit import Visitor, faults
from tests.drills.houses import House

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]


def active(field: Locator) -> Locator:
    """Give the option that a screen reader is told to be at."""
    page = field.page
    return page.locator(f'[id="{field.get_attribute("aria-activedescendant")}"]')


def test_choosing_another_clock_by_the_keyboard(house: House, visit: Visit) -> None:
    event = house.event()
    somebody = visit(house)
    page = somebody.open(f"/events/{event.slug}")
    page.locator("#when").get_by_role("link", name=re.compile("Choose .* clock")).press("Enter")

    field = page.get_by_role("combobox", name="Your city, country or time zone")
    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-expanded", "false")
    page.keyboard.type("wellington")
    expect(field).to_have_attribute("aria-expanded", "true")
    options = page.locator("#q-places").get_by_role("option")
    expect(options.first).to_contain_text(re.compile(r"Wellington, New Zealand.*\d\d:\d\d now.*begins "))
    expect(page.locator("#live")).to_contain_text(re.compile(r"\d places?\."))
    assert faults(page) == []

    page.keyboard.press("ArrowDown")
    expect(active(field)).to_contain_text("New Zealand")
    expect(options.first).to_have_attribute("aria-selected", "true")
    page.keyboard.press("ArrowUp")  # around to the last
    expect(options.last).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Home")  # back into the text
    expect(page.locator("#q-places [aria-selected=true]")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#q-places")).to_be_hidden()
    expect(field).to_have_value("wellington")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_attribute("aria-expanded", "true")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    expect(page.get_by_text("your time, Auckland")).to_be_visible()
    assert page.url == f"{house.server.url}/events/{event.slug}"
    assert [(cookie["name"], cookie["value"]) for cookie in somebody.context.cookies()] == [
        ("zone", "Pacific/Auckland")
    ]


def test_filling_in_the_form_by_the_mouse(house: House, visit: Visit) -> None:
    event = house.event()
    somebody = visit(house)
    page = somebody.open(f"/events/{event.slug}")
    field = page.get_by_role("combobox", name="Your time zone")
    somebody.fill(name="Astrid", email="astrid@example.org")
    field.fill("")
    field.press_sequentially("Götebo")
    page.locator("#zone-places").get_by_role("option").get_by_text("Gothenburg, Sweden").click()
    expect(field).to_have_value("Gothenburg, Sweden")
    expect(field).to_be_focused()
    expect(page.locator("#zone-places")).to_be_hidden()
    assert somebody.sideways == 0
    somebody.press("Register", page.locator("#registration"))
    expect(page.get_by_text("You have a place.")).to_be_visible()
    assert _zones(house, event.id) == [("Europe/Stockholm",)]


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_what_may_mean_several_is_asked_about(house: House, visit: Visit, scripts: bool) -> None:
    event = house.event()
    somebody = visit(house, scripts=scripts)
    page = somebody.open(f"/events/{event.slug}")
    somebody.fill(name="Bea", email="bea@example.org", zone="Birmingham")
    page.locator("#zone").press("Tab")
    somebody.press("Register", page.locator("#registration"))

    assert somebody.focused == "problems"
    expect(page.locator("#zone")).to_have_value("Birmingham")
    page.get_by_role("radio", name=re.compile("Birmingham, Alabama")).check()
    if scripts:
        assert faults(page) == []
    somebody.press("Register", page.locator("#registration"))
    expect(page.get_by_text("You have a place.")).to_be_visible()
    assert _zones(house, event.id) == [("America/Chicago",)]


def test_without_scripts_a_page_of_its_own_finds_clocks(house: House, visit: Visit) -> None:
    event = house.event()
    somebody = visit(house, scripts=False, viewport={"width": 360, "height": 700})
    page = somebody.open(f"/events/{event.slug}")
    page.locator("#when").get_by_role("link", name=re.compile("Choose .* clock")).click()
    page.get_by_label("Your city, country or time zone").fill("東京")
    page.keyboard.press("Enter")
    tokyo = page.get_by_role("button", name=re.compile("Tokyo, Japan"))
    expect(tokyo).to_be_visible()
    assert somebody.sideways == 0
    tokyo.click()
    expect(page.get_by_text("your time, Tokyo")).to_be_visible()

    page = somebody.open("/zones")
    page.get_by_label("Or from the list").select_option("Pacific/Auckland")
    somebody.press("Use this clock")
    somebody.open("/zones")
    expect(page.get_by_text("Now: the clock of Auckland.")).to_be_visible()
    somebody.press("Forget my choice")
    assert somebody.context.cookies() == []


def test_a_search_that_finds_nothing_says_so(house: House, visit: Visit) -> None:
    page: Page = visit(house).open("/zones")
    field = page.get_by_role("combobox", name="Your city")
    field.press_sequentially("qqqq")
    expect(page.locator("#q-places")).to_contain_text("No clock is known by that name.")
    expect(page.locator("#live")).to_have_text("No clock is known by that name.")
    field.press("ArrowDown")
    expect(field).not_to_have_attribute("aria-activedescendant", re.compile(""))
    assert faults(page) == []


def _zones(house: House, event_id: int) -> list[tuple[str]]:
    return [tuple(row) for row in house.ask(select(Registration.zone).where(Registration.event_id == event_id))]
