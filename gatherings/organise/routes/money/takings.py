"""Takings: what came in and went back by day, what was sold by kind, VAT; of one event, and of a whole community."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts
from gatherings.audit.actions import log
from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.clock import utc_now
from gatherings.core.csv_text import BOM, Cell, Writer
from gatherings.core.money import plain
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.organise import money_words
from gatherings.organise.access import may, organiser
from gatherings.organise.routes.blueprint import bp
from gatherings.organise.routes.money.orders import path_of
from gatherings.payments.models import Seller
from gatherings.payments.queries import takings, treasury
from gatherings.payments.queries.takings import Moved, Rate
from gatherings.registration.actions.exporting import AN_HOUR
from gatherings.tickets.models import Order
from gatherings.web.answers import answer
from gatherings.web.i18n import date_words, words

BARS = 31
_PAPER_HEADINGS = (
    say("Paper"), say("Number"), say("Date"), say("Order"), say("Gathering"), say("Made out to"), say("Currency"),
    say("Without VAT"), say("VAT"), say("Total"),
)  # fmt: skip
_PAPERS = {"invoice": say("Invoice"), "receipt": say("Receipt"), "credit": say("Credit note")}


@dataclass(frozen=True)
class Bar:
    """What came in (up) and went back (down) in some days; heights of 40 units."""

    first: date
    last: date
    up: int
    down: int


@bp.app_template_global("month_words")
def month_words(month: date) -> str:
    """Name a month with its year."""
    return date_words(month, "LLLL y")


@bp.get("/events/<event>/takings")
@may("money")
def event_takings(event: Event) -> Response:
    """Show what an event's tickets came to."""
    session, now = current_session(), utc_now()
    where = Order.event_id == event.id
    moved = takings.moved_by_day(session, where, event.zone)
    kinds, rates = takings.sold_by_kind(session, event)
    currency = treasury.currency_of(session, event) or next(iter(moved), "")
    days = moved.get(currency, {})
    return answer(
        "organise/money/takings.html", event=event, community=event.community, currency=currency,
        sums=treasury.sums_of_event(session, event, now), days=days, bars=bars_of(days), kinds=kinds, rates=rates,
        strange=takings.unfitting(session, where), list_path=path_of(event), w=money_words, now=now,
    )  # fmt: skip


@bp.get("/communities/<community>/takings")
@may("money")
def community_takings(community: Community) -> Response:
    """Show what all tickets of a community came to: by month, by event, and the VAT by its documents."""
    session, now = current_session(), utc_now()
    seller = session.get(Seller, community.id)
    zone = (zones.canonical(seller.zone) if seller is not None else None) or community.zone
    moved = takings.moved_by_day(session, takings.of_community(community.id), zone, months=True)
    every = sorted({month.year for months in moved.values() for month in months}, reverse=True)
    years = sorted({*every, *takings.years_of(session, community.id)}, reverse=True) or [now.year]
    year = _year(years)
    vat = takings.vat_by_month(session, community.id, year)
    return answer(
        "organise/money/community.html", community=community, years=years, year=year, zone=zone,
        moved={one: {m: row for m, row in rows.items() if m.year == year} for one, rows in moved.items()},
        vat=vat, totals={one: _total(months) for one, months in vat.items()},
        events=takings.by_event(session, community.id), now=now, path=f"/organise/communities/{community.slug}/takings",
    )  # fmt: skip


def _year(years: Sequence[int]) -> int:
    text = request.args.get("year", "")
    asked = int(text) if text.isascii() and text.isdigit() and len(text) == 4 else 0
    return asked if asked in years else years[0]


def _total(months: Mapping[date, Mapping[int, Rate]]) -> list[Rate]:
    """Add a year's VAT up by rate, highest first."""
    found: dict[int, Rate] = {}
    for rates in months.values():
        for rate in rates.values():
            one = found.setdefault(rate.rate, Rate(rate.rate))
            one.net, one.vat, one.gross = one.net + rate.net, one.vat + rate.vat, one.gross + rate.gross
    return sorted(found.values(), key=lambda one: -one.rate)


def bars_of(days: Mapping[date, Moved]) -> list[Bar]:
    """Gather the days from the first to the last into at most 31 bars of equal length."""
    if not days:
        return []
    first, last = min(days), max(days)
    length = -(-((last - first).days + 1) // BARS)
    groups: list[tuple[date, date, int, int]] = []
    start = first
    while start <= last:
        end = min(start + timedelta(days=length - 1), last)
        rows = [row for day, row in days.items() if start <= day <= end]
        groups.append((start, end, sum(row.arrived for row in rows), sum(row.back for row in rows)))
        start = end + timedelta(days=1)
    top = max([1, *(max(up, down) for _start, _end, up, down in groups)])
    return [Bar(start, end, _height(up, top), _height(down, top)) for start, end, up, down in groups]


def _height(amount: int, top: int) -> int:
    return max(2, amount * 40 // top) if amount else 0


@bp.get("/communities/<community>/papers.csv")
@may("money", fresh=True)
def export_papers(community: Community) -> Response:
    """Take a year's invoices, receipts and credit notes away as CSV, for the books."""
    session, now, slug = current_session(), utc_now(), community.slug
    year = _year([*takings.years_of(session, community.id), now.year])
    rows = [] if request.method == "HEAD" else takings.papers_of(session, community.id, year)
    writer = Writer()
    lines = [writer.row([words(one) for one in _PAPER_HEADINGS])]
    for kind, number, day, reference, title, buyer, total, vat, currency in rows:
        sign = -1 if kind == "credit" else 1
        who = ", ".join(part for part in map((buyer or {}).get, ("organisation", "name")) if part)
        cells: list[Cell] = [words(_PAPERS[kind]), number, day.isoformat(), reference, title, who, currency]
        cells += [Decimal(plain(sign * amount, currency)) for amount in (total - vat, vat, total)]
        lines.append(writer.row(cells))
    if request.method != "HEAD":
        transact(_note, community.public_id, community.id, rows=len(rows), actor=organiser().public_id)
    response = Response(BOM + "".join(lines), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{slug}-papers-{year}.csv"'
    return response


def _note(session: Session, community: str, community_id: int, *, rows: int, actor: str) -> None:
    """Note in the log who takes how many documents away; raises TooMany."""
    now = utc_now()
    limit_attempts(session, "export", actor, most=AN_HOUR, window=timedelta(hours=1), now=now)
    log(session, actor=actor, action="papers-exported", about=f"community:{community}", community_id=community_id,
        now=now, rows=rows)  # fmt: skip
