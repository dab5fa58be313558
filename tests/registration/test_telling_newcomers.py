"""Who registers in the minutes in which a change is gathered knows it already, and hears of it once."""

from datetime import timedelta

from sqlalchemy import select

from gatherings.events.actions import change_event, note_series_change
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions.telling import list_due_changes, tell_change
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    make_event,
    make_registration,
    make_series,
    make_series_registration,
)

MINUTE = timedelta(minutes=1)
LINK = "https://meet.example.org/another-room"


def mails(session) -> list[tuple[str, str]]:
    return [tuple(row) for row in session.execute(select(OutboxMail.kind, OutboxMail.recipient).order_by("id"))]


def tell(session) -> None:
    for number in list_due_changes(session, NOW + 10 * MINUTE):
        tell_change(session, number, SITE, now=NOW + 10 * MINUTE)


def test_of_an_event(session):
    event = make_event(session)
    make_registration(session, event, address="early@example.org")
    change_event(session, event, {"join_url": LINK}, now=NOW + MINUTE, delay=180)
    make_registration(session, event, address="late@example.org", now=NOW + 2 * MINUTE)
    tell(session)
    assert mails(session)[2:] == [("changed", "early@example.org")]


def test_of_an_event_that_changes_once_more(session):
    event = make_event(session)
    change_event(session, event, {"join_url": LINK}, now=NOW + MINUTE, delay=180)
    make_registration(session, event, address="late@example.org", now=NOW + 2 * MINUTE)
    change_event(session, event, {"join_url": LINK + "-2"}, now=NOW + 3 * MINUTE, delay=180)
    tell(session)
    assert mails(session) == [("confirmed", "late@example.org"), ("changed", "late@example.org")]


def test_of_a_series(session):
    series = make_series(session)
    date = dates_of(session, series)[0]
    make_series_registration(session, date, address="early@example.org")
    before = {"join_url": series.join_url}
    series.join_url = LINK
    note_series_change(session, series, ("link",), before, now=NOW + MINUTE, delay=180)
    make_series_registration(session, date, address="late@example.org", now=NOW + 2 * MINUTE)
    tell(session)
    assert [row for row in mails(session) if "confirmed" not in row[0]] == [("series_changed", "early@example.org")]
