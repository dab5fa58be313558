"""The public screens of doors."""

from gatherings.doors.routes.blueprint import bp

__all__ = ["bp"]
