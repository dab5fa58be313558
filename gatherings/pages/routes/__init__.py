"""The public screens that show several features, one module for each."""

from gatherings.pages.routes import community, event, listing, machines, series, shared, site, zones
from gatherings.pages.routes.blueprint import bp

__all__ = ["bp", "community", "event", "listing", "machines", "series", "shared", "site", "zones"]
