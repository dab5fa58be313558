"""The public screens that show several features, one module for each."""

from gatherings.pages.routes import (
    community,
    covers,
    doors_preview,
    event,
    event_words,
    listing,
    machines,
    pictures,
    series,
    shared,
    site,
    style,
    zones,
)
from gatherings.pages.routes.blueprint import bp

__all__ = [
    "bp",
    "community",
    "covers",
    "doors_preview",
    "event",
    "event_words",
    "listing",
    "machines",
    "pictures",
    "series",
    "shared",
    "site",
    "style",
    "zones",
]
