"""Whose clock a page is on: the host's at first, the visitor's without being asked, and the one that was chosen."""

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from gatherings.core.clock import utc_now
from tests.browser.kit import Visitor
from tests.drills.houses import House
from tests.factories import make_event, make_series

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]

# Thursday 15 December 2033, 18:00 in London; domain.md (Time 4, 6) gives the other clocks.
EVENING = datetime(2033, 12, 15, 18, 0)
LONDON = "Thursday 15 December 2033, 18:00–19:00"
ELSEWHERE = [
    ("Europe/Stockholm", "Thursday 15 December 2033, 19:00–20:00", "your time, Stockholm"),
    ("America/New_York", "Thursday 15 December 2033, 13:00–14:00", "your time, New York"),
    ("Pacific/Auckland", "Friday 16 December 2033, 07:00–08:00", "your time, Auckland"),
    ("Australia/Melbourne", "Friday 16 December 2033, 05:00–06:00", "your time, Melbourne"),
    ("Asia/Calcutta", "Thursday 15 December 2033, 23:30 – Friday 16 December 2033, 00:30", "your time, Kolkata"),
]


@pytest.fixture(scope="module")
def path(house: House) -> str:
    with house.writing() as session:
        return f"/events/{make_event(session, now=utc_now(), starts_local=EVENING).slug}"


@pytest.mark.parametrize(("zone", "mine", "whose"), ELSEWHERE)
def test_both_clocks_stand_on_the_page(house: House, visit: Visit, path: str, zone: str, mine: str, whose: str) -> None:
    somebody = visit(house, timezone_id=zone)
    page = somebody.open(path)
    assert _when(page) == [mine, whose, f"{LONDON} in London"]
    assert page.locator("#zone").input_value() in (zone, "Asia/Kolkata")


def test_a_visitor_on_the_hosts_clock_sees_one(house: House, visit: Visit, path: str) -> None:
    page = visit(house, timezone_id="Europe/London").open(path)
    assert _when(page) == [LONDON, "in London", "This is your own clock."]


def test_without_scripts_the_hosts_clock_is_named(house: House, visit: Visit, path: str) -> None:
    page = visit(house, scripts=False, timezone_id="Pacific/Auckland").open(path)
    assert _when(page) == [LONDON, "in London", "This is the clock of the hosts."]
    assert page.locator("#zone").input_value() == "Europe/London"


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_jumps_when_the_visitors_clock_arrives(house: House, visit: Visit, path: str, width: int) -> None:
    with house.writing() as session:
        series = make_series(session, now=utc_now())
    somebody = visit(house, timezone_id="Pacific/Auckland", viewport={"width": width, "height": 800})
    for one in (path, "/", f"/series/{series.slug}"):
        page = somebody.open(one)
        page.get_by_text("Auckland").first.wait_for()
        page.wait_for_timeout(150)  # shifts are told a frame later
        assert somebody.shifted < 0.01, one


def test_the_visitors_clock_comes_without_a_cookie(house: House, visit: Visit, path: str) -> None:
    somebody = visit(house, timezone_id="Pacific/Auckland")
    somebody.open(path)
    somebody.register("Aroha", "aroha-cookie@example.org")
    assert somebody.context.cookies() == []


def test_what_somebody_typed_is_not_overwritten(house: House, visit: Visit, path: str) -> None:
    somebody = visit(house, timezone_id="Pacific/Auckland")
    page = somebody.open(path)
    somebody.fill(name="", email="x@example.org", zone="Toronto")
    somebody.press("Register", page.locator("#registration"))
    assert page.locator("#zone").input_value() == "Toronto"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_chosen_clock_is_remembered_and_can_be_forgotten(
    house: House, visit: Visit, path: str, scripts: bool
) -> None:
    somebody = visit(house, scripts=scripts, timezone_id="Europe/London")
    page = somebody.open(path)
    page.locator("#when a").click()
    somebody.settle()
    page.locator("#q").fill("melb")
    if not scripts:
        somebody.press("Find")
    page.get_by_role("option" if scripts else "button", name="Melbourne, Australia").click()
    expect(page.get_by_text("your time, Melbourne")).to_be_visible()
    somebody.settle()

    assert page.url.endswith(path)
    assert _when(page)[1] == "your time, Melbourne"
    (cookie,) = somebody.context.cookies()
    assert (cookie["name"], cookie["value"]) == ("zone", "Australia/Melbourne")
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    another = somebody.open("/")
    expect(another.get_by_text("Times are on the clock of Melbourne.")).to_be_visible()

    somebody.open("/zones")
    somebody.press("Forget my choice")
    assert somebody.context.cookies() == []


def test_the_list_works_without_scripts(house: House, visit: Visit) -> None:
    somebody = visit(house, scripts=False)
    page = somebody.open("/zones")
    page.locator("#zone").select_option("America/Toronto")
    somebody.press("Use this clock")
    expect(page.get_by_text("Times are on the clock of Toronto.")).to_be_visible()


def _when(page: Page) -> list[str]:
    texts = page.locator("#when .when-mine time, #when .when-whose, #when .when-host").all_inner_texts()
    return [text.strip() for text in texts]
