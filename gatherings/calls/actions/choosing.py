"""Choosing: accept, decline, put on reserve; and what happens when somebody withdraws.

Whoever chooses locks the call first, then its submissions in ascending id. A place is taken by one guarded statement
(actions/room.py). What is decided here is seen by no presenter before its letter is sent (actions/answering.py);
only a withdrawal that makes room tells the next on reserve at once.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.audit.actions import log
from gatherings.calls.actions.answering import post_answer, post_withdrawn
from gatherings.calls.actions.room import NoRoom, give_back, lock_call, lock_submissions, take
from gatherings.calls.models import Call, Submission
from gatherings.calls.queries.choosing import list_reserve
from gatherings.calls.rules.choosing import DECISIONS, moved, no_room, no_room_for_several
from gatherings.config import Site
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.words import say
from gatherings.events.actions import touch_communities

_WITHDREW = say("This was withdrawn meanwhile, so nothing was changed.")


def decide(session: Session, event_id: int, public_ids: Sequence[str], to: str, *, by: str, now: datetime) -> int:
    """Decide on submissions of an event's call, all or none; gives how many changed. `by`: public id of the organiser.

    Raises NoRoom when not all find a place: then nothing has changed. Raises NotFound for what is not there, Conflict
    when one was withdrawn meanwhile.
    """
    if to not in DECISIONS:
        raise ValueError(to)
    call = lock_call(session, event_id=event_id)
    chosen = lock_submissions(session, call, list(public_ids))
    if len(chosen) != len(set(public_ids)):
        raise NotFound()
    if any(one.state == "withdrawn" for one in chosen):
        raise Conflict(_WITHDREW)
    others = [one for one in chosen if one.state != to]
    for one in others:  # what is given back first makes room for what is taken
        if one.state == "accepted":
            give_back(session, call, one.seconds)
    if to == "accepted":
        _take_all(session, call, others)
    next_number = len(list_reserve(session, call.id)) + 1
    for one in sorted(others, key=lambda one: (one.sent_at is None, one.sent_at, one.id)):
        was, one.state, one.decided_at = one.state, to, now
        one.reserve_number = next_number if to == "reserve" else None
        next_number += 1
        _log(session, call, one, "decide_submission", by, now, was=was, to=to)
    session.flush()
    _number_reserve(session, call)
    _touch(session, call, bool(others))
    return len(others)


def _take_all(session: Session, call: Call, chosen: Sequence[Submission]) -> None:
    for number, one in enumerate(chosen):
        if not take(session, call, one.seconds):
            for taken in chosen[:number]:  # so that the sentence tells what there is; the exception undoes it all
                give_back(session, call, taken.seconds)
            session.refresh(call, ["accepted", "accepted_seconds"])
            if len(chosen) == 1:
                raise NoRoom(no_room(call, call.event))
            raise NoRoom(no_room_for_several(call, call.event, [one.seconds for one in chosen]))


def move_on_reserve(
    session: Session, event_id: int, public_id: str, *, by: str, now: datetime, step: int = 0, to: int = 0
) -> int:
    """Move somebody on the reserve list: by a step (-1: up), or to a number; gives the new number.

    Raises NotFound; Conflict when they are not on it any more.
    """
    call = lock_call(session, event_id=event_id)
    reserve = list_reserve(session, call.id)
    mine = next((one for one in reserve if one.public_id == public_id), None)
    if mine is None:
        if not lock_submissions(session, call, [public_id]):
            raise NotFound()
        raise Conflict(say("This is not on the reserve list any more, so nothing was moved."))
    before = reserve.index(mine) + 1
    after = moved(reserve, mine, to or before + step)
    for number, one in enumerate(after, 1):
        one.reserve_number = number
    session.flush()
    number = after.index(mine) + 1
    if number != before:
        _log(session, call, mine, "move_reserve", by, now, number=number)
    return number


def withdraw(
    session: Session, submission_id: int, *, now: datetime, site: Site, actor: str = "person", tell: bool = True
) -> bool:
    """Withdraw a submission: its place goes to the next on reserve whose length fits; False when it was done before.

    `actor`: "person", or the public id of the organiser who does it for them: then a mail tells them, unless `tell` is
    False. Raises NotFound.
    """
    found = session.execute(
        select(Submission.call_id, Submission.public_id).where(Submission.id == submission_id)
    ).one_or_none()
    if found is None:
        raise NotFound()
    call = lock_call(session, call_id=found.call_id)
    drafts = select(Submission).where(Submission.id == submission_id, Submission.state == "draft").with_for_update()
    mine = next(iter(lock_submissions(session, call, [found.public_id])), None) or session.scalars(drafts).one_or_none()
    if mine is None or mine.state == "withdrawn":
        return False
    was, mine.state, mine.withdrawn_at = mine.state, "withdrawn", now
    mine.reserve_number = mine.confirmed_at = None
    session.flush()
    if was == "draft":
        return True
    if tell and actor != "person":  # who withdraws themselves is told by the route they came by
        post_withdrawn(session, mine, call, site=site, now=now)
    _log(session, call, mine, "withdraw_submission", actor, now, was=was)
    if was == "accepted":
        give_back(session, call, mine.seconds)
        _offer_next(session, call, told=mine.told == "accepted", site=site, now=now)
    _number_reserve(session, call)
    _touch(session, call, was == "accepted")
    return True


def _offer_next(session: Session, call: Call, *, told: bool, site: Site, now: datetime) -> None:
    """Accept the next on reserve whose length fits, and write to them at once.

    As long as nobody has been told anything (neither whoever withdrew nor they), their letter waits with the others.
    """
    event = call.event
    if event.status != "published" or now >= event.starts_at:
        return
    for one in list_reserve(session, call.id):
        if not take(session, call, one.seconds):
            continue
        tell = told or one.told != ""
        one.state, one.decided_at, one.reserve_number = "accepted", now, None
        one.confirmed_at = None
        session.flush()
        if tell:
            locked = lock_submissions(session, call, [one.public_id])[0]  # with all their people
            post_answer(session, locked, call, "offer", site=site, now=now)
        _log(session, call, one, "offer_place", "worker", now, told=tell)
        return


def _number_reserve(session: Session, call: Call) -> None:
    for number, one in enumerate(list_reserve(session, call.id), 1):
        one.reserve_number = number
    session.flush()


def _touch(session: Session, call: Call, moved: bool) -> None:
    """Let kept pages follow: the page of a call tells how much room is left."""
    if moved:
        touch_communities(session, [call.event_id])


def _log(
    session: Session, call: Call, submission: Submission, action: str, actor: str, now: datetime, **details: object
) -> None:
    log(
        session, actor=actor, action=action, about=f"submission:{submission.public_id}",
        community_id=call.event.community_id, now=now, **details,
    )  # fmt: skip
