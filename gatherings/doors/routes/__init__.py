"""The public screens of doors."""

from gatherings.doors.routes import calendar, feed, follower, following, pictures
from gatherings.doors.routes.blueprint import bp

__all__ = ["bp", "calendar", "feed", "follower", "following", "pictures"]
