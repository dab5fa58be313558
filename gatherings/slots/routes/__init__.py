"""The public screens of running orders."""

from gatherings.slots.routes import slot
from gatherings.slots.routes.blueprint import bp

__all__ = ["bp", "slot"]
