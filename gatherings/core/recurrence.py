"""Rules for dates that come again: third Thursdays and the like.

The part of RFC 5545 3.3.10 that all calendar programs read alike: FREQ=DAILY, WEEKLY, MONTHLY or YEARLY with
INTERVAL, BYMONTH, BYMONTHDAY, BYDAY, COUNT and UNTIL. Dates are local wall times; what they are in UTC is for
`zones.py`.
"""

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from gatherings.core.recurrence_days import Pattern, days_from, days_in_period, period_number
from gatherings.core.recurrence_words import rule_words
from gatherings.core.words import Sentence, say
from gatherings.core.zones import to_local, to_utc_rfc

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MAX_LENGTH = 300
MAX_INTERVAL = 999
MAX_COUNT = 9999

_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_KNOWN = frozenset({"FREQ", "INTERVAL", "BYMONTH", "BYMONTHDAY", "BYDAY", "COUNT", "UNTIL", "WKST"})
_DAY = timedelta(days=1)


class InvalidRule(ValueError):
    """A text that is no rule we can keep; `sentence` says in words what is wrong with it."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(str(sentence))
        self.sentence = sentence


@dataclass(frozen=True)
class Rule(Pattern):
    """A pattern with its end: after `count` dates, or `until` a last moment, or never.

    `until` is inclusive: a date (that whole day), a naive local time, or an aware UTC instant.
    """

    count: int | None = None
    until: date | datetime | None = None

    @staticmethod
    def parse(text: str) -> "Rule":
        """Read an RRULE value, with or without "RRULE:" before it. Raises InvalidRule."""
        return _parse(text)

    @property
    def text(self) -> str:
        """The RRULE value, always in the same order and without what goes without saying."""
        parts = [f"FREQ={self.freq}"]
        parts += [f"INTERVAL={self.interval}"] if self.interval > 1 else []
        parts += [f"BYMONTH={_joined(self.by_month)}"] if self.by_month else []
        parts += [f"BYMONTHDAY={_joined(self.by_month_day)}"] if self.by_month_day else []
        days = [f"{number or ''}{DAYS[day]}" for number, day in self.by_day]
        parts += [f"BYDAY={_joined(days)}"] if days else []
        parts += [f"COUNT={self.count}"] if self.count else []
        parts += [f"UNTIL={_until_text(self.until)}"] if self.until else []
        return ";".join(parts)

    def with_until(self, until: datetime | None) -> "Rule":
        """Give the rule with another end: an aware instant, inclusive (RFC 5545 3.3.10), or None.

        An UNTIL takes the place of a COUNT, for the two exclude each other. None takes only the UNTIL away.
        """
        if until is None:
            return replace(self, until=None)
        if until.tzinfo is None:
            raise ValueError("UNTIL must be aware, for DTSTART has a zone")
        return replace(self, until=until.astimezone(UTC).replace(microsecond=0), count=None)

    def in_zone(self, zone: str) -> "Rule":
        """Give the rule with its UNTIL in UTC, as a calendar needs it whose DTSTART has this zone."""
        if self.until is None:
            return self
        return self.with_until(_until_instant(self.until, zone))

    def includes(self, starts_local: datetime) -> bool:
        """Tell if a first date is an instance of the rule (calendars.md 8); COUNT and UNTIL do not matter."""
        day = starts_local.date()
        return day in days_in_period(self, period_number(self, day), day)

    def occurrences(
        self, starts_local: datetime, zone: str, *, after: datetime | None = None, limit: int
    ) -> list[datetime]:
        """List at most `limit` naive local times from `after` (naive local, inclusive) on, in order.

        COUNT counts from `starts_local`, which itself is listed only if the rule includes it. A time that
        falls into a gap or fold of the zone stays as it is: `to_utc_rfc` says which instant it is. A rule
        whose dates lie more than a century apart is taken to have ended.
        """
        at, first = starts_local.time().replace(fold=0), starts_local.date()
        until = None if self.until is None else _until_instant(self.until, zone)
        skip_to = first if self.count or after is None else max(first, after.date())
        times = (datetime.combine(day, at) for day in islice(days_from(self, first, skip_to), self.count))
        found: list[datetime] = []
        for local in times:
            if len(found) >= limit or (until is not None and _is_past(local, zone, until)):
                break
            if after is None or local >= after:
                found.append(local)
        return found

    def words(self, zone: str | None = None) -> Sentence:
        """Say the rule for people: "third Thursday of every month", "every second Tuesday".

        Values of the Sentence may be Sentences and dates (the last day, in `zone` if given): whoever
        translates it translates those, too.
        """
        return rule_words(self, self.count, _until_day(self.until, zone))


def _is_past(local: datetime, zone: str, until: datetime) -> bool:
    plain = local.replace(tzinfo=UTC)  # two days off at most: spares the zone for dates that are far away
    return plain - until > 2 * _DAY or (until - plain < 2 * _DAY and to_utc_rfc(local, zone)[0] > until)


def _until_instant(until: date | datetime, zone: str) -> datetime:
    if not isinstance(until, datetime):
        until = datetime.combine(until, time(23, 59, 59))
    return until if until.tzinfo else to_utc_rfc(until, zone)[0]


def _until_day(until: date | datetime | None, zone: str | None) -> date | None:
    if not isinstance(until, datetime):
        return until
    return (to_local(until, zone) if until.tzinfo and zone else until).date()


def _joined(values: "tuple[int, ...] | list[str]") -> str:
    return ",".join(map(str, values))


def _until_text(until: date | datetime) -> str:
    plain = until.isoformat().replace("-", "").replace(":", "")[:15]
    return plain + ("Z" if isinstance(until, datetime) and until.tzinfo else "")


def _parse(text: str) -> Rule:
    parts = _parts(text)
    freq = parts["FREQ"]
    rule = Rule(
        freq=freq,
        interval=_number(parts.get("INTERVAL", "1"), MAX_INTERVAL),
        by_month=_numbers(parts.get("BYMONTH"), 12),
        by_month_day=_numbers(parts.get("BYMONTHDAY"), 31, negative=True),
        by_day=_by_day(parts.get("BYDAY"), freq, "BYMONTH" in parts),
        count=_number(parts["COUNT"], MAX_COUNT) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"]) if "UNTIL" in parts else None,
    )
    if rule.count and rule.until:
        raise InvalidRule(say("A rule ends after a number of dates or on a day, not both."))
    if freq == "WEEKLY" and rule.by_month_day:
        raise InvalidRule(say("A weekly rule cannot name days of the month."))
    if parts.get("WKST", "MO") != "MO":
        raise InvalidRule(say("Weeks start on Monday here; a rule with another start cannot be kept."))
    return rule


def _parts(text: str) -> dict[str, str]:
    plain = text.strip(" ").upper().removeprefix("RRULE:")
    if len(text) > MAX_LENGTH or not re.fullmatch(r"[A-Z]+=[A-Z0-9,+-]+(;[A-Z]+=[A-Z0-9,+-]+)*;?", plain):
        raise InvalidRule(say("This is not a rule for dates. One looks like this: FREQ=MONTHLY;BYDAY=3TH"))
    pairs = [part.partition("=") for part in plain.rstrip(";").split(";")]
    parts = {name: value for name, _, value in pairs}
    if len(parts) < len(pairs):
        raise InvalidRule(say("A part of the rule stands there twice."))
    unknown = sorted(parts.keys() - _KNOWN)
    if unknown:
        raise InvalidRule(say("%(part)s cannot be used in a rule here.", part=unknown[0]))
    if parts.get("FREQ") not in _FREQUENCIES:
        raise InvalidRule(say("A rule needs FREQ=DAILY, WEEKLY, MONTHLY or YEARLY."))
    return parts


def _number(value: str, highest: int) -> int:
    if not re.fullmatch(r"\d{1,6}", value) or not 1 <= int(value) <= highest:
        raise InvalidRule(say("%(value)s is not a number from 1 to %(highest)s.", value=value, highest=highest))
    return int(value)


def _numbers(values: str | None, highest: int, *, negative: bool = False) -> tuple[int, ...]:
    numbers = set()
    for value in values.split(",") if values else ():
        sign = -1 if negative and value.startswith("-") else 1
        unsigned = value[1:] if negative and value[:1] in ("-", "+") else value
        numbers.add(sign * _number(unsigned, highest))
    return tuple(sorted(numbers, key=_reading_order))


def _by_day(values: str | None, freq: str, with_months: bool) -> tuple[tuple[int, int], ...]:
    highest = 53 if freq == "YEARLY" and not with_months else 5
    days = set()
    for value in values.split(",") if values else ():
        match = re.fullmatch(r"([+-]?)(\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", value)
        if not match or (match[1] and not match[2]):
            raise InvalidRule(say("%(value)s is not a weekday in a rule.", value=value))
        if match[2] and freq in ("DAILY", "WEEKLY"):
            raise InvalidRule(say("Only monthly and yearly rules can number weekdays."))
        number = _number(match[2], highest) if match[2] else 0
        days.add((-number if match[1] == "-" else number, DAYS.index(match[3])))
    if len({number == 0 for number, _ in days}) > 1:  # programs disagree: either of the two, or both at once
        raise InvalidRule(say("Either all weekdays of a rule have a number or none has."))
    return tuple(sorted(days, key=lambda day: (_reading_order(day[0]), day[1])))


def _reading_order(number: int) -> tuple[bool, int]:
    """Sort numbers as people say them: first, second, … last."""
    return (number < 0, number)


def _until(value: str) -> date | datetime | None:
    for length, form in ((8, "%Y%m%d"), (15, "%Y%m%dT%H%M%S"), (16, "%Y%m%dT%H%M%SZ")):
        if len(value) == length:
            try:
                moment = datetime.strptime(f"{value}+0000", f"{form}%z")
            except ValueError:
                break
            if moment.year == 9999:  # how some programs write "for ever"; it has no UTC time in the west
                return None
            return moment.date() if length == 8 else moment.replace(tzinfo=UTC if length == 16 else None)
    raise InvalidRule(say("%(value)s is not a last day as rules write it: 20271231T235959Z", value=value))
