"""Instants and wall clocks: the wrong kind is refused, the right one comes back as it went in, on both databases."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Integer, MetaData, Table, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from gatherings.db.types import UtcDateTime, WallClock

TABLE = Table(
    "kinds_of_time", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime()),
    Column("wall", WallClock()),
)  # fmt: skip
NAIVE = datetime(2026, 12, 15, 18, 0)
AWARE = datetime(2026, 12, 15, 18, 0, tzinfo=UTC)


@pytest.fixture
def keep(engine):
    """Write values into a table of its own and read them back."""
    with engine.begin() as connection:
        TABLE.metadata.create_all(connection)

    def write_and_read(**values):
        with engine.begin() as connection:
            number = connection.execute(TABLE.insert().values(**values)).inserted_primary_key[0]
            return connection.execute(select(TABLE.c.at, TABLE.c.wall).where(TABLE.c.id == number)).one()

    return write_and_read


@pytest.mark.parametrize(
    "moment",
    [
        AWARE,
        datetime(2026, 12, 15, 18, 0, 0, 123456, tzinfo=UTC),
        datetime(2026, 12, 16, 7, 0, tzinfo=ZoneInfo("Pacific/Auckland")),
        datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"), fold=0),
        datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"), fold=1),
        datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=5, minutes=45))),
        datetime(1, 1, 2, tzinfo=UTC),
        datetime(9999, 12, 30, 23, 59, 59, 999999, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_as_the_same_instant_in_utc(keep, moment):
    found = keep(at=moment).at
    assert found == moment.astimezone(UTC)
    assert found.tzinfo is UTC


def test_the_two_instants_of_a_fold_stay_two(keep):
    first, second = (
        keep(at=datetime(2026, 10, 25, 1, 30, tzinfo=ZoneInfo("Europe/London"), fold=fold)).at for fold in (0, 1)
    )
    assert second - first == timedelta(hours=1)


def test_an_instant_without_a_zone_is_refused(keep):
    with pytest.raises(StatementError, match="a naive time cannot be an instant"):
        keep(at=NAIVE)


def test_a_wall_clock_comes_back_as_it_was_even_where_no_such_time_is(keep):
    for local in (NAIVE, datetime(2027, 3, 28, 1, 30), datetime(2026, 10, 25, 1, 30), datetime(2026, 1, 1, 0, 0, 0, 7)):
        found = keep(wall=local).wall
        assert found == local
        assert found.tzinfo is None


def test_a_wall_clock_with_a_zone_is_refused(keep):
    for aware in (AWARE, datetime(2026, 12, 15, 18, 0, tzinfo=ZoneInfo("Europe/London"))):
        with pytest.raises(StatementError, match="a wall-clock time has no zone of its own"):
            keep(wall=aware)


def test_nothing_stays_nothing(keep):
    assert tuple(keep(at=None, wall=None)) == (None, None)


def test_the_wrong_kind_is_refused_in_questions_too(engine, keep):
    with engine.connect() as connection, pytest.raises(StatementError, match="naive"):
        connection.execute(select(TABLE).where(TABLE.c.at < NAIVE))
    with engine.connect() as connection, pytest.raises(StatementError, match="wall-clock"):
        connection.execute(select(TABLE).where(TABLE.c.wall < AWARE))


def test_instants_are_compared_and_sorted_as_instants(engine, keep):
    late = datetime(2026, 12, 15, 13, 0, tzinfo=ZoneInfo("America/New_York"))  # 18:00 UTC
    early = datetime(2026, 12, 16, 6, 0, tzinfo=ZoneInfo("Pacific/Auckland"))  # 17:00 UTC, of the day before
    for moment in (late, early):
        keep(at=moment)
    with engine.connect() as connection:
        rows = connection.scalars(select(TABLE.c.at).order_by(TABLE.c.at)).all()
        found = connection.scalars(select(TABLE.c.at).where(TABLE.c.at < late)).all()
    assert rows == [early, late]
    assert found == [early]


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.timezones(no_cache=False)),
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),
)
def test_any_time_comes_back(keep, moment, local):
    found = keep(at=moment, wall=local)
    assert (found.at, found.wall) == (moment.astimezone(UTC), local)


def test_what_is_no_time_is_refused(keep):
    with pytest.raises((StatementError, AttributeError, TypeError)):
        keep(at="2026-12-15 18:00")
    with pytest.raises((StatementError, AttributeError, TypeError)):
        keep(at=date(2026, 12, 15))


def test_both_dialects_are_given_what_they_keep():
    kept = [UtcDateTime().process_bind_param(AWARE, dialect) for dialect in (sqlite.dialect(), postgresql.dialect())]
    assert kept == [NAIVE, AWARE]
