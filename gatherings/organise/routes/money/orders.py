"""The list of an event's orders: sums on top, narrowed, sorted and paged by its address; taken away as CSV."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts
from gatherings.audit.actions import log
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.csv_text import BOM, Cell, Writer
from gatherings.core.money import plain
from gatherings.core.words import Sentence, say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise import money_words
from gatherings.organise.access import may, organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.payments.queries import treasury
from gatherings.payments.queries.treasury import Listed
from gatherings.payments.rules.finding import PAGE, STATES, WAYS, OrderFilter, read_page
from gatherings.registration.actions.exporting import AN_HOUR
from gatherings.tickets.models import Order
from gatherings.web.answers import answer
from gatherings.web.i18n import date_words, words

# The columns that the list is sorted by, each with the way that one wants first.
_COLUMNS = {"name": "name", "time": "-time", "total": "-total", "owed": "-owed"}
_HEADINGS = (
    say("Reference"), say("Placed (UTC)"), say("Buyer"), say("E-mail address"), say("State"), say("Way"),
    say("Tickets"), say("Codes"), say("Currency"), say("Without VAT"), say("VAT"), say("Total"), say("Taken off"),
    say("Received"), say("Given back"), say("Still to pay"), say("To be paid until"), say("Paid (UTC)"),
    say("Invoice to"),
)  # fmt: skip


@bp.get("/events/<event>/orders")
@may("money")
def orders(event: Event) -> Response:
    """Show an event's orders."""
    session, now, filter = current_session(), utc_now(), OrderFilter.read(request.args)
    currency = treasury.currency_of(session, event)
    sums = treasury.sums_of_event(session, event, now)
    found = treasury.count(session, event, filter, now) if currency else 0
    last = max(1, -(-found // PAGE))
    page = min(read_page(request.args.get("page", "")), last)
    rows = treasury.list_orders(session, event, filter, now, page=page) if found else []
    kinds = treasury.kinds_bought(session, event)
    today = zones.to_local(now, event.zone).date()
    return answer(
        "organise/money/orders.html", "organise/money/_orders.html", event=event, community=event.community,
        currency=currency or "", sums=sums, filter=filter, args=filter.to_args(), found=found, now=now,
        lines=[(row, money_words.state_words(row.order, today), _day(row.order, event, now)) for row in rows],
        kinds=kinds, states=[(key, money_words.STATES[key]) for key in ("", *STATES)],
        ways=[(key, money_words.WAYS[key]) for key in WAYS], list_path=path_of(event), at=page,
        pages=_pages(event, filter, page, last), last=last, sorts=_sorts(event, filter),
        chips=[(said, path_of(event, rest)) for said, rest in _chips(filter, dict(kinds))],
    )  # fmt: skip


def path_of(event: Event, args: dict[str, str] | None = None) -> str:
    """Give the address of an event's list of orders, narrowed by `args`."""
    query = urlencode(args or {})
    return f"/organise/events/{event.slug}/orders{'?' if query else ''}{query}"


def _day(order: Order, event: Event, now: datetime) -> str:
    day, today = zones.to_local(order.placed_at, event.zone), zones.to_local(now, event.zone)
    return date_words(day, "d MMM" if day.year == today.year else "d MMM y")


def _pages(event: Event, filter: OrderFilter, page: int, last: int) -> dict[str, str]:
    """Give the addresses of the pages beside this one."""
    args = filter.to_args()
    pages = {}
    if page > 1:
        pages = {"first": path_of(event, args), "earlier": path_of(event, {**args, "page": str(page - 1)})}
    if page < last:
        pages |= {"later": path_of(event, {**args, "page": str(page + 1)}),
                  "last": path_of(event, {**args, "page": str(last)})}  # fmt: skip
    return pages


def _sorts(event: Event, filter: OrderFilter) -> dict[str, tuple[str, str]]:
    """Give for each column (address of the list sorted by it, what it is sorted as now: "", ascending, descending)."""
    made = {}
    for column, first in _COLUMNS.items():
        mine = filter.sort.removeprefix("-") == column
        other = (column if filter.sort.startswith("-") else f"-{column}") if mine else first
        stands = ("descending" if filter.sort.startswith("-") else "ascending") if mine else ""
        made[column] = (path_of(event, replace(filter, sort=other).to_args()), stands)
    return made


def _chips(filter: OrderFilter, kinds: dict[str, str]) -> Iterator[tuple[Sentence | str, dict[str, str]]]:
    """Give each thing that the list is narrowed by, in words, with the filter without it."""
    if filter.words:
        yield say("“%(words)s”", words=filter.words), replace(filter, words="").to_args()
    if filter.state:
        yield money_words.STATES[filter.state], replace(filter, state="").to_args()
    if filter.way:
        yield money_words.WAYS[filter.way], replace(filter, way="").to_args()
    if filter.kind:
        yield kinds.get(filter.kind, say("A kind that is gone")), replace(filter, kind="").to_args()
    if filter.code:
        yield say("Code %(code)s", code=filter.code), replace(filter, code="").to_args()


# --- taken away ------------------------------------------------------------------------------------------------------


@bp.get("/events/<event>/orders.csv")
@may("money", fresh=True)
def export_orders(event: Event) -> Response:
    """Take what the list is narrowed to away as CSV, with everything a bookkeeper needs."""
    session, now, filter = current_session(), utc_now(), OrderFilter.read(request.args)
    today, slug = zones.to_local(now, event.zone).date(), event.slug
    lines = []
    if request.method != "HEAD":
        found = list(treasury.walk_orders(session, event, filter, now))
        lines = [_cells(one, today) for one in found]
        transact(_note_export, event.public_id, event.community_id, filter, rows=len(lines),
                 actor=organiser().public_id, now=now)  # fmt: skip
    writer = Writer()
    body = BOM + writer.row([words(one) for one in _HEADINGS]) + "".join(map(writer.row, lines))
    response = Response(body, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-orders.csv"'
    return response


def _note_export(
    session: Session, event: str, community_id: int, filter: OrderFilter, *, rows: int, actor: str, now: datetime
) -> None:
    """Note in the log who takes how many rows away, narrowed by what (no names in it); raises TooMany."""
    limit_attempts(session, "export", actor, most=AN_HOUR, window=timedelta(hours=1), now=now)
    narrowed = {name: "yes" if name == "words" else value for name, value in filter.to_args().items()}
    log(session, actor=actor, action="orders-exported", about=f"event:{event}", community_id=community_id, now=now,
        rows=rows, narrowed=narrowed)  # fmt: skip


def _cells(one: Listed, today: date) -> list[Cell]:
    order = one.order
    bill = order.bill_to

    def money(amount: int) -> Cell:
        return Decimal(plain(amount, order.currency))

    return [
        order.reference, f"{order.placed_at:%Y-%m-%d %H:%M}", order.name, order.person.address,
        words(money_words.state_words(order, today)[0]), words(money_words.WAYS[order.way]),
        "; ".join(f"{number} × {name}" for name, number in one.bought), " ".join(order.codes), order.currency,
        money(order.total - order.vat), money(order.vat), money(order.total), money(order.discount),
        money(order.received), money(order.given_back), money(order.owed),
        order.due_on.isoformat() if order.due_on else "", f"{order.paid_at:%Y-%m-%d %H:%M}" if order.paid_at else "",
        ", ".join(part for part in (bill.get("organisation"), bill.get("name"), bill.get("address"),
                                    bill.get("vat_number"), bill.get("mark")) if part).replace("\n", ", "),
    ]  # fmt: skip
