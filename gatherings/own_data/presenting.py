"""What is held of somebody as a presenter, co-presenter, reviewer, and as who follows doors by mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.calls.models import Call, CoPresenter, Presenter, Remark, Score, Submission
from gatherings.calls.rules.submitting import shown_state
from gatherings.doors.models import DoorCalendar, DoorFollower
from gatherings.events.models import Event
from gatherings.slots.models import SlotInvite


@dataclass(frozen=True)
class Noted:
    """A remark or a score that somebody gave a submission."""

    title: str
    text: str
    value: int | None
    at: datetime


@dataclass(frozen=True)
class Presenting:
    """All of it; erased submissions are not among them, for they say nothing."""

    profile: Presenter | None
    submissions: Sequence[Submission]
    together: Sequence[CoPresenter]
    minutes: Sequence[SlotInvite]
    noted: Sequence[Noted]
    follows: Sequence[DoorFollower]

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self.profile or self.submissions or self.together or self.noted or self.follows)


_EVENT = joinedload(Submission.call).joinedload(Call.event).joinedload(Event.community)


def read_presenting(session: Session, person_id: int) -> Presenting:
    """Read what is held of a person besides registrations, in few queries."""
    return Presenting(
        profile=session.scalars(select(Presenter).where(Presenter.person_id == person_id)).one_or_none(),
        submissions=session.scalars(
            select(Submission)
            .where(Submission.person_id == person_id, Submission.erased_at.is_(None))
            .order_by(Submission.id)
            .options(_EVENT, joinedload(Submission.slide), selectinload(Submission.others))
        ).all(),
        together=session.scalars(
            select(CoPresenter)
            .where(CoPresenter.person_id == person_id)
            .order_by(CoPresenter.id)
            .options(joinedload(CoPresenter.submission).options(_EVENT))
        ).all(),
        minutes=session.scalars(
            select(SlotInvite)
            .where(SlotInvite.person_id == person_id, SlotInvite.cancelled_at.is_(None))
            .order_by(SlotInvite.id)
            .options(joinedload(SlotInvite.submission))
        ).all(),
        noted=_noted(session, person_id),
        follows=session.scalars(
            select(DoorFollower)
            .where(DoorFollower.person_id == person_id)
            .order_by(DoorFollower.id)
            .options(joinedload(DoorFollower.calendar).joinedload(DoorCalendar.event))
        ).all(),
    )


def _noted(session: Session, person_id: int) -> list[Noted]:
    remarks = session.execute(
        select(Submission.title, Remark.text, Remark.created_at)
        .join(Submission, Submission.id == Remark.submission_id)
        .where(Remark.person_id == person_id)
    )
    scores = session.execute(
        select(Submission.title, Score.value, Score.created_at)
        .join(Submission, Submission.id == Score.submission_id)
        .where(Score.person_id == person_id)
    )
    found = [Noted(title, text, None, at) for title, text, at in remarks]
    found += [Noted(title, "", value, at) for title, value, at in scores]
    return sorted(found, key=lambda one: one.at)


def presenting_abouts(session: Session, person_id: int) -> list[str]:
    """Name what mails to a presenter can be about, erased submissions too."""
    kinds: dict[str, Any] = {
        "submission": Submission, "co-presenter": CoPresenter, "slot": SlotInvite, "doors": DoorFollower,
    }  # fmt: skip
    return [
        f"{kind}:{public_id}"
        for kind, model in kinds.items()
        for public_id in session.scalars(select(model.public_id).where(model.person_id == person_id))
    ]


def export_presenting(held: Presenting) -> dict[str, Any]:
    """Give it as JSON values: instants in ISO 8601 (UTC)."""
    return {
        "presenter": _profile(held.profile),
        "slots_offered": [_submission(one) for one in held.submissions],
        "slots_together": [
            {
                "event": one.submission.call.event.title,
                "title": one.submission.title,
                "name": one.name,
                "zone": one.zone,
                "language": one.language,
                "since": one.created_at.isoformat(),
            }
            for one in held.together
        ],
        "minutes_told": [
            {
                "title": one.submission.title,
                "starts_at": one.starts_at.isoformat(),
                "seconds": one.seconds,
                "told_at": one.told_at.isoformat(),
            }
            for one in held.minutes
        ],
        "noted_on_slots": [
            {"title": one.title, "remark": one.text or None, "score": one.value, "at": one.at.isoformat()}
            for one in held.noted
        ],
        "doors_by_mail": [
            {
                "calendar": one.calendar.title or one.calendar.event.title,
                "hour": one.hour,
                "zone": one.zone,
                "language": one.language,
                "asked_at": one.asked_at.isoformat(),
                "confirmed_at": _iso(one.confirmed_at),
                "ended_at": _iso(one.ended_at),
            }
            for one in held.follows
        ],
    }


def _profile(kept: Presenter | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    names = ("name", "pronunciation", "about", "links")
    return {name: getattr(kept, name) for name in names} | {"changed_at": kept.changed_at.isoformat()}


def _submission(one: Submission) -> dict[str, Any]:
    names = (
        "title", "name", "pronunciation", "zone", "language", "about", "ask", "links", "script", "needs", "seconds",
        "recording", "recording_words",
    )  # fmt: skip
    return {
        "event": one.call.event.title,
        "community": one.call.event.community.name,
        # What the organisers decided is told by their letter, and not before it.
        "state": shown_state(one),
        **{name: getattr(one, name) for name in names},
        "typed_and_not_sent": {name: value for name, value in one.typed.items() if not name.startswith("_")},
        "presents_with": [other.name for other in one.others],
        "slide": {"alt": one.slide.alt, "width": one.slide.width, "height": one.slide.height} if one.slide else None,
        "sent_at": _iso(one.sent_at),
        "confirmed_at": _iso(one.confirmed_at),
        "withdrawn_at": _iso(one.withdrawn_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
