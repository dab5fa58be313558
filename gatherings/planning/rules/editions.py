"""Moving dates by weekday: the same weekday next year, or the same nth weekday of the month."""

from datetime import date, timedelta

YEAR_OF_WEEKS = 364


def same_weekday(day: date) -> date:
    """Give the same weekday a year on: 364 days later."""
    return day + timedelta(days=YEAR_OF_WEEKS)


def same_nth_weekday(day: date) -> date:
    """Give the same nth weekday of the same month a year on; a fifth one that is missing becomes the last."""
    return _nth(day.year + 1, day.month, day)


def next_month(day: date) -> date:
    """Give the same nth weekday of the next month, the last one if there is no fifth."""
    months = day.year * 12 + day.month
    return _nth(months // 12, months % 12 + 1, day)


def nth_of(day: date) -> int:
    """Tell the how many-th such weekday of its month a day is, from 1."""
    return (day.day - 1) // 7 + 1


def _nth(year: int, month: int, like: date) -> date:
    first = date(year, month, 1)
    found = first + timedelta(days=(like.weekday() - first.weekday()) % 7, weeks=nth_of(like) - 1)
    return found if found.month == month else found - timedelta(weeks=1)
