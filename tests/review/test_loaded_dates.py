"""What a review found about programme files: one date of a series by rule could be neither moved nor called off."""

from datetime import datetime

import pytest
from sqlalchemy import select

from gatherings.events.models import Event, Series
from gatherings.loading.problems import ProgrammeProblem
from tests.factories import make_registration, make_series_registration
from tests.loading.conftest import LATER, SMALL, dump, load_text, tell

__all__ = ["dump", "load_text", "tell"]
TITLE = "title: Tea from Darjeeling"


@pytest.fixture
def dates(session):
    """Give the dates of the series, as they stand now."""

    def read() -> list[Event]:
        session.commit()
        session.expire_all()
        series = session.scalars(select(Series).where(Series.slug == "mondays")).one()
        return list(session.scalars(select(Event).where(Event.series_id == series.id).order_by(Event.original_local)))

    return read


@pytest.fixture
def two(load_text, session, dates):
    """Load the small programme; one comes every month, one to the first date alone."""
    load_text()
    make_series_registration(session, dates()[0], address="every@example.org")
    make_registration(session, dates()[0], address="once@example.org")
    session.commit()


@pytest.mark.usefixtures("two")
def test_one_date_of_a_series_is_called_off_and_takes_place_after_all(load_text, dates, session, tell):
    first = dates()[0].slug
    report = load_text(SMALL.replace(TITLE, f"{TITLE}\n        status: cancelled"), now=LATER)
    assert report.changed == {f"date {first}": ["status"]}
    assert [date.status for date in dates()] == ["cancelled", "published", "published", "published"]
    assert sorted(tell()) == [("called_off", "every@example.org"), ("called_off", "once@example.org")]
    series = session.scalars(select(Series)).one()
    assert series.calendar_block.count(b"STATUS:CANCELLED") == 1
    load_text(now=LATER)
    assert dates()[0].status == "published"
    assert sorted(tell()) == [("changed", "every@example.org"), ("changed", "once@example.org")]


@pytest.mark.usefixtures("two")
def test_one_date_of_a_series_moves(load_text, dates, session, tell):
    moved = SMALL.replace(TITLE, f"{TITLE}\n        starts: 2026-12-08 18:30")
    load_text(moved, now=LATER)
    first = dates()[0]
    assert (first.starts_local, first.ends_local) == (datetime(2026, 12, 8, 18, 30), datetime(2026, 12, 8, 19, 30))
    assert first.original_local == datetime(2026, 12, 7, 19)
    assert sorted(tell()) == [("changed", "every@example.org"), ("changed", "once@example.org")]
    series = session.scalars(select(Series)).one()
    assert b"RECURRENCE-ID;TZID=Europe/London:20261207T190000" in series.calendar_block
    assert load_text(moved, now=LATER).nothing
    load_text(now=LATER)
    assert dates()[0].starts_local == datetime(2026, 12, 7, 19)


@pytest.mark.parametrize("starts", ["2027-03-28 01:30", "{days: +3, at: '18:00'}", "2026-12-08"])
def test_a_date_moves_to_an_hour_that_there_is(load_text, starts):
    with pytest.raises(ProgrammeProblem) as refused:
        load_text(SMALL.replace(TITLE, f"{TITLE}\n        starts: {starts}"))
    (wrong,) = refused.value.problems
    assert wrong.field == "series[mondays].dates[1].starts"


@pytest.mark.usefixtures("two")
def test_a_series_is_called_off_as_a_whole_and_goes_on_after_all(load_text, dates, session, tell):
    series = "title: First Monday"
    load_text(SMALL.replace(series, f"{series}\n    status: cancelled"), now=LATER)
    assert {date.status for date in dates()} == {"cancelled"}
    assert sorted(tell()) == [("called_off", "once@example.org"), ("series_called_off", "every@example.org")]
    assert load_text(SMALL.replace(series, f"{series}\n    status: cancelled"), now=LATER).nothing
    load_text(now=LATER)
    assert {date.status for date in dates()} == {"published"}
    assert sorted(tell()) == [("changed", "once@example.org"), ("series_changed", "every@example.org")]
    assert session.scalars(select(Series.status)).one() == "published"


@pytest.mark.usefixtures("two")
def test_calling_a_series_off_by_mistake_tells_nobody_when_it_is_taken_back_in_time(load_text, tell):
    series = "title: First Monday"
    load_text(SMALL.replace(series, f"{series}\n    status: cancelled"), now=LATER)
    load_text(now=LATER)
    assert tell() == []


def test_what_people_are_registered_for_is_no_draft_again(load_text, session):
    """Nobody would be told, and their calendars would keep it."""
    load_text()
    draft = SMALL.replace("summary: In the garden.", "status: draft")
    event = session.scalars(select(Event).where(Event.slug == "summer-tea")).one()
    make_registration(session, event)
    session.commit()
    with pytest.raises(ProgrammeProblem) as refused:
        load_text(draft, now=LATER)
    (wrong,) = refused.value.problems
    assert wrong.field == "events[summer-tea].status"
    session.expire_all()
    assert event.status == "published"
