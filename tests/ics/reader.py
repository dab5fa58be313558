"""A small reader of calendars, from RFC 5545 alone: no zone database, nothing of ours, nothing of icalendar.

It knows a zone only from its VTIMEZONE, and of that only what documented Outlook uses: TZID, DTSTART, a yearly
RRULE with BYMONTH and a numbered BYDAY, and the offsets; one STANDARD and one DAYLIGHT at most.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

from dateutil.rrule import rrulestr

_DAYS = {"MO": 0, "TU": 1, "WE": 2, "TH": 3, "FR": 4, "SA": 5, "SU": 6}
_LINE = re.compile(r'([A-Z-]+)((?:;[A-Z-]+=(?:"[^"]*"|[^";:,]*))*):(.*)', re.DOTALL)
_PARAM = re.compile(r';([A-Z-]+)=("[^"]*"|[^";:,]*)')


@dataclass(frozen=True)
class Line:
    name: str
    params: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        return re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], self.value)


@dataclass
class Part:
    """A component: its lines and the components inside."""

    kind: str
    lines: list[Line] = field(default_factory=list)
    parts: list["Part"] = field(default_factory=list)

    def all(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def one(self, name: str) -> Line:
        (line,) = self.all(name)
        return line

    def value(self, name: str) -> str | None:
        found = self.all(name)
        return found[0].value if found else None

    def inside(self, kind: str) -> list["Part"]:
        return [part for part in self.parts if part.kind == kind]


def physical_lines(data: bytes) -> list[bytes]:
    """Give the lines as they are sent; every line must end in CRLF and hold no other control character."""
    assert data.endswith(b"\r\n")
    lines = data[:-2].split(b"\r\n")
    for line in lines:
        assert line, "an empty line"
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line), line
        assert len(line) <= 75, (len(line), line)
        line.decode("utf-8")  # a fold never splits a character
    return lines


def read(data: bytes) -> Part:
    """Read a calendar (or a single component)."""
    unfolded: list[str] = []
    for raw in physical_lines(data):
        line = raw.decode()
        if line[0] in " \t":
            unfolded[-1] += line[1:]
        else:
            unfolded.append(line)
    open_parts = [Part("")]
    for line in unfolded:
        found = _LINE.fullmatch(line)
        assert found, line
        name, params, value = found.groups()
        if name == "BEGIN":
            open_parts.append(Part(value))
            open_parts[-2].parts.append(open_parts[-1])
        elif name == "END":
            assert open_parts.pop().kind == value
        else:
            given = {key: text.strip('"') for key, text in _PARAM.findall(params)}
            open_parts[-1].lines.append(Line(name, given, value))
    (top,) = open_parts
    (only,) = top.parts
    return only


def local(value: str) -> datetime:
    assert re.fullmatch(r"\d{8}T\d{6}", value), value
    return datetime.fromisoformat(value)


def offset(value: str) -> timedelta:
    found = re.fullmatch(r"([+-])(\d\d)(\d\d)(\d\d)?", value)
    assert found, value
    size = timedelta(hours=int(found[2]), minutes=int(found[3]), seconds=int(found[4] or 0))
    return -size if found[1] == "-" else size


class Zone:
    """A zone as one VTIMEZONE tells it."""

    def __init__(self, part: Part) -> None:
        kinds = [inner.kind for inner in part.parts]
        assert kinds in (["STANDARD"], ["STANDARD", "DAYLIGHT"]), kinds
        known = {"DTSTART", "RRULE", "TZOFFSETFROM", "TZOFFSETTO", "TZNAME"}
        assert all({line.name for line in inner.lines} <= known for inner in part.parts)
        self.name = part.one("TZID").value
        self.parts = part.parts

    def onsets(self, year: int) -> list[tuple[datetime, timedelta, timedelta]]:
        """Give a year's changes: local time before the change, offset before and after."""
        found = []
        for part in self.parts:
            before, after = (offset(part.one(name).value) for name in ("TZOFFSETFROM", "TZOFFSETTO"))
            start = local(part.one("DTSTART").value)
            rule = part.value("RRULE")
            if rule is None:
                assert len(self.parts) == 1
                found.append((start, before, after))
            elif year >= start.year:
                found.append((_nth(rule, year, start), before, after))
        return found

    @cached_property
    def _changes(self) -> list[tuple[datetime, timedelta, timedelta]]:
        return sorted(change for year in range(1969, 2041) for change in self.onsets(year))

    @cached_property
    def _instants(self) -> tuple[list[datetime], list[timedelta]]:
        """The changes in UTC (naive), and the offsets after them."""
        found = sorted((at - before, after) for at, before, after in self._changes)
        return [at for at, _ in found], [after for _, after in found]

    def offset_at(self, instant: datetime) -> timedelta:
        at, after = self._instants
        return after[bisect_right(at, instant.astimezone(UTC).replace(tzinfo=None)) - 1]

    def to_utc(self, wall: datetime) -> datetime:
        """RFC 5545 3.6.5: the offset of the last change whose local time is not after the wall time."""
        after = [after for at, before, after in self._changes if at <= wall][-1]
        return (wall - after).replace(tzinfo=UTC)


def _nth(rule: str, year: int, start: datetime) -> datetime:
    found = re.fullmatch(r"FREQ=YEARLY;BYDAY=(-1|[1-4])([A-Z]{2});BYMONTH=(\d+)", rule)
    assert found, rule
    count, day, month = int(found[1]), _DAYS[found[2]], int(found[3])
    days = [date(year, month, 1) + timedelta(days=n) for n in range(31)]
    matching = [d for d in days if d.month == month and d.weekday() == day]
    return datetime.combine(matching[count if count < 0 else count - 1], start.time())


@dataclass(frozen=True)
class Occurrence:
    uid: str
    start: datetime
    end: datetime
    event: Part


def zones(calendar: Part) -> dict[str, Zone]:
    found = [Zone(part) for part in calendar.inside("VTIMEZONE")]
    assert len({zone.name for zone in found}) == len(found)
    return {zone.name: zone for zone in found}


def instant(line: Line, known: dict[str, Zone]) -> datetime:
    """Give the UTC instant of a DATE-TIME line; a local time without its VTIMEZONE is an error."""
    if line.value.endswith("Z"):
        assert "TZID" not in line.params
        return local(line.value[:-1]).replace(tzinfo=UTC)
    return known[line.params["TZID"]].to_utc(local(line.value))


def occurrences(data: bytes) -> list[Occurrence]:
    """Give all occurrences of all timed events, with the overrides in their places, in order of time."""
    calendar = read(data)
    known = zones(calendar)
    events = calendar.inside("VEVENT")
    found: dict[tuple[str, datetime], Occurrence] = {}
    for event in sorted(events, key=lambda event: bool(event.all("RECURRENCE-ID"))):
        uid, begin = event.one("UID").value, event.one("DTSTART")
        length = instant(event.one("DTEND"), known) - instant(begin, known)
        for original, start in _starts(event, begin, known):
            found[uid, original] = Occurrence(uid, start, start + length, event)
    return sorted(found.values(), key=lambda one: one.start)


def _starts(event: Part, begin: Line, known: dict[str, Zone]) -> list[tuple[datetime, datetime]]:
    start = instant(begin, known)
    if event.all("RECURRENCE-ID"):
        return [(instant(event.one("RECURRENCE-ID"), known), start)]
    starts = {start}
    if rule := event.value("RRULE"):
        starts |= _expanded(rule, begin, known)
    starts |= {instant(line, known) for line in event.all("RDATE")}
    starts -= {instant(line, known) for line in event.all("EXDATE")}
    return [(one, one) for one in starts]


def _expanded(rule: str, begin: Line, known: dict[str, Zone]) -> set[datetime]:
    """Expand a rule on the wall clock of DTSTART; its UNTIL is UTC (RFC 5545 3.3.10)."""
    until = re.search(r";?UNTIL=(\d{8}T\d{6})Z", rule)
    assert until or "UNTIL" not in rule, rule
    bare = rule.replace(until[0], "") if until else rule
    last = local(until[1]).replace(tzinfo=UTC) if until else datetime(2035, 1, 1, tzinfo=UTC)
    found = set()
    for wall in rrulestr(bare, dtstart=local(begin.value.rstrip("Z"))):
        at = instant(Line("DTSTART", begin.params, f"{wall:%Y%m%dT%H%M%S}" + "Z" * begin.value.endswith("Z")), known)
        if at > last:
            break
        found.add(at)
    return found
