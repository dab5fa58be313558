"""The recurrence builder: what stands on its form, as a rule, and a rule as what stands on the form. Pure.

Three kinds: the nth weekday of a month ("nth"), weekdays of a week ("weekly"), a day of the month ("day"); each every
so many months or weeks, perhaps only in some months, until a day, a number of times, or without an end.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from gatherings.core import zones
from gatherings.core.errors import InvalidInput, Problem
from gatherings.core.recurrence import MAX_COUNT, Rule
from gatherings.core.words import Sentence, say

KINDS = ("nth", "weekly", "day")
NUMBERS = (1, 2, 3, 4, 5, -1)
MOST_EVERY = 24
MOST_MINUTES = 24 * 60
_LAST_DAY = -1


@dataclass(frozen=True)
class Built:
    """What the form of a rule says. `day` is -1 for a month's last; weekdays and months as in core/recurrence.py."""

    kind: str
    begins: date
    at: time
    zone: str
    minutes: int
    every: int = 1
    numbers: tuple[int, ...] = ()
    weekday: int = 0
    weekdays: tuple[int, ...] = ()
    day: int = 1
    months: tuple[int, ...] = ()
    until: date | None = None
    count: int | None = None


@dataclass(frozen=True)
class Coming:
    """One of the dates that a rule gives: on its wall clock, as instants, with a note where clocks change then."""

    local: datetime
    starts_at: datetime
    ends_at: datetime
    note: Sentence | None


def pattern_of(built: Built) -> Rule:
    """Give the rule of a form, with its end. Raises InvalidInput with what is missing."""
    _check(built)
    if built.kind == "weekly":
        rule = Rule("WEEKLY", by_day=tuple((0, day) for day in sorted(built.weekdays)))
    elif built.kind == "nth":
        order = sorted(built.numbers, key=lambda number: (number < 0, number))
        rule = Rule("MONTHLY", by_day=tuple((number, built.weekday) for number in order))
    else:
        rule = Rule("MONTHLY", by_month_day=(built.day,))
    months = tuple(sorted(built.months))
    return replace(rule, interval=built.every, by_month=months, count=built.count, until=built.until)


def starts_of(built: Built) -> datetime:
    """Give the first date (wall clock): the first day of the pattern on or after the day that was chosen.

    It sets the rhythm: "every second week" counts from there. Raises InvalidInput where there is none.
    """
    rule = replace(pattern_of(built), interval=1, count=None, until=None)
    found = rule.occurrences(datetime.combine(built.begins, built.at), built.zone, limit=1)
    if not found or (built.until is not None and found[0].date() > built.until):
        field = "until" if found else "begins"
        raise InvalidInput([Problem(field, say("This rule gives no date at all. Please choose a later end."))])
    return found[0]


def built_of(rule: Rule, starts: datetime, zone: str, minutes: int) -> Built | None:
    """Give what the form shows for a rule, or None for one that it cannot show."""
    if rule.interval > MOST_EVERY or minutes > MOST_MINUTES:
        return None
    built = Built(
        "nth", starts.date(), starts.time(), zone, minutes, every=rule.interval, months=rule.by_month,
        until=_last_day(rule, starts, zone), count=rule.count, weekday=starts.weekday(), day=starts.day,
    )  # fmt: skip
    numbers, weekdays = {number for number, _ in rule.by_day}, {day for _, day in rule.by_day}
    if rule.freq == "WEEKLY" and not rule.by_month_day:
        return replace(built, kind="weekly", weekdays=tuple(sorted(weekdays)) or (starts.weekday(),))
    if rule.freq != "MONTHLY" or (rule.by_day and rule.by_month_day):
        return None
    if not rule.by_day:
        days = rule.by_month_day or (starts.day,)
        known = len(days) == 1 and (days[0] > 0 or days[0] == _LAST_DAY)
        return replace(built, kind="day", day=days[0]) if known else None
    if len(weekdays) != 1 or not numbers <= set(NUMBERS):
        return None
    return replace(built, numbers=tuple(number for number, _ in rule.by_day), weekday=min(weekdays))


def coming(rule: Rule, starts: datetime, zone: str, minutes: int, *, now: datetime, limit: int) -> list[Coming]:
    """List the first dates that are not over at `now`, each with a note where a gap or fold moves it (RFC 5545)."""
    after = max(starts, zones.to_local(now, zone) - timedelta(days=2))
    found: list[Coming] = []
    for local in rule.occurrences(starts, zone, after=after, limit=limit + 50):
        starts_at, note = zones.to_utc_rfc(local, zone)
        if starts_at > now and len(found) < limit:
            ends_at = zones.to_utc_rfc(local + timedelta(minutes=minutes), zone)[0]
            if ends_at <= starts_at:
                ends_at = starts_at + timedelta(minutes=minutes)
            found.append(Coming(local, starts_at, ends_at, note))
    return found


def skipped_months(built: Built) -> Sentence | None:
    """Say where a rule leaves out months that do not have its day."""
    if built.kind == "day" and built.day > 28:
        return say("Months without a day %(day)s have no date. The last day of a month is a choice too.", day=built.day)
    if built.kind == "nth" and 5 in built.numbers:
        return say("Most months have no fifth one of a weekday: those have no such date.")
    return None


def _check(built: Built) -> None:
    problems = []
    if built.kind == "weekly" and not built.weekdays:
        problems.append(Problem("weekdays", say("Please choose one day of the week, or more.")))
    if built.kind == "nth" and not built.numbers:
        problems.append(Problem("numbers", say("Please choose which one of the month: the first, the third …")))
    if built.kind == "day" and not (1 <= built.day <= 31 or built.day == _LAST_DAY):
        problems.append(Problem("day", say("Please choose a day of the month, from 1 to 31.")))
    if not 1 <= built.every <= MOST_EVERY:
        problems.append(Problem("every", say("A whole number from 1 to %(most)s is needed here.", most=MOST_EVERY)))
    if built.until is not None and built.until < built.begins:
        problems.append(Problem("until", say("The last day should come after the first one.")))
    if built.count is not None and not 1 <= built.count <= MAX_COUNT:
        problems.append(Problem("count", say("A whole number from 1 to %(most)s is needed here.", most=MAX_COUNT)))
    if problems:
        raise InvalidInput(problems)


def _last_day(rule: Rule, starts: datetime, zone: str) -> date | None:
    """Give the last day on which a rule may still have a date: an instant that ends it becomes a day."""
    until = rule.until
    if not isinstance(until, datetime):
        return until
    local = zones.to_local(until, zone) if until.tzinfo else until
    return local.date() if starts.time() <= local.time() else local.date() - timedelta(days=1)
