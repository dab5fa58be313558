"""What `gatherings check` says of papers: invoices less credit notes are what is to be paid, and so is their VAT."""

from collections.abc import Iterator

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from gatherings.core.money import plain
from gatherings.payments.models import Document
from gatherings.tickets.models import Order


def wrong_papers(session: Session) -> Iterator[str]:
    """Name every order whose papers say another sum than its tickets, but those that the worker has still to follow."""
    sign = case((Document.kind == "invoice", 1), else_=-1)
    sums = (
        select(
            Document.order_id,
            func.sum(sign * Document.total).label("total"),
            func.sum(sign * Document.vat).label("vat"),
        )
        .where(Document.kind != "receipt")
        .group_by(Document.order_id)
        .subquery()
    )
    rows = session.execute(
        select(Order.reference, Order.currency, Order.total, Order.vat, sums.c.total, sums.c.vat)
        .join(sums, sums.c.order_id == Order.id)
        .where(Order.follow_at.is_(None), (Order.total != sums.c.total) | (Order.vat != sums.c.vat))
        .order_by(Order.id)
    )
    for reference, currency, total, vat, written, written_vat in rows:
        said = f"{plain(int(written), currency)} with {plain(int(written_vat), currency)} VAT"
        yield (
            f"The invoices of order {reference} less its credit notes say {said}, its tickets "
            f"{plain(total, currency)} with {plain(vat, currency)} VAT ({currency}). Please report this."
        )
