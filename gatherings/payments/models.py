"""Money that moved or is to move, what a provider told us, and the documents about it.

Amounts are integers of minor units in the row's own currency.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gatherings.communities.models import Community
from gatherings.db.base import Base, Counter, Line, Pk, PublicId, UtcTime
from gatherings.db.types import UtcDateTime
from gatherings.tickets.models import Order


class Seller(Base):
    """Who sells for a community, as tax law wants it on paper, and the last number of each series of documents.

    Numbers are given by one guarded UPDATE in the transaction that writes the document: consecutive, without gaps.
    `bank` are lines to print: account, IBAN, BIC, Bankgiro.
    """

    __tablename__ = "sellers"

    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), primary_key=True)
    name: Mapped[Line] = mapped_column(default="")
    address: Mapped[str] = mapped_column(Text, default="")
    country: Mapped[str] = mapped_column(String(2), default="")
    zone: Mapped[str] = mapped_column(String(64), default="UTC")  # the calendar of its dates (IANA)
    org_number: Mapped[str] = mapped_column(String(60), default="")
    vat_number: Mapped[str] = mapped_column(String(60), default="")
    bank: Mapped[str] = mapped_column(Text, default="")
    contact: Mapped[Line] = mapped_column(default="")
    note: Mapped[str] = mapped_column(Text, default="")  # printed at the foot
    last_invoice: Mapped[Counter]
    last_receipt: Mapped[Counter]
    last_credit: Mapped[Counter]
    edits: Mapped[Counter]

    community: Mapped[Community] = relationship(lazy="raise")


class Attempt(Base):
    """One try to pay an order at a provider: written before the provider is asked, so that nothing is ever unknown.

    State: "starting" (asked, or about to be; `session_id` not known yet), "open", "complete", "expired", "failed".
    `key` is the idempotency key: asking again with it gives the same session.
    """

    __tablename__ = "payment_attempts"
    __table_args__ = (UniqueConstraint("order_id", "number"), Index("ix_payment_attempts_state", "state", "expires_at"))

    id: Mapped[Pk]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    number: Mapped[int]
    provider: Mapped[str] = mapped_column(String(20))
    key: Mapped[str] = mapped_column(String(80), unique=True)
    session_id: Mapped[str | None] = mapped_column(String(255), unique=True)
    url: Mapped[str | None] = mapped_column(Text)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(10), default="starting")
    error: Mapped[str] = mapped_column(String(300), default="", server_default="")
    created_at: Mapped[UtcTime]
    expires_at: Mapped[UtcTime]
    asked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())  # when the provider was last asked about it

    order: Mapped[Order] = relationship(lazy="raise")


class Payment(Base):
    """Money that arrived: noted once for each reference of a provider.

    `counts` tells whether it pays for the order; what does not (a wrong amount or currency, a second payment, one for
    places that were gone) is given back in full, and `why_not` says why. `noted_by` is the organiser who marked an
    invoice as paid or took money at the door.
    """

    __tablename__ = "payments"
    __table_args__ = (UniqueConstraint("provider", "reference"), Index("ix_payments_at", "order_id", "received_at"))

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("payment_attempts.id"))
    provider: Mapped[str] = mapped_column(String(20))  # stripe, bank, door
    reference: Mapped[str] = mapped_column(String(255))  # Stripe's payment intent; our own for the others
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    counts: Mapped[bool]
    why_not: Mapped[str] = mapped_column(String(20), default="", server_default="")  # amount, currency, twice, gone
    given_back: Mapped[Counter]  # of refunds under way and done
    noted_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    note: Mapped[Line] = mapped_column(default="")
    received_at: Mapped[UtcTime]
    created_at: Mapped[UtcTime]

    order: Mapped[Order] = relationship(lazy="raise")


class Refund(Base):
    """Money that goes back, of one payment. The row is written first; the worker asks the provider with its key.

    State: "due" (the worker sends it), "sent" (the provider has it), "done", "failed" (a person must look; the
    provider's words in `error`), "by_hand" (an organiser gives it back by bank or at the door, and says when done).
    `tickets` are the public ids it is for, with the amount for each: {"…": 250000}; {} where the payment did not count.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        Index("ix_refunds_due", "state", "due_at"),
        CheckConstraint("amount > 0", name="more_than_nothing"),
    )

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(20))  # asked, left, event, gone, twice, amount, currency
    tickets: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    state: Mapped[str] = mapped_column(String(10), default="due")
    reference: Mapped[str | None] = mapped_column(String(255), unique=True)
    error: Mapped[str] = mapped_column(String(300), default="", server_default="")
    tries: Mapped[Counter]
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))  # None: by the rules
    due_at: Mapped[UtcTime]
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[UtcTime]
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    order: Mapped[Order] = relationship(lazy="raise")
    payment: Mapped[Payment] = relationship(lazy="raise")


class Dispute(Base):
    """A payer asked their bank for the money back; shown to the treasurer, who answers at the provider's."""

    __tablename__ = "disputes"

    id: Mapped[Pk]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
    reference: Mapped[str] = mapped_column(String(255), unique=True)
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    reason: Mapped[str] = mapped_column(String(60), default="")
    state: Mapped[str] = mapped_column(String(40))  # the provider's word: needs_response, under_review, won, lost …
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime())
    opened_at: Mapped[UtcTime]
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    order: Mapped[Order] = relationship(lazy="raise")


class Notice(Base):
    """What a provider told us, verified and stored once (its id is unique), worked afterwards by the worker.

    A notice proves nothing but that something happened: what is true is asked of the provider. State: "new", "done",
    "ignored" (a type or an order that is not ours), "failed" (after its tries; shown by `gatherings check`).
    """

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("provider", "reference"),
        Index("ix_notices_due", "state", "due_at"),
    )

    id: Mapped[Pk]
    provider: Mapped[str] = mapped_column(String(20))
    reference: Mapped[str] = mapped_column(String(255))  # Stripe's event id
    kind: Mapped[str] = mapped_column(String(80))
    about: Mapped[str] = mapped_column(String(255))  # the id of the object it is about
    made_at: Mapped[int] = mapped_column(BigInteger)  # seconds since 1970, the provider's clock
    state: Mapped[str] = mapped_column(String(10), default="new")
    tries: Mapped[Counter]
    error: Mapped[str] = mapped_column(String(300), default="", server_default="")
    due_at: Mapped[UtcTime]
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    received_at: Mapped[UtcTime]
    worked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class Document(Base):
    """An invoice, a receipt or a credit note: never changed, never deleted, numbered without gaps for each community.

    `content` holds everything that is printed (payments/rules/papers.py), so the same bytes can be made for ever.
    An invoice is corrected by a credit note (`corrects_id`) and, where something is still owed, a new invoice.
    """

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("community_id", "kind", "number"), Index("ix_documents_order", "order_id", "id"))

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"))
    kind: Mapped[str] = mapped_column(String(10))  # invoice, receipt, credit
    number: Mapped[int]
    issued_at: Mapped[UtcTime]
    issued_on: Mapped[date]  # on the seller's calendar
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("documents.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"), unique=True)
    refund_id: Mapped[int | None] = mapped_column(ForeignKey("refunds.id"))
    total: Mapped[int]  # gross; of a credit note what it takes away, as a positive number
    vat: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    content: Mapped[dict[str, Any]] = mapped_column(JSON)

    order: Mapped[Order] = relationship(lazy="raise")


class GivingBack(Base):
    """That everybody who paid for a cancelled event is to have it back: worked in steps by the worker, resumable.

    `up_to` is the last order that was looked at; `orders` and `amount` count what was made so far.
    """

    __tablename__ = "giving_back"

    id: Mapped[Pk]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), unique=True)
    asked_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[UtcTime]
    up_to: Mapped[Counter]
    orders: Mapped[Counter]
    amount: Mapped[Counter]
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
