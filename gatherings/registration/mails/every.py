"""Letters about "every month": the rule in words, the next dates on both clocks, one entry for the calendar."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gatherings.core import zones
from gatherings.core.recurrence import Rule
from gatherings.mail.letters import Button, Dates, Facts, Heading, Link, Part, Words, greeting, write_letter
from gatherings.mail.message import Letter, clean_line
from gatherings.mail.models import OutboxMail
from gatherings.registration.mails.frame import hint, hosts_row, look_in, please_answer
from gatherings.registration.mails.invitations import (
    join_link,
    manage_link,
    series_calendar_of,
    series_file,
    series_page,
)
from gatherings.registration.mails.times import Held, clock_words, date_line, hour_moves, place_words, where_words
from gatherings.registration.rules import JOIN_OPENS_MINUTES
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext, words


@dataclass(frozen=True)
class AboutSeries:
    """One "every month" as the snapshot of a mail tells it."""

    facts: dict[str, Any]
    title: str
    zone: str
    now: datetime
    dates: list[tuple[Held, str]]  # with how one stands on each

    @classmethod
    def of(cls, mail: OutboxMail) -> "AboutSeries":
        """Read a mail's facts (registration.facts.series_facts)."""
        dates = [(Held.of(date), date["state"]) for date in mail.facts["dates"]]
        return cls(mail.facts, clean_line(mail.facts["series"]["title"]), mail.zone, mail.created_at, dates)

    @property
    def manage(self) -> str:
        """Give the link that changes or ends it."""
        return manage_link(self.facts["registration"], series=True)

    @property
    def page(self) -> str:
        """Give the address of the series' page."""
        return series_page(self.facts["series"]["slug"])

    def rows(self, *, going: bool = True) -> Facts:
        """Give how often, where and with whom; to whom is not `going`, no way in is promised."""
        series, rule = self.facts["series"], self.facts["rule"]
        where = where_words(series["mode"], place_words(series), self.facts["to"]["attends"] if going else None)
        hosts = clean_line(self.facts["community"]["name"])
        return Facts([(_("How often"), _often(rule)), (_("Where"), where), hosts_row(hosts)])

    def coming(self) -> list[Part]:
        """Give the coming dates on both clocks, with what is special about each."""
        if not self.dates:
            return []
        parts: list[Part] = [
            Heading(_("The next dates")),
            Dates([date_line(held, self.zone, self.now, _note(held, state)) for held, state in self.dates]),
        ]
        if hour_moves([held for held, _state in self.dates], self.zone):
            city = zones.city(self.facts["rule"]["zone"])
            moves = _("The hour is the same in %(city)s all year. On your own clock it moves.", city=city)
            parts.append(Words(moves, quiet=True))
        return parts

    def way_in(self) -> Part | None:
        """Give the one link in for all dates."""
        if self.facts["to"]["attends"] != "online":
            return None
        text = ngettext(
            "Your way in to each date (it opens one minute before the start)",
            "Your way in to each date (it opens %(num)s minutes before the start)",
            JOIN_OPENS_MINUTES,
        )
        return Link(text, join_link(self.facts["registration"], series=True))

    def ending(self) -> list[Part]:
        """Give the small print."""
        file = series_file(self.facts["series"]["slug"])
        return [
            Link(_("All dates of this series as a calendar file"), file, quiet=True),
            Link(_("The page of this series"), self.page, quiet=True),
            Link(_("This was not me"), self.manage, quiet=True),
        ]


def _often(rule: dict[str, Any]) -> str:
    said = words(Rule.parse(rule["text"]).words(rule["zone"]))
    starts = datetime.fromisoformat(rule["starts_local"])
    return _(
        "%(rule)s, %(starts)s–%(ends)s in %(city)s",
        rule=said[:1].upper() + said[1:],
        starts=clock_words(starts),
        ends=clock_words(starts + timedelta(minutes=rule["minutes"])),
        city=zones.city(rule["zone"]),
    )


def _note(held: Held, state: str) -> str | None:
    if held.status == "cancelled":
        return _("Cancelled by the hosts")
    if state == "waitlisted":
        return _("Full: you are on the waiting list for this date")
    if state == "cancelled":
        return _("You left this date")
    if held.original_local is not None and held.original_local != held.starts_local:
        return _("Another time than usual")
    return None


def _letter(mail: OutboxMail, *, subject: str, heading: str, parts: list[Part | None]) -> Letter:
    return write_letter(
        subject=subject,
        heading=heading,
        preview=clean_line(mail.facts["series"]["title"]),
        parts=[greeting(clean_line(mail.facts["to"]["name"])), *parts],
        language=mail.language,
        look=look_in(mail.facts),
        calendar=series_calendar_of(mail),
    )


def series_confirmed(mail: OutboxMail) -> Letter:
    """Write that somebody comes to every date, with one invite for all of them."""
    about = AboutSeries.of(mail)
    waits = any(state == "waitlisted" for _held, state in about.dates)
    return _letter(
        mail,
        subject=_("You come to every date: %(title)s", title=about.title),
        heading=_("You come to every date"),
        parts=[
            Words(_("You are registered for all dates of “%(title)s”.", title=about.title)),
            about.rows(),
            Words(_("The invite in this mail puts all dates into your calendar and follows every change.")),
            about.way_in(),
            *about.coming(),
            Words(_("A date that is full is left out of your calendar until there is a place.")) if waits else None,
            Button(_("Change or cancel"), about.manage),
            please_answer(),
            hint(),
            *about.ending(),
        ],
    )


def series_changed(mail: OutboxMail) -> Letter:
    """Write what changed about a series, or that a new date has to be waited for."""
    about = AboutSeries.of(mail)
    return _letter(
        mail,
        subject=_("Changed: %(title)s", title=about.title),
        heading=_("Something changed"),
        parts=[
            Words(_sentence(about.title, mail.facts.get("changed") or ())),
            _before(mail),
            about.rows(),
            Words(_("This mail also updates the entry in your calendar.")),
            about.way_in(),
            *about.coming(),
            Button(_("Change or cancel"), about.manage),
            please_answer(),
            *about.ending(),
        ],
    )


def _sentence(title: str, kinds: Any) -> str:
    sentences = []
    if "rule" in kinds or "time" in kinds:
        sentences.append(_("The dates or the hour of “%(title)s” changed.", title=title))
    if "place" in kinds:
        sentences.append(_("“%(title)s” has a new place.", title=title))
    if "link" in kinds:
        sentences.append(_("The meeting has moved to a new link. Your own way in stays the same."))
    if "promoted" in kinds:
        sentences.append(_("A place became free on a date of “%(title)s”, and it is yours.", title=title))
    if "back" in kinds:
        sentences.append(_("You come again to a date of “%(title)s” that you had left.", title=title))
    if "waits" in kinds:
        sentences.append(
            _("The date of “%(title)s” that you had left is full now. We write when there is a place.", title=title)
        )
    if "room" in kinds:
        sentences.append(_("You come to the room of “%(title)s” from now on.", title=title))
    if "online" in kinds:
        sentences.append(_("You come online to “%(title)s” from now on.", title=title))
    if "kept" in kinds:
        sentences.append(_("Where it is full there, you wait and keep the place that you have."))
    if "ahead" in kinds:
        sentences.append(_("There are new dates of “%(title)s”. This mail brings them.", title=title))
    if "dates" in kinds:
        sentences.append(_("There are new dates of “%(title)s”. For some of them you have to wait.", title=title))
    return " ".join(sentences) or _("The hosts changed something about “%(title)s”.", title=title)


def _before(mail: OutboxMail) -> Part | None:
    """Give how it was, where the change says so (facts: before, in the shape of rule and series)."""
    before = mail.facts["before"] or {}
    rows = []
    if {"text", "starts_local", "minutes", "zone"} <= before.keys():
        rows.append((_("Before"), _often(before)))
    if {"mode", "place_name", "place_address"} <= before.keys():
        rows.append((_("Where, before"), where_words(before["mode"], place_words(before), None)))
    return Facts(rows) if rows else None


def series_rule_ended(mail: OutboxMail) -> Letter:
    """Write that the old dates end; another mail brings the entry with the new ones."""
    about = AboutSeries.of(mail)
    return _letter(
        mail,
        subject=_("New dates are coming: %(title)s", title=about.title),
        heading=_("The dates change"),
        parts=[
            Words(_("“%(title)s” will have other dates from now on. You are registered for them.", title=about.title)),
            Words(_("This mail ends the old dates in your calendar. Another mail brings the new ones.")),
            Button(_("Change or cancel"), about.manage),
            Link(_("The page of this series"), about.page, quiet=True),
        ],
    )


def series_cancelled(mail: OutboxMail) -> Letter:
    """Write that somebody left the series; all its dates leave the calendar."""
    about = AboutSeries.of(mail)
    return _letter(
        mail,
        subject=_("You are not coming any more: %(title)s", title=about.title),
        heading=_("You left this series"),
        parts=[
            Words(_("You are not registered for the dates of “%(title)s” any more.", title=about.title)),
            about.rows(going=False),
            Words(_("This mail takes all dates out of your calendar. Thank you for saying so.")),
            Words(_("If you want to come after all, you are welcome to register again.")),
            Button(_("See the page of this series"), about.page),
        ],
    )


def moved_away(mail: OutboxMail) -> Letter:
    """Write to the old address that somebody comes with another one from now on; the entry goes away."""
    about = AboutSeries.of(mail)
    if mail.facts.get("by") == "host":
        moved = _(
            "The hosts corrected the e-mail address of a registration for all dates of “%(title)s”. This address is "
            "not the one that was meant, and gets no more mail about it.",
            title=about.title,
        )
    else:
        moved = _(
            "The registration for all dates of “%(title)s” now belongs to another e-mail address. It was "
            "confirmed from there, and the next mails go there.",
            title=about.title,
        )
    return _letter(
        mail,
        subject=_("Moved to another address: %(title)s", title=about.title),
        heading=_("This registration has moved"),
        parts=[
            Words(moved),
            about.rows(going=False),
            Words(
                _(
                    "This mail takes all dates out of the calendar of this address; the other one has its own invite. "
                    "The earlier links to change, cancel or join have ended."
                )
            ),
            Words(_("If you did not want this, you are welcome to register again with this address.")),
            Button(_("See the page of this series"), about.page),
        ],
    )


def series_called_off(mail: OutboxMail) -> Letter:
    """Write that the hosts ended the series; all its dates leave the calendar."""
    about = AboutSeries.of(mail)
    return _letter(
        mail,
        subject=_("Cancelled by the hosts: %(title)s", title=about.title),
        heading=_("This series was cancelled"),
        parts=[
            Words(_("We are sorry: “%(title)s” will not go on. The hosts cancelled it.", title=about.title)),
            about.rows(going=False),
            Words(_("This mail takes all dates out of your calendar. There is nothing you need to do.")),
            Button(_("See the page of this series"), about.page),
        ],
    )
