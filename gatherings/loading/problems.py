"""What is wrong with a programme file: each problem with its file, line, field and a sentence."""

from collections.abc import Iterable
from dataclasses import dataclass

from gatherings.core.words import Sentence


@dataclass(frozen=True)
class Wrong:
    """One thing that is wrong; `line` counts from 1, `field` is the path to it, such as `events[tea].starts`."""

    file: str
    line: int
    field: str
    sentence: Sentence

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}"
        return f"{place}, {self.field}: {self.sentence}" if self.field else f"{place}: {self.sentence}"


class ProgrammeProblem(Exception):
    """A programme file that cannot be loaded; `problems` are all that were found, in the order of lines."""

    def __init__(self, problems: Iterable[Wrong]) -> None:
        once = {str(wrong): wrong for wrong in problems}
        self.problems = sorted(once.values(), key=lambda wrong: (wrong.line, wrong.field))
        super().__init__("\n".join(map(str, self.problems)))
