"""Orders and money in words, as organisers read them."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from gatherings.core.words import Sentence, say
from gatherings.tickets.models import Order

STATES: Final[Mapping[str, Sentence]] = {
    "": say("All that came to something"),
    "paid": say("Paid"),
    "unpaid": say("To be paid"),
    "late": say("Overdue"),
    "paying": say("Being paid now"),
    "wished": say("On the waiting list"),
    "back": say("Money given back"),
    "needs": say("Needs you"),
    "gone": say("Expired or cancelled"),
    "all": say("Every order"),
}
WAYS: Final[Mapping[str, Sentence]] = {
    "card": say("By card"),
    "invoice": say("By invoice"),
    "door": say("At the door"),
    "free": say("Nothing to pay"),
    "": say("Not chosen yet"),
}
# How money arrived: the provider of a payment.
PROVIDERS: Final[Mapping[str, Sentence]] = {
    "stripe": say("Card"),
    "bank": say("Bank transfer"),
    "door": say("At the door"),
}
REFUNDS: Final[Mapping[str, tuple[Sentence, str]]] = {
    "due": (say("is being sent"), "warn"),
    "sent": (say("on its way"), "warn"),
    "done": (say("given back"), "good"),
    "failed": (say("could not be sent"), "bad"),
    "by_hand": (say("to be given back by you"), "warn"),
}
REASONS: Final[Mapping[str, Sentence]] = {
    "asked": say("an organiser gave it back"),
    "left": say("tickets were cancelled"),
    "event": say("the gathering was cancelled"),
    "gone": say("it came when the places were gone"),
    "twice": say("it was paid twice"),
    "amount": say("the amount did not fit"),
    "currency": say("the currency did not fit"),
}
WHY_NOT: Final[Mapping[str, Sentence]] = {
    "amount": say("It is not the amount of the order, so all of it goes back."),
    "currency": say("It is not in the currency of the order, so all of it goes back."),
    "twice": say("The order was paid already, so all of it goes back."),
    "gone": say("Its places were gone when it came, so all of it goes back."),
}
NEEDS: Final[Mapping[str, Sentence]] = {
    "left-by-host": say(
        "You cancelled tickets, and what they cost stays paid or owed as it was. Please decide what is to go back."
    ),
    "refund-failed": say("Money could not be given back by itself. Please look at the refund below."),
    "disputed": say("The payer asked their bank for the money. Please answer on your payment provider's pages."),
    "late": say("Money came when the places were gone. It goes back by itself; please see that it arrives."),
    "misfit": say("Money came that does not fit the order. It goes back by itself; please see that it arrives."),
    "given-back-elsewhere": say(
        "Money was given back on your payment provider's own pages. Please see that the tickets still fit."
    ),
    "cancelled-unrefunded": say("The order was cancelled, and money is still here. Please decide what is to go back."),
}
SOMETHING: Final = say("Something about the money of this order needs a look.")
TICKETS: Final[Mapping[str, tuple[Sentence, str]]] = {
    "held": (say("held"), "warn"),
    "valid": (say("valid"), "good"),
    "wished": (say("waits for a place"), "warn"),
    "cancelled": (say("cancelled"), "quiet"),
}
ATTEMPTS: Final[Mapping[str, Sentence]] = {
    "starting": say("was begun"),
    "open": say("is open"),
    "complete": say("went through"),
    "expired": say("was not finished"),
    "failed": say("failed"),
}
DOCUMENTS: Final[Mapping[str, Sentence]] = {
    "invoice": say("Invoice %(number)s"),
    "receipt": say("Receipt %(number)s"),
    "credit": say("Credit note %(number)s"),
}
MAILS: Final[Mapping[str, Sentence]] = {
    "order_held": say("The link to the order, not paid yet"),
    "order_confirmed": say("The order, confirmed"),
    "order_invoice": say("The order, with its invoice"),
    "order_door": say("The order, to be paid at the door"),
    "order_paid": say("The money is here"),
    "order_waiting": say("The money is on its way"),
    "order_failed": say("The payment failed"),
    "order_given_back": say("Money goes back"),
    "order_gone": say("Paid too late: the money goes back"),
    "order_left": say("Tickets were cancelled"),
    "order_expired": say("Not paid in time"),
    "order_reminder": say("Reminder of the invoice"),
    "order_anew": say("The invoice, made out anew"),
    "ticket_offered": say("A place became free"),
    "ticket_wished": say("About the waiting list"),
    "offer_ended": say("The offer of a place ended"),
    "handed_on": say("The ticket is another person's now"),
    "money_notice": say("A word to you about its money"),
}
_ORDERS: Final[Mapping[str, tuple[Sentence, str]]] = {
    "open": (say("Not paid yet"), "warn"),
    "waiting": (say("Money on its way"), "warn"),
    "due": (say("To be paid"), "warn"),
    "paid": (say("Paid"), "good"),
    "wished": (say("Waiting list"), "warn"),
    "expired": (say("Expired"), "quiet"),
    "cancelled": (say("Cancelled"), "quiet"),
}


def state_words(order: Order, today: date) -> tuple[Sentence, str]:
    """Give an order's state in words and the colour of its tag; `today` on the event's calendar."""
    if order.state in ("paid", "cancelled") and order.owed < 0:
        return say("Money to go back"), "warn"
    if order.state == "due" and order.owed <= 0:
        return _ORDERS["paid"]
    if order.state == "due" and order.due_on is not None and order.due_on < today:
        return say("Overdue"), "bad"
    if order.state == "due" and order.way == "door":
        return say("Pays at the door"), "warn"
    if order.state == "paid" and order.way == "free":
        return say("Nothing to pay"), "good"
    return _ORDERS[order.state]


def need_words(attention: str) -> Sentence | None:
    """Say what an order needs of a person."""
    return NEEDS.get(attention, SOMETHING) if attention else None


def document_words(kind: str, number: int) -> Sentence:
    """Name a document as it is filed."""
    return Sentence(DOCUMENTS[kind].text, {"number": str(number)})
