"""The screens of letters: of an event to those registered, of a community to its members."""

from gatherings.organise.routes.letters import sending, writing

__all__ = ["sending", "writing"]
