"""The tickets with which somebody comes, for their own page: what they are, how they stand, what leaving means."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.core import zones
from gatherings.events.models import Event
from gatherings.registration.links import order_path
from gatherings.registration.models import Registration
from gatherings.tickets.models import Sale, Ticket
from gatherings.tickets.rules.comes_back import percent_back
from gatherings.tickets.rules.states import HOLDING


@dataclass(frozen=True)
class OwnTickets:
    """Somebody's tickets that are not cancelled; `orders` are the paths of those that they bought themselves.

    `percent` comes back to whoever paid, if they leave now; None where no money is in it.
    """

    tickets: Sequence[Ticket]
    orders: Sequence[str]
    percent: int | None

    def days_of(self, ticket: Ticket) -> list[date]:
        """Give the days that a ticket is valid for; [] for all of them."""
        return [date.fromisoformat(day) for day in ticket.kind.days]

    @property
    def costs(self) -> bool:
        """Tell whether leaving is a question of money."""
        return self.percent is not None

    @property
    def paid(self) -> bool:
        """Tell whether money was paid for any of them."""
        return any(one.order.received > one.order.given_back for one in self.tickets if one.gross > one.comes_back)


def own_tickets(session: Session, registration: Registration, event: Event, *, now: datetime) -> OwnTickets | None:
    """Read the tickets of a registration; None where one comes without."""
    if "tickets" not in event.offers.split():
        return None
    tickets = session.scalars(
        select(Ticket)
        .where(Ticket.registration_id == registration.id, Ticket.state.in_((*HOLDING, "wished")))
        .order_by(Ticket.id)
        .options(joinedload(Ticket.kind), joinedload(Ticket.order))
    ).all()
    if not tickets:
        return None
    mine = {one.order.id: order_path(one.order) for one in tickets if one.order.person_id == registration.person_id}
    return OwnTickets(tickets, list(mine.values()), _percent(session, tickets, event, now))


def _percent(session: Session, tickets: Sequence[Ticket], event: Event, now: datetime) -> int | None:
    counting = [
        one
        for one in tickets
        if one.state == "valid" and one.gross > one.comes_back and (one.order.received or one.order.way != "door")
    ]
    if not counting:
        return None
    steps = session.scalars(select(Sale.comes_back).where(Sale.event_id == event.id)).one_or_none()
    today = zones.to_local(now, event.zone).date()
    return percent_back(steps or [], today=today, first_day=event.starts_local.date())
