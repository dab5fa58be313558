"""New zone rules (B17): the wall clock stays, UTC moves, SEQUENCE + 1, all are told once, the past is untouched."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from gatherings.audit.models import LogEntry
from gatherings.core import zones
from gatherings.events.models import Event, EventChange, Series
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions.retiming import moved_events, retime_events, rewrite_blocks
from gatherings.registration.actions.telling import list_due_changes, tell_change
from tests.factories import (
    SITE,
    dates_of,
    make_community,
    make_event,
    make_registration,
    make_series,
    make_series_registration,
)
from tests.zone_rules import VERSION, in_force, make_folder

HOUR = timedelta(hours=1)
WINTER, SUMMER = datetime(2026, 12, 15, 18), datetime(2027, 6, 15, 18)


@pytest.fixture
def new_rules(tmp_path):
    with in_force(make_folder(tmp_path / "zoneinfo")):
        yield


@pytest.fixture
def rules_of(tmp_path):
    """Put the new rules in force within a block: `with rules_of(): …`."""
    folder = make_folder(tmp_path / "zoneinfo")
    return lambda: in_force(folder)


def retime(session, now):
    moved = retime_events(session, SITE, now=now)
    session.commit()
    return moved


def tell(session, at) -> None:
    while due := list_due_changes(session, at):
        for number in due:
            tell_change(session, number, SITE, now=at)
        session.commit()


def mails(session, *kinds) -> list[OutboxMail]:
    return list(session.scalars(select(OutboxMail).where(OutboxMail.kind.in_(kinds)).order_by(OutboxMail.id)))


def entries(block: bytes) -> list:
    whole = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n" + block + b"END:VCALENDAR\r\n"
    return list(icalendar.Calendar.from_ical(whole).walk("VEVENT"))


def test_under_the_same_rules_nothing_moves(session, now):
    make_event(session)
    make_series(session)
    assert moved_events(session, now=now) == retime(session, now) == []
    assert session.scalars(select(EventChange)).all() == []
    assert set(session.scalars(select(Event.revision))) == {0}


def test_wall_clock_stays_and_the_instant_moves(session, now, rules_of):
    event = make_event(session, starts_local=WINTER)
    with rules_of():
        [moved] = retime(session, now)
    assert (moved.slug, moved.starts_local, moved.zone) == (event.slug, WINTER, "Europe/London")
    assert (moved.old_starts_at, moved.new_starts_at) == (
        datetime(2026, 12, 15, 18, tzinfo=UTC), datetime(2026, 12, 15, 17, tzinfo=UTC),
    )  # fmt: skip
    session.expire_all()
    assert (event.starts_local, event.ends_local, event.zone) == (WINTER, WINTER + HOUR, "Europe/London")
    assert (event.starts_at, event.ends_at) == (moved.new_starts_at, moved.new_starts_at + HOUR)
    assert (event.revision, event.zone_rules, event.changed_at) == (1, VERSION, now)


def test_looking_changes_nothing(session, now, rules_of):
    event = make_event(session)
    session.commit()
    with rules_of():
        assert [moved.event_id for moved in moved_events(session, now=now)] == [event.id]
    assert not session.dirty
    session.expire_all()
    assert (event.starts_at, event.revision) == (datetime(2026, 12, 15, 18, tzinfo=UTC), 0)


def test_only_what_moved_is_touched(session, now, rules_of):
    summer = make_event(session, starts_local=SUMMER)  # 17:00 UTC by both rules
    elsewhere = make_event(session, zone="Pacific/Auckland")
    make_event(session)
    with rules_of():
        assert len(retime(session, now)) == 1
    for event in (summer, elsewhere):
        assert (event.revision, event.changed_at) == (0, now)
    assert len(session.scalars(select(EventChange)).all()) == 1


def test_what_did_not_move_is_noted_as_timed_with_the_new_rules_too(session, now, rules_of):
    """Else `gatherings check` would ask for this for ever."""
    make_event(session, starts_local=SUMMER)
    make_event(session, zone="Pacific/Auckland")
    make_event(session)
    with rules_of():
        retime(session, now)
    assert set(session.scalars(select(Event.zone_rules))) == {VERSION}


def test_the_past_is_untouched(session, now, rules_of):
    past = make_event(session, starts_local=datetime(2026, 11, 20, 10), now=now - 30 * 24 * HOUR)
    running = make_event(session, starts_local=datetime(2026, 11, 20, 12), now=now - 30 * 24 * HOUR)
    with rules_of():
        assert retime(session, now) == []
    for event in (past, running):
        session.refresh(event)
        assert (event.starts_at.hour, event.revision) == (event.starts_local.hour, 0)
        assert event.zone_rules == zones.tzdata_version() != VERSION


def test_everybody_registered_gets_one_updated_invite(session, now, rules_of):
    event = make_event(session)
    people = ["ada@example.org", "bo@example.org"]
    for address in people:
        make_registration(session, event, address=address)
    session.commit()
    at = now + HOUR
    with rules_of():
        for _ in range(3):  # the second and third time there is nothing left to do
            retime(session, now)
        tell(session, at)
        tell(session, at + HOUR)
    told = mails(session, "changed")
    assert sorted(mail.recipient for mail in told) == people
    for mail in told:
        assert mail.facts["changed"] == ["time"]
        assert (mail.facts["invite"]["sequence"], mail.facts["invite"]["method"]) == (1, "REQUEST")
        assert mail.facts["event"]["starts_local"] == mail.facts["before"]["starts_local"] == "2026-12-15T18:00:00"
        assert mail.facts["event"]["starts_at"] == "2026-12-15T17:00:00+00:00"
        assert mail.facts["before"]["starts_at"] == "2026-12-15T18:00:00+00:00"


def test_who_comes_every_month_gets_one_mail_however_many_dates_moved(session, now, rules_of):
    series = make_series(session, ahead=4)  # 17 December, 21 January, 18 February, 18 March
    dates = dates_of(session, series)
    make_series_registration(session, dates[0])
    make_registration(session, dates[1], address="bo@example.org")
    session.commit()
    with rules_of():
        assert len(retime(session, now)) == 4
        tell(session, now + HOUR)
    [single] = mails(session, "changed")
    [whole] = mails(session, "series_changed")
    assert (single.recipient, whole.recipient) == ("bo@example.org", "ada@example.org")
    assert [date["starts_at"][11:16] for date in whole.facts["dates"]] == ["17:00"] * 4
    session.expire_all()
    assert whole.facts["invite"]["sequence"] == session.scalars(select(Series.revision)).one() > 0
    assert [date.starts_local.hour for date in dates] == [18] * 4
    assert all(date.original_local == date.starts_local for date in dates)


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_nobody_is_told_of_what_is_no_gathering_to_them(session, now, rules_of, status):
    event = make_event(session)
    make_registration(session, event)
    event.status = status
    session.commit()
    with rules_of():
        assert len(retime(session, now)) == 1
        tell(session, now + HOUR)
    assert event.starts_at.hour == 17
    assert mails(session, "changed", "called_off") == []


def test_a_moved_start_is_reminded_of_again(session, now, rules_of):
    event = make_event(session)
    event.reminded_day_at = now
    with rules_of():
        retime(session, now)
    session.refresh(event)
    assert event.reminded_day_at is None


def test_stored_calendar_entries_follow(session, now, rules_of):
    event, series = make_event(session), make_series(session)
    session.commit()
    later = now + HOUR
    with rules_of():
        retime(session, later)
    [entry] = entries(session.scalars(select(Event.calendar_block).where(Event.id == event.id)).one())
    assert (entry["SEQUENCE"], entry["DTSTAMP"].dt) == (1, later)
    assert entry["DTSTART"].dt.replace(tzinfo=None) == WINTER
    assert entry["DTSTART"].params["TZID"] == "Europe/London"
    [master] = entries(session.scalars(select(Series.calendar_block).where(Series.id == series.id)).one())
    session.refresh(series)
    assert master["SEQUENCE"] == series.revision > 0


def test_caches_follow_and_the_log_says_so(session, now, rules_of):
    community, other = make_community(session), make_community(session)
    event = make_event(session, community)
    session.refresh(community)
    versions = community.version, other.version
    with rules_of():
        retime(session, now)
    session.expire_all()
    assert (community.version, other.version) == (versions[0] + 1, versions[1])
    lines = [(line.actor, line.action, line.about) for line in session.scalars(select(LogEntry))]
    assert lines == [("retime", "retime", f"event:{event.public_id}")]


def test_a_time_that_new_rules_make_a_gap_follows_the_rfc_and_keeps_its_length(session, tmp_path, now):
    """On 14 March 2027 New York's clocks skip 02:00 to 03:00; Lagos' never do."""
    event = make_event(session, zone="Africa/Lagos", starts_local=datetime(2027, 3, 14, 2, 30))
    with in_force(make_folder(tmp_path / "zoneinfo", like="America/New_York", zone="Africa/Lagos")):
        retime(session, now)
    assert event.starts_at == datetime(2027, 3, 14, 7, 30, tzinfo=UTC)
    assert event.ends_at - event.starts_at == HOUR


def test_pinned_rules_are_in_force_again_after_these_tests():
    assert zones.offset_at(datetime(2026, 12, 15, tzinfo=UTC), "Europe/London") == timedelta(0)


def test_rewriting_brings_the_new_address_into_every_entry_and_changes_nothing_else(session, now):
    event, series = make_event(session), make_series(session)
    community = session.scalars(select(Event).where(Event.id == event.id)).one().community_id
    session.commit()
    site = type(SITE)("https://new.example.org", SITE.domain)
    rewrite_blocks(session, site)
    session.commit()
    session.expire_all()
    all_events = session.scalars(select(Event).options(undefer(Event.calendar_block))).all()
    assert len(all_events) == 4
    for one in all_events:
        assert b"https://new.example.org/events/" in (one.calendar_block or b"").replace(b"\r\n ", b"")
        assert b"gatherings.test/" not in (one.calendar_block or b"")
        assert (one.revision, one.changed_at) == (0, now)
    block = session.scalars(select(Series.calendar_block).where(Series.id == series.id)).one()
    assert b"https://new.example.org/series/" in block.replace(b"\r\n ", b"")
    assert session.scalars(select(EventChange)).all() == []
    assert community
