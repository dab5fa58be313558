"""The public screens of buying: one module for each subject, each named here."""

from gatherings.payments.routes import applying, ordering, papers, webhook, words
from gatherings.payments.routes.blueprint import bp

__all__ = ["applying", "bp", "ordering", "papers", "webhook", "words"]
