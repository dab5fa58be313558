"""What a list of orders is narrowed to and sorted by: read from an address, written into one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from gatherings.core.tokens import PUBLIC_ID

# "": all but those that came to nothing (expired, cancelled before anything was paid). "unpaid": confirmed, and money
# is still to come; "late": of those, past their day; "paying": places are held while somebody pays, or the money is on
# its way; "back": something was given back, or is to be; "needs": something about its money needs a person.
STATES: Final = ("paid", "unpaid", "late", "paying", "wished", "back", "needs", "gone", "all")
WAYS: Final = ("card", "invoice", "door", "free")
SORTS: Final = ("-time", "time", "name", "-name", "total", "-total", "owed", "-owed")  # the first one by itself
PAGE: Final = 50
MOST_PAGES: Final = 10_000
LONGEST_WORDS: Final = 100


@dataclass(frozen=True)
class OrderFilter:
    """What is looked for, everything at once; "" (the default): not narrowed by that.

    `words` are looked for in the buyer's name, address and invoice address, in the names of those who come, the
    order's reference and the numbers of its documents. `kind` is a kind's public id, `code` a code as it was taken.
    """

    words: str = ""
    state: str = ""
    way: str = ""
    kind: str = ""
    code: str = ""
    sort: str = SORTS[0]

    @classmethod
    def read(cls, args: Mapping[str, str]) -> "OrderFilter":
        """Read what an address says; what is unknown or wrong narrows nothing."""
        kind, code = args.get("kind", ""), args.get("code", "").strip().upper()
        return cls(
            words=_words(args.get("words", "")),
            state=_one_of(args.get("state"), STATES),
            way=_one_of(args.get("way"), WAYS),
            kind=kind if PUBLIC_ID.fullmatch(kind) else "",
            code=code if code.isprintable() and len(code) <= 40 else "",
            sort=_one_of(args.get("sort"), SORTS) or SORTS[0],
        )

    def to_args(self) -> dict[str, str]:
        """Give what `read` makes the same filter of, without what says nothing."""
        args = {"words": self.words, "state": self.state, "way": self.way, "kind": self.kind, "code": self.code}
        if self.sort != SORTS[0]:
            args["sort"] = self.sort
        return {name: value for name, value in args.items() if value}

    def narrowed(self) -> bool:
        """Tell whether it leaves anything out besides what came to nothing."""
        return bool(replace(self, sort=SORTS[0]).to_args())


def read_page(text: str) -> int:
    """Read the number of a page, the first one for anything that is none."""
    return min(int(text), MOST_PAGES) if text.isascii() and text.isdigit() and 0 < len(text) <= 6 and int(text) else 1


def _one_of(value: str | None, known: tuple[str, ...]) -> str:
    return value if value is not None and value in known else ""


def _words(typed: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in typed).split())[:LONGEST_WORDS].strip()
