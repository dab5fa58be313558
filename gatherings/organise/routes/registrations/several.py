"""Several registrations at once: asked for, waiting with Undo, done, and told in numbers."""

from typing import Any

from flask import Response, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.registrations.people import path_of, read_again, read_filter, show_list
from gatherings.registration.actions import bulk
from gatherings.registration.actions.bulk_kinds import KINDS
from gatherings.registration.bulk_queries import list_pending
from gatherings.registration.listing import Filter
from gatherings.web.answers import answer, go, wants_fragment

_BASE = "/events/<event>/registrations/several"
_MOST_TICKED = 1000  # of one page; more come by "all that are found"


@bp.get(_BASE)
@may("people")
def several_asked(event: Event) -> Response:
    """Lead who opens the address of a press, or comes back to it, to the list."""
    return go(path_of(event, {}))


@bp.post(_BASE)
@may("people")
def ask_several(event: Event) -> Response:
    """Ask for something for those who are ticked: it waits for 60 seconds."""
    filter, form, me = read_filter(), request.form, organiser()
    ticked = bulk.Ticked(
        public_ids=form.getlist("row")[:_MOST_TICKED],
        everybody=form.get("everybody") == "yes",
        filter=filter,
        seen=_number(form.get("seen", "")),
    )
    event_id, back = event.id, path_of(event, {**filter.to_args(), **_place(form)})
    kind = form.get("kind", "")
    try:
        transact(bulk.ask, event_id, kind, ticked, person_id=me.id, actor=me.public_id, now=utc_now())
    except InvalidInput as refusal:
        return _again(event_id, filter, 422, refusal.problems[0].sentence, ticked)
    except Conflict as refusal:
        return _again(event_id, filter, 409, refusal.sentence, ticked)
    return go(f"{back}#pending")


def _again(event_id: int, filter: Filter, status: int, problem: Any, ticked: bulk.Ticked) -> Response:
    at = request.form.get("at", "")[:100]
    chosen = frozenset(ticked.public_ids)
    return show_list(
        read_again(event_id),
        filter,
        at=at,
        status=status,
        problem=problem,
        ticked=chosen,
        chosen_kind=request.form.get("kind", ""),
    )


@bp.get("/events/<event>/registrations/pending")
@may("people")
def pending(event: Event) -> Response:
    """Give again what waits; the list is read afresh once something was done."""
    if not wants_fragment():
        return go(path_of(event, {}))
    rows = list_pending(current_session(), event.id, now=utc_now())
    response = answer(
        "organise/registrations/_pending.html", event=event, list_path=path_of(event, {}), pending=rows,
        kinds_all=KINDS, args=read_filter().to_args(),
    )  # fmt: skip
    open_before = request.args.get("open", "")
    if open_before and not any(row.public_id == open_before and row.state != "done" for row in rows):
        response.headers["HX-Trigger"] = "registrations-changed"
    return response


@bp.post(f"{_BASE}/<change>/undo")
@may("people")
def undo_several(event: Event, change: str) -> Response:
    """Take back what waits."""
    back = path_of(event, {**read_filter().to_args(), "done": "undone"})
    transact(bulk.undo, event.id, change, actor=organiser().public_id, now=utc_now())
    return go(f"{back}#pending")


@bp.post(f"{_BASE}/<change>/now")
@may("people")
def do_several_now(event: Event, change: str) -> Response:
    """Let what waits begin at once."""
    back = path_of(event, read_filter().to_args())
    transact(bulk.do_now, event.id, change, now=utc_now())
    return go(f"{back}#pending")


@bp.post(f"{_BASE}/<change>/dismiss")
@may("people")
def dismiss_several(event: Event, change: str) -> Response:
    """Take an outcome away."""
    back = path_of(event, read_filter().to_args())
    transact(bulk.dismiss, event.id, change)
    return go(back)


def _place(form: Any) -> dict[str, str]:
    at = form.get("at", "")[:100]
    return {"at": at} if at else {}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else -1
