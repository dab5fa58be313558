"""The list of submissions: as cards and as a table, narrowed, sorted and paged by its address."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from gatherings.calls.models import Call, Submission
from gatherings.calls.queries.call import find_call
from gatherings.calls.queries.choosing import (
    PAGE,
    SORTS,
    STATES,
    Filter,
    Row,
    count_submissions,
    find_id,
    find_ids,
    list_late,
    list_lengths,
    list_rows,
    scripts_of,
    titles_of,
    zone_of,
)
from gatherings.calls.rules.call import CallState, room_of, state_of
from gatherings.calls.rules.choosing import may_remind, minutes_left, would_fit
from gatherings.calls.rules.speaking import Speaking, speaking_time
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.hours import doing
from gatherings.core.text import TextProblem, clean_line
from gatherings.core.words import Sentence
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.events.queries import WITH_ALL
from gatherings.organise.access import may, may_here, organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.registrations import wording as registration_wording
from gatherings.organise.routes.submissions import wording
from gatherings.web.answers import answer
from gatherings.web.i18n import date_words
from gatherings.web.times import time_words, weekday_words

_VIEWS = ("cards", "table")
_COLUMNS = ("title", "name", "hour", "length", "score", "sent")
_BAR = 600  # units of the drawn hour


@dataclass(frozen=True)
class Look:
    """What an address asks to see: a filter, as cards or as a table, which page."""

    filter: Filter = field(default_factory=Filter)
    view: str = "cards"
    page: int = 1

    @classmethod
    def read(cls, args: Any) -> "Look":
        """Read what an address says; what is unknown or wrong narrows nothing."""
        try:
            words = clean_line(args.get("words", ""), most=100)
        except TextProblem:
            words = ""
        state, sort, page = args.get("state", ""), args.get("sort", "sent"), args.get("page", "")
        return cls(
            Filter(
                state if state in STATES else "",
                words,
                sort if sort.removeprefix("-") in SORTS else "sent",
            ),
            "table" if args.get("view") == "table" else "cards",
            int(page) if page.isascii() and page.isdecimal() and 0 < len(page) < 5 and int(page) else 1,
        )

    def args(self, **other: str) -> dict[str, str]:
        """Give it as parts of an address; `other` parts stand in for its own."""
        mine = {**self.filter.to_args(), "view": self.view if self.view != "cards" else ""}
        return {name: value for name, value in {**mine, **other}.items() if value}


@dataclass(frozen=True)
class Line:
    """A submission of the list, in words."""

    row: Row
    when: str  # "Friday 03:00": what their clock shows when the gathering begins
    doing: str
    city: str
    state: Sentence
    tag: str
    standing: Sentence | None
    tone: str
    spoken: Speaking | None
    sent: str
    link: str

    @property
    def submission(self) -> Submission:
        """Give the submission itself."""
        return self.row.submission


@bp.get("/events/<event>/submissions")
@may("review")
def submissions(event: Event) -> Response:
    """Show what was sent to the call."""
    return show_list(event, Look.read(request.args), note=wording.NOTES.get(request.args.get("done", "")))


def path_of(event: Event, args: dict[str, str] | None = None, *, last: str = "") -> str:
    """Give the address of the list, or of what stands below it (`last`)."""
    query = urlencode(args or {})
    return f"/organise/events/{event.slug}/submissions{last}{'?' if query else ''}{query}"


def read_again(event_id: int) -> Event:
    """Read an event as the guard does: a writing transaction forgets what was read before it."""
    return current_session().get_one(Event, event_id, options=WITH_ALL, populate_existing=True)


def show_list(event: Event, look: Look, *, status: int = 200, **more: Any) -> Response:
    """Show the list; `more` is what a press had to say: `note`, `problems`, `ticked`."""
    session, now = current_session(), utc_now()
    call = find_call(session, event.id)
    values: dict[str, Any] = {
        "event": event, "community": event.community, "now": now, "call": call, "look": look,
        "list_path": path_of(event), "note": None, "problems": [], "ticked": frozenset[str](), **more,
    }  # fmt: skip
    if call is None:
        return answer("organise/submissions/none.html", status=status, **values)
    found = find_ids(session, call.id, event, look.filter, now)
    counts = count_submissions(session, call.id, now)
    page = min(look.page, max(1, -(-len(found) // PAGE)))
    shown = list_rows(session, found[(page - 1) * PAGE : page * PAGE], event, organiser().id)
    scripts = scripts_of(session, shown)
    values |= {
        "lines": [_line(row, event, call, look, now, scripts[row.submission.id]) for row in shown],
        "found": len(found),
        "all": counts.all,
        "counts": counts.of,
        "silent": counts.silent,
        "letters": counts.letters,
        "late": list_late(session, call.id) if may_here("choose") else [],
        "chips": _chips(event, look),
        "sorts": {column: _sort(event, look, column) for column in _COLUMNS},
        "pages": _pages(event, look, page, len(found)),
        "wording": wording,
        "typed_words": list(wording.TYPED.items()),
        "doing_words": registration_wording.DOING,
        **room_values(call, event, list_lengths(session, call.id)),
    }
    return answer(
        "organise/submissions/list.html", "organise/submissions/_found.html", status=status, **values
    )  # fmt: skip


def _line(row: Row, event: Event, call: Call, look: Look, now: datetime, script: str) -> Line:
    one = row.submission
    return Line(
        row=row,
        when=f"{weekday_words(row.local.weekday())} {time_words(row.local)}",
        doing=doing(row.local),
        city=zones.city(zone_of(one, event)),
        state=wording.STATES[one.state],
        tag=wording.TAGS.get(one.state, ""),
        standing=wording.standing_words(one, now),
        tone=wording.standing_tone(one, now),
        spoken=spoken_of(script, one.seconds, call),
        sent=_day(one.sent_at, event.zone, now) if one.sent_at is not None else "",
        link=path_of(event, look.args(), last=f"/{one.public_id}"),
    )


def _day(moment: datetime, zone: str, now: datetime) -> str:
    day, today = zones.to_local(moment, zone), zones.to_local(now, zone)
    return date_words(day, "d MMM" if day.year == today.year else "d MMM y")


def spoken_of(script: str, seconds: int, call: Call) -> Speaking | None:
    """Give how long a script takes to speak; None where there is none."""
    return speaking_time(script, seconds, call.words_a_minute) if script.strip() else None


def room_values(call: Call, event: Event, accepted: list[int]) -> dict[str, Any]:
    """Give the room of a call in numbers, and drawn: each accepted slot (s) with its change, then what is left."""
    room = room_of(call, event)
    whole = max(1, room.seconds, room.used)
    blocks, at = [], 0
    for number, seconds in enumerate(accepted):
        at += call.change_seconds if number else 0
        blocks.append((at * _BAR / whole, seconds * _BAR / whole))
        at += seconds
    return {
        "room": room,
        "left": minutes_left(call, event),
        "fits": would_fit(call, event),
        "blocks": [(round(start, 1), round(max(1.0, width), 1)) for start, width in blocks],
        "bar": _BAR,
        "bar_room": round(room.seconds * _BAR / whole, 1),
    }


def neighbours(event: Event, look: Look, public_id: str) -> dict[str, Any]:
    """Give the submissions before and after one in its list, and which of how many it is."""
    session, now = current_session(), utc_now()
    call = find_call(session, event.id)
    mine = find_id(session, call.id, public_id) if call is not None else None
    if call is None or mine is None:
        return {"row": None, "of": 0, "number": 0, "before": None, "after": None}
    found = find_ids(session, call.id, event, look.filter, now)
    (row,) = list_rows(session, [mine], event, organiser().id)
    values: dict[str, Any] = {"row": row, "of": len(found), "number": 0, "before": None, "after": None}
    if mine not in found:
        return values
    at = found.index(mine)
    titles = titles_of(session, found[max(0, at - 1) : at + 2])
    link = {number: (path_of(event, look.args(), last=f"/{key}"), title) for number, (key, title) in titles.items()}
    values["number"] = at + 1
    values["before"] = link[found[at - 1]] if at else None
    values["after"] = link[found[at + 1]] if at + 1 < len(found) else None
    return values


def may_ask_again(submission: Submission, now: datetime) -> bool:
    """Tell whether a press may ask a silent presenter once more now."""
    return may_remind(submission, now)


def is_open(call: Call, event: Event, now: datetime) -> bool:
    """Tell whether more may come in."""
    return state_of(call, event, now) in (CallState.OPEN, CallState.NOT_YET, CallState.DRAFT)


def _chips(event: Event, look: Look) -> list[tuple[str, Sentence | str]]:
    """Give (address without it, words) for each thing that the list is narrowed by."""
    chips: list[tuple[str, Sentence | str]] = []
    if look.filter.state:
        chips.append((path_of(event, look.args(state="")), wording.STATES[look.filter.state]))
    if look.filter.words:
        chips.append((path_of(event, look.args(words="")), f"“{look.filter.words}”"))
    return chips


def _sort(event: Event, look: Look, column: str) -> tuple[str, str]:
    """Give the address of the list sorted by a column, and how it is sorted by that now."""
    sorted_now = look.filter.sort.removeprefix("-") == column
    stands = ("descending" if look.filter.sort.startswith("-") else "ascending") if sorted_now else ""
    other = look.filter.sorted_by(column).sort
    return path_of(event, look.args(sort="" if other == "sent" else other)), stands


def _pages(event: Event, look: Look, page: int, found: int) -> dict[str, str]:
    last = max(1, -(-found // PAGE))
    pages = {}
    if page > 1:
        pages["earlier"] = path_of(event, look.args(page=str(page - 1) if page > 2 else ""))
    if page < last:
        pages["later"] = path_of(event, look.args(page=str(page + 1)))
    return pages
