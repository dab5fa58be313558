"""Sentences for people, kept untranslated until the edge knows the reader's language."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Sentence:
    """A text with named values (`%(name)s`), translated and filled in by whoever shows it.

    `str()` gives the English text: for logs, the command line and tests.
    """

    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.text % self.values if self.values else self.text


def say(text: str, **values: Any) -> Sentence:
    """Make a Sentence; `say` is a gettext keyword, so its first argument lands in the catalogue.

    A literal per cent sign is written `%%` only where values are given.
    """
    return Sentence(text, values)
