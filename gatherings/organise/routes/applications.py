"""Applications for bursaries: read, granted, declined."""

from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict
from gatherings.core.words import Sentence
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.forms.applications import DecisionForm, decision_form
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.tickets import event_again
from gatherings.tickets.actions.applications import approve, decline
from gatherings.tickets.queries.applications import (
    PAGE,
    STATES,
    count_states,
    get_of_event,
    granted_of,
    list_applications,
)
from gatherings.tickets.queries.kinds import kinds_of
from gatherings.web.answers import answer, go
from gatherings.web.requests import settings


@bp.get("/events/<event>/applications")
@may("money")
def applications(event: Event) -> Response:
    """Show who asks for a bursary: those to decide on first, others by the address."""
    return _list(event)


def _asked_state() -> str:
    state = request.values.get("state", "asked")
    return state if state in STATES else "asked"


def _path(event: Event, **values: Any) -> str:
    base = f"/organise/events/{event.slug}/applications"
    wanted = {name: value for name, value in values.items() if value not in ("", None, 1, "asked")}
    return f"{base}?{urlencode(wanted)}" if wanted else base


def _list(
    event: Event, *, status: int = 200, sent: tuple[str, DecisionForm] | None = None, refused: Sentence | None = None
) -> Response:
    session, now, state = current_session(), utc_now(), _asked_state()
    typed = request.values.get("page", "1")
    page = int(typed) if typed.isascii() and typed.isdecimal() and 0 < len(typed) < 5 and int(typed) else 1
    rows, found = list_applications(session, event.id, state, page=page)
    forms = {row.public_id: decision_form(row, event, now) for row in rows}
    if sent is not None:
        forms[sent[0]] = sent[1]
    kinds = [kind for kind in kinds_of(session, event.id) if kind.by_application]
    return answer(
        "organise/tickets/applications.html",
        status=status,
        event=event,
        community=event.community,
        rows=rows,
        forms=forms,
        found=found,
        state=state,
        number_of_page=page,
        pages=-(-found // PAGE),
        counts=count_states(session, event.id),
        kinds=kinds,
        granted=granted_of(session, event.id, now),
        path=lambda **values: _path(event, **values),
        problems=sent[1].problems if sent is not None else [],
        refused=refused,
        done=request.args.get("done", ""),
        now=now,
    )


@bp.post("/events/<event>/applications/<application>")
@may("money")
def decide_application(event: Event, application: str) -> Response:
    """Grant or decline one; they are told by mail."""
    session, now = current_session(), utc_now()
    found = get_of_event(session, event.id, application)
    approving = request.form.get("do") == "approve"
    form = decision_form(found, event, now, read=True)
    if not form.check(event, now, approving=approving):
        return _list(event, status=422, sent=(found.public_id, form))
    who, event_id, slug = organiser(), event.id, event.slug
    common = {"answer": form.answer.clean, "person_id": who.id, "actor": who.public_id, "now": now}
    try:
        if approving:
            did = transact(approve, event_id, application, settings().site, until_at=form.until_at, **common)
        else:
            did = transact(decline, event_id, application, settings().site, **common)
    except Conflict as refusal:
        return _list(event_again(event_id), status=409, refused=refusal.sentence)
    note = ("approved" if approving else "declined") if did else "before"
    state = _asked_state()
    more = {"done": note} | ({"state": state} if state != "asked" else {})
    return go(f"/organise/events/{slug}/applications?{urlencode(more)}")
