"""What a presenter can send to a call, how long it may be, and what they may see of what becomes of it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from gatherings.accounts.rules import Address
from gatherings.core.errors import InvalidInput, Problem
from gatherings.core.text import TextProblem, clean_line
from gatherings.core.weblinks import complete_link, read_link
from gatherings.core.words import Sentence, say

# Characters of what is kept of each field, after cleaning.
MOST: Final[Mapping[str, int]] = {
    "title": 120,
    "about": 3000,
    "ask": 300,
    "script": 12_000,
    "pronunciation": 200,
    "needs": 2000,
}
MOST_LINKS, MOST_OTHERS = 5, 5
DRAFT_DAYS = 30  # a draft that nobody typed into for so long, its call being closed, is forgotten
# What is kept of a form as it is typed: longer than what can be sent, so that nothing is lost before it is shortened.
_TYPED: Final[Mapping[str, int]] = {
    **{name: 2 * most for name, most in MOST.items()},
    "name": 240, "email": 500, "zone": 200, "links": 6000, "seconds": 40, "recording": 10, "code_agreed": 10,
}  # fmt: skip
_ROW = re.compile(r"others-[0-9]{1,2}-(?:name|email)")
_ROW_MOST = 500
WRITER: Final = "_by"  # the key in `typed` that says from which opened page it came


class Saved(StrEnum):
    """What came of saving or sending: done; kept, as the call has closed; or somebody else wrote meanwhile."""

    DONE = "done"
    LATE = "late"
    ELSEWHERE = "elsewhere"
    BEFORE = "before"


@dataclass(frozen=True)
class Other:
    """Somebody who presents together with whoever sends a submission."""

    name: str
    address: Address


@dataclass(frozen=True)
class Offer:
    """A submission as its form gives it, cleaned; `address` is None where a known presenter changes theirs.

    `recording_words`: what they agreed to, as they read it; "" where they did not.
    """

    name: str
    zone: str
    title: str
    seconds: int
    address: Address | None = None
    language: str = "en"
    about: str = ""
    ask: str = ""
    links: tuple[str, ...] = ()
    script: str = ""
    pronunciation: str = ""
    needs: str = ""
    recording_words: str = ""
    others: tuple[Other, ...] = ()

    def columns(self) -> dict[str, Any]:
        """Give the columns of the submission that this sets."""
        names = ("name", "zone", "title", "seconds", "about", "ask", "script", "pronunciation", "needs")
        return {
            **{name: getattr(self, name) for name in names},
            "links": list(self.links),
            "recording": bool(self.recording_words),
            "recording_words": self.recording_words,
        }


def keep_typed(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Give what is kept of a form as it was typed: known fields alone; raises InvalidInput for what is too long."""
    kept: dict[str, str] = {}
    problems = []
    for name, value in fields:
        most = _TYPED.get(name, _ROW_MOST if _ROW.fullmatch(name) else 0)
        if not most or name in kept:
            continue
        if len(value) > most:
            problems.append(Problem(name, _TOO_LONG))
        # A database's JSON takes neither; a browser sends neither.
        kept[name] = "".join(char for char in value if char != "\0" and not "\ud800" <= char <= "\udfff")
    if problems:
        raise InvalidInput(problems)
    return kept


_TOO_LONG = say("Not saved: one of the texts is much longer than there is room for. Please make it shorter.")


def may_write(typed: Mapping[str, Any], edits: int, *, writer: str, seen: int) -> bool:
    """Tell whether an opened page may write: it knows the newest state, or it was the last one to write.

    `writer` names the opened page, `seen` is the count of `edits` that it was opened with. So an answer that was lost
    on its way does no harm, and a page on a second device never overwrites what it has not seen.
    """
    return seen == edits or (bool(writer) and typed.get(WRITER) == writer)


def shown_state(submission: Any) -> str:
    """Give the state that a presenter may see: what they did themselves, else what the hosts have told them."""
    if submission.state in ("draft", "withdrawn"):
        return str(submission.state)
    told = str(submission.told)
    return told if told in ("accepted", "reserve", "declined") else "submitted"


STATE_WORDS: Final[Mapping[str, Sentence]] = {
    "draft": say("Not sent yet"),
    "submitted": say("With the hosts"),
    "accepted": say("Accepted"),
    "reserve": say("On the reserve list"),
    "declined": say("Not this time"),
    "withdrawn": say("Withdrawn"),
}


def lengths_between(least: int, usual: int, most: int) -> list[int]:
    """Give the lengths (s) to choose from, in steps that make a short list, the usual one among them."""
    span = most - least
    step = next((step for step in (15, 30, 60, 300) if span <= 20 * step), 600)
    first = -(-least // step) * step
    return sorted({least, usual, most, *range(first, most + 1, step)})


def read_links(typed: str) -> tuple[str, ...]:
    """Read links, one on a line, with or without https://; raises TextProblem."""
    lines = [line for line in re.split(r"[\r\n]+", typed) if line.strip()]
    if len(lines) > MOST_LINKS:
        raise TextProblem(say("There is room for %(most)s links. Please take some away.", most=MOST_LINKS))
    return tuple(dict.fromkeys(read_link(complete_link(line)) for line in lines))


def read_ask(typed: str) -> str:
    """Read the one ask: a line, however it was broken while typing; raises TextProblem."""
    return clean_line(re.sub(r"\s*[\r\n]+\s*", " ", typed.strip()), most=MOST["ask"])


def check_others(others: Iterable[Other], own: Address | None) -> list[Problem]:
    """Say which co-presenter is named twice, or is whoever sends the submission."""
    seen = {own.key} if own is not None else set()
    problems = []
    for number, other in enumerate(others):
        if other.address.key in seen:
            own_one = own is not None and other.address.key == own.key
            problems.append(Problem(f"others-{number}-email", _YOURSELF if own_one else _TWICE))
        seen.add(other.address.key)
    return problems


_YOURSELF = say("This is your own address. Please give the other person's, or take the row away.")
_TWICE = say("This address stands here twice. Please take one of them away.")
