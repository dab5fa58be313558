"""Saved as one types: what stands in a form is kept, raw, before anything is sent; no person, no mail."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts
from gatherings.calls.models import Call, Submission
from gatherings.calls.queries.submissions import lock_by_key
from gatherings.calls.rules.call import CallState, state_of
from gatherings.calls.rules.submitting import WRITER, Saved, may_write
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.words import say
from gatherings.db.upsert import insert_once
from gatherings.events.models import Event

_WINDOW = timedelta(minutes=10)
_SAVES = 20  # for each registration that a network may send: typing saves often


def keep_draft(
    session: Session,
    call_id: int,
    key: str,
    typed: dict[str, str],
    *,
    writer: str,
    seen: int,
    now: datetime,
    pressed: bool = False,
    language: str = "en",
    network: str | None = None,
    network_limit: int = 600,
) -> Saved:
    """Keep what was typed into a form that was not sent yet, under the form's key; a new key begins a draft.

    After the close nothing typed is lost: it is kept, and `pressed` (to send it) shows it to the hosts as late. Raises
    NotFound for a call or key that is none, Conflict before the call opens, TooMany.
    """
    call, event = get_call(session, call_id)
    state = state_of(call, event, now)
    if state in (CallState.NOT_YET, CallState.CANCELLED):
        raise Conflict(say("This call does not take anything at the moment."))
    draft = open_draft(session, call, key, language=language, now=now)
    if draft.state != "draft":
        return Saved.BEFORE
    closed, new = state is not CallState.OPEN, draft.edits == 0
    saved = write_typed(draft, typed, writer=writer, seen=seen, closed=closed, pressed=pressed, now=now)
    if new and network is not None:  # each is a row that stays for weeks: as many as may be sent, not as may be typed
        limit_attempts(session, "draft-new", network, most=network_limit, window=_WINDOW, now=now)
    count_saving(session, network, network_limit, now=now)
    return saved


def keep_changes(
    session: Session, key: str, typed: dict[str, str], *, writer: str, seen: int, now: datetime, pressed: bool = False
) -> Saved:
    """Keep what its presenter types into a submission that was sent; the hosts see it once it is saved.

    `pressed`: they pressed to save it. Raises NotFound, Conflict when it was withdrawn.
    """
    submission = lock_by_key(session, key)
    if submission is None:
        raise NotFound()
    if submission.state == "withdrawn":
        raise Conflict(say("You have withdrawn this. Please offer it again first."))
    call, event = get_call(session, submission.call_id)
    closed = state_of(call, event, now) is not CallState.OPEN
    return write_typed(submission, typed, writer=writer, seen=seen, closed=closed, pressed=pressed, now=now)


def offer_late(session: Session, key: str, *, now: datetime) -> bool:
    """Show the hosts what was typed and not sent before the call closed: they may still let it in.

    False when that was done before, or nothing was typed. Raises NotFound, Conflict while the call is open.
    """
    submission = lock_by_key(session, key)
    if submission is None or submission.state == "withdrawn":
        raise NotFound()
    call, event = get_call(session, submission.call_id)
    if state_of(call, event, now) is not CallState.CLOSED:
        raise Conflict(say("The call is open: please send it with the form."))
    if submission.typed_late or not submission.typed:
        return False
    submission.typed_late = True
    return True


def get_call(session: Session, call_id: int) -> tuple[Call, Event]:
    """Read a published call and its event inside a transaction; raises NotFound."""
    call = session.get(Call, call_id, populate_existing=True)
    event = session.get(Event, call.event_id, populate_existing=True) if call is not None else None
    if call is None or event is None or call.state != "published" or event.status == "draft":
        raise NotFound()
    return call, event


def open_draft(session: Session, call: Call, key: str, *, language: str = "en", now: datetime) -> Submission:
    """Give the submission of a form's key, locked; one that is not there yet is begun as a draft.

    One key is one row: pressed twice, or at once, the second finds the first. Raises NotFound for another call's key.
    """
    values: dict[str, Any] = {
        "public_id": key, "call_id": call.id, "language": language, "seconds": call.slot_seconds,
        "created_at": now, "typed_at": now,
    }  # fmt: skip
    insert_once(session, Submission, values, ["public_id"])
    draft = lock_by_key(session, key)
    if draft is None or draft.call_id != call.id:
        raise NotFound()
    return draft


def write_typed(
    submission: Submission,
    typed: dict[str, str],
    *,
    writer: str,
    seen: int,
    closed: bool,
    now: datetime,
    pressed: bool = False,
) -> Saved:
    """Put what was typed beside what was sent, unless another opened page wrote since this one was opened.

    Hosts see what is `typed_late` only: sent by a press after the call had `closed`. What was just typed stays private.
    """
    if not may_write(submission.typed, submission.edits, writer=writer, seen=seen):
        return Saved.ELSEWHERE
    submission.typed = {**typed, WRITER: writer}
    submission.typed_at = now
    submission.typed_late = closed and (pressed or submission.typed_late)
    submission.edits += 1
    return Saved.LATE if closed else Saved.DONE


def count_saving(session: Session, network: str | None, most: int, *, now: datetime) -> None:
    """Refuse more savings from one network than a whole hospital types; counted last, as others wait for the row."""
    if network is not None:
        limit_attempts(session, "draft", network, most=_SAVES * most, window=_WINDOW, now=now)


def forget_typed(session: Session, key: str) -> None:
    """Forget what was typed into a submission and not saved; raises NotFound."""
    submission = lock_by_key(session, key)
    if submission is None or submission.state == "draft":
        raise NotFound()
    submission.typed, submission.typed_at, submission.typed_late = {}, None, False
    submission.edits += 1
