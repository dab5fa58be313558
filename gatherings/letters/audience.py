"""Whom a letter goes to: those of an event whom a filter finds, or a community's members who want news."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from gatherings.accounts.models import Person
from gatherings.communities.models import Community, Member, NewsStop
from gatherings.core import zones
from gatherings.core.folding import fold
from gatherings.core.tokens import PUBLIC_ID
from gatherings.events.models import Event
from gatherings.registration.facts import side_of
from gatherings.registration.listing import Filter, conditions
from gatherings.registration.models import Registration

_Who = aliased(Person)  # a filter's own conditions look at people, too


@dataclass(frozen=True)
class Recipient:
    """One person whom a letter goes to. `public_id` and `version` are those of their registration or membership."""

    person: str  # public id
    address: str
    public_id: str
    version: int
    name: str
    zone: str
    language: str
    attends: str | None = None  # room, online; None: waits, gone, or a member

    def facts(self) -> dict[str, Any]:
        """Snapshot what the letter says about them, in JSON's types."""
        return {
            "to": {"name": self.name, "zone": self.zone, "attends": self.attends},
            "of": {"public_id": self.public_id, "version": self.version},
            "person": self.person,
        }


@dataclass(frozen=True)
class Reach:
    """How many a letter reaches: `zones` counts them by clock; `stopped` want no news and are left out."""

    zones: dict[str, int]
    stopped: int

    @property
    def count(self) -> int:
        """Give how many get it."""
        return sum(self.zones.values())


@dataclass(frozen=True)
class Audience:
    """Whom a letter goes to. `event` is None for a community's members; `kind` news leaves out who stopped them."""

    community: Community
    event: Event | None
    kind: str
    filter: dict[str, Any]

    def reach(self, session: Session) -> Reach:
        """Count them by clock."""
        wanted = self._all(session)
        stopped, zone = self._stopped(), self._zone()
        rows = session.execute(wanted.with_only_columns(zone, func.count()).where(~stopped).group_by(zone))
        counted: dict[str, int] = {}
        for name, number in rows:
            clock = _clock(name, self.community)
            counted[clock] = counted.get(clock, 0) + number
        left_out = session.scalars(wanted.with_only_columns(func.count()).where(stopped)).one() if self._news else 0
        return Reach(counted, left_out)

    def recipients(self, session: Session) -> Iterator[Recipient]:
        """Read them all, first come first."""
        for row in session.execute(self._reading(session)):
            yield self._recipient(row)

    def find(self, session: Session, words: str = "", *, limit: int = 10) -> list[Recipient]:
        """Find some of them by name."""
        of = Registration if self.event is not None else Member
        statement = self._reading(session).limit(limit)
        for word in words.split()[:8]:
            folded = fold(word)
            statement = statement.where(
                or_(
                    of.name_folded.contains(folded, autoescape=True) if folded else _Who.id < 0,
                    _Who.key.contains(word.lower(), autoescape=True),
                )
            )
        return [self._recipient(row) for row in session.execute(statement)]

    def one(self, session: Session, public_id: str) -> Recipient | None:
        """Find one of them by the public id of their registration or membership; None for anybody else."""
        if not PUBLIC_ID.fullmatch(public_id):
            return None
        row = session.execute(self._reading(session).where(self._of.public_id == public_id)).one_or_none()
        return self._recipient(row) if row is not None else None

    # Reading

    @property
    def _of(self) -> Any:  # the class whose rows are read: both have what a letter needs of them
        return Registration if self.event is not None else Member

    @property
    def _news(self) -> bool:
        return self.kind == "news" or self.event is None

    def _all(self, session: Session) -> Any:  # a Select
        if self.event is not None:
            return (
                select(Registration, _Who)
                .join(_Who, _Who.id == Registration.person_id)
                .where(*conditions(session, self.event, Filter.read(self.filter)))
            )
        return (
            select(Member, _Who)
            .join(_Who, _Who.id == Member.person_id)
            .where(
                Member.community_id == self.community.id,
                Member.state == "active",
                Member.news.is_(True),
                Member.erased_at.is_(None),
            )
        )

    def _stopped(self) -> ColumnElement[bool]:
        """Give the condition that somebody is left out: never of what concerns their registration."""
        if not self._news:
            return _Who.id < 0
        stop = exists().where(NewsStop.person_id == _Who.id, NewsStop.community_id == self.community.id)
        if self.event is None:
            return stop
        member = exists().where(
            Member.person_id == _Who.id,
            Member.community_id == self.community.id,
            Member.state == "active",
            Member.news.is_(False),
        )
        return or_(stop, member)  # a member who wants no news does not get them by way of a registration

    def _zone(self) -> Any:
        return Registration.zone if self.event is not None else Member.zone

    def _reading(self, session: Session) -> Any:  # a Select
        wanted = self._all(session).where(~self._stopped())
        of = self._of
        columns = [_Who.public_id, _Who.address, of.public_id, of.link_version, of.name, of.zone, of.language]
        columns += [Registration.places_id] if self.event is not None else []
        return wanted.with_only_columns(*columns).order_by(of.id)

    def _recipient(self, row: Any) -> Recipient:
        attends = side_of(self.event, row.places_id) if self.event is not None else None
        return Recipient(
            person=row[0],
            address=row.address,
            public_id=row[2],
            version=row.link_version,
            name=row.name,
            zone=_clock(row.zone, self.community),
            language=row.language,
            attends=attends,
        )


def _clock(zone: str | None, community: Community) -> str:
    return zones.canonical(zone) or community.zone
