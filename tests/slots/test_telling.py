"""Telling presenters: once, to the second, only who is concerned; their invites stay true."""

from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.calls.actions.together import set_others
from gatherings.calls.links import own_path
from gatherings.calls.models import Submission
from gatherings.calls.queries.submissions import get_by_id
from gatherings.calls.rules.submitting import Other
from gatherings.config import Site
from gatherings.core.tokens import Claim
from gatherings.db.session import transact
from gatherings.events.actions import change_event
from gatherings.mail.models import OutboxMail
from gatherings.slots.actions.telling import tell
from gatherings.slots.facts import entry_zone
from gatherings.slots.jobs import tell_drain
from gatherings.slots.links import slot_path
from gatherings.slots.models import Item, RunningOrder, SlotInvite
from gatherings.slots.rules.telling import Minute, news
from gatherings.web.i18n import speaking
from gatherings.web.rights import signer
from gatherings.wiring import MAILS
from tests.db.helpers import together
from tests.factories import SITE, make_event
from tests.slotting import make_call, make_co_presenter, make_item, make_order, make_submission

STARTS = datetime(2026, 12, 15, 18, tzinfo=UTC)
KINDS = ("slot_told", "slot_moved", "slot_gone")
GROUPS = ("maureen", "sheila", "bob", "chris", "brigid", "shane", "cath", "goran")


def eight(session, now, **values):
    """Make the order of the advent session: eight told and accepted slots of 180 s with 30 s between them."""
    event = make_event(session)
    call = make_call(session, event)
    submissions = [
        make_submission(session, call, f"{name}@example.org", state="accepted", told="accepted", name=name.title())
        for name in GROUPS
    ]
    order = make_order(session, event, submissions, published_at=now, host_name="Nicki", **values)
    session.commit()
    return event, order, submissions


def look(app, at: datetime, site: Site = SITE) -> int:
    """Let the worker look once, as at its first look."""
    return tell_drain(app, site)("worker", at)


def mails(session, *kinds: str) -> list[OutboxMail]:
    statement = select(OutboxMail).order_by(OutboxMail.id).execution_options(populate_existing=True)
    return [
        mail for mail in session.scalars(statement) if mail.kind in (kinds or ("slot_told", "slot_moved", "slot_gone"))
    ]


def starts(mail: OutboxMail) -> datetime:
    return datetime.fromisoformat(mail.facts["slot"]["starts_at"])


def entry_in(data: bytes | None) -> Any:
    """Read the one entry of a calendar."""
    assert data is not None
    (entry,) = Calendar.from_ical(data).walk("VEVENT")
    return entry


def put_at(session, order, item_id: int, position: float) -> None:
    """Move one item, as the organisers' action does at last."""
    items = session.scalars(select(Item).where(Item.order_id == order.id).order_by(Item.position)).all()
    ordered = sorted(items, key=lambda item: position if item.id == item_id else item.position)
    for number, item in enumerate(ordered, 1):
        item.position = number
    session.commit()


def test_everybody_is_told_their_second_once(app, session, now):
    eight(session, now)
    assert look(app, now) == 8
    told = mails(session)
    assert [starts(mail) for mail in told] == [STARTS + timedelta(seconds=210 * n) for n in range(8)]
    assert {mail.kind for mail in told} == {"slot_told"}
    assert look(app, now + timedelta(minutes=10)) == 0
    assert len(mails(session)) == 8


def test_only_who_moved_by_more_than_the_tolerance_hears_of_it(app, session, now):
    _event, order, submissions = eight(session, now, tolerance_seconds=210)
    look(app, now)
    last = session.scalars(select(Item).where(Item.submission_id == submissions[7].id)).one()
    put_at(session, order, last.id, 5.5)  # the last speaks sixth: two others move by one slot, which is tolerated
    assert look(app, now + timedelta(minutes=5)) == 1
    (moved,) = mails(session, "slot_moved")
    assert moved.recipient == "goran@example.org"
    assert starts(moved) == STARTS + timedelta(seconds=210 * 5)
    assert moved.facts["invite"]["sequence"] > mails(session, "slot_told")[7].facts["invite"]["sequence"]
    assert moved.facts["invite"]["uid"] == mails(session, "slot_told")[7].facts["invite"]["uid"]
    # Two small moves that add up are told: they are measured from what people were told.
    put_at(session, order, last.id, 0.5)
    assert look(app, now + timedelta(minutes=10)) == 1  # the same one again; five others moved by one slot
    cath = session.scalars(select(Item).where(Item.submission_id == submissions[6].id)).one()
    put_at(session, order, cath.id, 0.5)
    assert look(app, now + timedelta(minutes=15)) == 7  # all but the one who was told just now


def test_a_move_that_was_taken_back_within_the_minutes_tells_nobody(app, session, now):
    _event, order, submissions = eight(session, now, tolerance_seconds=0)
    look(app, now)
    first = session.scalars(select(Item).where(Item.submission_id == submissions[0].id)).one()
    order.tell_at = now + timedelta(seconds=180)
    put_at(session, order, first.id, 8.5)
    assert look(app, now + timedelta(seconds=60)) == 0
    put_at(session, order, first.id, 0.5)
    assert look(app, now + timedelta(seconds=200)) == 0
    assert len(mails(session)) == 8


def test_who_was_not_told_of_being_accepted_is_not_told_a_minute_that_gives_it_away(app, session, now):
    event = make_event(session)
    call = make_call(session, event)
    one = make_submission(session, call, state="accepted")
    make_order(session, event, [one], published_at=now)
    session.commit()
    assert look(app, now) == 0
    session.get_one(Submission, one.id).told = "accepted"
    session.commit()
    assert look(app, now) == 1


def test_a_neighbour_who_was_not_told_is_named_to_nobody(app, client, session, now):
    _event, _order, submissions = eight(session, now)
    submissions[3].told, submissions[3].title, submissions[3].name = "", "Untold words", "Quillfeather"
    session.commit()
    look(app, now)
    row = session.scalars(select(SlotInvite).where(SlotInvite.submission_id == submissions[2].id)).one()
    with app.test_request_context():
        paths = [slot_path(row.public_id, row.link_version), own_path(Claim(submissions[2].public_id, 1))]
    for path in paths:
        page = client.get(path).text
        assert "3 of 8" in page
        assert "Untold words" not in page
        assert "Quillfeather" not in page


def test_who_withdrew_is_not_let_in_even_before_their_calendar_is_told(app, client, session, now, clock_at):
    event, _order, submissions = eight(session, now)
    look(app, now)
    row = session.scalars(select(SlotInvite).where(SlotInvite.submission_id == submissions[2].id)).one()
    with app.test_request_context():
        path = slot_path(row.public_id, row.link_version)
    submissions[2].state = "withdrawn"
    session.commit()
    with clock_at(event.starts_at - timedelta(minutes=5)):
        pressed = client.post(path, headers={"Sec-Fetch-Site": "same-origin"})
    assert pressed.status_code == 409
    assert "the-secret-room" not in pressed.text


def test_co_presenters_get_their_own_and_a_withdrawal_takes_both_out(app, session, now):
    event = make_event(session)
    call = make_call(session, event)
    one = make_submission(
        session, call, "maureen@example.org", state="accepted", told="accepted", zone="America/Chicago"
    )
    make_co_presenter(session, one, "mathieu@example.org", "Mathieu", zone="Pacific/Auckland")
    make_order(session, event, [one], published_at=now)
    session.commit()
    look(app, now)
    assert [(mail.recipient, mail.zone) for mail in mails(session)] == [
        ("maureen@example.org", "America/Chicago"), ("mathieu@example.org", "Pacific/Auckland")
    ]  # fmt: skip
    session.get_one(Submission, one.id).state = "withdrawn"
    session.commit()
    assert look(app, now + timedelta(minutes=5)) == 2
    assert [mail.facts["invite"]["method"] for mail in mails(session, "slot_gone")] == ["CANCEL", "CANCEL"]
    assert look(app, now + timedelta(minutes=6)) == 0
    # And back again, under the same UID with a higher SEQUENCE.
    session.get_one(Submission, one.id).state = "accepted"
    session.commit()
    look(app, now + timedelta(minutes=10))
    again, before = mails(session, "slot_told")[2], mails(session, "slot_told")[0]
    assert again.facts["invite"]["uid"] == before.facts["invite"]["uid"]
    assert again.facts["invite"]["sequence"] > mails(session, "slot_gone")[0].facts["invite"]["sequence"]


def test_slots_move_with_their_event_and_end_with_it(app, session, now):
    event, _order, _ = eight(session, now)
    look(app, now)
    hour = timedelta(hours=1)
    values = {"starts_local": event.starts_local + hour, "ends_local": event.ends_local + hour}
    change_event(session, event, values, now=now, delay=SITE.change_delay)
    session.commit()
    assert look(app, now + timedelta(seconds=60)) == 0  # gathered, as for those registered
    assert look(app, now + timedelta(seconds=200)) == 8
    assert [starts(mail) - hour for mail in mails(session, "slot_moved")] == [
        starts(m) for m in mails(session, "slot_told")
    ]
    change_event(session, event, {"status": "cancelled"}, now=now + hour, delay=SITE.change_delay)
    session.commit()
    assert look(app, now + 2 * hour) == 8
    assert {mail.facts["invite"]["method"] for mail in mails(session, "slot_gone")} == {"CANCEL"}


def test_another_place_is_told_to_presenters_whatever_the_tolerance(app, session, now):
    event, _order, _ = eight(session, now, tolerance_seconds=3600)
    look(app, now)
    values = {"mode": "in person", "place_name": "The Old Library", "place_address": "1 High Street"}
    change_event(session, event, values, now=now, delay=SITE.change_delay)
    session.commit()
    assert look(app, now + timedelta(seconds=200)) == 8
    assert look(app, now + timedelta(seconds=400)) == 0
    with app.test_request_context(), speaking("en"):
        letter = MAILS["slot_moved"](mails(session, "slot_moved")[0])
    assert letter.subject == "Another place: What matters to you"
    assert "The gathering has another place: The Old Library, 1 High Street." in " ".join(letter.text.split())
    assert "Old Library" in str(entry_in(letter.calendar)["LOCATION"])


def test_an_order_that_is_taken_back_keeps_what_people_know_and_nobody_is_told_during_the_hour(app, session, now):
    event, order, submissions = eight(session, now)
    look(app, now)
    session.get_one(RunningOrder, order.id).published_at = None
    first = session.scalars(select(Item).where(Item.submission_id == submissions[0].id)).one()
    put_at(session, order, first.id, 8.5)
    assert look(app, now + timedelta(minutes=5)) == 0
    session.get_one(RunningOrder, order.id).published_at = now
    session.commit()
    assert look(app, event.starts_at + timedelta(seconds=1)) == 0
    assert look(app, event.starts_at - timedelta(seconds=1)) == 8


def test_two_workers_at_once_tell_once(app, session, now):
    order_id = eight(session, now)[1].id

    def work(number: int) -> int:
        return transact(tell, order_id, SITE, now=now)

    together(app, 4, work)
    assert len(mails(session)) == 8
    assert len(session.scalars(select(SlotInvite)).all()) == 8


def test_the_mail_and_its_calendar_say_the_second_on_both_clocks(app, session, now):
    event = make_event(session)
    call = make_call(session, event)
    one = make_submission(
        session, call, "cath@example.org", state="accepted", told="accepted", zone="Pacific/Auckland",
        name="Zoë & Sons <3", title="Kind <b>words</b>",
    )  # fmt: skip
    order = make_order(session, event, [], published_at=now, host_name="Nicki")
    make_item(session, order, 1, kind="opening", seconds=63, title="Welcome")
    make_item(session, order, 2, submission=one)
    session.commit()
    look(app, now)
    (row,) = mails(session)
    with app.app_context(), app.test_request_context(), speaking("en"):
        letter = MAILS[row.kind](row)
    assert letter.subject == "You speak at 07:01:03: What matters to you"
    assert "Wednesday 16 December, 07:01:03 in Auckland" in letter.text
    assert "Tuesday 15 December, 18:01:03" in letter.text
    assert "3:00, until 07:04:03" in letter.text
    assert "Nicki" in letter.text
    assert "meet.example.org" not in letter.text + (letter.calendar or b"").decode()
    entry = entry_in(letter.calendar)
    assert datetime(2026, 12, 15, 18, 1, 3, tzinfo=entry.DTSTART.tzinfo) == entry.DTSTART
    assert timedelta(seconds=180) == entry.DTEND - entry.DTSTART
    assert str(entry["SUMMARY"]) == "Kind <b>words</b>"
    assert "/slot/" in str(entry["LOCATION"])
    assert "/submissions/" not in (letter.calendar or b"").decode()


def test_the_way_in_shows_the_minute_opens_in_time_and_changes_nothing(app, client, session, now, clock_at):
    event, _order, submissions = eight(session, now)
    look(app, now)
    row = session.scalars(select(SlotInvite).where(SlotInvite.submission_id == submissions[2].id)).one()
    with app.test_request_context():
        path = slot_path(row.public_id, row.link_version)
    early = client.get(path)
    assert early.status_code == 200
    text = early.text
    assert "12:07:00" in text  # Chicago, six hours behind
    assert "18:07:00" in text
    assert "3 of 8" in text
    assert "Nicki" in text
    assert "meet.example.org" not in text
    assert client.post(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 409
    with clock_at(event.starts_at - timedelta(minutes=5)):
        opened = client.post(path, headers={"Sec-Fetch-Site": "same-origin"})
    assert "https://meet.example.org/the-secret-room" in opened.text
    for wrong in (path[:-2] + "xx", path.replace("/slot/", "/submissions/"), path.replace("/slot/", "/join/")):
        assert client.get(wrong).status_code == 404
    session.get_one(Submission, submissions[2].id).state = "withdrawn"
    session.commit()
    look(app, now + timedelta(minutes=5))
    assert "12:07:00" not in client.get(path).text
    assert "the-secret-room" not in client.post(path, headers={"Sec-Fetch-Site": "same-origin"}).text


def test_news_by_the_rule_alone():
    at = STARTS
    told = {(1, 1): Minute(at, 180), (2, 2): Minute(at + timedelta(seconds=210), 180), (3, 3): Minute(at, 60)}
    planned = {(1, 1): Minute(at + timedelta(seconds=60), 180), (2, 2): Minute(at + timedelta(seconds=271), 180)}
    assert [(one.key, one.kind) for one in news(planned, told, 60)] == [((2, 2), "moved"), ((3, 3), "gone")]
    assert [(one.key, one.kind) for one in news({(1, 1): Minute(at, 120)}, {(1, 1): Minute(at, 180)}, 600)] == [
        ((1, 1), "moved")
    ]  # a shorter slot is told in any case


def test_slots_stand_in_ones_own_feed_as_they_were_told(app, client, session, now):
    _event, order, submissions = eight(session, now)
    look(app, now)
    person = session.get_one(Submission, submissions[3].id).person_id
    row = session.get_one(Person, person)
    with app.test_request_context():
        path = f"/calendar/{signer().sign('feed', row.public_id, row.feed_version)}.ics"
    first = client.get(path)
    entry = entry_in(first.data)
    assert (entry.DTSTART.hour, entry.DTSTART.minute, entry.DTSTART.second) == (18, 10, 30)
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    last = session.scalars(select(Item).where(Item.submission_id == submissions[7].id)).one()
    put_at(session, order, last.id, 0.5)
    look(app, now + timedelta(minutes=5))
    later = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    moved = entry_in(later.data)
    assert (moved.DTSTART.hour, moved.DTSTART.minute) == (18, 14)
    assert moved["UID"] == entry["UID"]
    assert moved["SEQUENCE"] > entry["SEQUENCE"]


def test_who_presents_together_no_more_never_gets_the_submissions_own_link(app, session, now):
    event = make_event(session)
    one = make_submission(session, make_call(session, event), state="accepted", told="accepted")
    other = make_co_presenter(session, one, "mathieu@example.org", "Mathieu", zone="Pacific/Auckland")
    make_order(session, event, [one], published_at=now)
    session.commit()
    look(app, now)
    session.delete(other)
    session.commit()
    assert look(app, now + timedelta(minutes=5)) == 1
    (gone,) = mails(session, "slot_gone")
    assert (gone.recipient, gone.facts["own"], gone.facts["to"]["name"]) == ("mathieu@example.org", None, "")
    assert "/submissions/" not in letter_of(app, gone).text
    # Named again, they get their own link, not the sender's.
    again = make_co_presenter(session, one, "mathieu@example.org", "Mathieu B.", zone="Pacific/Auckland")
    session.commit()
    assert look(app, now + timedelta(minutes=9)) == 1
    told = mails(session, "slot_told")[-1]
    assert told.facts["own"] == {"public_id": again.public_id, "version": again.link_version, "other": True}
    assert (told.facts["to"]["name"], told.zone) == ("Mathieu B.", "Pacific/Auckland")


def test_a_changed_mind_is_told_by_a_letter_before_a_calendar_says_it(app, session, now):
    _event, _order, submissions = eight(session, now)
    look(app, now)
    one = session.get_one(Submission, submissions[2].id)
    for state in ("declined", "reserve", "submitted"):
        one.state = state
        session.commit()
        assert look(app, now + timedelta(minutes=5)) == 0
    one.state = "accepted"  # pressed by mistake: nobody has heard of it
    session.commit()
    assert look(app, now + timedelta(minutes=5)) == 0
    one.state = one.told = "declined"
    session.commit()
    assert look(app, now + timedelta(minutes=9)) == 1
    assert [mail.recipient for mail in mails(session, "slot_gone")] == [session.get_one(Person, one.person_id).address]


def test_a_slot_that_only_got_shorter_is_not_said_to_have_moved(app, session, now):
    _event, _order, submissions = eight(session, now, tolerance_seconds=600)
    look(app, now)
    session.scalars(select(Item).where(Item.submission_id == submissions[0].id)).one().seconds = 120
    session.commit()
    assert look(app, now + timedelta(minutes=5)) == 1  # the others are 60 s earlier, which is tolerated
    letter = letter_of(app, mails(session, "slot_moved")[0])
    assert letter.subject == "Your slot is now 2:00 long: What matters to you"
    assert "has moved" not in letter.text


def test_a_slot_in_the_hour_that_a_clock_shows_twice_is_written_in_utc():
    length = timedelta(seconds=180)
    autumn = datetime(2026, 10, 25, 0, 56, tzinfo=UTC)
    found = [entry_zone(autumn + timedelta(minutes=m), length, "Europe/London") for m in (0, 3, 4, 5, 63, 64)]
    assert found == ["Europe/London", "UTC", "UTC", "UTC", "UTC", "Europe/London"]


def letter_of(app, mail: OutboxMail) -> Any:

    with app.test_request_context(), speaking("en"):
        return MAILS[mail.kind](mail)


def test_another_title_is_told_once_and_the_calendars_follow(app, session, now):
    event, _order, submissions = eight(session, now, tolerance_seconds=3600)
    look(app, now)
    before = mails(session, "slot_told")[0].facts["invite"]
    change_event(session, event, {"summary": "Other words."}, now=now + timedelta(minutes=1), delay=SITE.change_delay)
    session.commit()
    assert look(app, now + timedelta(minutes=9)) == 0
    change_event(session, event, {"title": "Small kindnesses"}, now=now + timedelta(minutes=10), delay=0)
    session.commit()
    assert look(app, now + timedelta(minutes=11)) == 0  # gathered, as for those registered
    submissions[7].state = "withdrawn"
    session.commit()
    assert look(app, now + timedelta(minutes=11)) == 1  # which keeps nobody else from being told
    assert look(app, now + timedelta(minutes=14)) == 7
    assert look(app, now + timedelta(minutes=20)) == 0
    first = mails(session, "slot_moved")[0]
    assert first.facts["invite"]["uid"] == before["uid"]
    assert first.facts["invite"]["sequence"] > before["sequence"]
    letter = letter_of(app, first)
    assert letter.subject == "Another title: Small kindnesses"
    assert "The gathering was called “What matters to you”." in letter.text
    assert "moved" not in letter.text
    assert str(entry_in(letter.calendar)["DESCRIPTION"]).startswith("Small kindnesses")


def test_who_is_named_no_more_gets_one_mail(app, session, now):
    event = make_event(session)
    one = make_submission(session, make_call(session, event), state="accepted", told="accepted")
    make_co_presenter(session, one, "mathieu@example.org", "Mathieu")
    make_co_presenter(session, one, "amy@example.org", "Amy")
    make_co_presenter(session, one, "stays@example.org", "Stays")
    make_order(session, event, [one], published_at=now)
    session.commit()

    def name(*names: str) -> None:
        session.rollback()
        others = [Other(each.title(), normalise_address(f"{each}@example.org")) for each in names]
        set_others(session, get_by_id(session, one.id), others, SITE, now=now)
        session.commit()

    name("amy", "stays")  # before anybody was told a minute
    (left,) = mails(session, "co_presenter_left_out")
    assert (left.recipient, left.due_at) == ("mathieu@example.org", now + timedelta(seconds=SITE.change_delay))
    letter = letter_of(app, left)
    assert "you are not among them now" in letter.text
    assert "/submissions/" not in letter.text
    assert letter.calendar is None
    assert look(app, now) == 3
    name("stays")
    assert len(mails(session, "co_presenter_left_out")) == 2
    session.rollback()
    assert look(app, now + timedelta(minutes=1)) == 1
    (gone,) = mails(session, "slot_gone")  # with a CANCEL: it says the same, so the other mail does not go
    assert (gone.recipient, gone.facts["invite"]["method"]) == ("amy@example.org", "CANCEL")
    assert [mail.recipient for mail in mails(session, "co_presenter_left_out")] == ["mathieu@example.org"]
    name("mathieu", "stays")  # named again within the minutes
    assert mails(session, "co_presenter_left_out") == []
