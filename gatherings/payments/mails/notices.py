"""Letters to organisers who look after money: something about an order needs their eyes."""

from collections.abc import Callable, Mapping

from gatherings.core.words import Sentence, say
from gatherings.mail.letters import Button, Facts, Part, Words, letter_of
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.payments.mails.frame import Bought
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words
from gatherings.web.requests import absolute

# For each reason: what happened, and what to do.
WHY: Mapping[str, tuple[Sentence, Sentence]] = {
    "late": (
        say("A payment came after the order had ended. There were still places, so the order is confirmed."),
        say("There is nothing that you need to do."),
    ),
    "gone": (
        say("A payment came after the order had ended, and the places were gone. All of it goes back to the buyer."),
        say("You may want to write to the buyer: perhaps there is another way to let them come."),
    ),
    "twice": (
        say("An order was paid twice. The second payment goes back to the buyer."),
        say("There is nothing that you need to do, unless it happens again."),
    ),
    "amount": (
        say("A payment has another amount than its order. It goes back to the buyer, and the order is not paid."),
        say("Please compare it with what your payment provider shows."),
    ),
    "currency": (
        say("A payment has another currency than its order. It goes back to the buyer, and the order is not paid."),
        say("Please compare it with what your payment provider shows."),
    ),
    "refund": (
        say("Money could not be given back: your payment provider refused it."),
        say("Please look at it: you can try again, or give it back by hand."),
    ),
    "by_hand": (
        say("Money is to be given back that was not paid by card."),
        say("Please send it to the buyer, and say on the order’s page when it is done."),
    ),
    "elsewhere": (
        say("Money was given back on your payment provider’s own pages. It is noted with the order."),
        say("Please look whether somebody’s ticket should be cancelled as well: that does not happen by itself."),
    ),
    "dispute": (
        say("A buyer asked their bank for the money back."),
        say("Please answer on your payment provider’s pages in time: who does not answer loses the money."),
    ),
    "notice": (
        say("Something that your payment provider told us could not be understood."),
        say("Please compare the order with what your payment provider shows."),
    ),
}
_OTHER = (say("Something about the money of an order needs your eyes."), say("Please look at the order."))


def money_notice(mail: OutboxMail) -> Letter:
    """Say what happened to the money of an order, and what to do about it."""
    bought = Bought.of(mail)
    what, todo = WHY.get(bought.facts.get("why", ""), _OTHER)
    rows = [
        (_("Gathering"), bought.title),
        (_("Order"), bought.order["reference"]),
        (_("Buyer"), clean_line(bought.facts["buyer"])),
    ]
    if bought.facts.get("amount"):
        rows.append((_("Amount"), bought.amount))
    if error := clean_line(str(bought.facts.get("error") or "")):
        rows.append((_("In the provider’s words"), error))
    parts: list[Part | None] = [
        Words(words(what)),
        Facts(rows),
        Words(words(todo)),
        Button(
            _("See the order"),
            absolute(f"/organise/events/{bought.held.slug}/orders/{bought.order['public_id']}"),
        ),
    ]
    return letter_of(
        mail,
        subject=_("Money: order %(reference)s, %(title)s", reference=bought.order["reference"], title=bought.title),
        heading=_("An order needs your eyes"),
        preview=words(what),
        parts=parts,
        footer=_("You get this mail because you look after the money of this community."),
    )


COMPOSERS: dict[str, Callable[[OutboxMail], Letter]] = {"money_notice": money_notice}
