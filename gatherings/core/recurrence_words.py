"""Recurrence rules in words for people: "third Thursday of every month"."""

from datetime import date

from gatherings.core.recurrence_days import Pattern
from gatherings.core.words import Sentence, say, say_many

WEEKDAYS = (
    say("Monday"), say("Tuesday"), say("Wednesday"), say("Thursday"), say("Friday"),
    say("Saturday"), say("Sunday"),
)  # fmt: skip
MONTHS = (
    say("January"), say("February"), say("March"), say("April"), say("May"), say("June"), say("July"),
    say("August"), say("September"), say("October"), say("November"), say("December"),
)  # fmt: skip
_ORDINALS = {
    1: say("first"), 2: say("second"), 3: say("third"), 4: say("fourth"), 5: say("fifth"),
    -1: say("last"), -2: say("second-to-last"), -3: say("third-to-last"),
}  # fmt: skip
_EVERY = {
    "DAILY": (say("every day"), say("every second day")),
    "WEEKLY": (say("every week"), say("every second week")),
    "MONTHLY": (say("every month"), say("every second month")),
    "YEARLY": (say("every year"), say("every second year")),
}


def rule_words(rule: Pattern, count: int | None, until: date | None) -> Sentence:
    """Say a rule and its end; `until` is the last day. Values are Sentences, dates and numbers."""
    words = _monthly_or_yearly(rule) if rule.freq in ("MONTHLY", "YEARLY") else _daily_or_weekly(rule)
    if count:
        return say_many("%(rule)s, once", "%(rule)s, %(num)s times", count, rule=words)
    return say("%(rule)s, until %(date)s", rule=words, date=until) if until else words


def _daily_or_weekly(rule: Pattern) -> Sentence:
    words, weekdays = _every(rule), [WEEKDAYS[day] for _, day in rule.by_day]
    if rule.freq == "WEEKLY" and len(weekdays) == 1 and rule.interval <= 2:
        day = weekdays[0]
        words = say("every %(day)s", day=day) if rule.interval == 1 else say("every second %(day)s", day=day)
    elif weekdays:
        words = say("%(every)s on %(days)s", every=words, days=_listed(weekdays))
    if rule.by_month_day:
        words = say("%(rule)s, only on %(days)s of the month", rule=words, days=_month_days(rule))
    return _only_in_months(rule, words)


def _monthly_or_yearly(rule: Pattern) -> Sentence:
    if not rule.by_day and not rule.by_month_day:
        return _only_in_months(rule, _every(rule))
    days = _weekdays(rule) if rule.by_day else _month_days(rule)
    if rule.by_month and rule.freq == "YEARLY":
        months = _listed([MONTHS[month - 1] for month in rule.by_month])
        words = say("%(days)s of %(months)s, %(every)s", days=days, months=months, every=_every(rule))
    elif rule.freq == "YEARLY" and not rule.by_day:
        words = say("%(days)s of every month, %(every)s", days=days, every=_every(rule))
    else:
        words = say("%(days)s of %(every)s", days=days, every=_every(rule))
    if rule.by_day and rule.by_month_day:
        words = say("%(rule)s, only on %(days)s of the month", rule=words, days=_month_days(rule))
    return words if rule.freq == "YEARLY" else _only_in_months(rule, words)


def _only_in_months(rule: Pattern, words: Sentence) -> Sentence:
    if not rule.by_month:
        return words
    return say("%(rule)s, only in %(months)s", rule=words, months=_listed([MONTHS[m - 1] for m in rule.by_month]))


def _every(rule: Pattern) -> Sentence:
    if rule.interval <= 2:
        return _EVERY[rule.freq][rule.interval - 1]
    match rule.freq:
        case "DAILY":
            return say_many("every day", "every %(num)s days", rule.interval)
        case "WEEKLY":
            return say_many("every week", "every %(num)s weeks", rule.interval)
        case "MONTHLY":
            return say_many("every month", "every %(num)s months", rule.interval)
        case _:
            return say_many("every year", "every %(num)s years", rule.interval)


def _weekdays(rule: Pattern) -> Sentence:
    """Say weekdays with their numbers: "first and third Thursday"."""
    numbers: dict[int, list[int]] = {}
    for number, weekday in rule.by_day:
        numbers.setdefault(weekday, []).append(number)
    words = []
    for weekday, places in numbers.items():
        if 0 in places:
            words.append(say("every %(day)s", day=WEEKDAYS[weekday]))
        else:
            which = _listed([_ordinal(place) for place in places])
            words.append(say("%(which)s %(day)s", which=which, day=WEEKDAYS[weekday]))
    return _listed(words)


def _month_days(rule: Pattern) -> Sentence:
    return _listed(
        [
            say("day %(number)s", number=number) if number > 0 else say("%(which)s day", which=_ordinal(number))
            for number in rule.by_month_day
        ]
    )


def _ordinal(number: int) -> Sentence:
    if number in _ORDINALS:
        return _ORDINALS[number]
    nth = _nth(abs(number))
    return nth if number > 0 else say("%(nth)s-to-last", nth=nth)


def _nth(number: int) -> Sentence:
    """Write a number as a place in a row; a language may have one way for all of them."""
    match 0 if 11 <= number % 100 <= 13 else number % 10:
        case 1:
            return say("%(number)sst", number=number)
        case 2:
            return say("%(number)snd", number=number)
        case 3:
            return say("%(number)srd", number=number)
        case _:
            return say("%(number)sth", number=number)


def _listed(words: list[Sentence]) -> Sentence:
    """Join with commas and a last "and"."""
    *others, last = words
    if not others:
        return last
    first = others[0]
    for word in others[1:]:
        first = say("%(first)s, %(last)s", first=first, last=word)
    return say("%(first)s and %(last)s", first=first, last=last)
