"""What organisers and reviewers read of submissions: the list with its scores, one with its remarks, who waits."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from gatherings.calls.models import Call, CoPresenter, Remark, Score, Slide, Submission
from gatherings.calls.rules.choosing import LIVE, silent_days
from gatherings.core import zones
from gatherings.core.errors import NotFound
from gatherings.core.folding import fold
from gatherings.core.tokens import PUBLIC_ID
from gatherings.core.words import say
from gatherings.events.models import Event

SORTS = ("sent", "title", "name", "score", "length", "hour", "reserve")
STATES = ("submitted", "accepted", "reserve", "declined", "withdrawn", "silent")
PAGE = 24
_NO_CALL = say("There is no call for this gathering yet. Please write one first.")


# What lists do not show: long texts of a thousand submissions would only be carried about.
_NOT_IN_LISTS = (
    Submission.typed,
    Submission.needs,
    Submission.script,
    Submission.links,
    Submission.recording_words,
    Submission.letter,
)


@dataclass(frozen=True)
class Row:
    """A submission as lists show it: its mean score, how many scores and remarks, one's own score, its hour."""

    submission: Submission
    local: datetime  # what the presenter's clock shows when the gathering begins
    mean: float | None = None
    scores: int = 0
    remarks: int = 0
    mine: int | None = None
    slide: bool = False

    @property
    def names(self) -> str:
        """Name everybody who presents."""
        return ", ".join([self.submission.name, *(other.name for other in self.submission.others)])


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to and how it is sorted; a state of "" means all that were not withdrawn."""

    state: str = ""
    words: str = ""
    sort: str = "sent"

    def to_args(self) -> dict[str, str]:
        """Give it as parts of an address, without what goes without saying."""
        args = {"state": self.state, "words": self.words, "sort": "" if self.sort == "sent" else self.sort}
        return {name: value for name, value in args.items() if value}

    def sorted_by(self, column: str) -> "Filter":
        """Give the same, sorted by a column; by the same one again: the other way round."""
        first = f"-{column}" if column == "score" else column
        other = column if self.sort.startswith("-") else f"-{column}"
        return replace(self, sort=other if self.sort.removeprefix("-") == column else first)


def zone_of(submission: Any, event: Event) -> str:
    """Give the zone in which a presenter reads times: their own, or the event's where they told none."""
    return submission.zone or event.zone


def list_rows(session: Session, call_id: int, event: Event, reader_id: int) -> list[Row]:
    """List what was sent to a call and not erased, in the order of sending; five queries, whatever there is."""
    found = session.scalars(
        select(Submission)
        .where(Submission.call_id == call_id, Submission.state != "draft", Submission.erased_at.is_(None))
        .order_by(Submission.sent_at, Submission.id)
        .options(selectinload(Submission.others), *(defer(column) for column in _NOT_IN_LISTS))
        .execution_options(populate_existing=True)
    ).all()
    of_call = select(Submission.id).where(Submission.call_id == call_id)
    scores = {
        number: (float(mean), count)
        for number, mean, count in session.execute(
            select(Score.submission_id, func.avg(Score.value), func.count())
            .where(Score.submission_id.in_(of_call))
            .group_by(Score.submission_id)
        )
    }
    mine = dict(
        session.execute(
            select(Score.submission_id, Score.value).where(
                Score.submission_id.in_(of_call), Score.person_id == reader_id
            )
        ).all()
    )
    remarks = dict(
        session.execute(
            select(Remark.submission_id, func.count())
            .where(Remark.submission_id.in_(of_call))
            .group_by(Remark.submission_id)
        ).all()
    )
    slides = set(session.scalars(select(Slide.submission_id).where(Slide.submission_id.in_(of_call))))
    return [
        Row(
            one,
            zones.to_local(event.starts_at, zone_of(one, event)),
            mean=scores[one.id][0] if one.id in scores else None,
            scores=scores[one.id][1] if one.id in scores else 0,
            remarks=remarks.get(one.id, 0),
            mine=mine.get(one.id),
            slide=one.id in slides,
        )
        for one in found
    ]


def scripts_of(session: Session, rows: Sequence[Row]) -> dict[int, str]:
    """Give the scripts of some rows of a list, by the submission's id."""
    ids = [row.submission.id for row in rows]
    return dict(session.execute(select(Submission.id, Submission.script).where(Submission.id.in_(ids))).all())


def narrow(rows: Sequence[Row], filter: Filter, now: datetime) -> list[Row]:
    """Give the rows that a filter finds, sorted; of equals, what was sent first comes first."""
    wanted = fold(filter.words).split()
    found = [row for row in rows if _is_in(row, filter.state, now) and _says(row, wanted)]
    column = filter.sort.removeprefix("-")
    if filter.state == "reserve" and column == "sent":
        column = "reserve"
    found.sort(key=_KEYS[column], reverse=filter.sort.startswith("-"))
    if column == "score":  # what has no score stands last, either way
        found.sort(key=lambda row: row.mean is None)
    return found


def _is_in(row: Row, state: str, now: datetime) -> bool:
    if state == "silent":
        return silent_days(row.submission, now) > 0
    return row.submission.state == state if state else row.submission.state in LIVE


def _says(row: Row, wanted: Sequence[str]) -> bool:
    if not wanted:
        return True
    one = row.submission
    text = fold(" ".join((one.title, row.names, one.about, one.ask)))
    return all(word in text for word in wanted)


_KEYS: dict[str, Any] = {
    "sent": lambda row: (row.submission.sent_at is None, row.submission.sent_at, row.submission.id),
    "title": lambda row: (fold(row.submission.title), row.submission.id),
    "name": lambda row: (fold(row.submission.name), row.submission.id),
    "score": lambda row: (row.mean or 0, row.scores),
    "length": lambda row: row.submission.seconds,
    "hour": lambda row: row.local,
    "reserve": lambda row: (row.submission.reserve_number or 0, row.submission.id),
}


def list_late(session: Session, call_id: int) -> list[Submission]:
    """List what was typed after the call had closed and waits to be let in, the earliest first."""
    return list(
        session.scalars(
            select(Submission)
            .where(
                Submission.call_id == call_id,
                Submission.typed_late.is_(True),
                Submission.state != "withdrawn",
                Submission.erased_at.is_(None),
            )
            .order_by(Submission.typed_at, Submission.id)
        )
    )


def get_late(session: Session, event_id: int, public_id: str) -> Submission:
    """Read what was typed late into a submission to an event's call; raises NotFound."""
    if not PUBLIC_ID.fullmatch(public_id):
        raise NotFound()
    found = session.scalars(
        select(Submission)
        .join(Call, Call.id == Submission.call_id)
        .where(
            Submission.public_id == public_id,
            Call.event_id == event_id,
            Submission.typed_late.is_(True),
            Submission.state != "withdrawn",
            Submission.erased_at.is_(None),
        )
        .options(selectinload(Submission.others).joinedload(CoPresenter.person))
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def get_call(session: Session, event_id: int) -> Call:
    """Read the call of an event; raises NotFound."""
    found = select(Call).where(Call.event_id == event_id).execution_options(populate_existing=True)
    call = session.scalars(found).one_or_none()
    if call is None:
        raise NotFound(_NO_CALL)
    return call


def get_submission(session: Session, event_id: int, public_id: str) -> Submission:
    """Read a submission to an event's call that was sent and not erased, with people and slide; raises NotFound."""
    if not PUBLIC_ID.fullmatch(public_id):
        raise NotFound()
    found = session.scalars(
        select(Submission)
        .join(Call, Call.id == Submission.call_id)
        .where(Submission.public_id == public_id, Call.event_id == event_id, Submission.erased_at.is_(None))
        .options(
            joinedload(Submission.person),
            joinedload(Submission.slide),
            selectinload(Submission.others).joinedload(CoPresenter.person),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None or found.state == "draft":
        raise NotFound()
    return found


def list_remarks(session: Session, submission_id: int) -> list[Remark]:
    """List what was noted on a submission, oldest first, with whoever noted it."""
    statement = select(Remark).where(Remark.submission_id == submission_id).options(joinedload(Remark.person))
    return list(session.scalars(statement.order_by(Remark.id).execution_options(populate_existing=True)))


def list_to_tell(session: Session, call_id: int) -> list[Submission]:
    """List decided submissions whose presenters have not been told, accepted ones first, with all their people."""
    found = session.scalars(
        select(Submission)
        .where(
            Submission.call_id == call_id,
            Submission.state.in_(("accepted", "reserve", "declined")),
            Submission.state != Submission.told,
            Submission.erased_at.is_(None),
            Submission.person_id.is_not(None),
        )
        .options(joinedload(Submission.person), selectinload(Submission.others).joinedload(CoPresenter.person))
        .execution_options(populate_existing=True)
    ).all()
    order = {"accepted": 0, "reserve": 1, "declined": 2}
    return sorted(found, key=lambda one: (order[one.state], one.reserve_number or 0, fold(one.title), one.id))


def list_reserve(session: Session, call_id: int) -> list[Submission]:
    """List who is on reserve, the next one first; inside a writing transaction, with the call locked."""
    return list(
        session.scalars(
            select(Submission)
            .where(Submission.call_id == call_id, Submission.state == "reserve", Submission.erased_at.is_(None))
            .order_by(Submission.reserve_number, Submission.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
