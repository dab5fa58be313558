"""The kinds of ticket as a page shows them: what each costs now, how many can be had, and why one cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.payments.queries.offer import Offer
from gatherings.tickets.models import TicketKind
from gatherings.tickets.queries.kinds import Offered
from gatherings.tickets.rules.limits import MOST_IN_ALL, most_now, numbers_now
from gatherings.tickets.rules.pricing import is_early, price_of, split_vat
from gatherings.tickets.rules.windows import left_in

FEW = 10  # from here on a page says how many are left


@dataclass(frozen=True)
class Choice:
    """One kind on the page. `state`: "open", "full" (one can wait for it), "before", "after".

    `numbers` can be chosen now; [] where none can. `left` is told where few are. `gross` is the price with VAT, and
    `usual` what it costs once the early price is over.
    """

    kind: TicketKind
    state: str
    at: datetime | None
    numbers: Sequence[int]
    left: int | None
    price: int
    gross: int
    early: bool
    usual: int | None
    lowest: int  # what one pays at least, with VAT

    @property
    def id(self) -> str:
        """The kind's public id, in the names of its fields."""
        return self.kind.public_id

    @property
    def waits(self) -> bool:
        """Tell whether choosing it means the waiting list."""
        return self.state == "full"

    @property
    def few(self) -> int | None:
        """Give how many are left, where that is worth saying."""
        return self.left if self.state == "open" and self.left is not None and self.left <= FEW else None

    @property
    def days(self) -> list[date]:
        """Give the days it is valid for; [] all of them."""
        return [date.fromisoformat(day) for day in self.kind.days]


def choices_of(offer: Offer, event: Event, *, now: datetime, waited_for: Sequence[str] = ()) -> list[Choice]:
    """List the kinds that a buyer is shown; `waited_for` were found to be gone when they were asked for."""
    return [_choice(offer, offered, event, now, public_id in waited_for) for public_id, offered in offer.kinds.items()]


def _choice(offer: Offer, offered: Offered, event: Event, now: datetime, gone: bool) -> Choice:
    kind, standing = offered.kind, offered.standing
    left = _left(kind, event, standing.left)
    state = "full" if standing.is_open and (left == 0 or gone) else standing.state
    numbers: Sequence[int] = ()
    if state == "open":
        numbers = numbers_now(kind, left)
        state = state if numbers else "full"  # fewer than the least of one order are left
    if state == "full":
        numbers = [0, *range(max(kind.least_each, 1), most_now(kind, MOST_IN_ALL) + 1)]
    if kind.by_application:
        numbers = [number for number in numbers if number <= 1]
    early, price = is_early(kind, now), price_of(kind, now, suggested_of(kind))
    gross = _with_vat(offer, kind, price)
    lowest = _with_vat(offer, kind, kind.least) if kind.price == "choose" else gross
    usual = kind.amount if early else None
    return Choice(kind, state, standing.at, numbers, left, price, gross, early, usual, lowest)


def suggested_of(kind: TicketKind) -> int | None:
    """Give what stands in the field of a kind whose price is the buyer's to say: within its bounds in any case."""
    if kind.price != "choose":
        return None
    least = max(kind.suggested, kind.least)
    return least if kind.most is None else min(least, kind.most)


def _with_vat(offer: Offer, kind: TicketKind, price: int) -> int:
    net, vat = split_vat(price, kind.vat_rate, vat_included=offer.sale.vat_included, currency=offer.sale.currency)
    return net + vat


def _left(kind: TicketKind, event: Event, own: int | None) -> int | None:
    """Give how many of a kind can be had: of its own number, and of the side of the event that it is for."""
    counts = [own, _left_at(kind, event)]
    known = [count for count in counts if count is not None]
    return min(known) if known else None


def _left_at(kind: TicketKind, event: Event) -> int | None:
    pools: Mapping[str, Places | None] = {"room": event.room, "online": event.online}
    if kind.side:
        pool = pools[kind.side]
        return left_in(pool) if pool is not None else 0
    counts = [left_in(pool) for pool in pools.values() if pool is not None]
    return None if None in counts else max((count for count in counts if count is not None), default=None)


@dataclass(frozen=True)
class Person:
    """One ticket whose holder is asked for. `needed`: left empty it is not the buyer's, for they have one already."""

    kind: TicketKind
    number: int  # which of its kind, from 1
    needed: bool
    many: bool = False  # more than one of its kind

    @property
    def id(self) -> str:
        """What stands in the names of its fields."""
        return f"{self.kind.public_id}_{self.number}"


def people_of(kinds: Sequence[TicketKind], numbers: Mapping[str, int], *, others: bool) -> list[Person]:
    """List the tickets whose holders are asked for: all but the buyer's own first one. `others`: they do not come."""
    people: list[Person] = []
    own = False
    for kind in kinds:
        count = min(numbers.get(kind.public_id, 0), MOST_IN_ALL)
        for number in range(1, count + 1):
            if number == 1 and not own and not others:
                own = True
                continue
            people.append(Person(kind, number, needed=others or number > 1, many=count > 1))
    return people[:MOST_IN_ALL]
