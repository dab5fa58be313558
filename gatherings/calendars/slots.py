"""One's own slots in one's own feed: as they were last told, so that mail and feed never say two things."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from gatherings import ics
from gatherings.accounts.models import Person
from gatherings.calendars import rules
from gatherings.calls.models import Submission
from gatherings.db.types import UtcDateTime
from gatherings.events.models import Event
from gatherings.slots.facts import entry_of, facts_for
from gatherings.slots.links import slot_path
from gatherings.slots.models import RunningOrder, SlotInvite

SLOT_VALUES = 4  # how many columns slot_state gives


def slot_state() -> list[Any]:
    """Give the columns that tell, within the one query of a feed's state, whether the slots in it have changed.

    How many there are, when the last was told, what their links and words are at, and how many are still said to be
    cancelled. Correlated with Person; parameters `oldest` and `stays` (UTC).
    """
    mine = (SlotInvite.person_id == Person.id, SlotInvite.starts_at > bindparam("oldest", type_=UtcDateTime()))
    of_mine = Submission.id == SlotInvite.submission_id
    still = SlotInvite.cancelled_at > bindparam("stays", type_=UtcDateTime())
    return [
        select(func.count(SlotInvite.id)).where(*mine).correlate(Person).scalar_subquery(),
        select(func.max(SlotInvite.told_at)).where(*mine).correlate(Person).scalar_subquery(),
        select(func.sum(SlotInvite.link_version + Submission.edits)).join(Submission, of_mine).where(*mine)
        .correlate(Person).scalar_subquery(),
        select(func.count(SlotInvite.id)).where(*mine, still).correlate(Person).scalar_subquery(),
    ]  # fmt: skip


def slot_entries(session: Session, person_id: int, *, base_url: str, now: datetime) -> list[ics.Entry]:
    """Give the entries of a person's slots; one taken away is said to be cancelled for six weeks."""
    rows = session.scalars(
        select(SlotInvite)
        .where(SlotInvite.person_id == person_id, SlotInvite.starts_at > rules.oldest_end(now))
        .order_by(SlotInvite.id)
        .options(
            joinedload(SlotInvite.submission).joinedload(Submission.call),
            joinedload(SlotInvite.co_presenter),
            joinedload(SlotInvite.person),
            joinedload(SlotInvite.invite),
        )
    ).all()
    events = _events(session, {row.submission.call.event_id for row in rows})
    return [_entry(row, *events[row.submission.call.event_id], base_url) for row in rows if _shown(row, now)]


def _shown(row: SlotInvite, now: datetime) -> bool:
    return row.cancelled_at is None or rules.still_told(row.cancelled_at, now)


def _events(session: Session, ids: set[int]) -> dict[int, tuple[Event, RunningOrder]]:
    if not ids:
        return {}
    rows = session.execute(
        select(Event, RunningOrder)
        .join(RunningOrder, RunningOrder.event_id == Event.id)
        .where(Event.id.in_(ids))
        .options(joinedload(Event.community))
    )
    return {event.id: (event, order) for event, order in rows}


def _entry(row: SlotInvite, event: Event, order: RunningOrder, base_url: str) -> ics.Entry:
    invite: dict[str, object] = {
        "uid": row.invite.uid,
        "sequence": max(row.invite.sequence, 0),
        "stamp": rules.stamp_of(row.invite, row.told_at).isoformat(),
        "method": "CANCEL" if row.cancelled_at is not None else "PUBLISH",
    }
    facts = facts_for(row, order, event, invite=invite, before=None)
    way_in = base_url + slot_path(row.public_id, row.link_version)
    return entry_of(facts, organizer=None, way_in=way_in, page=f"{base_url}/events/{event.slug}")
