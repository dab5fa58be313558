"""What makes a sale, a kind and a code sound: problems by field, what a sale lacks, amounts in another currency."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from gatherings.core.errors import Problem
from gatherings.core.money import MOST, digits_of, rounded, step_of
from gatherings.core.words import Sentence, say
from gatherings.tickets.rules.limits import MOST_IN_ALL

PRICES = ("fixed", "free", "choose")
SHOWN = ("all", "code", "application")
HOLD_MINUTES = (15, 24 * 60)
INVOICE_DAYS = (1, 120)
MOST_KINDS = 50
MOST_CODES = 500
_STEP = say("In this currency amounts end in 0: cards cannot pay single thousandths.")


class Costing(Protocol):
    """What tells whether a kind costs anything; a TicketKind is one."""

    price: str
    vat_rate: int
    retired: bool


@dataclass(frozen=True)
class Papers:
    """What of the seller's details is there: tax law wants it on paper."""

    name: bool = False
    address: bool = False
    vat_number: bool = False
    bank: bool = False


@dataclass(frozen=True)
class Lack:
    """Something that a sale lacks: `about` is where it is mended ("kinds", "sale", "seller")."""

    about: str
    sentence: Sentence


def lacks_of(kinds: Iterable[Costing], ways: Iterable[str], papers: Papers, *, card: bool) -> list[Lack]:
    """List what must be there before tickets are sold; `card`: paying by card is set up."""
    live = [kind for kind in kinds if not kind.retired]
    if not live:
        return [Lack("kinds", say("There is no ticket yet. Please add one."))]
    costing, ways, lacks = [kind for kind in live if kind.price != "free"], set(ways), []
    if not costing:
        return []
    if not ways - (set() if card else {"card"}):
        said = say("Nobody could pay: please offer a way to pay that is set up.")
        lacks.append(Lack("sale", said))
    if not (papers.name and papers.address):
        lacks.append(Lack("seller", say("Receipts need the name and address of who sells.")))
    if any(kind.vat_rate for kind in costing) and not papers.vat_number:
        lacks.append(Lack("seller", say("Who adds VAT needs a VAT number on the receipt.")))
    if "invoice" in ways and not papers.bank:
        lacks.append(Lack("seller", say("An invoice needs a bank account to pay to.")))
    return lacks


def kind_problems(values: Mapping[str, Any], currency: str) -> list[Problem]:
    """Say what is wrong with the numbers of a kind (as `tickets/actions/kinds.save_kind` takes them)."""
    problems = []
    if values["price"] == "fixed":
        problems += _fixed_problems(values, currency)
    elif values["price"] == "choose":
        problems += _choose_problems(values, currency)
    if values["least_each"] > values["most_each"]:
        problems.append(Problem("most_each", say("This should not be less than the least.")))
    if values["most_each"] > MOST_IN_ALL:
        problems.append(Problem("most_each", say("One order can have %(most)s tickets at most.", most=MOST_IN_ALL)))
    return problems


def _fixed_problems(values: Mapping[str, Any], currency: str) -> list[Problem]:
    problems = _steps(values, currency, "amount", "early_amount")
    if not values["amount"]:
        problems.append(Problem("amount", say("Please write a price, or choose “free”.")))
    early, until = values["early_amount"], values["early_until"]
    if early is not None and early >= values["amount"] and values["amount"]:
        problems.append(Problem("early_amount", say("The early price should be lower than the price.")))
    if early is not None and until is None:
        problems.append(Problem("early_until_date", say("Please say until when the early price holds.")))
    if early is None and until is not None:
        problems.append(Problem("early_amount", say("Please write the early price, or leave its day empty.")))
    return problems


def _choose_problems(values: Mapping[str, Any], currency: str) -> list[Problem]:
    problems = _steps(values, currency, "least", "suggested", "most")
    if values["suggested"] < values["least"]:
        problems.append(Problem("suggested", say("This should not be less than the least.")))
    if values["most"] is not None and values["most"] < max(values["suggested"], values["least"], 1):
        problems.append(Problem("most", say("This should not be less than what you suggest.")))
    return problems


def _steps(values: Mapping[str, Any], currency: str, *names: str) -> list[Problem]:
    return [Problem(name, _STEP) for name in names if (values[name] or 0) % step_of(currency)]


def code_problems(values: Mapping[str, Any], currency: str, hidden: Iterable[str]) -> list[Problem]:
    """Say what is wrong with a code; `hidden` are the public ids of the kinds that only a code shows."""
    problems = []
    if values["effect"] == "percent" and not 0 < values["value"] < 10_000:
        problems.append(Problem("value", say("More than 0 and less than 100 percent. For all of it, choose “free”.")))
    if values["effect"] == "fixed":
        if not values["value"]:
            problems.append(Problem("value", say("Please write how much it takes off.")))
        problems += _steps(values, currency, "value")
    if values["effect"] == "unlock" and not set(values["kinds"]) & set(hidden):
        problems.append(Problem("kinds", say("Please choose a ticket that is hidden: this code shows it.")))
    return problems


def window_problems(opens: datetime | None, closes: datetime | None, ends: datetime) -> list[Problem]:
    """Say what is wrong with a window of two instants for an event that ends at `ends`."""
    if closes is not None and closes > ends:
        return [Problem("closes_date", say("This should be before the gathering is over."))]
    if opens is not None and opens >= (closes or ends):
        return [Problem("closes_date" if closes else "opens_date", say("This should end after it begins."))]
    return []


def steps_problem(steps: Sequence[Mapping[str, int]]) -> Sentence | None:
    """Say what is wrong with what comes back to who leaves: fewer days left, less comes back."""
    ordered = sorted(steps, key=lambda step: -step["days"])
    if len({step["days"] for step in ordered}) < len(ordered):
        return say("Two lines have the same number of days.")
    percents = [step["percent"] for step in ordered]
    if percents != sorted(percents, reverse=True):
        return say("Who leaves later should not get back more than who leaves earlier.")
    return None


def days_of(starts_local: datetime, ends_local: datetime) -> list[str]:
    """List the days of an event as ISO dates, on its own calendar; an end at midnight belongs to the day before."""
    first = starts_local.date()
    last = (ends_local - timedelta(microseconds=1)).date() if ends_local > starts_local else first
    return [(first + timedelta(days=number)).isoformat() for number in range(min((last - first).days, 60) + 1)]


def moved_days(days: Iterable[str], by: int) -> list[str]:
    """Move ISO dates by so many days."""
    return [(date.fromisoformat(day) + timedelta(days=by)).isoformat() for day in days]


def days_follow(kinds: Iterable[Sequence[str]], before: Sequence[str], after: Sequence[str]) -> int:
    """Give by how many days the days of kinds move when an event does, from some days to others; 0: they stay.

    A gathering moved as it is takes them along. One that became shorter or longer as well does so only where that
    leaves fewer of them outside: a day that was added or dropped at an end moves nobody's ticket.
    """
    by = (date.fromisoformat(after[0]) - date.fromisoformat(before[0])).days
    named = {day for days in kinds for day in days}
    if by == 0 or not named or len(before) == len(after):
        return by if named else 0
    outside, outside_moved = (len(set(days) - set(after)) for days in (named, moved_days(named, by)))
    return by if outside_moved < outside else 0


def in_currency(amount: int, old: str, new: str) -> int:
    """Give the same number of another currency: 6,500.00 SEK becomes 6,500 JPY."""
    return min(MOST, rounded(amount, 10 ** digits_of(new), 10 ** digits_of(old)))
