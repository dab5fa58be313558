"""Registering a list of people: by the same rules as everybody else, a part in each transaction."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gatherings.accounts.actions import count_attempt
from gatherings.audit.actions import log
from gatherings.config import Site
from gatherings.registration.actions.registering import get_open_event, register
from gatherings.registration.rules import Wanted

BATCH = 100  # rows of one transaction: nobody else who registers waits longer than they take
_REMEMBERED = timedelta(days=1)


@dataclass(frozen=True)
class Brought:
    """What came of a list, in numbers.

    `meanwhile`: they come online until there is a place in the room. `known`: they were registered before.
    `refused`: they said before that it was not them who registered.
    """

    confirmed: int = 0
    meanwhile: int = 0
    waiting: int = 0
    known: int = 0
    refused: int = 0

    def __add__(self, other: "Brought") -> "Brought":
        return Brought(*(one + two for one, two in zip(astuple(self), astuple(other), strict=True)))


def bring_over(
    session: Session,
    event_id: int,
    part: Sequence[Wanted],
    site: Site,
    *,
    key: str,
    actor: str,
    now: datetime,
) -> Brought | None:
    """Register a part of a list in one transaction; None where this part (`key`) was brought over before.

    Raises what `register` raises: then nothing of this part is done.
    """
    event = get_open_event(session, event_id, now=now, by_host=True)
    if not count_attempt(session, "import", f"{event_id}:{key}", most=1, window=_REMEMBERED, now=now):
        return None
    brought = Brought()
    for wanted in part:
        outcome = register(session, event_id, wanted, site, now=now)
        if outcome.new:
            brought += Brought(meanwhile=1) if outcome.online_meanwhile else _fresh(outcome.full)
        else:
            brought += Brought(known=1) if outcome.public_id is not None else Brought(refused=1)
    log(
        session, actor=actor, action="registrations-brought", about=f"event:{event.public_id}",
        community_id=event.community_id, now=now, rows=len(part), confirmed=brought.confirmed + brought.meanwhile,
        waiting=brought.waiting, known=brought.known, mailed=any(wanted.mail for wanted in part),
    )  # fmt: skip
    return brought


def _fresh(full: bool) -> Brought:
    return Brought(waiting=1) if full else Brought(confirmed=1)
