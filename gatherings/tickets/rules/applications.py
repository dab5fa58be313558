"""Asking for a ticket that is given on application (a bursary): what one sends, and what may follow from what."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gatherings.accounts.rules import Address

MOST_ABOUT = 3000  # code points of what somebody writes about themselves
MOST_ANSWER = 1000  # of the organisers' words
DAYS = 14  # an approved one may be used for so long, unless the organiser says otherwise
# After an application's event, what was written in it is kept for so long.
KEPT = timedelta(days=30)
# Decided for the first time, or anew: nothing that was used is taken back here (the order is cancelled instead).
DECIDABLE = ("asked", "approved", "declined")


@dataclass(frozen=True)
class Asking:
    """What somebody asks for, cleaned: a kind by its public id."""

    kind: str
    address: Address
    name: str
    zone: str
    about: str
    language: str = "en"


def may_be_used(state: str, until_at: datetime | None, now: datetime) -> bool:
    """Tell whether an application gives a ticket now."""
    return state == "approved" and (until_at is None or now < until_at)
