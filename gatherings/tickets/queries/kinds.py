"""The sale of an event, its kinds of ticket and its codes; each with its pool, in one query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from unicodedata import normalize

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, joinedload

from gatherings.tickets.models import Code, Sale, Ticket, TicketKind
from gatherings.tickets.rules.pricing import unlocks
from gatherings.tickets.rules.states import HOLDING
from gatherings.tickets.rules.windows import Standing, standing


@dataclass(frozen=True)
class Offered:
    """A kind that somebody is shown, with how it stands now."""

    kind: TicketKind
    standing: Standing


def any_sale(session: Session) -> bool:
    """Tell whether any event sells tickets, or sold some."""
    return session.scalar(select(Sale.id).where(Sale.state != "draft").limit(1)) is not None


def find_sale(session: Session, event_id: int) -> Sale | None:
    """Give the sale of an event, draft or on."""
    return session.scalars(select(Sale).where(Sale.event_id == event_id)).one_or_none()


def find_open_sale(session: Session, event_id: int) -> Sale | None:
    """Give the sale of an event if it is on: then one comes with a ticket alone."""
    return session.scalars(select(Sale).where(Sale.event_id == event_id, Sale.state == "on")).one_or_none()


def kinds_of(session: Session, event_id: int, *, retired: bool = False) -> list[TicketKind]:
    """List the kinds of an event in their order, each with its pool; hidden ones too."""
    wanted = select(TicketKind).where(TicketKind.event_id == event_id)
    wanted = wanted if retired else wanted.where(TicketKind.retired.is_(False))
    return list(
        session.scalars(
            wanted.order_by(TicketKind.position, TicketKind.id)
            .options(joinedload(TicketKind.places))
            .execution_options(populate_existing=True)
        )
    )


def find_kind(session: Session, event_id: int, public_id: str) -> TicketKind | None:
    """Give one kind of an event with its pool; None if it is another event's, or none."""
    return session.scalars(
        select(TicketKind)
        .where(TicketKind.event_id == event_id, TicketKind.public_id == public_id)
        .options(joinedload(TicketKind.places))
    ).one_or_none()


def offered_kinds(
    session: Session, event_id: int, now: datetime, *, codes: Iterable[Code] = (), approved: Iterable[str] = ()
) -> list[Offered]:
    """List the kinds that a visitor is shown, sold out and not yet on sale ones included.

    Hidden ones are among them if one of `codes` unlocks them; those on application if their public id is `approved`.
    """
    codes, approved = list(codes), set(approved)
    shown = [
        kind
        for kind in kinds_of(session, event_id)
        if (kind.public_id in approved if kind.by_application else True)
        and (not kind.hidden or kind.public_id in approved or any(unlocks(code, kind) for code in codes))
    ]
    return [Offered(kind, standing(kind, kind.places, now)) for kind in shown]


def kinds_on_application(session: Session, event_id: int, now: datetime) -> list[Offered]:
    """List the kinds that one can ask for (bursaries), with how they stand now."""
    return [
        Offered(kind, standing(kind, kind.places, now))
        for kind in kinds_of(session, event_id)
        if kind.by_application and not kind.hidden
    ]


def read_code(typed: str) -> str:
    """Give a code as it is compared: composed, without blanks around it, in upper case."""
    return normalize("NFC", typed.strip().upper())


def find_code(session: Session, event_id: int, public_id: str) -> Code | None:
    """Give one code of an event by its public id, with its pool; None if it is another event's, or none."""
    return session.scalars(
        select(Code).where(Code.event_id == event_id, Code.public_id == public_id).options(joinedload(Code.places))
    ).one_or_none()


def find_codes(session: Session, event_id: int, typed: Iterable[str]) -> dict[str, Code]:
    """Find codes of an event by what was typed, each with its pool; how they stand is `standing(code, code.places)`."""
    wanted = {read_code(one) for one in typed}
    found = session.scalars(
        select(Code)
        .where(Code.event_id == event_id, Code.code.in_({one for one in wanted if 0 < len(one) <= 40}))
        .options(joinedload(Code.places))
    )
    return {code.code: code for code in found}


def codes_of(session: Session, event_id: int) -> list[Code]:
    """List the codes of an event, each with its pool; those no longer in use last."""
    return list(
        session.scalars(
            select(Code)
            .where(Code.event_id == event_id)
            .order_by(Code.retired, Code.code)
            .options(joinedload(Code.places))
            .execution_options(populate_existing=True)
        )
    )


@dataclass(frozen=True)
class Sold:
    """What became of a kind so far: tickets that are valid, held while somebody pays, and wished."""

    valid: int = 0
    held: int = 0
    wished: int = 0


def sold_of(session: Session, event_id: int) -> Mapping[int, Sold]:
    """Count the tickets of each kind of an event by id; a kind without any is missing."""
    rows = session.execute(
        select(
            Ticket.kind_id,
            *(
                func.sum(case((Ticket.state == state, 1), else_=0)).label(state)
                for state in (*reversed(HOLDING), "wished")
            ),
        )
        .join(TicketKind, TicketKind.id == Ticket.kind_id)
        .where(TicketKind.event_id == event_id)
        .group_by(Ticket.kind_id)
    )
    return {row.kind_id: Sold(row.valid, row.held, row.wished) for row in rows}
