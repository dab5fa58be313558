"""Codes are secrets of a kind: whoever tries many that do not exist is asked to wait."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from gatherings.accounts.actions import is_spent, limit_attempts
from gatherings.core.clock import utc_now
from gatherings.core.errors import TooMany
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.tickets.queries.kinds import find_codes, read_code
from gatherings.web.requests import asking_network

WRONG_CODES = 60  # of one network: a class of students mistyping theirs, and nowhere near guessing one
_WINDOW = timedelta(minutes=10)


def refuse_guessing(event_id: int, typed: Sequence[str]) -> None:
    """Count codes that an event does not have; raises TooMany for a network that tried many.

    Once it has, it is told nothing of any code: a right one that is taken where wrong ones are refused is a found one.
    What was read before is forgotten where one was counted; a known code costs two reads.
    """
    if not typed:
        return
    if is_spent(current_session(), "code", asking_network(), most=WRONG_CODES, now=utc_now()):
        raise TooMany(say("Many codes were tried in a short time. Please wait a little."), _WINDOW.seconds)
    known = find_codes(current_session(), event_id, typed)
    if any(read_code(one) not in known for one in typed):
        transact(limit_attempts, "code", asking_network(), most=WRONG_CODES, window=_WINDOW, now=utc_now())


def refuse_guessing_at(slug: str, typed: Sequence[str]) -> None:
    """Count them as above, for a page whose event was not read yet."""
    event_id = current_session().scalar(select(Event.id).where(Event.slug == slug)) if typed else None
    if event_id is not None:
        refuse_guessing(event_id, typed)
