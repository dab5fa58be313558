"""The sides of an event: the room and online, and which of them a mode has."""

from collections.abc import Mapping

from gatherings.core.words import Sentence, say

SIDES: Mapping[str, tuple[str, ...]] = {"room": ("in person", "hybrid"), "online": ("online", "hybrid")}

NO_MOVE: Mapping[str, Sentence] = {
    "room": say(
        "People are registered for the room, so it cannot be taken away from them. Cancel it and make a new one."
    ),
    "online": say(
        "People are registered to come online, so that way cannot be taken away. Cancel it and make a new one."
    ),
}
