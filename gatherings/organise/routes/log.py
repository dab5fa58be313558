"""The log of a community: who did what, newest first, narrowed and paged by the address alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from urllib.parse import urlencode

from flask import Response, request

from gatherings.audit.models import LogEntry
from gatherings.audit.queries import list_actors, read_log
from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.organise.access import may
from gatherings.organise.log_queries import LogFilter, conditions, list_events_offered, name_actors, name_things
from gatherings.organise.log_words import ACTORS, KINDS, sentence_of
from gatherings.organise.routes.blueprint import bp
from gatherings.web.answers import answer
from gatherings.web.i18n import words
from gatherings.web.times import day_words, time_words
from gatherings.web.visitor import visitor_zone

PAGE = 50
_MOST = 2**62


@dataclass(frozen=True)
class Line:
    """One line as it is read."""

    time: str
    at: str
    sentence: str


@bp.get("/communities/<community>/log")
@may("log")
def log_of(community: Community) -> Response:
    """Show a page of the log."""
    session, zone = current_session(), visitor_zone() or community.zone
    filter = _filter()
    where = conditions(session, community.id, filter, zone)
    entries, more = read_log(session, community.id, where=where, before=_before(), limit=PAGE)
    actors = list_actors(session, community.id)
    names = {actor: words(name) for actor, name in name_actors(session, actors).items()}
    things = {about: words(name) for about, name in name_things(session, {row.about for row in entries}).items()}
    path = f"/organise/communities/{community.slug}/log"
    return answer(
        "organise/log.html",
        community=community,
        days=_days(entries, names, things, zone),
        filter=filter,
        narrowed=bool(filter.who or filter.kind or filter.event or filter.day),
        later=f"{path}?{urlencode({**_given(filter), 'before': more})}" if more else "",
        newest=f"{path}?{urlencode(_given(filter))}".rstrip("?") if _before() else "",
        path=path,
        who=sorted(((actor, names[actor]) for actor in actors), key=lambda one: (one[0] in ACTORS, one[1].casefold())),
        kinds=[(key, words(label)) for key, (label, _actions) in KINDS.items()],
        events=[
            (slug, f"{title} · {day_words(start.date(), year=None)}")
            for slug, title, start in list_events_offered(session, community.id)
        ],
        city=zones.city(zone),
    )


def _apart(name: str) -> str:
    """Keep a name's direction of writing to itself, so that the sentence around it keeps its own (UAX 9, 2.4)."""
    return f"\u2068{name}\u2069"


def _filter() -> LogFilter:
    args = {name: request.args.get(name, "")[:80] for name in ("who", "kind", "event", "day")}
    if any("\x00" in value for value in args.values()):
        return LogFilter()
    try:
        day = date.fromisoformat(args["day"]) if len(args["day"]) == 10 else None
    except ValueError:
        day = None
    if day is not None and not 1990 <= day.year <= 2200:
        day = None
    return LogFilter(args["who"], args["kind"], args["event"], day)


def _given(filter: LogFilter) -> dict[str, str]:
    given = {"who": filter.who, "kind": filter.kind, "event": filter.event}
    given["day"] = filter.day.isoformat() if filter.day else ""
    return {name: value for name, value in given.items() if value}


def _before() -> int | None:
    typed = request.args.get("before", "")
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 19 and 0 < int(typed) < _MOST else None


def _days(
    entries: Sequence[LogEntry], names: dict[str, str], things: dict[str, str], zone: str
) -> list[tuple[str, list[Line]]]:
    rows = [(zones.to_local(row.at, zone), row) for row in entries]
    year = zones.to_local(utc_now(), zone).year
    return [
        (
            day_words(day, year=year),
            [
                Line(
                    time_words(at),
                    row.at.isoformat(),
                    words(
                        sentence_of(
                            row.action,
                            row.actor,
                            row.details,
                            who=_apart(names[row.actor]),
                            what=_apart(things[row.about]),
                        )
                    ),
                )
                for at, row in those
            ],
        )
        for day, those in groupby(rows, key=lambda pair: pair[0].date())
    ]
