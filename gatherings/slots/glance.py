"""How the slots of an event stand, read in few queries."""

from datetime import datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from gatherings.calls.models import Call, Submission
from gatherings.calls.queries.call import STATES
from gatherings.calls.rules.call import room_of, state_of
from gatherings.events.models import Event
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.queries import plan_of
from gatherings.slots.rules.next_step import Glance

_SOON = timedelta(hours=2)
_DECIDED = ("accepted", "reserve", "declined")


def glance_at(
    session: Session, event: Event, call: Call | None, order: RunningOrder | None, *, live: str, now: datetime
) -> Glance:
    """Look at the slots of an event: `order` as find_order reads it, `live` the state of its run ("" for none)."""
    counts, untold, silent, unplaced = _submissions(session, call) if call is not None else ({}, 0, 0, 0)
    items = order.items if order is not None else []
    ends = plan_of(order, event)[-1].ends_at if order is not None and items else event.starts_at
    return Glance(
        call=state_of(call, event, now) if call is not None else None,
        counts=counts,
        untold=untold,
        silent=silent,
        room_for=room_of(call, event).more if call is not None else 0,
        items=sum(item.kind == "slot" for item in items),
        unplaced=unplaced,
        late=int((ends - event.ends_at) / timedelta(seconds=1)),
        published=order is not None and order.published_at is not None,
        live=live,
        over=event.ends_at <= now,
        cancelled=event.status == "cancelled",
        soon=event.starts_at - now <= _SOON,
    )


def _submissions(session: Session, call: Call) -> tuple[dict[str, int], int, int, int]:
    waits = Submission.state.in_(_DECIDED) & (Submission.state != Submission.told) & Submission.person_id.is_not(None)
    asked = (Submission.state == "accepted") & (Submission.told == "accepted") & Submission.confirmed_at.is_(None)
    placed = select(Item.id).where(Item.submission_id == Submission.id).exists()
    free = (Submission.state == "accepted") & ~placed
    rows = session.execute(
        select(
            Submission.state,
            func.count(Submission.id),
            *(func.sum(case((one, 1), else_=0)) for one in (waits, asked, free)),
        )
        .where(Submission.call_id == call.id, Submission.erased_at.is_(None))
        .group_by(Submission.state)
    ).all()
    by_state = {row[0]: row[1] for row in rows}
    counts = {state: by_state.get(state, 0) for state in STATES}
    return counts, *(sum(int(row[place]) for row in rows) for place in (2, 3, 4))  # type: ignore[return-value]
