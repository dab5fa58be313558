"""What the dashboards show: what is next, what needs somebody, and how registrations came in; a few queries in all."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session, joinedload

from gatherings.communities.models import Community, Member
from gatherings.db.places import Places
from gatherings.events.models import Event, Series
from gatherings.letters.models import Letter
from gatherings.mail.models import OutboxMail
from gatherings.mail.queries import unsettled
from gatherings.organise.money_needs import list_money_needs
from gatherings.organise.rules import Need
from gatherings.organise.slot_needs import list_slot_needs
from gatherings.questions.models import Question
from gatherings.registration.models import Answer, Registration
from gatherings.registration.rules import LIVE

SOON = timedelta(days=3)  # an online gathering should have its link by then
DRAFTS_DUE = timedelta(days=21)  # a draft that begins so soon waits for somebody
_NEXT = 8


@dataclass(frozen=True)
class Coming:
    """A gathering to come, with how many have a place and how many wait."""

    event: Event
    waiting: int

    @property
    def taken(self) -> int:
        """Give how many have a place, in the room or online."""
        return sum(pool.taken for pool in (self.event.room, self.event.online) if pool is not None)

    @property
    def capacity(self) -> int | None:
        """Give how many places there are; None where one side has no limit."""
        pools = [pool for pool in (self.event.room, self.event.online) if pool is not None]
        if any(pool.capacity is None for pool in pools):
            return None
        return sum(pool.capacity or 0 for pool in pools)


def list_coming(
    session: Session, community_ids: Sequence[int], now: datetime, *, drafts: bool = True, limit: int = _NEXT
) -> list[Coming]:
    """List what is on or to come in some communities, soonest first; two queries."""
    states = ("draft", "published", "cancelled") if drafts else ("published",)
    events = session.scalars(
        select(Event)
        .where(Event.community_id.in_(community_ids), Event.ends_at > now, Event.status.in_(states))
        .order_by(Event.starts_at, Event.id)
        .limit(limit)
        .options(
            joinedload(Event.community), joinedload(Event.room), joinedload(Event.online), joinedload(Event.series)
        )
    ).all()
    waiting = _waiting(session, [event.id for event in events])
    return [Coming(event, waiting.get(event.id, 0)) for event in events]


def stands(session: Session, event: Event) -> dict[str, int]:
    """Count how an event's registrations stand: confirmed, waitlisted, cancelled, came; one query."""
    of = (Registration.event_id == event.id, Registration.erased_at.is_(None))
    rows = session.execute(
        select(Registration.state, func.count(), func.count(Registration.attended_at))
        .where(*of)
        .group_by(Registration.state)
    ).all()
    counted = {state: number for state, number, _came in rows}
    return {
        "confirmed": counted.get("confirmed", 0),
        "waitlisted": counted.get("waitlisted", 0),
        "cancelled": counted.get("cancelled", 0),
        "came": sum(came for _state, _number, came in rows),
    }


def list_past(session: Session, community_id: int, now: datetime, *, limit: int = 12) -> list[Coming]:
    """List what is over, the latest first, with how many had a place."""
    events = session.scalars(
        select(Event)
        .where(Event.community_id == community_id, Event.ends_at <= now, Event.status == "published")
        .order_by(Event.starts_at.desc(), Event.id.desc())
        .limit(limit)
        .options(joinedload(Event.room), joinedload(Event.online))
    ).all()
    return [Coming(event, 0) for event in events]


def list_series(session: Session, community_id: int) -> list[Series]:
    """List a community's series by title."""
    return list(
        session.scalars(select(Series).where(Series.community_id == community_id).order_by(Series.title, Series.id))
    )


def count_members(session: Session, community_id: int) -> int:
    """Count the members of a community who have not left."""
    mine = select(func.count()).where(Member.community_id == community_id, Member.state == "active")
    return session.scalar(mine) or 0


def _waiting(session: Session, event_ids: Sequence[int]) -> dict[int, int]:
    statement = (
        select(Registration.event_id, func.count())
        .where(Registration.event_id.in_(event_ids), Registration.waits_for_id.is_not(None))
        .group_by(Registration.event_id)
    )
    return {row.event_id: row[1] for row in session.execute(statement)}


def list_needs(
    session: Session, community_ids: Sequence[int], now: datetime, *, event_id: int | None = None
) -> list[Need]:
    """List what needs somebody in some communities, the soonest gathering first: seven queries, whatever there is.

    Mail that failed, people who wait, what is full, questions that people have not answered, a missing meeting link,
    drafts whose day is near. A mail is settled when a later one reached the same address. `event_id`: of this
    gathering alone.
    """
    where = Event.community_id.in_(community_ids) & (Event.ends_at > now)
    if event_id is not None:
        where = where & (Event.id == event_id)
    needs = [
        *_failed_mail(session, where),
        *_refused_letters(session, community_ids, now, event_id),
        *_full_or_waiting(session, where),
        *_unanswered(session, where),
        *_unfinished(session, where, now),
        *list_slot_needs(session, where, now),
        *list_money_needs(session, community_ids, now, event_id=event_id),
    ]
    return sorted(needs, key=lambda need: (need.starts_at, need.slug, need.kind))


def _failed_mail(session: Session, where: ColumnElement[bool]) -> list[Need]:
    # From the few that failed, by the public id that `about` names, to their gatherings.
    of_registration = OutboxMail.about == "registration:" + Registration.public_id
    rows = session.execute(
        select(Event.community_id, Event.slug, Event.title, Event.starts_at, func.count())
        .select_from(OutboxMail)
        .join(Registration, and_(of_registration, Registration.public_id == func.substr(OutboxMail.about, 14)))
        .join(Event, Event.id == Registration.event_id)
        .where(
            OutboxMail.state == "failed",
            OutboxMail.about.like("registration:%"),
            unsettled(),
            where,
            Registration.state.in_(LIVE),
        )
        .group_by(Event.community_id, Event.slug, Event.title, Event.starts_at)
    )
    return [Need("mail", *row) for row in rows]


def _refused_letters(session: Session, community_ids: Sequence[int], now: datetime, event_id: int | None) -> list[Need]:
    of_letter = OutboxMail.about == "letter:" + Letter.public_id
    rows = session.execute(
        select(Letter.public_id, Letter.subject, Letter.sent_at, Community.id, Community.slug, Event.slug, func.count())
        .select_from(OutboxMail)
        .join(Letter, and_(of_letter, Letter.public_id == func.substr(OutboxMail.about, 8)))
        .join(Community, Community.id == Letter.community_id)
        .outerjoin(Event, Event.id == Letter.event_id)
        .where(
            OutboxMail.state == "failed",
            OutboxMail.about.like("letter:%"),
            OutboxMail.recipient != "",
            unsettled(),
            Letter.community_id.in_(community_ids),
            or_(Event.id.is_(None), Event.ends_at > now) if event_id is None else Event.id == event_id,
        )
        .group_by(Letter.public_id, Letter.subject, Letter.sent_at, Community.id, Community.slug, Event.slug)
    )
    needs = []
    for public_id, subject, sent_at, community_id, community, event, number in rows:
        base = f"/organise/events/{event}" if event else f"/organise/communities/{community}"
        path = f"{base}/letters/{public_id}/people?state=failed"
        needs.append(Need("letter", community_id, event or "", subject, sent_at or now, number, path))
    return needs


def _full_or_waiting(session: Session, where: ColumnElement[bool]) -> list[Need]:
    full = and_(Places.capacity.is_not(None), Places.taken >= Places.capacity)
    waiting = select(func.count()).where(Registration.waits_for_id == Places.id).correlate(Places).scalar_subquery()
    rows = session.execute(
        select(Event.community_id, Event.slug, Event.title, Event.starts_at, Event.room_id == Places.id, waiting)
        .join(Places, or_(Places.id == Event.room_id, Places.id == Event.online_id))
        .where(where, Event.status == "published", full)
        .order_by(Event.starts_at)
        .limit(50)
    )
    return [
        Need("waiting" if number else "full", of, slug, title, starts_at, number, "room" if room else "online")
        for of, slug, title, starts_at, room, number in rows
    ]


def _unanswered(session: Session, where: ColumnElement[bool]) -> list[Need]:
    """Count those who have a place and no answer to what must be answered: it was asked after they registered."""
    of_event = or_(
        Question.event_id == Event.id, and_(Event.series_rule_id.is_not(None), Question.series_id == Event.series_id)
    )
    answered = exists().where(
        Answer.question_id == Question.id,
        or_(
            Answer.registration_id == Registration.id,
            Answer.series_registration_id == Registration.series_registration_id,
        ),
    )
    rows = session.execute(
        select(
            Event.community_id,
            Event.slug,
            Event.title,
            Event.starts_at,
            Question.label,
            Question.public_id,
            func.count(),
        )
        .join(Question, of_event)
        .join(Registration, Registration.event_id == Event.id)
        .where(
            where,
            Event.status == "published",
            Question.required.is_(True),
            Question.retired.is_(False),
            Registration.state == "confirmed",
            Registration.erased_at.is_(None),
            ~answered,
        )
        .group_by(
            Event.community_id,
            Event.slug,
            Event.title,
            Event.starts_at,
            Question.id,
            Question.label,
            Question.public_id,
        )
        .order_by(Event.starts_at)
        .limit(20)
    )
    return [
        Need("answers", of, slug, title, starts_at, number, label, question)
        for of, slug, title, starts_at, label, question, number in rows
    ]


def _unfinished(session: Session, where: ColumnElement[bool], now: datetime) -> list[Need]:
    no_link = and_(
        Event.status == "published",
        Event.mode != "in person",
        or_(Event.join_url.is_(None), Event.join_url == ""),
        Event.takes_registrations.is_(True),
        Event.starts_at < now + SOON,
    )
    draft = and_(Event.status == "draft", Event.starts_at < now + DRAFTS_DUE)
    rows = session.execute(
        select(Event.community_id, Event.slug, Event.title, Event.starts_at, Event.status)
        .where(where, or_(no_link, draft))
        .order_by(Event.starts_at)
        .limit(50)
    )
    return [
        Need("draft" if status == "draft" else "link", of, slug, title, starts_at, 0)
        for of, slug, title, starts_at, status in rows
    ]
