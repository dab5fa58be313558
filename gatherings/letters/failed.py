"""Mails that could not be delivered, for whoever organises: what needs somebody, and only while it does."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from gatherings.accounts.models import Person
from gatherings.communities.models import Member
from gatherings.events.models import Event, Series
from gatherings.letters.models import Letter
from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Registration, SeriesRegistration

MOST = 500  # failed mails that are looked at; a community that has more knows enough


@dataclass(frozen=True)
class FailedMail:
    """A mail that did not reach somebody whom it should have, with the receiving server's words.

    `event` (slug) and `registration` (public id) lead to where the address is corrected, or `member` (public id);
    `series` is the slug for "every month"; `letter` the public id of an organiser's letter.
    """

    mail_id: int
    kind: str
    recipient: str
    name: str
    words: str
    at: datetime
    event: str | None = None
    title: str | None = None
    registration: str | None = None
    series: str | None = None
    member: str | None = None
    letter: str | None = None


def failed_mails(session: Session, community_id: int, *, event_id: int | None = None) -> list[FailedMail]:
    """List what failed in a community (or at one of its events) and is not settled since, newest first.

    Settled: the address was corrected, the person is gone, or a later mail reached the same address. Failed rows are
    few, so they are read first and then asked whose they are: at most five queries, each by an index.
    """
    mails = _unreached(session)
    if not mails:
        return []
    letters = _letters(session, mails, community_id)
    registrations = _registrations(session, mails, letters, community_id)
    every = {} if event_id is not None else _every(session, mails, community_id)
    members = {} if event_id is not None else _members(session, mails, letters, community_id)
    found = []
    for mail in mails:
        said = {
            "mail_id": mail.id,
            "kind": mail.kind,
            "recipient": mail.recipient,
            "words": mail.last_error or "",
            "at": mail.created_at,
            "letter": letters.get(_id_in(mail.about, "letter")),
        }
        whose = _whose(mail)
        if (one := registrations.get(whose)) is not None and one[0] == mail.recipient:
            if event_id is None or one[4] == event_id:
                found.append(FailedMail(**said, name=one[1], event=one[2], title=one[3], registration=whose))  # type: ignore[arg-type]
        elif (other := every.get(whose)) is not None and other[0] == mail.recipient:
            found.append(FailedMail(**said, name=other[1], series=other[2], title=other[3], registration=whose))  # type: ignore[arg-type]
        elif (member := members.get(whose)) is not None and member[0] == mail.recipient:
            found.append(FailedMail(**said, name=member[1], member=whose))  # type: ignore[arg-type]
    return found


def _unreached(session: Session) -> Sequence[OutboxMail]:
    later = aliased(OutboxMail)
    reached = (
        select(later.id)
        .where(later.recipient == OutboxMail.recipient, later.id > OutboxMail.id, later.state == "sent")
        .exists()
    )
    return session.scalars(
        select(OutboxMail)
        .where(OutboxMail.state == "failed", OutboxMail.recipient != "", ~reached)
        .order_by(OutboxMail.id.desc())
        .limit(MOST)
    ).all()


def _whose(mail: OutboxMail) -> str:
    """Give the public id of the registration or membership that a mail is to."""
    kind, _, public_id = mail.about.partition(":")
    if kind == "letter":
        return str((mail.facts.get("of") or {}).get("public_id", ""))
    return public_id


def _id_in(about: str, kind: str) -> str:
    found, _, public_id = about.partition(":")
    return public_id if found == kind else ""


def _ids(mails: Iterable[OutboxMail], *kinds: str) -> list[str]:
    return [mail.about.partition(":")[2] for mail in mails if mail.about.partition(":")[0] in kinds]


def _letters(session: Session, mails: Sequence[OutboxMail], community_id: int) -> dict[str, str]:
    ids = set(_ids(mails, "letter"))
    if not ids:
        return {}
    mine = select(Letter.public_id).where(Letter.public_id.in_(ids), Letter.community_id == community_id)
    return {public_id: public_id for public_id in session.scalars(mine)}


def _to(mails: Sequence[OutboxMail], letters: dict[str, str], kind: str) -> set[str]:
    """Give the public ids that mails of a kind are about, those of our own letters with them."""
    return {_whose(mail) for mail in mails if _id_in(mail.about, kind) or _id_in(mail.about, "letter") in letters} - {
        ""
    }


def _registrations(
    session: Session, mails: Sequence[OutboxMail], letters: dict[str, str], community_id: int
) -> dict[str, tuple[str, str, str, str, int]]:
    rows = session.execute(
        select(Registration.public_id, Person.address, Registration.name, Event.slug, Event.title, Event.id)
        .join(Person, Person.id == Registration.person_id)
        .join(Event, Event.id == Registration.event_id)
        .where(Registration.public_id.in_(_to(mails, letters, "registration")), Event.community_id == community_id)
    )
    return {row[0]: (row[1], row[2], row[3], row[4], row[5]) for row in rows}


def _every(session: Session, mails: Sequence[OutboxMail], community_id: int) -> dict[str, tuple[str, str, str, str]]:
    of = SeriesRegistration
    rows = session.execute(
        select(of.public_id, Person.address, of.name, Series.slug, Series.title)
        .join(Person, Person.id == of.person_id)
        .join(Series, Series.id == of.series_id)
        .where(of.public_id.in_(_ids(mails, "series-registration")), Series.community_id == community_id)
    )
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


def _members(
    session: Session, mails: Sequence[OutboxMail], letters: dict[str, str], community_id: int
) -> dict[str, tuple[str, str]]:
    rows = session.execute(
        select(Member.public_id, Person.address, Member.name)
        .join(Person, Person.id == Member.person_id)
        .where(Member.public_id.in_(_to(mails, letters, "member")), Member.community_id == community_id)
    )
    return {row[0]: (row[1], row[2]) for row in rows}
