"""Placing an order: everything is asked again inside the transaction, then places are held or a number is drawn.

People are met first (in the order of their addresses), then pools are locked in ascending id, then the order is
written: two who press at once, or one who presses twice, come one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts, meet_person
from gatherings.accounts.models import Person
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, NotFound, Problem
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.payments.actions.for_nothing import may_have_for_nothing
from gatherings.payments.actions.pressed import find_pressed
from gatherings.payments.actions.settling import finish_free
from gatherings.payments.actions.unchosen import look_later
from gatherings.payments.queries.offer import Offer, read_offer
from gatherings.payments.rules.ordering import OrderWish, Placed, TicketWish
from gatherings.payments.rules.quoting import Quote, quote
from gatherings.payments.rules.refusing import use_problems, wish_problems
from gatherings.registration import rules
from gatherings.registration.actions.registering import get_open_event, limit_network
from gatherings.registration.actions.ticketed import hold_ticket
from gatherings.registration.actions.ticketed_waiting import tell_wished, wish_ticket
from gatherings.registration.actions.waiting import lock_pools
from gatherings.registration.rules import Wanted
from gatherings.tickets.models import Code, Order, Ticket, TicketKind
from gatherings.tickets.rules.references import new_reference
from gatherings.tickets.rules.windows import left_in

ORDERS_AN_HOUR = 20  # with one address for one event, before anything is paid


def place_order(
    session: Session,
    event_id: int,
    wish: OrderWish,
    site: Site,
    *,
    now: datetime,
    network: str | None = None,
    network_limit: int = 600,
    wait: bool = False,
) -> Placed:
    """Order tickets: places are held until they are paid for; what costs nothing is confirmed at once.

    `wait`: put them on the waiting list, for there is no place. The same wish of the same form again is the same
    order. Raises NotFound, Conflict when nothing is sold, InvalidInput, TooMany, and Full (registration/actions/
    ticketed.py) when a place is gone: the caller then asks again with `wait`, if the buyer agreed to it.
    """
    placed = _place(session, event_id, wish, site, now=now, wait=wait)
    limit_network(session, network, network_limit, now=now)
    return placed


@dataclass(frozen=True)
class _Ground:
    """What an order is written from: all of it read inside the transaction."""

    event: Event
    offer: Offer
    wish: OrderWish
    quoted: Quote
    people: Mapping[str, Person]
    sides: Mapping[str, str]  # by kind

    @property
    def buyer(self) -> Person:
        return self.people[self.wish.address.key]

    @property
    def kinds(self) -> list[TicketKind]:
        """The kinds that are ordered, each once."""
        return [self.offer.rows[public_id] for public_id in self.sides]

    def codes_of(self, number: int) -> list[Code]:
        """The codes that a ticket uses one of each."""
        used = {code.code for code in self.quoted.codes[number]}
        return [code for code in self.offer.codes if code.code in used]


def _place(session: Session, event_id: int, wish: OrderWish, site: Site, *, now: datetime, wait: bool) -> Placed:
    ground = _prepare(session, event_id, wish, now=now)
    event, buyer = ground.event, ground.buyer
    lock_pools(session, event)
    pressed, public_id = find_pressed(session, event, wish, site, now=now)
    if pressed is not None:
        return Placed(pressed.public_id, pressed.link_version, pressed.state, pressed.id, new=False)
    _refuse_used_codes(session, ground)
    limit_attempts(session, "order", f"{buyer.id}:{event.id}", most=ORDERS_AN_HOUR, window=timedelta(hours=1), now=now)
    if wait:
        _refuse_what_is_there(session, ground)
    for_nothing = wait or ground.quoted.total == 0
    if for_nothing and not may_have_for_nothing(session, event, wish, ground.people, site, now=now):
        return Placed(None, 1, "wished" if wait else "paid", new=False)
    order = _write_order(session, ground, public_id, now=now, wait=wait)
    _write_tickets(session, ground, order, site, now=now, wait=wait)
    _use_bursary(session, ground, order)
    session.flush()
    if for_nothing and not wait:
        finish_free(session, order, site, now=now)
    elif not wait:
        look_later(session, order, now=now)
    return Placed(order.public_id, order.link_version, order.state, order.id)


def _prepare(session: Session, event_id: int, wish: OrderWish, *, now: datetime) -> _Ground:
    """Ask again all that the form has asked; raises Conflict, InvalidInput, NotFound."""
    event = get_open_event(session, event_id, now=now)
    offer = read_offer(session, event.id, wish.codes, now=now, approved=wish.approved)
    if offer is None:
        raise Conflict(say("One registers for this gathering without a ticket."))
    if not offer.open:
        raise Conflict(say("Tickets are not on sale at the moment."))
    if offer.application is None and wish.approved is not None:
        raise Conflict(say("This link was used already, or its time is over."))
    problems = wish_problems(offer, wish, now=now)
    if problems:
        raise InvalidInput(problems)
    if wish.comes:
        rules.check_code(event.community.code_of_kindness, wish.code_agreed)
    sides = {ticket.kind: _side(event, offer.rows[ticket.kind], wish.side) for ticket in wish.tickets}
    quoted = quote(offer.rows, wish.tickets, offer.codes, offer.sale, now=now)
    addresses = {one.key: one for one in (wish.address, *(ticket.address for ticket in wish.tickets))}
    people = {key: meet_person(session, addresses[key], now=now)[0] for key in sorted(addresses)}
    return _Ground(event, offer, wish, quoted, people, sides)


def _side(event: Event, kind: TicketKind, wished: str | None) -> str:
    """Decide where a ticket is for: what its kind says, else what the buyer chose; raises InvalidInput, NotFound."""
    side = kind.side or rules.choose_side(event.mode, wished if event.mode == "hybrid" else None)
    if event.pool_at(side) is None:
        raise NotFound()
    return side


def _refuse_used_codes(session: Session, ground: _Ground) -> None:
    """Look again, now that the pools are locked, whether codes have uses enough; raises InvalidInput."""
    if not ground.offer.codes:
        return
    lock_pools(session, ground.event)  # read afresh: an order may have ended
    problems = use_problems(ground.offer, ground.quoted)
    if problems:
        raise InvalidInput(problems)


def _refuse_what_is_there(session: Session, ground: _Ground) -> None:
    """Put nobody on the waiting list for what can still be had: that is an order of its own."""
    for kind in ground.kinds:
        pools = [kind.places_id, ground.event.pool_at(ground.sides[kind.public_id])]
        rows = [session.get_one(Places, pool_id) for pool_id in pools]
        if all(left_in(row) != 0 for row in rows):
            raise InvalidInput(
                [
                    Problem(
                        f"n_{kind.public_id}",
                        say(
                            "“%(kind)s” can still be had. Please order it by itself, and the waiting list afterwards.",
                            kind=kind.name,
                        ),
                    )
                ]
            )


def _write_order(session: Session, ground: _Ground, public_id: str, *, now: datetime, wait: bool) -> Order:
    wish, quoted, sale = ground.wish, ground.quoted, ground.offer.sale
    order = Order(
        public_id=public_id,
        reference=new_reference(),
        event_id=ground.event.id,
        person_id=ground.buyer.id,
        name=wish.name,
        zone=wish.zone,
        language=wish.language,
        link_version=1,
        state="wished" if wait else "open",
        currency=sale.currency,
        vat_included=sale.vat_included,
        total=quoted.total,
        vat=quoted.vat,
        discount=quoted.discount,
        codes=[code.code for code in ground.offer.codes],
        expires_at=None if wait else now + timedelta(minutes=sale.hold_minutes),
        placed_at=now,
    )
    session.add(order)
    session.flush()
    return order


def _write_tickets(session: Session, ground: _Ground, order: Order, site: Site, *, now: datetime, wait: bool) -> None:
    """Write an order's tickets and take their places, or a number of the waiting list for each who comes."""
    tickets = []
    for number, asked in enumerate(ground.wish.tickets):
        kind, person = ground.offer.rows[asked.kind], ground.people[asked.address.key]
        line = ground.quoted.lines[number]
        ticket = Ticket(
            public_id=new_public_id(),
            order_id=order.id,
            kind_id=kind.id,
            person_id=person.id,
            name=asked.name,
            side=ground.sides[asked.kind],
            price=line.price,
            discount=line.discount,
            net=line.net,
            vat=line.vat,
            gross=line.gross,
            vat_rate=line.vat_rate,
            discounts=[cut.as_json() for cut in line.cuts],
            code_ids=[code.id for code in ground.codes_of(number)],
        )
        wanted = _wanted(ground, asked, order)
        if wait:
            wish_ticket(session, ticket, kind, ground.event, person, wanted, site, now=now)
        else:
            hold_ticket(session, ticket, kind, ground.event, person, wanted, now=now)
        session.add(ticket)
        tickets.append(ticket)
    session.flush()
    if wait:
        rows = [ground.offer.rows[asked.kind] for asked in ground.wish.tickets]
        tell_wished(session, order, list(zip(rows, tickets, strict=True)), ground.event, site, now=now)


def _wanted(ground: _Ground, asked: TicketWish, order: Order) -> Wanted:
    """Give what the registration of one who comes is made from: answers and consents are the buyer's own alone."""
    wish = ground.wish
    own = asked.address.key == wish.address.key
    return Wanted(
        address=asked.address,
        name=asked.name,
        zone=order.zone,
        language=order.language,
        wish=ground.sides[asked.kind],
        answers=wish.answers if own else {},
        consents=wish.consents if own else frozenset(),
        code_agreed=own and wish.code_agreed,
    )


def _use_bursary(session: Session, ground: _Ground, order: Order) -> None:
    """Note on a bursary that was granted which order it was used for; its link opens no second one."""
    granted = ground.offer.application
    if granted is not None and any(kind.id == granted.kind_id for kind in ground.kinds):
        granted.state, granted.order_id = "used", order.id
