"""Codes are secrets of a kind: whoever tries many that do not exist is asked to wait."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import count_attempt, is_spent
from gatherings.core.clock import utc_now
from gatherings.core.errors import TooMany
from gatherings.core.words import say
from gatherings.db import current_session, transact
from gatherings.events.models import Event
from gatherings.payments.queries.offer import MOST_CODES
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
        raise _too_many()
    looked_for = list(dict.fromkeys(read_code(one) for one in typed))[:MOST_CODES]
    wrong = len(set(looked_for).difference(find_codes(current_session(), event_id, looked_for)))
    if wrong and not transact(_count, asking_network(), wrong, now=utc_now()):
        raise _too_many()


def _count(session: Session, network: str, wrong: int, *, now: datetime) -> bool:
    """Count each wrong code of one request by itself; gives whether all were within the limit."""
    tries = [
        count_attempt(session, "code", network, most=WRONG_CODES, window=_WINDOW, now=now) for _one in range(wrong)
    ]
    return all(tries)


def _too_many() -> TooMany:
    return TooMany(say("Many codes were tried in a short time. Please wait a little."), _WINDOW.seconds)


def refuse_guessing_at(slug: str, typed: Sequence[str]) -> None:
    """Count them as above, for a page whose event was not read yet."""
    event_id = current_session().scalar(select(Event.id).where(Event.slug == slug)) if typed else None
    if event_id is not None:
        refuse_guessing(event_id, typed)
