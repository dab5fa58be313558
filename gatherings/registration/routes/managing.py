"""Managing one's registration by its link: see, change, send again, cancel. Opening a link never acts."""

from typing import Any

from flask import Response, make_response, redirect, request
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.registration.actions import cancel, cancel_series, change_details, not_me, send_again, withdraw_consent
from gatherings.registration.actions.changing import change_series_details, withdraw_series_consent
from gatherings.registration.actions.disowning import not_me_series, send_series_again
from gatherings.registration.forms import answers_of, check
from gatherings.registration.links import manage_path
from gatherings.registration.models import Registration
from gatherings.registration.own_tickets import own_tickets
from gatherings.registration.queries import get_every_of
from gatherings.registration.routes.blueprint import bp
from gatherings.registration.routes.showing import Thing, back, details_of, look, page, press
from gatherings.registration.rules import LIVE
from gatherings.web.answers import answer, go
from gatherings.web.requests import settings
from gatherings.web.rights import by_link, public

BOTH = ["GET", "POST"]


@bp.get("/registrations/<token>")
@by_link("manage", "manage-series")
def manage(token: str) -> Response:
    """Show a registration, or an "every month", with all that can be done about it now."""
    return page(look(token), note=request.args.get("done"))


def only_shown(thing: Thing) -> Response:
    """Lead somebody who opened the address of a button to the page it stands on."""
    return make_response(redirect(manage_path(thing), code=302))


@bp.route("/registrations/<token>/details", methods=BOTH)
@by_link("manage", "manage-series")
def details(token: str) -> Response:
    """Change name, zone and answers."""
    thing = look(token)
    if request.method != "POST":
        return only_shown(thing)
    form = details_of(current_session(), thing, read=True)
    if not check(form):
        return page(thing, status=422, details=form)
    changes: dict[str, Any] = {"name": form.name.clean, "zone": form.zone.clean, "answers": answers_of(form)}

    def act(session: Session, mine: Thing) -> str:
        if isinstance(mine, Registration):
            refuse_what_is_over(mine.event)
            change_details(session, mine, **changes, now=utc_now())
        else:
            change_series_details(session, mine, **changes, now=utc_now())
        return "kept"

    return back(token, press(token, act))


def refuse_what_is_over(event: Event) -> None:
    """Refuse to change what is over or cancelled; raises Conflict."""
    state = door(event, utc_now())
    if state in (Door.OVER, Door.CANCELLED):
        raise Conflict(DOOR_WORDS[state])


@bp.route("/registrations/<token>/cancel", methods=BOTH)
@by_link("manage", "manage-series")
def cancel_it(token: str) -> Response:
    """Cancel, or leave the waiting list; GET asks, a press acts."""
    thing = look(token)
    if request.method != "POST":
        return answer("registration/cancel.html", thing=thing, path=manage_path(thing), **_about(thing))

    def act(session: Session, mine: Thing) -> str:
        if not isinstance(mine, Registration):
            return "cancelled" if cancel_series(session, mine, settings().site, now=utc_now()) else "before"
        if mine.state in LIVE:
            refuse_what_is_over(mine.event)
        return "cancelled" if cancel(session, mine, settings().site, now=utc_now()) else "before"

    return back(token, press(token, act))


@bp.route("/registrations/<token>/send-again", methods=BOTH)
@by_link("manage", "manage-series")
def send_it_again(token: str) -> Response:
    """Send the invite again."""
    thing = look(token)
    if request.method != "POST":
        return only_shown(thing)

    def act(session: Session, mine: Thing) -> str:
        if not isinstance(mine, Registration):
            send_series_again(session, mine, settings().site, now=utc_now())
            return "sent"
        refuse_what_is_over(mine.event)
        if mine.state not in LIVE:
            raise Conflict(say("This registration was cancelled. You are welcome to register again."))
        send_again(session, mine, settings().site, now=utc_now())
        return "sent"

    return back(token, press(token, act))


@bp.route("/registrations/<token>/not-me", methods=BOTH)
@by_link("manage", "manage-series")
def this_was_not_me(token: str) -> Response:
    """Undo what a stranger did with this address; GET asks, a press acts."""
    thing = look(token)
    if request.method != "POST":
        return answer("registration/not_me.html", thing=thing, path=manage_path(thing), **_about(thing))

    def act(session: Session, mine: Thing) -> str:
        # Mail about one date of "every month" leads here too: whoever it was not wants to hear of no date again.
        every = get_every_of(session, mine) if isinstance(mine, Registration) else mine
        if every is not None:
            not_me_series(session, every, settings().site, now=utc_now())
        elif isinstance(mine, Registration):
            not_me(session, mine, settings().site, now=utc_now())
        return "forgotten"

    press(token, act)
    return go("/registrations/forgotten")


@bp.get("/registrations/forgotten")
@public
def forgotten() -> Response:
    """Say that the registration is gone; nothing personal stands here."""
    return answer("registration/forgotten.html")


@bp.route("/registrations/<token>/consents/<int:consent_id>/withdraw", methods=BOTH)
@by_link("manage", "manage-series")
def withdraw(token: str, consent_id: int) -> Response:
    """Withdraw one consent."""
    thing = look(token)
    if request.method != "POST" or consent_id >= 2**31:
        return only_shown(thing)

    def act(session: Session, mine: Thing) -> str:
        if isinstance(mine, Registration):
            withdraw_consent(session, mine, consent_id, now=utc_now())
        else:
            withdraw_series_consent(session, mine, consent_id, now=utc_now())
        return "withdrawn"

    return back(token, press(token, act))


def _about(thing: Thing) -> dict[str, Any]:
    if isinstance(thing, Registration):
        own = own_tickets(current_session(), thing, thing.event, now=utc_now()) if thing.state in LIVE else None
        return {"event": thing.event, "title": thing.event.title, "community": thing.event.community, "own": own}
    return {"event": None, "title": thing.series.title, "community": thing.series.community, "own": None}
