"""The host's screen of the run of show in a real browser: keys, two hosts, a network that goes away, no script."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from gatherings.events.models import Event
from gatherings.live.queries import held_of
from gatherings.live.rules import State
from tests.browser.kit import Visitor, faults
from tests.drills.houses import House
from tests.drills.screens import make_show
from tests.factories import make_community
from tests.signing import COOKIE, make_role, make_sign_in

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]


@dataclass
class Stage:
    """A gathering that begins in a minute, and its hosts by name."""

    house: House
    event: Event
    visit: Visit

    @property
    def path(self) -> str:
        return f"/organise/events/{self.event.slug}/live"

    @property
    def run(self) -> State:
        with self.house.session() as session:
            held = held_of(session, self.event.id)
            assert held is not None
            return held.run

    def host(self, name: str, **options: object) -> Visitor:
        """Let a host sign in and open the screen."""
        with self.house.writing() as session:
            event = session.get_one(Event, self.event.id)
            community = session.get_one(Community, event.community_id)
            person = make_role(session, community, "host", f"{name.lower()}-{event.slug}@example.org", name)
            secret = make_sign_in(self.house.app, session, person)
        made = self.visit(self.house, **options)
        made.context.add_cookies([{"name": COOKIE, "value": secret, "url": self.house.server.url}])
        made.open(self.path)
        return made


@pytest.fixture
def stage(house: House, visit: Visit) -> Stage:
    with house.writing() as session:
        event = make_show(session, now=utc_now(), community=make_community(session))
    return Stage(house, event, visit)


def on(page: Page) -> str:
    return page.locator("#run-now-title").inner_text()


def test_a_show_is_held_by_keys_alone(stage: Stage) -> None:
    host = stage.host("Anna")
    page = host.page
    assert faults(page) == []
    page.keyboard.press("n")
    expect(page.locator("#run-now-title")).to_have_text("Now")
    expect(page.locator("#live")).to_have_text("Now: Person 0.")
    expect(page.locator(".run-clock")).to_have_text(re.compile(r"[23]:\d\d"))
    page.keyboard.press("p")
    expect(page.locator("#run-now-title")).to_have_text("Paused")
    stood = page.locator(".run-clock").inner_text()
    page.wait_for_timeout(2300)
    assert page.locator(".run-clock").inner_text() == stood
    page.keyboard.press("p")
    page.keyboard.press("+")
    expect(page.locator(".run-now")).to_contain_text("with 0:30 more than planned")
    page.keyboard.press("Space")
    expect(page.locator("#run-now-title")).to_have_text("Change-over: next speaks")
    expect(page.locator(".run-title")).to_have_text("Person 1")
    assert faults(page) == []
    page.keyboard.press("b")
    expect(page.locator(".run-title")).to_have_text("Person 0")
    # Keys are off while they are switched off, and the large button still is a button.
    page.locator("[data-run-keys] summary").click()
    page.get_by_label("These keys work on this screen").uncheck()
    page.locator("h1").click()
    page.keyboard.press("n")
    page.wait_for_timeout(300)
    assert stage.run.pressed == "back"
    page.locator("#press-next").focus()
    page.keyboard.press("Space")
    expect(page.locator(".run-title")).to_have_text("Person 1")
    assert host.focused == "press-next"
    assert stage.run.turn == 7


def test_what_another_host_presses_comes_and_an_old_press_says_who_was_quicker(stage: Stage) -> None:
    anna, ben = stage.host("Anna"), stage.host("Ben")
    anna.page.keyboard.press("n")
    expect(ben.page.locator("#run-now-title")).to_have_text("Now", timeout=4000)
    expect(ben.page.locator("#live")).to_contain_text("Anna pressed Start")
    # Ben's screen does not hear of Anna's next press before he presses himself.
    ben.page.route("**/live/board*", lambda route: route.fulfill(status=204))
    anna.page.locator("#press-next").click()
    expect(anna.page.locator(".run-title")).to_have_text("Person 1")
    ben.page.keyboard.press("n")
    expect(ben.page.locator("#run-note")).to_contain_text("Anna pressed Next")
    expect(ben.page.locator(".run-title")).to_have_text("Person 1")
    assert stage.run.turn == 2


def test_a_press_is_kept_while_the_network_is_away(stage: Stage) -> None:
    host = stage.host("Anna", viewport={"width": 360, "height": 740})
    page = host.page
    page.keyboard.press("n")
    expect(page.locator("#run-now-title")).to_have_text("Now")
    assert (host.sideways, host.too_wide) == (0, [])
    assert faults(page) == []
    host.context.set_offline(True)
    page.locator("#press-next").click()
    pressed = utc_now()
    expect(page.locator("#run-waiting")).to_contain_text("Not sent yet; trying. Next Person 1")
    page.wait_for_timeout(4000)
    assert stage.run.turn == 1
    host.context.set_offline(False)
    expect(page.locator(".run-title")).to_have_text("Person 1", timeout=8000)
    expect(page.locator("#run-waiting")).to_be_hidden()
    at = stage.run.pressed_at
    assert at is not None
    assert abs((at - pressed).total_seconds()) < 2.5
    host.wrong.clear()  # the browser and htmx note each look that failed meanwhile


def test_without_scripts_the_same_forms_do_it(stage: Stage) -> None:
    host = stage.host("Anna", scripts=False)
    page = host.page
    page.get_by_role("button", name="Begin Person 0").click()
    assert on(page) == "Now"
    page.get_by_role("button", name="Next Person 1").click()
    page.get_by_role("button", name="Begins now Person 1").click()
    page.locator(".run-end summary").click()
    page.get_by_role("button", name="End it now").click()
    assert on(page) == "It is over"
    assert page.get_by_role("row").count() == 9
    page.get_by_role("button", name="That was a mistake: go on").click()
    assert on(page) == "Now"
