"""The slots of an event at a glance: how the call, what was offered, the order and the show stand, and what is next."""

from functools import partial

from flask import Response
from sqlalchemy import select

from gatherings.calls.queries.call import find_call
from gatherings.calls.rules.call import room_of
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.live.models import Run
from gatherings.organise.access import may
from gatherings.organise.routes.blueprint import bp
from gatherings.slots.glance import glance_at
from gatherings.slots.queries import find_order, plan_of
from gatherings.slots.rules.next_step import next_step
from gatherings.web.answers import answer
from gatherings.web.visitor import visitor_zone


@bp.get("/events/<event>/slots")
@may("look")
def slots(event: Event) -> Response:
    """Show how the slots of an event stand, and the one thing that comes next."""
    session, now = current_session(), utc_now()
    call, order = find_call(session, event.id), find_order(session, event.id)
    run = None
    if order is not None:
        run = session.scalars(select(Run).where(Run.order_id == order.id)).one_or_none()
    glance = glance_at(
        session, event, call, order, live=run.state if run is not None and not run.rehearsal else "", now=now
    )
    return answer(
        "organise/call/slots.html",
        event=event,
        community=event.community,
        call=call,
        room=room_of(call, event) if call is not None else None,
        order=order,
        timed=plan_of(order, event) if order is not None else [],
        local=partial(zones.to_local, zone=event.zone),
        glance=glance,
        step=next_step(glance),
        now=now,
        zone=visitor_zone(),
    )
