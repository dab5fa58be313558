"""Reads for telling: what each presenter was last told, and what they would be told now."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.calls.models import CoPresenter, Submission
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.slots.models import RunningOrder, SlotInvite
from gatherings.slots.queries import begins_at, plan_of
from gatherings.slots.rules.telling import Key, Minute, News, news, place_of, planned_minutes


@dataclass(frozen=True)
class ToTell:
    """One presenter who will be told: their name, what for (told, moved, gone), and both minutes."""

    name: str
    kind: str
    now: Minute | None
    before: Minute | None


def list_to_tell(session: Session, order: RunningOrder, event: Event, now: datetime) -> list[ToTell]:
    """Give who will be told what, by name; `order` is read as slots.queries.find_order does."""
    names: dict[Key, str] = {}
    for item in order.items:
        if (one := item.submission) is not None:
            names |= {(one.id, other.person_id): other.name for other in one.others}
            names |= {(one.id, one.person_id): one.name} if one.person_id is not None else {}
    for key, row in told_by_key(session, event.id).items():
        # A co-presenter who left has no name here any more, and theirs is not the sender's.
        who = row.co_presenter or (row.submission if row.person_id == row.submission.person_id else None)
        names.setdefault(key, who.name if who is not None else "")
    found = list_news(session, order, event, now)
    return [ToTell(names.get(one.key, ""), one.kind, one.now, one.before) for one in found]


def list_news(
    session: Session, order: RunningOrder, event: Event, now: datetime, *, settled: datetime | None = None
) -> list[News]:
    """Give what is to be told now; `order` is read as slots.queries.find_order does.

    `settled`: a title of the event that is newer than this is not told yet (None: shown all the same).

    From the start of the order on nobody is told by mail any more: the live screens tell. An order that was taken
    back, and a draft event, keep everybody's minute as it was told, and only let go of who does not speak any more.
    Who was told of being accepted, and is not any more, keeps their minute until a letter has said so.
    """
    told = told_by_key(session, order.event_id)
    titles = _told_titles(session, told, event, settled)
    minutes = {
        key: Minute(one.starts_at, one.seconds, one.place, titles.get(one.public_id, ""))
        for key, one in told.items()
        if one.cancelled_at is None
    }
    if event.status == "cancelled":
        return news({}, minutes, 0)
    minutes = {key: minute for key, minute in minutes.items() if not _waits_for_letter(told[key])}
    planned = planned_minutes(plan_of(order, event), place_of(event), event.title)
    if order.published_at is None or event.status == "draft":
        speaking = set(_speaking(session, order.event_id))
        return news({key: minute for key, minute in minutes.items() if key in speaking}, minutes, 0)
    found = news(planned, minutes, order.tolerance_seconds)
    return found if now < begins_at(order, event) else [one for one in found if one.kind == "gone"]


def told_by_key(session: Session, event_id: int) -> dict[Key, SlotInvite]:
    """Read what everybody of an event was last told, by submission and person."""
    rows = session.scalars(
        select(SlotInvite)
        .join(Submission, Submission.id == SlotInvite.submission_id)
        .where(Submission.call.has(event_id=event_id))
        .order_by(SlotInvite.id)
        .options(
            joinedload(SlotInvite.person),
            joinedload(SlotInvite.invite),
            joinedload(SlotInvite.co_presenter),
            joinedload(SlotInvite.submission),
        )
    )
    return {(row.submission_id, row.person_id): row for row in rows}


def _told_titles(
    session: Session, told: Mapping[Key, SlotInvite], event: Event, settled: datetime | None
) -> dict[str, str]:
    """Read under which title of the event each minute was told, by the row's public id, from the mails that told it.

    Only of those told before the event was last changed; a mail that has been emptied long after says nothing.
    """
    if settled is not None and event.changed_at > settled:
        return {}
    older = [f"slot:{row.public_id}" for row in told.values() if row.told_at < event.changed_at]
    if not older:
        return {}
    rows = session.execute(
        select(OutboxMail.about, OutboxMail.facts["event"]["title"].as_string())
        .where(OutboxMail.about.in_(older), OutboxMail.kind.in_(("slot_told", "slot_moved")))
        .order_by(OutboxMail.id)
    )
    return {about.removeprefix("slot:"): title or "" for about, title in rows}


def _waits_for_letter(row: SlotInvite) -> bool:
    submission = row.submission
    presents = row.co_presenter_id is not None or row.person_id == submission.person_id
    return presents and submission.told == "accepted" and submission.state not in ("accepted", "withdrawn")


def _speaking(session: Session, event_id: int) -> list[Key]:
    accepted = (Submission.call.has(event_id=event_id), Submission.state == "accepted", Submission.told == "accepted")
    own = select(Submission.id, Submission.person_id).where(*accepted)
    others = select(Submission.id, CoPresenter.person_id).join(CoPresenter.submission).where(*accepted)
    return [(one, person) for one, person in [*session.execute(own), *session.execute(others)] if person is not None]
