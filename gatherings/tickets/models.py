"""Kinds of ticket, codes, orders and the tickets in them.

All money is an integer of minor units (öre, pence, yen, fils) of the sale's one currency; rates are in hundredths of a
percent (2500 is 25 %). Nothing here is a float.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, true
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from gatherings.accounts.models import Person
from gatherings.core.folding import fold
from gatherings.db.base import Base, Counter, Line, Pk, PublicId, UtcTime, Zone
from gatherings.db.places import Places
from gatherings.db.types import UtcDateTime
from gatherings.events.models import Event


class Sale(Base):
    """That an event has tickets, and how they are sold; at most one for each event.

    State "draft": nobody sees it, and registration is as without it; "on": one comes with a ticket alone. Prices are
    typed and shown with VAT (`vat_included`) or without. `ways`: of "card invoice door", those that are offered for
    what costs something. `comes_back`: [{"days": 30, "percent": 100}, …], what a ticket's holder gets back who leaves
    at least so many days before the event's first day, longest first; [] gives nothing back. `stacking`: "one" code
    for an order, or "all" that allow it. Nothing of money can be changed in place once something was sold: `currency`
    and `vat_included` are fixed by the first order.
    """

    __tablename__ = "sales"

    id: Mapped[Pk]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), unique=True)
    state: Mapped[str] = mapped_column(String(10), default="draft")  # draft, on
    currency: Mapped[str] = mapped_column(String(3))
    vat_included: Mapped[bool] = mapped_column(default=True, server_default=true())
    ways: Mapped[str] = mapped_column(String(40), default="card invoice door")
    hold_minutes: Mapped[int] = mapped_column(default=30)  # how long places are held while somebody pays
    invoice_days: Mapped[int] = mapped_column(default=30)
    stacking: Mapped[str] = mapped_column(String(10), default="one")  # one, all
    comes_back: Mapped[list[dict[str, int]]] = mapped_column(JSON, default=list)
    terms: Mapped[str] = mapped_column(Text, default="")  # Markdown: what one agrees to
    edits: Mapped[Counter]
    created_at: Mapped[UtcTime]

    event: Mapped[Event] = relationship(lazy="raise")


class TicketKind(Base):
    """One kind of ticket of an event.

    `price`: "fixed" (`amount`, and until `early_until_at` `early_amount`), "free", or "choose" (pay what you can:
    `least`, `suggested`, `most`, the last may be missing). `places_id` is its quota, a pool of its own (capacity NULL:
    as many as the event's own pool has); a ticket holds one of it and, once for each registration, one of the event's
    room or online side. `side`: "room", "online", or "" where the event has one side or the buyer chooses. `days` are
    ISO dates it is valid for; [] all of them. Windows are instants, entered as wall clock in the event's zone. A
    hidden kind is shown to whoever gives a code that unlocks it; one `by_application` (a bursary) to whose application
    was approved.
    """

    __tablename__ = "ticket_kinds"
    __table_args__ = (
        Index("ix_ticket_kinds_event", "event_id", "position"),
        CheckConstraint("amount >= 0 AND least >= 0 AND suggested >= 0", name="not_negative"),
    )

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    position: Mapped[Counter]
    name: Mapped[Line]
    about: Mapped[str] = mapped_column(String(500), default="")
    price: Mapped[str] = mapped_column(String(10), default="fixed")  # fixed, free, choose
    amount: Mapped[int] = mapped_column(default=0)
    early_amount: Mapped[int | None]
    early_until_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)
    least: Mapped[int] = mapped_column(default=0)
    suggested: Mapped[int] = mapped_column(default=0)
    most: Mapped[int | None]
    vat_rate: Mapped[int] = mapped_column(default=0)
    places_id: Mapped[int] = mapped_column(ForeignKey("places.id"), unique=True)
    side: Mapped[str] = mapped_column(String(10), default="")
    days: Mapped[list[str]] = mapped_column(JSON, default=list)
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)
    least_each: Mapped[int] = mapped_column(default=1)  # for one order
    most_each: Mapped[int] = mapped_column(default=10)
    hidden: Mapped[bool] = mapped_column(default=False, server_default=false())
    by_application: Mapped[bool] = mapped_column(default=False, server_default=false())
    retired: Mapped[bool] = mapped_column(default=False, server_default=false())  # sold before, no longer offered
    edits: Mapped[Counter]
    created_at: Mapped[UtcTime]

    event: Mapped[Event] = relationship(lazy="raise")
    places: Mapped[Places] = relationship(lazy="raise")


class Code(Base):
    """A code that buyers type: it lowers prices or shows hidden kinds.

    `effect`: "percent" (`value` in hundredths of a percent), "fixed" (`value` in minor units off each ticket, never
    below nothing), "free", "unlock" (`value` 0). `kinds`: public ids of the kinds it is about; [] all that are not
    hidden. An unlocking code may lower nothing; the other effects unlock the hidden kinds they name as well. Uses are
    counted in tickets, by a pool (`places_id`, capacity NULL: no limit), and come back when a ticket is let go.
    `most_each`: tickets of one order that it covers (NULL: all). `early` tells whether it lowers an early price too.
    """

    __tablename__ = "codes"
    __table_args__ = (UniqueConstraint("event_id", "code"),)

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    code: Mapped[str] = mapped_column(String(40))  # upper case, as compared
    note: Mapped[Line] = mapped_column(default="")  # for organisers: whom it is for
    effect: Mapped[str] = mapped_column(String(10))  # percent, fixed, free, unlock
    value: Mapped[int] = mapped_column(default=0)
    kinds: Mapped[list[str]] = mapped_column(JSON, default=list)
    places_id: Mapped[int] = mapped_column(ForeignKey("places.id"), unique=True)
    most_each: Mapped[int | None]
    opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    stacks: Mapped[bool] = mapped_column(default=False, server_default=false())
    early: Mapped[bool] = mapped_column(default=True, server_default=true())
    retired: Mapped[bool] = mapped_column(default=False, server_default=false())
    edits: Mapped[Counter]
    created_at: Mapped[UtcTime]

    event: Mapped[Event] = relationship(lazy="raise")
    places: Mapped[Places] = relationship(lazy="raise")


class Order(Base):
    """What somebody bought, or is about to: some tickets of one event, in one currency.

    State: "open" (places are held until `expires_at`, to be paid by card), "waiting" (the money is on its way: a
    delayed method; places are kept), "due" (confirmed; to be paid by invoice until `due_on`, or at the door), "paid"
    (nothing is owed; what cost nothing too), "wished" (on the waiting list; holds nothing), "expired", "cancelled".
    It only moves forward, but for money that arrives late (payments/actions/settling.py): open → waiting → paid,
    open → due → paid, open → expired, wished → open → …; anything → cancelled. `total` is what is to be paid for all
    its tickets: the sum of gross less `comes_back`, cancelled ones included (tickets/actions/orders.recount); `vat` is
    the VAT in it. `received` and `given_back` are what moved, gross, of payments that count. So what is owed is
    `total - received + given_back`, and where that is below nothing, as much is to be given back. `reference` is for
    bank transfers: short, without letters that look alike. At `follow_at` the worker looks whether refunds and
    documents agree with the tickets.
    """

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_event", "event_id", "state", "id"),
        Index("ix_orders_expiry", "state", "expires_at"),
        CheckConstraint("total >= 0 AND received >= 0 AND given_back >= 0", name="not_negative"),
        CheckConstraint("(state <> 'open') OR (expires_at IS NOT NULL)", name="open_ends"),
    )

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    reference: Mapped[str] = mapped_column(String(20), unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)  # the buyer
    name: Mapped[Line]
    name_folded: Mapped[Line] = mapped_column(default="", server_default="")
    zone: Mapped[Zone]
    language: Mapped[str] = mapped_column(String(10), default="en")
    link_version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(10))
    way: Mapped[str] = mapped_column(String(10), default="")  # card, invoice, door, free; "" not chosen yet
    currency: Mapped[str] = mapped_column(String(3))
    vat_included: Mapped[bool] = mapped_column(default=True, server_default=true())
    total: Mapped[Counter]
    vat: Mapped[Counter]
    discount: Mapped[Counter]
    received: Mapped[Counter]
    given_back: Mapped[Counter]
    codes: Mapped[list[str]] = mapped_column(JSON, default=list)  # as typed and taken, upper case
    # Whom the invoice is made out to: name, organisation, address (lines), country, vat_number, mark (their reference).
    bill_to: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    attempts: Mapped[Counter]  # how often paying by card was begun
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    due_on: Mapped[date | None]
    placed_at: Mapped[UtcTime]
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    # Something about its money needs a person: "refund-failed", "cancelled-unrefunded", "disputed" …; "" nothing.
    attention: Mapped[str] = mapped_column(String(40), default="", server_default="")
    follow_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    @validates("name")
    def _fold_name(self, _column: str, name: str) -> str:
        self.name_folded = fold(name)[:300]
        return name

    @property
    def owed(self) -> int:
        """What is still to be paid, in minor units; below nothing: as much is to be given back."""
        return self.total - self.received + self.given_back

    event: Mapped[Event] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")
    tickets: Mapped[list["Ticket"]] = relationship(order_by="Ticket.id", back_populates="order", lazy="raise")


class Ticket(Base):
    """One ticket: one kind, one person, one price.

    State: "held" (its places are held while its order is paid), "valid", "wished" (waits; holds nothing), "cancelled".
    Held and valid ones hold one of the kind's pool, and their registration holds the event's place. Prices are
    gross = net + vat, after `discount` (in the terms of `price`: with VAT or without, as the order's
    `vat_included`). `discounts` says why, line by line: [{"code": …, "effect": …, "value": …, "amount": …}].
    `comes_back` is what of `gross` is not to be paid, or to be given back: since it was cancelled, or as a kindness.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_kind_state", "kind_id", "state"),
        CheckConstraint("gross = net + vat AND gross >= 0 AND net >= 0", name="adds_up"),
        CheckConstraint("comes_back >= 0 AND comes_back <= gross", name="back_within"),
    )

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    order_id: Mapped[int] = mapped_column(ForeignKey("orders.id"), index=True)
    kind_id: Mapped[int] = mapped_column(ForeignKey("ticket_kinds.id"))
    registration_id: Mapped[int | None] = mapped_column(ForeignKey("registrations.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)  # who comes
    name: Mapped[Line]  # as the buyer typed it
    side: Mapped[str] = mapped_column(String(10))  # room, online
    state: Mapped[str] = mapped_column(String(10))
    price: Mapped[int]
    discount: Mapped[Counter]
    net: Mapped[int]
    vat: Mapped[int]
    gross: Mapped[int]
    vat_rate: Mapped[int]
    discounts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    code_ids: Mapped[list[int]] = mapped_column(JSON, default=list)  # codes that it uses one of
    comes_back: Mapped[Counter]
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    cancelled_by: Mapped[str | None] = mapped_column(String(10))  # person, host, event, expiry

    order: Mapped[Order] = relationship(back_populates="tickets", lazy="raise")
    kind: Mapped[TicketKind] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise")


class Application(Base):
    """Somebody asks for a bursary: a ticket of a kind that is given on application.

    State: "asked" → "approved" (one ticket of the kind may be ordered by its link until `until_at`) → "used", or
    "declined", "withdrawn". `about` is theirs to write and goes 30 days after the event.
    """

    __tablename__ = "applications"
    __table_args__ = (Index("ix_applications_event", "event_id", "state"), UniqueConstraint("kind_id", "person_id"))

    id: Mapped[Pk]
    public_id: Mapped[PublicId]
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    kind_id: Mapped[int] = mapped_column(ForeignKey("ticket_kinds.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id"), index=True)
    name: Mapped[Line]
    zone: Mapped[Zone]
    language: Mapped[str] = mapped_column(String(10), default="en")
    about: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(10), default="asked")
    answer: Mapped[str] = mapped_column(Text, default="")  # the organisers' words with their decision
    link_version: Mapped[int] = mapped_column(default=1)
    until_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    order_id: Mapped[int | None] = mapped_column(ForeignKey("orders.id"), index=True)
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    created_at: Mapped[UtcTime]
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime())

    event: Mapped[Event] = relationship(lazy="raise")
    kind: Mapped[TicketKind] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(foreign_keys=[person_id], lazy="raise")
