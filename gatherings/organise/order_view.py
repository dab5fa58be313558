"""A running order as its screen shows it: each thing with its minute on every clock that counts, and its warnings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.calls.models import Call, Submission
from gatherings.core import zones
from gatherings.core.words import Sentence
from gatherings.events.models import Event
from gatherings.slots.models import Item, RunningOrder
from gatherings.slots.news import ToTell, list_to_tell
from gatherings.slots.queries import begins_at, list_unplaced, plan_of, slot_words
from gatherings.slots.rules import ordering as rules
from gatherings.slots.rules.timing import Timed
from gatherings.slots.rules.warnings import KINDS, speakers_of, warnings_of
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words
from gatherings.web.times import exact_words, length_words, time_words, weekday_words


@dataclass(frozen=True)
class Heard:
    """Somebody of a slot: their name, and when they begin on their own clock where that is another one."""

    name: str
    local: str


@dataclass(frozen=True)
class Row:
    """One thing of the order: its number if it is a slot, its minute in the event's zone, what to look at about it."""

    number: int | None
    item: Item
    title: str
    own_title: bool  # its title is people's own words, not ours
    people: Sequence[Heard]
    starts: datetime
    ends: datetime
    change: int
    gap: bool
    movable: bool
    up: str | None  # between whom one press moves it; None where there is no such place
    down: str | None
    warnings: Sequence[tuple[str, str]]  # kind, sentence


@dataclass(frozen=True)
class Part:
    """A piece of the drawn hour, in thousandths of its width."""

    kind: str
    start: int
    width: int


@dataclass(frozen=True)
class Board:
    """All that the screen shows. Lengths are in seconds; `left` is negative where it is too long."""

    order: RunningOrder
    rows: Sequence[Row]
    begins: datetime
    ends: datetime
    seconds: int
    slots: int  # how many have a number
    room: int
    left: int
    warnings: Sequence[str]  # of the whole
    looked_at: Sequence[tuple[str, Sequence[Row]]]  # what there is to look at, and in which rows
    count: int  # how many things there are to look at
    over: bool  # the gathering is over
    unplaced: Sequence[Submission]
    to_tell: Sequence[ToTell]
    undo: str | None
    strip: Sequence[Part]
    strip_end: int | None  # where the gathering ends in it, if the order is longer


def board_of(session: Session, order: RunningOrder, event: Event, now: datetime) -> Board:
    """Make the screen of an order, read as slots.queries.find_order does."""
    timed, call = plan_of(order, event), _call_of(session, event)
    found = warnings_of(
        timed, event, offset=order.offset_seconds, change=order.change_seconds,
        longest=call.most_seconds if call is not None else None, now=now,
    )  # fmt: skip
    said = [(one.item, one.kind, _words(one.sentence)) for one in found]
    rows = [_row(index, timed, event, said) for index in range(len(timed))]
    begins, seconds = begins_at(order, event), rules.total(order.items, order.change_seconds)
    room = rules.room_for(event, order.offset_seconds)
    return Board(
        order=order, rows=rows, begins=zones.to_local(begins, event.zone),
        ends=zones.to_local(begins + timedelta(seconds=seconds), event.zone),
        seconds=seconds, slots=sum(row.number is not None for row in rows), room=room, left=room - seconds,
        warnings=[sentence for item, _kind, sentence in said if not item],
        looked_at=_summed(rows), count=len([one for one in found if one.item]) + any(not one.item for one in found),
        over=rules.finished(order.items, event.ends_at, now),
        unplaced=list_unplaced(session, event.id), to_tell=list_to_tell(session, order, event, now),
        undo=_undo_words(session, order, rows), strip=_strip(timed, begins, max(room, seconds)),
        strip_end=room * 1000 // seconds if seconds > room else None,
    )  # fmt: skip


def _summed(rows: Sequence[Row]) -> list[tuple[str, Sequence[Row]]]:
    """Group the rows by what there is to look at: "Asleep at that hour: 3, 5"."""
    found = [(words(label), [row for row in rows if kind in dict(row.warnings)]) for kind, label in KINDS.items()]
    return [(label, those) for label, those in found if those]


def _call_of(session: Session, event: Event) -> Call | None:
    return session.scalars(select(Call).where(Call.event_id == event.id)).one_or_none()


def _words(sentence: Sentence) -> str:
    """Write a warning for the reader: its lengths and times in their language."""
    values = {name: _value(value) for name, value in sentence.values.items()}
    return words(Sentence(sentence.text, values, sentence.many, sentence.number))


def _value(value: Any) -> Any:
    if isinstance(value, timedelta):
        return length_words(int(value.total_seconds()))
    return time_words(value) if isinstance(value, time) else value


def _row(index: int, timed: Sequence[Timed[Item]], event: Event, said: Sequence[tuple[str, str, str]]) -> Row:
    one, items = timed[index], [other.item for other in timed]
    item, gap = one.item, rules.is_gap(one.item)
    title = "" if gap else slot_words(item)[0]
    movable = rules.movable(item)
    up, down = steps(index, items) if movable else (None, None)
    return Row(
        number=rules.numbers(items)[index], item=item, title=title or _title_of(item, gap), own_title=bool(title),
        people=[] if gap else [_heard(who, one.starts_at, event) for who in speakers_of(item)],
        starts=zones.to_local(one.starts_at, event.zone), ends=zones.to_local(one.ends_at, event.zone),
        change=one.change, gap=gap, movable=movable, up=up, down=down,
        warnings=[(kind, sentence) for public_id, kind, sentence in said if public_id == item.public_id],
    )  # fmt: skip


def _title_of(item: Item, gap: bool) -> str:
    return _("A free slot") if gap else words(rules.KIND_WORDS[item.kind][0])


def steps(at: int, items: Sequence[Item]) -> tuple[str | None, str | None]:
    """Give between whom the thing at an index stands after a step up and a step down, as the form says it."""
    rest = [*items[:at], *items[at + 1 :]]
    ids = ["", *(item.public_id for item in rest), ""]
    up = f"{ids[at - 1]}~{ids[at]}" if at > rules.held_until(rest) else None
    return up, f"{ids[at + 1]}~{ids[at + 2]}" if at < len(rest) else None


def _heard(who: Any, starts_at: datetime, event: Event) -> Heard:
    if not who.zone:
        return Heard(who.name, "")
    here, there = zones.to_local(starts_at, event.zone), zones.to_local(starts_at, who.zone)
    if here == there:
        return Heard(who.name, "")
    said = {"time": exact_words(there), "city": zones.city(who.zone)}
    if here.date() == there.date():
        return Heard(who.name, _("%(time)s in %(city)s", **said))
    return Heard(who.name, _("%(day)s, %(time)s in %(city)s", day=weekday_words(there.weekday()), **said))


def moved_words(board: Board, public_id: str) -> str:
    """Say where something stands now: "Civility Saves Lives, now 3 of 8, 18:10:30"."""
    row = next((row for row in board.rows if row.item.public_id == public_id), None)
    if row is None:
        return ""
    said = {"title": row.title, "time": exact_words(row.starts)}
    if row.number is None:
        return _("%(title)s, now at %(time)s", **said)
    return _("%(title)s, now %(number)s of %(all)s, %(time)s", number=row.number, all=board.slots, **said)


def _undo_words(session: Session, order: RunningOrder, rows: Sequence[Row]) -> str | None:
    """Say what a press on "Undo" takes back; None where there is nothing to take back."""
    undo: Mapping[str, Any] = order.undo or {}
    if not undo or undo.get("edits") != order.edits:
        return None
    if undo["kind"] == "removed":
        was = undo["was"]
        submission = session.get(Submission, was["submission_id"]) if was["submission_id"] is not None else None
        title = submission.title if submission is not None else was["title"]
        return _("“%(title)s” was taken out.", title=title or words(rules.KIND_WORDS[was["kind"]][0]))
    row = next((row for row in rows if row.item.public_id == undo["item"]), None)
    if row is None or not row.movable:
        return None
    if undo["kind"] == "given":
        return _("The slot was given to “%(title)s”.", title=row.title)
    return _("“%(title)s” was moved.", title=row.title)


def _strip(timed: Sequence[Timed[Item]], begins: datetime, whole: int) -> list[Part]:
    """Draw the hour: each thing as wide as it is long."""
    if not whole:
        return []
    parts = []
    for one in timed:
        start = (one.starts_at - begins).total_seconds() * 1000 / whole
        end = (one.ends_at - begins).total_seconds() * 1000 / whole
        parts.append(
            Part("gap" if rules.is_gap(one.item) else one.item.kind, round(start), max(1, round(end) - round(start)))
        )
    return parts
