"""The places and minutes of a call: taken by one guarded statement, given back by another."""

from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.accounts.models import Person
from gatherings.calls.models import Call, CoPresenter, Submission
from gatherings.calls.rules.call import limit_of
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.words import Sentence, say
from gatherings.db import changed
from gatherings.events.models import Event

_CALLS = cast(Table, Call.__table__)
_AFTER = _CALLS.c.accepted_seconds + bindparam("seconds") + _CALLS.c.change_seconds
_TAKE = (
    update(_CALLS)
    .where(_CALLS.c.id == bindparam("call_id"), _CALLS.c.accepted < _CALLS.c.places, bindparam("room") >= _AFTER)
    .values(accepted=_CALLS.c.accepted + 1, accepted_seconds=_AFTER)
)
_GIVE_BACK = (
    update(_CALLS)
    .where(_CALLS.c.id == bindparam("call_id"))
    .values(
        accepted=_CALLS.c.accepted - 1,
        accepted_seconds=_CALLS.c.accepted_seconds - bindparam("seconds") - _CALLS.c.change_seconds,
    )
)


class NoRoom(Conflict):
    """There is no room for a slot: `sentences` say why, and what would fit."""

    def __init__(self, sentences: list[Sentence]) -> None:
        super().__init__(sentences[0])
        self.sentences = sentences


def take(session: Session, call: Call, seconds: int) -> bool:
    """Take one place and the minutes of a slot, if there are; `call` with its event. One statement, no counting."""
    values = {"call_id": call.id, "seconds": seconds, "room": limit_of(call, call.event)}
    return changed(session, _TAKE, values) == 1


def give_back(session: Session, call: Call, seconds: int) -> None:
    """Give back the place and the minutes of an accepted slot."""
    session.execute(_GIVE_BACK, {"call_id": call.id, "seconds": seconds})


def lock_call(session: Session, *, event_id: int | None = None, call_id: int | None = None) -> Call:
    """Lock a call and read it afresh, with its event and community; all who choose lock the call first.

    Raises NotFound.
    """
    mine = Call.event_id == event_id if event_id is not None else Call.id == call_id
    found = session.scalars(
        select(Call)
        .where(mine)
        .options(joinedload(Call.event).joinedload(Event.community))
        .with_for_update(of=Call)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def lock_submissions(session: Session, call: Call, public_ids: list[str]) -> list[Submission]:
    """Lock submissions that were sent to a call, in ascending id, with all their people; the call is locked before."""
    return list(
        session.scalars(
            select(Submission)
            .where(
                Submission.call_id == call.id,
                Submission.public_id.in_(public_ids),
                Submission.state != "draft",
                Submission.erased_at.is_(None),
            )
            .options(joinedload(Submission.person), selectinload(Submission.others).joinedload(CoPresenter.person))
            .order_by(Submission.id)
            .with_for_update(of=Submission)
            .execution_options(populate_existing=True)
        )
    )


def relength(session: Session, submission_id: int, seconds: int, *, now: datetime) -> None:
    """Change the length of a submission at `now`; of an accepted one only if the room has it. Raises NoRoom."""
    call = lock_call(session, call_id=_call_of(session, submission_id))
    submission = session.get_one(Submission, submission_id, with_for_update=True, populate_existing=True)
    if submission.seconds == seconds:
        return
    if submission.state == "accepted":
        more = seconds - submission.seconds
        if more > 0 and call.accepted_seconds + more > limit_of(call, call.event):
            raise NoRoom(
                [say("The other slots need these minutes, so this one keeps its length. Nothing was changed.")]
            )
        call.accepted_seconds += more
    submission.seconds = seconds
    session.flush()


def recount(session: Session, call_id: int) -> None:
    """Set a call's places and minutes from those accepted: after its changes between slots became longer or shorter."""
    call = lock_call(session, call_id=call_id)
    accepted = (Submission.call_id == call_id, Submission.state == "accepted")
    number, seconds = session.execute(
        select(func.count(Submission.id), func.coalesce(func.sum(Submission.seconds), 0)).where(*accepted)
    ).one()
    call.accepted, call.accepted_seconds = number, int(seconds) + number * call.change_seconds
    session.flush()


def person_of(submission: Submission) -> Person:
    """Give whoever sent a submission."""
    if submission.person is None:
        raise NotFound()
    return submission.person


def _call_of(session: Session, submission_id: int) -> int:
    found = session.scalar(select(Submission.call_id).where(Submission.id == submission_id))
    if found is None:
        raise NotFound()
    return found
