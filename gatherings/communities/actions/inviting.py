"""Inviting colleagues by mail: nothing is theirs until they press the button behind the link."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from gatherings.accounts.actions.limits import limit_attempts
from gatherings.accounts.actions.people import find_or_make_person, rename
from gatherings.accounts.models import Person
from gatherings.accounts.rules import Address, shorten
from gatherings.audit.actions import log
from gatherings.communities.actions.roles import By, add_role, check_role, lock_team, require_owner
from gatherings.communities.models import Community, RoleInvitation
from gatherings.communities.queries import role_in
from gatherings.communities.queries.team import find_invitation
from gatherings.communities.rules import ROLE_WORDS
from gatherings.config import Site
from gatherings.core.errors import InvalidInput, NotFound, Problem
from gatherings.core.tokens import digest, new_public_id, new_secret
from gatherings.core.words import say
from gatherings.db import changed
from gatherings.mail import actions as mail

INVITATION_LIFE = timedelta(days=7)
PER_ADDRESS, PER_COMMUNITY = 5, 40  # mails an hour
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Accepted:
    """Who took a role, and where."""

    person_id: int
    community_slug: str


def invite(
    session: Session,
    community_id: int,
    address: Address,
    role: str,
    *,
    by: By,
    site: Site,
    now: datetime,
    language: str = "en",
) -> None:
    """Ask a colleague by mail to take a role; asking again takes the place of an earlier invitation.

    Raises InvalidInput for an address that has a role here, TooMany beyond 5 mails an hour to one address.
    """
    check_role(role)
    lock_team(session, community_id)
    require_owner(session, community_id, by.id)
    person = find_or_make_person(session, address, now=now)
    held = role_in(session, community_id, person.id)
    if held is not None:
        sentence = say("This address has a role here already: %(role)s.", role=ROLE_WORDS[held][0])
        raise InvalidInput([Problem("email", sentence)])
    session.execute(
        delete(RoleInvitation).where(RoleInvitation.community_id == community_id, RoleInvitation.person_id == person.id)
    )
    invitation = RoleInvitation(
        public_id=new_public_id(),
        community_id=community_id,
        person_id=person.id,
        role=role,
        created_at=now,
    )
    _send(session, invitation, person, by, site, language, now=now)
    session.add(invitation)
    _log(session, "invite_role", invitation, person, by, now=now)


def invite_again(
    session: Session, community_id: int, public_id: str, *, by: By, site: Site, now: datetime, language: str = "en"
) -> None:
    """Send an invitation again, with a new link and seven new days; the link before it ends."""
    invitation, person = _held(session, community_id, public_id, by)
    _send(session, invitation, person, by, site, language, now=now)
    _log(session, "invite_role_again", invitation, person, by, now=now)


def take_back(session: Session, community_id: int, public_id: str, *, by: By, now: datetime) -> None:
    """Take an invitation back; a mail that waits to be sent does not go."""
    invitation, person = _held(session, community_id, public_id, by)
    session.execute(delete(RoleInvitation).where(RoleInvitation.id == invitation.id))
    mail.forget(session, [f"role-invitation:{invitation.public_id}"])
    _log(session, "take_back_invitation", invitation, person, by, now=now)


def accept(session: Session, secret: str, name: str, *, now: datetime) -> Accepted:
    """Take the role that one was invited to, once; raises NotFound where the link leads to nothing any more."""
    invitation, person, community = find_invitation(session, secret, now=now)
    lock_team(session, community.id)
    gone = delete(RoleInvitation).where(RoleInvitation.id == invitation.id, RoleInvitation.digest == digest(secret))
    if not changed(session, gone):
        raise NotFound(say("This link is too old or was used up. Please ask for a new one."))
    if role_in(session, community.id, person.id) is None:
        add_role(session, community.id, person.id, invitation.role, now=now)
    if name:
        rename(session, person.id, name)
    log(
        session, actor=person.public_id, action="accept_role", about=f"person:{person.public_id}",
        community_id=community.id, now=now, role=invitation.role,
    )  # fmt: skip
    return Accepted(person.id, community.slug)


def forget_invitations(session: Session, *, now: datetime) -> None:
    """Delete invitations that nobody took in time."""
    session.execute(delete(RoleInvitation).where(RoleInvitation.expires_at <= now))


def drop_invitations(session: Session, person: Person) -> None:
    """Delete the invitations of somebody who has everything about themselves erased."""
    ids = session.scalars(select(RoleInvitation.public_id).where(RoleInvitation.person_id == person.id)).all()
    mail.forget(session, [f"role-invitation:{public_id}" for public_id in ids])
    session.execute(delete(RoleInvitation).where(RoleInvitation.person_id == person.id))


def _held(session: Session, community_id: int, public_id: str, by: By) -> tuple[RoleInvitation, Person]:
    lock_team(session, community_id)
    require_owner(session, community_id, by.id)
    found = session.execute(
        select(RoleInvitation, Person)
        .join(Person, Person.id == RoleInvitation.person_id)
        .where(RoleInvitation.community_id == community_id, RoleInvitation.public_id == public_id)
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found[0], found[1]


def _send(
    session: Session, invitation: RoleInvitation, person: Person, by: By, site: Site, language: str, *, now: datetime
) -> None:
    limit_attempts(session, "role-to", person.public_id, most=PER_ADDRESS, window=_HOUR, now=now)
    limit_attempts(session, "role-of", str(invitation.community_id), most=PER_COMMUNITY, window=_HOUR, now=now)
    community = session.get_one(Community, invitation.community_id)
    inviter = session.get_one(Person, by.id)
    secret = new_secret()
    invitation.digest, invitation.expires_at = digest(secret), now + INVITATION_LIFE
    invitation.invited_by = by.public_id
    mail.post(
        session,
        key=f"role-invitation:{digest(secret)[:40]}",
        kind="role_invitation",
        recipient=person.address,
        sender=community.sender,
        zone=community.zone,
        language=language,
        about=f"role-invitation:{invitation.public_id}",
        facts={
            "secret": secret,
            "role": invitation.role,
            "by": inviter.name or shorten(inviter.address),
            "name": person.name,
            "expires_at": invitation.expires_at.isoformat(),
            "community": {"name": community.name, "slug": community.slug, "accent": community.accent},
        },
        now=now,
        domain=site.domain,
    )


def _log(session: Session, action: str, invitation: RoleInvitation, person: Person, by: By, *, now: datetime) -> None:
    log(
        session, actor=by.public_id, action=action, about=f"person:{person.public_id}",
        community_id=invitation.community_id, now=now, role=invitation.role,
    )  # fmt: skip
