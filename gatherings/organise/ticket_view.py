"""What the screens of tickets show: each kind with its price, number and time; in which currency one begins."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.core import get_global
from babel.numbers import get_territory_currencies
from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from gatherings.core.money import is_currency
from gatherings.core.words import Sentence, say
from gatherings.events.models import Event
from gatherings.registration.models import Registration
from gatherings.registration.rules import HOLDING as REGISTERED
from gatherings.tickets.models import Application, Code, Sale, Ticket, TicketKind
from gatherings.tickets.queries.kinds import Sold, sold_of
from gatherings.tickets.rules.pricing import Line, concerns, is_early, line_of, price_of, unlocks
from gatherings.tickets.rules.selling import days_of
from gatherings.tickets.rules.states import HOLDING
from gatherings.tickets.rules.windows import Standing, standing

STANDS: Mapping[str, tuple[Sentence, str]] = {
    "before": (say("Not yet on sale"), "quiet"),
    "open": (say("On sale"), "good"),
    "after": (say("No longer on sale"), "quiet"),
    "full": (say("Sold out"), "warn"),
    "retired": (say("No longer offered"), "quiet"),
}
CODE_STANDS: Mapping[str, tuple[Sentence, str]] = {
    "before": (say("Not yet"), "quiet"),
    "open": (say("In use"), "good"),
    "after": (say("Over"), "quiet"),
    "full": (say("Used up"), "warn"),
    "retired": (say("Out of use"), "quiet"),
}


@dataclass(frozen=True)
class KindRow:
    """One kind as it stands: its price now (`line`), the one after an early price (`later`), what was sold.

    `unseen`: nobody can get at it, for no code shows it; `stray`: days that the event does not have; `lost`: it is for
    a side that the event does not have.
    """

    kind: TicketKind
    standing: Standing
    sold: Sold
    line: Line
    later: Line | None
    unseen: bool
    stray: tuple[str, ...]
    lost: bool


def kind_rows(
    session: Session, event: Event, sale: Sale, kinds: Iterable[TicketKind], codes: Iterable[Code], now: datetime
) -> list[KindRow]:
    """Give each kind as it stands now."""
    sold, codes, days = sold_of(session, event.id), list(codes), days_of(event.starts_local, event.ends_local)
    return [
        KindRow(
            kind=kind,
            standing=standing(kind, kind.places, now),
            sold=sold.get(kind.id, Sold()),
            line=_line(kind, sale, price_of(kind, now)),
            later=_line(kind, sale, kind.amount) if is_early(kind, now) else None,
            unseen=kind.hidden and not any(unlocks(code, kind) and not code.retired for code in codes),
            stray=tuple(day for day in kind.days if day not in days),
            lost=bool(kind.side) and event.pool_at(kind.side) is None,
        )
        for kind in kinds
    ]


def _line(kind: TicketKind, sale: Sale, price: int) -> Line:
    return line_of(price, (), vat_rate=kind.vat_rate, vat_included=sale.vat_included, currency=sale.currency)


@dataclass(frozen=True)
class CodeRow:
    """One code as it stands, with the kinds that it is about and what each costs with it."""

    code: Code
    standing: Standing
    kinds: list[TicketKind]


def code_rows(kinds: Iterable[TicketKind], codes: Iterable[Code], now: datetime) -> list[CodeRow]:
    """Give each code as it stands now; with one that is about all that are not hidden, no kinds are named."""
    kinds = list(kinds)
    return [
        CodeRow(
            code,
            standing(code, code.places, now),
            [kind for kind in kinds if concerns(code, kind)] if code.kinds else [],
        )
        for code in codes
    ]


def example_of(code: Code, kinds: Iterable[TicketKind], sale: Sale, now: datetime) -> tuple[TicketKind, Line] | None:
    """Give the first kind that a code lowers, and what it costs with it."""
    for kind in kinds:
        if kind.price != "free" and not kind.retired and concerns(code, kind):
            price, early = price_of(kind, now), is_early(kind, now)
            included = sale.vat_included
            line = line_of(
                price, [code], vat_rate=kind.vat_rate, vat_included=included, currency=sale.currency, early=early
            )
            return kind, line
    return None


def count_without(session: Session, event_id: int) -> int:
    """Count who has a place at an event, and no ticket for it."""
    ticket = exists().where(Ticket.registration_id == Registration.id, Ticket.state.in_(HOLDING))
    held = select(func.count(Registration.id)).where(
        Registration.event_id == event_id, Registration.state.in_(REGISTERED)
    )
    return session.scalar(held.where(~ticket)) or 0


def used_kinds(session: Session, event_id: int) -> set[int]:
    """Give the ids of the kinds of an event that somebody ordered or applied for."""
    mine = select(TicketKind.id).where(TicketKind.event_id == event_id)
    ordered, asked = (
        exists().where(Ticket.kind_id == TicketKind.id),
        exists().where(Application.kind_id == TicketKind.id),
    )
    return set(session.scalars(mine.where(or_(ordered, asked))))


def currency_at(zone: str) -> str:
    """Give the currency that people pay with where a zone's clock hangs: SEK in Europe/Stockholm; else EUR."""
    territory = get_global("zone_territories").get(zone, "")
    found = get_territory_currencies(territory) if territory else []
    return next((code for code in found if is_currency(code)), "EUR")
