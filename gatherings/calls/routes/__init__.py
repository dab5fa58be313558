"""The public screens of calls and submissions."""

from gatherings.calls.routes.blueprint import bp

__all__ = ["bp"]
