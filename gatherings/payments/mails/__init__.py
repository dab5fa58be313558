"""Letters about orders: kind of mail → how it is composed from its facts."""

from collections.abc import Callable, Mapping

from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.payments.mails import money, notices, orders

COMPOSERS: Mapping[str, Callable[[OutboxMail], Letter]] = {
    **orders.COMPOSERS,
    **money.COMPOSERS,
    **notices.COMPOSERS,
}
