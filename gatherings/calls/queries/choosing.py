"""What organisers and reviewers read of submissions: the list with its scores, one with its remarks, who waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from gatherings.calls.models import Call, CoPresenter, Remark, Score, Slide, Submission
from gatherings.calls.rules.choosing import LIVE, ONE_DAY, TOLD
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
        return names_of(self.submission)


def names_of(submission: Submission) -> str:
    """Name everybody who presents; co-presenters are loaded."""
    return ", ".join([submission.name, *(other.name for other in submission.others)])


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


@dataclass(frozen=True)
class Counts:
    """How the submissions to a call stand: how many in each state, and of all of them. `letters`: that wait."""

    of: Mapping[str, int]
    silent: int = 0
    letters: int = 0
    told: int = 0

    @property
    def all(self) -> int:
        """Give how many there are, withdrawn ones included."""
        return sum(self.of.values())


def count_submissions(session: Session, call_id: int, now: datetime) -> Counts:
    """Count how what was sent to a call stands; one query."""
    waits = Submission.state.in_(TOLD) & (Submission.state != Submission.told)
    sums = [func.sum(case((one, 1), else_=0)) for one in (_is_silent(now), waits, Submission.told != "")]
    rows = session.execute(
        select(Submission.state, func.count(), *sums).where(*_sent_to(call_id)).group_by(Submission.state)
    ).all()
    of = dict.fromkeys((*LIVE, "withdrawn"), 0) | {row[0]: row[1] for row in rows}
    return Counts(of, *(sum(int(row[place]) for row in rows) for place in (2, 3, 4)))


def _sent_to(call_id: int) -> tuple[ColumnElement[bool], ...]:
    return Submission.call_id == call_id, Submission.state != "draft", Submission.erased_at.is_(None)


def _has_not_answered() -> tuple[ColumnElement[bool], ...]:
    return Submission.state == "accepted", Submission.told == "accepted", Submission.confirmed_at.is_(None)


def _is_silent(now: datetime) -> ColumnElement[bool]:
    """As rules.choosing.silent_days says it: a whole day and no answer."""
    return and_(*_has_not_answered(), Submission.told_at <= now - ONE_DAY)


def list_unanswered(session: Session, call_id: int) -> list[Submission]:
    """List who was told that they are accepted and has not answered, in the order of sending, with co-presenters."""
    statement = select(Submission).where(*_sent_to(call_id), *_has_not_answered()).order_by(*_as_sent())
    return list(session.scalars(statement.options(selectinload(Submission.others))))


def list_lengths(session: Session, call_id: int) -> list[int]:
    """List the seconds of each accepted slot of a call, in the order of sending."""
    accepted = select(Submission.seconds).where(*_sent_to(call_id), Submission.state == "accepted")
    return list(session.scalars(accepted.order_by(*_as_sent())))


def find_ids(session: Session, call_id: int, event: Event, filter: Filter, now: datetime) -> list[int]:
    """Give the ids of what a filter finds, in its order; of equals, what was sent first comes first.

    State, silence and every order are the database's work, and no submission is read whole. What databases cannot fold
    alike (words, the alphabet of titles and names) is folded here, from the columns that it needs.
    """
    wanted, column = fold(filter.words).split(), filter.sort.removeprefix("-")
    if filter.state == "reserve" and column == "sent":
        column = "reserve"
    state = _is_silent(now) if filter.state == "silent" else Submission.state == filter.state
    chosen = [*_sent_to(call_id), state if filter.state else Submission.state.in_(LIVE)]
    statement = select(Submission.id).where(*chosen)
    if column == "score":
        mean = select(Score.submission_id, func.avg(Score.value).label("mean"), func.count().label("scores"))
        scores = mean.group_by(Score.submission_id).subquery()
        statement = statement.outerjoin(scores, scores.c.submission_id == Submission.id)
        order: list[Any] = [scores.c.mean, scores.c.scores]
        first: list[Any] = [scores.c.mean.is_(None)]  # what has no score stands last, either way
    else:
        order, first = _order_by(session, call_id, event, column), []
    down = filter.sort.startswith("-")
    ordered = [*first, *(one.desc() if down else one for one in order), *_as_sent()]
    ids = list(session.scalars(statement.order_by(*ordered)))
    if wanted:
        ids = _with_words(session, call_id, ids, wanted)
    return _by_alphabet(session, ids, column, down) if column in ("title", "name") else ids


def _as_sent() -> tuple[Any, ...]:
    return Submission.sent_at.is_(None), Submission.sent_at, Submission.id


def _order_by(session: Session, call_id: int, event: Event, column: str) -> list[Any]:
    if column == "length":
        return [Submission.seconds]
    if column == "reserve":
        return [func.coalesce(Submission.reserve_number, 0)]
    if column == "sent":
        return list(_as_sent())
    if column != "hour":
        return []
    of_call = select(Submission.zone).where(Submission.call_id == call_id, Submission.zone.is_not(None)).distinct()
    hours = {zone: zones.to_local(event.starts_at, zone) for zone in session.scalars(of_call) if zone is not None}
    home = zones.to_local(event.starts_at, event.zone)
    ranks = {hour: rank for rank, hour in enumerate(sorted({home, *hours.values()}))}
    if not hours:
        return []
    return [case({zone: ranks[hour] for zone, hour in hours.items()}, value=Submission.zone, else_=ranks[home])]


def _with_words(session: Session, call_id: int, ids: Sequence[int], wanted: Sequence[str]) -> list[int]:
    texts = (Submission.title, Submission.name, Submission.about, Submission.ask)
    said = {
        row[0]: " ".join(row[1:]) for row in session.execute(select(Submission.id, *texts).where(*_sent_to(call_id)))
    }
    others = select(CoPresenter.submission_id, CoPresenter.name).join(CoPresenter.submission)
    for number, name in session.execute(others.where(*_sent_to(call_id))):
        said[number] = f"{said.get(number, '')} {name}"
    return [one for one in ids if all(word in fold(said.get(one, "")) for word in wanted)]


def _by_alphabet(session: Session, ids: Sequence[int], column: str, down: bool) -> list[int]:
    if not ids:
        return []
    words = select(Submission.id, getattr(Submission, column)).where(Submission.id.in_(ids))
    folded = {number: fold(said) for number, said in session.execute(words)}
    return sorted(ids, key=lambda one: folded[one], reverse=down)


def titles_of(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Give public id and title of some submissions, by their id."""
    found = select(Submission.id, Submission.public_id, Submission.title).where(Submission.id.in_(ids))
    return {number: (public_id, title) for number, public_id, title in session.execute(found)}


def find_id(session: Session, call_id: int, public_id: str) -> int | None:
    """Find the id of a submission to a call by its public one; None where there is none."""
    return session.scalar(select(Submission.id).where(*_sent_to(call_id), Submission.public_id == public_id))


def list_rows(session: Session, ids: Sequence[int], event: Event, reader_id: int) -> list[Row]:
    """Read some submissions as lists show them, in this order; six queries, however many."""
    if not ids:
        return []
    found = session.scalars(
        select(Submission)
        .where(Submission.id.in_(ids))
        .options(selectinload(Submission.others), *(defer(column) for column in _NOT_IN_LISTS))
        .execution_options(populate_existing=True)
    ).all()
    means = select(Score.submission_id, func.avg(Score.value), func.count()).where(Score.submission_id.in_(ids))
    scores = {
        number: (float(mean), count) for number, mean, count in session.execute(means.group_by(Score.submission_id))
    }
    own = select(Score.submission_id, Score.value).where(Score.submission_id.in_(ids), Score.person_id == reader_id)
    mine = dict(session.execute(own).all())
    noted = select(Remark.submission_id, func.count()).where(Remark.submission_id.in_(ids))
    remarks = dict(session.execute(noted.group_by(Remark.submission_id)).all())
    slides = set(session.scalars(select(Slide.submission_id).where(Slide.submission_id.in_(ids))))
    place = {number: at for at, number in enumerate(ids)}
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
        for one in sorted(found, key=lambda one: place[one.id])
    ]


def scripts_of(session: Session, rows: Sequence[Row]) -> dict[int, str]:
    """Give the scripts of some rows of a list, by the submission's id."""
    ids = [row.submission.id for row in rows]
    return dict(session.execute(select(Submission.id, Submission.script).where(Submission.id.in_(ids))).all())


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
