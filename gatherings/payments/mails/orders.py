"""Letters about an order's way: confirmed, to be paid, on its way, not paid."""

from collections.abc import Callable

from gatherings.mail.letters import Facts, Part, Words
from gatherings.mail.message import Letter
from gatherings.mail.models import OutboxMail
from gatherings.payments.mails.frame import (
    Bought,
    how_to_pay,
    moment,
    see_order,
    sum_rows,
    ticket_rows,
    when_rows,
    write,
)  # fmt: skip
from gatherings.web.i18n import gettext as _
from gatherings.web.times import instant_words


def _everybody(bought: Bought) -> Part:
    """Say that each person who comes is written to."""
    if len(ticket_rows(bought, "valid")) > 1:
        return Words(_("Everybody who comes gets a mail of their own, with the invite for their calendar."))
    return Words(_("The invite for the calendar comes in a mail of its own."))


def held(mail: OutboxMail) -> Letter:
    """Give the link of an order that waits to be paid, and say until when its places are kept."""
    bought = Bought.of(mail)
    until = _until(bought, bought.order["expires_at"])
    return write(
        bought,
        subject=_("Your order waits for you: %(title)s", title=bought.title),
        heading=_("Your order waits for you"),
        preview=_("Your places are kept until %(until)s.", until=until),
        parts=[
            Words(
                _(
                    "You ordered tickets for “%(title)s”, and have not chosen yet how to pay. Your places are kept "
                    "until %(until)s.",
                    title=bought.title,
                    until=until,
                )
            ),
            Facts([*when_rows(bought), *ticket_rows(bought, "held"), *sum_rows(bought)]),
            see_order(bought, _("Go on with your order")),
            Words(
                _("If you do not want the tickets, there is nothing to do: the places become free by themselves."),
                quiet=True,
            ),
        ],
    )


def confirmed(mail: OutboxMail) -> Letter:
    """Say that an order is paid, or that there was nothing to pay; with the receipt."""
    bought = Bought.of(mail)
    cost = bought.order["total"] > 0
    said = (
        _("We have received your payment for “%(title)s”.", title=bought.title)
        if cost
        else _("Your tickets for “%(title)s” are ready. There is nothing to pay.", title=bought.title)
    )
    return write(
        bought,
        subject=_("Your order: %(title)s", title=bought.title),
        heading=_("Thank you: it is paid") if cost else _("Your tickets are ready"),
        preview=bought.title,
        parts=[
            Words(said),
            Facts([*when_rows(bought), *ticket_rows(bought, "valid"), *sum_rows(bought)]),
            _everybody(bought),
            see_order(bought),
            bought.paper("receipt"),
            bought.paper("invoice"),
        ],
        attach="receipt" if cost else None,
    )


def invoice(mail: OutboxMail) -> Letter:
    """Say that an order is confirmed and how to pay its invoice, which comes along."""
    bought = Bought.of(mail)
    return write(
        bought,
        subject=_("Your order and its invoice: %(title)s", title=bought.title),
        heading=_("Your tickets are confirmed"),
        preview=_("The invoice comes with this mail."),
        parts=[
            Words(
                _("Your tickets for “%(title)s” are confirmed. The invoice comes with this mail.", title=bought.title)
            ),
            Facts([*when_rows(bought), *ticket_rows(bought, "valid"), *sum_rows(bought)]),
            Words(_("Please pay it like this, and write the reference with your payment:")),
            how_to_pay(bought),
            _everybody(bought),
            see_order(bought),
            bought.paper("invoice"),
        ],
        attach="invoice",
    )


def door(mail: OutboxMail) -> Letter:
    """Say that an order is confirmed and is to be paid at the door."""
    bought = Bought.of(mail)
    amount, reference = bought.money(bought.order["owed"]), bought.order["reference"]
    return write(
        bought,
        subject=_("Your order: %(title)s", title=bought.title),
        heading=_("Your tickets are confirmed"),
        preview=_("%(amount)s to pay at the door", amount=amount),
        parts=[
            Words(_("Your tickets for “%(title)s” are confirmed. You pay at the door.", title=bought.title)),
            Facts([*when_rows(bought), *ticket_rows(bought, "valid"), *sum_rows(bought)]),
            Words(_("Please have %(amount)s and the reference %(reference)s with you.", amount=amount,
                    reference=reference)),
            _everybody(bought),
            see_order(bought),
            bought.paper("invoice"),
        ],
    )  # fmt: skip


def paid(mail: OutboxMail) -> Letter:
    """Say that money for an order that was confirmed before has arrived; with the receipt."""
    bought = Bought.of(mail)
    owed = bought.order["owed"]
    left: list[Part] = [Words(_("It was a part of it. This is still to be paid:")), how_to_pay(bought)]
    return write(
        bought,
        subject=_("We have your payment: %(title)s", title=bought.title),
        heading=_("We have a part of your payment") if owed > 0 else _("Thank you: it is paid"),
        preview=bought.title,
        parts=[
            Words(_("We have received your payment for “%(title)s”.", title=bought.title)),
            *(left if owed > 0 else []),
            Facts([*ticket_rows(bought, "valid"), *sum_rows(bought)]),
            see_order(bought),
            bought.paper("receipt"),
            bought.paper("invoice"),
        ],
        attach="receipt",
    )


def waiting(mail: OutboxMail) -> Letter:
    """Say that the money is on its way, and that the places are kept meanwhile."""
    bought = Bought.of(mail)
    return write(
        bought,
        subject=_("Your payment is on its way: %(title)s", title=bought.title),
        heading=_("Your payment is on its way"),
        preview=_("Your places are kept."),
        parts=[
            Words(
                _(
                    "You have paid for “%(title)s”, and the money needs some days to arrive. Your places are kept "
                    "until then. We write to you when it is here; there is nothing that you need to do.",
                    title=bought.title,
                )
            ),
            Facts([*ticket_rows(bought, "held"), *sum_rows(bought)]),
            see_order(bought),
        ],
    )


def failed(mail: OutboxMail) -> Letter:
    """Say that a delayed payment did not arrive, and until when one can pay another way."""
    bought = Bought.of(mail)
    until = _until(bought, bought.order["expires_at"])
    kept = (
        _("Your places are kept until %(until)s. Until then you can pay again.", until=until)
        if until
        else _("Please look at your order: you can try again there as long as there are places.")
    )
    return write(
        bought,
        subject=_("Your payment did not arrive: %(title)s", title=bought.title),
        heading=_("Your payment did not arrive"),
        preview=_("You can pay again."),
        parts=[
            Words(
                _(
                    "Your bank or card has not sent the money for “%(title)s”. Nothing was taken from you.",
                    title=bought.title,
                )
            ),
            Words(kept),
            Facts(sum_rows(bought)),
            see_order(bought, _("Pay again")),
        ],
    )


def expired(mail: OutboxMail) -> Letter:
    """Say that an order was not paid in time, and that its places are free for others."""
    bought = Bought.of(mail)
    return write(
        bought,
        subject=_("Not paid in time: %(title)s", title=bought.title),
        heading=_("Your order was not paid in time"),
        preview=_("Nothing was taken from you."),
        parts=[
            Words(
                _(
                    "The time to pay for “%(title)s” is over, so the places are free for others now. Nothing was taken "
                    "from you.",
                    title=bought.title,
                )
            ),
            Words(_("If you want to come after all, you are welcome to order again on the page of this gathering.")),
            see_order(bought),
        ],
    )


def reminder(mail: OutboxMail) -> Letter:
    """Ask kindly for an invoice that is overdue; it comes along again."""
    bought = Bought.of(mail)
    return write(
        bought,
        subject=_("Still to be paid: %(title)s", title=bought.title),
        heading=_("Your invoice is still to be paid"),
        preview=bought.money(bought.order["owed"]),
        parts=[
            Words(_("We have not seen the payment for “%(title)s” yet.", title=bought.title)),
            how_to_pay(bought),
            Words(_("If you have paid in these days, please leave this mail alone. Thank you.")),
            see_order(bought),
            bought.paper("invoice"),
        ],
        attach="invoice",
    )


def offered(mail: OutboxMail) -> Letter:
    """Say that a place became free and is held until a moment, in which one can pay."""
    bought = Bought.of(mail)
    until = _until(bought, bought.facts.get("until") or bought.order["expires_at"])
    return write(
        bought,
        subject=_("A place for you: %(title)s", title=bought.title),
        heading=_("A place for you"),
        preview=_("It is kept for you until %(until)s.", until=until) if until else bought.title,
        parts=[
            Words(_("A place became free at “%(title)s”, and it is kept for you.", title=bought.title)),
            Words(_("Please take it until %(until)s. After that the next in line is asked.", until=until))
            if until
            else None,
            Facts([*when_rows(bought), *ticket_rows(bought, "held", "valid"), *sum_rows(bought)]),
            see_order(bought, _("Take the place and pay") if bought.order["owed"] > 0 else _("See your order")),
            Words(_("If you do not want it any more, please say so there: somebody else waits for it.")),
        ],
    )


def _until(bought: Bought, at: str | None) -> str:
    return instant_words(moment(at), bought.mail.zone, bought.mail.created_at) if at else ""


COMPOSERS: dict[str, Callable[[OutboxMail], Letter]] = {
    "order_held": held,
    "order_confirmed": confirmed,
    "order_invoice": invoice,
    "order_door": door,
    "order_paid": paid,
    "order_waiting": waiting,
    "order_failed": failed,
    "order_expired": expired,
    "order_reminder": reminder,
    "ticket_offered": offered,
}
