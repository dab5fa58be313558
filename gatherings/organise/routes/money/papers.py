"""An order's invoices, receipts and credit notes, as PDF, for who looks after money."""

from flask import Response, make_response
from sqlalchemy import select

from gatherings.core.errors import NotFound
from gatherings.core.tokens import PUBLIC_ID
from gatherings.db import current_session
from gatherings.events.models import Event
from gatherings.organise.access import may
from gatherings.organise.routes.blueprint import bp
from gatherings.payments.models import Document
from gatherings.payments.printing.papers import name_of, pdf_of
from gatherings.payments.queries.orders import get_order_of_event


@bp.get("/events/<event>/orders/<order>/documents/<document>.pdf")
@may("money")
def order_paper(event: Event, order: str, document: str) -> Response:
    """Give one paper of one order."""
    session = current_session()
    mine = get_order_of_event(session, event.id, order)
    if PUBLIC_ID.fullmatch(document) is None:
        raise NotFound()
    found = select(Document).where(Document.public_id == document, Document.order_id == mine.id)
    paper = session.scalars(found).one_or_none()
    if paper is None:
        raise NotFound()
    response = make_response(pdf_of(paper))
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name_of(paper)}"'
    return response
