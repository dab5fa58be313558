"""Write entries as VEVENTs and join them into calendars, feeds and messages."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Literal

from gatherings.ics import times
from gatherings.ics.entry import Attendee, Block, Entry, Organizer, span
from gatherings.ics.lines import address_line, line, text_line
from gatherings.ics.text import clean, escape, quotable, uri
from gatherings.ics.zone_rule import vtimezone

Method = Literal["REQUEST", "CANCEL", "PUBLISH"]
_PRODID = "-//Gatherings//Gatherings//EN"
_END = b"END:VCALENDAR\r\n"


def vevent(entry: Entry) -> Block:
    """Write one entry as a VEVENT (CRLF, folded), with the zone that its times name.

    Local times where the zone can be told by one rule a year, else UTC with a series' dates written out
    (calendars.md 1, 4). The same entry always gives the same bytes.
    """
    form = times.form(entry)
    written = [b"BEGIN:VEVENT\r\n", *_identity(entry), *times.lines(entry, form)]
    written += [text_line("SUMMARY", clean(entry.summary))]
    written += _texts(entry)
    written += [line("STATUS", entry.status)]
    written += [line("TRANSP", "TRANSPARENT" if entry.transparent else "OPAQUE")]
    written += _people(entry.organizer, entry.attendee)
    return Block(b"".join([*written, b"END:VEVENT\r\n"]), form.tzid)


def vevents(entries: Iterable[Entry]) -> list[Block]:
    """Write entries; dates of a series whose master is among them follow its choice between TZID and UTC."""
    entries = list(entries)
    masters = {entry.uid: entry for entry in entries if entry.original_local is None}
    return [vevent(_beside(entry, masters.get(entry.uid))) for entry in entries]


def calendar(
    blocks: Iterable[Block | bytes],
    *,
    zones: Iterable[str] = (),
    name: str | None = None,
    method: Method | None = None,
    feed: bool = False,
) -> bytes:
    """Join finished VEVENTs into one calendar, with a VTIMEZONE for each zone that they (or `zones`) name.

    A `feed` says how often to ask again: hourly (RFC 7986 5.7). The same blocks always give the same bytes.
    """
    joined = [block if isinstance(block, Block) else Block(block) for block in blocks]
    named = sorted({block.zone for block in joined if block.zone} | set(zones))
    parts = [_header(name, method, feed)]
    parts += [_timezone(zone) for zone in named]
    parts += [block.data for block in joined]
    return b"".join([*parts, _END])


def request(entries: Iterable[Entry]) -> bytes:
    """Write the iMIP message METHOD:REQUEST: one event or series, or some dates of it, for one recipient.

    Raises ValueError unless all entries have one UID, one organiser and one attendee (RFC 5546 3.2.2).
    """
    return calendar(vevents(_message(entries)), method="REQUEST")


def cancel(entries: Iterable[Entry]) -> bytes:
    """Write the iMIP message METHOD:CANCEL for the whole event or series, or for some dates of it.

    STATUS becomes CANCELLED, the caller raises SEQUENCE (RFC 5546 3.2.5). Raises ValueError like `request`.
    """
    cancelled = [replace(entry, status="CANCELLED") for entry in _message(entries)]
    return calendar(vevents(cancelled), method="CANCEL")


def strong_etag(data: bytes) -> str:
    """Give a strong ETag, with its quotes, for the bytes of a feed (RFC 9110 8.8.3)."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _message(entries: Iterable[Entry]) -> list[Entry]:
    entries = list(entries)
    people = {(entry.uid, entry.organizer, entry.attendee) for entry in entries}
    if len(people) != 1 or not entries[0].organizer or not entries[0].attendee:
        raise ValueError("a calendar message is about one UID, from one organiser, to one attendee")
    if len({entry.original_local for entry in entries}) != len(entries):
        raise ValueError("a calendar message says each date once")
    return entries


def _beside(entry: Entry, master: Entry | None) -> Entry:
    if master is None or entry.original_local is None or entry.span:
        return entry
    return replace(entry, span=span(master), series_zone=entry.series_zone or master.zone)


def _identity(entry: Entry) -> list[bytes]:
    written = [line("UID", uri(entry.uid)), line("SEQUENCE", str(entry.sequence))]
    written += [line("DTSTAMP", times.instant(entry.stamp))]
    if entry.created_at:
        written += [line("CREATED", times.instant(entry.created_at))]
    if entry.changed_at:
        written += [line("LAST-MODIFIED", times.instant(entry.changed_at))]
    return written


def _texts(entry: Entry) -> list[bytes]:
    written = []
    if description := clean(entry.description, lines=True):
        written.append(text_line("DESCRIPTION", description))
    if location := clean(entry.location):
        written.append(text_line("LOCATION", location))
    if url := uri(entry.url):
        written.append(line("URL", url))
    if categories := [escape(text) for text in map(clean, entry.categories) if text]:
        written.append(line("CATEGORIES", ",".join(categories)))
    if related := uri(entry.related_to or ""):
        written.append(text_line("RELATED-TO", related))
    return written


def _people(organizer: Organizer | None, attendee: Attendee | None) -> list[bytes]:
    written = []
    if organizer:
        written.append(address_line("ORGANIZER", uri(organizer.address), CN=quotable(organizer.name)))
    if attendee:
        written.append(
            address_line(
                "ATTENDEE",
                uri(attendee.address),
                CUTYPE="INDIVIDUAL",
                ROLE="REQ-PARTICIPANT",
                PARTSTAT=attendee.partstat,
                RSVP="TRUE" if attendee.rsvp else "FALSE",
                CN=quotable(attendee.name),
            )
        )
    return written


@lru_cache(maxsize=256)
def _header(name: str | None, method: Method | None, feed: bool) -> bytes:
    written = [b"BEGIN:VCALENDAR\r\n", line("VERSION", "2.0"), line("PRODID", _PRODID)]
    written.append(line("CALSCALE", "GREGORIAN"))
    if method:
        written.append(line("METHOD", method))
    if name and (cleaned := clean(name)):
        written += [text_line("NAME", cleaned), text_line("X-WR-CALNAME", cleaned)]
    if feed:
        written += [line("REFRESH-INTERVAL", "PT1H", VALUE="DURATION"), line("X-PUBLISHED-TTL", "PT1H")]
    return b"".join(written)


def _timezone(zone: str) -> bytes:
    """Write a zone's VTIMEZONE; nothing if the zone database of today has no rule for what kept blocks name.

    Then readers still know the name; `gatherings retime` writes such blocks anew.
    """
    try:
        return vtimezone(zone)
    except ValueError:
        return b""
