"""Letters about money that goes back, tickets that were cancelled, and papers that were made anew."""

from collections.abc import Callable

from gatherings.mail.letters import Facts, Part, Words
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.payments.mails.frame import Bought, how_to_pay, see_order, sum_rows, ticket_rows, write
from gatherings.web.i18n import gettext as _


def _on_its_way(bought: Bought) -> Part:
    """Say how the money comes back."""
    if bought.facts.get("by_hand"):
        return Words(_("The hosts send it to you themselves. If they need your account for it, they will ask you."))
    return Words(
        _("It goes to the card or account that you paid with, and is there within five to ten days. There is nothing "
          "that you need to do.")
    )  # fmt: skip


def given_back(mail: OutboxMail) -> Letter:
    """Say that money goes back to the buyer; with the credit note."""
    bought = Bought.of(mail)
    return write(
        bought,
        subject=_("You get %(amount)s back: %(title)s", amount=bought.amount, title=bought.title),
        heading=_("You get money back"),
        preview=bought.amount,
        parts=[
            Words(
                _("You get %(amount)s back from your order for “%(title)s”.", amount=bought.amount, title=bought.title)
            ),
            _on_its_way(bought),
            Facts([(_("Order"), bought.order["reference"])]),
            see_order(bought),
            bought.paper("credit"),
        ],
        attach="credit",
    )


def gone(mail: OutboxMail) -> Letter:
    """Say that a payment came after the places were gone, and that all of it goes back."""
    bought = Bought.of(mail)
    return write(
        bought,
        subject=_("Your payment came too late: %(title)s", title=bought.title),
        heading=_("Your payment came too late"),
        preview=_("You get all of it back."),
        parts=[
            Words(
                _(
                    "We are sorry: your payment for “%(title)s” came after the time to pay was over, and the places "
                    "were gone. You get all of it back: %(amount)s.",
                    title=bought.title,
                    amount=bought.amount,
                )
            ),
            _on_its_way(bought),
            Words(_("If you still want to come, please look at the page of this gathering: it tells whether there are "
                    "places, or lets you wait for one.")),
            see_order(bought),
        ],
    )  # fmt: skip


def left(mail: OutboxMail) -> Letter:
    """Say which tickets were cancelled, what comes back, and what is still to be paid."""
    bought = Bought.of(mail)
    order, amount = bought.order, int(bought.facts.get("amount") or 0)
    over = order["state"] in ("cancelled", "expired")
    still: list[Part] = [Words(_("This is still to be paid:")), how_to_pay(bought)]
    return write(
        bought,
        subject=_("Cancelled: %(title)s", title=bought.title),
        heading=_("Your order is cancelled") if over else _("Tickets of your order are cancelled"),
        preview=bought.title,
        parts=[
            Words(_why(bought, over=over)),
            Facts([
                *ticket_rows(bought, "valid", "held"), (_("Order"), order["reference"]),
                *([(_("Comes back to you"), bought.money(amount))] if amount else []),
            ]),
            Words(_("We write again when the money is on its way.")) if amount else None,
            *(still if order["owed"] > 0 else []),
            Words(_("There is nothing to pay any more.")) if _owed_before(bought) else None,
            see_order(bought),
            bought.paper("credit"),
        ],
    )  # fmt: skip


def _why(bought: Bought, *, over: bool) -> str:
    if bought.held.status == "cancelled":
        return _("“%(title)s” will not take place, so your order is cancelled.", title=bought.title)
    if over:
        return _("Your tickets for “%(title)s” are cancelled.", title=bought.title)
    return _("Some of your tickets for “%(title)s” are cancelled. These are left:", title=bought.title)


def _owed_before(bought: Bought) -> bool:
    """Tell whether somebody may wonder about an invoice that they have not paid."""
    order = bought.order
    return order["owed"] == 0 and order["received"] == 0 and order["way"] in ("invoice", "door")


def anew(mail: OutboxMail) -> Letter:
    """Send the invoice that was made out anew; the credit note for the old one is a link."""
    bought = Bought.of(mail)
    return write(
        bought,
        subject=_("Your new invoice: %(title)s", title=bought.title),
        heading=_("Your invoice is made out anew"),
        preview=_("The new invoice comes with this mail."),
        parts=[
            Words(
                _(
                    "You changed whom the invoice for “%(title)s” is made out to. The new one comes with this mail; "
                    "the one before is taken back by a credit note.",
                    title=bought.title,
                )
            ),
            *([how_to_pay(bought)] if bought.order["owed"] > 0 else [Facts(sum_rows(bought))]),
            see_order(bought),
            bought.paper("invoice"),
            bought.paper("credit"),
        ],
        attach="invoice",
    )


COMPOSERS: dict[str, Callable[[OutboxMail], Letter]] = {
    "order_given_back": given_back,
    "order_gone": gone,
    "order_left": left,
    "order_anew": anew,
}
