"""The demo's own programme, on several days of loading."""

import time
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from gatherings.communities.models import Community
from gatherings.events.models import Event, Resource, Series, Speaker
from gatherings.questions.models import ConsentText, Question
from tests.loading.conftest import DEMO

DAYS = [
    datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
    datetime(2026, 12, 17, 18, 30, tzinfo=UTC),  # during a call of the series
    datetime(2026, 12, 17, 19, 30, tzinfo=UTC),  # just after it
    datetime(2027, 3, 28, 1, 30, tzinfo=UTC),  # clocks go forward in Europe
    datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
]


@pytest.fixture(scope="module")
def written():
    return yaml.safe_load(DEMO.read_text(encoding="utf-8"))


def third_thursdays(now, count):
    """Compute the next dates by hand: third Thursdays, 18:00 in London, an hour, that are not over."""
    found: list[datetime] = []
    year, month = now.year, now.month
    while len(found) < count:
        first = date(year, month, 1)
        day = first + timedelta(days=(3 - first.weekday()) % 7 + 14)
        start = datetime(day.year, day.month, day.day, 18, tzinfo=ZoneInfo("Europe/London")).astimezone(UTC)
        if start + timedelta(hours=1) > now:
            found.append(start)
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_whole_programme_loads_on_any_day(now, load_demo, dump, session, written):
    begun = time.process_time()
    load_demo(now=now)
    assert time.process_time() - begun < 3

    def count(model, *where):
        return session.scalar(select(func.count()).select_from(model).where(*where))

    series = next(one for one in written["series"] if "rule" in one)
    assert count(Community) == len(written["communities"]) == 8
    assert count(Series) == len(written["series"])
    assert count(Event, Event.series_rule_id.is_(None)) == len(written["events"])
    owners = [*written["events"], *series["dates"]]
    assert count(Speaker) == sum(len(one.get("speakers", ())) for one in owners)
    assert count(Resource) == sum(len(one.get("resources", ())) for one in owners)
    asked = [*written["events"], *written["series"]]
    assert count(Question) == sum(len(one.get("questions", ())) for one in asked)
    asked = [*written["events"], *written["communities"]]
    assert count(ConsentText) == sum(len(one.get("consents", ())) for one in asked)
    statuses = Counter(one.get("status", "published") for one in written["events"])
    for status in ("draft", "cancelled"):
        assert count(Event, Event.status == status) == statuses[status]
    found = session.scalars(
        select(Event).where(Event.series_rule_id.is_not(None), Event.ends_at > now).order_by(Event.starts_at)
    ).all()
    assert [event.starts_at for event in found] == third_thursdays(now, 12)
    named = [event.title for event in found if event.title != series["title"]]
    assert named == [one["title"] for one in series["dates"] if isinstance(one["on" if "on" in one else True], dict)]
    past = session.scalars(select(Event).where(Event.series_rule_id.is_not(None), Event.ends_at <= now)).all()
    assert [event.original_local for event in past] == [datetime(2024, 9, 19, 18)]


@pytest.mark.parametrize("now", DAYS, ids=str)
def test_upcoming_events_are_still_to_come(now, load_demo, session, written):
    load_demo(now=now)
    fixed = {one["slug"] for one in written["events"] if not isinstance(one["starts"], dict)}
    events = session.scalars(select(Event).where(Event.series_rule_id.is_(None))).all()
    assert {event.slug for event in events if event.starts_at <= now} == fixed
    week = {event.slug: event for event in events if event.slug.startswith("gathering-of-kindness-")}
    umbrella = week.pop("gathering-of-kindness-week")
    days = [event.starts_local.date() - umbrella.starts_local.date() for event in week.values()]
    assert sorted(days) == [timedelta(days=number) for number in range(1, 6)]
    assert all(event.umbrella_id == umbrella.id for event in week.values())
    assert umbrella.ends_local - umbrella.starts_local == timedelta(days=7)
    edition = next(event for event in events if event.slug == "microsystem-festival-next")
    assert edition.edition_year == edition.starts_local.year
    assert edition.registration_closes_at is not None
    assert edition.starts_at - timedelta(days=8) < edition.registration_closes_at < edition.starts_at


def test_loading_twice_changes_no_row(load_demo, dump):
    first = load_demo(now=DAYS[0])
    assert first.made
    before = dump()
    second = load_demo(now=DAYS[0] + timedelta(minutes=1))
    assert second.words() == ["Nothing changed."]
    assert dump() == before


def test_loading_a_month_later_moves_nothing(load_demo, session, dump):
    load_demo(now=DAYS[0])
    before = {event.slug: event.starts_at for event in session.scalars(select(Event))}
    session.commit()
    report = load_demo(now=DAYS[0] + timedelta(days=40))
    session.expire_all()
    after = {event.slug: event.starts_at for event in session.scalars(select(Event))}
    assert before.items() <= after.items()
    assert list(report.changed) == ["series third-thursday"]  # kept ahead
    assert len(after) - len(before) == 1


def test_series_has_blocks_and_questions(load_demo, session):
    load_demo()
    series = session.scalars(
        select(Series).where(Series.slug == "third-thursday").options(selectinload(Series.rules))
    ).one()
    assert series.calendar_block is not None
    assert b"RRULE:FREQ=MONTHLY;BYDAY=3TH" in series.calendar_block
    assert b"Kindness at the front door" in series.calendar_block
    assert b"meet.example.org" not in series.calendar_block
    (rule,) = series.rules
    assert rule.uid == f"series-{series.public_id}@example.org"
    assert not session.scalars(select(Event).where(Event.calendar_block.is_(None))).all()
