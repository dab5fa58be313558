"""Which presenter must be told what: pure comparison of what is planned with what they were last told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Key = tuple[int, int]  # a submission's id and a person's


@dataclass(frozen=True)
class Minute:
    """When somebody speaks (UTC), for how many seconds, where ("" online), and the gathering's title ("" not known)."""

    starts_at: datetime
    seconds: int
    place: str = ""
    title: str = ""


@dataclass(frozen=True)
class News:
    """One thing to tell: "told" (the first time, or again after it was gone), "moved", or "gone"."""

    key: Key
    kind: str
    now: Minute | None
    before: Minute | None


def news(planned: Mapping[Key, Minute], told: Mapping[Key, Minute], tolerance_seconds: int) -> list[News]:
    """Give what must be told, in the order of the plan, then what is gone.

    Who was told a start within the tolerance of the planned one hears nothing; since it is compared with what they
    were *told*, many small moves that add up are told. A slot that became longer or shorter is told in any case: one
    prepares for its length. So is another title of the gathering, since their calendar says the old one.
    """
    tolerance = timedelta(seconds=tolerance_seconds)
    found = []
    for key, minute in planned.items():
        before = told.get(key)
        if before is None:
            found.append(News(key, "told", minute, None))
        elif abs(minute.starts_at - before.starts_at) > tolerance or _rest(minute) != _rest(before, minute.title):
            found.append(News(key, "moved", minute, before))
    return found + [News(key, "gone", None, before) for key, before in told.items() if key not in planned]


def _rest(minute: Minute, usual: str = "") -> tuple[int, str, str]:
    """Give what is told in any case: one prepares for it, or has it in the calendar. `usual`: a title not known."""
    return minute.seconds, minute.place, minute.title or usual


def place_of(event: Any) -> str:
    """Give where an event is held, on one line; "" for one that is online alone."""
    if event.mode == "online":
        return ""
    return ", ".join(part for part in (event.place_name, event.place_address) if part)


def planned_minutes(timed: Iterable[Any], place: str, title: str) -> dict[Key, Minute]:
    """Give who is to know which minute, from a plan (slots.rules.timing) whose items have their submissions.

    Only who was told of being accepted, and still is: a minute would give away what no letter has said yet.
    """
    minutes: dict[Key, Minute] = {}
    for one in timed:
        submission = one.item.submission
        if submission is None or submission.state != "accepted" or submission.told != "accepted":
            continue
        minute = Minute(one.starts_at, one.item.seconds, place, title)
        for person_id in (submission.person_id, *(other.person_id for other in submission.others)):
            if person_id is not None:
                minutes[submission.id, person_id] = minute
    return minutes
