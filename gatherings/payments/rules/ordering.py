"""What somebody asks for when ordering tickets, and the keys by which one press is one order."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gatherings.accounts.rules import Address
from gatherings.core.tokens import PUBLIC_ID

ORDERS_OF_ONE_FORM = 40  # as often one form can be sent with other wishes; more begin a form anew


@dataclass(frozen=True)
class TicketWish:
    """One ticket: its kind (public id), who comes with it, and what they want to pay where that is theirs to say."""

    kind: str
    name: str
    address: Address
    amount: int | None = None


@dataclass(frozen=True)
class OrderWish:
    """What somebody asked for at the form, cleaned. No price is in it that counts.

    `name`, `address`, `zone`: the buyer's. `side` ("room", "online") is for kinds that leave it to the buyer.
    `answers`, `consents` and `code_agreed` are of the buyer and count if one of the tickets is for them. `shown`: the
    prices that stood beside the kinds, by public id: one that is another by now is told, and nothing is ordered.
    `key`: the form's secret; the same wish with the same key is the same order. `waiting`: they saw that the tickets
    are sold out, and ask for the waiting list. `approved`: the public id of a bursary that was granted to them.
    """

    name: str
    address: Address
    zone: str
    tickets: tuple[TicketWish, ...]
    language: str = "en"
    codes: tuple[str, ...] = ()
    side: str | None = None
    answers: Mapping[int, Any] = field(default_factory=dict)
    consents: frozenset[str] = frozenset()
    code_agreed: bool = False
    shown: Mapping[str, int] = field(default_factory=dict)
    key: str = ""
    waiting: bool = False
    approved: str | None = None

    @property
    def comes(self) -> bool:
        """Tell whether one of the tickets is for the buyer."""
        return any(ticket.address.key == self.address.key for ticket in self.tickets)


@dataclass(frozen=True)
class Placed:
    """What became of a wish: the order by its public id, and its state.

    `public_id` None: nothing was ordered, for they have it already; the screen says what it says to a newcomer.
    `new`: this very press made it.
    """

    public_id: str | None
    link_version: int
    state: str  # open, paid (it costs nothing), wished
    order_id: int | None = None
    new: bool = True


def order_ids(key: str) -> Iterator[str]:
    """Give the public ids that orders of one form have, one after the other; none for a key that is no key of ours.

    One-way: whoever knows an order's public id (an organiser, a provider) cannot make its form's key from it.
    """
    if PUBLIC_ID.fullmatch(key) is None:
        return
    for number in range(ORDERS_OF_ONE_FORM):
        turn = 0
        while True:
            made = hashlib.sha256(f"gatherings-order:{key}:{number}:{turn}".encode()).digest()[:16]
            public_id = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
            if public_id[0].isalnum():  # as all public ids
                break
            turn += 1
        yield public_id
