"""The public screens of buying: one module for each subject, each named here."""

from gatherings.payments.routes import applying, order, order_tickets, ordering, papers, paying, webhook, words
from gatherings.payments.routes.blueprint import bp

__all__ = ["applying", "bp", "order", "order_tickets", "ordering", "papers", "paying", "webhook", "words"]
