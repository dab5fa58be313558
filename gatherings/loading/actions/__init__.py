"""Loading a programme: one verb; each module beside it loads one kind of item."""

from gatherings.loading.actions.load import load

__all__ = ["load"]
