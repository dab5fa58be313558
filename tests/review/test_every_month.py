"""What a review found about "every month": dates waited for, left, taken again; zones without one rule a year."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.registration.actions import cancel
from gatherings.registration.actions.leaving_series import rejoin_date
from gatherings.registration.jobs import keep_dates
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.queries import get_date_of
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    make_registration,
    make_series,
    make_series_registration,
)


def date_of(session, every, event) -> Registration:
    """Give somebody's registration for one date of their "every month"."""
    session.flush()
    public_id = session.scalars(
        select(Registration.public_id).where(
            Registration.event_id == event.id, Registration.series_registration_id == every.id
        )
    ).one()
    return get_date_of(session, every, public_id)


def test_leaving_a_date_that_one_only_waited_for_takes_nothing_out_of_the_calendar(session, mails):
    dates = dates_of(session, make_series(session, capacity_online=1))
    make_registration(session, dates[1], address="first@example.org")
    every = make_series_registration(session, dates[0])
    cancel(session, date_of(session, every, dates[1]), SITE, now=NOW)
    (left,) = mails("cancelled")
    assert left.ics is None
    assert "You are not on the waiting list any more" in left.text
    assert "your place is free again" not in " ".join(left.text.split())


def test_coming_back_to_a_date_says_so(session, mails):
    dates = dates_of(session, make_series(session, capacity_online=1))
    every = make_series_registration(session, dates[0])
    cancel(session, date_of(session, every, dates[1]), SITE, now=NOW)
    rejoin_date(session, date_of(session, every, dates[1]), SITE, now=NOW)
    (back,) = mails("series_changed")
    assert "You come again to a date of “Third Thursday” that you had left." in back.text
    assert "There are new dates" not in back.text
    assert "EXDATE" not in back.event


def test_coming_back_to_a_date_that_is_full_says_that_one_waits(session, mails):
    dates = dates_of(session, make_series(session, capacity_online=1))
    every = make_series_registration(session, dates[0])
    cancel(session, date_of(session, every, dates[1]), SITE, now=NOW)
    make_registration(session, dates[1], address="other@example.org")
    rejoin_date(session, date_of(session, every, dates[1]), SITE, now=NOW)
    (back,) = mails("series_changed")
    assert "that you had left is full now" in " ".join(back.text.split())
    assert "EXDATE" in back.event


def test_new_dates_reach_calendars_where_no_rule_can_say_them(session, mails):
    series = make_series(session, zone="Africa/Casablanca")
    first = dates_of(session, series)[0]
    every = make_series_registration(session, first)
    sequence = mails("series_confirmed")[0].said[1]
    keep_dates(session, {}, first.ends_at + timedelta(hours=1), site=SITE)
    session.flush()
    newest = dates_of(session, series)[-1]
    (told,) = mails("series_changed")
    assert told.said[1] > sequence
    assert newest.starts_at in {one.dt for part in told.event["RDATE"] for one in part.dts}
    assert "There are new dates of “Third Thursday”. This mail brings them." in told.text
    # The feed too: some calendars take no news without a higher SEQUENCE (calendars.md 11).
    session.refresh(series)
    assert series.calendar_block is not None
    assert f"RDATE:{newest.starts_at:%Y%m%dT%H%M%SZ}".encode() in series.calendar_block
    assert f"SEQUENCE:{series.revision}".encode() in series.calendar_block
    assert series.revision == 1
    assert date_of(session, every, newest).state == "confirmed"


def test_new_dates_that_the_rule_says_already_are_no_reason_for_a_mail(session, mails):
    series = make_series(session)
    first = dates_of(session, series)[0]
    make_series_registration(session, first)
    keep_dates(session, {}, first.ends_at + timedelta(hours=1), site=SITE)
    session.refresh(series)
    assert mails("series_changed") == []
    assert series.revision == 0


def test_messages_about_one_date_are_written_as_the_entry_of_all_dates_is(session, mails):
    """Vancouver changed its clocks for the last time in 2026: a series that began before is told in UTC throughout."""
    now = datetime(2027, 2, 1, tzinfo=NOW.tzinfo)
    series = make_series(session, zone="America/Vancouver", now=now)
    dates = dates_of(session, series, now=now)
    every = make_series_registration(session, dates[0], now=now)
    cancel(session, date_of(session, every, dates[1]), SITE, now=now)
    (whole,), (left,) = mails("series_confirmed"), mails("cancelled")
    assert not whole.event["DTSTART"].params
    assert not left.event["RECURRENCE-ID"].params
    assert left.event["RECURRENCE-ID"].dt in {one.dt for part in whole.event["RDATE"] for one in part.dts}


@pytest.mark.parametrize("by", ["date", "series"])
def test_not_me_ends_every_month_from_whichever_mail_it_is_pressed(session, client, app, clock_at, by):
    with clock_at(NOW):
        first = dates_of(session, make_series(session))[0]
        every = make_series_registration(session, first)
        row = date_of(session, every, first) if by == "date" else every
        purpose = "manage" if by == "date" else "manage-series"
        path = f"/registrations/{app.extensions['gatherings.signer'].sign(purpose, row.public_id, row.link_version)}"
        session.commit()
        asked = client.get(f"{path}/not-me").text
        assert ("all of them are removed together" in asked) == (by == "date")
        assert client.post(f"{path}/not-me").location == "/registrations/forgotten"
        session.commit()
        session.expire_all()
    assert set(session.scalars(select(SeriesRegistration.state))) == {"cancelled"}
    assert set(session.scalars(select(Registration.state))) == {"cancelled"}
    assert set(session.scalars(select(Registration.name))) == {""}
