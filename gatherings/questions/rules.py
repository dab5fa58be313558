"""Rules of what is asked: when a question is asked, in which order, with which options."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from gatherings.core.text import TextProblem, clean_line
from gatherings.core.words import Sentence, say, say_many
from gatherings.questions.types import TYPES, long_text, text, yes_no
from gatherings.questions.types.base import Json

SIDES = ("online", "room")
MOST_QUESTIONS = 60
MOST_CHOICES = 60
MOST_DAYS = 3650
SOURCES = ("yes_no", "one_of")  # the types whose answers others can depend on
_WHOLE = re.compile(r"[0-9]{1,6}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:[.,][0-9]{1,6})?")


class Asked(Protocol):
    """A question as it is stored."""

    @property
    def public_id(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def options(self) -> dict[str, Any]: ...
    @property
    def only_if(self) -> dict[str, Any]: ...
    @property
    def retired(self) -> bool: ...


@dataclass(frozen=True)
class Draft:
    """A question as an organiser wants it, cleaned."""

    type: str
    label: str
    help: str
    required: bool
    options: dict[str, Any]
    only_if: dict[str, Any]
    keep_days: int | None


def draft_of(question: Any) -> Draft:
    """Give a stored question as a draft: what a form starts from, and what somebody else may have changed."""
    return Draft(
        question.type, question.label, question.help, question.required, dict(question.options),
        dict(question.only_if), question.keep_days,
    )  # fmt: skip


# --- when it is asked ------------------------------------------------------------------------------------------------


def sides_of(mode: str) -> frozenset[str]:
    """Give the ways in which one can come to an event held in `mode`."""
    return frozenset(SIDES) if mode == "hybrid" else frozenset({"online" if mode == "online" else "room"})


def possible(questions: Iterable[Asked], sides: Collection[str]) -> list[Any]:
    """Leave out the questions that can never be asked of those who come one of these ways, in order."""
    there: dict[str, Any] = {}
    for question in questions:
        wanted = question.only_if
        if "attends" in wanted and wanted["attends"] not in sides:
            continue
        if "question" in wanted and wanted["question"] not in there:
            continue
        there[question.public_id] = question
    return list(there.values())


def is_asked(only_if: Mapping[str, Any], sides: Collection[str], answers: Mapping[str, Json]) -> bool:
    """Tell whether a question is asked of somebody: how they come, and what they answered before, by public id."""
    if "attends" in only_if:
        return only_if["attends"] in sides
    if "question" in only_if:
        return key_of(answers.get(str(only_if["question"]))) == only_if.get("is")
    return True


def key_of(answer: Json) -> str | None:
    """Give the key of what was chosen: of a stored answer to a question that others can depend on."""
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return str(answer.get("key")) if isinstance(answer, dict) else None


def choices_of(question: Asked) -> list[tuple[str, Sentence | str]]:
    """Give the choices (key, words) of a question that others can depend on."""
    if question.type == "yes_no":
        return [("yes", yes_no.YES), ("no", yes_no.NO)]
    return [(str(one["key"]), str(one["label"])) for one in question.options.get("choices") or ()]


def condition_words(only_if: Mapping[str, Any], others: Mapping[str, Asked], *, host: bool = False) -> Sentence | None:
    """Say when a question is asked, to those who are asked or (`host`) to those who ask; None for always."""
    if "attends" in only_if:
        if only_if["attends"] == "online":
            return say("Only of those who come online") if host else say("only if you come online")
        return say("Only of those who come to the room") if host else say("only if you come to the room")
    source = others.get(str(only_if.get("question")))
    if source is None:
        return None
    choice = dict(choices_of(source)).get(str(only_if.get("is")), "–")
    if host:
        return say("Only if “%(question)s” is answered “%(choice)s”", question=source.label, choice=choice)
    return say("only if your answer to “%(question)s” is “%(choice)s”", question=source.label, choice=choice)


def conditions(earlier: Iterable[Asked], mode: str) -> list[tuple[str, Sentence]]:
    """List the conditions that a question can have after these earlier ones, as (value of a form, words)."""
    found: list[tuple[str, Sentence]] = [("", say("Of everybody"))]
    if mode == "hybrid":
        found += [(side, condition_words({"attends": side}, {}, host=True) or say("")) for side in SIDES]
    for question in earlier:
        if question.type in SOURCES and not question.retired:
            for key, _words in choices_of(question):
                told = condition_words(
                    {"question": question.public_id, "is": key}, {question.public_id: question}, host=True
                )
                found.append((f"{question.public_id}:{key}", told or say("")))
    return found


def write_condition(only_if: Mapping[str, Any]) -> str:
    """Write a condition as the value of a form."""
    if "attends" in only_if:
        return str(only_if["attends"])
    return f"{only_if['question']}:{only_if.get('is')}" if "question" in only_if else ""


def read_condition(value: str) -> dict[str, Any]:
    """Read the value of a form (one of `conditions`) as it is stored."""
    if not value:
        return {}
    if value in SIDES:
        return {"attends": value}
    source, _, key = value.partition(":")
    return {"question": source, "is": key}


def broken(questions: Sequence[Asked]) -> Asked | None:
    """Give the first live question that depends on one which does not come before it, or on a choice that went."""
    before: dict[str, Asked] = {}
    for question in questions:
        if question.retired:
            continue
        if "question" in question.only_if:
            source = before.get(str(question.only_if["question"]))
            if source is None or source.type not in SOURCES:
                return question
            if question.only_if.get("is") not in [key for key, _ in choices_of(source)]:
                return question
        before[question.public_id] = question
    return None


def why_type_stays(count: int) -> Sentence:
    """Say why a question keeps its type."""
    return say_many(
        "%(num)s person has answered this already, so its type stays. Stop asking it, and ask a new question instead.",
        "%(num)s people have answered this already, so its type stays. Stop asking it, and ask a new question instead.",
        count,
    )


# --- what may be answered --------------------------------------------------------------------------------------------


def read_choices(typed: str, before: Sequence[Mapping[str, Any]], *, answered: bool) -> list[dict[str, str]]:
    """Read choices, one a line; raises TextProblem.

    A choice keeps its key as long as its words stay. Where nobody has answered yet, a line whose words changed
    keeps the key of the line that stood there, so that what depends on it follows.
    """
    labels: list[str] = []
    for line in typed.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        label = clean_line(line, most=200)
        if label in labels:
            raise TextProblem(say("“%(choice)s” stands here twice.", choice=label))
        labels += [label] if label else []
    if len(labels) < 2:
        raise TextProblem(say("Please write two choices or more, each on a line of its own."))
    if len(labels) > MOST_CHOICES:
        raise TextProblem(say_many("%(num)s choice at most.", "%(num)s choices at most.", MOST_CHOICES))
    keys = {str(one["label"]): str(one["key"]) for one in before}
    stood = [str(one["label"]) for one in before]
    taken = {keys[label] for label in labels if label in keys}
    found: list[dict[str, str]] = []
    for number, label in enumerate(labels):
        key = keys.get(label)
        if key is None and not answered and number < len(stood) and stood[number] not in labels:
            key = keys[stood[number]] if keys[stood[number]] not in taken else None
        if key is None:
            key = _free_key(label, number, taken | set(keys.values()))
        taken.add(key)
        found.append({"key": key, "label": label})
    return found


def _free_key(label: str, number: int, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    key = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40] or f"c{number + 1}"
    return key if key not in taken else next(f"{key}-{n}" for n in range(2, 1000) if f"{key}-{n}" not in taken)


OPTIONS: Mapping[str, tuple[str, ...]] = {
    "text": ("least", "most"),
    "long_text": ("least", "most"),
    "many_of": ("choices", "least", "most"),
    "one_of": ("choices",),
    "number": ("least", "most", "decimals"),
    "date": ("least", "most"),
}
_LONGEST = {"text": text.MOST, "long_text": 5000}


def read_bound(kind: str, name: str, typed: str, *, choices: int = 0) -> int | str | None:
    """Read `least`, `most` or `decimals` of a type as it is stored; None for nothing. Raises TextProblem."""
    typed = typed.strip()
    if not typed:
        return None
    if kind == "date":
        try:
            return date.fromisoformat(typed).isoformat()
        except ValueError as problem:
            raise TextProblem(say("Please write a day as year, month and day, such as 2026-12-17.")) from problem
    if kind == "number" and name != "decimals":
        if not _NUMBER.fullmatch(typed):
            raise TextProblem(say("Please write a number with the digits 0 to 9, such as 12."))
        value = Decimal(typed.replace(",", "."))
        return int(value) if value == int(value) else f"{value:f}"
    top = 6 if name == "decimals" else choices if kind == "many_of" else _LONGEST.get(kind, long_text.MOST)
    least = 1 if name == "most" else 0
    if not _WHOLE.fullmatch(typed) or not least <= int(typed) <= max(top, least):
        raise TextProblem(
            say("Please write a whole number from %(least)s to %(most)s.", least=least, most=max(top, least))
        )
    return int(typed)


def check_bounds(options: Mapping[str, Any]) -> None:
    """Refuse a least above the most; raises TextProblem."""
    least, most = options.get("least"), options.get("most")
    if least is None or most is None:
        return
    wrong = Decimal(str(least)) > Decimal(str(most)) if _is_number(least) and _is_number(most) else least > most
    if wrong:
        raise TextProblem(say("The least is more than the most. Please change one of them."))


def _is_number(value: Any) -> bool:
    return isinstance(value, int) or bool(_NUMBER.fullmatch(str(value)))


def read_keep_days(typed: str) -> int | None:
    """Read how many days answers are kept after the event; None for "with the registration". Raises TextProblem."""
    typed = typed.strip()
    if not typed:
        return None
    if not _WHOLE.fullmatch(typed) or int(typed) > MOST_DAYS:
        raise TextProblem(say("Please write a number of days from 0 to %(most)s, or nothing.", most=MOST_DAYS))
    return int(typed)


def read_cells(
    questions: Iterable[Any], cells: Mapping[str, str], sides: Collection[str]
) -> tuple[dict[int, Json], list[tuple[str, Sentence]]]:
    """Read answers as a spreadsheet has them, by public id: give them by id, and (label, problem) of those that fail.

    Nothing needs an answer here, and what is not asked of somebody is left out.
    """
    answers: dict[str, Json] = {}
    found: dict[int, Json] = {}
    problems: list[tuple[str, Sentence]] = []
    for question in questions:
        cell, kind = cells.get(question.public_id, ""), TYPES[question.type]
        if not cell or not is_asked(question.only_if, sides, answers):
            continue
        try:
            value = kind.to_json(kind.from_cell(question, cell))
        except TextProblem as problem:
            problems.append((question.label, problem.sentence))
        else:
            found[question.id] = answers[question.public_id] = value
    return found, problems
