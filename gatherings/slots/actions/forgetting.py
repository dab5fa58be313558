"""Somebody leaves the stage for good: what they offered is withdrawn, calendars are told, and their words go."""

from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.calls.actions.forgetting import AT_ONCE, erase_presenter, own_submissions, withdraw_all
from gatherings.calls.models import Call, Submission
from gatherings.config import Site
from gatherings.events.models import Event
from gatherings.invites.actions import next_message
from gatherings.invites.models import Invite
from gatherings.mail.actions import forget
from gatherings.slots import facts
from gatherings.slots.models import RunningOrder, SlotInvite
from gatherings.slots.rules.telling import Minute

LAST_WORDS = ("slot_gone",)  # a cancellation must still reach the calendar; then it is emptied


def leave_stage(session: Session, person: Person, site: Site, *, now: datetime) -> None:
    """Erase all that is held of a presenter, co-presenter or reviewer; what is to come is withdrawn first."""
    withdraw_all(session, person, site, now=now)
    mine = own_submissions(session, person.id)
    rows = session.scalars(
        select(SlotInvite)
        .where(or_(SlotInvite.person_id == person.id, SlotInvite.submission_id.in_(mine)))
        .order_by(SlotInvite.id)
        .options(
            joinedload(SlotInvite.submission).joinedload(Submission.call),
            joinedload(SlotInvite.person),
            joinedload(SlotInvite.co_presenter),
            joinedload(SlotInvite.invite),
        )
    ).all()
    for row in rows:
        _call_off(session, row, site, now=now)
    session.flush()
    abouts, own = [f"slot:{row.public_id}" for row in rows], [row.id for row in rows if row.person_id == person.id]
    invites = [row.invite_id for row in rows if row.person_id == person.id]
    erase_presenter(session, person, now=now)
    forget(session, abouts, last_words=LAST_WORDS)
    session.execute(update(SlotInvite).where(SlotInvite.id.in_(own)).values(link_version=SlotInvite.link_version + 1))
    session.execute(update(Invite).where(Invite.id.in_(invites)).values(address=""))
    session.expire_all()


def let_go_of_minutes(session: Session) -> int:
    """Forget whom the minutes of erased submissions were told to; return how many."""
    rows = session.execute(
        select(SlotInvite.public_id, SlotInvite.invite_id)
        .join(Submission, Submission.id == SlotInvite.submission_id)
        .join(Invite, Invite.id == SlotInvite.invite_id)
        .where(Submission.erased_at.is_not(None), Invite.address != "")
        .order_by(SlotInvite.id)
        .limit(AT_ONCE)
    ).all()
    if not rows:
        return 0
    forget(session, [f"slot:{public_id}" for public_id, _invite in rows], last_words=LAST_WORDS)
    session.execute(update(Invite).where(Invite.id.in_([invite for _key, invite in rows])).values(address=""))
    return len(rows)


def _call_off(session: Session, row: SlotInvite, site: Site, *, now: datetime) -> None:
    """Tell a calendar that a slot is gone, while it can still be said to whom; not once the event is over."""
    order = session.scalars(
        select(RunningOrder)
        .join(Call, Call.event_id == RunningOrder.event_id)
        .where(Call.id == row.submission.call_id)
        .options(joinedload(RunningOrder.event).joinedload(Event.community))
        .with_for_update(of=RunningOrder)
    ).one_or_none()
    if order is None or row.cancelled_at is not None or order.event.ends_at <= now:
        return
    before = Minute(row.starts_at, row.seconds)
    row.cancelled_at = row.told_at = now
    invite = next_message(row.invite, order.event.revision, "CANCEL", now, step=True)
    body = facts.facts_for(row, order, order.event, invite=invite, before=before)
    facts.post(session, "slot_gone", body, row, domain=site.domain, now=now)
