"""Invoices, receipts and credit notes: numbered without gaps, and in agreement with the tickets.

Nothing is ever changed or deleted here. Who calls has locked the order, after the pools; a community's numbers come
last, and its row stays locked until the commit, so that a transaction that ends without one leaves no gap.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session, joinedload

from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.tokens import new_public_id
from gatherings.db.upsert import insert_into
from gatherings.events.models import Event
from gatherings.payments.models import Document, Payment, Seller
from gatherings.payments.rules import papers
from gatherings.payments.rules.papers import Line, Sum, Sums
from gatherings.tickets.models import Order, Ticket
from gatherings.tickets.rules.states import CONFIRMED, HOLDING

_COUNTERS = {"invoice": Seller.last_invoice, "receipt": Seller.last_receipt, "credit": Seller.last_credit}
_COLUMNS = [column.key for column in Order.__mapper__.column_attrs]


def issue_invoice(session: Session, order: Order, *, now: datetime) -> Document | None:
    """Write the invoice of an order that is confirmed now, once; None where there is nothing to pay for.

    State, way, sums and `due_on` of the order are set before. Called again it writes only what is missing.
    """
    return _bring_up(session, order, now=now).newest


def issue_receipt(session: Session, order: Order, payment: Payment, *, now: datetime) -> Document | None:
    """Write the receipt of a payment that counts, once for each, after the invoice that it pays (issue_invoice)."""
    session.flush()
    known = session.scalars(select(Document).where(Document.payment_id == payment.id)).one_or_none()
    if known is not None or not payment.counts or payment.amount <= 0:
        return known
    books = _bring_up(session, order, now=now)
    earlier = session.scalars(select(Document.total).where(Document.order_id == order.id, Document.kind == "receipt"))
    lines = [books.line(one, books.wanted[one.public_id]) for one in books.tickets if books.counts(one)]
    rows = papers.share_of(papers.vat_table(lines), sum(earlier), payment.amount)
    return books.write(
        "receipt",
        total=payment.amount,
        vat=sum(row["vat"] for row in rows),
        payment_id=payment.id,
        lines=lines,
        rates=rows,
        payment={
            "way": {"bank": "bank", "door": "door"}.get(payment.provider, "card"),
            "on": zones.to_local(payment.received_at, books.zone).date().isoformat(),
            "amount": payment.amount,
        },
        invoice=_named(books.newest),
    )


def follow(session: Session, order: Order, *, now: datetime) -> list[Document]:
    """Write what is missing until invoices less credit notes are the order's total and VAT; [] where nothing is.

    For orders that are confirmed, and those that were: what has an invoice and is no longer to be paid is credited.
    An order whose invoice is to be made out to somebody else gets a credit note and a new one.
    """
    return _bring_up(session, order, now=now, unless_confirmed=False).made


def _bring_up(session: Session, order: Order, *, now: datetime, unless_confirmed: bool = True) -> "_Books":
    session.flush()
    # Whoever comes here holds the order's lock, or gets it now; what is read below is then the newest there is.
    session.refresh(order, _COLUMNS, with_for_update=True)
    books = _Books(session, order, now)
    forgotten = any(not one.content for one in books.documents)  # its years are over: nothing is written any more
    if not forgotten and (unless_confirmed or order.state in CONFIRMED or books.documents):
        books.bring_up()
    return books


class _Books:
    """The documents of one order, and the writing of new ones."""

    def __init__(self, session: Session, order: Order, now: datetime) -> None:
        self.session, self.order, self.now = session, order, now
        tickets = select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)
        self.tickets = session.scalars(tickets.options(joinedload(Ticket.kind))).all()
        self.wanted = {one.public_id: papers.to_pay(one.gross, one.vat, one.comes_back) for one in self.tickets}
        written = select(Document).where(Document.order_id == order.id, Document.kind != "receipt")
        self.documents = list(session.scalars(written.order_by(Document.id)))
        event = select(Event).where(Event.id == order.event_id).options(joinedload(Event.community))
        self.event = session.scalars(event).one()
        self.community: Community = self.event.community
        self.seller = session.get(Seller, self.community.id) or self._new_seller()
        self.zone = zones.canonical(self.seller.zone) or "UTC"
        self.made: list[Document] = []

    @property
    def newest(self) -> Document | None:
        """Give the newest invoice."""
        return next((one for one in reversed(self.documents) if one.kind == "invoice"), None)

    def bring_up(self) -> None:
        """Write what is missing."""
        invoices = {one.id: one for one in self.documents if one.kind == "invoice"}
        credits = [(one.corrects_id, one.content) for one in self.documents if one.corrects_id is not None]
        left = papers.standing({id: one.content for id, one in invoices.items()}, credits)
        buyer = papers.buyer_of(self.order.bill_to, self.order.name)
        # Who pays nothing any more needs no invoice that is made out otherwise.
        anew = any(self.wanted[ticket].gross for ticket in self.wanted) and any(
            invoices[id].content["buyer"] != buyer and any(one.gross for one in sums.values())
            for id, sums in left.items()
        )
        missing = papers.missing(left, self.wanted, anew=anew)
        for id, sums in missing.credits:
            self._credit(invoices[id], sums, reason="address" if anew else "tickets")
        if missing.invoice:
            named = set[str]() if anew else {id for one in invoices.values() for id in papers.sums_in(one.content)}
            self._invoice(dict(missing.invoice), named)

    def _invoice(self, sums: Sums, named: set[str]) -> None:
        """Write an invoice; the first one names tickets that cost nothing too. `named` stood on one before."""
        order = self.order
        lines = [
            self.line(one, sums.get(one.public_id, Sum()), added=one.public_id in named)
            for one in self.tickets
            if one.public_id in sums or (not named and not one.gross and self.counts(one))
        ]
        total = sum(line["gross"] for line in lines)
        self.write(
            "invoice",
            total=total,
            vat=sum(line["vat"] for line in lines),
            lines=lines,
            rates=papers.vat_table(lines),
            way=order.way,
            due_on=order.due_on.isoformat() if order.due_on and order.owed > 0 else None,
            paid=total - max(0, min(order.owed, total)),
            bank=self.seller.bank,
        )

    def _credit(self, invoice: Document, sums: Sums, *, reason: str) -> None:
        of = {line["ticket"]: line for line in invoice.content["lines"]}
        left = {one.public_id for one in self.tickets if one.state == "cancelled"}
        lines = [
            {"ticket": id, "what": of[id]["what"], "who": of[id]["who"], "rate": of[id]["rate"], "left": id in left,
             "whole": one.gross == of[id]["gross"], "net": one.gross - one.vat, "vat": one.vat, "gross": one.gross}
            for id, one in sums.items()
        ]  # fmt: skip
        self.write(
            "credit",
            total=sum(line["gross"] for line in lines),
            vat=sum(line["vat"] for line in lines),
            corrects_id=invoice.id,
            lines=lines,
            rates=papers.vat_table(lines),
            buyer=invoice.content["buyer"],
            corrects=_named(invoice),
            reason=reason,
        )

    def counts(self, ticket: Ticket) -> bool:
        """Tell whether a ticket is to be named: it costs something still, or somebody comes with it."""
        return ticket.state in HOLDING or self.wanted[ticket.public_id].gross > 0

    def line(self, ticket: Ticket, one: Sum, *, added: bool = False) -> Line:
        """Give the line of a ticket, with its price and codes; `added`: it is owed besides what was invoiced before."""
        net = one.gross - one.vat
        line = {
            "ticket": ticket.public_id, "what": ticket.kind.name, "who": ticket.name, "days": list(ticket.kind.days),
            "rate": ticket.vat_rate, "net": net, "vat": one.vat, "gross": one.gross,
        }  # fmt: skip
        whole, now = (ticket.gross, one.gross) if self.order.vat_included else (ticket.net, net)
        if added:
            return {**line, "price": now, "cuts": [], "less": 0, "rounding": 0}
        rounding = whole - (ticket.price - ticket.discount)
        cuts = [dict(cut) for cut in ticket.discounts if cut.get("amount")]
        return {**line, "price": ticket.price, "cuts": cuts, "less": whole - now, "rounding": rounding}

    def write(
        self,
        kind: str,
        *,
        total: int,
        vat: int,
        payment_id: int | None = None,
        corrects_id: int | None = None,
        **content: Any,
    ) -> Document:
        """Number and write one document."""
        number = self._number(kind)
        day = zones.to_local(self.now, self.zone).date()
        document = Document(
            public_id=new_public_id(), community_id=self.community.id, order_id=self.order.id, kind=kind,
            number=number, issued_at=self.now, issued_on=day, corrects_id=corrects_id, payment_id=payment_id,
            total=total, vat=vat, currency=self.order.currency,
            content={
                **self._frame(), "kind": kind, "number": number, "issued_on": day.isoformat(), "total": total,
                "vat": vat, **content,
            },
        )  # fmt: skip
        self.session.add(document)
        self.session.flush()
        self.made.append(document)
        if kind != "receipt":
            self.documents.append(document)
        return document

    def _frame(self) -> dict[str, Any]:
        order, event, seller = self.order, self.event, self.seller
        return {
            "edition": papers.EDITION,
            "language": order.language,
            "currency": order.currency,
            "vat_included": order.vat_included,
            "community": {
                "name": self.community.name, "slug": self.community.slug, "accent": self.community.accent,
            },
            "seller": {
                "name": seller.name or self.community.name, "address": seller.address, "country": seller.country,
                "org_number": seller.org_number, "vat_number": seller.vat_number, "contact": seller.contact,
                "note": seller.note,
            },
            "buyer": papers.buyer_of(order.bill_to, order.name),
            "order": {"reference": order.reference, "placed_on": self._day(order.placed_at)},
            "event": {
                "title": event.title, "first_day": event.starts_local.date().isoformat(),
                "last_day": (event.ends_local - timedelta(microseconds=1)).date().isoformat(),
                "place": ", ".join(part for part in (event.place_name, event.place_address) if part),
            },
        }  # fmt: skip

    def _day(self, moment: datetime) -> str:
        return zones.to_local(moment, self.zone).date().isoformat()

    def _number(self, kind: str) -> int:
        """Draw the next number of a kind: one guarded statement, its row locked until the commit."""
        counter = _COUNTERS[kind]
        drawn = update(Seller).where(Seller.community_id == self.community.id).values({counter: counter + 1})
        drawn = drawn.returning(counter).execution_options(synchronize_session=False)
        number: int = self.session.execute(drawn).scalar_one()
        return number

    def _new_seller(self) -> Seller:
        """See to it that there is a row to count in; who sells may say the rest later."""
        made = insert_into(self.session.get_bind().dialect.name, Seller.__table__).values(
            community_id=self.community.id, zone=self.community.zone
        )
        self.session.execute(made.on_conflict_do_nothing(index_elements=["community_id"]))
        return self.session.get_one(Seller, self.community.id)


def _named(document: Document | None) -> dict[str, Any] | None:
    if document is None:
        return None
    return {"number": document.number, "issued_on": document.issued_on.isoformat()}


def documents_of(session: Session, order_id: int) -> Sequence[Document]:
    """List an order's documents, oldest first."""
    return session.scalars(select(Document).where(Document.order_id == order_id).order_by(Document.id)).all()
