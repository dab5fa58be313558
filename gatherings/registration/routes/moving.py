"""Moving: from the room to online and back, and to another e-mail address (confirmed from there)."""

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.registration.actions import ask_new_address, confirm_new_address, move_to
from gatherings.registration.forms import AddressForm
from gatherings.registration.actions.moving_address import person_of_address_link
from gatherings.registration.links import wrong_links_counted
from gatherings.registration.models import Registration
from gatherings.registration.queries import get_by_link
from gatherings.registration.routes.blueprint import bp
from gatherings.registration.routes.managing import BOTH, only_shown, refuse_what_is_over
from gatherings.registration.routes.showing import Thing, back, look, page, press
from gatherings.web.answers import answer, go
from gatherings.web.requests import settings
from gatherings.web.rights import by_link, claim_of, public


@bp.route("/registrations/<token>/side", methods=BOTH)
@by_link("manage")
def side(token: str) -> Response:
    """Move between the room and online."""
    thing = look(token)
    wished = request.form.get("side", "")
    if request.method != "POST" or not isinstance(thing, Registration):
        return only_shown(thing)

    def act(session: Session, mine: Thing) -> str:
        assert isinstance(mine, Registration)  # looked at above, by the same token
        if wished not in ("room", "online"):
            raise Conflict(say("Please choose again: in the room or online."))
        return "moved" if move_to(session, mine, wished, settings().site, now=utc_now()) else "before"

    return back(token, press(token, act))


@bp.route("/registrations/<token>/address", methods=BOTH)
@by_link("manage")
def address(token: str) -> Response:
    """Ask for another e-mail address: a mail goes there, and nothing changes until its link is used."""
    thing = look(token)
    if request.method != "POST" or not isinstance(thing, Registration):
        return only_shown(thing)
    form = AddressForm()
    if not form.validate():
        return page(thing, status=422, other=form)

    def act(session: Session, mine: Thing) -> str:
        assert isinstance(mine, Registration)  # looked at above, by the same token
        refuse_what_is_over(mine.event)
        ask_new_address(session, mine, form.address, settings().site, now=utc_now())
        return "asked"

    return back(token, press(token, act))


@bp.route("/registrations/<token>/address/<secret>", methods=BOTH)
@by_link("address")
def confirm_address(token: str, secret: str) -> Response:
    """Confirm another address from there; GET asks, a press acts.

    The link in that mail carries a token for this alone: whoever got it by a slip of the keys can do nothing else.
    """
    if request.method != "POST":
        with wrong_links_counted():
            registration = _moving(current_session(), token)
            person_of_address_link(current_session(), registration, secret, now=utc_now())
        return answer("registration/confirm_address.html", event=registration.event, path=request.path)

    def act(session: Session) -> None:
        confirm_new_address(session, _moving(session, token), secret, settings().site, now=utc_now())

    with wrong_links_counted():
        transact(act)
    return go("/registrations/moved")


def _moving(session: Session, token: str) -> Registration:
    _purpose, claim = claim_of(token, "address")
    registration = get_by_link(session, claim)
    if registration.series_registration_id is not None:
        raise NotFound()
    return registration


@bp.get("/registrations/moved")
@public
def moved() -> Response:
    """Say that the registration has moved; the new link went to the new address."""
    return answer("registration/moved.html")
