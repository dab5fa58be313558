"""Public screens that show several features: listing, community, series, event page with its form."""

from datetime import date, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from babel.dates import format_date
from flask import Response, make_response, redirect, render_template, request

from gatherings import ics
from gatherings.core.clock import utc_now
from gatherings.core.recurrence import Rule
from gatherings.core.words import Sentence
from gatherings.db.session import current_session
from gatherings.events import queries as events
from gatherings.events.models import MODES, Event, Series
from gatherings.events.queries import Moved
from gatherings.events.rules import Door, door
from gatherings.invites.rules import public_entry
from gatherings.pages import queries, rules, site, zone_screens
from gatherings.pages.blueprint import bp
from gatherings.registration.forms import register_form
from gatherings.web.answers import answer
from gatherings.web.cache import kept
from gatherings.web.i18n import locale_now, words
from gatherings.web.markdown import render
from gatherings.web.requests import absolute, settings
from gatherings.web.rights import public
from gatherings.web.times import day_words, time_words
from gatherings.web.visitor import checked_slug, visitor_zone

__all__ = ["bp", "site", "zone_screens"]

PER_PAGE = 50
SHOWN_DATES = 12
_MODE_IN_URL = {mode.replace(" ", "-"): mode for mode in MODES}


@bp.app_template_filter("weblink")
def _weblink(url: str | None) -> str:
    return rules.web_link(url) or ""


@bp.app_template_filter("country")
def _country(code: str) -> str:
    return str(Locale.parse(locale_now(), sep="-").territories.get(code.upper(), code))


@bp.app_template_global("places_left")
def _places_left(pool: Any) -> int | None:
    return rules.places_left(pool)


@bp.app_template_global("states_of")
def _states_of(event: Any, now: datetime) -> list[rules.State]:
    return rules.states_of(event, now)


@bp.app_template_global("day_words")
def _day_words(day: date, now: datetime) -> str:
    return day_words(day, year=now.year)


@bp.app_template_global("month_words")
def _month_words(month: date) -> str:
    return str(format_date(month, "LLLL y", locale=locale_now()))


@bp.app_template_global("absolute")
def _absolute(path: str) -> str:
    return absolute(path)


@bp.get("/")
@public
@kept(events.public_stamp, events.next_boundary)
def listing() -> Response:
    """Show what is coming, filtered by the address alone; nonsense in it is ignored."""
    session, now, zone = current_session(), utc_now(), visitor_zone()
    asked = {name: _clean(request.args.get(name)) for name in ("community", "mode", "month", "q", "after")}
    communities = queries.list_communities(session)
    community = next((one for one in communities if one.slug == asked["community"]), None)
    mode = _MODE_IN_URL.get(asked["mode"])
    between = rules.month_bounds(asked["month"], zone or "UTC") if asked["month"] else None
    after = queries.find_place_in_list(session, asked["after"]) if asked["after"] else None
    found = events.list_coming(
        session,
        now,
        community_id=community.id if community else None,
        mode=mode,
        words=asked["q"] or None,
        between=between,
        limit=PER_PAGE + 1,
        after=after,
    )
    shown = found[:PER_PAGE]
    chosen = {
        "community": community.slug if community else "",
        "mode": asked["mode"] if mode else "",
        "month": asked["month"] if between else "",
        "q": asked["q"],
    }
    return answer(
        "pages/listing.html",
        "pages/_events.html",
        now=now,
        zone=zone,
        days=rules.by_day(shown, zone, now),
        later=shown[-1].slug if len(found) > PER_PAGE else None,
        chosen={name: value for name, value in chosen.items() if value},
        first=after is None,
        here="/",
        communities=communities,
        months=rules.months_from(now.date()),
        community_shown=None,
        query=urlencode({name: value for name, value in asked.items() if value}),
    )


def _clean(text: str | None) -> str:
    return "".join(char for char in (text or "")[:100] if char.isprintable()).strip()


@bp.get("/communities/<slug>")
@public
@kept(events.public_stamp, events.next_boundary)
def community(slug: str) -> Response:
    """Show a community: about, series, what is coming, past editions and gatherings."""
    session, now, zone = current_session(), utc_now(), visitor_zone()
    found = queries.get_community(session, checked_slug(slug))
    if isinstance(found, Moved):
        return _moved(f"/communities/{found.slug}")
    listed = queries.list_of_community(session, found.id, now)
    return answer(
        "pages/community.html",
        "pages/_events.html",
        community=found,
        community_shown=found.id,
        about=render(found.about) if found.about else None,
        code=render(found.code_of_kindness) if found.code_of_kindness else None,
        listed=listed,
        series=[(one, series_words(one)) for one in listed.series],
        now=now,
        zone=zone,
        days=rules.by_day(listed.coming, zone, now),
        later=listed.coming[-1].slug if len(listed.coming) == queries.COMING_SHOWN else None,
        chosen={"community": found.slug},
        first=True,
        here=f"/communities/{found.slug}",
        feed=feed_links(f"/communities/{found.slug}/calendar.ics"),
    )


@bp.get("/series/<slug>")
@public
@kept(events.public_stamp, events.next_boundary)
def series(slug: str) -> Response:
    """Show a series: its coming dates on both clocks, the months whose hour moves, past dates or editions."""
    session, now, zone = current_session(), utc_now(), visitor_zone()
    found = events.get_series_page(session, checked_slug(slug))
    if isinstance(found, Moved):
        return _moved(f"/series/{found.slug}")
    coming = _shown(found, events.list_dates(session, found.id, since=now, limit=SHOWN_DATES))
    past = _shown(found, events.list_past_dates(session, found.id, now=now))
    return answer(
        "pages/series.html",
        "pages/_dates.html",
        series=found,
        about=render(found.about) if found.about else None,
        rule_words=series_words(found),
        dates=rules.with_moves(coming, zone),
        editions=[event for event in past if event.edition_year is not None],
        past=[event for event in past if event.edition_year is None],
        now=now,
        zone=zone,
        host_zone=found.rules[-1].zone if found.rules else found.community.zone,
        here=f"/series/{found.slug}",
        feed=feed_links(f"/series/{found.slug}/calendar.ics"),
    )


def _shown(series: Series, dates: list[Event]) -> list[Event]:
    """Leave out what is shown by its link alone, unless the series itself is."""
    return [event for event in dates if event.listing == "public" or series.listing == "link"]


def series_words(series: Series) -> str:
    """Say a series' rule with its hour: "third Thursday of every month, 18:00"; "" for editions."""
    if not series.rules:
        return ""
    rule = series.rules[-1]
    said: Sentence = Rule.parse(rule.rule).words(rule.zone)
    return f"{words(said)}, {time_words(rule.starts_local)}"


@bp.get("/events/<slug>")
@public
@kept(events.public_stamp, events.next_boundary)
def event(slug: str) -> Response:
    """Show an event with all that belongs to it, and the form to register."""
    session, now, zone = current_session(), utc_now(), visitor_zone()
    found = events.get_event_page(session, checked_slug(slug))
    if isinstance(found, Moved):
        return _moved(f"/events/{found.slug}")
    opens = door(found, now)
    form = None
    if opens in (Door.OPEN, Door.NOT_YET, Door.CLOSED) and not found.approximate:
        form = register_form(session, found, zone)
    response = answer(
        "pages/event.html",
        event=found,
        community=found.community,
        about=render(found.about) if found.about else None,
        speakers=[(one, render(one.about) if one.about else None) for one in found.speakers],
        below=queries.list_gatherings_below(session, found),
        part_of=_open_to(found, found.series),
        umbrella=_open_to(found, found.umbrella),
        form=form,
        registering=form is not None and opens is Door.OPEN,
        calendars=_calendar_links(found, now),
        now=now,
        zone=zone,
        over=found.ends_at <= now,
    )
    if found.listing == "link":
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _open_to(event: Event, above: Any) -> Any:
    """Give what an event belongs to, unless the link to it would show what is not for everybody."""
    if above is None or above.status == "draft":
        return None
    return above if above.listing == "public" or event.listing == "link" else None


def _calendar_links(event: Event, now: datetime) -> dict[str, str] | None:
    if event.approximate or event.status == "cancelled" or event.ends_at <= now:
        return None
    entry = public_entry(event, settings().base_url)
    what = (entry.summary, entry.starts_local, entry.ends_local, entry.zone)
    links = _links(*what, entry.all_day, entry.description, entry.location)
    return {"file": f"/events/{event.slug}/event.ics", **links}


@lru_cache(maxsize=512)
def _links(
    title: str, starts: datetime, ends: datetime, zone: str, all_day: bool, details: str, location: str
) -> dict[str, str]:
    what = (title, starts, ends, zone)
    told: dict[str, Any] = {"all_day": all_day, "details": details, "location": location}
    return {
        "google": ics.google_link(*what, **told),
        "outlook": ics.outlook_link(*what, **told),
        "office": ics.outlook_link(*what, **told, host="outlook.office.com"),
    }


@bp.get("/events/<slug>/when")
@public
def when_fragment(slug: str) -> Response:
    """Give an event's times on the clock of `?zone=`, for the page whose visitor's zone was not known."""
    found = queries.get_times(current_session(), checked_slug(slug))
    zone = visitor_zone()
    return make_response(render_template("pages/_when.html", event=found, zone=zone, now=utc_now()))


@bp.get("/events/<slug>/below")
@public
def below_fragment(slug: str) -> Response:
    """Give the gatherings under an umbrella with their times on the clock of `?zone=`."""
    session = current_session()
    below = queries.list_gatherings_below(session, events.get_event(session, checked_slug(slug)))
    return make_response(render_template("pages/_below.html", below=below, zone=visitor_zone(), now=utc_now()))


def feed_links(path: str) -> dict[str, str]:
    """Give a feed's address for copying, and for programs that take calendars (webcal)."""
    https = absolute(path)
    return {"https": https, "webcal": "webcal://" + https.split("://", 1)[1], "path": path}


def _moved(path: str) -> Response:
    return make_response(redirect(path, code=301))
