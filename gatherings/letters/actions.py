"""What organisers do with letters, and people with news: save, test, send, stop; leave news and come back."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts
from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.communities.actions.roles import By
from gatherings.communities.models import Community, Member, NewsStop
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.core.tokens import PUBLIC_ID
from gatherings.core.words import say, say_many
from gatherings.db import changed
from gatherings.db.upsert import insert_once
from gatherings.events.models import Event
from gatherings.letters.audience import Audience, Recipient
from gatherings.letters.models import Letter
from gatherings.letters.queries import Scope, about, get_reader
from gatherings.letters.rules import PER_HOUR, Draft, due_at
from gatherings.mail import actions as mail
from gatherings.mail.models import OutboxMail

NEWS, ABOUT, TEST = "letter_news", "letter", "letter_test"  # kinds of mail
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Shown:
    """What the screen said when "send" was pressed: the letter as it was, and to how many."""

    edits: int
    count: int


class SavedMeanwhile(Conflict):
    """Somebody else saved the letter after this form was opened; nothing is lost and nothing saved."""

    def __init__(self) -> None:
        super().__init__(say("Somebody else saved this letter while you were writing. Please look at both."))


class OtherNumber(Conflict):
    """The letter would go to more or fewer people than the screen said."""

    def __init__(self, before: int, now: int) -> None:
        super().__init__(
            say_many(
                "When you looked, it was for %(before)s. Now it is for %(num)s person. Nothing was sent yet.",
                "When you looked, it was for %(before)s. Now it is for %(num)s people. Nothing was sent yet.",
                now,
                before=before,
            )
        )


def save_letter(
    session: Session, scope: Scope, public_id: str, draft: Draft, *, author: By, edits: int, now: datetime
) -> Letter:
    """Save a draft under its public id, made by the form (so that a press repeated makes no second one).

    `edits` is what the form was opened with, 0 for a new one. Raises InvalidInput; SavedMeanwhile where somebody
    else saved another text since; Conflict when it was sent; NotFound for somebody else's.
    """
    problems = draft.check("community" if scope.event_id is None else "event")
    if problems:
        raise InvalidInput(problems)
    values: dict[str, Any] = {
        "subject": draft.subject,
        "body": draft.body,
        "kind": "news" if scope.event_id is None else draft.kind,
        "local_hour": draft.local_hour,
        "from_local": draft.from_local,
    }
    new = {
        "public_id": public_id, "community_id": scope.community_id, "event_id": scope.event_id,
        "author_id": author.id, "audience": draft.audience, "state": "draft", "edits": 1, "created_at": now, **values,
    }  # fmt: skip
    is_new = insert_once(session, Letter, new, ["public_id"])
    letter = _lock(session, scope, public_id)
    if is_new:
        return letter
    if letter.state != "draft":
        raise Conflict(say("This letter was sent already, so it cannot be changed any more."))
    if all(getattr(letter, name) == value for name, value in values.items()):
        return letter  # pressed twice
    if letter.edits != edits:
        raise SavedMeanwhile()
    for name, value in values.items():
        setattr(letter, name, value)
    letter.edits += 1
    return letter


def delete_letter(session: Session, scope: Scope, public_id: str) -> None:
    """Delete a draft; one that is gone already stays gone. Raises Conflict when it was sent."""
    letter = _find(session, scope, public_id)
    if letter is None:
        return
    if letter.state != "draft":
        raise Conflict(say("This letter was sent already, so it cannot be deleted."))
    session.delete(letter)


def try_letter(
    session: Session, scope: Scope, public_id: str, example: Recipient, *, to: By, site: Site, now: datetime
) -> bool:
    """Send a letter to the organiser alone: with their own name, on the clock and side of `example`; 10 an hour.

    Nobody's links are in it, and nobody else's name. Pressed again within the same minute, for the same text and
    example, it sends nothing: gives False.
    """
    letter = _lock(session, scope, public_id)
    limit_attempts(
        session, "letter-test", to.public_id, most=PER_HOUR, window=_HOUR, now=now,
        sentence=say("You sent yourself several tests this hour. Please look at the preview, or try again later."),
    )  # fmt: skip
    community = session.get_one(Community, letter.community_id)
    # The words as they are now: the draft may be another, or gone, when the worker comes to it.
    written = {"subject": letter.subject, "body": letter.body, "kind": letter.kind}
    me = session.get_one(Person, to.id)
    mine = replace(example, person=me.public_id, public_id="", version=0, name=me.name or me.address)
    facts = {**mine.facts(), "letter": public_id, "sample": True, "written": written}
    return mail.post(
        session,
        key=f"letter-test:{public_id}:{letter.edits}:{example.public_id}:{to.public_id}:{now:%Y%m%d%H%M}",
        kind=TEST,
        recipient=me.address,
        sender=community.sender,
        zone=example.zone,
        about=f"letter-test:{public_id}",
        facts=facts,
        now=now,
        domain=site.domain,
    )


def send_letter(
    session: Session, scope: Scope, public_id: str, shown: Shown, *, by: By, site: Site, now: datetime
) -> int | None:
    """Put a letter to all its people into the outbox, in this one transaction; gives to how many.

    None when it was sent before: a press repeated has one effect. Raises Conflict when it or the number of people
    is not what the screen said, or nobody is left to get it; TooMany beyond 10 letters an hour of one community.
    """
    letter = _lock(session, scope, public_id)
    if letter.state != "draft":
        return None
    if letter.edits != shown.edits:
        raise Conflict(say("Somebody changed this letter after you looked at it. Please look again, then send it."))
    audience = audience_of(session, letter)
    mails = list(_mails(letter, audience, audience.recipients(session), now))
    if len(mails) != shown.count:
        raise OtherNumber(shown.count, len(mails))
    if not mails:
        raise Conflict(say("Nobody is left to get this letter."))
    limit_attempts(
        session, "letters", str(scope.community_id), most=PER_HOUR, window=_HOUR, now=now,
        sentence=say("Your community sent several letters in the last hour. Please wait a little with the next one."),
    )  # fmt: skip
    mail.post_many(session, mails, now=now, domain=site.domain)
    letter.state, letter.count, letter.sent_at = "sent", len(mails), now
    letter.edits += 1
    log(
        session, actor=by.public_id, action="send_letter", about=about(public_id), community_id=letter.community_id,
        now=now, count=len(mails), kind=letter.kind,
    )  # fmt: skip
    return len(mails)


def stop_letter(session: Session, scope: Scope, public_id: str, *, by: By, now: datetime) -> int:
    """Take back what has not gone out yet; gives how many mails. With nothing gone out, it is a draft again."""
    letter = _lock(session, scope, public_id)
    if letter.state == "draft":
        return 0
    mine = OutboxMail.about == about(public_id)
    free = or_(OutboxMail.lease_until.is_(None), OutboxMail.lease_until <= now)  # the others are being sent just now
    waiting = OutboxMail.state.in_(("queued", "held"))
    taken_back = changed(session, delete(OutboxMail).where(mine, waiting, free))
    if not taken_back:
        return 0
    left = session.scalars(select(func.count(OutboxMail.id)).where(mine)).one()
    letter.state = "stopped" if left else "draft"
    letter.count = left
    letter.edits += 1
    if not left:
        letter.sent_at = None
    log(
        session, actor=by.public_id, action="stop_letter", about=about(public_id), community_id=letter.community_id,
        now=now, count=taken_back, gone_out=left,
    )  # fmt: skip
    return taken_back


def audience_of(session: Session, letter: Letter) -> Audience:
    """Give whom a letter goes to."""
    community = session.get_one(Community, letter.community_id)
    event = session.get_one(Event, letter.event_id) if letter.event_id is not None else None
    return Audience(community, event, letter.kind, letter.audience)


# News


def leave_news(session: Session, community_id: int, person_public_id: str, *, now: datetime) -> bool:
    """Send somebody no more news of a community, not even what waits to go out; False when they had left before.

    What concerns their registrations still reaches them. A member is one without news from now on; the words that
    they agreed to stay, for `return_to_news`. Raises NotFound.
    """
    community, person = get_reader(session, community_id, person_public_id)
    values = {"community_id": community.id, "person_id": person.id, "created_at": now}
    is_new = insert_once(session, NewsStop, values, ["community_id", "person_id"])
    theirs = select(Letter.public_id).where(Letter.community_id == community.id, Letter.kind == "news")
    abouts = [about(one) for one in session.scalars(theirs.order_by(Letter.id.desc()).limit(200))]
    session.execute(
        delete(OutboxMail).where(
            OutboxMail.recipient == person.address,
            OutboxMail.kind == NEWS,
            OutboxMail.about.in_(abouts),
            OutboxMail.state.in_(("queued", "held")),
        )
    )
    mine = Member.community_id == community.id, Member.person_id == person.id
    session.execute(update(Member).where(*mine).values(news=False))
    if is_new:
        log(session, actor="person", action="leave_news", about=f"person:{person.public_id}",
            community_id=community.id, now=now)  # fmt: skip
    return is_new


def return_to_news(session: Session, community_id: int, person_public_id: str, *, now: datetime) -> None:
    """Undo `leave_news`. Raises NotFound."""
    community, person = get_reader(session, community_id, person_public_id)
    stop = delete(NewsStop).where(NewsStop.community_id == community.id, NewsStop.person_id == person.id)
    if changed(session, stop):
        mine = Member.community_id == community.id, Member.person_id == person.id, Member.state == "active"
        session.execute(update(Member).where(*mine, Member.consent != "").values(news=True))
        log(session, actor="person", action="return_to_news", about=f"person:{person.public_id}",
            community_id=community.id, now=now)  # fmt: skip


# Parts


def _find(session: Session, scope: Scope, public_id: str) -> Letter | None:
    if not PUBLIC_ID.fullmatch(public_id):  # it comes from an address
        return None
    found = select(Letter).where(Letter.public_id == public_id, *scope.conditions()).with_for_update()
    return session.scalars(found).one_or_none()


def _lock(session: Session, scope: Scope, public_id: str) -> Letter:
    letter = _find(session, scope, public_id)
    if letter is None:
        raise NotFound()
    return letter


def _mails(
    letter: Letter, audience: Audience, recipients: Iterator[Recipient], now: datetime
) -> Iterator[mail.NewMail]:
    """Write one mail for each. The words stay with the letter, which nobody can change any more: see mails.py."""
    due: dict[str, datetime] = {}
    for one in recipients:
        if letter.local_hour is not None and one.zone not in due:
            due[one.zone] = due_at(now, one.zone, letter.local_hour, letter.from_local)
        facts: Mapping[str, Any] = {"letter": letter.public_id, **one.facts()}
        yield mail.NewMail(
            key=f"letter:{letter.public_id}:{one.person}",
            kind=NEWS if letter.kind == "news" else ABOUT,
            recipient=one.address,
            sender=audience.community.sender,
            zone=one.zone,
            language=one.language,
            about=about(letter.public_id),
            facts=facts,
            due_at=due.get(one.zone),
        )
