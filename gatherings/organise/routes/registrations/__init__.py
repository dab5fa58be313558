"""Who comes to an event: the list of them, one of them, several at once."""

from gatherings.organise.routes.registrations import one, people, several

__all__ = ["one", "people", "several"]
