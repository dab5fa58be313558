"""The run of show on everybody's screens, in real browsers: one second for all, and nothing that disturbs."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from gatherings.calls.links import path_of
from gatherings.calls.models import Submission
from gatherings.core.clock import utc_now
from gatherings.live.actions import Press, press
from gatherings.live.models import Run
from tests.browser.kit import Visitor, faults
from tests.databases import SqliteTemplate
from tests.drills.houses import House, open_house
from tests.factories import make_event
from tests.slotting import make_call, make_order, make_submission

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]
NAMES = ("Zoë & Sons <3", "李雷", "محمد بن عبد الله", "Maureen")
CLOCK = re.compile(r"(−?)(?:(\d+):)?(\d+):(\d\d)")
# A device whose own clock is wrong by so many milliseconds.
WRONG = """(() => { const Real = Date; const by = %d;
    window.Date = class extends Real {
        constructor(...given) { given.length ? super(...given) : super(Real.now() + by); }
        static now() { return Real.now() + by; } }; })()"""
HEARD = """() => { window.heard = [];
    new MutationObserver(() => window.heard.push(document.getElementById("live").textContent))
        .observe(document.getElementById("live"), {childList: true, characterData: true, subtree: true}); }"""
HIDE = """(hidden) => { Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
    document.dispatchEvent(new Event("visibilitychange")); }"""


@dataclass
class Show:
    """A published order that begins in five minutes, and a hand on it as a host in another process has."""

    house: House
    event_id: int
    order_id: int
    slug: str
    own: tuple[str, ...]  # paths of the presenters' screens
    turn: int = 0

    @property
    def live(self) -> str:
        return f"/events/{self.slug}/live"

    @property
    def stage(self) -> str:
        return f"{self.live}/stage"

    def press(self, *names: str) -> None:
        for name in names:
            with self.house.writing() as session:
                done = press(session, self.event_id, Press(name, self.turn, by="Anna"), now=utc_now())
                assert done.done, name
                self.turn = done.run.turn

    def set(self, **values: Any) -> None:
        """Let the run stand as `values` say."""
        with self.house.writing() as session:
            session.execute(update(Run).where(Run.order_id == self.order_id).values(**values))

    def left(self, seconds: float) -> None:
        """Let what is on have so many seconds left."""
        self.set(item_since=utc_now() - timedelta(seconds=180 - seconds))

    @property
    def until(self) -> datetime:
        """Give when what is on should end."""
        with self.house.session() as session:
            run = session.scalars(select(Run).where(Run.order_id == self.order_id)).one()
            assert run.item_since is not None
            return run.item_since + timedelta(seconds=180)


def make_show(house: House) -> Show:
    now = utc_now()
    with house.writing() as session:
        starts = now.replace(tzinfo=None, microsecond=0) + timedelta(minutes=5)
        event = make_event(session, starts_local=starts, zone="Europe/London", now=now)
        call = make_call(session, event)
        sent = [
            make_submission(
                session,
                call,
                f"{event.slug}{n}@example.org",
                state="accepted",
                told="accepted",
                name=name,
                title=f"Talk {n}",
            )
            for n, name in enumerate(NAMES)
        ]
        order = make_order(session, event, sent, published_at=now, host_name="Nicki")
        with house.app.test_request_context():
            own = tuple(path_of(one) + "/live" for one in sent)
        return Show(house, event.id, order.id, event.slug, own)


@pytest.fixture
def show(house: House) -> Show:
    return make_show(house)


@pytest.fixture(scope="module")
def two_processes(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("two")
    with sqlite_template.fresh(folder) as url, open_house(folder, url, workers=2) as opened:
        yield opened


def seconds_on(page: Page, where: str = ".show-clock .count, .own-turn:not([hidden]) .own-clock .count") -> int:
    """Give what a clock shows, in seconds."""
    shown = CLOCK.fullmatch(page.locator(where).first.inner_text().strip())
    assert shown is not None
    minus, hours, minutes, rest = shown.groups()
    return (-1 if minus else 1) * (int(hours or 0) * 3600 + int(minutes) * 60 + int(rest))


def agrees(show: Show, page: Page, **where: str) -> None:
    """A screen shows the server's second, give or take one."""
    before, shown, after = utc_now(), seconds_on(page, **where), utc_now()
    assert (show.until - after).total_seconds() - 1 <= shown <= (show.until - before).total_seconds() + 2


def test_wrong_clocks_slow_lines_and_reloads_all_show_the_same_second(show: Show, visit: Visit) -> None:
    show.press("start")
    screens = []
    for path, zone, wrong in (
        (show.live, "Pacific/Auckland", 7 * 60_000),
        (show.own[0], "America/Chicago", -3 * 3_600_000),
        (show.live, "Asia/Kathmandu", 0),
    ):
        somebody = visit(show.house, timezone_id=zone, viewport={"width": 390, "height": 844})
        somebody.context.add_init_script(WRONG % wrong)
        if not wrong:  # far away, on a bad line
            line = somebody.context.new_cdp_session(somebody.page)
            line.send("Network.enable")
            limits = {"offline": False, "latency": 1500, "downloadThroughput": 40_000, "uploadThroughput": 10_000}
            line.send("Network.emulateNetworkConditions", limits)
        somebody.open(path)
        screens.append(somebody)
    for _ in range(2):
        for one in screens:
            agrees(show, one.page)
        screens[0].page.wait_for_timeout(3200)
        for one in screens:
            agrees(show, one.page)
            one.page.reload(wait_until="load")
    # Each on their own clock in words, too.
    expect(screens[0].page.locator("#show")).to_contain_text("On the clock of Auckland.")
    expect(screens[2].page.locator("#show")).to_contain_text("On the clock of Kathmandu.")


def test_a_press_is_on_every_screen_within_four_seconds(two_processes: House, visit: Visit) -> None:
    show = make_show(two_processes)
    paths = [show.live, show.live, show.stage, *show.own[:3]]
    screens = [visit(two_processes) for _ in paths]
    for one, path in zip(screens, paths, strict=True):
        one.open(path)
    slowest = 0.0
    for name, words in (
        ("start", ["Now", "Now", "Talk 0", "You are on", "You are next", "You are next but one"]),
        ("pause", ["A short pause", "A short pause", "A short pause", "A short pause", "You are next", "You are next"]),
        ("next", ["In a moment", "In a moment", "Begins in a moment", "You have spoken", "Get ready", "You are next"]),
    ):
        show.press(name)
        pressed = time.monotonic()
        for one, said in zip(screens, words, strict=True):
            left = 4000 - 1000 * (time.monotonic() - pressed)
            expect(one.page.locator("#show")).to_contain_text(said, timeout=max(left, 1), use_inner_text=True)
        slowest = max(slowest, time.monotonic() - pressed)
    print(f"the slowest of {len(screens)} screens: {slowest:.1f} s")


def test_a_slot_begins_by_itself_after_its_change_over(show: Show, visit: Visit) -> None:
    show.press("start", "next")
    own, all_ = visit(show.house), visit(show.house)
    own.open(show.own[1])
    all_.open(show.live)
    expect(own.page.locator("#own-soon")).to_have_text("Get ready: you begin in")
    # The network is away when it happens: the screens know it all the same.
    for one in (own, all_):
        one.page.route("**/now?*", lambda route: route.fulfill(status=204))
    show.set(item_since=utc_now() + timedelta(seconds=4))
    for one in (own, all_):
        one.page.unroute("**/now?*")
        one.page.wait_for_timeout(2100)
        one.page.route("**/now?*", lambda route: route.fulfill(status=204))
    expect(own.page.locator("#own-now")).to_have_text("You are on", use_inner_text=True, timeout=5000)
    expect(all_.page.locator("#show-now")).to_have_text("Now", use_inner_text=True)
    assert 176 <= seconds_on(own.page) <= 180


def test_without_a_network_the_clock_goes_on_and_says_so(show: Show, visit: Visit) -> None:
    show.press("start")
    somebody = visit(show.house)
    page = somebody.open(show.live)
    lost = page.locator("[data-lost]")
    somebody.context.set_offline(True)
    page.wait_for_timeout(3000)
    expect(lost).to_be_hidden()
    expect(lost).to_be_visible(timeout=9000)
    agrees(show, page)
    show.press("pause")
    somebody.context.set_offline(False)
    expect(lost).to_be_hidden(timeout=4000)
    expect(page.locator("#show-now")).to_have_text("A short pause", timeout=4000)
    # A server that has trouble is no different: nothing is put in the place of what is shown.
    page.route("**/now?*", lambda route: route.fulfill(status=503, body="<p>Busy</p>"))
    page.wait_for_timeout(2500)
    assert "Busy" not in page.locator("body").inner_text()
    expect(lost).to_be_visible(timeout=9000)
    page.unroute("**/now?*")
    expect(lost).to_be_hidden(timeout=5000)
    somebody.wrong.clear()  # the browser and htmx note each look that failed meanwhile


def test_a_screen_in_the_background_asks_seldom_and_catches_up_at_once(show: Show, visit: Visit) -> None:
    show.press("start")
    somebody = visit(show.house)
    page = somebody.open(show.live)
    page.wait_for_timeout(2500)
    page.evaluate(HIDE, True)
    before = len(somebody.asked)
    page.wait_for_timeout(6000)
    assert len(somebody.asked) - before <= 1
    show.press("pause")
    page.evaluate(HIDE, False)
    expect(page.locator("#show-now")).to_have_text("A short pause", timeout=1900)
    expect(page.locator("[data-lost]")).to_be_hidden()


def test_when_it_is_over_screens_stop_asking(show: Show, visit: Visit) -> None:
    show.press("start")
    screens = [visit(show.house) for _ in range(3)]
    for one, path in zip(screens, (show.live, show.stage, show.own[3]), strict=True):
        one.open(path)
    show.press("end")
    for one, said in zip(screens, ("Thank you for listening", "Thank you", "Your slot was not reached"), strict=True):
        expect(one.page.locator("#show")).to_contain_text(said, timeout=4000)
    show.set(ended_at=utc_now() - timedelta(minutes=2))
    for one in screens:
        expect(one.page.locator("#show:not([hx-get])")).to_be_visible(timeout=4000)
    counts = [len(one.asked) for one in screens]
    screens[0].page.wait_for_timeout(5000)
    assert [len(one.asked) for one in screens] == counts
    for one in screens:
        expect(one.page.locator("[data-lost]")).to_be_hidden()


def test_time_is_called_at_sixty_thirty_and_nought_once(show: Show, visit: Visit) -> None:
    show.press("start")
    presenter, audience = visit(show.house), visit(show.house)
    for one, path in ((presenter, show.own[0]), (audience, show.live)):
        one.open(path).evaluate(HEARD)
    words = presenter.page.locator(".phases")
    for left, said in (
        (64, "Your last minute"),
        (34, "Your last 30 seconds"),
        (4, "Time is up. Please come to an end."),
    ):
        show.left(left)
        expect(words).to_have_text(said, use_inner_text=True, timeout=9000)
        presenter.page.wait_for_timeout(2500)
    show.press("next")
    presenter.page.wait_for_timeout(2500)
    assert presenter.page.evaluate("window.heard") == ["One minute left", "30 seconds left", "Time is up"]
    assert audience.page.evaluate("window.heard") == []


def test_presenters_hear_when_their_turn_comes(show: Show, visit: Visit) -> None:
    show.press("start")
    presenter = visit(show.house)
    page = presenter.open(show.own[2])
    page.evaluate(HEARD)
    for names, said in ((["next"], "You are next"), (["next", "next"], "Get ready: you begin in a moment")):
        show.press(*names)
        expect(page.locator("#live")).to_have_text(said, timeout=5000)
    assert page.evaluate("window.heard") == ["You are next", "Get ready: you begin in a moment"]


def test_the_focus_stays_where_it_is_when_a_piece_comes_anew(show: Show, visit: Visit) -> None:
    show.press("start", "end")
    somebody = visit(show.house)
    page = somebody.open(show.live)
    page.wait_for_timeout(2500)
    page.locator("#show-after").focus()
    with show.house.writing() as session:
        session.execute(update(Submission).where(Submission.name == "李雷").values(title="Another name"))
    expect(page.locator("#show")).to_contain_text("Another name", timeout=5000)
    assert somebody.focused == "show-after"


def test_without_scripts_the_pages_look_again_by_themselves(show: Show, visit: Visit) -> None:
    screens = [visit(show.house, scripts=False) for _ in range(3)]
    for one, path, said in zip(
        screens, (show.live, show.stage, show.own[0]), ("Begins in", "Begins in", "You are the first"), strict=True
    ):
        one.open(path)
        expect(one.page.locator("#show")).to_contain_text(said)
        assert CLOCK.fullmatch(one.page.locator(".count").first.inner_text())
    show.press("start")
    for one, said in zip(screens, ("Now", "Talk 0", "You are on"), strict=True):
        expect(one.page.locator("#show")).to_contain_text(said, timeout=13_000)


def test_each_state_is_clean_on_a_small_screen_and_after_a_swap(show: Show, visit: Visit) -> None:
    small = {"width": 320, "height": 568}
    screens = [visit(show.house, viewport=small, color_scheme=scheme) for scheme in ("light", "dark", "light")]
    for one, path in zip(screens, (show.live, show.own[1], show.stage), strict=True):
        one.open(path)

    def clean(state: str) -> None:
        screens[0].page.wait_for_timeout(4100)
        for one in screens:
            assert (state, faults(one.page), one.sideways) == (state, [], 0), one.too_wide
        stage = screens[2].page
        assert stage.evaluate("document.documentElement.scrollHeight <= innerHeight"), state

    clean("waiting")
    show.press("start")
    clean("on")
    show.left(-75)
    clean("over")
    show.press("next")
    clean("changing")
    show.press("pause")
    clean("paused")
    show.press("end")
    clean("ended")


def test_the_stage_fills_the_screen_whatever_its_shape(show: Show, visit: Visit) -> None:
    show.press("start")
    page = visit(show.house).open(show.stage)
    for left, least in ((180, 0.75), (-25, 0.75), (1, 0.75)):
        show.left(left)
        page.wait_for_timeout(3500)
        for width, height in ((1920, 1080), (1280, 720), (640, 360), (812, 375), (1080, 1920), (400, 800)):
            page.set_viewport_size({"width": width, "height": height})
            box = page.locator(".stage-clock:not([hidden]) .count").bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
            assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
            room = page.locator(".stage-middle").bounding_box()
            assert room is not None
            assert room["y"] <= box["y"]
            assert box["y"] + box["height"] <= room["y"] + room["height"]
            assert box["width"] >= least * width or box["height"] >= 0.6 * room["height"], (width, height, box, room)


def test_who_asks_again_gets_next_to_nothing(show: Show) -> None:
    show.press("start")
    connection = HTTPConnection("127.0.0.1", show.house.port)
    for path in (show.live, show.stage, show.own[0]):
        connection.request("GET", f"{path}/now")
        first = connection.getresponse().read().decode()
        version = re.search(r"\?v=([\w-]+)", first)
        assert version is not None
        connection.request("GET", f"{path}/now?v={version[1]}")
        again = connection.getresponse()
        size = sum(len(name) + len(value) + 4 for name, value in again.getheaders())
        assert (again.status, again.read()) == (204, b"")
        print(f"{path}: {len(first)} bytes first, {size} of headers again")
        assert size < 1000
    connection.close()
