"""A list that is brought over: what each row says, what is wrong with it, and what would happen to it.

Nothing happens here: the same rows are read again by the press that registers them (actions/importing.py).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.accounts.rules import Address, normalise_address
from gatherings.core.csv_text import Table
from gatherings.core.text import TextProblem, clean_name
from gatherings.core.words import Sentence, say
from gatherings.core.zone_names import canonical
from gatherings.core.zone_search import resolve
from gatherings.db.places import Places
from gatherings.events.models import Event
from gatherings.questions import rules as asking
from gatherings.questions.models import Question
from gatherings.questions.queries import list_questions
from gatherings.registration.export_columns import Column
from gatherings.registration.exporting import columns, headings
from gatherings.registration.models import Registration
from gatherings.registration.rules import LIVE, Wanted

MOST_ROWS = 5000
MOST_BYTES = 2 * 1024 * 1024
_LONGEST_NAME = 120
_IN_VAIN = 40  # cities that were looked for and not found: each takes its time, and then the list is told so

_NAMES: Mapping[str, tuple[str, ...]] = {
    "email": ("e-mail", "email", "mail", "e-mail address", "email address", "address"),
    "name": ("name", "full name", "your name"),
    "first": ("first name", "given name", "forename"),
    "last": ("last name", "family name", "surname"),
    "zone": ("time zone", "timezone", "zone"),
    "city": ("city", "town", "place"),
    "mode": ("comes", "mode", "attends"),
    "state": ("state", "status"),
}
_SIDES = {
    "room": "room", "in the room": "room", "in person": "room", "in-person": "room", "onsite": "room",
    "online": "online", "virtual": "online", "remote": "online",
}  # fmt: skip
_GONE = ("cancelled", "canceled")
DONE = ("confirmed", "meanwhile", "waiting")  # the fates of those who would be registered


@dataclass
class Line:
    """One row: its number in the spreadsheet, who it is, and what would come of it.

    `fate`: confirmed, meanwhile (online until there is a place in the room), waiting, known (registered already),
    left (cancelled in that list), or wrong.
    """

    number: int
    name: str
    address: str
    fate: str = "wrong"
    wanted: Wanted | None = None
    problems: list[Sentence] = field(default_factory=list)


@dataclass(frozen=True)
class Plan:
    """All rows of a list, the columns that are not used, and how many rows say no time zone."""

    lines: list[Line]
    unused: list[str]
    without_zone: int

    def count(self, fate: str) -> int:
        """Count the rows with a fate."""
        return sum(line.fate == fate for line in self.lines)

    @property
    def wanted(self) -> list[Wanted]:
        """Give what would be registered."""
        return [line.wanted for line in self.lines if line.wanted is not None and line.fate in DONE]


@dataclass(frozen=True)
class Choices:
    """What is said once for the whole list: how those come whose row does not say it, whether mails go out."""

    wish: str = ""
    mail: bool = True
    told: bool = False
    language: str = "en"


def plan(session: Session, event: Event, table: Table, choices: Choices, words: Callable[..., str]) -> Plan:
    """Read every row; raises TextProblem for a list without a column of addresses. `event` comes with its pools."""
    at, questions, unused = _columns(session, event, table.header, words)
    if "email" not in at:
        raise TextProblem(
            say(
                "There is no column with e-mail addresses. The first row should name the columns, such as E-mail, Name."
            )
        )
    reader = _Reader(event, at, questions, choices)
    lines = [reader.read(number, cells) for number, cells in table.rows]
    _tell_fates(session, event, lines)
    return Plan(lines, unused, reader.without_zone)


def _columns(
    session: Session, event: Event, header: Sequence[str], words: Callable[..., str]
) -> tuple[dict[str, int], dict[str, tuple[Question, int]], list[str]]:
    """Find out which column is what: by usual names, or by those of our own export in the reader's language."""
    every = columns(session, event)
    ours: dict[str, Column] = {}
    for speak in (str, words):
        ours |= {heading.casefold(): one for one, heading in zip(every, headings(every, speak), strict=True)}
    usual = {name: key for key, names in _NAMES.items() for name in names}
    at: dict[str, int] = {}
    asked: dict[str, tuple[Question, int]] = {}
    unused: list[str] = []
    live = {question.public_id for question in list_questions(session, event)}
    for number, heading in enumerate(header):
        said = heading.casefold()
        own = ours.get(said)
        key = own.key if own is not None and own.key in _NAMES else usual.get(said)
        if own is not None and own.question is not None and own.question.public_id in live:
            asked.setdefault(own.question.public_id, (own.question, number))
        elif key is not None and key not in at:
            at[key] = number
        elif heading:
            unused.append(heading)
    return at, asked, unused


class _Reader:
    """Read rows one by one; remembers who was there already, and which city means what."""

    def __init__(
        self, event: Event, at: Mapping[str, int], asked: Mapping[str, tuple[Question, int]], choices: Choices
    ) -> None:
        self._event, self._at, self._asked, self._choices = event, at, asked, choices
        self._questions = [question for question, _number in asked.values()]
        self._questions.sort(key=lambda one: (one.series_id is None, one.position, one.id))
        self._seen: dict[str, int] = {}
        self._zones: dict[str, str | None] = {}
        self._in_vain = 0
        self.without_zone = 0

    def read(self, number: int, cells: Sequence[str]) -> Line:
        """Read one row."""
        cell = {key: cells[at] if at < len(cells) else "" for key, at in self._at.items()}
        typed = cell.get("name") or " ".join(filter(None, (cell.get("first"), cell.get("last"))))
        line = Line(number, typed[:200], cell["email"][:260])
        if cell.get("state", "").casefold() in _GONE:
            line.fate = "left"
            return line
        address = self._address(line, cell["email"])
        name = self._name(line, typed)
        zone = self._zone(line, cell.get("zone", "") or cell.get("city", ""))
        wish = self._wish(line, cell.get("mode", ""))
        sides = {wish} if wish else asking.sides_of(self._event.mode)
        given = {key: cells[at] if at < len(cells) else "" for key, (_question, at) in self._asked.items()}
        answers, problems = asking.read_cells(self._questions, given, sides)
        line.problems += [say("%(question)s: %(problem)s", question=what, problem=why) for what, why in problems]
        if not line.problems and address is not None:
            line.wanted = Wanted(
                address, name, zone, self._choices.language, wish=wish or None, answers=answers,
                code_agreed=self._choices.told, made_by="list", mail=self._choices.mail,
            )  # fmt: skip
            line.fate = "confirmed"
        return line

    def _address(self, line: Line, typed: str) -> Address | None:
        try:
            address = normalise_address(typed)
        except TextProblem as problem:
            line.problems.append(problem.sentence)
            return None
        first = self._seen.setdefault(address.key, line.number)
        if first != line.number:
            line.problems.append(say("This address stands in row %(row)s already.", row=first))
        return address

    def _name(self, line: Line, typed: str) -> str:
        try:
            return clean_name(typed, most=_LONGEST_NAME)
        except TextProblem as problem:
            line.problems.append(say("Name: %(problem)s", problem=problem.sentence))
            return ""

    def _zone(self, line: Line, typed: str) -> str:
        if not typed:
            self.without_zone += 1
            return self._event.zone
        if typed not in self._zones:
            found = canonical(typed)
            if found is None and self._in_vain < _IN_VAIN:
                found = resolve(typed).zone
                self._in_vain += found is None
            self._zones[typed] = found
        if (zone := self._zones[typed]) is None:
            line.problems.append(
                say("We do not know the time zone “%(zone)s”. Write it as Europe/London, or leave it empty.",
                    zone=typed[:80])
            )  # fmt: skip
        return zone or self._event.zone

    def _wish(self, line: Line, typed: str) -> str:
        if self._event.mode != "hybrid":
            return ""
        wish = _SIDES.get(typed.casefold(), "") if typed else self._choices.wish
        if not wish:
            line.problems.append(say("How do they come? Write “room” or “online”."))
        return wish


def _tell_fates(session: Session, event: Event, lines: Sequence[Line]) -> None:
    """Say of each good row whether there is a place for it, as things stand now, in the order of the list."""
    good = [line for line in lines if line.wanted is not None]
    known = _registered(session, event, [line.wanted.address.key for line in good if line.wanted is not None])
    left = {"room": _left(event.room), "online": _left(event.online)}
    for line in good:
        wanted = line.wanted
        assert wanted is not None
        if wanted.address.key in known:
            line.fate = "known"
            continue
        side = wanted.wish or ("online" if event.mode == "online" else "room")
        if left[side] > 0:
            left[side] -= 1
            continue
        line.fate = "waiting"
        if side == "room" and left["online"] > 0:  # an online place until there is one in the room
            left["online"] -= 1
            line.fate = "meanwhile"


def _left(pool: Places | None) -> float:
    if pool is None:
        return 0
    return float("inf") if pool.capacity is None else pool.capacity - pool.taken


def _registered(session: Session, event: Event, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        found |= set(
            session.scalars(
                select(Person.key)
                .join(Registration, Registration.person_id == Person.id)
                .where(
                    Registration.event_id == event.id, Registration.state.in_(LIVE),
                    Person.key.in_(keys[start : start + 500]),
                )
            )
        )  # fmt: skip
    return found
