"""Reads of members: their numbers and zones, the list that organisers filter, search and sort, one of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from gatherings.accounts.models import Person
from gatherings.communities.models import Community, Member
from gatherings.core.errors import NotFound
from gatherings.core.folding import fold
from gatherings.core.words import say

PAGE = 50
BATCH = 1000  # rows of an export that are in memory at a time
STATES: Mapping[str, tuple[str, ...]] = {
    "here": ("active", "invited"),
    "active": ("active",),
    "invited": ("invited",),
    "left": ("left",),
}
SORTS: Mapping[str, tuple[Any, bool]] = {  # column, and whether the largest comes first
    "name": (Member.name_folded, False),
    "newest": (Member.created_at, True),
    "zone": (func.coalesce(Member.zone, ""), False),
}


@dataclass(frozen=True)
class Filters:
    """Which members are asked for; each part may be empty. `zone` "-" are those whose zone is not known."""

    state: str = "here"
    news: str = ""
    zone: str = ""
    country: str = ""
    words: str = ""
    sort: str = "name"


@dataclass(frozen=True)
class Numbers:
    """How many there are of a community."""

    active: int
    invited: int
    left: int
    news: int
    countries: int


def count_zones(session: Session, community_id: int) -> dict[str, int]:
    """Count the active members of a community by zone; "" for those whose zone nobody told us."""
    rows = session.execute(
        select(Member.zone, func.count())
        .where(Member.community_id == community_id, Member.state == "active", Member.erased_at.is_(None))
        .group_by(Member.zone)
    )
    return {zone or "": int(count) for zone, count in rows}


def count_countries(session: Session, community_id: int) -> dict[str, int]:
    """Count members and those invited by country; "" for those who did not say."""
    rows = session.execute(
        select(Member.country, func.count())
        .where(Member.community_id == community_id, Member.state.in_(STATES["here"]), Member.erased_at.is_(None))
        .group_by(Member.country)
    )
    return {country: int(count) for country, count in rows}


def count_members(session: Session, community_id: int) -> Numbers:
    """Count members by state, in one query; news are those of active ones, countries of whom is invited, too."""
    rows = session.execute(
        select(Member.state, Member.news, Member.country, func.count())
        .where(Member.community_id == community_id, Member.erased_at.is_(None))
        .group_by(Member.state, Member.news, Member.country)
    ).all()
    states = {state: sum(count for one, _news, _country, count in rows if one == state) for state in STATES}
    active = [row for row in rows if row[0] == "active"]
    return Numbers(
        active=states["active"],
        invited=states["invited"],
        left=states["left"],
        news=sum(count for _state, news, _country, count in active if news),
        countries=len({country for state, _news, country, _count in rows if country and state in STATES["here"]}),
    )


def list_members(
    session: Session, community_id: int, filters: Filters, *, after: str = "", limit: int = PAGE
) -> tuple[list[Member], bool]:
    """List one page of members with their persons, after the one whose public id is `after`; tell if more follow."""
    asked = _ordered(_filtered(community_id, filters), session, community_id, filters, after)
    rows = list(session.scalars(asked.options(contains_eager(Member.person)).limit(limit + 1)))
    return rows[:limit], len(rows) > limit


def count_found(session: Session, community_id: int, filters: Filters) -> int:
    """Count all that the filters find."""
    return session.scalar(_filtered(community_id, filters).with_only_columns(func.count(Member.id))) or 0


def stream_members(session: Session, community_id: int, filters: Filters) -> Iterator[Sequence[Any]]:
    """Give address, name, zone, country, language, state, news and since when of all that the filters find.

    Some hundred are in memory at a time. `session` is this stream's own.
    """
    after = ""
    while True:
        asked = _ordered(_filtered(community_id, filters), session, community_id, filters, after)
        rows = session.execute(asked.with_only_columns(*_TAKEN, Member.public_id).limit(BATCH)).all()
        session.close()  # however slowly it is taken, no connection is held and no reading transaction stays open
        yield from (row[:-1] for row in rows)
        if len(rows) < BATCH:
            return
        after = str(rows[-1][-1])


_TAKEN = (
    Person.address, Member.name, Member.zone, Member.country, Member.language, Member.state, Member.news,
    Member.created_at,
)  # fmt: skip


def get_member(session: Session, community_id: int, public_id: str) -> Member:
    """Read one member of a community with their person; raises NotFound, for another community's too."""
    member = session.scalars(
        select(Member)
        .where(Member.community_id == community_id, Member.public_id == public_id, Member.erased_at.is_(None))
        .options(joinedload(Member.person), joinedload(Member.community))
    ).one_or_none()
    if member is None:
        raise NotFound()
    return member


def list_memberships(session: Session, person_id: int) -> list[Member]:
    """List somebody's memberships with their communities, for showing what is held about them."""
    return list(
        session.scalars(
            select(Member)
            .where(Member.person_id == person_id, Member.erased_at.is_(None))
            .order_by(Member.id)
            .options(joinedload(Member.community))
        )
    )


def get_community_to_join(session: Session, slug: str) -> Community:
    """Read a community that takes members; raises NotFound, in other words where it is there and takes none."""
    community = session.scalars(select(Community).where(Community.slug == slug)).one_or_none()
    if community is None:
        raise NotFound()
    if not community.joining.strip():
        raise NotFound(say("This community takes no members at the moment."))
    return community


def _filtered(community_id: int, filters: Filters) -> Select[Member]:
    asked = (
        select(Member)
        .join(Person, Person.id == Member.person_id)
        .where(
            Member.community_id == community_id,
            Member.state.in_(STATES.get(filters.state, STATES["here"])),
            Member.erased_at.is_(None),
        )
    )
    if filters.news:
        asked = asked.where(Member.news.is_(filters.news == "yes"))
    if filters.zone:
        asked = asked.where(Member.zone.is_(None) if filters.zone == "-" else Member.zone == filters.zone)
    if filters.country:
        asked = asked.where(Member.country == ("" if filters.country == "-" else filters.country))
    if filters.words:
        asked = asked.where(_says(filters.words))
    return asked


def _says(words: str) -> ColumnElement[bool]:
    folded = fold(words)
    in_address = Person.key.contains(words.strip().lower(), autoescape=True)
    return or_(in_address, Member.name_folded.contains(folded, autoescape=True)) if folded else in_address


def _ordered(
    asked: Select[Member], session: Session, community_id: int, filters: Filters, after: str
) -> Select[Member]:
    column, falling = SORTS.get(filters.sort, SORTS["name"])
    if after:
        here = and_(Member.community_id == community_id, Member.public_id == after)
        last = session.execute(select(column, Member.id).where(here)).one_or_none()
        if last is not None:
            value, number = last
            beyond = column < value if falling else column > value
            further = Member.id < number if falling else Member.id > number
            asked = asked.where(or_(beyond, and_(column == value, further)))
    return asked.order_by(column.desc() if falling else column, Member.id.desc() if falling else Member.id)
