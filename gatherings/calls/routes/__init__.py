"""The public screens of calls and submissions."""

from gatherings.calls.routes import confirming, present, profile, slides, speaking, state, submission, together
from gatherings.calls.routes.blueprint import bp

__all__ = ["bp", "confirming", "present", "profile", "slides", "speaking", "state", "submission", "together"]
