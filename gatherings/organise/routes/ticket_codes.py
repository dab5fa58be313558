"""The codes of an event's tickets: listed with their uses, added, changed, taken out of use."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.core.tokens import new_public_id
from gatherings.core.words import Sentence
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.conflicts import Row, compare, pack, unpack
from gatherings.organise.forms.codes import CodeForm, code_data, code_form, code_labels, effect_choices, first_code
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.tickets import BOTH, checked, event_again, key_sent
from gatherings.organise.ticket_view import CODE_STANDS, code_rows, example_of
from gatherings.tickets.actions import codes as actions
from gatherings.tickets.actions.selling import Overtaken
from gatherings.tickets.models import Code, Sale, TicketKind
from gatherings.tickets.queries.kinds import codes_of, find_code, find_sale, kinds_of
from gatherings.web.answers import answer, go
from gatherings.web.visitor import visitor_zone


@bp.get("/events/<event>/tickets/codes")
@may("money")
def ticket_codes(event: Event) -> Response:
    """List the codes of an event."""
    session, now = current_session(), utc_now()
    sale, kinds = find_sale(session, event.id), kinds_of(session, event.id, retired=True)
    rows = code_rows(kinds, codes_of(session, event.id), now)
    examples = {row.code.id: example_of(row.code, kinds, sale, now) for row in rows} if sale is not None else {}
    return answer(
        "organise/tickets/codes.html",
        event=event,
        community=event.community,
        sale=sale,
        rows=[row for row in rows if not row.code.retired],
        retired=[row for row in rows if row.code.retired],
        examples=examples,
        stands=CODE_STANDS,
        effects=dict(effect_choices()),
        many=sale is not None and sale.stacking == "all",
        now=now,
        zone=visitor_zone(),
        done=request.args.get("done", ""),
    )


@bp.route("/events/<event>/tickets/codes/new", methods=BOTH)
@may("money")
def new_code(event: Event) -> Response:
    """Add a code."""
    sale = find_sale(current_session(), event.id)
    if sale is None:
        return go(f"/organise/events/{event.slug}/tickets/sale?first=yes")
    return _code(event, sale, None, first_code())


@bp.route("/events/<event>/tickets/codes/<public_id>", methods=BOTH)
@may("money")
def edit_code(event: Event, public_id: str) -> Response:
    """Change a code."""
    session = current_session()
    sale, code = find_sale(session, event.id), find_code(session, event.id, checked(public_id))
    if sale is None or code is None:
        raise NotFound()
    return _code(event, sale, code, actions.code_values(code, event.zone))


@bp.post("/events/<event>/tickets/codes/<public_id>/remove")
@may("money")
def remove_code(event: Event, public_id: str) -> Response:
    """Delete a code that nobody used, or take it out of use."""
    return _press(event, actions.remove_code, public_id, "")


@bp.post("/events/<event>/tickets/codes/<public_id>/use")
@may("money")
def use_code(event: Event, public_id: str) -> Response:
    """Let a code be used again."""
    return _press(event, actions.use_again, public_id, "again")


def _press(event: Event, action: Callable[..., Any], public_id: str, done: str) -> Response:
    event_id, slug = event.id, event.slug
    outcome = transact(action, event_id, checked(public_id), by=organiser().id, now=utc_now())
    return go(f"/organise/events/{slug}/tickets/codes?done={done or outcome}")


def _code(event: Event, sale: Sale, code: Code | None, values: dict[str, Any]) -> Response:
    kinds = _kinds(event.id, code)
    form = code_form(values, kinds, sale.currency)
    if request.method != "POST":
        form.edits.data = str(code.edits) if code is not None else ""
        form.base.data = pack(values) if code is not None else ""
        form.key.data = new_public_id() if code is None else ""
        return _page(event, sale, code, form)
    wanted = form.check()
    if wanted is None:
        return _page(event, sale, code, form, status=422)
    event_id, slug, currency = event.id, event.slug, sale.currency
    public_id = code.public_id if code is not None else key_sent()
    edits = None if code is None else -1 if form.opened is None else form.opened
    for _try in range(3):
        try:
            kept = transact(
                actions.save_code, event_id, public_id, wanted, edits=edits, by=organiser().id, now=utc_now()
            )
        except InvalidInput as refusal:
            form.take_problems(refusal)
            return _again(event_id, public_id, form, status=422)
        except Conflict as refusal:
            if not isinstance(refusal, Overtaken):
                return _again(event_id, public_id, form, status=409, refused=refusal.sentence)
            rows = compare(code_labels(), wanted, refusal.present, unpack(form.base.data))
            if not rows:  # they saved the very same: nothing to look at
                edits = refusal.edits
                continue
            merged = wanted | {row.name: refusal.present[row.name] for row in rows if not row.both}
            for name, value in code_data(merged, currency).items():
                form[name].data = value
            form.edits.data, form.base.data = str(refusal.edits), pack(refusal.present)
            return _again(event_id, public_id, form, rows=_worded(rows, refusal, wanted, currency), status=409)
        return go(f"/organise/events/{slug}/tickets/codes?done={'added' if kept.made else 'saved'}")
    raise AssertionError("who saves the very same three times meanwhile")


def _worded(rows: list[Row], news: Overtaken, wanted: dict[str, Any], currency: str) -> list[Row]:
    """Write what differs as the form shows it."""
    theirs, mine = code_data(news.present, currency), code_data(wanted, currency)
    made = []
    for row in rows:
        if row.name == "value":
            now, own = (one["percent"] or one["value"] for one in (theirs, mine))
        elif row.name in ("opens", "closes"):
            now, own = (f"{one[row.name + '_date']} {one[row.name + '_time']}" for one in (theirs, mine))
        elif row.name in ("code", "note", "uses", "most_each"):
            now, own = theirs[row.name], mine[row.name]
        elif row.name == "effect":
            now, own = (dict(effect_choices())[one["effect"]] for one in (theirs, mine))
        else:
            now, own = row.now, row.mine
        made.append(Row(row.name, row.label, row.base, now, own, row.both))
    return made


def _kinds(event_id: int, code: Code | None) -> list[TicketKind]:
    """List the kinds that a code can be about: those offered, and retired ones that it names already."""
    named = code.kinds if code is not None else []
    kinds = kinds_of(current_session(), event_id, retired=True)
    return [kind for kind in kinds if not kind.retired or kind.public_id in named]


def _again(
    event_id: int,
    public_id: str,
    form: CodeForm,
    *,
    rows: list[Row] | None = None,
    status: int,
    refused: Sentence | None = None,
) -> Response:
    session = current_session()
    sale = find_sale(session, event_id)
    if sale is None:
        raise NotFound()
    code = find_code(session, event_id, public_id)
    return _page(event_again(event_id), sale, code, form, rows=rows, status=status, refused=refused)


def _page(
    event: Event,
    sale: Sale,
    code: Code | None,
    form: CodeForm,
    *,
    rows: list[Row] | None = None,
    status: int = 200,
    refused: Sentence | None = None,
) -> Response:
    return answer(
        "organise/tickets/code.html",
        status=status,
        event=event,
        community=event.community,
        sale=sale,
        code=code,
        kinds=_kinds(event.id, code),
        form=form,
        rows=rows or [],
        labels=code_labels(),
        refused=refused,
    )
