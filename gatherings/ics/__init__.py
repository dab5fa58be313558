"""Calendar entries as bytes (RFC 5545, 5546, 7986); every rule and its source: calendars.md.

Plain values in, bytes out. A `Block` is one VEVENT and the zone it names: made when an event is saved, kept,
and joined into a feed, a download or a message later, without reading it again.
"""

from gatherings.ics.entry import Attendee, Block, Entry, Organizer, span
from gatherings.ics.links import google_link, outlook_link
from gatherings.ics.text import clean
from gatherings.ics.times import keeps_rule
from gatherings.ics.writing import calendar, cancel, request, strong_etag, vevent, vevents
from gatherings.ics.zone_rule import clear_caches, vtimezone, writable

__all__ = [
    "Attendee", "Block", "Entry", "Organizer", "calendar", "cancel", "clean", "clear_caches", "google_link",
    "keeps_rule", "outlook_link", "request", "span", "strong_etag", "vevent", "vevents", "vtimezone", "writable",
]  # fmt: skip
