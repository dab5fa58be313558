"""The sentences of the log about tickets and money: what is sold, what came in, what was given back."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from gatherings.core.words import Sentence, say, say_many

Details = Mapping[str, Any]


def _counted(one: str, many: str, name: str = "count") -> Callable[[Details], Sentence]:
    def told(details: Details) -> Sentence:
        found = details.get(name, 0)
        return say_many(one, many, found if isinstance(found, int) else 0)

    return told


def _noted(details: Details) -> Sentence:
    if details.get("how") == "door":
        return say("%(who)s noted that %(what)s was paid at the door.")
    return say("%(who)s noted that %(what)s was paid to the bank account.")


def _given_back(details: Details) -> Sentence:
    count = details.get("left", 0)
    if isinstance(count, int) and count:
        return say_many(
            "%(who)s gave money back for %(what)s, and cancelled %(num)s ticket.",
            "%(who)s gave money back for %(what)s, and cancelled %(num)s tickets.",
            count,
        )
    return say("%(who)s gave money back for %(what)s.")


SENTENCES: Final[Mapping[str, Sentence | Callable[[Details], Sentence]]] = {
    # what is sold, and by whom
    "write_sale": say("%(who)s began to write the tickets of %(what)s."),
    "edit_sale": say("%(who)s changed how the tickets of %(what)s are sold."),
    "publish_sale": say("%(who)s put the tickets of %(what)s on sale."),
    "pause_sale": say("%(who)s paused the sale of tickets of %(what)s."),
    "unpublish_sale": say("%(who)s took the tickets of %(what)s off sale."),
    "add_ticket_kind": say("%(who)s added a kind of ticket to %(what)s."),
    "edit_ticket_kind": say("%(who)s changed a kind of ticket of %(what)s."),
    "move_ticket_days": _counted(
        "%(who)s moved %(what)s by %(num)s day, and the days of its tickets with it.",
        "%(who)s moved %(what)s by %(num)s days, and the days of its tickets with it.",
        "days",
    ),
    "retire_ticket_kind": say("%(who)s took a kind of ticket of %(what)s off the list."),
    "offer_ticket_kind": say("%(who)s offers a kind of ticket of %(what)s again."),
    "delete_ticket_kind": say("%(who)s deleted a kind of ticket of %(what)s that nobody had."),
    "order_ticket_kinds": say("%(who)s put the kinds of ticket of %(what)s in another order."),
    "add_code": say("%(who)s made a code for tickets of %(what)s."),
    "edit_code": say("%(who)s changed a code for tickets of %(what)s."),
    "retire_code": say("%(who)s ended a code for tickets of %(what)s."),
    "reuse_code": say("%(who)s lets a code for tickets of %(what)s be used again."),
    "delete_code": say("%(who)s deleted a code for tickets of %(what)s that nobody had used."),
    "edit_seller": say("%(who)s changed what stands on invoices of %(what)s."),
    # orders
    "note_payment": _noted,
    "give_back": _given_back,
    "refund_by_hand": say("%(who)s noted that money of %(what)s was given back by hand."),
    "refund_again": say("%(who)s had a refund of %(what)s tried again."),
    "attention_done": say("%(who)s looked after what %(what)s needed."),
    "give_everybody_back": say("%(who)s asked that everybody gets back what they paid for %(what)s."),
    "giving_back_done": _counted(
        "Everybody got back what they paid for %(what)s, as %(who)s asked: %(num)s order.",
        "Everybody got back what they paid for %(what)s, as %(who)s asked: %(num)s orders.",
        "orders",
    ),
    "orders-exported": _counted(
        "%(who)s took away a list of %(num)s order of %(what)s.",
        "%(who)s took away a list of %(num)s orders of %(what)s.",
        "rows",
    ),
    "papers-exported": _counted(
        "%(who)s took away a list of %(num)s paper of %(what)s.",
        "%(who)s took away a list of %(num)s papers of %(what)s.",
        "rows",
    ),
    "cancel_ticket": say("%(who)s cancelled a ticket of %(what)s."),
    "cancel_order": say("%(who)s cancelled %(what)s."),
    "hand_on": say("%(who)s gave a ticket of %(what)s to another person."),
    "change_bill": say("%(who)s changed the address on the invoice of %(what)s."),
    "choose_invoice": say("%(who)s chose to pay %(what)s by invoice."),
    "choose_door": say("%(who)s chose to pay %(what)s at the door."),
    "payment": say("%(what)s was paid."),
    "late_payment": say("Money arrived for %(what)s when its places were gone; it is given back."),
    "misfit_payment": say("Money arrived for %(what)s that does not fit it; it is given back."),
    "refund_failed": say("Money of %(what)s could not be given back."),
    "dispute": say("A payer asked their bank for the money of %(what)s."),
    "bad_notice": say("A notice about payments was refused, for it was not signed as it should be (%(what)s)."),
    # bursaries
    "approve_application": say("%(who)s approved an application for %(what)s."),
    "decline_application": say("%(who)s declined an application for %(what)s."),
}
ACTIONS: Final = tuple(SENTENCES)
