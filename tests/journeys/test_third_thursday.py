"""From the page to the calendar and out again: somebody in Auckland, a call in London, with and without scripts."""

import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect
from sqlalchemy import func, select

from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Registration
from tests.browser.kit import Visitor
from tests.drills.houses import House
from tests.journeys.letters import Letter, in_auckland, in_london, letters_to

pytestmark = pytest.mark.needs("browser")
Visit = Callable[..., Visitor]
Load = Callable[[str], str]
with_and_without = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])

# Thursday 15 December 2033, 18:00 in London is Friday 16 December, 07:00 in Auckland (domain.md, Time 6).
PROGRAMME = """\
format: gatherings/1
communities:
  - slug: kindness
    name: Conversations for Kindness
    accent: plum
    zone: Europe/London
series:
  - slug: every-third-thursday
    community: kindness
    title: Every third Thursday
    rule: FREQ=MONTHLY;BYDAY=3TH
    starts: 2026-01-15 18:00
    minutes: 60
    zone: Europe/London
    mode: online
    join: https://meet.example.org/monthly
    ahead: 12
events:
  - slug: third-thursday-{scripts}
    community: kindness
    title: What matters to you
    summary: An hour about kindness.
    starts: 2033-12-15 18:00
    minutes: 60
    zone: Europe/London
    mode: online
    places: {{online: 8}}
    join: https://meet.example.org/the-secret-room
"""
# On which hour of Auckland's clock 18:00 in London falls, by the month in London (domain.md, Time 6).
AUCKLAND_HOURS = {1: 7, 2: 7, 3: 7, 4: 5, 5: 5, 6: 5, 7: 5, 8: 5, 9: 5, 10: 6, 11: 7, 12: 7}


@with_and_without
def test_one_call(house: House, visit: Visit, load: Load, scripts: bool) -> None:
    address, slug = f"aroha-{scripts}@example.org".lower(), f"third-thursday-{scripts}".lower()
    programme = PROGRAMME.format(scripts=str(scripts).lower())
    load(programme)
    aroha = visit(house, scripts=scripts, timezone_id="Pacific/Auckland")

    _see_both_clocks(aroha, f"/events/{slug}")
    _one_screen_two_fields_one_press(aroha, slug, address)

    (letter,) = letters_to(house.receiver, address, 1)
    assert letter.text.index("Friday 16 December 2033, 07:00–08:00") < letter.text.index("Thursday 15 December 2033")
    method, uid, sequence = letter.said
    assert method == "REQUEST"
    assert in_auckland(letter.starts) == "Friday 2033-12-16 07:00"
    assert in_london(letter.starts) == "Thursday 2033-12-15 18:00"
    assert _attendee(letter) == (f"mailto:{address}", "Aroha Ngāta", "ACCEPTED", "FALSE")
    assert "the-secret-room" not in letter.message.as_string() + letter.calendar.to_ical().decode()
    assert _taken(house, slug) == 1

    before = _everything(house)
    _a_scanner_opens(letter)
    assert _everything(house) == before

    page = aroha.open(letter.link("/registrations/"))
    page.get_by_text("Change my name or time zone").click()
    page.locator("details[open] [name=name]").fill("Aroha Ngāta-Wilson")
    aroha.press("Keep these changes")
    expect(page.get_by_text("Your changes are kept.")).to_be_visible()
    assert [row[0] for row in _registrations(house, slug)] == ["Aroha Ngāta-Wilson"]

    load(programme.replace("2033-12-15 18:00", "2033-12-15 19:00"))
    moved = letters_to(house.receiver, address, 2)[1]
    assert moved.said[:2] == ("REQUEST", uid)
    assert moved.said[2] > sequence
    assert in_auckland(moved.starts) == "Friday 2033-12-16 08:00"
    assert in_london(moved.starts) == "Thursday 2033-12-15 19:00"
    load(programme.replace("2033-12-15 18:00", "2033-12-15 19:00"))
    house.wait_for_mail()
    letters_to(house.receiver, address, 2)  # the same file again: nobody hears of it

    page = aroha.open(moved.link("/registrations/"))
    aroha.press("I cannot come: cancel")
    expect(page.get_by_text("You are not registered any more")).to_be_visible()
    gone = letters_to(house.receiver, address, 3)[2]
    assert gone.said[:2] == ("CANCEL", uid)
    assert gone.said[2] > moved.said[2]
    assert _taken(house, slug) == 0
    expect(aroha.open(f"/events/{slug}").get_by_text("8 of 8 places")).to_be_visible()


@with_and_without
def test_every_month(house: House, visit: Visit, load: Load, scripts: bool) -> None:
    address = f"every-{scripts}@example.org".lower()
    programme = PROGRAMME.format(scripts=str(scripts).lower())
    load(programme.replace("/monthly", f"/monthly-{scripts}"))
    house.wait_for_mail()
    aroha = visit(house, scripts=scripts, timezone_id="Pacific/Auckland")
    dates = house.ask(
        select(Event.slug, Event.starts_at)
        .where(Event.uid.is_not(None), Event.series_id.is_not(None), Event.ends_at > datetime.now(UTC))
        .order_by(Event.starts_at)
    )
    assert len(dates) == 12

    page = aroha.open(f"/events/{dates[0].slug}")
    aroha.fill(name="Aroha Ngāta", email=address, zone="Auckland")
    page.get_by_label("Every time").check()
    aroha.press("Register", page.locator("#registration"))
    expect(page.get_by_text("You have a place, this time and every time.")).to_be_visible()

    (letter,) = letters_to(house.receiver, address, 1)
    method, uid, sequence = letter.said
    assert method == "REQUEST"
    assert letter.entry["RRULE"].to_ical() == b"FREQ=MONTHLY;BYDAY=3TH"
    coming = letter.coming(24, datetime.now(UTC))
    assert coming[:12] == [start for _slug, start in dates]
    for start in coming:
        assert in_london(start).startswith("Thursday")
        assert in_london(start).endswith("18:00")
        hour = AUCKLAND_HOURS[int(f"{start:%m}")]
        assert in_auckland(start).startswith("Friday")
        assert in_auckland(start).endswith(f"{hour:02}:00")

    before = _everything(house)
    _a_scanner_opens(letter)
    assert _everything(house) == before

    load(programme.replace("/monthly", f"/another-room-{scripts}"))
    moved = letters_to(house.receiver, address, 2)[1]
    assert moved.said[:2] == ("REQUEST", uid)
    assert moved.said[2] > sequence
    assert moved.coming(12, datetime.now(UTC)) == coming[:12]

    page = aroha.open(moved.link("/registrations/"))
    page.get_by_role("button", name="Leave this date").nth(1).click()
    aroha.settle()
    expect(page.get_by_text("You have left this date, and your calendar is told.")).to_be_visible()
    left = letters_to(house.receiver, address, 3)[2]
    assert left.said[:2] == ("CANCEL", uid)
    assert left.said[2] > moved.said[2]
    assert _recurrence(left) == in_london(dates[1].starts_at)

    aroha.press("Leave all dates")
    gone = letters_to(house.receiver, address, 4)[3]
    assert gone.said[:2] == ("CANCEL", uid)
    assert gone.said[2] > left.said[2]
    assert "RECURRENCE-ID" not in gone.entry
    assert [_taken(house, slug) for slug, _start in dates] == [0] * 12


def _see_both_clocks(aroha: Visitor, path: str) -> None:
    page = aroha.open(path)
    if not aroha.scripts:  # then nobody knows where she is until she says so
        page.locator("#when a").click()
        page.locator("#zone").select_option("Pacific/Auckland")
        aroha.press("Use this clock")
    assert page.locator("#when .when-mine").inner_text().split() == (
        "Friday 16 December 2033, 07:00–08:00 your time, Auckland".split()
    )
    assert page.locator("#when .when-host").inner_text() == "Thursday 15 December 2033, 18:00–19:00 in London"


def _one_screen_two_fields_one_press(aroha: Visitor, slug: str, address: str) -> None:
    page, before = aroha.page, len(aroha.asked)
    fields = page.locator("#registration :is(input, select, textarea):not(#fax):visible")
    empty = [field.get_attribute("name") for field in fields.all() if not field.input_value()]
    assert empty == ["name", "email"]  # the zone is found; nothing else is asked
    assert page.locator("#registration button").count() == 1

    aroha.register("Aroha Ngāta", address)

    expect(page.get_by_text("You have a place.")).to_be_visible()
    pages = [one for one in aroha.asked[before:] if not one.startswith("GET /static/")]
    thanks = [] if aroha.scripts else [f"GET /events/{slug}/registered"]
    assert pages == [f"POST /events/{slug}/register", *thanks]


def _a_scanner_opens(letter: Letter) -> None:
    """Open every link of a mail as programmes do that look for harm: without a browser's manners, by GET and HEAD."""
    assert len(letter.links) >= 3  # the page, the way in, the manage page
    for link in letter.links:
        for method in ("HEAD", "GET"):
            with urllib.request.urlopen(urllib.request.Request(link, method=method), timeout=20) as response:
                assert response.status == 200, link


def _attendee(letter: Letter) -> tuple[str, str, str, str]:
    who = letter.entry["ATTENDEE"]
    return str(who), who.params["CN"], who.params["PARTSTAT"], who.params["RSVP"]


def _recurrence(letter: Letter) -> str:
    stamp = letter.entry["RECURRENCE-ID"]
    assert stamp.params["TZID"] == "Europe/London"
    return f"{stamp.dt:%A %Y-%m-%d %H:%M}"


def _registrations(house: House, slug: str) -> list[tuple[str, str]]:
    rows = house.ask(select(Registration.name, Registration.state).join(Event).where(Event.slug == slug))
    return [tuple(row) for row in rows]


def _taken(house: House, slug: str) -> int:
    statement = select(Places.taken).join(Event, Event.online_id == Places.id).where(Event.slug == slug)
    return int(house.ask(statement)[0][0])


def _everything(house: House) -> tuple[object, ...]:
    """Give what a link that is only opened may not change."""
    house.wait_for_mail()
    rows = house.ask(select(Registration.id, Registration.state, Registration.name, Registration.attended_at))
    mails = house.ask(select(func.count(OutboxMail.id)))
    places = house.ask(select(Places.id, Places.taken))
    return [tuple(row) for row in rows], tuple(mails[0]), [tuple(row) for row in places], len(house.receiver.messages)
