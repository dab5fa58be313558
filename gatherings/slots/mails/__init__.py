"""The mails about slots: kind of mail → how it is composed from its facts."""

from collections.abc import Callable, Mapping

from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail

COMPOSERS: Mapping[str, Callable[[OutboxMail], Letter]] = {}
