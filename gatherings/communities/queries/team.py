"""Reads of a community's team, and of those who were invited to it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.models import Person
from gatherings.communities.models import Community, Role, RoleInvitation
from gatherings.communities.rules import ROLES
from gatherings.core.errors import NotFound
from gatherings.core.tokens import digest
from gatherings.core.words import say


def list_team(session: Session, community_id: int) -> Sequence[Role]:
    """List who has which role in a community, with the people: owners first."""
    rank = case({role: number for number, role in enumerate(ROLES)}, value=Role.role, else_=len(ROLES))
    return session.scalars(
        select(Role)
        .where(Role.community_id == community_id)
        .order_by(rank, Role.created_at, Role.id)
        .options(joinedload(Role.person))
    ).all()


def find_role(session: Session, community_id: int, public_id: str) -> Role:
    """Find one role of a community with its person; raises NotFound."""
    found = session.scalars(
        select(Role)
        .where(Role.community_id == community_id, Role.public_id == public_id)
        .options(joinedload(Role.person))
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def list_invitations(session: Session, community_id: int) -> Sequence[RoleInvitation]:
    """List who was invited to a community's team and has not answered, also too long ago; newest first."""
    return session.scalars(
        select(RoleInvitation)
        .where(RoleInvitation.community_id == community_id)
        .order_by(RoleInvitation.created_at.desc(), RoleInvitation.id.desc())
        .options(joinedload(RoleInvitation.person))
    ).all()


def list_invitations_of(session: Session, person_id: int) -> Sequence[RoleInvitation]:
    """List the invitations of somebody with their communities."""
    return session.scalars(
        select(RoleInvitation)
        .where(RoleInvitation.person_id == person_id)
        .order_by(RoleInvitation.id)
        .options(joinedload(RoleInvitation.community))
    ).all()


def find_invitation(session: Session, secret: str, *, now: datetime) -> tuple[RoleInvitation, Person, Community]:
    """Find what a mailed link invites whom to; raises NotFound when it was used, taken back or is too old."""
    found = session.execute(
        select(RoleInvitation, Person, Community)
        .join(Person, Person.id == RoleInvitation.person_id)
        .join(Community, Community.id == RoleInvitation.community_id)
        .where(RoleInvitation.digest == digest(secret), RoleInvitation.expires_at > now)
    ).one_or_none()
    if found is None:
        raise NotFound(
            say("This invitation was used, taken back, or is older than a week. Please ask whoever invited you.")
        )
    return found[0], found[1], found[2]


def name_of_inviter(session: Session, invitation: RoleInvitation) -> Person | None:
    """Give who invited, if they are still known."""
    return session.scalars(select(Person).where(Person.public_id == invitation.invited_by)).one_or_none()


def communities_left_alone(session: Session, person_id: int) -> list[str]:
    """Name the communities of which somebody is the last owner."""
    others = select(Role.id).where(Role.community_id == Community.id, Role.role == "owner", Role.person_id != person_id)
    return list(
        session.scalars(
            select(Community.name)
            .join(Role, Role.community_id == Community.id)
            .where(Role.person_id == person_id, Role.role == "owner", ~others.correlate(Community).exists())
            .order_by(Community.name)
        )
    )
