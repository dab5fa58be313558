"""How an event sells its tickets, and who sells for a community."""

from typing import Any

from flask import Response, request
from sqlalchemy import select

from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from gatherings.core.errors import InvalidInput
from gatherings.core.money import is_currency
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise.access import may, organiser
from gatherings.organise.conflicts import Row, labelled, pack, unpack
from gatherings.organise.forms.money import currencies
from gatherings.organise.forms.reading import countries
from gatherings.organise.forms.seller import labels as seller_labels
from gatherings.organise.forms.seller import seller_data, seller_form
from gatherings.organise.forms.tickets import (
    STEPS,
    SaleForm,
    sale_data,
    sale_form,
    sale_labels,
    shown_value,
    way_labels,
)
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.tickets import BOTH, card_is_set_up, event_again
from gatherings.organise.ticket_view import currency_at
from gatherings.payments.actions.sellers import save_seller, seller_values
from gatherings.payments.models import Seller
from gatherings.planning.rules.conflicts import Overtaken, refuse_overtaken
from gatherings.tickets.actions.selling import sale_values, save_sale, was_ordered
from gatherings.tickets.models import Sale
from gatherings.tickets.queries.kinds import find_sale
from gatherings.web.answers import answer, go
from gatherings.web.i18n import locale_now, words
from gatherings.web.markdown import render


@bp.route("/events/<event>/tickets/sale", methods=BOTH)
@may("money")
def ticket_sale(event: Event) -> Response:
    """Show the form of how an event sells tickets, or save it."""
    session = current_session()
    sale = find_sale(session, event.id)
    values = sale_values(sale) if sale is not None else _first(event)
    form = sale_form(values)
    if request.method != "POST":
        form.base.data = pack(values) if sale is not None else ""
        return _sale_page(event, sale, form)
    wanted = form.check()
    if wanted is None:
        return _sale_page(event, sale, form, status=422)
    event_id, slug, base = event.id, event.slug, unpack(form.base.data)
    try:
        kept = transact(
            save_sale,
            event_id,
            wanted,
            refuse=lambda present: refuse_overtaken(wanted, present, base),
            by=organiser().id,
            now=utc_now(),
        )
    except InvalidInput as refusal:
        for problem in refusal.problems:
            problem_field = "vat" if problem.field == "vat_included" else problem.field
            form[problem_field].errors = [*form[problem_field].errors, words(problem.sentence)]
        return _sale_page(event_again(event_id), find_sale(session, event_id), form, status=422)
    except Overtaken as news:
        merged = wanted | {row.name: row.now for row in news.rows if not row.both}
        for name, value in sale_data(merged).items():
            form[name].data = value
        form.base.data = pack(news.present)
        rows = [_worded(row, news, wanted) for row in labelled(sale_labels(), news.rows, base)]
        return _sale_page(event_again(event_id), find_sale(session, event_id), form, rows=rows, status=409)
    where = "tickets/new" if kept.made and request.args.get("first") else "tickets"
    return go(f"/organise/events/{slug}/{where}?done=sale")


def _worded(row: Row, news: Overtaken, wanted: dict[str, Any]) -> Row:
    theirs = shown_value(row.name, news.present[row.name], wanted["currency"])
    mine = shown_value(row.name, wanted[row.name], wanted["currency"])
    return Row(row.name, row.label, row.base, theirs, mine, row.both)


def _first(event: Event) -> dict[str, Any]:
    """Give what a new sale begins with: as the community's last one, else the currency of the event's place."""
    last = current_session().scalars(
        select(Sale)
        .join(Event, Event.id == Sale.event_id)
        .where(Event.community_id == event.community_id)
        .order_by(Sale.id.desc())
        .limit(1)
    )
    sale = last.one_or_none()
    if sale is not None:
        return sale_values(sale)
    return {
        "currency": currency_at(event.zone), "vat_included": True, "ways": "card invoice door", "hold_minutes": 30,
        "invoice_days": 30, "stacking": "one", "comes_back": [{"days": 14, "percent": 100}], "terms": "",
    }  # fmt: skip


def _sale_page(
    event: Event, sale: Sale | None, form: SaleForm, *, rows: list[Row] | None = None, status: int = 200
) -> Response:
    looked = request.method == "POST" and not form.problems
    return answer(
        "organise/tickets/sale.html",
        status=status,
        event=event,
        community=event.community,
        sale=sale,
        fixed=sale is not None and was_ordered(current_session(), event.id),
        form=form,
        rows=rows or [],
        labels=sale_labels(),
        ways=way_labels(),
        card=card_is_set_up(),
        steps=range(1, STEPS + 1),
        currencies=currencies(str(locale_now())),
        terms=render(form.terms.data or "") if looked else None,
        currency=form.currency.data if is_currency((form.currency.data or "").upper()) else "",
    )


# --- who sells -------------------------------------------------------------------------------------------------------


# The account that invoices name stands here: whoever finds somebody's browser open does not put their own.
@bp.route("/communities/<community>/seller", methods=BOTH)
@may("money", fresh=True)
def seller(community: Community) -> Response:
    """Show the form of who sells for a community, or save it."""
    found = current_session().get(Seller, community.id)
    values = seller_values(found, community.zone)
    form = seller_form(values, values["zone"])
    if request.method != "POST":
        form.base.data = pack(values)
        return _seller_page(community, form)
    wanted = form.check()
    if wanted is None:
        return _seller_page(community, form, status=422)
    community_id, slug, base = community.id, community.slug, unpack(form.base.data)
    try:
        transact(
            save_seller,
            community_id,
            wanted,
            refuse=lambda present: refuse_overtaken(wanted, present, base),
            by=organiser().id,
            now=utc_now(),
        )
    except Overtaken as news:
        merged = wanted | {row.name: row.now for row in news.rows if not row.both}
        for name, value in seller_data(merged, merged["zone"]).items():
            form[name].data = value
        form.base.data = pack(news.present)
        rows = labelled(seller_labels(), news.rows, base)
        return _seller_page(current_session().get_one(Community, community_id), form, rows=rows, status=409)
    return go(f"/organise/communities/{slug}/seller?done=saved")


def _seller_page(community: Community, form: Any, *, rows: list[Row] | None = None, status: int = 200) -> Response:
    return answer(
        "organise/tickets/seller.html",
        status=status,
        community=community,
        form=form,
        rows=rows or [],
        labels=seller_labels(),
        countries=countries(str(locale_now())).values(),
        card=card_is_set_up(),
        done=request.args.get("done", ""),
    )
