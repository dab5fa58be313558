"""Doors in a browser: by keyboard alone, with no script, without motion, on the reader's own clock; axe, and weight."""

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from playwright.sync_api import expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from tests.browser.kit import Visitor, faults
from tests.browser.looks import faults_in_each_look
from tests.dooring import make_calendar
from tests.drills.houses import House
from tests.factories import make_community, make_event

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenverwaltung"
MOST = 60 * 1024  # bytes of the page, its styles, scripts and fonts as they come over the wire
_numbers = count(1)


@pytest.fixture
def doors(house: House) -> str:
    """A calendar whose ninth door is today's: its path."""
    number, now = next(_numbers), utc_now()
    with Session(create_engine(house.url)) as session:
        community = make_community(session, accent="sea")
        event = make_event(session, community, slug=f"doors-{number}", title="The session", now=now)
        calendar = make_calendar(session, event, first_day=now.date() - timedelta(days=8))
        calendar.doors[2].title = f"{LONG} 李雷 محمد"
        calendar.doors[8].title = "The door of today"
        session.commit()
    return f"/events/doors-{number}/doors"


def test_every_door_is_opened_by_keyboard_alone(house: House, visit: Visit, doors: str) -> None:
    somebody = visit(house)
    page = somebody.open(doors)
    links = page.locator(".house a")
    expect(links).to_have_count(24)
    links.first.focus()
    for number in range(1, 25):  # each is one step further
        name = page.evaluate("() => document.activeElement.textContent.trim()")
        assert name.startswith(f"Door {number},"), name
        page.keyboard.press("Tab")
    page.get_by_role("link", name="today’s door").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The door of today")
    page.get_by_role("link", name="The door after").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Door 10 is still closed")
    page.get_by_role("link", name="The door before").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("The door of today")
    assert page.go_back() is not None


def test_it_all_works_without_scripts(house: House, visit: Visit, doors: str) -> None:
    somebody = visit(house, scripts=False)
    page = somebody.open(doors)
    page.get_by_role("link", name="Door 3, ").first.click()
    expect(page.get_by_text("Secret 3.")).to_be_visible()
    page.get_by_role("link", name="Advent of kindness").click()
    somebody.fill(email="noscript@example.org", zone="Toronto")
    page.get_by_role("button", name="Send me the doors").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Please look into your mail")
    page.go_back()
    somebody.fill(email="nobody", zone="Toronto")
    page.get_by_role("button", name="Send me the doors").click()
    expect(page.locator("#problems")).to_be_visible()
    assert page.locator("#email").input_value() == "nobody"


def test_the_readers_own_clock_comes_by_itself_and_nothing_jumps(house: House, visit: Visit, doors: str) -> None:
    somebody = visit(house, timezone_id="Pacific/Auckland", viewport={"width": 1280, "height": 900})
    page = somebody.open(doors)
    expect(page.get_by_text("your time, Auckland")).to_be_visible()
    assert page.locator("#zone").input_value() == "Pacific/Auckland"
    assert somebody.shifted < 0.1
    page = somebody.open(f"{doors}/12")
    expect(page.get_by_text("your time, Auckland")).to_be_visible()


def test_axe_finds_nothing_and_nothing_sticks_out(house: House, visit: Visit, doors: str) -> None:
    somebody = visit(house)
    found: dict[str, list[str]] = {}
    for path in (doors, f"{doors}/3", f"{doors}/12", f"{doors}/follow", f"{doors}/asked"):
        page = somebody.open(path)
        found |= faults_in_each_look(page, path)
        for width in (320, 360, 768, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            assert somebody.sideways == 0, (path, width, somebody.too_wide)
    assert found == {}


@pytest.mark.parametrize("accent", ["sun", "clay", "moss", "slate"])
def test_numbers_on_doors_can_be_read_in_every_paint(house: House, visit: Visit, accent: str) -> None:
    number, now = next(_numbers), utc_now()
    with Session(create_engine(house.url)) as session:
        event = make_event(session, make_community(session, accent=accent), slug=f"doors-{number}", now=now)
        make_calendar(session, event, first_day=now.date() - timedelta(days=8))
        session.commit()
    somebody = visit(house, color_scheme="light")
    page = somebody.open(f"/events/doors-{number}/doors")
    assert faults(page, only=["color-contrast"]) == []
    page.emulate_media(color_scheme="dark")
    assert faults(page, only=["color-contrast"]) == []


def test_a_door_turns_and_stands_still_for_who_wants_no_motion(house: House, visit: Visit, doors: str) -> None:
    moving = "() => document.getAnimations().filter((one) => one.playState === 'running').length"
    still = visit(house, reduced_motion="reduce").open(f"{doors}/3")
    assert still.evaluate(moving) == 0
    turned = "() => getComputedStyle(document.querySelector('.stage .leaf')).transform"
    assert still.evaluate(turned).startswith("matrix3d")  # it is open all the same
    lively = visit(house, reduced_motion="no-preference").open(f"{doors}/3")
    assert lively.evaluate(moving) > 0


def test_the_first_view_is_light(house: House, visit: Visit, doors: str) -> None:
    somebody = visit(house)
    page = somebody.open(f"{doors}?zone=Europe/London")
    weights = page.evaluate(
        "() => Object.fromEntries(performance.getEntries().filter((one) => one.transferSize)"
        ".map((one) => [one.name.split('/').pop(), one.encodedBodySize]))"
    )
    print(sum(weights.values()), weights)
    assert sum(weights.values()) < MOST, weights
