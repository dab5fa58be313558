"""Choosing a clock: a search with a list that opens as one types, all zones in one list, and one press to remember."""

from datetime import datetime

from babel import Locale
from flask import Response, make_response, redirect, render_template, request

from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput, Problem
from gatherings.core.words import say
from gatherings.core.zone_search import LONGEST, search
from gatherings.core.zone_table import Place
from gatherings.db.session import current_session
from gatherings.events.models import Event
from gatherings.pages import queries
from gatherings.pages.routes.blueprint import bp
from gatherings.web.answers import answer, go
from gatherings.web.i18n import locale_now
from gatherings.web.rights import public
from gatherings.web.times import time_words
from gatherings.web.visitor import COOKIE, checked_slug, keep_zone, own_path, visitor_zone

_SUGGESTED = 8  # in a list that opens under a field
# What tzdata calls its regions.
_REGIONS = {
    "Africa": say("Africa"), "America": say("America"), "Antarctica": say("Antarctica"), "Asia": say("Asia"),
    "Atlantic": say("Atlantic Ocean"), "Australia": say("Australia"), "Europe": say("Europe"),
    "Indian": say("Indian Ocean"), "Pacific": say("Pacific Ocean"),
}  # fmt: skip


@bp.get("/zones")
@public
def zones_page() -> Response:
    """Show all zones by region, and the places that fit `?q=`; htmx gets the field alone, for another page."""
    asked = _typed("q")
    return answer(
        "pages/zones.html",
        "pages/_zone_picker.html",
        noindex=True,
        asked=asked,
        found=search(asked),
        groups=[
            (_REGIONS.get(region, region), [(zone, zones.city(zone)) for zone in members])
            for region, members in zones.groups()
        ],
        zone=visitor_zone(),
        chosen=request.cookies.get(COOKIE) is not None,
        back=own_path(request.args.get("next")),
        event=_event(),
        now=utc_now(),
    )


@bp.get("/zones/found")
@public
def zones_found() -> Response:
    """Give what fits `?q=` (or `?zone=`, as forms call their field) as the options of a list.

    With `?next=` a press on one chooses that clock and goes there; without, it is for filling in a form.
    """
    asked = _typed("q") or _typed("zone")
    back = own_path(request.args["next"]) if "next" in request.args else None
    found = search(asked, _SUGGESTED)
    page = render_template(
        "pages/_zone_options.html", asked=asked, found=found, back=back, event=_event(), now=utc_now()
    )
    return make_response(page)


@bp.post("/zone")
@public
def choose_zone() -> Response:
    """Remember the zone that somebody chose and go back; an empty choice forgets it again."""
    back = own_path(request.form.get("next"))
    asked = request.form.get("zone", "")
    if asked == "":
        response = go(back)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="Lax")
        return response
    zone = zones.canonical(asked)
    if zone is None:
        raise InvalidInput(
            [Problem("zone", say("We do not know that place's clock. Please choose another city in the list."))]
        )
    response = go(back)
    keep_zone(response, zone)
    return response


@bp.get("/zone")
@public
def zone_page() -> Response:
    """Lead to the list: this address only takes the press."""
    return make_response(redirect("/zones", code=302))


@bp.app_template_filter("place_words")
def _place_words(place: Place) -> str:
    """Say a place with its country in the reader's language: "Auckland, New Zealand"."""
    if locale_now() == "en":
        return place.label
    country = Locale.parse(locale_now()).territories.get(place.country, place.country)
    return ", ".join(filter(None, (place.name, place.region, country)))


@bp.app_template_global("time_now_in")
def _time_now_in(zone: str, now: datetime | None = None) -> str:
    return time_words(zones.to_local(now or utc_now(), zone))


def _typed(name: str) -> str:
    typed = request.args.get(name, "")[:LONGEST]
    return "".join(char for char in typed if char.isprintable() or char in "\u200c\u200d").strip()


def _event() -> Event | None:
    """Read the event that the clock is chosen for, if the page knows one with an hour."""
    slug = request.args.get("event")
    event = queries.get_times(current_session(), checked_slug(slug)) if slug else None
    return None if event is None or event.all_day or event.approximate else event
