"""An event's registrations as organisers look at them: narrowed, sorted, a page at a time, and in numbers."""

from gatherings.registration.listing.filter import HOURS, SORTS, STATES, Filter
from gatherings.registration.listing.finding import conditions, count, ids, public_ids, zones_of
from gatherings.registration.listing.numbers import Numbers, numbers_of
from gatherings.registration.listing.paging import Page, Row, rows

__all__ = [
    "HOURS", "SORTS", "STATES", "Filter", "Numbers", "Page", "Row", "conditions", "count", "ids", "numbers_of",
    "public_ids", "rows", "zones_of",
]  # fmt: skip
