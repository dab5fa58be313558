"""An event's registrations as organisers look at them: narrowed, sorted, a page at a time, and in numbers."""

from gatherings.registration.listing.filter import HOURS, SORTS, STATES, Filter
from gatherings.registration.listing.finding import conditions, count, ids, public_ids, zones_of
from gatherings.registration.listing.numbers import Numbers, numbers_of
from gatherings.registration.listing.paging import Page, Row, rows
from gatherings.registration.listing.ticketed import Held, kinds_on_list, sells, tickets_of

__all__ = [
    "HOURS", "SORTS", "STATES", "Filter", "Held", "Numbers", "Page", "Row", "conditions", "count", "ids",
    "kinds_on_list", "numbers_of", "public_ids", "rows", "sells", "tickets_of", "zones_of",
]  # fmt: skip
