"""Registering somebody by hand."""

from typing import Any

from flask import Response, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput
from gatherings.core.words import Sentence, say, say_many
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.rules import DOOR_WORDS, Door, door
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.taking import by_hand_form, check_by_hand, wanted_by_hand
from gatherings.organise.routes.blueprint import bp
from gatherings.payments.actions.giving_tickets import ticket_by_hand
from gatherings.registration.actions.by_hand import register_by_hand
from gatherings.registration.forms import is_full
from gatherings.registration.rules import Outcome
from gatherings.web.answers import answer, go
from gatherings.web.requests import settings

_DONE = {
    "placed": say("They are registered."),
    "waiting": say("They are on the waiting list."),
    "known": say("They were registered before, so nothing was changed."),
}


@bp.route("/events/<event>/registrations/new", methods=["GET", "POST"])
@may("people")
def register_somebody(event: Event) -> Response:
    """Show the form, or register."""
    session = current_session()
    form = by_hand_form(session, event)
    if request.method != "POST":
        return _page(event, form)
    if not check_by_hand(form):
        return _page(event, form, status=422)
    session.expunge_all()  # what was read for the screen stays readable
    try:
        outcome, capacity = _register(event.id, form)
    except InvalidInput as refusal:
        form.take_problems(refusal)
        return _page(event, form, status=422)
    except Conflict as refusal:
        return _page(event, form, status=409, refused=refusal.sentence)
    done = "known" if not outcome.new else "waiting" if outcome.full and not outcome.online_meanwhile else "placed"
    made = f"&places={capacity}" if capacity is not None else ""
    return go(f"/organise/events/{event.slug}/registrations/new?done={done}&who={outcome.public_id}{made}")


def _register(event_id: int, form: Any) -> tuple[Outcome, int | None]:
    """Register them, with the ticket that was chosen; give what came of it, and how many places there are now."""
    wanted, over, now, actor = wanted_by_hand(form), form.full.data == "over", utc_now(), organiser().public_id
    site = settings().site
    if "ticket" in form and form.ticket.data:
        kind, way = form.ticket.data, form.pay.data
        outcome = transact(ticket_by_hand, event_id, wanted, kind, way, site, over=over, actor=actor, now=now)
        return outcome, None
    return transact(register_by_hand, event_id, wanted, site, over=over, actor=actor, now=now)


def _page(event: Event, form: Any, *, status: int = 200, refused: Sentence | None = None) -> Response:
    state = door(event, utc_now())
    over = state in (Door.OVER, Door.CANCELLED) or event.status == "draft"
    places = request.args.get("places", "")
    return answer(
        "organise/registration_new.html", status=status, event=event, community=event.community, form=form,
        refused=refused, over=DOOR_WORDS.get(state, say("This gathering is not published yet.")) if over else None,
        closed=DOOR_WORDS.get(state) if state is not Door.OPEN else None,
        full={"room": is_full(event.room), "online": is_full(event.online)},
        note=_DONE.get(request.args.get("done", "")) if status == 200 else None, who=request.args.get("who", ""),
        places=say_many("There is %(num)s place now.", "There are %(num)s places now.", int(places))
        if places.isdecimal() and len(places) < 9 else None,
    )  # fmt: skip
