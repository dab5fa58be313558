"""Mails as they arrive, opened as a reader's programmes open them: the words, the links, the calendar part."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from io import StringIO
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
from dateutil.rrule import rrulestr
from dateutil.tz import tzical

from tests.mail.receiver import Received, Receiver

AUCKLAND, LONDON = ZoneInfo("Pacific/Auckland"), ZoneInfo("Europe/London")


@dataclass
class Letter:
    """One mail that came over the line."""

    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        part = self.message.get_body(("plain",))
        assert part is not None
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def words(self) -> str:
        """Give the text without the breaks between its lines."""
        return " ".join(self.text.split())

    def link(self, under: str) -> str:
        """Give the one link that leads below a path ("/registrations/", "/join/")."""
        (found,) = set(re.findall(rf"https?://[^\s/]+{re.escape(under)}\S+", self.text))
        return str(found)

    @property
    def links(self) -> list[str]:
        """Give all links, of the text and of the HTML."""
        html = self.message.get_body(("html",))
        assert html is not None
        found = re.findall(r"https?://[^\s\"'<>]+", self.text + " " + str(html.get_content()))
        return sorted({link.replace("&amp;", "&") for link in found})

    @property
    def calendar(self) -> icalendar.Calendar:
        """Give the calendar part; its copy in the attachment has to be the same."""
        parts = [part for part in self.message.walk() if part.get_content_type() == "text/calendar"]
        files = [part for part in self.message.walk() if part.get_content_type() == "application/ics"]
        (bytes_,) = {part.get_payload(decode=True) for part in (*parts, *files)}
        assert (len(parts), len(files)) == (1, 1)
        assert isinstance(bytes_, bytes)
        made = icalendar.Calendar.from_ical(bytes_)
        assert parts[0].get_param("method") == str(made["METHOD"])  # RFC 6047 2.4
        return made

    @property
    def entry(self) -> Any:
        """Give the one entry of the calendar part."""
        (only,) = self.calendar.walk("VEVENT")
        return only

    @property
    def said(self) -> tuple[str, str, int]:
        """Give METHOD, UID and SEQUENCE."""
        return str(self.calendar["METHOD"]), str(self.entry["UID"]), int(self.entry["SEQUENCE"])

    @property
    def starts(self) -> datetime:
        """Give the start of the entry in UTC, as somebody reads it who knows zones from this file alone."""
        return self._instant(self.entry["DTSTART"])

    def _instant(self, value: Any) -> datetime:
        written = value.to_ical().decode()
        local = datetime.strptime(written.rstrip("Z"), "%Y%m%dT%H%M%S")
        return self._zone(value).fold(local)

    def _zone(self, value: Any) -> "_Zone":
        if "TZID" not in value.params:
            return _Zone(UTC)
        return _Zone(tzical(StringIO(self.calendar.to_ical().decode())).get(value.params["TZID"]))

    def coming(self, many: int, after: datetime) -> list[datetime]:
        """Give the next starts of a recurring entry in UTC, without those left out; `after` is an instant (UTC)."""
        first = self.entry["DTSTART"]
        zone = self._zone(first)
        wall = datetime.strptime(first.to_ical().decode(), "%Y%m%dT%H%M%S")
        rule = rrulestr(self.entry["RRULE"].to_ical().decode(), dtstart=wall)
        left_out = self.entry.get("EXDATE", [])
        lists = left_out if isinstance(left_out, list) else [left_out]
        gone = {self._instant_of(stamp.dt, zone) for one in lists for stamp in one.dts}
        starts = (zone.fold(local) for local in rule)
        return list(islice((start for start in starts if start > after and start not in gone), many))

    def _instant_of(self, local: datetime, zone: "_Zone") -> datetime:
        return zone.fold(local.replace(tzinfo=None))


@dataclass
class _Zone:
    rules: Any

    def fold(self, local: datetime) -> datetime:
        return local.replace(tzinfo=self.rules).astimezone(UTC)


def letters_to(receiver: Receiver, address: str, count: int) -> list[Letter]:
    """Wait for so many mails to an address; give all that came, in order."""

    def mine() -> list[Received]:
        return [one for one in receiver.messages if one.recipient == address]

    receiver.wait(lambda: len(mine()) >= count, 30)
    found = [Letter(one.message) for one in mine()]
    assert len(found) == count, [letter.subject for letter in found]
    return found


def in_auckland(instant: datetime) -> str:
    """Write an instant on Auckland's clock: "Friday 2033-12-16 07:00"."""
    return f"{instant.astimezone(AUCKLAND):%A %Y-%m-%d %H:%M}"


def in_london(instant: datetime) -> str:
    """Write an instant on London's clock."""
    return f"{instant.astimezone(LONDON):%A %Y-%m-%d %H:%M}"
