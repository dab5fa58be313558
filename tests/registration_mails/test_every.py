"""The letters about "every month": one entry for all dates, and what is said about one of them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import object_session

from gatherings.events.actions import note_series_change
from gatherings.events.models import SeriesRule
from gatherings.registration.actions import cancel
from gatherings.registration.actions.leaving_series import cancel_series
from gatherings.registration.actions.sending_series import get_series_of_any_status
from gatherings.registration.actions.telling import list_due_changes, tell_change
from gatherings.registration.models import Registration
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    get_registration,
    make_registration,
    make_series,
    make_series_registration,
)

ADA = "ada@example.org"
HOUR = timedelta(hours=1)
DECEMBER, JANUARY = "20261217T180000", "20270121T180000"


def uid_of(series):
    session = object_session(series)
    assert session is not None
    return session.scalar(select(SeriesRule.uid).where(SeriesRule.series_id == series.id))


def own_date(session, every, event):
    """Read the registration of one date of an "every month"."""
    found = session.query(Registration).filter_by(series_registration_id=every.id, event_id=event.id).one()
    return get_registration(session, found.public_id)


def lines(post, name):
    """Give an invite's raw lines of one name, unfolded."""
    text = post.ics.decode().replace("\r\n ", "")
    return [line for line in text.split("\r\n") if line.startswith((f"{name};", f"{name}:"))]


def test_every_month_is_one_entry_with_the_rule(session, mail):
    series = make_series(session)
    make_series_registration(session, dates_of(session, series)[0])
    post = mail("series_confirmed")
    assert post.said == ("REQUEST", 0, uid_of(series))
    # It begins with the first date that they come to, not when the series did.
    assert lines(post, "DTSTART")[-1] == f"DTSTART;TZID=Europe/London:{DECEMBER}"
    assert post.event["RRULE"].to_ical() == b"FREQ=MONTHLY;BYDAY=3TH"
    assert (lines(post, "EXDATE"), lines(post, "RECURRENCE-ID")) == ([], [])
    assert str(post.event["LOCATION"]).startswith("http://gatherings.test/join/")
    assert post.event["ATTENDEE"] == f"mailto:{ADA}"
    assert post.rows["How often"] == "Third Thursday of every month, 18:00–19:00 in London"
    assert (
        "- Friday 18 December, 07:00–08:00 in Auckland\n  Thursday 17 December, 18:00–19:00 in London\n"
        "- Friday 22 January 2027, 07:00–08:00 in Auckland\n  Thursday 21 January 2027, 18:00–19:00 in London\n"
    ) in post.text
    assert f"\nhttp://gatherings.test/series/{series.slug}/calendar.ics\n" in post.text


def test_full_date_is_left_out_until_there_is_a_place(session, mail):
    series = make_series(session, capacity_online=1)
    december, january, _february = dates_of(session, series)
    ben = make_registration(session, january, address="ben@example.org")
    make_series_registration(session, december)
    post = mail("series_confirmed")
    assert lines(post, "EXDATE") == [f"EXDATE;TZID=Europe/London:{JANUARY}"]
    assert "(Full: you are on the waiting list for this date)" in post.text
    cancel(session, ben, SITE, now=NOW + HOUR)
    here = mail("series_changed")
    assert here.said == ("REQUEST", 1, uid_of(series))
    assert lines(here, "EXDATE") == []
    assert "A place became free on a date of “Third Thursday”, and it is yours." in here.letter.text


def test_date_that_differs_is_an_override_in_the_same_message(session, mail, change):
    series = make_series(session)
    december, january, _february = dates_of(session, series)
    moved = {"starts_local": datetime(2027, 1, 22, 8, 0), "ends_local": datetime(2027, 1, 22, 9, 0)}
    change(january, NOW, **moved)
    change(december, NOW, title="The year in kindness")
    make_series_registration(session, december)
    post = mail("series_confirmed")
    master, first, second = post.events
    assert {str(part["UID"]) for part in post.events} == {uid_of(series)}
    assert {int(part["SEQUENCE"]) for part in post.events} == {1}
    assert "RECURRENCE-ID" not in master
    assert (first["RECURRENCE-ID"].to_ical().decode(), str(first["SUMMARY"])) == (DECEMBER, "The year in kindness")
    assert second["RECURRENCE-ID"].to_ical().decode() == JANUARY
    assert post.utc(second["DTSTART"]) == datetime(2027, 1, 22, 8, 0, tzinfo=UTC)
    assert "(Another time than usual)" in post.text


def test_leaving_one_date_cancels_that_date_alone(session, mail):
    series = make_series(session)
    december, january, _february = dates_of(session, series)
    every = make_series_registration(session, december)
    cancel(session, own_date(session, every, january), SITE, now=NOW + HOUR)
    post = mail("cancelled")
    assert post.said == ("CANCEL", 1, uid_of(series))
    assert lines(post, "RECURRENCE-ID") == [f"RECURRENCE-ID;TZID=Europe/London:{JANUARY}"]
    assert "RRULE" not in post.event
    assert f"/series/{series.slug}/calendar.ics" in post.text


def test_changed_date_is_told_as_an_override(session, mail, change):
    series = make_series(session)
    december, january, _february = dates_of(session, series)
    make_series_registration(session, december)
    moved = {"starts_local": datetime(2027, 1, 21, 17, 0), "ends_local": datetime(2027, 1, 21, 18, 0)}
    assert change(january, NOW + HOUR, **moved) == 1
    post = mail("changed")
    assert post.said == ("REQUEST", 1, uid_of(series))
    assert post.event["RECURRENCE-ID"].to_ical().decode() == JANUARY
    assert post.utc(post.event["DTSTART"]) == datetime(2027, 1, 21, 17, 0, tzinfo=UTC)
    assert post.rows["Now"].endswith("Thursday 21 January 2027, 17:00–18:00 in London")
    assert "You come to every date of this series." in post.letter.text


def test_called_off_date_goes_alone(session, mail, change):
    series = make_series(session)
    december, january, _february = dates_of(session, series)
    make_series_registration(session, december)
    change(january, NOW + HOUR, status="cancelled")
    post = mail("called_off")
    assert post.said == ("CANCEL", 1, uid_of(series))
    assert post.event["RECURRENCE-ID"].to_ical().decode() == JANUARY


def test_single_entry_goes_when_every_month_comes(session, mail):
    series = make_series(session)
    december = dates_of(session, series)[0]
    make_registration(session, december)
    make_series_registration(session, december, now=NOW + HOUR)
    gone, here = mail("joined_series"), mail("series_confirmed")
    assert gone.said == ("CANCEL", 1, december.uid)
    assert "RECURRENCE-ID" not in gone.event
    assert here.said == ("REQUEST", 0, uid_of(series))


def test_leaving_the_series_cancels_all_of_it_at_once(session, mail, mails):
    series = make_series(session)
    every = make_series_registration(session, dates_of(session, series)[0])
    cancel_series(session, every, SITE, now=NOW + HOUR)
    post = mail("series_cancelled")
    assert post.said == ("CANCEL", 1, uid_of(series))
    assert (lines(post, "RECURRENCE-ID"), lines(post, "EXDATE")) == ([], [])
    assert post.event["STATUS"] == "CANCELLED"
    assert [one.row.kind for one in mails()] == ["series_confirmed", "series_cancelled"]


def test_changed_and_ended_series_are_told(session, mails):
    series = make_series(session)
    make_series_registration(session, dates_of(session, series)[0])
    series = get_series_of_any_status(session, series.id)
    for hours, status, kinds in ((1, "published", ("place", "link")), (2, "cancelled", ("status",))):
        now = NOW + hours * HOUR
        series.status = status
        note_series_change(session, series, kinds, {}, now=now, delay=0)
        session.flush()
        for change_id in list_due_changes(session, now):
            tell_change(session, change_id, SITE, now=now)
    _confirmed, changed, ended = mails()
    assert (changed.row.kind, changed.said) == ("series_changed", ("REQUEST", 1, uid_of(series)))
    assert "The meeting has moved to a new link. Your own way in stays the same." in changed.letter.text
    assert (ended.row.kind, ended.said) == ("series_called_off", ("CANCEL", 2, uid_of(series)))


def test_hybrid_date_with_another_side_than_wished_has_its_own_place(session, mail):
    series = make_series(session, mode="hybrid", capacity_room=1, place_name="The Old Library")
    december, january, _february = dates_of(session, series)
    make_registration(session, january, address="ben@example.org", wish="room")
    make_series_registration(session, december, wish="room")
    post = mail("series_confirmed")
    master, override = post.events
    assert str(master["LOCATION"]) == "The Old Library"
    assert override["RECURRENCE-ID"].to_ical().decode() == JANUARY
    assert str(override["LOCATION"]).startswith("http://gatherings.test/join/")
