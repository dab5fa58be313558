"""A series whose rule changes: its coming dates move with everybody who is registered."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from gatherings.events.models import Event, Series
from gatherings.invites.models import Invite
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails import COMPOSERS
from gatherings.registration.models import Registration, SeriesRegistration
from tests.factories import make_registration, make_series_registration
from tests.loading.conftest import LATER, SMALL, dates

TUESDAYS = SMALL.replace("BYDAY=1MO", "BYDAY=2TU").replace("2026-01-05 19:00", "2026-01-13 20:00")


@pytest.fixture
def series(session):
    def run():
        session.commit()
        session.expire_all()
        return session.scalars(select(Series).options(selectinload(Series.rules))).one()

    return run


def test_coming_dates_move_and_nobody_is_lost(load_text, session, series, tell):
    load_text()
    first, second, *_rest = dates(session)
    make_series_registration(session, first, address="ada@example.org")
    make_registration(session, second, address="bob@example.org")
    uid = series().rules[0].uid
    slugs = [date.slug for date in dates(session)]
    before = set(session.scalars(select(Registration.event_id)))
    report = load_text(TUESDAYS, now=LATER)
    assert report.changed == {"series mondays": ["rule"]}
    found = dates(session)
    assert [date.slug for date in found] == slugs
    starts = [datetime(2026, 12, 8, 20), datetime(2027, 1, 12, 20), datetime(2027, 2, 9, 20), datetime(2027, 3, 9, 20)]
    assert [date.starts_local for date in found] == starts
    assert [date.original_local for date in found] == starts
    assert [date.revision for date in found] == [1, 1, 1, 1]
    old, new = series().rules
    assert (old.uid, old.until_at) == (uid, LATER)
    assert (new.rule, new.starts_local, new.until_at) == ("FREQ=MONTHLY;BYDAY=2TU", starts[0], None)
    assert {date.series_rule_id for date in found} == {new.id}
    assert set(session.scalars(select(Registration.event_id))) == before
    assert len(before) == 4
    every = session.scalars(select(SeriesRegistration)).one()
    assert session.get_one(Invite, every.invite_id).uid == new.uid
    uids = session.execute(
        select(Registration.series_registration_id, Invite.uid).join(Invite, Invite.id == Registration.invite_id)
    ).all()
    assert sorted(uid for every_id, uid in uids if every_id) == [new.uid] * 4
    assert [uid for every_id, uid in uids if not every_id] == [found[1].uid]
    assert tell() == [("changed", "bob@example.org"), ("series_changed", "ada@example.org")]
    (ended,) = session.scalars(select(OutboxMail).where(OutboxMail.kind == "series_rule_ended"))
    assert (ended.facts["invite"]["uid"], ended.facts["invite"]["method"]) == (old.uid, "REQUEST")
    assert ended.facts["rule"]["text"] == "FREQ=MONTHLY;BYDAY=1MO;UNTIL=20261120T130000Z"
    (changed,) = session.scalars(select(OutboxMail).where(OutboxMail.kind == "series_changed"))
    assert changed.facts["invite"]["uid"] == new.uid
    assert len(changed.facts["dates"]) == 4
    assert changed.facts["before"]["text"] == "FREQ=MONTHLY;BYDAY=1MO"
    block = series().calendar_block or b""
    assert block.count(b"RRULE:") == 2


def test_both_mails_carry_whole_entries(app, load_text, session, tell):
    load_text()
    make_series_registration(session, dates(session)[0], address="ada@example.org")
    session.commit()
    load_text(TUESDAYS, now=LATER)
    tell()
    found = session.scalars(select(OutboxMail).where(OutboxMail.kind.in_(("series_rule_ended", "series_changed"))))
    with app.app_context():
        letters = {mail.kind: COMPOSERS[mail.kind](mail) for mail in found}
    ended, changed = letters["series_rule_ended"].calendar, letters["series_changed"].calendar
    assert ended is not None
    assert changed is not None
    assert b"METHOD:REQUEST" in ended
    assert b"METHOD:REQUEST" in changed
    assert b"UNTIL=20261120T130000Z" in ended.replace(b"\r\n ", b"")
    assert b"UNTIL" not in changed
    assert b"DTSTART;TZID=Europe/London:20261208T200000" in changed
    assert b"RRULE:FREQ=MONTHLY;BYDAY=2TU\r\n" in changed


def test_loading_a_changed_rule_twice_changes_no_row(load_text, dump, session):
    load_text()
    make_series_registration(session, dates(session)[0], address="ada@example.org")
    session.commit()
    load_text(TUESDAYS, now=LATER)
    before = dump()
    assert load_text(TUESDAYS, now=LATER + timedelta(minutes=1)).words() == ["Nothing changed."]
    assert dump() == before


def test_named_date_keeps_its_title_when_it_moves(load_text, session):
    load_text()
    load_text(TUESDAYS.replace("Darjeeling", "Assam"), now=LATER)
    assert [date.title for date in dates(session)] == ["Tea from Assam", *["First Monday"] * 3]


def test_hour_alone_moves_all_dates(load_text, session, series):
    load_text()
    load_text(SMALL.replace("2026-01-05 19:00", "2026-01-05 19:30"), now=LATER)
    found = dates(session)
    assert [date.starts_local.time().isoformat() for date in found] == ["19:30:00"] * 4
    assert [date.ends_local - date.starts_local for date in found] == [timedelta(hours=1)] * 4
    assert len(series().rules) == 2


def test_denser_rule_keeps_months_and_fills_the_weeks_between(load_text, session):
    load_text()
    old = {date.slug: date.starts_local for date in dates(session)}
    report = load_text(SMALL.replace("FREQ=MONTHLY;BYDAY=1MO", "FREQ=WEEKLY;BYDAY=MO"), now=LATER)
    found = {date.slug: date.starts_local for date in dates(session)}
    assert old.items() <= found.items()
    assert report.changed == {"series mondays": ["rule", "dates"]}
    coming = sorted(found.values())[:4]
    assert coming == [datetime(2026, 11, 23, 19) + timedelta(weeks=week) for week in range(4)]


def test_end_of_a_rule_calls_off_what_is_left(load_text, session, series, tell):
    load_text()
    last = dates(session)[3]
    make_registration(session, last, address="bob@example.org")
    session.commit()
    text = SMALL.replace("BYDAY=1MO", "BYDAY=1MO;UNTIL=20270131T000000Z")
    report = load_text(text, now=LATER)
    session.commit()
    session.expire_all()
    found = session.scalars(select(Event).where(Event.series_id == series().id).order_by(Event.starts_at)).all()
    assert [date.status for date in found] == ["published", "published", "cancelled", "cancelled"]
    assert [note.split(" ")[0] for note in report.notes] == [date.slug for date in found[2:]]
    assert tell() == [("called_off", "bob@example.org")]


def test_series_that_has_not_begun_keeps_its_uid(load_text, session, series):
    text = SMALL.replace("2026-01-05 19:00", "2027-01-04 19:00")
    load_text(text)
    uid = series().rules[0].uid
    load_text(TUESDAYS.replace("2026-01-13", "2027-01-12"), now=LATER)
    (rule,) = series().rules
    assert (rule.uid, rule.rule, rule.until_at) == (uid, "FREQ=MONTHLY;BYDAY=2TU", None)
    assert [date.starts_local.day for date in dates(session)] == [12, 9, 9, 13]


def test_rule_edited_elsewhere_is_left_alone(load_text, session, series):
    load_text()
    series().rules[0].rule = "FREQ=MONTHLY;BYDAY=3MO"
    session.commit()
    report = load_text(TUESDAYS, now=LATER)
    assert (report.kept, len(series().rules)) == ({"series mondays": ["rule"]}, 1)


def test_another_zone_keeps_the_wall_clock(load_text, session):
    load_text()
    text = SMALL.replace("minutes: 60\n    zone: Europe/London", "minutes: 60\n    zone: America/New_York")
    load_text(text, now=LATER)
    first = dates(session)[0]
    assert (first.starts_local, first.zone) == (datetime(2026, 12, 7, 19), "America/New_York")
    assert first.starts_at == datetime(2026, 12, 8, 0, tzinfo=UTC)
