"""Letters that answer submissions: their words, sent at once; the presenter's yes; asking again where there is none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.calls.actions.room import lock_call, lock_submissions
from gatherings.calls.models import Call, CoPresenter, Slide, Submission
from gatherings.calls.queries.choosing import list_to_tell
from gatherings.calls.rules.answers import KINDS, Words, kept_words, mark_of, own_words
from gatherings.calls.rules.choosing import ONE_DAY, TOLD, needs_letter
from gatherings.calls.rules.slides import NEEDED, is_needed
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.core.words import say
from gatherings.db import changed
from gatherings.events.actions import touch_communities
from gatherings.events.rules import facts_of
from gatherings.mail import actions as mail

ANSWER, REMINDER, WITHDRAWN = "slot_answer", "slot_reminder", "slot_withdrawn"  # kinds of mail


class LooksOtherNow(Conflict):
    """A letter is not what the screen showed; nothing was sent."""

    def __init__(self) -> None:
        super().__init__(
            say("Somebody changed a decision or a letter after you looked. Nothing was sent. Please look once more.")
        )


class SlideMissing(Conflict):
    """Somebody said yes without the slide that their call needs; nothing was changed."""

    def __init__(self) -> None:
        super().__init__(NEEDED)


class WordsChanged(Conflict):
    """Somebody else saved other words after this form was opened; nothing is lost and nothing saved."""

    def __init__(self) -> None:
        super().__init__(say("Somebody else saved this letter while you were writing. Please look at both."))


@dataclass(frozen=True)
class Reader:
    """One person whom a mail about a submission goes to: who sent it, or a co-presenter (`other`)."""

    person: Person
    name: str
    zone: str
    language: str
    public_id: str
    version: int
    other: bool


def readers_of(submission: Submission, call: Call) -> list[Reader]:
    """List whom mails about a submission go to; people, co-presenters and the call's event are loaded."""
    home = call.event.zone
    people: list[Submission | CoPresenter] = [submission, *submission.others]
    return [
        Reader(
            one.person, one.name, one.zone or home, one.language, one.public_id, one.link_version,
            isinstance(one, CoPresenter),
        )
        for one in people
        if one.person is not None and "@" in one.person.address
    ]  # fmt: skip


def words_of(submission: Submission, call: Call, kind: str) -> Words | None:
    """Give the words of a letter: this person's, else the call's; None: our own, in the reader's language."""
    return own_words(submission, kind) or kept_words(call, kind)


def facts_for(submission: Submission, call: Call, reader: Reader, **more: Any) -> dict[str, Any]:
    """Snapshot what a mail about a submission says to one reader: JSON values."""
    event = call.event
    return {
        "event": facts_of(event),
        "community": {
            "name": event.community.name,
            "slug": event.community.slug,
            "accent": event.community.accent,
        },
        "to": {"name": reader.name, "zone": reader.zone},
        "own": {"public_id": reader.public_id, "version": reader.version, "other": reader.other},
        "submission": {
            "public_id": submission.public_id,
            "name": submission.name,
            "title": submission.title,
            "seconds": submission.seconds,
        },
        "contact": call.contact,
        **more,
    }


def save_words(
    session: Session, event_id: int, kind: str, words: Words | None, *, seen: Words | None, by: str, now: datetime
) -> None:
    """Keep the organisers' words of a kind of letter; None: our own again. `seen`: what the form was opened with.

    Raises InvalidInput; WordsChanged where somebody else saved other words since; NotFound for an unknown kind.
    """
    call = lock_call(session, event_id=event_id)
    if kind not in KINDS:
        raise NotFound()
    if words is not None and (problems := words.check()):
        raise InvalidInput(problems)
    present = kept_words(call, kind)
    if present == words:
        return
    if present != seen:
        raise WordsChanged()
    kept = {name: value for name, value in (call.letters or {}).items() if name != kind}
    call.letters = kept if words is None else {**kept, kind: words.facts}
    log(session, actor=by, action="word_answers", about=f"event:{call.event.public_id}",
        community_id=call.event.community_id, now=now, kind=kind)  # fmt: skip


def save_own_words(
    session: Session, event_id: int, public_id: str, words: Words | None, *, seen: Words | None, state: str
) -> None:
    """Keep words for one person alone, for the letter of decision `state`; None: the call's words again.

    Raises InvalidInput; WordsChanged as above; Conflict when the decision has changed since; NotFound.
    """
    call = lock_call(session, event_id=event_id)
    mine = next(iter(lock_submissions(session, call, [public_id])), None)
    if mine is None:
        raise NotFound()
    if words is not None and (problems := words.check()):
        raise InvalidInput(problems)
    if mine.state != state or not needs_letter(mine):
        raise Conflict(
            say("The decision is another one now, or its letter was sent. Please look at the letters again.")
        )
    present = own_words(mine, state)
    if present == words:
        return
    if present != seen:
        raise WordsChanged()
    mine.letter = {} if words is None else {"state": state, **words.facts}


def send_letters(
    session: Session,
    event_id: int,
    shown: Mapping[str, str],
    *,
    by: str,
    site: Site,
    now: datetime,
) -> int:
    """Send the letters that the screen showed, all in this transaction; gives to how many submissions.

    `shown`: by public id, the mark (rules/answers.py) of the letter as it was looked at. What was sent meanwhile is
    left out, so that a press repeated, or two organisers at once, send each letter once. Raises LooksOtherNow;
    Conflict for a gathering that is a draft, cancelled or over.
    """
    call = lock_call(session, event_id=event_id)
    _must_be_ahead(call, now)
    waiting = {one.public_id: one for one in list_to_tell(session, call.id)}
    chosen = [waiting[public_id] for public_id in shown if public_id in waiting]
    if any(mark_of(one, words_of(one, call, one.state)) != shown[one.public_id] for one in chosen):
        raise LooksOtherNow()
    if not chosen:
        if any(one.state not in TOLD for one in lock_submissions(session, call, list(shown))):
            raise LooksOtherNow()
        return 0
    mails = list[mail.NewMail]()
    for one in chosen:
        mails += _mails(one, call, words_of(one, call, one.state), one.state, site)
        _mark_told(one, now)
    session.flush()
    touch_communities(session, [call.event_id])  # the minutes that are left are told by what presenters know
    mail.post_many(session, mails, now=now, domain=site.domain)
    log(session, actor=by, action="send_answers", about=f"event:{call.event.public_id}",
        community_id=call.event.community_id, now=now, count=len(chosen),
        **{state: sum(one.state == state for one in chosen) for state in TOLD})  # fmt: skip
    return len(chosen)


def post_answer(session: Session, submission: Submission, call: Call, kind: str, *, site: Site, now: datetime) -> None:
    """Write one letter at once: to whoever gets a place that became free. All their people are loaded."""
    words = words_of(submission, call, kind)
    _mark_told(submission, now)
    session.flush()
    mail.post_many(session, _mails(submission, call, words, kind, site), now=now, domain=site.domain)


def post_withdrawn(session: Session, submission: Submission, call: Call, *, site: Site, now: datetime) -> None:
    """Tell everybody of a submission that the organisers have withdrawn it."""
    key = f"{WITHDRAWN}:{submission.public_id}:{_moment(now)}"
    mails = [_mail(submission, call, reader, WITHDRAWN, key) for reader in readers_of(submission, call)]
    mail.post_many(session, mails, now=now, domain=site.domain)


def confirm(session: Session, submission_id: int, *, now: datetime) -> bool:
    """Note that an accepted presenter will be there; False when they had said so before. One guarded statement.

    Raises Conflict when the place is not theirs (any more), SlideMissing when the call needs a slide and has none.
    """
    mine = Submission.id == submission_id
    theirs = (Submission.state == "accepted", Submission.told == "accepted", Submission.erased_at.is_(None))
    call = session.scalars(select(Call).join(Submission, Submission.call_id == Call.id).where(mine)).one_or_none()
    has_slide = select(Slide.id).where(Slide.submission_id == Submission.id).exists()
    ready = (has_slide,) if call is not None and is_needed(call) else ()
    done = changed(
        session,
        update(Submission)
        .where(mine, *theirs, *ready, Submission.confirmed_at.is_(None))
        .values(confirmed_at=now)
        .execution_options(synchronize_session=False),
    )
    if done:
        return True
    found = session.execute(
        select(Submission.state, Submission.told, Submission.confirmed_at).where(mine)
    ).one_or_none()
    if found is None:
        raise NotFound()
    state, told, confirmed_at = found
    if state == "withdrawn":
        raise Conflict(say("You withdrew this, so the place has gone to somebody else. Please write to the hosts."))
    if (state, told) != ("accepted", "accepted"):
        raise Conflict(say("The hosts are looking at this once more. They write to you as soon as it is settled."))
    if confirmed_at is None:
        raise SlideMissing()
    return False


def remind(session: Session, event_id: int, public_id: str, *, by: str, site: Site, now: datetime) -> bool:
    """Ask an accepted presenter who keeps silent once more, once a day at most; False when that was done already.

    Raises NotFound; Conflict when there is nothing to ask.
    """
    call = lock_call(session, event_id=event_id)
    mine = next(iter(lock_submissions(session, call, [public_id])), None)
    if mine is None:
        raise NotFound()
    _must_be_ahead(call, now)
    if (mine.state, mine.told) != ("accepted", "accepted") or mine.confirmed_at is not None:
        raise Conflict(say("There is nothing to ask any more: they have answered, or the decision is another one."))
    free = or_(Submission.reminded_at.is_(None), Submission.reminded_at <= now - ONE_DAY)
    asked = update(Submission).where(Submission.id == mine.id, free).values(reminded_at=now)
    if not changed(session, asked.execution_options(synchronize_session=False)):
        return False
    reader = next((one for one in readers_of(mine, call) if not one.other), None)
    if reader is None:
        raise Conflict(say("There is no address to write to."))
    key = f"{REMINDER}:{mine.public_id}:{_moment(now)}"
    mail.post_many(session, [_mail(mine, call, reader, REMINDER, key)], now=now, domain=site.domain)
    log(session, actor=by, action="remind_submission", about=f"submission:{mine.public_id}",
        community_id=call.event.community_id, now=now)  # fmt: skip
    return True


def _must_be_ahead(call: Call, now: datetime) -> None:
    event = call.event
    if event.status == "draft":
        raise Conflict(say("This gathering is still a draft, so the links in the letters would lead nowhere."))
    if event.status == "cancelled" or now >= event.ends_at:
        raise Conflict(say("This gathering is cancelled or over, so no letters about slots go out any more."))


def _mark_told(submission: Submission, now: datetime) -> None:
    if submission.told != submission.state:
        submission.confirmed_at = submission.reminded_at = None
    submission.told, submission.told_at = submission.state, now


def _mails(submission: Submission, call: Call, words: Words | None, kind: str, site: Site) -> Iterator[mail.NewMail]:
    """Write one mail for each of a submission's people; a decision made anew has a new key."""
    assert submission.decided_at is not None  # it was decided, or there were no letter
    key = f"{ANSWER}:{submission.public_id}:{_moment(submission.decided_at)}"
    said = words.facts if words is not None else None  # None: our own, in the reader's language
    for reader in readers_of(submission, call):
        yield _mail(submission, call, reader, ANSWER, key, letter=kind, words=said)


def _mail(submission: Submission, call: Call, reader: Reader, kind: str, key: str, **more: Any) -> mail.NewMail:
    return mail.NewMail(
        key=f"{key}:{reader.person.public_id}",
        kind=kind,
        recipient=reader.person.address,
        sender=call.event.community.sender,
        zone=reader.zone,
        language=reader.language,
        about=f"submission:{submission.public_id}",
        facts=facts_for(submission, call, reader, **more),
    )


def _moment(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S%f}"
