"""What people open by a community's links, one module for each subject."""

from gatherings.communities.routes import invitations, joining, membership
from gatherings.communities.routes.blueprint import bp

__all__ = ["bp", "invitations", "joining", "membership"]
