"""The mails about slots: kind of mail → how it is composed from its facts."""

from collections.abc import Callable, Mapping

from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.slots.mails import minutes

COMPOSERS: Mapping[str, Callable[[OutboxMail], Letter]] = {
    "slot_told": minutes.told,
    "slot_moved": minutes.moved,
    "slot_gone": minutes.gone,
}
