"""Orders that cost nothing: asked for once, as any registration without tickets is."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import was_tried
from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import TooMany
from gatherings.core.words import say
from gatherings.events.models import Event
from gatherings.events.queries import WITH_SERIES
from gatherings.payments.rules.ordering import OrderWish
from gatherings.registration.actions.sending import count_mail, link_is_due, post_own_state, standing_kind
from gatherings.registration.models import Registration
from gatherings.tickets.models import Ticket, TicketKind
from gatherings.tickets.rules.states import HOLDING


def may_have_for_nothing(
    session: Session, event: Event, wish: OrderWish, people: Mapping[str, Person], site: Site, *, now: datetime
) -> bool:
    """Tell whether an order that costs nothing is written; if not, the screen says what it says to a newcomer.

    Nobody is to learn by it who has a ticket (domain.md 10): whoever asks for what they have gets their link again,
    and nothing changes. After "this was not me" nobody causes mail to that address. Each may be written to five times
    an hour about one event, whatever is pressed; raises TooMany.
    """
    for person in people.values():
        if not count_mail(session, person, event.id, now=now):
            raise TooMany(
                say("Several orders were made with this address in the last hour. Please try again later."),
                retry_after=3600,
            )
    if any(was_tried(session, "not-me", f"{person.id}:{event.id}", now=now) for person in people.values()):
        return False
    buyer = people[wish.address.key]
    if any(ticket.address.key != wish.address.key for ticket in wish.tickets):
        return True
    had = session.scalars(
        select(TicketKind.public_id)
        .join(Ticket, Ticket.kind_id == TicketKind.id)
        .where(TicketKind.event_id == event.id, Ticket.person_id == buyer.id, Ticket.state.in_((*HOLDING, "wished")))
    ).all()
    if not {ticket.kind for ticket in wish.tickets} <= set(had):
        return True
    _send_link_again(session, event, buyer, site, now=now)
    return False


def _send_link_again(session: Session, event: Event, person: Person, site: Site, *, now: datetime) -> None:
    registration = session.scalars(
        select(Registration)
        .where(Registration.event_id == event.id, Registration.person_id == person.id)
        .options(
            joinedload(Registration.person),
            joinedload(Registration.invite),
            joinedload(Registration.event).options(*WITH_SERIES),
        )
        .execution_options(populate_existing=True)
    ).one_or_none()
    if registration is None or registration.state not in ("confirmed", "waitlisted"):
        return
    if link_is_due(registration, now):
        registration.link_sent_at = now
        kind = standing_kind(registration)
        post_own_state(session, registration, site, kind=kind, now=now, suffix=f":{now.timestamp():.0f}")
