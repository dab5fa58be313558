"""What can be done to several registrations at once: one line for each kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.core.words import Sentence, say, say_many
from gatherings.events.models import Event
from gatherings.registration.actions import hosting
from gatherings.registration.actions.arriving import check_in
from gatherings.registration.actions.swapping import SittingFull, swap
from gatherings.registration.models import Registration

# Does it to one registration, read in this transaction; False when there was nothing to do (any more).
Apply = Callable[[Session, Registration, Site, datetime, str], bool]


@dataclass(frozen=True)
class Kind:
    """One thing that several are ticked for: its button, what will happen and what did, and to which events it fits."""

    label: Sentence
    waiting: Callable[[int], Sentence]
    done: Callable[[int], Sentence]
    fits: Callable[[Event], bool]
    apply: Apply


def _cancel(session: Session, registration: Registration, site: Site, now: datetime, actor: str) -> bool:
    return hosting.cancel(session, registration, site, now=now, actor=actor)


def _to(side: str) -> Apply:
    def apply(session: Session, registration: Registration, site: Site, now: datetime, actor: str) -> bool:
        return hosting.move(session, registration, side, site, now=now, actor=actor)

    return apply


def _promote(session: Session, registration: Registration, site: Site, now: datetime, actor: str) -> bool:
    return hosting.give_place(session, registration, site, now=now, actor=actor)


def _resend(session: Session, registration: Registration, site: Site, now: datetime, actor: str) -> bool:
    hosting.send_again(session, registration, site, now=now, actor=actor)
    return True


def _came(session: Session, registration: Registration, site: Site, now: datetime, actor: str) -> bool:
    did, _stands = check_in(session, registration.event_id, registration.public_id, how="name", by=actor, now=now)
    return did


def _swap(session: Session, registration: Registration, site: Site, now: datetime, actor: str) -> bool:
    try:
        return swap(session, registration, site, now=now, by="host", actor=actor)
    except SittingFull as full:
        raise hosting.NoPlace(1) from full


def _always(event: Event) -> bool:
    return True


def _hybrid(event: Event) -> bool:
    return event.mode == "hybrid"


def _has_twin(event: Event) -> bool:
    return event.twin_of_id is not None


KINDS: Final[Mapping[str, Kind]] = {
    "resend": Kind(
        say("Send the invite again"),
        lambda number: say_many("1 invite will be sent again", "%(num)s invites will be sent again", number),
        lambda number: say_many("1 invite was sent again", "%(num)s invites were sent again", number),
        _always,
        _resend,
    ),
    "promote": Kind(
        say("Give a place to those who wait"),
        lambda number: say_many("1 person will be given a place", "%(num)s people will be given a place", number),
        lambda number: say_many("1 person was given a place", "%(num)s people were given a place", number),
        lambda event: any(pool is not None and pool.capacity is not None for pool in (event.room, event.online)),
        _promote,
    ),
    "to_room": Kind(
        say("Move to the room"),
        lambda number: say_many("1 person will be in the room", "%(num)s people will be in the room", number),
        lambda number: say_many("1 person was moved to the room", "%(num)s people were moved to the room", number),
        _hybrid,
        _to("room"),
    ),
    "to_online": Kind(
        say("Move online"),
        lambda number: say_many("1 person will be online", "%(num)s people will be online", number),
        lambda number: say_many("1 person was moved online", "%(num)s people were moved online", number),
        _hybrid,
        _to("online"),
    ),
    "swap": Kind(
        say("Swap to the other sitting"),
        lambda number: say_many("1 person will swap sittings", "%(num)s people will swap sittings", number),
        lambda number: say_many("1 person swapped sittings", "%(num)s people swapped sittings", number),
        _has_twin,
        _swap,
    ),
    "check_in": Kind(
        say("Note that they came"),
        lambda number: say_many("1 person will be noted as come", "%(num)s people will be noted as come", number),
        lambda number: say_many("1 person was noted as come", "%(num)s people were noted as come", number),
        lambda event: event.mode != "online",
        _came,
    ),
    "cancel": Kind(
        say("Cancel their registration"),
        lambda number: say_many("1 registration will be cancelled", "%(num)s registrations will be cancelled", number),
        lambda number: say_many("1 registration was cancelled", "%(num)s registrations were cancelled", number),
        _always,
        _cancel,
    ),
}  # fmt: skip
