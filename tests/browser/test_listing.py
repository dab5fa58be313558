"""The listing in a browser: narrowed without a new page, told aloud, back again; the same without scripts."""

from collections.abc import Callable
from datetime import datetime

import pytest
from playwright.sync_api import expect

from gatherings.core.clock import utc_now
from tests.browser.kit import Visitor, faults
from tests.browser.town import LONG, Town
from tests.drills.houses import House
from tests.factories import make_community, make_event

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]


@pytest.fixture(scope="module")
def circle(house: House) -> str:
    """A community with one call at six in the evening in London and one in its night."""
    with house.writing() as session:
        community = make_community(session, slug="listed-circle", name="The listed circle")
        for title, hour in (("Evening hour", 18), ("Night hour", 2)):
            make_event(session, community, title=title, now=utc_now(), starts_local=datetime(2033, 12, 15, hour))
    return "listed-circle"


def test_filters_work_in_place_and_are_told_and_undone_by_going_back(house: House, visit: Visit, circle: str) -> None:
    somebody = visit(house, timezone_id="Europe/London")
    page = somebody.open(f"/?community={circle}")
    titles = page.locator("#events h3")
    expect(titles).to_have_text(["Night hour", "Evening hour"])
    page.get_by_label("At a decent hour for me").check()
    expect(titles).to_have_text(["Evening hour"])
    expect(page.locator("#live")).to_have_text("1 gathering")
    assert somebody.focused == "f-hours"
    assert page.url.endswith(f"/?community={circle}&hours=decent")
    page.get_by_label("Words").fill("nigth hour")
    page.keyboard.press("Enter")
    expect(page.locator("#events .note").first).to_contain_text("Nothing for “nigth hour”")
    somebody.settle()
    page.get_by_role("link", name="At any hour").click()
    somebody.settle()
    expect(titles).to_have_text(["Night hour"])
    page.get_by_role("link", name="Remove the filter: “night hour”").click()
    somebody.settle()
    expect(titles).to_have_text(["Night hour", "Evening hour"])
    for _ in range(3):
        page.go_back()
        somebody.settle()
    expect(page.get_by_label("At a decent hour for me")).to_be_checked()
    expect(titles).to_have_text(["Evening hour"])


def test_filters_work_without_scripts(house: House, visit: Visit, circle: str) -> None:
    somebody = visit(house, scripts=False, viewport={"width": 360, "height": 800})
    page = somebody.open("/")
    page.get_by_text("More filters").click()
    page.get_by_label("Community").select_option(circle)
    page.get_by_label("At a decent hour for me").check()
    somebody.press("Show")
    expect(page.locator("#events h3")).to_have_text(["Night hour", "Evening hour"])
    expect(page.locator("#events .note")).to_contain_text("Which hours are decent depends on your clock")
    page.locator("#events .note").get_by_role("link", name="Choose your clock").click()
    assert "next=/%3Fcommunity%3Dlisted-circle%26hours%3Ddecent" in page.url


STATES = (
    "/?past=1",
    f"/?q={LONG}&community=kind&mode=hybrid&month=2027-01&hours=decent",
    "/?q=knidness&hours=decent",
    "/?q=محمد",
    "/?community=kind&zone=Pacific/Auckland",
)


def test_each_state_of_the_listing_is_whole_on_a_phone_and_clean_to_axe(town: Town, visit: Visit) -> None:
    somebody = visit(town.house, viewport={"width": 360, "height": 800})
    found = {}
    for path in STATES:
        page = somebody.open(path)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 800})
            if somebody.sideways or somebody.too_wide:
                found[f"{path}, {width}"] = somebody.too_wide
        if problems := faults(page):
            found[path] = problems
    assert found == {}
