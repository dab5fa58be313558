"""What every provider of payments can do, in words that are not the provider's own.

All of it talks over the network: never inside a transaction. Amounts are integers of minor units in our sense
(ISO 4217); a provider's own notation stays inside its module.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from gatherings.core.words import Sentence


class Away(Exception):
    """The provider could not be reached, was too slow, or asked us to wait: nothing is known; try again.

    `after` is how many seconds it asked for.
    """

    def __init__(self, words: str, after: int = 30) -> None:
        super().__init__(words)
        self.after = after


class Refused(Exception):
    """The provider understood and said no; its words are for the organiser, never for the buyer."""


class Missing(Refused):
    """The provider does not know what we ask about: it is of another account, or of its other mode."""


class BadSignature(Exception):
    """A notice that is not the provider's: forged, stale, of another account, or not to be read."""


@dataclass(frozen=True)
class Sold:
    """One line of what is paid for: what stands on the provider's page. `amount` is gross, for one of `count`."""

    name: str
    amount: int
    count: int = 1


@dataclass(frozen=True)
class Asked:
    """What a provider is asked to take: the order's own sum, never one from a form. Sum of `lines` = `amount`.

    `key` is the idempotency key of the attempt; `order` the order's public id, `reference` what people call it.
    """

    key: str
    order: str
    reference: str
    amount: int
    currency: str
    lines: Sequence[Sold]
    address: str
    language: str
    success_url: str
    cancel_url: str
    expires_at: datetime


@dataclass(frozen=True)
class Seen:
    """How a provider's session stands, as the provider says when asked.

    `state`: "open", "complete", "expired". `paid`: the money is there; complete and not paid: it is on its way
    (a delayed method), unless `failed`. `payment` is the provider's reference of the payment.
    """

    session_id: str
    state: str
    paid: bool
    failed: bool
    amount: int
    currency: str
    order: str
    url: str | None = None
    payment: str | None = None
    paid_at: datetime | None = None


@dataclass(frozen=True)
class Told:
    """A verified notice: `about` is the id of the object that it is about, `kind` the provider's type."""

    reference: str
    kind: str
    about: str
    made_at: int


@dataclass(frozen=True)
class Returned:
    """How a refund stands: `state` "sent" (on its way), "done", "failed"."""

    reference: str
    state: str
    amount: int
    currency: str
    payment: str
    error: str = ""
    ours: str = ""  # our refund's public id, where it was ours


@dataclass(frozen=True)
class Disputed:
    """A dispute: the payer asked their bank for the money back. `state` is the provider's word."""

    reference: str
    payment: str
    amount: int
    currency: str
    reason: str
    state: str
    opened_at: datetime
    answer_by: datetime | None = None
    closed: bool = False


@dataclass(frozen=True)
class Booked:
    """One movement as the provider's books have it, for the reconciliation.

    Amounts are positive, `kind` says which way the money went; that of a dispute is negative when it came back to us.
    `order` is the order's public id where the provider says it (of payments; "" may be somebody else's payment).
    """

    kind: str  # payment, refund, dispute
    reference: str  # of the payment or the refund
    payment: str
    amount: int
    currency: str
    fee: int
    order: str
    at: datetime


class Provider(Protocol):
    """A provider of payments. Everything may raise Away; what is refused raises Refused."""

    name: str

    def start(self, asked: Asked) -> Seen:
        """Make a session for paying, or give the one that was made with the same key."""
        ...

    def look(self, session_id: str) -> Seen:
        """Tell how a session stands now."""
        ...

    def expire(self, session_id: str) -> Seen:
        """End an open session so that it can no longer be paid; tells how it stands now (it may be complete)."""
        ...

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Told | None:
        """Verify a notice; None for a type that says nothing to us. Raises BadSignature."""
        ...

    def refund(self, *, key: str, payment: str, amount: int, currency: str, ours: str) -> Returned:
        """Give money back, once for each key."""
        ...

    def look_refund(self, reference: str) -> Returned:
        """Tell how a refund stands now."""
        ...

    def look_dispute(self, reference: str) -> Disputed:
        """Tell how a dispute stands now."""
        ...

    def books(self, since: datetime, until: datetime) -> Iterator[Booked]:
        """Give all movements of a time, for the reconciliation."""
        ...

    def check(self) -> list[Sentence]:
        """Say in words what is wrong with account, keys and webhook; [] when all is well."""
        ...
