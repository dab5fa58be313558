"""Registering: the form, alone or on the event's page, and its answer."""

from typing import Any

from flask import Response, redirect, request, url_for

from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput, NotFound
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.queries import Moved, get_event_for_form
from gatherings.events.rules import Door
from gatherings.registration.actions import register, register_series
from gatherings.registration.forms import check, register_form, wanted_of
from gatherings.registration.routes.blueprint import bp
from gatherings.registration.rules import Outcome
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.i18n import language_now
from gatherings.web.requests import asking_network, settings
from gatherings.web.rights import public
from gatherings.web.visitor import checked_slug, visitor_zone


@bp.route("/events/<slug>/register", methods=["GET", "POST"])
@public
def register_for(slug: str) -> Response:
    """Show the registration form alone, or take it."""
    event = _event(slug)
    if event.slug != slug and request.method != "POST":
        return _moved(url_for("registration.register_for", slug=event.slug))
    slug = event.slug
    form = register_form(current_session(), event, visitor_zone(), rule=event.series_rule)
    if request.method != "POST":
        return _form(form, event)
    if form.door is not Door.OPEN:
        return _form(form, event, status=409)
    if form.caught:
        return _done(event, slug, Outcome(full=False), every=False)
    if not check(form):
        return _form(form, event, status=422)
    every = "every" in form and form.every.data == "every"
    try:
        outcome = transact(
            register_series if every else register,
            event.id,
            wanted_of(form, language_now()),
            settings().site,
            now=utc_now(),
            network=asking_network(),
            network_limit=settings().network_limit,
        )
    except InvalidInput as refusal:
        # The event was changed between looking and acting; the transaction has forgotten what was read before it.
        event = _event(slug)
        form = register_form(current_session(), event, visitor_zone(), rule=event.series_rule)
        check(form)
        form.take_problems(refusal)
        return _form(form, event, status=422)
    return _done(event, slug, outcome, every=every)


def _event(slug: str) -> Event:
    """Read an event by its slug, or by one it once had; raises NotFound."""
    found = get_event_for_form(current_session(), checked_slug(slug))
    if isinstance(found, Moved):
        found = get_event_for_form(current_session(), found.slug)
    if isinstance(found, Moved):
        raise NotFound()
    return found


def _moved(path: str) -> Response:
    made = redirect(path, code=301)
    return Response(made.get_data(), made.status_code, made.headers)


def _form(form: Any, event: Event, *, status: int = 200) -> Response:
    return answer(
        "registration/register.html", "registration/_register.html", status=status, form=form, event=event,
        zone=visitor_zone(),
    )  # fmt: skip


def _done(event: Event, slug: str, outcome: Outcome, *, every: bool) -> Response:
    # Only what a newcomer and somebody known are told alike (domain.md 10): no online_meanwhile.
    if wants_fragment():
        return answer("registration/done.html", "registration/_done.html", event=event, full=outcome.full, every=every)
    return go(
        url_for("registration.registered", slug=slug, full=1 if outcome.full else None, every=1 if every else None)
    )


@bp.get("/events/<slug>/registered")
@public
def registered(slug: str) -> Response:
    """Show what comes next after registering: the same for everybody, nothing personal in it."""
    found = _event(slug)
    full, every = (request.args.get(name) == "1" for name in ("full", "every"))
    return answer("registration/done.html", event=found, full=full, every=every)
