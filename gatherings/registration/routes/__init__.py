"""Screens of registration: registering, managing, joining, finding a lost link."""

import gatherings.registration.routes.dates
import gatherings.registration.routes.finding
import gatherings.registration.routes.joining
import gatherings.registration.routes.managing
import gatherings.registration.routes.moving
import gatherings.registration.routes.registering
import gatherings.registration.routes.swapping
import gatherings.registration.routes.tickets  # noqa: F401  (importing hangs the views on the blueprint)
from gatherings.registration.routes.blueprint import bp

__all__ = ["bp"]
