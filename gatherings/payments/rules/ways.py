"""How an order can be paid: what the organiser offers, and what fits."""

from collections.abc import Iterable

from gatherings.core.words import Sentence, say

ORDER = ("card", "invoice", "door")

WAY_WORDS: dict[str, Sentence] = {
    "card": say("by card"),
    "invoice": say("by invoice"),
    "door": say("at the door"),
    "free": say("free"),
}


def ways_for(offered: str, sides: Iterable[str], *, card: bool) -> tuple[str, ...]:
    """Give the ways that are shown to whoever pays an order, in order.

    `offered` is the sale's own words; `sides` those of the order's tickets: nobody stands at the door of a call.
    `card` tells whether there is somebody who takes cards.
    """
    said, in_room = set(offered.split()), "room" in set(sides)
    fits = {"card": card, "invoice": True, "door": in_room}
    return tuple(way for way in ORDER if way in said and fits[way])


def is_overdue(state: str, due: bool, owed: int) -> bool:
    """Tell whether an invoice waits for its money longer than it said; `due` is whether its day has passed."""
    return state == "due" and due and owed > 0
