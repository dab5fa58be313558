"""Doors as pages show them: what each is called, when it opens, and (once it is open) what is behind it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup

from gatherings.core import door_art, zones
from gatherings.core.door_art import DoorLook
from gatherings.doors.models import DoorCalendar
from gatherings.doors.queries import Thing, days_of, thing_of
from gatherings.doors.rules import Days
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext, number_words
from gatherings.web.times import day_words, instant_words, time_words


@dataclass(frozen=True)
class DoorView:
    """One door for one reader; `thing` is None while it is closed for them."""

    number: int
    day: date
    day_said: str
    look: DoorLook
    today: bool
    thing: Thing | None
    opens_said: str  # "opens in 2 days"; "" once it is open

    @property
    def sprite(self) -> Markup:
        """Give the symbols that this door alone needs."""
        one = (self.look,)
        return Markup(door_art.sprite(one, one if self.thing is not None else ()))  # noqa: S704  (our own drawing)

    @property
    def title(self) -> str:
        """Give the title of what is behind an open door, or its number."""
        return (self.thing.title if self.thing else "") or self.called

    @property
    def called(self) -> str:
        """Give "Door 5"."""
        return _("Door %(number)s", number=number_words(self.number))

    @property
    def name(self) -> str:
        """Give the name by which a link to it is announced: all that the drawing says."""
        said = {"number": number_words(self.number), "day": self.day_said}
        if self.thing is None:
            return _("Door %(number)s, %(day)s, %(opens)s", opens=self.opens_said, **said)
        if self.thing.title:
            said["title"] = self.thing.title
            if self.today:
                return _("Door %(number)s, %(day)s, today’s door, open: %(title)s", **said)
            return _("Door %(number)s, %(day)s, open: %(title)s", **said)
        if self.today:
            return _("Door %(number)s, %(day)s, today’s door, open", **said)
        return _("Door %(number)s, %(day)s, open", **said)


@dataclass(frozen=True)
class Shown:
    """A calendar for one reader at one moment."""

    title: str
    doors: list[DoorView]
    opened: int
    columns: tuple[int, int, int]
    sprite: Markup
    stars: tuple[str, str]
    roof: tuple[str, str, str]

    @property
    def today(self) -> DoorView | None:
        """Give the door of today, if there is one."""
        return next((door for door in self.doors if door.today), None)

    @property
    def open_doors(self) -> list[DoorView]:
        """Give the doors that are open, the latest first."""
        return self.doors[: self.opened][::-1]

    @property
    def next_door(self) -> DoorView | None:
        """Give the next door that opens."""
        return self.doors[self.opened] if self.opened < len(self.doors) else None


def show(calendar: DoorCalendar, now: datetime, zone: str | None) -> Shown:
    """Give a calendar (read with event and doors) as a reader in `zone` sees it now: closed doors hold nothing."""
    days, slug = days_of(calendar), calendar.event.slug
    opened, today = days.opened(now, zone), days.today(now, zone)
    looks = door_art.looks(slug, days.count)
    doors = [
        DoorView(
            number=door.number,
            day=days.day(door.number),
            day_said=day_words(days.day(door.number), year=zones.to_local(now, zone or calendar.zone).year),
            look=looks[door.number - 1],
            today=door.number == today,
            thing=thing_of(door) if door.number <= opened else None,
            opens_said="" if door.number <= opened else opens_in(days, door.number, now, zone),
        )
        for door in calendar.doors
    ]
    return Shown(
        title=calendar.title or calendar.event.title,
        doors=doors,
        opened=opened,
        columns=door_art.columns(days.count),
        sprite=Markup(door_art.sprite(looks, looks[:opened])),  # noqa: S704  (our own drawing: no word of anybody's)
        stars=door_art.stars(slug),
        roof=door_art.roof(slug),
    )


def beside(doors: list[DoorView], number: int) -> dict[str, Any]:
    """Give the doors before and after one."""
    return {
        "before": doors[number - 2] if number > 1 else None,
        "after": doors[number] if number < len(doors) else None,
    }


def opens_in(days: Days, number: int, now: datetime, zone: str | None) -> str:
    """Say how long until a door opens, in days of the reader's own calendar: "opens in 2 days"."""
    reader = zone or days.zone
    opens = zones.to_local(days.opens_at(number, zone), reader)
    ahead = (opens.date() - zones.to_local(now, reader).date()).days
    if ahead <= 0:
        return _("opens today at %(time)s", time=time_words(opens))
    if ahead == 1:
        return _("opens tomorrow")
    return ngettext("opens in %(num)s day", "opens in %(num)s days", ahead)


def opens_words(days: Days, number: int, now: datetime, zone: str | None) -> tuple[str, str]:
    """Say when a door opens: on the reader's clock, and on the calendar's ("" where that is the same)."""
    at = days.opens_at(number, zone)
    there = instant_words(at, days.zone, now)
    if days.opening == "viewer":
        mine = instant_words(at, zone or days.zone, now)
        return mine, ""
    if zone is None or zones.to_local(at, zone) == zones.to_local(at, days.zone):
        return there, ""
    local = zones.to_local(at, zone)
    mine = _(
        "%(day)s, %(time)s your time, %(city)s",
        day=day_words(local.date(), year=zones.to_local(now, zone).year),
        time=time_words(local),
        city=zones.city(zone),
    )
    return mine, there


def values_of(shown: Shown, calendar: DoorCalendar, now: datetime, zone: str | None) -> dict[str, Any]:
    """Give what the templates of doors need, whoever looks."""
    days = days_of(calendar)
    following = shown.next_door
    return {
        "shown": shown,
        "calendar": calendar,
        "event": calendar.event,
        "community": calendar.event.community,
        "zone": zone,
        "now": now,
        "span": span_words(days, now),
        "opens": opens_words(days, following.number, now, zone) if following is not None else None,
    }


def span_words(days: Days, now: datetime) -> str:
    """Say from which day to which a calendar goes."""
    year = zones.to_local(now, days.zone).year
    first, last = (day_words(days.day(number), year=year) for number in (1, days.count))
    return first if days.count == 1 else _("%(first)s to %(last)s", first=first, last=last)
