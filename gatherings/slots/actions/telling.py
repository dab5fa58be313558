"""Telling presenters their minute: once, with an invite, and only who is really concerned."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.accounts.models import Person
from gatherings.calls.actions.receipts import unpost_left_out
from gatherings.calls.models import CoPresenter, Submission
from gatherings.config import Site
from gatherings.core.tokens import new_public_id
from gatherings.events.actions import new_uid
from gatherings.events.models import Event
from gatherings.invites.actions import new_invite, next_message
from gatherings.slots import facts
from gatherings.slots.models import Item, RunningOrder, SlotInvite
from gatherings.slots.news import list_news, told_by_key
from gatherings.slots.rules.telling import Key, News


def list_orders_to_look_at(session: Session, site: Site, now: datetime) -> list[int]:
    """List the orders of which somebody may have to be told something: of events not over, their minutes gathered.

    What is told is found by comparing (slots/rules/telling.py), so nothing that changes an order, an event, a
    submission or its co-presenters has to remember to say so.
    """
    settled = now - timedelta(seconds=site.change_delay)
    return list(
        session.scalars(
            select(RunningOrder.id)
            .join(Event, Event.id == RunningOrder.event_id)
            .where(
                Event.ends_at > now,
                or_(RunningOrder.tell_at.is_(None), RunningOrder.tell_at <= now),
                or_(RunningOrder.seen_revision == Event.revision, Event.changed_at <= settled),
            )
            .order_by(RunningOrder.id)
        )
    )


def tell(session: Session, order_id: int, site: Site, *, now: datetime) -> int:
    """Tell everybody of one order what they must know; return how many mails. Safe for several workers."""
    order = session.scalars(
        select(RunningOrder)
        .where(RunningOrder.id == order_id)
        .with_for_update(of=RunningOrder)
        .options(
            joinedload(RunningOrder.event).joinedload(Event.community),
            selectinload(RunningOrder.items).joinedload(Item.submission).selectinload(Submission.others),
        )
        .execution_options(populate_existing=True)
    ).one()
    event = order.event
    found = list_news(session, order, event, now, settled=now - timedelta(seconds=site.change_delay))
    told = told_by_key(session, event.id)
    for one in found:
        row = told.get(one.key) or _first(session, one.key, site, now)
        if row.co_presenter is None and row.person_id != row.submission.person_id:  # gone, or named again
            row.co_presenter = _other(session, one.key)
        _tell_one(session, row, one, order, event, site, now=now)
    order.tell_at, order.seen_revision = None, event.revision
    return len(found)


def _first(session: Session, key: Key, site: Site, now: datetime) -> SlotInvite:
    """Make the row of somebody who is told for the first time; its times are set by the telling itself."""
    submission_id, person_id = key
    submission = session.get_one(Submission, submission_id)
    other = _other(session, key)
    person = session.get_one(Person, person_id)
    public_id = new_public_id()
    row = SlotInvite(
        public_id=public_id,
        submission=submission,
        person=person,
        co_presenter=other,
        invite=new_invite(new_uid("slot", public_id, site.domain), person.address),
        starts_at=now,
        seconds=0,
        link_version=1,
        told_at=now,
    )
    session.add(row)
    return row


def _other(session: Session, key: Key) -> CoPresenter | None:
    """Find the co-presenter whom a minute is for; None for whoever sent the submission, or who left it."""
    submission_id, person_id = key
    mine = (CoPresenter.submission_id == submission_id, CoPresenter.person_id == person_id)
    return session.scalars(select(CoPresenter).where(*mine)).one_or_none()


def _tell_one(
    session: Session, row: SlotInvite, one: News, order: RunningOrder, event: Event, site: Site, *, now: datetime
) -> None:
    if one.now is not None:
        row.starts_at, row.seconds, row.cancelled_at = one.now.starts_at, one.now.seconds, None
        row.place = one.now.place
    else:
        row.cancelled_at = now
    row.told_at = now
    method = "REQUEST" if one.now is not None else "CANCEL"
    invite = next_message(row.invite, event.revision, method, now, step=True)
    body = facts.facts_for(row, order, event, invite=invite, before=one.before)
    if one.now is None:
        unpost_left_out(session, row.submission, row.person)  # this mail says it, and empties their calendar
    kind = {"told": "slot_told", "moved": "slot_moved", "gone": "slot_gone"}[one.kind]
    facts.post(session, kind, body, row, domain=site.domain, now=now)
