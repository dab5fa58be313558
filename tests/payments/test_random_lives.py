"""Orders live through anything in any order, and after each step places, people, money and papers agree."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.cli.checking import wrong_counts
from gatherings.cli.checking_money import wrong_money
from gatherings.core.errors import DomainError
from gatherings.core.money import step_of
from gatherings.db.places import Places
from gatherings.db.session import db, transact
from gatherings.events.models import Event
from gatherings.events.queries import WITH_ALL
from gatherings.own_data.actions import erase_person
from gatherings.payments.actions import by_hand, expiring, following, giving_all, looking, refunding
from gatherings.payments.actions.choosing import change_bill_to, choose_way
from gatherings.payments.actions.giving_tickets import ticket_by_hand
from gatherings.payments.actions.leaving import leave
from gatherings.payments.actions.naming import change_name
from gatherings.payments.actions.placing import place_order
from gatherings.payments.actions.settling import note_by_hand, settle
from gatherings.payments.actions.starting import start
from gatherings.payments.models import Document, Payment, Refund
from gatherings.payments.providers import Away, Refused, Returned
from gatherings.payments.rules.ordering import TicketWish
from gatherings.registration.actions.leaving import cancel
from gatherings.registration.actions.ticketed import Full
from gatherings.registration.actions.waiting import list_to_serve, lock_pools, serve_event, set_capacity
from gatherings.registration.models import Registration
from gatherings.registration.rules import Wanted
from gatherings.tickets.models import Order, Sale, Ticket, TicketKind
from gatherings.tickets.rules.states import CONFIRMED
from tests.bank import Bank
from tests.factories import NOW, SITE
from tests.ordering import make_order, wish_for
from tests.ticketing import festival, make_code, make_kind

LIVES, STEPS = 4, 45
PEOPLE = [f"{name}@example.org" for name in ("ada", "ben", "cyd", "dee", "eve", "fay")]
PAGE = "https://gatherings.test/orders/a-token"


class Life:
    """One festival, six people and a treasurer, who do whatever comes into their heads."""

    def __init__(self, seed: int) -> None:
        self.bank: Any = Bank()
        self.luck, self.now, self.seed = random.Random(seed), NOW, seed
        self.did: list[str] = []
        with self.writing() as session:
            mode = self.luck.choice(["in person", "hybrid"])
            side = {"capacity_online": 2} if mode == "hybrid" else {}
            event, first = festival(session, mode=mode, capacity_room=self.luck.choice([3, 5]), **side)
            sale = session.scalars(select(Sale)).one()
            sale.currency, sale.vat_included = self.luck.choice(["SEK", "JPY", "KWD"]), self.luck.random() < 0.5
            self.step_of = step_of(sale.currency)
            first.side = "room"
            kinds = [
                first,
                make_kind(session, event, 3, name="One day", amount=250_010, early_amount=200_000,
                          early_until_at=NOW + timedelta(days=2)),
                make_kind(session, event, 2, name="Student", amount=99_990, vat_rate=600,
                          side="online" if mode == "hybrid" else ""),
                make_kind(session, event, 2, name="Free", price="free", amount=0, vat_rate=0),
            ]  # fmt: skip
            make_code(session, event, uses=3)
            make_code(session, event, "FRIEND", uses=2, effect="free", value=0)
            self.treasurer = find_or_make_person(session, normalise_address("treasurer@example.org"), now=NOW).id
            self.event_id, self.kinds = event.id, [kind.id for kind in kinds]
            session.commit()

    def writing(self) -> Session:
        made = Session(db.engine, expire_on_commit=False)
        made.connection(execution_options={"writing": True})
        return made

    def reading(self) -> Session:
        return Session(db.engine, expire_on_commit=False)

    def do(self, action: Callable[..., Any], *args: Any, **more: Any) -> Any:
        return transact(action, *args, SITE, now=self.now, **more)

    def found(self, query: Callable[..., Any], *args: Any) -> Any:
        """Give what a worker finds to do now; its session ends before anything is done."""
        with self.reading() as session:
            return query(session, self.now, *args)

    def some_order(self, *states: str) -> int | None:
        with self.reading() as session:
            wanted = select(Order.id).order_by(Order.id)
            ids = session.scalars(wanted.where(Order.state.in_(states)) if states else wanted).all()
        return self.luck.choice(ids) if ids else None

    def some_ticket(self, *states: str) -> Ticket | None:
        with self.reading() as session:
            rows = session.scalars(select(Ticket).where(Ticket.state.in_(states)).order_by(Ticket.id)).all()
        return self.luck.choice(rows) if rows else None

    # What people do

    def place(self) -> None:
        with self.reading() as session:
            kinds = [session.get_one(TicketKind, kind) for kind in self.kinds]
        who = self.luck.sample(PEOPLE, self.luck.choice([1, 1, 2, 3]))
        tickets = tuple(
            TicketWish(self.luck.choice(kinds).public_id, "Ada Example", normalise_address(one)) for one in who
        )
        codes = self.luck.choice([(), (), ("PRESENTER",), ("FRIEND",)])
        wish = wish_for(
            address=self.luck.choice([who[0], self.luck.choice(PEOPLE)]),
            tickets=tickets,
            codes=codes,
            side=self.luck.choice(["room", "online"]),
        )
        try:
            self.do(place_order, self.event_id, wish)
        except Full:
            self.do(place_order, self.event_id, wish, wait=True)

    def start(self) -> None:
        if order := self.some_order("open", "open", "due"):
            start(self.bank, order, PAGE, SITE, now=self.now)

    def at_the_bank(self) -> None:
        how = self.luck.choice(["pay", "pay", "pay", "delay", "arrives", "fails", "wrong"])
        fitting = "complete" if how in ("arrives", "fails") else "open"
        sessions = [
            id for id, one in self.bank.sessions.items() if one.state == fitting and not one.paid and not one.failed
        ]
        if not sessions:
            return
        one = self.luck.choice(sessions)
        money = {"paid": True, "payment": f"pi-{one}", "paid_at": self.now}
        if how == "wrong":
            money["amount"] = self.bank.sessions[one].amount - self.step_of
        changes = {"delay": {}, "fails": {"failed": True}}.get(how, money)
        self.bank.becomes(one, state="complete", **changes)

    def tell(self) -> None:
        for session_id in self.luck.sample(sorted(self.bank.sessions), min(2, len(self.bank.sessions))):
            self.settle(session_id)

    def settle(self, session_id: str) -> None:
        seen = self.bank.look(session_id)
        with self.reading() as session:
            order = session.scalars(select(Order.id).where(Order.public_id == seen.order)).one()
        self.do(settle, order, seen)

    def time_is_over(self) -> None:
        for order in self.found(expiring.list_expired, 50):
            expiring.expire_order(self.bank, order, SITE, now=self.now)

    def choose(self) -> None:
        if order := self.some_order("open"):
            looking.close_attempts(self.bank, order, SITE, now=self.now)
            self.do(choose_way, order, self.luck.choice(["invoice", "door"]), {"name": "Ada"})

    def change_bill(self) -> None:
        if order := self.some_order():
            self.do(change_bill_to, order, {"name": self.luck.choice(["Ada", "Ben", "Cyd"])})

    def note_money(self) -> None:
        order = self.some_order("due", "due", "open", "expired", "cancelled", "paid", "waiting")
        if order is None:
            return
        with self.reading() as session:
            owed, actor = session.get_one(Order, order).owed, session.get_one(Person, self.treasurer)
        amount = max(1, self.luck.choice([owed, owed, owed // 2, owed + 700, 5_000]))
        self.do(note_by_hand, order, amount, self.luck.choice(["bank", "door"]), actor, "")

    def hand_on(self) -> None:
        if ticket := self.some_ticket("held", "valid"):
            address = normalise_address(self.luck.choice(PEOPLE))
            self.do(change_name, ticket.order_id, ticket.public_id, "Eve Example", address)

    def leave(self) -> None:
        if ticket := self.some_ticket("held", "valid", "valid", "wished"):
            looking.close_attempts(self.bank, ticket.order_id, SITE, now=self.now)
            self.do(leave, ticket.order_id, self.luck.choice([None, [ticket.public_id]]), 0)

    def cancel(self) -> None:
        if ticket := self.some_ticket("held", "valid", "wished"):
            self.do(_cancel, ticket.registration_id, self.luck.choice(["person", "host"]))

    def give_back(self) -> None:
        order = self.some_order("paid", "due", "cancelled")
        if order is None:
            return
        with self.reading() as session:
            tickets = session.scalars(select(Ticket).where(Ticket.order_id == order)).all()
            actor = session.get_one(Person, self.treasurer)
        some = self.luck.sample(tickets, self.luck.randint(1, len(tickets)))
        amounts = {
            one.public_id: self.luck.choice([one.gross, self.luck.randint(0, one.gross) // 10 * 10]) for one in some
        }
        transact(
            refunding.give_back, order, amounts, person=actor, leave=self.luck.random() < 0.5, site=SITE, now=self.now
        )

    def give_ticket(self) -> None:
        with self.reading() as session:
            kind = session.get_one(TicketKind, self.luck.choice(self.kinds)).public_id
        wanted = Wanted(normalise_address(self.luck.choice(PEOPLE)), "Fay Example", "UTC", wish="room", made_by="host")
        way = self.luck.choice(["guest", "invoice", "door"])
        over = self.luck.random() < 0.3
        self.do(ticket_by_hand, self.event_id, wanted, kind, way, over=over, actor="treasurer")

    def erase(self) -> None:
        if self.luck.random() < 0.4:
            with self.reading() as session:
                address = self.luck.choice(PEOPLE)
                person = session.scalars(select(Person).where(Person.address == address)).one_or_none()
            if person is not None:
                transact(lambda session: erase_person(session, session.get_one(Person, person.id), SITE, now=self.now))

    def change_places(self) -> None:
        transact(_resize, self.luck.choice([None, *self.kinds]), self.event_id, self.luck.randint(1, 5), now=self.now)

    def retire(self) -> None:
        transact(_retire, self.luck.choice(self.kinds), retired=self.luck.random() < 0.3)

    def money_goes_back(self) -> None:
        self.bank.refuses = self.luck.random() < 0.2
        for refund in transact(refunding.lease, now=self.now, limit=10):
            refunding.send(self.bank, refund, SITE, now=self.now)
        self.bank.refuses = False

    def look_after_refunds(self) -> None:
        with self.reading() as session:
            rows = session.scalars(select(Refund).where(Refund.state.in_(("failed", "by_hand")))).all()
            actor = session.get_one(Person, self.treasurer)
        if not rows:
            return
        refund = self.luck.choice(rows)
        if refund.state == "by_hand":
            transact(by_hand.note_given_back, refund.order_id, refund.public_id, person=actor, now=self.now)
        else:
            by = self.luck.random() < 0.5
            transact(by_hand.try_again, refund.order_id, refund.public_id, person=actor, by_hand=by, now=self.now)

    def given_back_elsewhere(self) -> None:
        with self.reading() as session:
            paid = session.scalars(select(Payment).where(Payment.provider == "stripe")).all()
        some = [one for one in paid if one.amount - one.given_back > 10 * self.step_of]
        if some and self.luck.random() < 0.5:
            payment = self.luck.choice(some)
            amount = self.luck.randint(1, payment.amount - payment.given_back) // self.step_of * self.step_of
            key = f"elsewhere-{len(self.bank.refunds)}"
            told = Returned(key, "done", amount, payment.currency, payment.reference)
            self.bank.refunds[key] = told
            self.do(refunding.note_returned, told, "stripe")

    def look_again(self) -> None:
        for due in self.found(looking.list_due_looks, 50):
            looking.look_again(self.bank, due, SITE, now=self.now)

    def follow(self) -> None:
        for order in self.found(following.list_to_follow, 50):
            self.do(following.follow, order)

    def serve(self) -> None:
        for event in self.found(list_to_serve):
            self.do(serve_event, event)

    def line_is_down(self) -> None:
        self.bank.away = not self.bank.away and self.luck.random() < 0.3

    # What must be true

    def live(self, steps: int) -> None:
        acts = [
            *[self.place] * 5, *[self.start] * 3, *[self.at_the_bank] * 3, *[self.tell] * 3, self.time_is_over,
            *[self.choose] * 2, self.change_bill, *[self.note_money] * 2, *[self.hand_on] * 2, *[self.leave] * 2,
            self.cancel, self.give_back, self.give_ticket, self.erase, self.change_places, self.retire,
            self.money_goes_back, self.look_after_refunds, self.given_back_elsewhere, self.look_again, self.follow,
            self.serve, self.line_is_down,
        ]  # fmt: skip
        for _ in range(steps):
            self.step(self.luck.choice(acts))
            self.now += timedelta(minutes=self.luck.choice([1, 10, 40, 300, 2000]))
        self.come_to_rest()
        self.called_off()

    def step(self, act: Callable[[], None]) -> None:
        try:
            act()
            self.did.append(act.__name__)
        except (DomainError, Away, Refused) as error:
            self.did.append(f"({act.__name__}: {type(error).__name__})")
        with self.reading() as session:
            found = list(self.wrong(session))
        assert not found, f"seed {self.seed}, after {self.did[-8:]}: {found}"

    def come_to_rest(self) -> None:
        self.bank.away = False
        self.now += timedelta(days=2)
        for session_id in sorted(self.bank.sessions):
            if self.bank.sessions[session_id].state == "open":
                self.bank.becomes(session_id, state="expired")
            if self.bank.sessions[session_id].state == "complete" and not self.bank.sessions[session_id].paid:
                self.bank.becomes(session_id, failed=True)

            def arrive(one: str = session_id) -> Any:
                return self.settle(one)

            self.step(arrive)
        for _ in range(4):
            for act in (self.follow, self.serve, self.time_is_over, self.look_again):
                self.step(act)
            for refund in transact(refunding.lease, now=self.now, limit=100):
                refunding.send(self.bank, refund, SITE, now=self.now)
            self.now += timedelta(days=2)
        with self.reading() as session:
            assert session.scalars(select(Order.id).where(Order.follow_at.is_not(None))).all() == []
            paid = session.scalars(select(Payment).where(Payment.provider == "stripe")).all()
            refunds = session.scalars(select(Refund).options(joinedload(Refund.payment))).all()
        came = {one.payment: one.amount for one in self.bank.sessions.values() if one.paid}
        assert came == {one.reference: one.amount for one in paid}
        went = Counter[str]()
        for back in self.bank.refunds.values():
            went[back.payment] += back.amount
        ours = Counter[str]()
        for row in refunds:
            if row.payment.provider == "stripe" and row.state == "done" and row.reference:
                ours[row.payment.reference] += row.amount
        assert went == ours, (self.seed, self.did)

    def called_off(self) -> None:
        """Cancel the event at the end: nobody keeps a ticket, and everybody has all of their money back."""
        with self.writing() as session:
            event = session.get_one(Event, self.event_id)
            event.status = "cancelled"
            giving_all.ask(session, event.id, person=session.get_one(Person, self.treasurer), now=self.now)
            session.commit()
        while self.do(giving_all.step):
            self.step(self.follow)
        self.come_to_rest()
        with self.reading() as session:
            left = session.scalars(select(Order).where(Order.state.in_(CONFIRMED), Order.total > 0)).all()
        assert left == [], (self.seed, self.did)

    def wrong(self, session: Session) -> Iterable[str]:
        yield from (line for line in wrong_counts(session) if "wait" not in line)
        yield from wrong_money(session)
        tickets = session.scalars(select(Ticket).order_by(Ticket.id)).all()
        yield from _wrong_registrations(session.scalars(select(Registration)).all(), tickets)
        payments = session.scalars(select(Payment)).all()
        refunds = session.scalars(select(Refund)).all()
        documents = session.scalars(select(Document)).all()
        for order in session.scalars(select(Order).order_by(Order.id)):
            yield from _wrong_order(
                order,
                [one for one in tickets if one.order_id == order.id],
                [one for one in payments if one.order_id == order.id],
                [one for one in refunds if one.order_id == order.id],
                [one for one in documents if one.order_id == order.id],
            )


def _cancel(session: Session, registration_id: int, by: str, site: Any, *, now: datetime) -> None:
    wanted = select(Registration).where(Registration.id == registration_id)
    registration = session.scalars(
        wanted.options(
            joinedload(Registration.event).options(*WITH_ALL),
            joinedload(Registration.person),
            joinedload(Registration.invite),
        )
    ).one()
    cancel(session, registration, site, now=now, by=by, actor="treasurer")


def _resize(session: Session, kind_id: int | None, event_id: int, number: int, *, now: datetime) -> None:
    event = session.scalars(select(Event).where(Event.id == event_id).options(*WITH_ALL)).one()
    if kind_id is None:
        set_capacity(session, event, "room", number, SITE, now=now)
        return
    lock_pools(session, event)
    session.get_one(Places, session.get_one(TicketKind, kind_id).places_id).capacity = number
    session.flush()
    serve_event(session, event_id, SITE, now=now)


def _retire(session: Session, kind_id: int, *, retired: bool) -> None:
    session.get_one(TicketKind, kind_id).retired = retired


def _wrong_registrations(registrations: Iterable[Registration], tickets: Iterable[Ticket]) -> Iterable[str]:
    """Name registrations that live otherwise than their tickets do."""
    states: dict[int | None, set[str]] = {}
    for ticket in tickets:
        states.setdefault(ticket.registration_id, set()).add(ticket.state)
    for one in registrations:
        have = states.get(one.id, set()) - {"cancelled"}
        fits = {
            "confirmed": "valid" in have,
            "pending": "held" in have and "valid" not in have,
            "offered": "held" in have and "valid" not in have,
            "waitlisted": have == {"wished"},
            "cancelled": not have,
        }[one.state]
        if not fits or ("wished" in have) != (one.waits_for_id is not None):
            yield f"registration {one.id} is {one.state} with tickets {sorted(have)}, waits {one.waits_for_id}"


def _wrong_order(
    order: Order, tickets: list[Ticket], payments: list[Payment], refunds: list[Refund], documents: list[Document]
) -> Iterable[str]:
    """Name what does not fit in an order: its state, its people, its money, its papers."""
    about = f"order {order.id} ({order.state}, {order.way}, owed {order.owed})"
    have = {one.state for one in tickets} - {"cancelled"}
    fits = {
        "open": "held" in have and "valid" not in have,
        "waiting": "held" in have and "valid" not in have,
        "wished": have == {"wished"},
        "due": "valid" in have and "held" not in have,
        "paid": "valid" in have and "held" not in have,
        "expired": not have,
        "cancelled": not have,
    }[order.state]
    if not fits:
        yield f"{about} has tickets {sorted(have)}"
    if order.state == "paid" and order.owed > 0:
        yield f"{about} is paid, and owes"
    for payment in payments:
        back = sum(one.amount for one in refunds if one.payment_id == payment.id and one.state != "failed")
        if back != payment.given_back or back > payment.amount:
            yield f"{about}: {payment.given_back} of {payment.amount} counted back, {back} written"
    receipts = [one for one in documents if one.kind == "receipt"]
    if sorted(one.payment_id or 0 for one in receipts) != sorted(one.id for one in payments if one.counts):
        yield f"{about} has other receipts than payments"
    if order.follow_at is not None:
        return
    failed = sum(
        one.amount
        for one in refunds
        if one.state == "failed" and any(p.counts for p in payments if p.id == one.payment_id)
    )
    if order.owed < 0 and -order.owed > failed:
        yield f"{about}: nobody gives back what is too much ({failed} failed)"
    sign = {"invoice": 1, "credit": -1, "receipt": 0}
    if order.state in CONFIRMED or documents:
        for name, wanted in (("total", order.total), ("vat", order.vat)):
            there = sum(sign[one.kind] * getattr(one, name) for one in documents)
            if there != wanted:
                yield f"{about}: papers say {name} {there}, tickets {wanted}"


@pytest.mark.parametrize("seed", range(LIVES))
def test_lives(app, seed):
    with app.app_context():
        Life(seed).live(STEPS)


def test_who_loses_a_valid_ticket_does_not_come_by_one_that_is_held(app):
    with app.app_context():
        life = Life(1)
        with life.writing() as session:
            event = session.get_one(Event, life.event_id)
            first, other = (session.get_one(TicketKind, kind) for kind in (life.kinds[0], life.kinds[3]))
            valid, held = make_order(session, event, other, side="room"), make_order(session, event, first, side="room")
            session.commit()
        life.do(leave, valid.id, None, 0)
        with life.reading() as session:
            assert session.scalars(select(Registration.state)).all() == ["pending"]
        life.now += timedelta(hours=3)
        expiring.expire_order(life.bank, held.id, SITE, now=life.now)
        with life.reading() as session:
            assert session.scalars(select(Registration.state)).all() == ["cancelled"]
            assert list(life.wrong(session)) == []


def test_who_waits_for_two_kinds_is_offered_the_one_that_is_free(app):
    with app.app_context():
        life = Life(1)
        with life.writing() as session:
            event = session.get_one(Event, life.event_id)
            one, two = (session.get_one(TicketKind, kind) for kind in life.kinds[:2])
            for kind in (one, two):
                session.get_one(Places, kind.places_id).capacity = 0
            make_order(session, event, one, two, side="room", wait=True)
            session.get_one(Places, two.places_id).capacity = 1
            session.commit()
        life.serve()
        with life.reading() as session:
            assert session.scalars(select(Ticket.state).order_by(Ticket.id)).all() == ["wished", "held"]
            assert list(life.wrong(session)) == []
