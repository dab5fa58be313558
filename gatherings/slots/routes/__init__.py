"""The public screens of running orders."""

from gatherings.slots.routes import running_order, slot
from gatherings.slots.routes.blueprint import bp

__all__ = ["bp", "running_order", "slot"]
