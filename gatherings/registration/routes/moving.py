"""Moving: from the room to online and back, and to another e-mail address (confirmed from there)."""

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.accounts.forms import AddressForm
from gatherings.accounts.links import wrong_links_counted
from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.events.models import Event, Series
from gatherings.registration.actions import ask_new_address, confirm_new_address, move_to
from gatherings.registration.actions.moving_address import person_of_address_link
from gatherings.registration.actions.moving_series import (
    ask_new_series_address,
    confirm_new_series_address,
    move_series_to,
    person_of_series_address_link,
)
from gatherings.registration.models import Registration
from gatherings.registration.queries import get_by_link, get_series_by_link
from gatherings.registration.routes.blueprint import bp
from gatherings.registration.routes.managing import BOTH, only_shown, refuse_what_is_over
from gatherings.registration.routes.showing import Thing, back, look, page, press
from gatherings.web.answers import answer, go
from gatherings.web.requests import settings
from gatherings.web.rights import by_link, claim_of, public


@bp.route("/registrations/<token>/side", methods=BOTH)
@by_link("manage", "manage-series")
def side(token: str) -> Response:
    """Move between the room and online; who comes every month with all coming dates."""
    thing = look(token)
    wished = request.form.get("side", "")
    if request.method != "POST":
        return only_shown(thing)

    def act(session: Session, mine: Thing) -> str:
        if wished not in ("room", "online"):
            raise Conflict(say("Please choose again: in the room or online."))
        if isinstance(mine, Registration):
            return "moved" if move_to(session, mine, wished, settings().site, now=utc_now()) else "before"
        return "moved" if move_series_to(session, mine, wished, settings().site, now=utc_now()) else "before"

    return back(token, press(token, act))


@bp.route("/registrations/<token>/address", methods=BOTH)
@by_link("manage", "manage-series")
def address(token: str) -> Response:
    """Ask for another e-mail address: a mail goes there, and nothing changes until its link is used."""
    thing = look(token)
    if request.method != "POST":
        return only_shown(thing)
    form = AddressForm()
    if not form.validate():
        return page(thing, status=422, other=form)

    def act(session: Session, mine: Thing) -> str:
        if isinstance(mine, Registration):
            refuse_what_is_over(mine.event)
            ask_new_address(session, mine, form.address, settings().site, now=utc_now())
        else:
            ask_new_series_address(session, mine, form.address, settings().site, now=utc_now())
        return "asked"

    return back(token, press(token, act))


@bp.route("/registrations/<token>/address/<secret>", methods=BOTH)
@by_link("address", "address-series")
def confirm_address(token: str, secret: str) -> Response:
    """Confirm another address from there; GET asks, a press acts.

    The link in that mail carries a token for this alone: whoever got it by a slip of the keys can do nothing else.
    """
    if request.method != "POST":
        with wrong_links_counted():
            about = _asked_about(_moving(current_session(), token), secret)
        return answer("registration/confirm_address.html", about=about, path=request.path)

    def act(session: Session) -> None:
        thing = _moving(session, token)
        if isinstance(thing, Registration):
            confirm_new_address(session, thing, secret, settings().site, now=utc_now())
        else:
            confirm_new_series_address(session, thing, secret, settings().site, now=utc_now())

    with wrong_links_counted():
        transact(act)
    return go("/registrations/moved")


def _asked_about(thing: Thing, secret: str) -> Event | Series:
    if isinstance(thing, Registration):
        person_of_address_link(current_session(), thing, secret, now=utc_now())
        return thing.event
    person_of_series_address_link(current_session(), thing, secret, now=utc_now())
    return thing.series


def _moving(session: Session, token: str) -> Thing:
    purpose, claim = claim_of(token, "address", "address-series")
    if purpose == "address-series":
        return get_series_by_link(session, claim)
    registration = get_by_link(session, claim)
    if registration.series_registration_id is not None:
        raise NotFound()
    return registration


@bp.get("/registrations/moved")
@public
def moved() -> Response:
    """Say that the registration has moved; the new link went to the new address."""
    return answer("registration/moved.html")
