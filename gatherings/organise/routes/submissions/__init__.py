"""The screens on which submissions are read, scored, chosen and answered."""

from gatherings.organise.routes.submissions import deciding, letters, listing, one, reviewing

__all__ = ["deciding", "letters", "listing", "one", "reviewing"]
