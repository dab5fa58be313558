"""What to warn of in a running order: pure, from the plan and the people in it. Nothing is forbidden by a warning.

Values of a sentence that are times stand in it as `time` (wall clock) and lengths as `timedelta`; whoever shows them
writes them in the reader's language.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gatherings.core import zones
from gatherings.core.folding import fold
from gatherings.core.hours import doing
from gatherings.core.words import Sentence, say, say_many
from gatherings.slots.rules.ordering import finished, is_gap, movable, numbers, room_for, total
from gatherings.slots.rules.timing import Timed, changes

# What each kind is called where all of them are summed up, in this order.
KINDS: Final[dict[str, Sentence]] = {
    "past": say("Ends after the gathering does"),
    "withdrawn": say("Free, because its presenter is gone"),
    "untold": say("Not told of being accepted"),
    "unconfirmed": say("Has not said yes yet"),
    "twice": say("Speaks twice"),
    "asleep": say("Asleep at that hour"),
    "long": say("Longer than the call allows"),
    "clock": say("Clocks change about then"),
}
_STEP: Final = 5  # a change-over is proposed in steps of so many seconds
_NEAR: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Speaker:
    """Somebody in a slot: `key` is the same for the same person (none for a name that was typed in)."""

    key: int | None
    name: str
    zone: str | None


@dataclass(frozen=True)
class Warned:
    """One warning; `item` is the public id of what it stands at, "" for the whole. `kind` groups them on top."""

    item: str
    kind: str
    sentence: Sentence


def speakers_of(item: Any) -> list[Speaker]:
    """List who speaks in a thing, with submission and co-presenters read."""
    found = item.submission
    if found is None:
        return [Speaker(None, name.strip(), None) for name in item.speakers.split(",") if name.strip()]
    own = Speaker(found.person_id, found.name, found.zone)
    return [own, *(Speaker(one.person_id, one.name, one.zone) for one in found.others)]


def warnings_of(
    timed: Sequence[Timed[Any]], event: Any, *, offset: int, change: int, longest: int | None, now: datetime
) -> list[Warned]:
    """List what to look at, in the order of the plan, what concerns the whole first; nothing once it is over.

    `longest` is what the call allows for one slot. Things that have begun are not warned of any more.
    """
    items = [one.item for one in timed]
    if finished(items, event.ends_at, now):
        return []
    found = [*_over(items, event, offset, change)]
    again = _twice(items)
    for one in timed:
        if not movable(one.item):
            continue
        found += _of_gap(one.item) if is_gap(one.item) else _of_people(one, again.get(one.item.public_id, []))
        found += [*_of_length(one.item, longest), *_past_end(one, event), *_of_clock(one, event.zone)]
    return found


def _over(items: Sequence[Any], event: Any, offset: int, change: int) -> Iterator[Warned]:
    over = total(items, change) - room_for(event, offset)
    if over > 0:
        yield Warned("", "over", say("This is %(over)s longer than the gathering.", over=timedelta(seconds=over)))
        for sentence in what_fits(items, change, offset, over):
            yield Warned("", "over", sentence)


def what_fits(items: Sequence[Any], change: int, offset: int, over: int) -> list[Sentence]:
    """Say by what an order that is `over` seconds too long would fit: the kindest ways first."""
    said = []
    air = sum(item.seconds for item in items if item.kind == "buffer" and movable(item))
    if air >= over:
        said.append(say("Shorten the buffers by %(over)s.", over=timedelta(seconds=over)))
    if offset >= over:
        said.append(say("Begin %(over)s earlier.", over=timedelta(seconds=over)))
    shorter, fewer = shorter_change(items, change, over), fewer_slots(items, change, over)
    if shorter is not None and fewer:
        said.append(
            say_many(
                "Shorten change-overs to %(seconds)s s, or leave out 1 slot.",
                "Shorten change-overs to %(seconds)s s, or leave out %(num)s slots.",
                fewer,
                seconds=shorter,
            )
        )
    elif fewer:
        said.append(say_many("Leave out 1 slot.", "Leave out %(num)s slots.", fewer))
    elif shorter is not None:
        said.append(say("Shorten change-overs to %(seconds)s s.", seconds=shorter))
    return said


def shorter_change(items: Sequence[Any], change: int, over: int) -> int | None:
    """Give the longest change-over, in steps of 5 s, with which it would fit; None where even none would not do."""
    count = sum(1 for seconds in changes(items, 1) if seconds)
    if not count or not change:
        return None
    wanted = change - -(-over // count)
    return wanted // _STEP * _STEP if wanted >= 0 else None


def fewer_slots(items: Sequence[Any], change: int, over: int) -> int | None:
    """Give how few slots must go for the rest to fit, the longest first; None where not even all would do."""
    left = list(items)
    room = total(left, change) - over
    for count in range(1, len(left) + 1):
        slots = [item for item in left if item.kind == "slot" and movable(item)]
        if not slots:
            return None
        left.remove(max(slots, key=lambda item: item.seconds))
        if total(left, change) <= room:
            return count
    return None


def _twice(items: Sequence[Any]) -> dict[str, list[tuple[str, int]]]:
    """Give for each thing who of it speaks elsewhere too, and at which number (from 1)."""
    where: dict[Any, list[tuple[int, Any, str]]] = defaultdict(list)
    for number, item in zip(numbers(items), items, strict=True):
        if number is not None:
            for one in speakers_of(item):
                where["name", fold(one.name) or one.name].append((number, item, one.name))
                if one.key is not None:
                    where[one.key].append((number, item, one.name))
    found: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for key, places in where.items():
        # By name alone only where one of the two was typed in: two people may be called the same.
        by_name = isinstance(key, tuple)
        for number, item, name in places:
            for other, thing, _name in places:
                typed = item.submission is None or thing.submission is None
                if other != number and typed is by_name and (name, other) not in found[item.public_id]:
                    found[item.public_id].append((name, other))
    return {item: sorted(others, key=lambda other: other[1]) for item, others in found.items()}


def _of_gap(item: Any) -> Iterator[Warned]:
    if item.submission.state == "withdrawn":
        yield Warned(item.public_id, "withdrawn", say("%(name)s has withdrawn. The slot is free.", name=_name(item)))
    else:
        sentence = say("%(name)s is not accepted any more. The slot is free.", name=_name(item))
        yield Warned(item.public_id, "withdrawn", sentence)


def _name(item: Any) -> str | Sentence:
    return item.submission.name or say("The presenter")


def _of_people(one: Timed[Any], again: Sequence[tuple[str, int]]) -> Iterator[Warned]:
    item = one.item
    for name, number in again:
        sentence = say("%(name)s speaks a second time, in number %(number)s.", name=name, number=number)
        yield Warned(item.public_id, "twice", sentence)
    if item.submission is None:
        return
    if item.submission.told != "accepted":
        yield Warned(item.public_id, "untold", say("%(name)s has not been told of being accepted.", name=_name(item)))
    elif item.submission.confirmed_at is None:
        yield Warned(item.public_id, "unconfirmed", say("%(name)s has not said yes yet.", name=_name(item)))
    for speaker in speakers_of(item):
        local = zones.to_local(one.starts_at, speaker.zone) if speaker.zone else None
        if local is not None and doing(local) == "asleep":
            sentence = say(
                "For %(name)s it is %(time)s at night, in %(city)s.",
                name=speaker.name, time=local.time(), city=zones.city(speaker.zone or ""),
            )  # fmt: skip
            yield Warned(item.public_id, "asleep", sentence)


def _of_length(item: Any, longest: int | None) -> Iterator[Warned]:
    if longest is not None and item.submission is not None and item.seconds > longest:
        most = timedelta(seconds=longest)
        yield Warned(item.public_id, "long", say("Longer than the call allows: %(most)s at most.", most=most))


def _past_end(one: Timed[Any], event: Any) -> Iterator[Warned]:
    if one.ends_at > event.ends_at:
        late = one.ends_at - event.ends_at
        yield Warned(one.item.public_id, "past", say("Ends %(late)s after the gathering does.", late=late))


def _of_clock(one: Timed[Any], zone: str) -> Iterator[Warned]:
    """Warn of a slot that begins or ends within a minute of a change of the event's clocks, or has one in it."""
    if one.item.kind != "slot":
        return
    for change in zones.transitions(zone, one.starts_at - _NEAR, one.ends_at + _NEAR + timedelta(seconds=1)):
        sentence = say(
            "The clocks in %(city)s go from %(old)s to %(new)s about then. Please say the hour twice.",
            city=zones.city(zone), old=change.local_before.time(), new=change.local_after.time(),
        )  # fmt: skip
        yield Warned(one.item.public_id, "clock", sentence)
