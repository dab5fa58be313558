"""Reads of letters: which there are, how far each has got, and who got it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.communities.models import Community, NewsStop
from gatherings.core.errors import NotFound
from gatherings.core.tokens import PUBLIC_ID
from gatherings.events.models import Event
from gatherings.letters.models import Letter
from gatherings.mail.models import OutboxMail

LIMIT = 30  # letters on a page
PEOPLE = 100  # recipients on a page
_SOON = timedelta(minutes=2)


@dataclass(frozen=True)
class Scope:
    """Whose letters: of an event, or (`event_id` None) of a community itself. Every read goes through it."""

    community_id: int
    event_id: int | None

    @classmethod
    def of(cls, thing: Event | Community) -> "Scope":
        """Give the scope of an event or a community."""
        return cls(thing.community_id, thing.id) if isinstance(thing, Event) else cls(thing.id, None)

    def conditions(self) -> tuple[ColumnElement[bool], ...]:
        """Give the conditions on Letter."""
        return Letter.community_id == self.community_id, Letter.event_id.is_not_distinct_from(self.event_id)


@dataclass(frozen=True)
class Progress:
    """How far a letter has got: mails by state; when the first and the last of those that wait are due."""

    states: Mapping[str, int]
    first_due: datetime | None = None
    last_due: datetime | None = None

    @property
    def total(self) -> int:
        """Give how many mails there are."""
        return sum(self.states.values())

    @property
    def waiting(self) -> int:
        """Give how many are still to go out."""
        return self.states.get("queued", 0) + self.states.get("held", 0)

    @property
    def out(self) -> int:
        """Give how many the receiving servers took; without a mail server, how many were written."""
        return self.states.get("sent", 0) + self.states.get("kept", 0)

    @property
    def failed(self) -> int:
        """Give how many were refused or given up."""
        return self.states.get("failed", 0)

    def moves(self, now: datetime) -> bool:
        """Tell whether something goes out within minutes, so that it is worth looking again."""
        return self.first_due is not None and self.first_due <= now + _SOON


def about(public_id: str) -> str:
    """Name a letter as the outbox does."""
    return f"letter:{public_id}"


def list_letters(session: Session, scope: Scope, *, before: str = "") -> list[Letter]:
    """List letters, newest first, one more than a page holds; `before` is the public id of the last one shown."""
    statement = select(Letter).where(*scope.conditions()).order_by(Letter.id.desc()).limit(LIMIT + 1)
    if PUBLIC_ID.fullmatch(before):
        edge = select(Letter.id).where(Letter.public_id == before, *scope.conditions()).scalar_subquery()
        statement = statement.where(Letter.id < edge)
    return list(session.scalars(statement.options(joinedload(Letter.author))))


def find_letter(session: Session, scope: Scope, public_id: str) -> Letter | None:
    """Find a letter of this scope, with its author; `public_id` comes from an address."""
    if not PUBLIC_ID.fullmatch(public_id):
        return None
    found = select(Letter).where(Letter.public_id == public_id, *scope.conditions())
    return session.scalars(found.options(joinedload(Letter.author))).one_or_none()


def get_letter(session: Session, scope: Scope, public_id: str) -> Letter:
    """Give a letter of this scope, with its author; raises NotFound."""
    letter = find_letter(session, scope, public_id)
    if letter is None:
        raise NotFound()
    return letter


def get_to_compose(session: Session, public_id: str) -> Letter:
    """Give a letter with all that its mails say, for the worker; raises NotFound."""
    found = select(Letter).where(Letter.public_id == public_id)
    event = joinedload(Letter.event)
    letter = session.scalars(found.options(joinedload(Letter.community), event)).one_or_none()
    if letter is None:
        raise NotFound()
    return letter


def count_states(session: Session, letters: Sequence[Letter]) -> dict[str, Progress]:
    """Count the mails of letters by state, in one query: by the letter's public id."""
    names = {about(letter.public_id): letter.public_id for letter in letters if letter.state != "draft"}
    rows = session.execute(
        select(OutboxMail.about, OutboxMail.state, func.count())
        .where(OutboxMail.about.in_(names))
        .group_by(OutboxMail.about, OutboxMail.state)
    ).all()
    found: dict[str, dict[str, int]] = {letter.public_id: {} for letter in letters}
    for name, state, number in rows:
        found[names[name]][state] = number
    return {public_id: Progress(states) for public_id, states in found.items()}


def progress_of(session: Session, letter: Letter) -> Progress:
    """Count a letter's mails by state, with the times of those that wait."""
    rows = session.execute(
        select(OutboxMail.state, func.count(), func.min(OutboxMail.due_at), func.max(OutboxMail.due_at))
        .where(OutboxMail.about == about(letter.public_id))
        .group_by(OutboxMail.state)
    ).all()
    waiting: Any = next((row for row in rows if row[0] == "queued"), (None,) * 4)
    return Progress({row[0]: row[1] for row in rows}, waiting[2], waiting[3])


def list_mails_of(
    session: Session, letter: Letter, *, state: str = "", words: str = "", after: int = 0
) -> Sequence[OutboxMail]:
    """List who gets a letter, one more than a page holds; `after` is the id of the last one shown.

    `words` are looked for in the name, as it is kept with the mail, and in the address.
    """
    statement = select(OutboxMail).where(OutboxMail.about == about(letter.public_id), OutboxMail.id > after)
    if state:
        statement = statement.where(OutboxMail.state == state)
    for word in words.lower().split()[:8]:
        name = OutboxMail.facts["to"]["name"].as_string()
        statement = statement.where(
            or_(
                func.lower(OutboxMail.recipient).contains(word, autoescape=True),
                func.lower(name).contains(word, autoescape=True),
            )
        )
    return session.scalars(statement.order_by(OutboxMail.id).limit(PEOPLE + 1)).all()


def get_reader(session: Session, community_id: int, person: str) -> tuple[Community, Person]:
    """Give the community and the person (by public id) that a link names; raises NotFound."""
    whose = session.get(Community, community_id)
    who = session.scalars(select(Person).where(Person.public_id == person, Person.key.contains("@"))).one_or_none()
    if whose is None or who is None:
        raise NotFound()
    return whose, who


def list_stops(session: Session, person_id: int) -> list[tuple[str, datetime]]:
    """List the communities whose news somebody ended, by name, with when."""
    rows = session.execute(
        select(Community.name, NewsStop.created_at)
        .join(NewsStop, NewsStop.community_id == Community.id)
        .where(NewsStop.person_id == person_id)
        .order_by(Community.name)
    )
    return [(row[0], row[1]) for row in rows]


def stops_news(session: Session, community_id: int, person_id: int) -> bool:
    """Tell whether somebody wants no news of a community."""
    found = select(NewsStop.id).where(NewsStop.community_id == community_id, NewsStop.person_id == person_id)
    return session.scalar(found) is not None
