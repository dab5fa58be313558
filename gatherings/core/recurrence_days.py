"""Which days a recurrence rule names: the expansion of RFC 5545 3.3.10, without times, zones and ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

# So many periods in a row without a day end a rule that never comes (31 February): over a century of days,
# weeks and months; the calendar's whole cycle of 400 years for years.
_PATIENCE = {"DAILY": 36_600, "WEEKLY": 5_300, "MONTHLY": 1_300, "YEARLY": 400}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Pattern:
    """How dates repeat. `by_day` holds (number, weekday): number 0 for every such weekday, Monday = 0."""

    freq: str
    interval: int = 1
    by_month: tuple[int, ...] = ()
    by_month_day: tuple[int, ...] = ()
    by_day: tuple[tuple[int, int], ...] = ()


def days_from(rule: Pattern, first: date, skip_to: date) -> Iterator[date]:
    """Give the rule's days from `skip_to` on; `first` sets the rhythm and what the rule leaves open."""
    start = period_number(rule, first)
    steps = max(0, (period_number(rule, skip_to) - start) // rule.interval)
    number, empty = start + steps * rule.interval, 0
    while empty < _PATIENCE[rule.freq]:
        try:
            days = days_in_period(rule, number, first)
        except (ValueError, OverflowError):  # beyond the year 9999
            return
        empty = 0 if days else empty + 1
        yield from (day for day in days if day >= skip_to)
        number += rule.interval


def period_number(rule: Pattern, day: date) -> int:
    """Number the day's period: days, weeks from Monday, months or years."""
    match rule.freq:
        case "DAILY":
            return day.toordinal()
        case "WEEKLY":
            return (day.toordinal() - 1) // 7  # 1 January of year 1 was a Monday
        case "MONTHLY":
            return day.year * 12 + day.month - 1
        case _:
            return day.year


def days_in_period(rule: Pattern, number: int, first: date) -> list[date]:
    """List the rule's days in one period, in order (the table in RFC 5545 3.3.10)."""
    match rule.freq:
        case "DAILY":
            return _kept(rule, [date.fromordinal(number)])
        case "WEEKLY":
            monday = date.fromordinal(number * 7 + 1)
            weekdays = sorted({day for _, day in rule.by_day} or {first.weekday()})
            left = (date.max - monday).days  # the calendar's last week ends on a Friday
            return _kept(rule, [monday + weekday * _DAY for weekday in weekdays if weekday <= left])
        case "MONTHLY":
            return _kept(rule, _in_month(rule, number // 12, number % 12 + 1, first))
        case _:
            return _kept(rule, _in_year(rule, number, first))


def _kept(rule: Pattern, days: list[date]) -> list[date]:
    """Keep the days whose month the rule names."""
    if rule.freq == "DAILY":
        weekdays = {day for _, day in rule.by_day}
        days = [
            day
            for day in days
            if (not weekdays or day.weekday() in weekdays)
            and (not rule.by_month_day or day in _month_days(rule.by_month_day, day.year, day.month))
        ]
    return [day for day in days if not rule.by_month or day.month in rule.by_month]


def _in_month(rule: Pattern, year: int, month: int, first: date) -> list[date]:
    if rule.by_month and month not in rule.by_month:
        return []
    numbers = rule.by_month_day if rule.by_day else rule.by_month_day or (first.day,)
    by_number = _month_days(numbers, year, month)
    if not rule.by_day:
        return sorted(by_number)
    start = date(year, month, 1)
    by_day = _weekdays(rule.by_day, start, _month_length(year, month))
    return sorted(by_day & by_number if rule.by_month_day else by_day)


def _in_year(rule: Pattern, year: int, first: date) -> list[date]:
    if rule.by_day and not rule.by_month:
        start = date(year, 1, 1)
        days = _weekdays(rule.by_day, start, date(year, 12, 31).toordinal() - start.toordinal() + 1)
        if rule.by_month_day:
            days = {day for day in days if day in _month_days(rule.by_month_day, year, day.month)}
        return sorted(days)
    months = rule.by_month or (range(1, 13) if rule.by_month_day else (first.month,))
    return [day for month in months for day in _in_month(rule, year, month, first)]


def _month_days(numbers: tuple[int, ...], year: int, month: int) -> set[date]:
    """Give the days of a month by number, from its end if negative, leaving out those it does not have."""
    length = _month_length(year, month)
    places = (number if number > 0 else length + 1 + number for number in numbers)
    return {date(year, month, place) for place in places if 1 <= place <= length}


def _month_length(year: int, month: int) -> int:
    return 31 if month == 12 else (date(year, month + 1, 1) - date(year, month, 1)).days


def _weekdays(wanted: tuple[tuple[int, int], ...], start: date, length: int) -> set[date]:
    """Give the weekdays wanted within a month or year of `length` days, by number or all of them."""
    days: set[date] = set()
    for number, weekday in wanted:
        offset = (weekday - start.weekday()) % 7
        same = [start + place * _DAY for place in range(offset, length, 7)]
        if not number:
            days.update(same)
        elif abs(number) <= len(same):
            days.add(same[number - 1 if number > 0 else number])
    return days
