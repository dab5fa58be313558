"""An event's page with its form, and its pieces on a visitor's own clock."""

from datetime import datetime
from typing import Any

from flask import Response, make_response, redirect, render_template
from flask.blueprints import BlueprintSetupState
from sqlalchemy.orm import Session

from gatherings import ics
from gatherings.calls.queries.call import next_boundary
from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.db.session import current_session
from gatherings.events import queries as events
from gatherings.events.models import Event
from gatherings.events.queries import Moved
from gatherings.events.rules import Door, door
from gatherings.invites.rules import public_entry
from gatherings.pages import event_queries, queries
from gatherings.pages.offers import offers_of
from gatherings.pages.routes.blueprint import bp
from gatherings.pages.routes.shared import moved_to
from gatherings.pages.rules import SOON, State, states_of
from gatherings.pages.sharing import mail_link, map_link, share_links
from gatherings.payments.forms.guessing import refuse_guessing_at
from gatherings.payments.forms.order import codes_sent, order_form
from gatherings.registration.forms import RegisterForm, register_form
from gatherings.web.answers import answer
from gatherings.web.cache import for_one_alone, kept
from gatherings.web.markdown import render
from gatherings.web.requests import absolute, settings
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug, visitor_zone


@bp.get("/events/<slug>")
@public
@kept(events.public_stamp, next_boundary)
def event(slug: str) -> Response:
    """Show an event with all that belongs to it, and the form to register."""
    refuse_guessing_at(checked_slug(slug), codes_sent())
    session, now, zone = current_session(), utc_now(), visitor_zone()
    found = events.get_event_page(session, slug)
    if isinstance(found, Moved):
        return moved_to(f"/events/{found.slug}")
    values = event_values(found, now, zone)
    response = answer("pages/event.html", **values)
    if values["form"] is not None and values["form"].sells:
        for_one_alone(response)  # each form of an order has a key of its own
    if found.listing == "link":
        response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def event_values(found: Event, now: datetime, zone: str | None) -> dict[str, Any]:
    """Give all that an event's page shows; `found` is read as events.queries.get_event_page does."""
    session, opens = current_session(), door(found, now)
    over = found.ends_at <= now
    ended = over or found.status == "cancelled"
    form = None
    if opens in (Door.OPEN, Door.NOT_YET, Door.CLOSED) and not found.approximate:
        form = form_of(session, found, zone)
    return {
        "event": found,
        "community": found.community,
        "about": _rendered(found.about),
        "speakers": [(one, _rendered(one.about)) for one in found.speakers],
        "below": queries.list_gatherings_below(session, found),
        "part_of": _open_to(found, found.series),
        "umbrella": _open_to(found, found.umbrella),
        "form": form,
        "registering": form is not None and opens is Door.OPEN,
        "states": _states(found, now),
        "map_link": map_link(found),
        "next_one": event_queries.find_next(session, found, now) if ended and found.listing == "public" else None,
        "addable": _can_be_added(found, now),
        "share": _share(found),
        "twin": event_queries.find_other_sitting(session, found),
        "offers": offers_of(session, found, now),
        "now": now,
        "zone": zone,
        "over": over,
        **_to_know(found, ended),
    }


def form_of(session: Session, event: Event, zone: str | None) -> RegisterForm:
    """Make the form by which one comes to an event: with a ticket where it has some, else by registering."""
    tickets = order_form(session, event, zone) if "tickets" in event.offers.split() else None
    return tickets or register_form(session, event, zone, rule=event.series_rule)


@bp.record_once
def _offer_page(state: BlueprintSetupState) -> None:
    """Let organisers' screens show the page of a draft: they stand beside these and do not import them."""
    state.app.extensions["gatherings.event_page"] = event_values


def _rendered(source: str) -> Any:
    return render(source) if source else None


def _states(event: Event, now: datetime) -> list[State]:
    """Give what is to say about an event besides its time, which stands with its clocks."""
    if event.ends_at <= now:
        return []
    said = states_of(event, now)
    return said[1:] if event.status != "cancelled" and event.starts_at - now <= SOON else said


def _to_know(event: Event, ended: bool) -> dict[str, Any]:
    """Give what one asks before coming: notes on access and questions, the community's where there are none."""
    if ended:
        return {"access": None, "asked": []}
    community = event.community
    asked = event.asked_often or community.asked_often
    return {
        "access": _rendered(event.access_notes or community.access_notes),
        "asked": [(one["question"], _rendered(one["answer"])) for one in asked],
    }


def _share(event: Event) -> dict[str, Any] | None:
    if event.listing != "public":
        return None
    url = absolute(f"/events/{event.slug}")
    return {"url": url, "mail": mail_link(event.title, url), "links": share_links(event.title, url)}


def _open_to(event: Event, above: Any) -> Any:
    """Give what an event belongs to, unless the link to it would show what is not for everybody."""
    if above is None or above.status == "draft":
        return None
    return above if above.listing == "public" or event.listing == "link" else None


def _can_be_added(event: Event, now: datetime) -> bool:
    return not event.approximate and event.status != "cancelled" and event.ends_at > now


@bp.get("/events/<slug>/add/<any(google, outlook, office):service>")
@public
def add_to(slug: str, service: str) -> Response:
    """Lead to a calendar on the web with an event filled in: its address is long, and most people never need it."""
    found = events.get_event_for_form(current_session(), checked_slug(slug))
    if isinstance(found, Moved):
        return moved_to(f"/events/{found.slug}/add/{service}")
    if not _can_be_added(found, utc_now()):
        raise NotFound()
    entry = public_entry(found, settings().base_url)
    what = (entry.summary, entry.starts_local, entry.ends_local, entry.zone)
    told: dict[str, Any] = {"all_day": entry.all_day, "details": entry.description, "location": entry.location}
    if service == "google":
        link = ics.google_link(*what, **told)
    else:
        host = "outlook.live.com" if service == "outlook" else "outlook.office.com"
        link = ics.outlook_link(*what, **told, host=host)
    response = make_response(redirect(link, code=302))
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.get("/events/<slug>/when")
@public
def when_fragment(slug: str) -> Response:
    """Give an event's times on the clock of `?zone=`, for the page whose visitor's zone was not known."""
    session = current_session()
    found = event_queries.get_times(session, checked_slug(slug))
    twin = event_queries.find_other_sitting(session, found)
    return make_response(
        render_template("pages/_when.html", event=found, twin=twin, zone=visitor_zone(), now=utc_now())
    )


@bp.get("/events/<slug>/below")
@public
def below_fragment(slug: str) -> Response:
    """Give the gatherings under an umbrella with their times on the clock of `?zone=`."""
    session = current_session()
    below = queries.list_gatherings_below(session, events.get_event(session, checked_slug(slug)))
    return make_response(render_template("pages/_below.html", below=below, zone=visitor_zone(), now=utc_now()))


@bp.get("/events/<slug>/next")
@public
def next_fragment(slug: str) -> Response:
    """Give what comes after an event that is over, on the clock of `?zone=`."""
    session, now = current_session(), utc_now()
    found = events.get_event(session, checked_slug(slug))
    after = event_queries.find_next(session, found, now)
    return make_response(render_template("pages/_next.html", next_one=after, zone=visitor_zone(), now=now))
