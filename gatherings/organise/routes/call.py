"""The call for slots: written, published, closed, opened again."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from gatherings.calls.actions import call as actions
from gatherings.calls.actions.call import Overtaken, values_of
from gatherings.calls.models import Call
from gatherings.calls.queries.call import find_call
from gatherings.calls.rules.call import room_of, shortfall, state_of
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.conflicts import Row, compare, pack, unpack
from gatherings.organise.forms.call import (
    CallForm,
    UntilForm,
    ask_labels,
    call_form,
    first_values,
    form_data,
    labels,
    shown,
)
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.call_beside import FIELDS, beside_of
from gatherings.planning.queries.events import editable
from gatherings.web.answers import answer, go
from gatherings.web.i18n import words
from gatherings.web.markdown import render
from gatherings.web.visitor import visitor_zone


@bp.route("/events/<event>/call", methods=["GET", "POST"])
@may("choose")
def call(event: Event) -> Response:
    """Show the form of an event's call, or save it; nothing that somebody else saved is lost."""
    found = find_call(current_session(), event.id)
    values = values_of(found) if found is not None else first_values(event, utc_now())
    form = call_form(values)
    if request.method != "POST":
        _open(form, found)
        return _page(event, found, form)
    wanted = form.check()
    if wanted is None:
        return _page(event, found, form, status=422)
    if request.form.get("do", "").startswith("check"):
        return _page(event, found, form)
    return _save(event, form, wanted)


def _save(event: Event, form: CallForm, wanted: dict[str, Any]) -> Response:
    event_id, slug, edits = event.id, event.slug, form.opened
    for _try in range(3):
        try:
            saved = transact(actions.save_call, event_id, wanted, edits=edits, by=organiser().id, now=utc_now())
        except InvalidInput as refusal:
            form.take_problems(refusal)
            return _page(_again(event_id), find_call(current_session(), event_id), form, status=422)
        except Overtaken as news:
            rows = _rows(news, wanted, form)
            if not rows:  # they saved the very same: nothing to look at
                edits = news.edits
                continue
            form.fill({row.name: news.present[row.name] for row in rows if not row.both})
            call = find_call(current_session(), event_id)
            _open(form, call)
            return _page(_again(event_id), call, form, rows=[_worded(row, news, wanted) for row in rows], status=409)
        done = "made" if saved.made else "saved"
        return go(f"/organise/events/{slug}/call?done={done}")
    raise AssertionError("who saves the very same three times meanwhile")


def _rows(news: Overtaken, wanted: dict[str, Any], form: CallForm) -> list[Row]:
    return compare(labels(), wanted, news.present, unpack(form.base.data))


def _worded(row: Row, news: Overtaken, wanted: dict[str, Any]) -> Row:
    theirs, mine = shown(row.name, news.present[row.name]), shown(row.name, wanted[row.name])
    return Row(row.name, row.label, row.base, theirs, mine, row.both)


def _open(form: CallForm, call: Call | None) -> None:
    """Note the state that the form is opened with."""
    form.edits.data = str(call.edits) if call is not None else ""
    form.base.data = pack(values_of(call)) if call is not None else ""


@bp.post("/events/<event>/call/publish")
@may("choose")
def publish_call(event: Event) -> Response:
    """Let everybody see a call; it opens at its time."""
    return _press(event, actions.publish_call, "published")


@bp.post("/events/<event>/call/unpublish")
@may("choose")
def unpublish_call(event: Event) -> Response:
    """Make a call a draft again, where nobody has sent anything."""
    return _press(event, actions.unpublish_call, "draft")


@bp.post("/events/<event>/call/close")
@may("choose")
def close_call(event: Event) -> Response:
    """Close an open call now."""
    return _press(event, actions.close_call, "closed")


@bp.post("/events/<event>/call/reopen")
@may("choose")
def reopen_call(event: Event) -> Response:
    """Open a call again, until a day and hour."""
    event_id, slug = event.id, event.slug
    until = UntilForm()
    until.validate()
    closes = until.moment("closes")
    if closes is not None:
        try:
            transact(actions.reopen_call, event_id, closes, by=organiser().id, now=utc_now())
            return go(f"/organise/events/{slug}/call?done=reopened")
        except InvalidInput as refusal:
            until.take_problems(refusal)
    found = find_call(current_session(), event_id)
    form = call_form(values_of(found) if found is not None else first_values(event, utc_now()))
    if found is not None:
        form.process(formdata=None, data=form_data(values_of(found)))
    _open(form, found)
    return _page(_again(event_id), found, form, until=until, status=422)


def _press(event: Event, action: Callable[..., None], done: str) -> Response:
    slug = event.slug
    transact(action, event.id, by=organiser().id, now=utc_now())
    return go(f"/organise/events/{slug}/call?done={done}")


def _again(event_id: int) -> Event:
    return editable(current_session(), event_id)


def _page(
    event: Event,
    call: Call | None,
    form: CallForm,
    *,
    rows: list[Row] | None = None,
    until: UntilForm | None = None,
    status: int = 200,
) -> Response:
    now = utc_now()
    if until is None:
        until = UntilForm(formdata=None, data={"closes_time": "18:00"})
    notes = []
    if call is not None:
        room = room_of(call, event)
        notes = shortfall(values_of(call), call.accepted, room.used, room.seconds)
    looked = request.form.get("do") == "check:intro" and not form.problems
    return answer(
        "organise/call/call.html",
        status=status,
        event=event,
        community=event.community,
        call=call,
        state=state_of(call, event, now).value if call is not None else "none",
        form=form,
        until=until,
        problems=until.problems or form.problems,
        rows=rows or [],
        labels=labels(),
        asks=ask_labels(),
        beside=beside_of({field.name: field.data for field in form}, event, call),
        typed={name: form[name].data for name in FIELDS if form[name].data},
        notes=[words(one) for one in notes],
        preview=render(form.intro.data or "") if looked else None,
        now=now,
        zone=visitor_zone(),
        host_city=zones.city(event.zone),
        done=request.args.get("done", ""),
    )
