"""How an event sells tickets: its one sale, and what every change of it, its kinds and its codes shares."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.core import zones
from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.events.offering import set_offer
from gatherings.tickets.models import Code, Order, Sale, TicketKind
from gatherings.tickets.rules.selling import in_currency

SALE = (
    "currency", "vat_included", "ways", "hold_minutes", "invoice_days", "stacking", "comes_back", "terms",
)  # fmt: skip
_FIXED = ("currency", "vat_included")
_SOLD = say("Tickets were ordered already, so this stays as it is.")


class Overtaken(Conflict):
    """Somebody else saved meanwhile: `present` are the values as they stand, of the state `edits`."""

    def __init__(self, present: Mapping[str, Any], edits: int) -> None:
        super().__init__(say("Somebody else saved this while you were writing."))
        self.present = present
        self.edits = edits


@dataclass(frozen=True)
class Kept:
    """What was saved: its public id, whether it is new, and the pool to serve the waiting list of, if it has room."""

    public_id: str = ""
    made: bool = False
    places_id: int | None = None


def sale_values(sale: Sale) -> dict[str, Any]:
    """Give a sale's values as `save_sale` takes them."""
    return {name: getattr(sale, name) for name in SALE}


def was_ordered(session: Session, event_id: int) -> bool:
    """Tell whether anybody ever ordered a ticket of an event."""
    return bool(session.scalar(select(exists().where(Order.event_id == event_id))))


def save_sale(
    session: Session,
    event_id: int,
    values: Mapping[str, Any],
    *,
    refuse: Callable[[Mapping[str, Any]], None],
    by: int,
    now: datetime,
) -> Kept:
    """Write how an event sells, a draft at first. Raises InvalidInput.

    `refuse` is given the values as they stand, and raises where somebody else changed them meanwhile.
    """
    sale = lock_sale(session, event_id)
    if sale is None:
        session.add(Sale(event_id=event_id, state="draft", created_at=now, **{name: values[name] for name in SALE}))
        session.flush()
        note(session, event_id, "write_sale", by, now)
        return Kept(made=True)
    present = sale_values(sale)
    names = [name for name in SALE if present[name] != values[name]]
    if not names:
        return Kept()
    refuse(present)
    fixed = [name for name in names if name in _FIXED]
    if fixed and was_ordered(session, event_id):
        raise InvalidInput([Problem(name, _SOLD) for name in fixed])
    if "currency" in names:
        _convert(session, event_id, sale.currency, values["currency"])
    for name in names:
        setattr(sale, name, values[name])
    session.flush()
    show(session, sale)
    note(session, event_id, "edit_sale", by, now, fields=names)
    return Kept()


def _convert(session: Session, event_id: int, old: str, new: str) -> None:
    """Keep the numbers of prices and codes as typed, in the minor units of another currency."""
    for kind in session.scalars(select(TicketKind).where(TicketKind.event_id == event_id).with_for_update()):
        for name in ("amount", "early_amount", "least", "suggested", "most"):
            amount = getattr(kind, name)
            setattr(kind, name, None if amount is None else in_currency(amount, old, new))
        kind.edits += 1
    for code in session.scalars(
        select(Code).where(Code.event_id == event_id, Code.effect == "fixed").with_for_update()
    ):
        code.value, code.edits = in_currency(code.value, old, new), code.edits + 1


def set_state(session: Session, event_id: int, state: str, *, by: int, now: datetime) -> None:
    """Put a sale on, pause it or make it a draft again; pressed twice is once.

    Paused: nothing can be bought, and one still comes with a ticket alone. Only a sale that nobody ordered from can be
    a draft again: registration is then as without tickets. Raises Conflict.
    """
    sale = needed_sale(session, event_id)
    if sale.state == state:
        return
    if state == "draft" and was_ordered(session, event_id):
        raise Conflict(say("Tickets were ordered already. Pause the sale instead: nobody can buy one then."))
    if state == "paused" and sale.state == "draft":
        raise Conflict(say("These tickets are not on sale yet."))
    sale.state = state
    session.flush()
    set_offer(session, event_id, "tickets", state != "draft")
    note(session, event_id, {"on": "publish_sale", "paused": "pause_sale"}.get(state, "unpublish_sale"), by, now)


def pools_of(session: Session, event_id: int) -> list[int]:
    """Give the ids of the pools of all kinds and codes of an event."""
    kinds = select(TicketKind.places_id).where(TicketKind.event_id == event_id)
    return list(session.scalars(kinds.union_all(select(Code.places_id).where(Code.event_id == event_id))))


def lock_sale(session: Session, event_id: int) -> Sale | None:
    """Lock the sale of an event and read it afresh; after the pools."""
    found = select(Sale).where(Sale.event_id == event_id).with_for_update().execution_options(populate_existing=True)
    return session.scalars(found).one_or_none()


def needed_sale(session: Session, event_id: int) -> Sale:
    """Lock the sale of an event; raises Conflict where there is none yet."""
    sale = lock_sale(session, event_id)
    if sale is None:
        raise Conflict(say("Please say first how tickets are sold: in which currency, and how people pay."))
    return sale


def show(session: Session, sale: Sale) -> None:
    """Let public pages follow where the sale is seen."""
    if sale.state != "draft":
        set_offer(session, sale.event_id, "tickets", True)


def instant(values: Mapping[str, Any], name: str, field: str, zone: str, problems: list[Problem]) -> datetime | None:
    """Give the instant of a wall-clock time in a zone, None for none; what clocks skip or repeat is a problem."""
    local = values[name]
    try:
        return None if local is None else zones.to_utc(local, zone)
    except zones.LocalTimeProblem as problem:
        problems.append(Problem(field, problem.sentence))
        return None


def wall_clock(at: datetime | None, zone: str) -> datetime | None:
    """Give the wall-clock time of an instant in a zone."""
    return None if at is None else zones.to_local(at, zone)


def find_event(session: Session, event_id: int) -> Event:
    """Read an event inside an action."""
    event = session.get(Event, event_id)
    if event is None:
        raise NotFound()
    return event


def note(session: Session, event_id: int, action: str, by: int, now: datetime, **details: Any) -> None:
    """Write to the log what an organiser did to an event's tickets."""
    event = find_event(session, event_id)
    log(
        session,
        actor=session.get_one(Person, by).public_id,
        action=action,
        about=f"event:{event.public_id}",
        community_id=event.community_id,
        now=now,
        **details,
    )
