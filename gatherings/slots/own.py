"""What one presenter sees of their own slot: the minute as it is planned now, and who speaks around it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.calls.models import Submission
from gatherings.core.errors import NotFound
from gatherings.events.models import Event
from gatherings.slots.models import Item, RunningOrder, SlotInvite
from gatherings.slots.queries import find_order, plan_of, slot_words


@dataclass(frozen=True)
class OwnMinute:
    """A presenter's own slot: start and end (UTC), which one of how many, the host, and the slots around it.

    `before` and `after` are (title, speakers) of the neighbours, None at either end. `told_at` is the start that
    their last mail said, None before the first.
    """

    starts_at: datetime
    ends_at: datetime
    seconds: int
    number: int
    of: int
    host_name: str
    before: tuple[str, str] | None
    after: tuple[str, str] | None
    order: RunningOrder
    invite: SlotInvite | None


def own_minute(
    session: Session, event: Event, submission: Submission, *, person_id: int | None = None
) -> OwnMinute | None:
    """Give the minute of an accepted submission in a published order, or None; `person_id`: whose invite, too.

    None as well for who was not told yet that they are accepted.
    """
    if (submission.state, submission.told) != ("accepted", "accepted") or event.status == "draft":
        return None
    order = find_order(session, event.id)
    if order is None or order.published_at is None:
        return None
    slots = [one for one in plan_of(order, event) if one.item.kind == "slot" and _stands(one.item.submission)]
    place = next((n for n, one in enumerate(slots) if one.item.submission_id == submission.id), None)
    if place is None:
        return None
    invite = session.scalars(
        select(SlotInvite).where(SlotInvite.submission_id == submission.id, SlotInvite.person_id == person_id)
    ).one_or_none()
    own = slots[place]
    return OwnMinute(
        starts_at=own.starts_at,
        ends_at=own.starts_at + timedelta(seconds=own.item.seconds),
        seconds=own.item.seconds,
        number=place + 1,
        of=len(slots),
        host_name=order.host_name,
        before=_words(slots[place - 1].item) if place else None,
        after=_words(slots[place + 1].item) if place + 1 < len(slots) else None,
        order=order,
        invite=invite if invite is not None and invite.cancelled_at is None else None,
    )


def _stands(submission: Submission | None) -> bool:
    return submission is None or submission.state == "accepted"


def _words(item: Item) -> tuple[str, str] | None:
    """Give a neighbour's title and speakers; None while no letter has told them that they are one."""
    return slot_words(item) if item.submission is None or item.submission.told == "accepted" else None


def get_by_slot_link(session: Session, public_id: str, version: int) -> SlotInvite:
    """Read whose slot a link in a calendar names, with event, community and submission; raises NotFound."""
    row = session.scalars(
        select(SlotInvite)
        .where(SlotInvite.public_id == public_id, SlotInvite.link_version == version)
        .options(
            joinedload(SlotInvite.submission).joinedload(Submission.call),
            joinedload(SlotInvite.submission).selectinload(Submission.others),
            joinedload(SlotInvite.co_presenter),
        )
    ).one_or_none()
    if row is None:
        raise NotFound()
    return row


def event_of(session: Session, submission: Submission) -> Event:
    """Read the event of a submission whose call is loaded, with its community."""
    return session.scalars(
        select(Event).where(Event.id == submission.call.event_id).options(joinedload(Event.community))
    ).one()
