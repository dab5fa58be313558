"""Who has which role in a community: given, changed, taken away; and who may sign in at all (domain.md 16)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from gatherings.accounts.actions.people import find_person
from gatherings.accounts.actions.signing_in import end_all_sign_ins, send_sign_in_link
from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.communities.models import Community, Role, RoleInvitation
from gatherings.communities.queries import role_in
from gatherings.communities.rules import ROLES, allows
from gatherings.config import Site
from gatherings.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Problem
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.mail import actions as mail


@dataclass(frozen=True)
class By:
    """The organiser who does something: their row's id, and the public id that the log names."""

    id: int
    public_id: str

    @classmethod
    def of(cls, person: Person) -> "By":
        """Take what an action needs of a person; its row is read again inside."""
        return cls(person.id, person.public_id)


def answer_sign_in(session: Session, payload: dict[str, Any], site: Site, *, now: datetime) -> bool:
    """Mail a link to somebody who asked to sign in, if they organise something; else nothing happens."""
    person = find_person(session, payload["key"])
    if person is None or not has_role(session, person.id):
        return False
    return send_sign_in_link(session, person, payload, site, now=now)


def has_role(session: Session, person_id: int) -> bool:
    """Tell whether somebody organises anything."""
    return session.scalar(select(Role.id).where(Role.person_id == person_id).limit(1)) is not None


def give_role(session: Session, community_id: int, person_id: int, role: str, *, by: str, now: datetime) -> None:
    """Give somebody a role, or change the one they have; `by` is who stands in the log. For the command line."""
    check_role(role)
    lock_team(session, community_id)
    held = session.scalars(select(Role).where(Role.community_id == community_id, Role.person_id == person_id)).first()
    if held is not None:
        _change(session, held, role, by=by, now=now)
        return
    add_role(session, community_id, person_id, role, now=now)
    about = session.scalars(select(Person.public_id).where(Person.id == person_id)).one()
    log(
        session, actor=by, action="give_role", about=f"person:{about}", community_id=community_id, now=now, role=role
    )  # fmt: skip


def add_role(session: Session, community_id: int, person_id: int, role: str, *, now: datetime) -> None:
    """Write the row of a role that nobody has yet."""
    session.add(
        Role(public_id=new_public_id(), community_id=community_id, person_id=person_id, role=role, created_at=now)
    )
    session.flush()


def change_role(session: Session, community_id: int, public_id: str, role: str, *, by: By, now: datetime) -> None:
    """Give a colleague another role; raises Conflict where nobody would be left who may do everything."""
    check_role(role)
    lock_team(session, community_id)
    require_owner(session, community_id, by.id)
    _change(session, _role(session, community_id, public_id), role, by=by.public_id, now=now)


def _change(session: Session, held: Role, role: str, *, by: str, now: datetime) -> None:
    if held.role == role:
        return
    if held.role == "owner":
        keep_an_owner(session, held)
    was, held.role = held.role, role
    session.flush()
    if not allows(role, "roles"):
        _end_invitations_by(session, held)
    log(
        session, actor=by, action="change_role", about=_about(session, held), community_id=held.community_id, now=now,
        role=role, was=was,
    )  # fmt: skip


def remove_role(session: Session, community_id: int, public_id: str, *, by: By, now: datetime) -> None:
    """Take a colleague's role away; their sessions end at once if it was their last."""
    lock_team(session, community_id)
    require_owner(session, community_id, by.id)
    _remove(session, _role(session, community_id, public_id), by=by.public_id, action="remove_role", now=now)


def leave_role(session: Session, public_id: str, *, by: By, now: datetime) -> None:
    """Give one's own role back; `public_id` is the role's."""
    community_id = session.scalar(select(Role.community_id).where(Role.public_id == public_id))
    if community_id is None:
        raise NotFound()
    lock_team(session, community_id)
    held = _role(session, community_id, public_id)
    if held.person_id != by.id:
        raise NotFound()
    _remove(session, held, by=by.public_id, action="leave_role", now=now)


def drop_all_roles(session: Session, person: Person, *, now: datetime) -> None:
    """Take all roles of somebody who has everything about themselves erased; raises Conflict for a last owner."""
    held = session.scalars(select(Role).where(Role.person_id == person.id).order_by(Role.community_id)).all()
    for one in held:
        lock_team(session, one.community_id)
        _remove(session, one, by=person.public_id, action="leave_role", now=now)
    end_all_sign_ins(session, person.id)


def _remove(session: Session, held: Role, *, by: str, action: str, now: datetime) -> None:
    if held.role == "owner":
        keep_an_owner(session, held)
    about = _about(session, held)
    _end_invitations_by(session, held)
    session.execute(delete(Role).where(Role.id == held.id))
    session.flush()
    if not has_role(session, held.person_id):
        end_all_sign_ins(session, held.person_id)
    log(
        session, actor=by, action=action, about=about, community_id=held.community_id, now=now, role=held.role
    )  # fmt: skip


def _end_invitations_by(session: Session, held: Role) -> None:
    """Take back what somebody promised who may give no roles any more: else they could come in again by a friend."""
    mine = RoleInvitation.invited_by == _public_id(session, held)
    ids = session.scalars(
        delete(RoleInvitation)
        .where(RoleInvitation.community_id == held.community_id, mine)
        .returning(RoleInvitation.public_id),
        execution_options={"synchronize_session": False},
    ).all()
    mail.forget(session, [f"role-invitation:{public_id}" for public_id in ids])


def check_role(role: str) -> None:
    """Refuse a role that there is not."""
    if role not in ROLES:
        raise InvalidInput([Problem("role", say("Please choose one of these."))])


def lock_team(session: Session, community_id: int) -> None:
    """Let changes of a community's team come one by one: who decides then sees what the one before left.

    SQLite's writers come one by one anyway.
    """
    session.execute(select(Community.id).where(Community.id == community_id).with_for_update(key_share=True))


def require_owner(session: Session, community_id: int, person_id: int) -> None:
    """Refuse whoever has lost the right to say who has which role since their page was opened."""
    role = role_in(session, community_id, person_id)
    if role is None:
        raise NotFound()
    if not allows(role, "roles"):
        raise NotAllowed(say("Your role in this community does not include this. Please ask one of its owners."))


def keep_an_owner(session: Session, held: Role) -> None:
    """Refuse that the last owner goes; to be asked under lock_team."""
    others = select(func.count(Role.id)).where(
        Role.community_id == held.community_id, Role.role == "owner", Role.id != held.id
    )
    if session.scalars(others).one() == 0:
        raise Conflict(
            say("A community needs an owner, and this is the last one. Please make somebody else an owner first.")
        )


def _role(session: Session, community_id: int, public_id: str) -> Role:
    found = session.scalars(
        select(Role)
        .where(Role.community_id == community_id, Role.public_id == public_id)
        .execution_options(populate_existing=True)  # as it is under the lock
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _about(session: Session, held: Role) -> str:
    return f"person:{_public_id(session, held)}"


def _public_id(session: Session, held: Role) -> str:
    """Give the public id of the person whose role it is."""
    return session.scalars(select(Person.public_id).where(Person.id == held.person_id)).one()
