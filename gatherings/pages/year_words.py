"""What the page of a series says about the year on one's own clock, in the language of whoever reads it."""

from collections.abc import Sequence
from datetime import date, datetime, time

from gatherings.core import zones
from gatherings.core.words import say
from gatherings.core.year import ClockChange, YearDate
from gatherings.pages.year import Year
from gatherings.web.i18n import date_words, list_words, ngettext
from gatherings.web.i18n import gettext as _
from gatherings.web.times import day_words, time_words

# By whether clocks go forward, and whether that is past.
_ALONE = {
    (True, False): say("The clocks in %(city)s go forward on %(day)s."),
    (True, True): say("The clocks in %(city)s went forward on %(day)s."),
    (False, False): say("The clocks in %(city)s go back on %(day)s."),
    (False, True): say("The clocks in %(city)s went back on %(day)s."),
}
_TOGETHER = {
    (True, False): say("The clocks in %(city)s and %(other)s go forward together on %(day)s."),
    (True, True): say("The clocks in %(city)s and %(other)s went forward together on %(day)s."),
    (False, False): say("The clocks in %(city)s and %(other)s go back together on %(day)s."),
    (False, True): say("The clocks in %(city)s and %(other)s went back together on %(day)s."),
}


def hour_words(at: time | datetime) -> str:
    """Write an hour as "07:00"."""
    return time_words(at if isinstance(at, datetime) else datetime.combine(date.min, at))


def summary(year: Year, host_zone: str) -> list[str]:
    """Say in a sentence or two what the year does to the reader's hour, and on which weekday it falls for them."""
    dates = year.timed
    said = [_moves(year.moved)] if year.moved else []
    if len(dates) > 1 and not said:
        said.append(_stays(dates, year.zone == host_zone))
    day = _weekdays(dates, zones.city(host_zone))
    return [*said, day] if day else said


def summary_of_host(year: Year) -> list[str]:
    """Say at which hour it begins on the host's own clock, for a reader whose clock is not known."""
    hours = {hour_words(one.host) for one in year.timed}
    if len(hours) != 1 or len(year.timed) < 2:
        return []
    return [_("It begins at %(hour)s in %(city)s on all dates.", hour=hours.pop(), city=zones.city(year.zone))]


def _moves(moved: Sequence[YearDate]) -> str:
    moves = list_words(
        [_("in %(month)s to %(hour)s", month=date_words(one.mine, "LLLL"), hour=hour_words(one.mine)) for one in moved]
    )
    if len(moved) == 2:
        return _("Your hour moves twice: %(moves)s.", moves=moves)
    return ngettext(
        "Your hour moves once: %(moves)s.", "Your hour moves %(num)s times: %(moves)s.", len(moved), moves=moves
    )


def _stays(dates: Sequence[YearDate], own: bool) -> str:
    hour = hour_words(dates[0].mine)
    if own:
        return _("This is your own clock: %(hour)s on all dates.", hour=hour)
    return _("Your hour stays the same on all dates: %(hour)s.", hour=hour)


def _weekdays(dates: Sequence[YearDate], city: str) -> str | None:
    if not any(one.days_apart for one in dates):
        return None
    if len({(one.mine.weekday(), one.host.weekday()) for one in dates}) == 1:
        mine, host = date_words(dates[0].mine, "cccc"), date_words(dates[0].host, "cccc")
        return _("It is %(mine)s for you when it is %(host)s in %(city)s.", mine=mine, host=host, city=city)
    return _("Your day is not always the day in %(city)s: please look at both.", city=city)


def move_words(read: YearDate) -> str | None:
    """Say from what to what the reader's hour moves at a date; None where it does not."""
    if read.was is None:
        return None
    return _("Your hour moves: %(was)s becomes %(is)s.", was=hour_words(read.was), **{"is": hour_words(read.mine)})


def cause_words(read: YearDate, now: datetime) -> list[str]:
    """Say why the hour moves at a date, whose clocks cause it; or why it stays although both clocks are changed.

    Days stand without their year where it is the date's own.
    """
    said: list[str] = []
    city = zones.city(read.meeting.zone)
    if read.other_host:
        said.append(_("This date follows the clocks in %(city)s.", city=city))
    if read.host_was is not None:
        said.append(
            _("It begins at %(hour)s in %(city)s this time, not at %(was)s.",
              hour=hour_words(read.host), city=city, was=hour_words(read.host_was))
        )  # fmt: skip
    places = {change.zone for change in read.changes}
    if read.moved:
        return said + [_change(change, None, read, now) for change in read.changes]
    if len(places) == 2:
        said += [*_both(read, now), _("Your hour stays the same.")]
    return said


def _both(read: YearDate, now: datetime) -> list[str]:
    one, other = read.changes[0], read.changes[-1]
    if len(read.changes) > 2 or one.day != other.day or one.forward != other.forward:
        return [_change(change, None, read, now) for change in read.changes]
    return [_change(one, other, read, now)]


def _change(change: ClockChange, other: ClockChange | None, read: YearDate, now: datetime) -> str:
    text = (_TOGETHER if other else _ALONE)[change.forward, change.at <= now].text
    day = day_words(change.day, year=read.mine.year)
    return _(text, city=zones.city(change.zone), other=zones.city(other.zone) if other else "", day=day)


def month_letters(month: date) -> tuple[str, str]:
    """Give a month as one letter for a narrow screen, and in short for a wide one: ("M", "Mar")."""
    return date_words(month, "LLLLL"), date_words(month, "LLL")


def mark_words(read: YearDate, first: bool) -> str:
    """Label a mark of the picture with its hour; the first with its weekday if that is not the host's: "Fri 07:00"."""
    if not first or not read.days_apart:
        return hour_words(read.mine)
    return f"{date_words(read.mine, 'ccc')} {hour_words(read.mine)}"
