"""Refusals: each carries the sentence that the person will read. Caught by `web/errors.py` alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from gatherings.core.words import Sentence, say


class DomainError(Exception):
    """Something that cannot be done, with a sentence that says why and what to do next."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


class NotFound(DomainError):
    """There is no such thing, or it is somebody else's (shown alike: 404)."""

    def __init__(self, sentence: Sentence | None = None) -> None:
        super().__init__(sentence or say("There is nothing at this address."))


class NotAllowed(DomainError):
    """One's own thing, but the role does not allow it (403)."""


class SignInFirst(NotAllowed):
    """What was sent can be taken once the person has signed in, at `path` in another tab (403, and nothing is lost)."""

    def __init__(self, sentence: Sentence, path: str) -> None:
        super().__init__(sentence)
        self.path = path


class Conflict(DomainError):
    """The state of things forbids it now (409)."""


class TooMany(DomainError):
    """Tried too often (429); `retry_after` in seconds."""

    def __init__(self, sentence: Sentence, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class Busy(DomainError):
    """The database cannot take the write at the moment (503); `retry_after` in seconds."""

    def __init__(self, retry_after: int = 5) -> None:
        super().__init__(say("Many people are here at this moment. Please try again in a few seconds."))
        self.retry_after = retry_after


@dataclass(frozen=True)
class Problem:
    """What is wrong with one field of a form or file; `field` is the field's name."""

    field: str
    sentence: Sentence


class InvalidInput(DomainError):
    """Input that cannot be taken as it is (422), with a problem for each field."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems[0].sentence if self.problems else say("Something is missing."))
