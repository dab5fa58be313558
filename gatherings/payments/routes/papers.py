"""Papers to download: an order's invoices, receipts and credit notes, and tickets, as PDF."""

from flask import Response, make_response
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from gatherings.accounts.links import wrong_links_counted
from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.core.tokens import PUBLIC_ID
from gatherings.db import current_session
from gatherings.payments.models import Document
from gatherings.payments.printing.papers import name_of, pdf_of
from gatherings.payments.printing.tickets import ticket_pdf
from gatherings.payments.queries.orders import registrations_of, ticket_in, with_a_code
from gatherings.payments.routes.blueprint import bp
from gatherings.payments.routes.showing import PURPOSE, look
from gatherings.registration.facts import side_of
from gatherings.registration.queries import get_by_link
from gatherings.tickets.models import Ticket
from gatherings.web.rights import by_link, claim_of


@bp.get("/orders/<token>/documents/<document>.pdf")
@by_link(PURPOSE)
def order_document(token: str, document: str) -> Response:
    """Give an invoice, a receipt or a credit note of an order."""
    order = look(token)
    if PUBLIC_ID.fullmatch(document) is None:
        raise NotFound()
    paper = (
        current_session()
        .scalars(select(Document).where(Document.public_id == document, Document.order_id == order.id))
        .one_or_none()
    )
    if paper is None:
        raise NotFound()
    return _pdf(pdf_of(paper), name_of(paper))


@bp.get("/orders/<token>/tickets/<ticket>.pdf")
@by_link(PURPOSE)
def order_ticket(token: str, ticket: str) -> Response:
    """Give one ticket of an order, with the name and the kind that the buyer knows."""
    order, session = look(token), current_session()
    one = ticket_in(order, ticket)
    registration = registrations_of(session, [one]).get(one.registration_id or 0)
    # Somebody who is there by another order keeps their code for the door to themselves.
    if registration is None or one.id not in with_a_code(session, order):
        raise NotFound()
    pdf = ticket_pdf(
        order.event, one.name, [one], registration, side=one.side, zone=order.zone, language=order.language,
        now=utc_now(), reference=order.reference, unpaid=order.owed > 0,
    )  # fmt: skip
    return _pdf(pdf, f"ticket-{order.reference}.pdf")


@bp.get("/registrations/<token>/ticket.pdf")
@by_link("manage")
def own_ticket(token: str) -> Response:
    """Give somebody's own ticket: one for all kinds that they have, and for who registered without any."""
    session = current_session()
    with wrong_links_counted():
        registration = get_by_link(session, claim_of(token, "manage")[1])
    if registration.state != "confirmed":
        raise NotFound()
    tickets = session.scalars(
        select(Ticket)
        .where(Ticket.registration_id == registration.id, Ticket.state == "valid")
        .order_by(Ticket.id)
        .options(joinedload(Ticket.kind), joinedload(Ticket.order))
    ).all()
    pdf = ticket_pdf(
        registration.event, registration.name, tickets, registration,
        side=side_of(registration.event, registration.places_id) or "online", zone=registration.zone,
        language=registration.language, now=utc_now(), unpaid=any(one.order.owed > 0 for one in tickets),
    )  # fmt: skip
    return _pdf(pdf, f"ticket-{registration.event.slug}.pdf")


def _pdf(made: bytes, name: str) -> Response:
    response = make_response(made)
    response.mimetype = "application/pdf"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return response
