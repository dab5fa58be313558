"""What organisers do to one member: change, remove, send the link again; each stands in the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from gatherings.accounts.actions import limit_attempts
from gatherings.audit.actions import log
from gatherings.communities.actions.members import PER_HOUR, leave, name_member, new_member_mail, set_news
from gatherings.communities.actions.roles import By
from gatherings.communities.models import Community, Member
from gatherings.communities.queries.members import Filters, count_found, get_member
from gatherings.config import Site
from gatherings.core.errors import Conflict
from gatherings.core.words import say
from gatherings.mail import actions as mail

EXPORTS_PER_HOUR = 10  # by one organiser (reliability.md rule 20)


@dataclass(frozen=True)
class Correction:
    """What an organiser may change of a member. News can only be ended: to agree is theirs alone."""

    name: str
    zone: str | None
    country: str
    end_news: bool = False


def correct_member(
    session: Session, community_id: int, public_id: str, correction: Correction, *, by: By, now: datetime
) -> None:
    """Change a member's name, zone or country, or end their news."""
    member = get_member(session, community_id, public_id)
    name_member(member, correction.name)
    member.zone, member.country = correction.zone, correction.country
    if correction.end_news and member.news:
        set_news(member, False, "", now=now)
    _log(session, "change_member", member, by, now=now)


def remove_member(session: Session, community_id: int, public_id: str, *, by: By, now: datetime) -> bool:
    """Take somebody out, as if they had left; tells whether anything changed."""
    member = get_member(session, community_id, public_id)
    if not leave(session, member, now=now):
        return False
    _log(session, "remove_member", member, by, now=now)
    return True


def send_member_link(session: Session, community_id: int, public_id: str, *, by: By, site: Site, now: datetime) -> None:
    """Send the invitation, or a member's own link, again; raises Conflict for who left, TooMany beyond 5 an hour."""
    member = get_member(session, community_id, public_id)
    if member.state == "left":
        raise Conflict(say("They have left, so we do not write to them. They can come back by the form."))
    who = f"{member.person_id}:{member.community_id}"
    limit_attempts(session, "member-mail", who, most=PER_HOUR, window=timedelta(hours=1), now=now)
    kind = "member_invitation" if member.state == "invited" else "member_welcome"
    new = new_member_mail(kind, member, member.community, member.person, now=now)
    if mail.post_many(session, [new], now=now, domain=site.domain):
        _log(session, "send_member_link", member, by, now=now)


def note_export(
    session: Session, community_id: int, filters: Filters, columns: Sequence[str], *, by: By, now: datetime
) -> None:
    """Note in the log that somebody takes members away: how many, which columns. Raises TooMany beyond ten an hour."""
    limit_attempts(session, "export", by.public_id, most=EXPORTS_PER_HOUR, window=timedelta(hours=1), now=now)
    community = session.get_one(Community, community_id)
    log(
        session, actor=by.public_id, action="export_members", about=f"community:{community.public_id}",
        community_id=community.id, now=now, count=count_found(session, community.id, filters), columns=list(columns),
        narrowed=_narrowed(filters),
    )  # fmt: skip


def _narrowed(filters: Filters) -> dict[str, str]:
    """Say what a list was narrowed to, for the log: what somebody looks for is often a name, so not that."""
    said = {name: str(getattr(filters, name)) for name in ("state", "news", "zone", "country")}
    return {name: value for name, value in {**said, "words": "yes" if filters.words else ""}.items() if value}


def _log(session: Session, action: str, member: Member, by: By, *, now: datetime) -> None:
    log(
        session, actor=by.public_id, action=action, about=f"member:{member.public_id}",
        community_id=member.community_id, now=now,
    )  # fmt: skip
