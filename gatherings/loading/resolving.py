"""Working out the dates of a programme: once, when an item is first loaded; then they stay."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from gatherings.core import zones
from gatherings.core.errors import InvalidInput
from gatherings.core.recurrence import Rule
from gatherings.core.words import say
from gatherings.events.rules import derive
from gatherings.loading.problems import Wrong
from gatherings.loading.programme import EventItem, Programme, SeriesItem, Times
from gatherings.loading.rules import AfterStart, Fixed, When, ends_after, resolve

_TOO_FAR = say("This date is too far away. Please choose another year.")
_DAY = timedelta(days=1)


class Resolver:
    """Works dates out at `now` (aware UTC); `problems` collects those that cannot be.

    `remembered` gives, by kind and slug, what dates came to before; `umbrella_zones` the zones of umbrellas that
    are not in the file.
    """

    def __init__(
        self,
        programme: Programme,
        remembered: Mapping[tuple[str, str], Mapping[str, Any]],
        umbrella_zones: Mapping[str, str],
        now: datetime,
    ) -> None:
        self.file, self.now, self.remembered = programme.file, now, remembered
        self.zones = {**umbrella_zones, **{event.slug: event.zone for event in programme.events}}
        self.problems: list[Wrong] = []
        self.resolved: dict[tuple[str, str], dict[str, Any]] = {}

    def series_start(self, item: SeriesItem) -> datetime | None:
        """Work out the first date of a series (wall clock of its zone); None for editions."""
        if item.starts is None or item.rule is None:
            return None
        how = {"zone": item.zone, "today_zone": item.zone}
        try:
            starts = self._once(("series", item.slug), "starts", item.starts, **how)
        except OverflowError:
            self._wrong(item.place.of("starts"), f"{item.place.path}.starts", _TOO_FAR)
            return None
        if not Rule.parse(item.rule).includes(starts):
            sentence = say("%(day)s is not a date of the rule.", day=starts.date().isoformat())
            self._wrong(item.place.of("starts"), f"{item.place.path}.starts", sentence)
        return starts

    def times(self, item: EventItem) -> Times | None:
        """Work out an event's times; None (and problems) if they cannot be."""
        before = len(self.problems)
        try:
            found = self._times(item)
        except OverflowError:
            self._wrong(item.place.of("starts"), f"{item.place.path}.starts", _TOO_FAR)
            return None
        return found if len(self.problems) == before else None

    def _times(self, item: EventItem) -> Times:
        of = ("event", item.slug)
        today_zone = self.zones.get(item.umbrella, item.zone) if item.umbrella else item.zone
        how: dict[str, Any] = {"zone": item.zone, "today_zone": today_zone}
        starts = self._once(of, "starts", item.starts, **how)
        how["first_day"] = starts.date()
        if item.ends is not None:
            ends = self._once(of, "ends", item.ends, **how)
            if item.all_day:
                ends = datetime.combine(ends.date(), time(0)) + _DAY
        else:
            ends = self._end(item, starts)
        try:
            derive(starts, ends, item.zone)
        except InvalidInput as invalid:
            for problem in invalid.problems:
                name = problem.field if problem.field in item.place.lines else "starts"
                self._wrong(item.place.of(name), f"{item.place.path}.{name}", problem.sentence)
        opens_at = self._instant(item, "opens", item.opens, how)
        closes_at = self._instant(item, "closes", item.closes, how)
        if opens_at is not None and closes_at is not None and closes_at <= opens_at:
            field = f"{item.place.path}.registration.closes"
            self._wrong(item.place.of("registration"), field, say("Registration closes before it opens."))
        return Times(starts, ends, opens_at, closes_at)

    def _end(self, item: EventItem, starts: datetime) -> datetime:
        try:
            return ends_after(starts, item.minutes or 60, item.zone)
        except zones.LocalTimeProblem:
            raise OverflowError from None

    def _instant(self, item: EventItem, name: str, when: When | None, how: dict[str, Any]) -> datetime | None:
        if when is None:
            return None
        path = f"registration.{name}"
        try:
            return zones.to_utc(self._once(("event", item.slug), path, when, **how), item.zone)
        except zones.LocalTimeProblem as problem:
            self._wrong(item.place.of("registration"), f"{item.place.path}.{path}", problem.sentence)
            return None

    def _once(self, of: tuple[str, str], path: str, when: When, **how: Any) -> datetime:
        """Work a date out, unless the same words were worked out before. What counts from the start follows it."""
        if isinstance(when, Fixed | AfterStart):
            return resolve(when, now=self.now, **how)
        old = self.remembered.get(of, {}).get(path)
        if old is not None and old["written"] == when.written:
            local = datetime.fromisoformat(old["local"])
        else:
            local = resolve(when, now=self.now, **how)
        kept = self.resolved.setdefault(of, {})
        kept[path] = {"written": when.written, "local": local.isoformat()}
        return local

    def _wrong(self, line: int, field: str, sentence: Any) -> None:
        self.problems.append(Wrong(self.file, line, field, sentence))
