"""What a list of registrations is narrowed to and sorted by: read from an address, written into one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

from gatherings.core.tokens import PUBLIC_ID
from gatherings.core.zone_names import canonical

# "waiting": in a line for a place, also those who hold an online one until there is a place in the room.
STATES: Final = ("confirmed", "waiting", "pending", "cancelled", "all")  # "": all that are not cancelled
SIDES: Final = ("room", "online")
HOURS: Final = ("asleep", "breakfast", "work", "evening")  # core/hours.py: doing
YES_NO: Final = ("yes", "no")
MADE_BY: Final = ("person", "host", "list")
SORTS: Final = ("-time", "time", "name", "-name", "hour", "-hour", "state", "-state")  # the first one by itself
MAIL: Final = ("failed",)  # a mail about it could not be delivered
NO_TICKET: Final = "none"
LONGEST_WORDS: Final = 100
LONGEST_KEY: Final = 100
_COUNTRY = re.compile("[A-Z]{2}")


@dataclass(frozen=True)
class Filter:
    """What is looked for, everything at once; "" (the default): not narrowed by that.

    `state` "" means all that are not cancelled. `question` is a question's public id, `answer` a choice's key, "any"
    or "none". `country` and `zone`: whose clock somebody is on. `hours`: what they are doing when it begins, on their
    own clock; `hour` ("0" to "23"): the hour that their clock shows then. `first`: for the first time in this
    community. `ticket`: a kind's public id, or "none"; `paid`: whether it is. `names_only`: for whoever may see neither
    addresses, answers nor money (a host); it is of the reader, not of
    an address.
    """

    words: str = ""
    state: str = ""
    side: str = ""
    question: str = ""
    answer: str = ""
    country: str = ""
    zone: str = ""
    hours: str = ""
    hour: str = ""
    first: str = ""
    came: str = ""
    made_by: str = ""
    mail: str = ""
    ticket: str = ""
    paid: str = ""
    sort: str = SORTS[0]
    names_only: bool = False

    @classmethod
    def read(cls, args: Mapping[str, str]) -> "Filter":
        """Read what an address (or a stored audience) says; what is unknown or wrong narrows nothing."""
        question, _, answer = args.get("answer", "").partition(":")
        asked = PUBLIC_ID.fullmatch(question) is not None and answer.isprintable() and 0 < len(answer) <= LONGEST_KEY
        country = args.get("country", "").upper()
        return cls(
            words=_words(args.get("words", "")),
            state=_one_of(args.get("state"), STATES),
            side=_one_of(args.get("side"), SIDES),
            question=question if asked else "",
            answer=answer if asked else "",
            country=country if _COUNTRY.fullmatch(country) else "",
            zone=canonical(args.get("zone") or None) or "",
            hours=_one_of(args.get("hours"), HOURS),
            hour=_one_of(args.get("hour"), tuple(map(str, range(24)))),
            first=_one_of(args.get("first"), YES_NO),
            came=_one_of(args.get("came"), YES_NO),
            made_by=_one_of(args.get("made_by"), MADE_BY),
            mail=_one_of(args.get("mail"), MAIL),
            ticket=_kind(args.get("ticket", "")),
            paid=_one_of(args.get("paid"), YES_NO),
            sort=_one_of(args.get("sort"), SORTS) or SORTS[0],
        )

    def to_args(self) -> dict[str, str]:
        """Give what `read` makes the same filter of, without what says nothing: for addresses and letters."""
        args = {one.name: getattr(self, one.name) for one in fields(self) if one.name not in _NOT_PLAIN}
        if self.question:
            args["answer"] = f"{self.question}:{self.answer}"
        if self.sort != SORTS[0]:
            args["sort"] = self.sort
        return {name: value for name, value in args.items() if value}

    def narrowed(self) -> bool:
        """Tell whether it leaves anything out besides the cancelled."""
        return bool(replace(self, sort=SORTS[0]).to_args())

    def by_clock(self) -> bool:
        """Tell whether it asks for people's clocks: to find by them, or to sort."""
        return bool(self.country or self.hours or self.hour or self.sort.removeprefix("-") == "hour")

    def for_names_only(self) -> "Filter":
        """Give it for whoever may see neither addresses, answers nor money: they find nothing by those."""
        return replace(self, question="", answer="", mail="", paid="", names_only=True)


_NOT_PLAIN = ("question", "answer", "sort", "names_only")


def _one_of(value: str | None, known: tuple[str, ...]) -> str:
    return value if value is not None and value in known else ""


def _kind(typed: str) -> str:
    return typed if typed == NO_TICKET or PUBLIC_ID.fullmatch(typed) is not None else ""


def _words(typed: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in typed).split())[:LONGEST_WORDS].strip()
