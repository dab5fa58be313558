"""Telling those registered: each change once, with the newest state; reminders a day and an hour before."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.events.actions import change_event, note_series_change
from gatherings.events.models import EventChange
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions import telling
from gatherings.registration.actions.leaving import cancel
from gatherings.registration.actions.telling import any_reminder_due, list_due_changes, remind, tell_change
from gatherings.registration.jobs import tell_drain
from gatherings.registration.models import Registration
from tests.db.helpers import together
from tests.factories import (
    SITE,
    dates_of,
    get_registration,
    make_event,
    make_registration,
    make_series,
    make_series_registration,
)

DELAY = 180
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LINK = "https://meet.example.org/another-room"
STARTS = datetime(2026, 12, 15, 18, tzinfo=UTC)
PEOPLE = ("ada@example.org", "bo@example.org", "cy@example.org", "di@example.org", "ed@example.org")


def change(session, event, *, at, via_series=False, **values):
    return change_event(session, event, values, now=at, delay=DELAY, via_series=via_series)


def tell(session, at) -> int:
    """Tell all that is due, as the worker does."""
    told = 0
    for _ in range(50):
        due = list_due_changes(session, at)
        if not due:
            return told
        for number in due:
            told += tell_change(session, number, SITE, now=at)
            session.commit()
    raise AssertionError("telling does not end")


def posted(session, *kinds: str) -> list[OutboxMail]:
    session.flush()
    statement = select(OutboxMail).order_by(OutboxMail.id).execution_options(populate_existing=True)
    return [mail for mail in session.scalars(statement) if not kinds or mail.kind in kinds]


def to(mails: list[OutboxMail]) -> list[str]:
    return sorted(mail.recipient for mail in mails)


@pytest.fixture
def event(session):
    """An event with five people, of whom one has cancelled."""
    made = make_event(session)
    for address in PEOPLE:
        make_registration(session, made, address=address)
    gone = make_registration(session, made, address="gone@example.org")
    cancel(session, gone, SITE, now=gone.created_at)
    session.commit()
    return made


# --- changes -------------------------------------------------------------------------------------------------------


def test_nobody_is_told_before_the_minutes_are_over(session, event, now):
    change(session, event, at=now, join_url=LINK)
    assert list_due_changes(session, now + timedelta(seconds=DELAY - 1)) == []
    assert tell(session, now + 3 * MINUTE) == 5


def test_each_registrant_is_told_once_with_the_newest_state(session, event, now):
    change(session, event, at=now, join_url=LINK)
    change(session, event, at=now + MINUTE, starts_local=datetime(2026, 12, 15, 17), place_name="Unused")
    change(session, event, at=now + 2 * MINUTE, starts_local=datetime(2026, 12, 15, 16), title="Corrected")
    assert tell(session, now + 10 * MINUTE) == 5
    mails = posted(session, "changed")
    assert to(mails) == sorted(PEOPLE)
    for mail in mails:
        assert mail.facts["changed"] == ["time", "place", "link"]
        assert mail.facts["invite"]["sequence"] == mail.facts["event"]["revision"] == 3
        assert mail.facts["invite"]["method"] == "REQUEST"
        assert mail.facts["event"]["starts_at"] == "2026-12-15T16:00:00+00:00"
        assert mail.facts["event"]["title"] == "Corrected"
        assert mail.facts["before"]["starts_at"] == "2026-12-15T18:00:00+00:00"
    for later in (11, 60, 24 * 60):
        assert tell(session, now + later * MINUTE) == 0
    assert len(posted(session, "changed")) == 5


def test_a_change_that_was_taken_back_tells_nobody(session, event, now):
    change(session, event, at=now, starts_local=datetime(2026, 12, 15, 17))
    change(session, event, at=now + MINUTE, starts_local=datetime(2026, 12, 15, 18))
    assert tell(session, now + 10 * MINUTE) == 0
    assert posted(session, "changed", "called_off") == []
    assert event.revision == 2  # feeds and downloads had shown it: they follow
    assert list_due_changes(session, now + DAY) == []


def test_what_was_taken_back_is_not_told_with_the_rest(session, event, now):
    change(session, event, at=now, starts_local=datetime(2026, 12, 15, 17), join_url=LINK)
    change(session, event, at=now + MINUTE, starts_local=datetime(2026, 12, 15, 18))
    assert tell(session, now + 10 * MINUTE) == 5
    assert {tuple(mail.facts["changed"]) for mail in posted(session, "changed")} == {("link",)}


def test_a_second_change_later_is_a_second_mail(session, event, now):
    for number in (1, 2):
        at = now + number * HOUR
        change(session, event, at=at, join_url=f"{LINK}-{number}")
        assert tell(session, at + 3 * MINUTE) == 5
    mails = posted(session, "changed")
    assert [mail.facts["invite"]["sequence"] for mail in mails if mail.recipient == "ada@example.org"] == [1, 2]
    assert len({mail.key for mail in mails}) == 10


def test_a_cancelled_gathering_is_called_off_and_leaves_calendars(session, event, now):
    change(session, event, at=now, status="cancelled")
    assert tell(session, now + 3 * MINUTE) == 5
    mails = posted(session, "called_off")
    assert to(mails) == sorted(PEOPLE)
    assert {mail.facts["invite"]["method"] for mail in mails} == {"CANCEL"}
    assert {mail.facts["invite"]["sequence"] for mail in mails} == {1}
    change(session, event, at=now + HOUR, starts_local=datetime(2026, 12, 15, 17))
    assert tell(session, now + DAY) == 0  # it stays cancelled, whatever hour it is not held at


def test_a_gathering_that_is_held_after_all_comes_back_into_calendars(session, event, now):
    change(session, event, at=now, status="cancelled")
    tell(session, now + 3 * MINUTE)
    change(session, event, at=now + HOUR, status="published")
    assert tell(session, now + 2 * HOUR) == 5
    [mail] = [mail for mail in posted(session, "changed") if mail.recipient == "ada@example.org"]
    assert (mail.facts["invite"]["method"], mail.facts["invite"]["sequence"]) == ("REQUEST", 2)


def test_a_draft_again_tells_nobody(session, event, now):
    change(session, event, at=now, status="draft", join_url=LINK)
    assert tell(session, now + DAY) == 0


def test_who_waits_is_told_without_a_calendar_part(session, now):
    event = make_event(session, capacity_online=1)
    make_registration(session, event, address="first@example.org")
    make_registration(session, event, address="waits@example.org")
    for number, values in enumerate(({"join_url": LINK}, {"status": "cancelled"})):
        change(session, event, at=now + number * HOUR, **values)
        assert tell(session, now + number * HOUR + 10 * MINUTE) == 2
    told = {(mail.kind, mail.recipient): mail.facts for mail in posted(session, "changed", "called_off")}
    assert told["changed", "waits@example.org"]["invite"] is None
    assert told["called_off", "waits@example.org"]["invite"] is None
    assert told["changed", "waits@example.org"]["registration"]["state"] == "waitlisted"
    assert told["changed", "first@example.org"]["invite"]["method"] == "REQUEST"


def test_who_waits_for_the_room_with_an_online_place_has_an_entry_that_follows(session, now):
    event = make_event(session, mode="hybrid", capacity_room=0)
    make_registration(session, event, wish="room")
    change(session, event, at=now, join_url=LINK)
    assert tell(session, now + DAY) == 1
    [mail] = posted(session, "changed")
    assert (mail.facts["to"]["attends"], mail.facts["to"]["waits_for"]) == ("online", "room")
    assert mail.facts["invite"]["method"] == "REQUEST"


def test_who_registers_meanwhile_is_told_no_news(session, event, now):
    """They read the new state when they registered, and their invite has the newest sequence already."""
    change(session, event, at=now, join_url=LINK)
    late = make_registration(session, event, address="late@example.org", now=now + MINUTE)
    tell(session, now + 10 * MINUTE)
    assert late.invite.sequence == 1
    confirmed = [mail for mail in posted(session, "confirmed") if mail.recipient == "late@example.org"]
    assert [mail.facts["invite"]["sequence"] for mail in confirmed] == [1]


def test_thousands_are_told_in_pages_of_their_own_transactions(session, event, now, monkeypatch):
    monkeypatch.setattr(telling, "BATCH", 2)
    change(session, event, at=now, join_url=LINK)
    at = now + 10 * MINUTE
    [number] = list_due_changes(session, at)
    assert [tell_change(session, number, SITE, now=at) for _ in range(5)] == [2, 2, 1, 0, 0]
    assert to(posted(session, "changed")) == sorted(PEOPLE)
    assert list_due_changes(session, at) == []


def test_a_change_that_comes_while_people_are_being_told_reaches_all_of_them(session, event, now, monkeypatch):
    monkeypatch.setattr(telling, "BATCH", 2)
    change(session, event, at=now, join_url=LINK)
    at = now + 10 * MINUTE
    [number] = list_due_changes(session, at)
    tell_change(session, number, SITE, now=at)
    session.commit()
    change(session, event, at=at, join_url=f"{LINK}-2")
    tell(session, at + HOUR)
    newest = {mail.recipient: mail.facts["event"]["join_url"] for mail in posted(session, "changed")}
    assert newest == dict.fromkeys(PEOPLE, f"{LINK}-2")
    assert len(session.scalars(select(EventChange)).all()) == 2


def test_two_workers_at_once_tell_everybody_once(app, session, event, now):
    change(session, event, at=now, join_url=LINK)
    session.commit()
    at = now + 10 * MINUTE
    results = together(app, 4, lambda number: tell_drain(app, SITE)(f"worker-{number}", at))
    assert [each for each in results if isinstance(each, Exception)] == []
    assert to(posted(session, "changed")) == sorted(PEOPLE)
    assert list_due_changes(session, at) == []


# --- every month ---------------------------------------------------------------------------------------------------


def test_who_comes_every_month_gets_the_dates_override_under_the_series_uid(session, now):
    series = make_series(session)
    uid = series.rules[0].uid
    date = dates_of(session, series)[1]
    every = make_series_registration(session, dates_of(session, series)[0])
    make_registration(session, date, address="bo@example.org")
    change(session, date, at=now, starts_local=datetime(2027, 1, 21, 20), ends_local=datetime(2027, 1, 21, 21))
    assert tell(session, now + 10 * MINUTE) == 2
    told = {mail.recipient: mail.facts for mail in posted(session, "changed")}
    ada, bo = told["ada@example.org"], told["bo@example.org"]
    assert ada["invite"]["uid"] == every.invite.uid == uid
    assert ada["event"]["original_local"] == "2027-01-21T18:00:00"
    assert ada["rule"]["zone"] == "Europe/London"
    session.refresh(series)
    assert ada["invite"]["sequence"] == series.revision == 1
    assert (bo["invite"]["uid"], bo["rule"], bo["invite"]["sequence"]) == (date.uid, None, 1)


def test_a_date_that_moved_with_its_series_is_told_by_the_series_to_who_comes_every_month(session, now):
    series = make_series(session)
    dates = dates_of(session, series)
    make_series_registration(session, dates[0])
    for date in dates:
        make_registration(session, date, address="bo@example.org")
        change(session, date, at=now, via_series=True, place_name="Hall")
    note_series_change(session, series, ("place",), {"place_name": None}, now=now, delay=DELAY)
    series.place_name = "Hall"
    session.flush()
    tell(session, now + 10 * MINUTE)
    assert to(posted(session, "changed")) == ["bo@example.org"] * 3
    [mail] = posted(session, "series_changed")
    assert (mail.recipient, mail.facts["changed"]) == ("ada@example.org", ["place"])
    assert mail.facts["invite"]["sequence"] == series.revision == 4


@pytest.mark.parametrize(
    ("column", "kind", "value"),
    [("place_name", "place", "Hall"), ("join_url", "link", LINK), ("mode", "place", "hybrid")],
)
def test_a_series_change_that_was_taken_back_tells_nobody(session, now, column, kind, value):
    series = make_series(session)
    make_series_registration(session, dates_of(session, series)[0])
    old = getattr(series, column)
    for number, new in enumerate((value, old)):
        before = {column: getattr(series, column)}
        setattr(series, column, new)
        note_series_change(session, series, (kind,), before, now=now + number * MINUTE, delay=DELAY)
        session.flush()
    assert tell(session, now + HOUR) == 0
    assert posted(session, "series_changed") == []
    assert list_due_changes(session, now + DAY) == []


def test_a_series_change_is_told_once_and_its_calling_off_too(session, now):
    series = make_series(session)
    make_series_registration(session, dates_of(session, series)[0])
    series.rules[-1].minutes = 90
    note_series_change(session, series, ("time",), {"ends_local": 60}, now=now, delay=DELAY)
    assert tell(session, now + HOUR) == 1
    series.status = "cancelled"
    note_series_change(session, series, ("status",), {"status": "published"}, now=now + HOUR, delay=DELAY)
    assert tell(session, now + 2 * HOUR) == 1
    [changed], [off] = posted(session, "series_changed"), posted(session, "series_called_off")
    assert (changed.facts["invite"]["method"], off.facts["invite"]["method"]) == ("REQUEST", "CANCEL")
    assert (changed.facts["invite"]["sequence"], off.facts["invite"]["sequence"]) == (1, 2)


# --- reminders -----------------------------------------------------------------------------------------------------


def reminded(session, at) -> list[tuple[str, str]]:
    before = {mail.id for mail in posted(session)}
    assert any_reminder_due(session, at) in (True, False)
    remind(session, SITE, now=at)
    session.commit()
    return sorted((mail.kind, mail.recipient) for mail in posted(session) if mail.id not in before)


def test_reminders_go_out_a_day_and_an_hour_before_exactly_once(session, event):
    sent = {}
    moment = STARTS - 30 * HOUR
    while moment < STARTS + HOUR:
        assert any_reminder_due(session, moment) == (moment in (STARTS - DAY, STARTS - HOUR))
        if mails := reminded(session, moment):
            sent[moment] = mails
        moment += 10 * MINUTE
    assert sent == {
        STARTS - DAY: [("reminder_day", address) for address in PEOPLE],
        STARTS - HOUR: [("reminder_hour", address) for address in PEOPLE],
    }


def test_a_reminder_brings_no_calendar_part(session, event):
    reminded(session, STARTS - DAY)
    assert {mail.facts["invite"] for mail in posted(session, "reminder_day")} == {None}


def test_a_worker_that_slept_reminds_of_the_hour_and_no_more_of_the_day(session, event):
    assert reminded(session, STARTS - 2 * HOUR) == []  # "tomorrow" would be wrong by now
    assert len(reminded(session, STARTS - 20 * MINUTE)) == 5
    assert reminded(session, STARTS) == []


def test_a_moved_start_is_reminded_of_again(session, event):
    assert len(reminded(session, STARTS - DAY)) == 5
    moved = {"starts_local": datetime(2026, 12, 17, 18), "ends_local": datetime(2026, 12, 17, 19)}
    change(session, event, at=STARTS - 20 * HOUR, **moved)
    assert reminded(session, STARTS - HOUR) == []
    assert len(reminded(session, STARTS + 2 * DAY - DAY)) == 5
    assert len(reminded(session, STARTS + 2 * DAY - HOUR)) == 5


def test_a_start_that_moves_by_minutes_repeats_no_reminder_that_is_still_true_twice(session, event):
    assert len(reminded(session, STARTS - DAY)) == 5
    change(session, event, at=STARTS - 23 * HOUR, join_url=LINK)
    assert reminded(session, STARTS - 22 * HOUR) == []


def test_who_has_just_registered_is_not_reminded_of_it(session):
    event = make_event(session)
    for address, before in (("early@example.org", 31 * HOUR), ("fresh@example.org", 29 * HOUR)):
        make_registration(session, event, address=address, now=STARTS - before)
    assert reminded(session, STARTS - DAY) == [("reminder_day", "early@example.org")]
    make_registration(session, event, address="last@example.org", now=STARTS - HOUR - 10 * MINUTE)
    assert reminded(session, STARTS - HOUR) == [
        ("reminder_hour", "early@example.org"), ("reminder_hour", "fresh@example.org"),
    ]  # fmt: skip


def test_only_those_who_come_are_reminded(session, now):
    event = make_event(session, capacity_online=1)
    make_registration(session, event, address="comes@example.org")
    make_registration(session, event, address="waits@example.org")
    other = make_event(session, status="cancelled")
    draft = make_event(session, status="draft")
    assert reminded(session, STARTS - DAY) == [("reminder_day", "comes@example.org")]
    assert (other.reminded_day_at, draft.reminded_day_at) == (None, None)


def test_who_cancelled_is_not_reminded(session, event):
    registration = session.scalars(select(Registration).where(Registration.state == "confirmed")).first()
    assert registration is not None
    cancel(session, get_registration(session, registration.public_id), SITE, now=STARTS - 2 * DAY)
    assert len(reminded(session, STARTS - DAY)) == 4


def test_who_comes_every_month_is_reminded_of_the_date(session):
    series = make_series(session)
    make_series_registration(session, dates_of(session, series)[0])
    assert reminded(session, datetime(2026, 12, 16, 18, tzinfo=UTC)) == [("reminder_day", "ada@example.org")]


def test_two_workers_at_once_remind_everybody_once(app, session, event):
    results = together(app, 4, lambda number: tell_drain(app, SITE)(f"worker-{number}", STARTS - HOUR))
    assert [each for each in results if isinstance(each, Exception)] == []
    assert to(posted(session, "reminder_hour")) == sorted(PEOPLE)
