"""Sentences for people, kept untranslated until the edge knows the reader's language."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sentence:
    """A text with named values (`%(name)s`), translated and filled in by whoever shows it.

    One that counts has its plural in `many` and what it counts in `number`; a language has as many forms as it needs
    (gettext, CLDR), and `%(num)s` is the number. `str()` gives the English text: for logs, the command line and tests.
    """

    text: str
    values: dict[str, Any] = field(default_factory=dict)
    many: str | None = None
    number: int = 1

    def __str__(self) -> str:
        if self.many is not None:
            return (self.text if self.number == 1 else self.many) % {"num": self.number, **self.values}
        return self.text % self.values if self.values else self.text


def say(text: str, **values: Any) -> Sentence:
    """Make a Sentence; `say` is a gettext keyword, so its first argument lands in the catalogue.

    A literal per cent sign is written `%%` only where values are given.
    """
    return Sentence(text, values)


def say_many(one: str, many: str, number: int, **values: Any) -> Sentence:
    """Make a Sentence that counts: `say_many("One place left", "%(num)s places left", left)`.

    Both texts land in the catalogue; a literal per cent sign is always written `%%`.
    """
    return Sentence(one, values, many, number)
