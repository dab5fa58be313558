"""Screens of registration: registering, managing, joining, finding a lost link."""

from gatherings.registration.routes import dates, finding, joining, managing, moving, registering
from gatherings.registration.routes.blueprint import bp

__all__ = ["bp", "dates", "finding", "joining", "managing", "moving", "registering"]
