"""Reads of a series and its dates, for changing them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.core.errors import NotFound
from gatherings.events.models import Event, Series
from gatherings.events.queries import WITH_ALL
from gatherings.planning.rules.sides import SIDES
from gatherings.registration.models import Registration
from gatherings.registration.rules import LIVE


def get_series(session: Session, series_id: int) -> Series:
    """Read a series with community and rules, as it stands in this transaction; raises NotFound."""
    series = session.scalars(
        select(Series)
        .where(Series.id == series_id)
        .options(joinedload(Series.community), selectinload(Series.rules))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if series is None:
        raise NotFound()
    return series


def list_made_dates(session: Session, series_id: int) -> Sequence[Event]:
    """List all dates of a series that a rule made, soonest first, with what changing them needs."""
    return [one for one in list_following(session, series_id) if one.series_rule_id is not None]


def list_following(session: Session, series_id: int) -> Sequence[Event]:
    """List all that follows a series: dates that a rule made, and those besides it; editions stand for themselves."""
    return session.scalars(
        select(Event).where(Event.series_id == series_id, follows()).order_by(Event.starts_at).options(*WITH_ALL)
    ).all()


def list_live_dates(session: Session, series: Series, now: datetime) -> list[Event]:
    """List the dates to come that the present rule of a series made and that are held, soonest first."""
    if not series.rules:
        return []
    rule = series.rules[-1]
    made = list_made_dates(session, series.id)
    return [one for one in made if one.series_rule_id == rule.id and one.starts_at > now and one.status != "cancelled"]


def follows() -> ColumnElement[bool]:
    """Give the condition that an event follows its series."""
    return Event.series_rule_id.is_not(None) | Event.edition_year.is_(None)


def has_people_at(session: Session, places_id: int) -> bool:
    """Tell whether anybody holds a place of a pool, or waits for one."""
    there = (Registration.places_id == places_id) | (Registration.waits_for_id == places_id)
    return session.scalar(select(Registration.id).where(Registration.state.in_(LIVE), there).limit(1)) is not None


def blocked_side(session: Session, event: Event, mode: str) -> str | None:
    """Give the side (room, online) that a mode would take away from somebody who holds a place there, or waits."""
    for side, modes in SIDES.items():
        pool = event.pool_at(side)
        if pool is not None and mode not in modes and has_people_at(session, pool):
            return side
    return None


def lock_series(session: Session, series_id: int) -> Series:
    """Read a series as above, for changing it: whoever else wants to change it waits."""
    session.execute(select(Series.id).where(Series.id == series_id).with_for_update())
    return get_series(session, series_id)
