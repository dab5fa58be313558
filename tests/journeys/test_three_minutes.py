"""The advent session of 2022: from the call to the last door, in several browsers on one clock that is set forward."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.calls.models import Submission
from gatherings.events.models import Event
from gatherings.slots.models import Item
from tests.browser.kit import Visitor, faults
from tests.databases import SqliteTemplate
from tests.drills.houses import House, open_house
from tests.factories import make_community, make_event
from tests.journeys.letters import letters_to
from tests.parts import need
from tests.signing import COOKIE, make_role, make_sign_in

pytestmark = pytest.mark.needs("browser")

STARTS = datetime(2022, 12, 15, 18, tzinfo=UTC)  # London keeps winter time
GROUPS = (
    ("What Matters To You?", "Maureen", "America/New_York"),
    ("The Patient Revolution", "Sheila", "America/Chicago"),
    ("Conversations for Kindness", "Bob", "Europe/London"),
    ("Civility Saves Lives", "Chris", "Europe/London"),
    ("Spaces for Listening", "Brigid", "Europe/Dublin"),
    ("Kaleidoscope Health and Care", "Shane", "Europe/London"),
    ("Gathering of Kindness", "Cath", "Australia/Melbourne"),
    ("Microsystem Festival", "Göran", "Europe/Stockholm"),
    ("A blanket for every bed", "Aroha", "Pacific/Auckland"),
    ("Tea at three", "Noor", "Asia/Kolkata"),
)
SEEN = 8000  # milliseconds: a press is on every screen within four seconds, a busy machine forgiven
SCRIPT = "word " * 390  # three minutes, at 130 words a minute


class Clock:
    """The clock of one installation: `set` writes how far it stands from the true one."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def set(self, moment: datetime) -> None:
        """Set it to a moment, from which it goes on by itself."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{(moment - datetime.now(UTC)).total_seconds():.3f}")
        new.replace(self.file)

    def forward(self, seconds: float) -> None:
        """Set it forward from where it stands."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{float(self.file.read_text()) + seconds:.3f}")
        new.replace(self.file)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Clock:
    made = Clock(tmp_path_factory.mktemp("clock") / "clock")
    made.set(datetime(2022, 11, 1, 12, tzinfo=UTC))
    return made


@pytest.fixture(scope="module")
def house(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory, clock: Clock) -> Iterator[House]:
    """An installation whose clock is set by the test."""
    need("browser")
    folder = tmp_path_factory.mktemp("december")
    with (
        sqlite_template.fresh(folder) as url,
        open_house(folder, url, workers=2, GATHERINGS_TEST_CLOCK=str(clock.file)) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def event(house: House) -> Event:
    """The gathering, published; Nicki is its organiser."""
    with house.writing() as session:
        community = make_community(session, slug="conversations-for-kindness", name="Conversations for Kindness")
        make_role(session, community, "organiser", "nicki@example.org", "Nicki")
        return make_event(
            session, community, title="An Advent calendar of kindness", slug="advent-2022", minutes=60,
            starts_local=datetime(2022, 12, 15, 18), now=datetime(2022, 10, 1, tzinfo=UTC),
        )  # fmt: skip


@pytest.fixture
def nicki(house: House, event: Event, visit: Callable[..., Visitor]) -> Visitor:
    """The organiser, signed in."""
    somebody = visit(house, viewport={"width": 1100, "height": 900})
    with house.writing() as session:
        person = session.scalars(select(Person).where(Person.address == "nicki@example.org")).one()
        secret = make_sign_in(house.app, session, person)
    somebody.context.add_cookies([{"name": COOKIE, "value": secret, "url": house.server.url}])
    return somebody


def presenters(house: House) -> list[Any]:
    return house.ask(select(Submission.public_id, Submission.title, Submission.state).order_by(Submission.id))


def test_december(house: House, event: Event, nicki: Visitor, visit: Callable[..., Visitor], clock: Clock) -> None:
    open_the_call(nicki)
    offer_ten(house, visit)
    choose_eight(house, nicki)
    put_in_order(house, nicki)
    hold_the_hour(house, nicki, visit, clock)
    open_the_doors(house, nicki, visit, clock)


# --- the call --------------------------------------------------------------------------------------------------------


def open_the_call(nicki: Visitor) -> None:
    nicki.open("/organise/events/advent-2022/call")
    nicki.fill(
        opens_date="2022-11-01", opens_time="09:00", closes_date="2022-12-01", closes_time="18:00", places="8",
        slot_seconds="3:00", least_seconds="2:00", most_seconds="3:00", change_seconds="30", kept_minutes="30",
        contact="Nicki, nicki@example.org",
    )  # fmt: skip
    nicki.press("Save as a draft")
    nicki.press("Publish the call")
    expect(nicki.page.locator("main")).to_contain_text("The call is open")
    assert faults(nicki.page) == []


def offer_ten(house: House, visit: Callable[..., Visitor]) -> None:
    """Ten offer something; the first on a phone without scripts, the second as an Aucklander whose page is lost."""
    for number, (title, name, zone) in enumerate(GROUPS):
        somebody = visit(house, timezone_id=zone, scripts=number != 0, viewport={"width": 400, "height": 800})
        page = somebody.open("/events/advent-2022/present")
        form, address = page.locator("#offer"), f"{name.lower()}@example.org".replace("ö", "o")
        said = {"name": name, "email": address, "title": title, "about": f"What {title} does."}
        for field, value in said.items():
            form.locator(f"[name={field}]").fill(value)
        if number == 0:
            page.locator("[name=zone]").fill("New York")
        if number == 1:
            page.locator("[name=script]").fill(SCRIPT)
            expect(page.locator("#saved")).to_contain_text("Saved", timeout=15_000)
            expect(page.locator("main")).to_contain_text("3:00")
            page.reload()  # a dead battery
            somebody.settle()
            expect(page.locator("[name=title]")).to_have_value(title)
        somebody.press("Send it to the hosts")
        expect(page.locator("main")).not_to_contain_text("Send it to the hosts")
        assert page.locator(".error-summary").count() == 0, page.locator(".error-summary").all_text_contents()
        somebody.context.close()
    house.wait_for_mail()
    letter = letters_to(house.receiver, "sheila@example.org", 1)[0]
    assert "12:00 in Chicago" in letter.words  # the call closes at 18:00 in London
    assert len(presenters(house)) == 10


# --- choosing --------------------------------------------------------------------------------------------------------


def choose_eight(house: House, nicki: Visitor) -> None:
    page = nicki.open("/organise/events/advent-2022/submissions")
    for box in page.locator("[name=row]").all():
        box.check()
    several(nicki, "accepted")
    expect(page.locator("main")).to_contain_text("there is room for 8 of them")
    assert {one.state for one in presenters(house)} == {"submitted"}
    page = nicki.open("/organise/events/advent-2022/submissions")
    for one in presenters(house)[:8]:
        page.locator(f"[name=row][value='{one.public_id}']").check()
    several(nicki, "accepted")
    page = nicki.open("/organise/events/advent-2022/submissions?state=submitted")
    for box in page.locator("[name=row]").all():
        box.check()
    several(nicki, "reserve")
    assert [one.state for one in presenters(house)] == ["accepted"] * 8 + ["reserve"] * 2
    # Nobody knows yet; the letters are looked at together, and then sent.
    assert len([one for one in house.receiver.messages if one.recipient == "chris@example.org"]) == 1
    nicki.open("/organise/events/advent-2022/submissions/letters")
    nicki.press("Send these letters, those that are ticked")
    house.wait_for_mail()
    chris = letters_to(house.receiver, "chris@example.org", 2)[-1]
    answer(house, nicki, chris)


def several(nicki: Visitor, to: str) -> None:
    nicki.page.locator("[name=to]").last.select_option(to)
    nicki.press("Do it")


def answer(house: House, nicki: Visitor, letter: Any) -> None:
    """Chris says yes in one press; opening the link alone says nothing."""
    page = nicki.context.new_page()
    page.goto(letter.link("/submissions/"))
    confirmed = select(Submission.confirmed_at).where(Submission.name == "Chris")
    assert house.ask(confirmed)[0][0] is None
    page.get_by_role("button", name="Yes, I will be there").click()
    page.wait_for_load_state("load")
    assert house.ask(confirmed)[0][0] is not None
    page.close()


# --- the order -------------------------------------------------------------------------------------------------------


def put_in_order(house: House, nicki: Visitor) -> None:
    """One press makes the order; a slot is moved by keyboard, a buffer is put in, presenters hear their second."""
    page = nicki.open("/organise/events/advent-2022/running-order")
    nicki.press("Start the order")
    nicki.open("/organise/events/advent-2022/running-order/settings")
    nicki.fill(host_name="Nicki")
    nicki.press("Save changes")
    nicki.open("/organise/events/advent-2022/running-order/new?kind=buffer")
    nicki.fill(length="1:00")
    fourth = select(Item.public_id).join(Submission, Submission.id == Item.submission_id)
    page.locator("#after").select_option(house.ask(fourth.where(Submission.name == "Chris"))[0][0])
    nicki.press("Add it")
    handle = page.get_by_role("button", name="Move: Microsystem Festival")
    handle.focus()
    for _step in range(2):
        page.keyboard.press("ArrowUp")
        nicki.settle()
    expect(page.locator("#live")).to_contain_text("Microsystem Festival")
    assert order_of(house)[7:9] == ["Microsystem Festival", "Kaleidoscope Health and Care"]
    assert faults(page) == []
    nicki.press("Publish the order")
    house.wait_for_mail()
    assert house.receiver.wait(lambda: len(told(house)) == 8, 30), told(house)
    assert letters_to(house.receiver, "cath@example.org", 3)[-1].starts == STARTS + timedelta(
        seconds=900 + 7 * 210 + 60
    )


def order_of(house: House) -> list[str]:
    rows = select(Submission.title).select_from(Item).outerjoin(Submission, Submission.id == Item.submission_id)
    return [row[0] for row in house.ask(rows.order_by(Item.position))]


def told(house: House) -> list[str]:
    return [
        str(one.message["Subject"]) for one in house.receiver.messages if "You speak" in str(one.message["Subject"])
    ]


# --- the hour --------------------------------------------------------------------------------------------------------


def hold_the_hour(house: House, nicki: Visitor, visit: Callable[..., Visitor], clock: Clock) -> None:
    """Host, presenter and audience; an overrun of ninety seconds is taken up by the buffer of sixty."""
    clock.set(STARTS - timedelta(seconds=40))
    link = letters_to(house.receiver, "chris@example.org", 3)[-1].link("/submissions/")
    chris, somebody = visit(house, timezone_id="Europe/London"), visit(house, timezone_id="Pacific/Auckland")
    host = nicki.open("/organise/events/advent-2022/live")
    mine, theirs = chris.open(link + "/live"), somebody.open("/events/advent-2022/live")
    expect(theirs.locator("main")).to_contain_text("07:00:00")
    expect(mine.locator("main")).to_contain_text("3 slots come before yours")
    clock.set(STARTS)
    press(nicki)  # Begin
    expect(theirs.locator(".show-now")).to_contain_text("Now", timeout=SEEN)
    clock.forward(900)
    for number, (title, _name, _zone) in enumerate(GROUPS[:3]):
        press(nicki)
        clock.forward(30)  # the change-over
        expect(theirs.locator(".show-now")).to_contain_text(title, timeout=SEEN)
        if number == 1:
            expect(mine.locator("main")).to_contain_text("You are next but one", timeout=SEEN)
            same_second(theirs, host)
        clock.forward(150 if number == 0 else 180)
    clock.forward(90)  # the third one does not find the end
    for page in (theirs, host):
        expect(page.locator("main")).to_contain_text("over", timeout=SEEN)
    press(nicki)
    clock.forward(35)
    expect(mine.locator("main")).to_contain_text("You are on", use_inner_text=True, timeout=SEEN)
    # The last slot is expected thirty seconds later: ninety less the buffer's sixty.
    expect(theirs.locator(".show-item").nth(8)).to_contain_text("planned", timeout=SEEN)
    for page in (theirs, mine, host):
        assert faults(page) == []
    theirs.reload()
    somebody.settle()
    same_second(theirs, host)
    host.locator(".run-end summary").click()
    nicki.press("End it now")
    for page in (theirs, mine):
        expect(page.locator("main")).to_contain_text("Thank you", timeout=SEEN)


def press(nicki: Visitor) -> None:
    """The host's one press."""
    with nicki.page.expect_response(lambda answer: answer.request.method == "POST"):
        nicki.page.locator("#run-controls .run-big").click()
    nicki.settle()


def same_second(one: Page, other: Page) -> None:
    """Compare the first clocks of two screens, read at one moment."""
    shown = [page.locator(".count").first.text_content() or "" for page in (one, other)]
    seconds = [sum(int(part) * 60**power for power, part in enumerate(reversed(text.split(":")))) for text in shown]
    assert abs(seconds[0] - seconds[1]) <= 1, shown


# --- the doors -------------------------------------------------------------------------------------------------------


def open_the_doors(house: House, nicki: Visitor, visit: Callable[..., Visitor], clock: Clock) -> None:
    """Eight doors from the sixteenth on, each at midnight in London; nothing of one leaves before."""
    nicki.open("/organise/events/advent-2022/doors")
    nicki.page.locator("[name=start][value=order]").check()
    nicki.fill(title="Doors to kindness", first_day="2022-12-16")
    nicki.press("Make the doors")
    nicki.press("Publish the doors")
    somebody = visit(house, timezone_id="Europe/London")
    for number in (1, 2, 4):  # the third is called as their community is
        title = GROUPS[number - 1][0]
        midnight = datetime(2022, 12, 15 + number, tzinfo=UTC)
        clock.set(midnight - timedelta(seconds=20))
        page = somebody.open("/events/advent-2022/doors")
        assert title not in page.content()
        assert title not in somebody.page.request.get(f"{house.server.url}/events/advent-2022/doors.ics").text()
        clock.set(midnight + timedelta(seconds=1))
        page = somebody.open("/events/advent-2022/doors")
        expect(page.locator("main")).to_contain_text(title)
    clock.set(datetime(2022, 12, 24, 12, tzinfo=UTC))
    page = somebody.open("/events/advent-2022/doors")
    expect(page.locator("main")).to_contain_text("Microsystem Festival")
    assert faults(page) == []
    page.get_by_role("link", name="Gathering of Kindness").first.click()
    somebody.settle()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Gathering of Kindness")
