"""An event's tickets: what is sold and how it goes, put on sale, paused; and one kind of ticket."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from gatherings.core.clock import utc_now
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.core.tokens import PUBLIC_ID, new_public_id
from gatherings.core.words import Sentence
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.events.rules import Door, door
from gatherings.organise.access import may, organiser
from gatherings.organise.conflicts import Row, compare, pack, unpack
from gatherings.organise.forms.tickets import (
    KindForm,
    day_choices,
    first_kind,
    kind_data,
    kind_form,
    kind_labels,
    shown_value,
)
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.ticket_view import STANDS, count_without, kind_rows, used_kinds
from gatherings.payments.providers.registry import current_provider
from gatherings.planning.actions.selling import NotReady, keep_kind, lacks_now, publish_sale
from gatherings.planning.queries.events import editable
from gatherings.tickets.actions import kinds as actions
from gatherings.tickets.actions.selling import Overtaken, set_state, was_ordered
from gatherings.tickets.models import Sale, TicketKind
from gatherings.tickets.queries.kinds import codes_of, find_kind, find_sale, kinds_of
from gatherings.tickets.rules.selling import Lack
from gatherings.web.answers import answer, go
from gatherings.web.requests import settings
from gatherings.web.visitor import visitor_zone

BOTH = ["GET", "POST"]


def event_again(event_id: int) -> Event:
    """Read an event again after a writing transaction, as the frame of a screen needs it."""
    return editable(current_session(), event_id)


def key_sent() -> str:
    """Give the key that the form of something new came with, or make one for it: pressed twice, it is added once."""
    sent = request.form.get("key", "")
    return sent if PUBLIC_ID.fullmatch(sent) and sent[0].isalnum() else new_public_id()


def card_is_set_up() -> bool:
    """Tell whether people can pay by card on this installation."""
    return current_provider() is not None


@bp.get("/events/<event>/tickets")
@may("money")
def tickets(event: Event) -> Response:
    """Show the kinds of ticket, what was sold of each, and what a buyer sees."""
    return _overview(event)


def _overview(event: Event, *, status: int = 200, refused: Sentence | None = None) -> Response:
    session, now = current_session(), utc_now()
    sale, kinds = find_sale(session, event.id), kinds_of(session, event.id, retired=True)
    codes, card = codes_of(session, event.id), card_is_set_up()
    rows = kind_rows(session, event, sale, kinds, codes, now) if sale is not None else []
    lacks: list[Lack] = lacks_now(session, event, sale, kinds, card=card)
    return answer(
        "organise/tickets/overview.html",
        status=status,
        event=event,
        community=event.community,
        sale=sale,
        state=sale.state if sale is not None else "none",
        rows=[row for row in rows if not row.kind.retired],
        retired=[row for row in rows if row.kind.retired],
        lacks=lacks,
        card=card,
        ordered=was_ordered(session, event.id),
        without=count_without(session, event.id) if sale is not None else 0,
        used=dict.fromkeys(used_kinds(session, event.id), True),
        takes=door(event, now) in (Door.OPEN, Door.NOT_YET),
        day_names=dict(day_choices(event)),
        missing_pressed=status == 409,
        stands=STANDS,
        now=now,
        zone=visitor_zone(),
        refused=refused,
        done=request.args.get("done", ""),
    )


@bp.post("/events/<event>/tickets/publish")
@may("money")
def publish_tickets(event: Event) -> Response:
    """Put tickets on sale, or go on after a pause."""
    return _press(event, publish_sale, "on", card=card_is_set_up())


@bp.post("/events/<event>/tickets/pause")
@may("money")
def pause_tickets(event: Event) -> Response:
    """Sell nothing for a while; one still comes with a ticket alone."""
    return _press(event, set_state, "paused", state="paused")


@bp.post("/events/<event>/tickets/unpublish")
@may("money")
def unpublish_tickets(event: Event) -> Response:
    """Make a sale that nobody ordered from a draft again."""
    return _press(event, set_state, "draft", state="draft")


@bp.post("/events/<event>/tickets/kinds/<public_id>/move")
@may("money")
def move_kind(event: Event, public_id: str) -> Response:
    """Move a kind up or down."""
    steps = -1 if request.form.get("to") == "up" else 1
    return _press(event, actions.move_kind, "moved", public_id=checked(public_id), steps=steps)


@bp.post("/events/<event>/tickets/kinds/<public_id>/remove")
@may("money")
def remove_kind(event: Event, public_id: str) -> Response:
    """Delete a kind that nobody ordered, or offer it no longer."""
    return _press(event, actions.remove_kind, "", public_id=checked(public_id))


@bp.post("/events/<event>/tickets/kinds/<public_id>/offer")
@may("money")
def offer_kind(event: Event, public_id: str) -> Response:
    """Offer a kind again."""
    return _press(event, actions.offer_again, "offered", public_id=checked(public_id))


def _press(event: Event, action: Callable[..., Any], done: str, **values: Any) -> Response:
    event_id, slug = event.id, event.slug
    try:
        outcome = transact(action, event_id, by=organiser().id, now=utc_now(), **values)
    except NotReady:
        return _overview(event_again(event_id), status=409)  # the page names all that is missing
    except Conflict as refusal:
        return _overview(event_again(event_id), status=409, refused=refusal.sentence)
    return go(f"/organise/events/{slug}/tickets?done={done or outcome}")


def checked(public_id: str) -> str:
    """Give a public id of an address, or say that there is nothing."""
    if PUBLIC_ID.fullmatch(public_id) is None:
        raise NotFound()
    return public_id


# --- one kind --------------------------------------------------------------------------------------------------------


@bp.route("/events/<event>/tickets/new", methods=BOTH)
@may("money")
def new_kind(event: Event) -> Response:
    """Add a kind of ticket."""
    session = current_session()
    sale = find_sale(session, event.id)
    if sale is None:
        return go(f"/organise/events/{event.slug}/tickets/sale?first=yes")
    rates = [kind.vat_rate for kind in kinds_of(session, event.id)]
    return _kind(event, sale, None, first_kind(rates[-1] if rates else 0))


@bp.route("/events/<event>/tickets/kinds/<public_id>", methods=BOTH)
@may("money")
def edit_kind(event: Event, public_id: str) -> Response:
    """Change a kind of ticket."""
    session = current_session()
    sale, kind = find_sale(session, event.id), find_kind(session, event.id, checked(public_id))
    if sale is None or kind is None:
        raise NotFound()
    return _kind(event, sale, kind, actions.kind_values(kind, event.zone))


def _kind(event: Event, sale: Sale, kind: TicketKind | None, values: dict[str, Any]) -> Response:
    form = kind_form(values, event, sale.currency)
    if request.method != "POST":
        _open(form, kind, values)
        return _kind_page(event, sale, kind, form)
    wanted = form.check()
    if wanted is None:
        return _kind_page(event, sale, kind, form, status=422)
    event_id, slug = event.id, event.slug
    public_id = kind.public_id if kind is not None else key_sent()
    edits = form.opened if kind is not None else None
    if kind is not None and edits is None:
        edits = -1  # a form that does not say what it was opened with has seen nothing
    for _try in range(3):
        try:
            kept = transact(
                keep_kind, event_id, public_id, wanted, settings().site, edits=edits, by=organiser().id, now=utc_now()
            )
        except InvalidInput as refusal:
            form.take_problems(refusal)
            return _again(event_id, public_id, form, status=422)
        except Conflict as refusal:
            if not isinstance(refusal, Overtaken):
                return _again(event_id, public_id, form, status=409, refused=refusal.sentence)
            rows = compare(kind_labels(), wanted, refusal.present, unpack(form.base.data))
            if not rows:  # they saved the very same: nothing to look at
                edits = refusal.edits
                continue
            return _difference(event_id, public_id, form, wanted, refusal, rows)
        return go(f"/organise/events/{slug}/tickets?done={'added' if kept.made else 'saved'}")
    raise AssertionError("who saves the very same three times meanwhile")


def _difference(
    event_id: int, public_id: str, form: KindForm, wanted: dict[str, Any], news: Overtaken, rows: list[Row]
) -> Response:
    """Show what somebody else saved meanwhile: theirs where one had changed nothing, else one's own."""
    event, sale, kind = _loaded(event_id, public_id)
    merged = wanted | {row.name: news.present[row.name] for row in rows if not row.both}
    for name, value in kind_data(merged, event, sale.currency).items():
        form[name].data = value
    form.edits.data, form.base.data = str(news.edits), pack(news.present)
    said = [
        Row(
            row.name,
            row.label,
            row.base,
            shown_value(row.name, news.present[row.name], sale.currency),
            shown_value(row.name, wanted[row.name], sale.currency),
            row.both,
        )
        for row in rows
    ]
    return _kind_page(event, sale, kind, form, rows=said, status=409)


def _loaded(event_id: int, public_id: str) -> tuple[Event, Sale, TicketKind | None]:
    session = current_session()
    sale = find_sale(session, event_id)
    if sale is None:
        raise NotFound()
    return event_again(event_id), sale, find_kind(session, event_id, public_id)


def _again(event_id: int, public_id: str, form: KindForm, *, status: int, refused: Sentence | None = None) -> Response:
    event, sale, kind = _loaded(event_id, public_id)
    return _kind_page(event, sale, kind, form, status=status, refused=refused)


def _open(form: KindForm, kind: TicketKind | None, values: dict[str, Any]) -> None:
    """Note the state that the form is opened with."""
    form.edits.data = str(kind.edits) if kind is not None else ""
    form.base.data = pack(values) if kind is not None else ""
    form.key.data = new_public_id() if kind is None else ""


def _kind_page(
    event: Event,
    sale: Sale,
    kind: TicketKind | None,
    form: KindForm,
    *,
    rows: list[Row] | None = None,
    status: int = 200,
    refused: Sentence | None = None,
) -> Response:
    session = current_session()
    return answer(
        "organise/tickets/kind.html",
        status=status,
        event=event,
        community=event.community,
        sale=sale,
        kind=kind,
        used=kind is not None and actions.is_used(session, kind.id),
        form=form,
        rows=rows or [],
        labels=kind_labels(),
        refused=refused,
    )
