"""A shop for tests: an event with tickets, orders that hold places, the real SDK, a double of Stripe behind it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.rules import normalise_address
from gatherings.cli.checking import wrong_counts
from gatherings.cli.checking_money import wrong_money
from gatherings.config import Site
from gatherings.core.clock import utc_now
from gatherings.core.tokens import new_public_id
from gatherings.db.session import db, transact
from gatherings.double import Double
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.payments.actions.starting import Started, start
from gatherings.payments.jobs import payments_drain
from gatherings.payments.models import Attempt
from gatherings.payments.providers import Provider
from gatherings.payments.providers.registry import provider_of
from gatherings.payments.providers.stripe_check import HOOK
from gatherings.registration.actions.ticketed import hold_ticket, lock_for_tickets
from gatherings.registration.rules import Wanted
from gatherings.tickets.actions.orders import recount
from gatherings.tickets.models import Order, Ticket, TicketKind
from gatherings.tickets.rules.pricing import line_of
from gatherings.tickets.rules.references import new_reference
from tests.databases import BASE_URL
from tests.factories import make_event
from tests.ticketing import make_kind, make_sale

PAGE = f"{BASE_URL}/orders/a-token"


def open_shop(session: Session, now: datetime, quota: int | None = None, **values: Any) -> tuple[Event, TicketKind]:
    """Make an event a month and a half from `now` with one kind of ticket, 6,500 SEK without VAT."""
    start_at = now.replace(tzinfo=None, hour=9, minute=0, second=0, microsecond=0) + timedelta(days=45)
    columns: dict[str, Any] = {
        "title": "Microsystem Festival", "mode": "in person", "zone": "Europe/Stockholm", "starts_local": start_at,
        "ends_local": start_at + timedelta(days=2, hours=7), "now": now, "capacity_room": quota,
    }  # fmt: skip
    event = make_event(session, **(columns | values))
    make_sale(session, event)
    return event, make_kind(session, event, quota)


def place(
    session: Session,
    event: Event,
    kind: TicketKind,
    *addresses: str,
    now: datetime,
    minutes: int = 30,
    **values: Any,
) -> Order:
    """Let somebody order tickets for themselves and others (the first address is the buyer's); places are held."""
    people = [find_or_make_person(session, normalise_address(address), now=now) for address in addresses]
    columns: dict[str, Any] = {
        "public_id": new_public_id(), "reference": new_reference(), "event_id": event.id, "person_id": people[0].id,
        "name": "Ada Example", "zone": "Europe/Stockholm", "state": "open", "currency": "SEK", "vat_included": False,
        "expires_at": now + timedelta(minutes=minutes), "placed_at": now, "total": 0, "vat": 0, "discount": 0,
        "received": 0, "given_back": 0, "attempts": 0,
    }  # fmt: skip
    order = Order(**(columns | values))
    lock_for_tickets(session, event, [kind])
    session.add(order)
    session.flush()
    price = 0 if kind.price == "free" else kind.amount
    line = line_of(price, [], vat_rate=kind.vat_rate, vat_included=order.vat_included, currency=order.currency)
    for address, person in zip(addresses, people, strict=True):
        ticket = Ticket(
            public_id=new_public_id(), order_id=order.id, kind_id=kind.id, person_id=person.id, name="Ada Example",
            side="room", price=line.price, discount=0, net=line.net, vat=line.vat, gross=line.gross,
            vat_rate=line.vat_rate, state="held", comes_back=0, code_ids=[],
        )  # fmt: skip
        wanted = Wanted(normalise_address(address), "Ada Example", "Europe/Stockholm", wish="room")
        hold_ticket(session, ticket, kind, event, person, wanted, now=now)
        session.add(ticket)
        session.flush()
    recount(session, order, now=now)
    order.follow_at = None
    session.flush()
    return order


@dataclass
class Shop:
    """An application that takes cards by way of a double, with one event and one kind of ticket."""

    app: Flask
    double: Double
    now: datetime
    event_id: int = 0
    kind_id: int = 0
    drain: Callable[[str, datetime], int] = field(init=False)

    def __post_init__(self) -> None:
        self.drain = payments_drain(self.app, self.app.config["GATHERINGS"])

    @property
    def site(self) -> Site:
        site: Site = self.app.config["GATHERINGS"].site
        return site

    @property
    def provider(self) -> Provider:
        found = provider_of(self.app)
        assert found is not None
        return found

    def open(self, quota: int | None = None, **values: Any) -> None:
        """Make the event and its kind of ticket."""
        with self.writing() as session:
            event, kind = open_shop(session, self.now, quota, **values)
            self.event_id, self.kind_id = event.id, kind.id

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """Give a session that has the write lock; committed at the end."""
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as made:
            made.connection(execution_options={"writing": True})
            yield made
            made.commit()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Give a session to look with."""
        with self.app.app_context(), Session(db.engine, expire_on_commit=False) as made:
            yield made

    def do(self, action: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Run an action in a transaction, at the shop's moment and site."""
        with self.app.app_context():
            return transact(action, *args, self.site, now=self.now, **more)

    def call(self, function: Callable[..., Any], *args: Any, **more: Any) -> Any:
        """Call a function that makes its own transactions."""
        with self.app.app_context():
            return function(*args, self.site, now=self.now, **more)

    def place(self, *addresses: str, **values: Any) -> int:
        """Place an order; gives its id."""
        with self.writing() as session:
            event, kind = session.get_one(Event, self.event_id), session.get_one(TicketKind, self.kind_id)
            return place(session, event, kind, *(addresses or ("ada@example.org",)), now=self.now, **values).id

    def start(self, order_id: int) -> Started:
        """Press "pay by card"."""
        with self.app.app_context():
            return start(self.provider, order_id, PAGE, self.site, now=self.now)

    def session_of(self, order_id: int) -> str:
        """Give the double's name of an order's newest session; it is started if it was not."""
        with self.reading() as session:
            newest = select(Attempt.session_id).where(Attempt.order_id == order_id).order_by(Attempt.number.desc())
            found = session.scalars(newest.limit(1)).first()
        if found is None:
            self.start(order_id)
            return self.session_of(order_id)
        return str(found)

    def pay(self, order_id: int, **how: Any) -> str:
        """Pay at the double's; nobody here knows of it yet. Gives the session."""
        session_id = self.session_of(order_id)
        self.double.books.pay(session_id, **how)
        return session_id

    def seen(self, session_id: str) -> Any:
        """Ask the double about a session."""
        return self.provider.look(session_id)

    def notices(self, *, times: int = 1) -> list[int]:
        """Hand over all notices that the double holds, each so often."""
        client = self.app.test_client()
        statuses = []
        for delivery in self.double.notices.take():
            for _ in range(times):
                answer = client.post(HOOK, data=delivery.body, headers=delivery.headers())
                statuses.append(answer.status_code)
        return statuses

    def work(self, later: timedelta | None = None) -> int:
        """Let the worker do what is due, now or later."""
        # Notices come by the running clock.
        moment, total = utc_now() + timedelta(seconds=1) + (later or timedelta()), 0
        while done := self.drain("worker", moment):
            total += done
        return total

    def order(self, order_id: int) -> Order:
        """Read an order afresh."""
        with self.reading() as session:
            return session.get_one(Order, order_id)

    def rows(self, model: Any, order_id: int | None = None) -> list[Any]:
        """Read payments, refunds and the like, oldest first."""
        with self.reading() as session:
            wanted = select(model).order_by(model.id)
            return list(session.scalars(wanted if order_id is None else wanted.where(model.order_id == order_id)))

    def mails(self, *kinds: str) -> list[tuple[str, str]]:
        """List (kind, recipient) of the outbox's mails, oldest first."""
        with self.reading() as session:
            rows = session.execute(select(OutboxMail.kind, OutboxMail.recipient).order_by(OutboxMail.id)).all()
        return [(kind, recipient) for kind, recipient in rows if not kinds or kind in kinds]

    def wrong(self) -> list[str]:
        """Say what does not add up; [] when all is well."""
        with self.reading() as session:
            return [*wrong_counts(session), *wrong_money(session)]

    def sums(self, order_id: int) -> tuple[str, int, int, int]:
        """Give (state, total, received, given back) of an order."""
        order = self.order(order_id)
        return order.state, order.total, order.received, order.given_back


def make_shop(make_app: Callable[..., Flask], double: Double, quota: int | None = None, **values: Any) -> Shop:
    """Make a shop whose application speaks with a double."""
    double.serves(BASE_URL)
    shop = Shop(make_app(**double.settings), double, utc_now().replace(microsecond=0))
    shop.open(quota, **values)
    return shop


__all__ = ["PAGE", "Shop", "make_shop", "open_shop", "place"]
