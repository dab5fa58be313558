"""The public screens of the run of show."""

from gatherings.live.routes import screens
from gatherings.live.routes.blueprint import bp

__all__ = ["bp", "screens"]
