"""Reads of communities and of the roles in them."""

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.communities.models import Community, Role


def role_in(session: Session, community_id: int, person_id: int) -> str | None:
    """Give somebody's role in a community, or None."""
    return session.scalar(select(Role.role).where(Role.community_id == community_id, Role.person_id == person_id))


def list_roles_of(session: Session, person_id: int) -> list[Role]:
    """List somebody's roles with their communities, by name."""
    return list(
        session.scalars(
            select(Role)
            .join(Community, Community.id == Role.community_id)
            .where(Role.person_id == person_id)
            .order_by(Community.name, Community.id)
            .options(joinedload(Role.community))
        )
    )
