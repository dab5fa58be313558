"""Sending a submission, changing it until the call closes, coming back after a withdrawal."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import find_or_make_person, was_tried
from gatherings.calls.actions.drafts import get_call, open_draft, write_typed
from gatherings.calls.actions.receipts import post_received
from gatherings.calls.actions.room import NoRoom, lock_call, relength
from gatherings.calls.actions.together import set_others
from gatherings.calls.models import Call, Submission
from gatherings.calls.queries.submissions import get_by_id, lock_by_key
from gatherings.calls.rules.call import CallState, state_of
from gatherings.calls.rules.submitting import Offer, Saved, may_write
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.registration.actions.registering import limit_network


def submit(
    session: Session,
    call_id: int,
    key: str,
    offer: Offer,
    typed: dict[str, str],
    site: Site,
    *,
    writer: str,
    seen: int,
    now: datetime,
    network: str | None = None,
    network_limit: int = 600,
) -> Saved:
    """Send a submission: a person, the state "submitted", and one mail with its private link.

    `key` is the form's: pressed twice it is one submission and one mail. From now on the link that is in the mail
    opens it, and the form's own address does not. Once the call has closed, what was typed is kept and nothing is
    sent. Raises NotFound, Conflict, TooMany.
    """
    call, event = get_call(session, call_id)
    state = state_of(call, event, now)
    if state in (CallState.NOT_YET, CallState.CANCELLED):
        raise Conflict(say("This call does not take anything at the moment."))
    draft = open_draft(session, call, key, language=offer.language, now=now)
    if draft.state != "draft":
        return Saved.BEFORE
    if state is not CallState.OPEN:
        return write_typed(draft, typed, writer=writer, seen=seen, closed=True, pressed=True, now=now)
    if not may_write(draft.typed, draft.edits, writer=writer, seen=seen):
        return Saved.ELSEWHERE
    _send(session, draft, event, offer, site, now=now)
    limit_network(session, network, network_limit, now=now)
    return Saved.DONE


def _send(session: Session, draft: Submission, event: Event, offer: Offer, site: Site, *, now: datetime) -> bool:
    if offer.address is None:
        raise ValueError("who sends a submission has an address")
    person = find_or_make_person(session, offer.address, now=now)
    if was_tried(session, "not-me", f"{person.id}:{event.id}", now=now):
        return False  # they said, a short while ago, that it was not them: the same answer, and nothing comes of it
    _apply(draft, offer)
    draft.person_id, draft.language = person.id, offer.language
    draft.state, draft.told, draft.sent_at = "submitted", "", now
    draft.link_version += 1
    session.flush()
    submission = get_by_id(session, draft.id)
    post_received(session, submission, site, now=now)
    set_others(session, submission, offer.others, site, now=now)
    return True


def change(
    session: Session,
    key: str,
    offer: Offer,
    typed: dict[str, str],
    site: Site,
    *,
    writer: str,
    seen: int,
    now: datetime,
) -> Saved:
    """Change a submission that was sent, by its presenter, while the call is open; later what was typed is kept.

    Raises NotFound, Conflict when it was withdrawn, InvalidInput for a length that there is no room for.
    """
    call = _lock_call_of(session, key)
    submission = lock_by_key(session, key)
    if call is None or submission is None or submission.state == "draft":
        raise NotFound()
    if submission.state == "withdrawn":
        raise Conflict(say("You have withdrawn this. Please offer it again first."))
    if state_of(call, call.event, now) is not CallState.OPEN:
        return write_typed(submission, typed, writer=writer, seen=seen, closed=True, pressed=True, now=now)
    if not may_write(submission.typed, submission.edits, writer=writer, seen=seen):
        return Saved.ELSEWHERE
    _change(session, submission, offer, site, now=now)
    return Saved.DONE


def _change(session: Session, submission: Submission, offer: Offer, site: Site, *, now: datetime) -> None:
    """Change a locked submission whose call is locked, too."""
    try:
        relength(session, submission.id, offer.seconds, now=now)
    except NoRoom as refusal:
        # In words that are true whether or not they know that they are accepted.
        raise InvalidInput([Problem("seconds", _NO_LONGER)]) from refusal
    _apply(submission, offer)
    session.flush()
    set_others(session, get_by_id(session, submission.id), offer.others, site, now=now)


def let_in(session: Session, key: str, offer: Offer, site: Site, *, seen: int, now: datetime) -> bool:
    """Take what was sent after the call had closed, for its hosts, as if it had come in time.

    `seen` is the count of edits that `offer` was read at: what its presenter has typed since is not thrown away, and
    nothing that no host has read comes in. False when there is nothing (any more) to let in. Raises NotFound,
    InvalidInput; Conflict where it is another text now.
    """
    call = _lock_call_of(session, key)
    submission = lock_by_key(session, key)
    if call is None or submission is None or submission.state == "withdrawn":
        raise NotFound()
    if not submission.typed_late:
        return False
    if submission.edits != seen:
        raise Conflict(say("They have changed it after you looked, so it did not come in. Please read it once more."))
    if submission.state == "draft":
        return _send(session, submission, call.event, offer, site, now=now)
    _change(session, submission, offer, site, now=now)
    return True


_NO_LONGER = say("There is no room left for a longer slot. Please keep it shorter.")


def _lock_call_of(session: Session, key: str) -> Call | None:
    """Lock the call of a submission, before the submission itself: so do all who choose."""
    call_id = session.execute(select(Submission.call_id).where(Submission.public_id == key)).scalar_one_or_none()
    return lock_call(session, call_id=call_id) if call_id is not None else None


def _apply(submission: Submission, offer: Offer) -> None:
    for name, value in offer.columns().items():
        setattr(submission, name, value)
    submission.typed, submission.typed_at, submission.typed_late = {}, None, False
    submission.edits += 1


def offer_again(session: Session, key: str, *, now: datetime) -> bool:
    """Undo a withdrawal while the call is open; False when there was none. Raises NotFound, Conflict."""
    submission = lock_by_key(session, key)
    if submission is None:
        raise NotFound()
    if submission.state != "withdrawn":
        return False
    call, event = get_call(session, submission.call_id)
    if state_of(call, event, now) is not CallState.OPEN:
        raise Conflict(say("The call has closed, so this cannot come back by itself. Please ask the hosts."))
    submission.state, submission.told = "submitted", ""
    submission.withdrawn_at = submission.decided_at = submission.told_at = submission.confirmed_at = None
    submission.reserve_number = None
    submission.edits += 1
    return True
