"""Who speaks when, for everybody: the page of a published running order and its feed."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from flask import Response, make_response, redirect

from gatherings import ics
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.events.queries import Moved, next_boundary, public_stamp
from gatherings.slots.public import Line, PublicOrder, get_public_order, order_file
from gatherings.slots.routes.blueprint import bp
from gatherings.web.answers import answer
from gatherings.web.cache import kept
from gatherings.web.feeds import calendar_answer
from gatherings.web.i18n import gettext as _
from gatherings.web.requests import absolute, settings
from gatherings.web.rights import public
from gatherings.web.times import day_words, exact_words
from gatherings.web.visitor import checked_slug, visitor_zone

_SHORT_PATH = 24  # characters


@dataclass(frozen=True)
class Told:
    """A line in words: when it begins and ends on the first clock, and on the hosts' where that is another."""

    line: Line
    title: str
    starts: str
    ends: str
    there: str  # "" where the reader is on the hosts' clock, or nobody knows whose


@dataclass(frozen=True)
class Day:
    """The lines of one day, which is another one for the hosts perhaps."""

    mine: str
    there: str
    lines: list[Told]


@bp.get("/events/<slug>/running-order")
@public
@kept(public_stamp, next_boundary)
def running_order(slug: str) -> Response:
    """Show who speaks when, to the second, on the reader's clock and the hosts'."""
    now, zone = utc_now(), visitor_zone()
    shown = get_public_order(current_session(), checked_slug(slug))
    if isinstance(shown, Moved):
        return make_response(redirect(f"/events/{shown.slug}/running-order", code=301))
    event = shown.event
    response = answer(
        "slots/running_order.html",
        "slots/_order.html",
        event=event,
        community=event.community,
        days=_days(shown, zone, now),
        slots=sum(one.kind == "slot" for one in shown.lines),
        span=_Span(shown.begins_at, shown.ends_at, event.zone),
        side=_side(event, now),
        data=_data(shown) if event.listing == "public" else None,
        address=absolute(f"/events/{event.slug}/running-order.ics"),
        zone=zone,
        now=now,
    )
    if event.listing == "link":
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.get("/events/<slug>/running-order.ics")
@public
@kept(public_stamp, next_boundary)
def running_order_feed(slug: str) -> Response:
    """Give the running order as a feed: one entry for each slot."""
    shown = get_public_order(current_session(), checked_slug(slug))
    if isinstance(shown, Moved):
        return make_response(redirect(f"/events/{shown.slug}/running-order.ics", code=301))
    name = _("%(event)s: the running order", event=shown.event.title)
    data = order_file(shown, name=name, words=title_words, base_url=settings().base_url, now=utc_now())
    return calendar_answer(data, ics.strong_etag(data), f"{shown.event.slug}-running-order")


@bp.app_template_filter("link_words")
def link_words(url: str) -> str:
    """Say where a link leads: its site, with its path where that is short."""
    site = urlsplit(url)
    host, path = (site.hostname or url).removeprefix("www."), site.path.rstrip("/")
    return host + path if len(path) <= _SHORT_PATH else f"{host}/…"


def title_words(line: Line) -> str:
    """Say what a line is: its own title, or its kind."""
    if not line.told:
        return _("A slot that is not told yet")
    usual = {"opening": _("Opening"), "break": _("Break"), "closing": _("Closing"), "slot": _("A slot")}
    return line.title or usual[line.kind]


@dataclass(frozen=True)
class _Span:
    """The whole of a running order as the day's strip takes it: an event from its first second to its last."""

    starts_at: datetime
    ends_at: datetime
    zone: str
    all_day: bool = False
    approximate: bool = False


def _side(event: Event, now: datetime) -> str:
    if event.status == "cancelled":
        return "cancelled"
    if now < event.starts_at:
        return "before"
    return "during" if now < event.ends_at else "after"


def _days(shown: PublicOrder, zone: str | None, now: datetime) -> list[Day]:
    """Put the lines under their days: the reader's and the hosts', wherever either of them changes."""
    host, two = shown.event.zone, zone is not None and _differ(shown, zone)
    days: list[Day] = []
    last: tuple[date, date] | None = None
    for line in shown.lines:
        starts, ends = (zones.to_local(at, zone or host) for at in (line.starts_at, line.ends_at))
        there = zones.to_local(line.starts_at, host)
        if last != (starts.date(), there.date()):
            last = (starts.date(), there.date())
            year = zones.to_local(now, zone or host).year
            days.append(Day(day_words(starts.date(), year=year), day_words(there.date(), year=year) if two else "", []))
        told = Told(line, title_words(line), exact_words(starts), exact_words(ends), exact_words(there) if two else "")
        days[-1].lines.append(told)
    return days


def _differ(shown: PublicOrder, zone: str) -> bool:
    at = shown.begins_at
    return zones.to_local(at, zone) != zones.to_local(at, shown.event.zone)


def _data(shown: PublicOrder) -> dict[str, Any]:
    """Give the running order as schema.org's Event with what it is made of."""
    event, address = shown.event, absolute(f"/events/{shown.event.slug}/running-order")
    status = f"https://schema.org/Event{'Cancelled' if event.status == 'cancelled' else 'Scheduled'}"

    def at(moment: datetime) -> str:
        return moment.isoformat(timespec="seconds")

    return {
        "@context": "https://schema.org",
        "@type": "Event",
        "name": event.title,
        "url": absolute(f"/events/{event.slug}"),
        "startDate": at(event.starts_at),
        "endDate": at(event.ends_at),
        "eventStatus": status,
        "location": {"@type": "VirtualLocation", "url": address}
        if event.mode == "online"
        else {"@type": "Place", "name": event.place_name or zones.city(event.zone)},
        "subEvent": [
            {
                "@type": "Event",
                "name": title_words(line),
                "startDate": at(line.starts_at),
                "endDate": at(line.ends_at),
                "eventStatus": status,
                **({"performer": {"@type": "Person", "name": line.speakers}} if line.speakers else {}),
            }
            for line in shown.lines
            if line.kind == "slot"
        ],
    }
