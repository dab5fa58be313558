"""The list of registrations: numbers and the picture of hours on top, narrowed, sorted and paged by its address."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.hours import doing
from gatherings.core.words import Sentence, say
from gatherings.core.zone_table import place_of
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.events.queries import WITH_ALL
from gatherings.organise.access import may, may_here
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.registrations import wording
from gatherings.organise.routes.registrations.picture import picture_of
from gatherings.questions.models import Question
from gatherings.questions.queries import list_questions
from gatherings.registration import listing
from gatherings.registration.actions.bulk_kinds import KINDS
from gatherings.registration.bulk_queries import list_pending
from gatherings.registration.listing import Filter, Held, Numbers
from gatherings.registration.listing.filter import NO_TICKET
from gatherings.web.answers import answer
from gatherings.web.i18n import date_words
from gatherings.web.times import time_words, weekday_words

# The columns that the list is sorted by, each with the way that one wants first.
_COLUMNS = {"name": "name", "hour": "hour", "state": "state", "time": "-time"}
_OFFERED = 300  # countries in the form's list


_NOTES = {"undone": say("Undone. Nothing was changed.")}


@dataclass(frozen=True)
class Line:
    """A row of the list, in words."""

    public_id: str
    name: str
    address: str
    when: str
    doing: str
    city: str
    country: str
    side: Sentence | str
    state: Sentence
    tag: str
    registered: str
    first_time: bool
    came: bool
    tickets: Sequence[tuple[str, Sentence | str, str]] = ()  # the kind, how its money stands, by which tag


@bp.get("/events/<event>/registrations")
@may("names")
def registrations(event: Event) -> Response:
    """Show who comes."""
    return show_list(event, read_filter(), at=request.args.get("at", "")[:100])


def read_filter() -> Filter:
    """Read what this request's list is narrowed to; who may not see addresses and answers finds nothing by them."""
    filter = Filter.read(request.args if request.method == "GET" else request.form)
    return filter if may_here("people") else filter.for_names_only()


def read_again(event_id: int) -> Event:
    """Read an event as the guard does: a writing transaction forgets what was read before it."""
    return current_session().get_one(Event, event_id, options=WITH_ALL, populate_existing=True)


def path_of(event: Event, args: dict[str, str]) -> str:
    """Give the address of an event's list, narrowed by `args`."""
    query = urlencode(args)
    return f"/organise/events/{event.slug}/registrations{'?' if query else ''}{query}"


def show_list(event: Event, filter: Filter, *, at: str = "", status: int = 200, **more: Any) -> Response:
    """Show the list; `more` are problems of what was asked for several, and what was ticked."""
    session, now = current_session(), utc_now()
    people = may_here("people")
    numbers = listing.numbers_of(session, event)
    known = list(numbers.all_zones)
    page = listing.rows(session, event, filter, at=at, known=known)
    questions = list_questions(session, event) if people else []
    found = listing.count(session, event, filter, known) if filter.narrowed() else numbers.live
    args = filter.to_args()
    sells = listing.sells(event)
    held = listing.tickets_of(session, [row.registration.id for row in page.rows]) if sells else {}
    kinds = listing.kinds_on_list(session, event) if sells else []
    values = {
        "numbers": numbers,
        "filter": filter,
        "args": args,
        "found": found,
        "lines": [_line(row, event, now, people, held.get(row.registration.id, ())) for row in page.rows],
        "pages": _pages(event, args, page),
        "sorts": _sorts(event, filter),
        "chips": [(words, path_of(event, rest)) for words, rest in wording.chips(filter, questions, dict(kinds))],
        "parts": picture_of(numbers),
        "list_path": path_of(event, {}),
        "at": at,
        "here_path": path_of(event, {**args, "at": at} if at else args),
        "pending": list_pending(session, event.id, now=now) if people else [],
        "kinds": [(key, kind.label) for key, kind in KINDS.items() if kind.fits(event)],
        "kinds_all": KINDS,
        "note": _NOTES.get(request.args.get("done", "")),
        "problem": None,
        "chosen_kind": "",
        "ticked": frozenset[str](),
        "ticket_kinds": [*kinds, (NO_TICKET, say("Without a ticket"))] if sells else [],
        "paids": list(wording.PAID.items()) if sells and people else [],
        **_choices(event, numbers, questions),
        **more,
    }
    fragment = "_numbers" if request.headers.get("HX-Target") == "numbers" else "_found"
    return answer(
        "organise/registrations/list.html", f"organise/registrations/{fragment}.html", status=status, event=event,
        community=event.community, now=now, **values,
    )  # fmt: skip


def _line(row: listing.Row, event: Event, now: datetime, people: bool, held: Sequence[Held]) -> Line:
    registration, zone = row.registration, row.registration.zone
    local = zones.to_local(event.starts_at, zone)
    return Line(
        public_id=registration.public_id,
        name=registration.name,
        address=registration.person.address if people else "",
        when="" if event.all_day else f"{weekday_words(local.weekday())} {time_words(local)}",
        doing=doing(local),
        city=zones.city(zone),
        country=wording.country_words(place_of(zone).country),
        side=wording.side_words(registration, event),
        state=wording.state_words(registration, event, row.position),
        tag="warn" if row.position else {"confirmed": "good", "cancelled": "quiet"}.get(registration.state, "warn"),
        registered=_day(registration.created_at, event.zone, now),
        first_time=row.first_time,
        came=registration.attended_at is not None,
        tickets=[(one.kind, *(wording.money_words(one) if people else ("", ""))) for one in held],
    )


def _day(moment: datetime, zone: str, now: datetime) -> str:
    day, today = zones.to_local(moment, zone), zones.to_local(now, zone)
    return date_words(day, "d MMM" if day.year == today.year else "d MMM y")


def _pages(event: Event, args: dict[str, str], page: listing.Page) -> dict[str, str]:
    """Give the addresses of the pages beside this one."""
    pages: dict[str, str] = {}
    if page.earlier:
        pages |= {"first": path_of(event, args), "earlier": path_of(event, {**args, "at": page.earlier})}
    if page.later:
        pages |= {"later": path_of(event, {**args, "at": page.later}), "last": path_of(event, {**args, "at": "last"})}
    return pages


def _sorts(event: Event, filter: Filter) -> dict[str, tuple[str, str]]:
    """Give for each column (address of the list sorted by it, what it is sorted as now: "", ascending, descending)."""
    made = {}
    for column, first in _COLUMNS.items():
        mine = filter.sort.removeprefix("-") == column
        other = (column if filter.sort.startswith("-") else f"-{column}") if mine else first
        stands = ("descending" if filter.sort.startswith("-") else "ascending") if mine else ""
        made[column] = (path_of(event, replace(filter, sort=other).to_args()), stands)
    return made


def _choices(event: Event, numbers: Numbers, questions: list[Question]) -> dict[str, Any]:
    """Give what the form offers to choose from."""
    countries = [(code, wording.country_words(code), count) for code, count in numbers.countries.most_common(_OFFERED)]
    return {
        "states": [one for one in wording.STATES.items() if one[0] != "pending" or numbers.pending],
        "sides": list(wording.SIDES.items()) if event.mode == "hybrid" else [],
        "doings": list(wording.DOING.items()) if not event.all_day else [],
        "doing_words": wording.DOING,
        "firsts": list(wording.FIRST.items()),
        "cames": list(wording.CAME.items()),
        "makers": list(wording.MADE_BY.items()),
        "countries": countries,
        "questions": [(question, wording.answers_on_offer(question)) for question in questions],
    }
