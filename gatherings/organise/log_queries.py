"""What the lines of a log are about, by name; and which lines a filter means."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, cast, literal, or_, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.models import LogEntry
from gatherings.calls.models import Call, Submission
from gatherings.communities.models import Community, Member
from gatherings.core import zones
from gatherings.core.words import Sentence, say
from gatherings.events.models import Event, Series
from gatherings.letters.models import Letter
from gatherings.organise.log_words import ACTORS, KINDS
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order

_SOMEBODY = say("somebody whose data was erased")
_SOMETHING = say("something that is gone")
EVENTS_OFFERED = 100


@dataclass(frozen=True)
class LogFilter:
    """Which lines are meant: by whom, of what kind, about which event, on which day of the reader's."""

    who: str = ""
    kind: str = ""
    event: str = ""
    day: date | None = None


def conditions(session: Session, community_id: int, filter: LogFilter, zone: str) -> list[ColumnElement[bool]]:
    """Put a filter into SQL; what is not known finds nothing."""
    found: list[ColumnElement[bool]] = []
    if filter.who:
        found.append(LogEntry.actor == filter.who)
    if filter.kind:
        found.append(LogEntry.action.in_(KINDS[filter.kind][1] if filter.kind in KINDS else ()))
    if filter.event:
        found.append(_about_event(community_id, filter.event))
    if filter.day is not None:
        start, end = (_midnight(day, zone) for day in (filter.day, filter.day + timedelta(days=1)))
        found += [LogEntry.at >= start, LogEntry.at < end]
    return found


def _about_event(community_id: int, slug: str) -> ColumnElement[bool]:
    mine = Event.slug == slug, Event.community_id == community_id
    itself = select(literal("event:", String) + cast(Event.public_id, String)).where(*mine)
    those = (
        select(literal("registration:", String) + cast(Registration.public_id, String))
        .join(Event, Event.id == Registration.event_id)
        .where(*mine)
    )
    letters = (
        select(literal("letter:", String) + cast(Letter.public_id, String))
        .join(Event, Event.id == Letter.event_id)
        .where(*mine)
    )
    offers = (
        select(literal("submission:", String) + cast(Submission.public_id, String))
        .join(Call, Call.id == Submission.call_id)
        .join(Event, Event.id == Call.event_id)
        .where(*mine)
    )
    orders = (
        select(literal("order:", String) + cast(Order.public_id, String))
        .join(Event, Event.id == Order.event_id)
        .where(*mine)
    )
    return or_(*(LogEntry.about.in_(one) for one in (itself, those, letters, offers, orders)))


def _midnight(day: date, zone: str) -> datetime:
    return zones.to_utc_rfc(datetime.combine(day, time()), zone)[0]


def list_events_offered(session: Session, community_id: int) -> Sequence[Any]:
    """List slug, title, start and zone of a community's events to choose from, the latest first."""
    return session.execute(
        select(Event.slug, Event.title, Event.starts_local)
        .where(Event.community_id == community_id)
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(EVENTS_OFFERED)
    ).all()


def name_actors(session: Session, actors: Iterable[str]) -> dict[str, Sentence | str]:
    """Name those who acted, as colleagues see them."""
    names: dict[str, Sentence | str] = dict(ACTORS)
    people = _people(session, [actor for actor in actors if actor not in ACTORS])
    return names | {actor: people.get(actor, _SOMEBODY) for actor in actors if actor not in ACTORS}


def name_things(session: Session, abouts: Collection[str]) -> dict[str, Sentence | str]:
    """Name what lines are about, in one query for each kind of thing; what is gone is said to be."""
    by_kind: dict[str, list[str]] = {}
    for about in abouts:
        kind, _, public_id = about.partition(":")
        by_kind.setdefault(kind, []).append(public_id)
    named: dict[str, Sentence | str] = {}
    for kind, ids in by_kind.items():
        found = _NAMERS[kind](session, ids) if kind in _NAMERS else {}
        gone = _SOMEBODY if kind in ("person", "registration", "member") else _SOMETHING
        named |= {f"{kind}:{public_id}": found.get(public_id, gone) for public_id in ids if public_id}
    named |= {about: about for about in abouts if ":" not in about}
    return named


def _people(session: Session, ids: Sequence[str]) -> Mapping[str, Sentence | str]:
    rows = session.execute(select(Person.public_id, Person.name, Person.address).where(Person.public_id.in_(ids)))
    return {one: name or (address if "@" in address else _SOMEBODY) for one, name, address in rows}


def _registrations(session: Session, ids: Sequence[str]) -> Mapping[str, Sentence | str]:
    rows = session.execute(
        select(Registration.public_id, Registration.name, Event.title)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.public_id.in_(ids))
    )
    return {
        one: say("%(name)s (%(title)s)", name=name or say("somebody, erased since"), title=title)
        for one, name, title in rows
    }


def _members(session: Session, ids: Sequence[str]) -> Mapping[str, Sentence | str]:
    rows = session.execute(
        select(Member.public_id, Member.name, Person.address)
        .join(Person, Person.id == Member.person_id)
        .where(Member.public_id.in_(ids), Member.erased_at.is_(None))
    )
    return {one: name or address for one, name, address in rows}


def _submissions(session: Session, ids: Sequence[str]) -> Mapping[str, Sentence | str]:
    rows = session.execute(
        select(Submission.public_id, Submission.title).where(
            Submission.public_id.in_(ids), Submission.erased_at.is_(None)
        )
    )
    return {one: say("“%(title)s”", title=title) for one, title in rows}


def _orders(session: Session, ids: Sequence[str]) -> Mapping[str, Sentence | str]:
    rows = session.execute(
        select(Order.public_id, Order.reference, Event.title)
        .join(Event, Event.id == Order.event_id)
        .where(Order.public_id.in_(ids))
    )
    return {one: say("order %(reference)s (%(title)s)", reference=mark, title=title) for one, mark, title in rows}


def _titled(model: Any, column: Any) -> Any:
    def named(session: Session, ids: Sequence[str]) -> Mapping[str, Sentence | str]:
        rows = session.execute(select(model.public_id, column).where(model.public_id.in_(ids)))
        return {one: say("“%(title)s”", title=title) for one, title in rows}

    return named


_NAMERS: Mapping[str, Any] = {
    "person": _people,
    "registration": _registrations,
    "member": _members,
    "event": _titled(Event, Event.title),
    "series": _titled(Series, Series.title),
    "community": _titled(Community, Community.name),
    "letter": _titled(Letter, Letter.subject),
    "submission": _submissions,
    "order": _orders,
}
