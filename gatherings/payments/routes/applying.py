"""Asking for a bursary, and one's own application by its link."""

from flask import Response, redirect, request, url_for
from sqlalchemy.orm import Session

from gatherings.accounts.links import wrong_links_counted
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, NotFound
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.queries import Moved, get_event_for_form
from gatherings.events.rules import door
from gatherings.payments.forms.applying import ApplyForm, apply_form
from gatherings.payments.routes.blueprint import bp
from gatherings.tickets.actions.applications import apply_for, withdraw
from gatherings.tickets.models import Application
from gatherings.tickets.queries.applications import get_application
from gatherings.tickets.queries.kinds import find_open_sale, kinds_on_application
from gatherings.tickets.rules.applications import may_be_used
from gatherings.web.answers import answer, go, wants_fragment
from gatherings.web.i18n import language_now
from gatherings.web.requests import asking_network, settings
from gatherings.web.rights import by_link, claim_of, public
from gatherings.web.visitor import checked_slug, visitor_zone


@bp.route("/events/<slug>/bursary", methods=["GET", "POST"])
@public
def apply(slug: str) -> Response:
    """Show the form that asks for a bursary, or take it."""
    event = _event(slug)
    if event.slug != slug and request.method != "POST":
        moved = redirect(url_for("payments.apply", slug=event.slug), code=301)
        return Response(moved.get_data(), moved.status_code, moved.headers)
    form = _form_for(event)
    if request.method != "POST":
        return _form(form)
    if form.closed_words:
        return _form(form, status=409)
    slug = event.slug  # a transaction forgets what was read before it
    if form.fax.data:
        return _thanks(slug)
    if not form.validate():
        return _form(form, status=422)
    try:
        transact(
            apply_for,
            event.id,
            form.asking(language_now()),
            settings().site,
            now=utc_now(),
            network=asking_network(),
            network_limit=settings().network_limit,
        )
    except Conflict as refusal:
        return _form(_form_for(_event(slug)), status=409, refusal=refusal)
    return _thanks(slug)


def _event(slug: str) -> Event:
    """Read an event by its slug, or by one it once had; raises NotFound."""
    found = get_event_for_form(current_session(), checked_slug(slug))
    if isinstance(found, Moved):
        found = get_event_for_form(current_session(), found.slug)
    if isinstance(found, Moved):
        raise NotFound()
    return found


def _form_for(event: Event) -> ApplyForm:
    session, now = current_session(), utc_now()
    if "tickets" not in event.offers.split():
        raise NotFound()
    kinds = kinds_on_application(session, event.id, now) if find_open_sale(session, event.id) else []
    return apply_form(
        event, [one for one in kinds if one.standing.state in ("open", "full")], door(event, now), visitor_zone()
    )


def _form(form: ApplyForm, *, status: int = 200, refusal: Conflict | None = None) -> Response:
    return answer(
        "payments/apply.html", "payments/_apply.html", status=status, form=form, event=form.event, refusal=refusal,
        zone=visitor_zone(),
    )  # fmt: skip


def _thanks(slug: str) -> Response:
    if wants_fragment():
        return answer("payments/applied.html", "payments/_applied.html", event=_event(slug))
    return go(url_for("payments.applied", slug=slug))


@bp.get("/events/<slug>/applied")
@public
def applied(slug: str) -> Response:
    """Thank whoever applied: the same for everybody, nothing personal in it."""
    return answer("payments/applied.html", event=_event(slug))


@bp.get("/applications/<token>")
@by_link("application")
def application(token: str) -> Response:
    """Show somebody their application: how it stands, and what can be done."""
    return _own(token, _read(token))


def _read(token: str) -> Application:
    with wrong_links_counted():
        return get_application(current_session(), claim_of(token, "application")[1])


def _own(token: str, found: Application) -> Response:
    now = utc_now()
    return answer(
        "payments/application.html",
        "payments/_application.html",
        application=found,
        event=found.event,
        token=token,
        usable=may_be_used(found.state, found.until_at, now),
        now=now,
    )


@bp.route("/applications/<token>/withdraw", methods=["GET", "POST"])
@by_link("application")
def withdraw_application(token: str) -> Response:
    """Take an application back; opening the address shows the page that asks."""
    if request.method != "POST":
        return application(token)

    def act(session: Session) -> bool:
        return withdraw(session, claim_of(token, "application")[1], now=utc_now())

    with wrong_links_counted():
        transact(act)
    if wants_fragment():
        return _own(token, _read(token))
    return go(f"/applications/{token}")
