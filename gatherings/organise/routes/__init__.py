"""The screens of organisers, one module for each subject."""

from gatherings.organise.routes import home
from gatherings.organise.routes.blueprint import bp

__all__ = ["bp", "home"]
