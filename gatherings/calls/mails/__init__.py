"""The mails about calls and submissions: kind of mail → how it is composed from its facts."""

from collections.abc import Callable, Mapping

from gatherings.calls.mails import answers, profile, receipts
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail

COMPOSERS: Mapping[str, Callable[[OutboxMail], Letter]] = {
    **receipts.COMPOSERS,
    **answers.COMPOSERS,
    **profile.COMPOSERS,
}
