"""People who buy through the real form, and pay, or not, at a double of Stripe; and what must be true afterwards."""

import asyncio
import html
import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.cli.checking import wrong_counts
from gatherings.cli.checking_money import wrong_money
from gatherings.core.clock import utc_now
from gatherings.db.places import Places
from gatherings.double import Double, running_double
from gatherings.events.models import Event
from gatherings.mail.models import OutboxMail
from gatherings.payments.models import Attempt, Notice, Payment, Refund
from gatherings.registration.links import order_path
from gatherings.registration.models import Registration
from gatherings.tickets.models import Order, Ticket, TicketKind
from tests.drills.client import Answer, NoAnswer, NotTaken, Visitor
from tests.drills.conftest import Builder
from tests.drills.houses import House
from tests.ticketing import make_kind, make_sale

_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_NUMBER = re.compile(r'name="(n_[A-Za-z0-9_-]+)"')
LONGEST = 90.0  # seconds that the worker may take for what is due


@dataclass
class BoxOffice:
    """An installation that sells `places` tickets of one kind by card, and the double behind it."""

    house: House
    double: Double
    event: Event
    kind_id: int
    places: int

    def let_time_pass(self) -> None:
        """Let all time to pay be over, leases end, and what was put off fall due."""
        past = utc_now() - timedelta(seconds=1)
        with self.house.writing() as session:
            session.execute(update(Order).where(Order.state == "open").values(expires_at=past))
            session.execute(update(Order).where(Order.follow_at.is_not(None)).values(follow_at=past))
            for model in (Notice, Refund):
                waiting = model.state.in_(("new", "due"))
                session.execute(update(model).where(waiting).values(due_at=past, leased_until=None))
            session.execute(update(Attempt).values(asked_at=past - timedelta(hours=2)))

    def offers(self) -> list[str]:
        """List the paths of orders that were offered from the waiting list."""
        offered = (
            select(Order)
            .join(Ticket, Ticket.order_id == Order.id)
            .join(Registration, Registration.id == Ticket.registration_id)
            .where(Order.state == "open", Registration.state == "offered")
        )
        with self.house.session() as session:
            return [order_path(order) for order in session.scalars(offered.order_by(Order.id))]

    def rests(self) -> bool:
        """Tell whether the worker has nothing more to do with money."""
        with self.house.session() as session:
            late = session.scalar(select(func.count()).where(Order.state == "open", Order.expires_at <= utc_now()))
            follow = session.scalar(select(func.count()).where(Order.follow_at.is_not(None)))
            new = session.scalar(select(func.count()).where(Notice.state == "new"))
            due = session.scalar(select(func.count()).where(Refund.state == "due"))
        return not (late or follow or new or due)

    def settle_down(self, seconds: float = LONGEST) -> None:
        """Wait until all is worked."""
        self.double.notices.wait(seconds)
        until = time.monotonic() + seconds
        while not self.rests():
            assert time.monotonic() < until, "the worker does not get done"
            time.sleep(0.2)


@contextmanager
def box_office(houses: Builder, kind: str, places: int, **how: Any) -> Iterator[BoxOffice]:
    """Open an installation with an event of so many places, and a double."""
    with running_double() as double:
        house = houses(kind, **double.settings, **how)
        double.serves(house.server.url)
        event = house.event(mode="in person", capacity_room=places)
        with house.writing() as session:
            event = session.get_one(Event, event.id)
            make_sale(session, event)
            sold = make_kind(session, event, places)
        double.notices.push()
        yield BoxOffice(house, double, event, sold.id, places)


@dataclass
class Purchase:
    """What somebody met: `told` is "waiting", "left", "declined", "paid", "delayed" or "" where the line was cut."""

    address: str
    told: str = ""
    order: str = ""  # the path of its page
    session: str = ""
    page: str = field(default="", repr=False)


async def buy(office: BoxOffice, address: str, fate: str, *, comes_back: bool, timeout: float = 60) -> Purchase:
    """Order one ticket and pay it as fate has it. Never raises for what the server does."""
    bought = Purchase(address)
    try:
        async with Visitor(office.house.port, timeout=timeout) as visitor:
            await _order(visitor, office, bought)
            if not bought.told and bought.order:
                await _pay(visitor, office, bought, fate, comes_back=comes_back, timeout=timeout)
    except (NoAnswer, NotTaken, TimeoutError):
        pass
    return bought


async def take_up(office: BoxOffice, path: str, fate: str, *, comes_back: bool, timeout: float = 60) -> Purchase:
    """Come by the link of an order whose tickets were offered from the waiting list, and pay as fate has it."""
    bought = Purchase("", order=path)
    try:
        async with Visitor(office.house.port, timeout=timeout) as visitor:
            await _pay(visitor, office, bought, fate, comes_back=comes_back, timeout=timeout)
    except (NoAnswer, NotTaken, TimeoutError):
        pass
    return bought


async def _order(visitor: Visitor, office: BoxOffice, bought: Purchase) -> None:
    path = f"/events/{office.event.slug}/order"
    for _try in range(5):  # "was taken a moment ago": they look again
        page = await _patiently(visitor, "GET", path, {})
        if await _press(visitor, path, page, bought):
            return


async def _press(visitor: Visitor, path: str, page: Answer, bought: Purchase) -> bool:
    numbers = _NUMBER.findall(page.text)
    if page.status != 200 or not numbers:
        bought.page = page.text
        return True
    fields = {name: html.unescape(value) for name, value in _HIDDEN.findall(page.text)}
    fields |= {numbers[0]: "1", "name": "Ada Example", "email": bought.address, "zone": "Europe/Stockholm"}
    answer = await _patiently(visitor, "POST", path, fields)
    place = answer.headers.get("location", "")
    bought.page = answer.text
    if answer.status == 303 and "/orders/" in place:
        bought.order = urlsplit(place).path
    elif answer.status == 303 and place.endswith("/ordered?waits=1"):
        bought.told = "waiting"
    return answer.status == 303


async def _pay(
    visitor: Visitor, office: BoxOffice, bought: Purchase, fate: str, *, comes_back: bool, timeout: float
) -> None:
    answer = await _patiently(visitor, "POST", f"{bought.order}/pay", {"way": "card"})
    if answer.status != 303 or "/c/pay/" not in answer.headers["location"]:
        bought.page = answer.text
        return
    hosted = urlsplit(answer.headers["location"]).path
    bought.session = hosted.rpartition("/")[2]
    if fate == "abandon":
        bought.told = "left"
        return
    async with Visitor(office.double.port, timeout=timeout) as payer:
        answer = await payer.post(hosted, {"act": {"pay": "pay", "delay": "delay"}.get(fate, "decline")})
    if fate == "decline":
        bought.told = "declined"
        return
    bought.told = "delayed" if fate == "delay" else "paid"
    if comes_back and answer.status == 303:
        place = urlsplit(answer.headers["location"])
        bought.page = (await visitor.get(f"{place.path}?{place.query}")).text


async def _patiently(visitor: Visitor, method: str, path: str, fields: dict[str, str]) -> Answer:
    """Ask; "many people are here" is asked again, as people do."""
    for _try in range(60):
        answer = await (visitor.post(path, fields) if method == "POST" else visitor.get(path))
        if answer.status != 503:
            break
        await asyncio.sleep(0.2)
    return answer


def fates(seed: int, *, declined: float = 0.2, left: float = 0.1, delayed: float = 0.1) -> Iterator[tuple[str, bool]]:
    """Give what becomes of each who wants to pay, and whether they come back to our page; the same each time."""
    luck = random.Random(seed)
    while True:
        dice = luck.random()
        fate = "decline" if dice < declined else "abandon" if dice < declined + left else "pay"
        yield ("delay" if fate == "pay" and luck.random() < delayed else fate), luck.random() < 0.5


def must_be_right(office: BoxOffice) -> Counter[str]:
    """Fail unless money and places agree to the last öre, and everybody was told once; gives counts to report."""
    with office.house.session() as session:
        assert [*wrong_counts(session), *wrong_money(session)] == []
        kind = session.get_one(TicketKind, office.kind_id)
        taken = session.get_one(Places, kind.places_id).taken
        states = Counter(session.scalars(select(Ticket.state)))
        orders = Counter(session.scalars(select(Order.state)))
        assert states["valid"] == taken <= office.places
        assert states["held"] == 0, states
        assert orders["open"] == orders["waiting"] == 0, orders
        _money_is_all_there(session, office)
        _each_is_told_once(session)
    return Counter({f"orders {state}": count for state, count in orders.items()}) + Counter(valid=taken)


def _money_is_all_there(session: Session, office: BoxOffice) -> None:
    """Compare with the provider's books: every payment is noted, and pays for a place or is given back."""
    payments = {one.reference: one for one in session.scalars(select(Payment))}
    books = office.double.books
    arrived = {id: row for id, row in books.table("payment_intent").items() if row["status"] == "succeeded"}
    assert set(arrived) == set(payments)
    back: Counter[str] = Counter()
    for row in books.table("refund").values():
        back[row["payment_intent"]] += row["amount"]
    buyers: Counter[int] = Counter()
    for reference, payment in payments.items():
        order = session.get_one(Order, payment.order_id)
        assert payment.amount == arrived[reference]["amount_received"]
        assert payment.given_back == back[reference]
        valid = session.scalars(select(Ticket.state).where(Ticket.order_id == order.id)).all()
        if payment.counts:
            buyers[order.person_id] += 1
            assert (order.state, valid) == ("paid", ["valid"]), (order.state, valid)
        else:
            assert back[reference] == payment.amount
    assert max(buyers.values(), default=0) <= 1, "somebody paid twice"


def _each_is_told_once(session: Session) -> None:
    told: dict[str, Counter[str]] = {kind: Counter() for kind in ("confirmed", "order_confirmed")}
    rows = session.execute(select(OutboxMail.kind, OutboxMail.recipient).where(OutboxMail.kind.in_(told)))
    for kind, recipient in rows:
        told[kind][recipient] += 1
    paid = session.scalars(
        select(Person.address).join(Order, Order.person_id == Person.id).where(Order.state == "paid")
    ).all()
    for kind, counts in told.items():
        assert counts == Counter(paid), kind
