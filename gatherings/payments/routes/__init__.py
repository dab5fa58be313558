"""The public screens of buying: one module for each subject, each named here."""

from gatherings.payments.routes import ordering
from gatherings.payments.routes.blueprint import bp

__all__ = ["bp", "ordering"]
