"""Invites: one UID, a SEQUENCE that never falls, and calendar bytes stored with what they tell."""

from datetime import UTC, datetime, timedelta

import icalendar
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import undefer

from gatherings.events.actions import change_event
from gatherings.events.models import Event, Series
from gatherings.invites.actions import make_invite, next_message, store_blocks
from gatherings.invites.models import Invite
from tests.databases import BASE_URL
from tests.factories import dates_of, make_community, make_event, make_series


def an_invite(**values) -> Invite:
    return Invite(**{"uid": "u@example.org", "address": "ada@example.org", "steps": 0, "sequence": -1} | values)


def event_block(session, event: Event) -> str:
    session.flush()
    fresh = session.scalars(
        select(Event).where(Event.id == event.id).options(undefer(Event.calendar_block), undefer(Event.calendar_zones))
        .execution_options(populate_existing=True)
    ).one()  # fmt: skip
    assert fresh.calendar_block is not None
    return fresh.calendar_block.decode()


def series_block(session, series: Series) -> tuple[str, str | None]:
    session.flush()
    return next(
        (block.decode(), zones)
        for block, zones in session.execute(
            select(Series.calendar_block, Series.calendar_zones).where(Series.id == series.id)
        )
    )


def components(block: str) -> list:
    text = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{block}END:VCALENDAR\r\n"
    return list(icalendar.Calendar.from_ical(text).walk("VEVENT"))


def test_a_new_invite_was_never_sent(session):
    invite = make_invite(session, "event-1@example.org", "ada@example.org")
    assert (invite.id is not None, invite.steps, invite.sequence, invite.method) == (True, 0, -1, None)


def test_first_message_has_the_revision_as_its_sequence(now):
    invite = an_invite()
    message = next_message(invite, 4, "REQUEST", now.replace(microsecond=77))
    assert message == {
        "uid": "u@example.org", "sequence": 4, "method": "REQUEST", "stamp": "2026-11-20T12:00:00+00:00",
    }  # fmt: skip
    assert (invite.sequence, invite.method, invite.sent_at) == (4, "REQUEST", now.replace(microsecond=77))


def test_the_same_state_again_goes_out_with_the_same_sequence_and_a_new_stamp(now):
    invite = an_invite()
    first = next_message(invite, 2, "REQUEST", now)
    again = next_message(invite, 2, "REQUEST", now + timedelta(minutes=1))
    assert first["sequence"] == again["sequence"] == 2
    assert again["stamp"] == "2026-11-20T12:01:00+00:00"


def test_steps_of_its_own_are_added_to_every_later_revision(now):
    invite = an_invite()
    numbers = [
        next_message(invite, revision, method, now, step=step)["sequence"]
        for revision, method, step in [
            (0, "REQUEST", False), (0, "CANCEL", True), (0, "REQUEST", True), (1, "REQUEST", False),
            (1, "CANCEL", True),
        ]
    ]  # fmt: skip
    assert numbers == [0, 1, 2, 3, 4]
    assert invite.steps == 3


def test_after_a_restore_the_sequence_goes_on_where_calendars_are(now):
    """The backup knows revision 2; calendars were told 5 already."""
    invite = an_invite(sequence=5)
    assert [next_message(invite, revision, "REQUEST", now)["sequence"] for revision in (2, 3, 4)] == [5, 6, 7]


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=30))
def test_a_sequence_never_falls_and_a_step_always_raises_it(messages):
    invite, last = an_invite(), -1
    moment = datetime(2026, 11, 20, tzinfo=UTC)
    for revision, step in messages:
        number = next_message(invite, revision, "REQUEST", moment, step=step)["sequence"]
        assert isinstance(number, int)
        assert number >= last
        last = number
    assert invite.sequence == last


def test_an_event_is_stored_as_everybody_may_see_it(session, now):
    event = make_event(session, make_community(session, name="Circle"), mode="hybrid", place_address="1 Street")
    [entry] = components(event_block(session, event))
    assert entry["UID"] == event.uid
    assert (entry["SEQUENCE"], entry["STATUS"]) == (0, "CONFIRMED")
    assert (entry["SUMMARY"], entry["URL"]) == ("What matters to you", f"{BASE_URL}/events/{event.slug}")
    assert entry["LOCATION"] == "The Old Library, 1 Street"
    assert entry["DTSTART"].params["TZID"] == "Europe/London"
    assert entry["DTSTART"].dt.replace(tzinfo=None) == datetime(2026, 12, 15, 18)
    assert entry["DTSTAMP"].dt == now
    assert "Circle" in entry.to_ical().decode()
    assert event.calendar_zones == "Europe/London"


def test_a_stored_entry_holds_no_way_into_the_meeting(session):
    event = make_event(session)
    series = make_series(session)
    for block in (event_block(session, event), series_block(session, series)[0]):
        assert "meet.example.org" not in block
        assert "ATTENDEE" not in block
        assert "ORGANIZER" not in block


def test_a_changed_event_is_stored_with_its_new_revision(session, now):
    event = make_event(session)
    change_event(session, event, {"status": "cancelled"}, now=now + timedelta(hours=1), delay=0)
    store_blocks(session, base_url=BASE_URL, event_ids=[event.id])
    [entry] = components(event_block(session, event))
    assert (entry["SEQUENCE"], entry["STATUS"]) == (1, "CANCELLED")
    assert entry["DTSTAMP"].dt == now + timedelta(hours=1)


def test_a_series_is_its_rule_and_one_entry_for_each_date_that_differs(session, now):
    series = make_series(session)
    first, second, third = dates_of(session, series)
    change_event(session, second, {"title": "A guest"}, now=now, delay=0)
    moved = {"starts_local": datetime(2027, 2, 18, 20), "ends_local": datetime(2027, 2, 18, 21)}
    change_event(session, third, moved, now=now, delay=0)
    store_blocks(session, base_url=BASE_URL, event_ids=[second.id, third.id])
    block, zones = series_block(session, series)
    master, guest, later = components(block)
    assert {entry["UID"] for entry in (master, guest, later)} == {series.rules[0].uid}
    assert {entry["SEQUENCE"] for entry in (master, guest, later)} == {1}  # one counter for all of a series
    assert master["RRULE"].to_ical() == b"FREQ=MONTHLY;BYDAY=3TH"
    assert [entry.get("RECURRENCE-ID") is not None for entry in (master, guest, later)] == [False, True, True]
    assert guest["RECURRENCE-ID"].dt.replace(tzinfo=None) == second.original_local
    assert later["RECURRENCE-ID"].dt.replace(tzinfo=None) == datetime(2027, 2, 18, 18)
    assert later["DTSTART"].dt.replace(tzinfo=None) == datetime(2027, 2, 18, 20)
    assert guest["URL"] == f"{BASE_URL}/events/{second.slug}"
    assert zones == "Europe/London"
    assert first.slug not in block


def test_many_events_are_stored_in_one_call(session):
    community = make_community(session)
    events = [make_event(session, community) for _ in range(3)]
    store_blocks(session, base_url="https://new.example.org", event_ids=[event.id for event in events] * 2)
    for event in events:
        assert f"https://new.example.org/events/{event.slug}" in event_block(session, event).replace("\r\n ", "")
    store_blocks(session, base_url=BASE_URL, event_ids=[])  # nothing is nothing
