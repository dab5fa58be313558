"""A lost link, sent again: the answer on the screen is the same whoever asks, the truth goes by mail."""

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import count_attempt, find_person, limit_attempts
from gatherings.accounts.rules import Address
from gatherings.config import Site
from gatherings.core.tokens import digest, new_public_id
from gatherings.events.models import Event
from gatherings.events.rules import facts_of
from gatherings.jobs import actions as jobs
from gatherings.mail import actions as mail
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.queries import list_of_person, list_series_of_person
from gatherings.tickets.models import Order
from gatherings.tickets.rules.states import LIVE

ASKED_PER_HOUR = 20  # by one network, for links or for one's own data (reliability.md rule 20)


def ask_for_links(session: Session, address: Address, *, now: datetime, network: str | None = None) -> None:
    """Note that somebody asked for the links of an address; the worker finds out whether there is anything to send.

    The same work is done whether the address is known or not, so neither the page nor its time tells (C23).
    Raises TooMany beyond 20 an hour from one network.
    """
    limit_asking(session, network, now=now)
    jobs.enqueue(
        session,
        kind="find_links",
        key=f"find-links:{new_public_id()}",
        due_at=now,
        payload={"key": address.key},
        now=now,
    )


def limit_asking(session: Session, network: str | None, *, now: datetime) -> None:
    """Refuse more than 20 askings an hour from one network; raises TooMany."""
    if network is not None:
        limit_attempts(session, "asking", network, most=ASKED_PER_HOUR, window=timedelta(hours=1), now=now)


def send_links(session: Session, key: str, site: Site, *, now: datetime) -> bool:
    """Mail the links of everything that is to come to a known address, orders too; 5 an hour at most."""
    person = find_person(session, key)
    if person is None:
        return False
    registrations = [row for row in list_of_person(session, person.id, ending_after=now) if row.state != "cancelled"]
    every = [row for row in list_series_of_person(session, person.id) if row.state == "confirmed"]
    orders = _orders_of(session, person.id, now)
    if not registrations and not every and not orders:
        return False
    if not count_attempt(session, "links", str(person.id), most=5, window=timedelta(hours=1), now=now):
        return False
    rows: list[Registration | SeriesRegistration | Order] = [*registrations, *every, *orders]
    newest = rows[0]
    facts = {
        "registrations": [_link(row) for row in registrations if row.series_registration_id is None],
        "every": [
            {
                "title": row.series.title,
                "community": row.series.community.name,
                "public_id": row.public_id,
                "version": row.link_version,
            }
            for row in every
        ],
        "orders": [_order(row) for row in orders],
        "to": {"name": newest.name, "address": person.address, "zone": newest.zone},
    }
    return mail.post(
        session,
        key=f"links:{digest(f'{person.public_id}:{now.isoformat()}')[:40]}",
        kind="links",
        recipient=person.address,
        sender="Gatherings",
        zone=newest.zone,
        language=newest.language,
        about=f"person:{person.public_id}",
        facts=facts,
        now=now,
        domain=site.domain,
    )


def _link(row: Registration) -> dict[str, object]:
    return {
        "event": facts_of(row.event),
        "community": row.event.community.name,
        "public_id": row.public_id,
        "version": row.link_version,
        "state": row.state,
    }


def _orders_of(session: Session, person_id: int, now: datetime) -> list[Order]:
    """List what somebody bought, or waits to buy, for gatherings to come; and earlier orders that still owe."""
    return list(
        session.scalars(
            select(Order)
            .join(Event, Event.id == Order.event_id)
            .where(
                Order.person_id == person_id,
                Order.erased_at.is_(None),
                Order.state.in_((*LIVE, "wished")),
                or_(Event.ends_at > now, Order.state.in_(("waiting", "due"))),
            )
            .order_by(Event.starts_at, Order.id)
            .options(joinedload(Order.event).joinedload(Event.community))
        )
    )


def _order(row: Order) -> dict[str, object]:
    return {
        "event": facts_of(row.event),
        "community": row.event.community.name,
        "public_id": row.public_id,
        "version": row.link_version,
        "reference": row.reference,
    }
