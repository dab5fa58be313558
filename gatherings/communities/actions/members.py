"""Becoming a member, changing what is one's own, leaving and coming back, by the form and by the link in the mail."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from gatherings.accounts.actions import count_attempt, limit_attempts, meet_person, was_tried
from gatherings.accounts.models import Person
from gatherings.accounts.rules import Address
from gatherings.communities.models import Community, Member, NewsStop
from gatherings.config import Site
from gatherings.core.errors import Conflict, NotFound
from gatherings.core.folding import fold
from gatherings.core.tokens import Claim, new_public_id
from gatherings.core.words import say
from gatherings.core.zone_table import place_of
from gatherings.mail import actions as mail

PER_HOUR = 5  # mails to one address about one community (reliability.md C32)
MAIL_PAUSE = timedelta(minutes=10)  # before the same mail goes to the same address again (domain.md 10)
NOT_ME_PAUSE = timedelta(days=1)
LEFT_KEPT = timedelta(days=30)  # what somebody who left had typed
ASKED_KEPT = timedelta(days=90)  # who was invited and never answered
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Joining:
    """What the form asks for; `consent` is the wording of the consent to news that was ticked, or ""."""

    address: Address
    name: str
    zone: str
    language: str = "en"
    consent: str = ""


@dataclass(frozen=True)
class Details:
    """What a member may change; `consent` is the wording they agree to where `news` is new."""

    name: str
    zone: str | None
    country: str
    language: str
    news: bool
    consent: str = ""


def get_open_community(session: Session, community_id: int) -> Community:
    """Read, inside the transaction, a community that takes members; raises NotFound."""
    community = session.get(Community, community_id)
    if community is None or not community.joining.strip():
        raise NotFound(say("This community takes no members at the moment."))
    return community


def join(
    session: Session,
    community_id: int,
    wanted: Joining,
    site: Site,
    *,
    now: datetime,
    network: str | None = None,
    network_limit: int = 600,
) -> None:
    """Make somebody a member, and welcome them by a mail with their own link.

    The same address again changes nothing of what was entered and gets the mail again, not within ten minutes of the
    last; who left comes back. Raises NotFound where nobody can join, TooMany.
    """
    community = get_open_community(session, community_id)
    person, _new = meet_person(session, wanted.address, now=now)
    if not was_tried(session, "not-me-member", f"{person.id}:{community.id}", now=now):
        member = find_member(session, community.id, person.id)
        if member is None or member.state != "active":
            member = _admit(session, member, community, person, wanted, now=now)
        post_welcome(session, member, community, person, site, now=now)
    if network is not None:
        limit_attempts(session, "join", network, most=network_limit, window=timedelta(minutes=10), now=now)


def find_member(session: Session, community_id: int, person_id: int) -> Member | None:
    """Find somebody's row in a community; locked where the database locks rows."""
    return session.scalars(
        select(Member).where(Member.community_id == community_id, Member.person_id == person_id).with_for_update()
    ).one_or_none()


def _admit(
    session: Session, member: Member | None, community: Community, person: Person, wanted: Joining, *, now: datetime
) -> Member:
    if member is None:
        member = Member(
            public_id=new_public_id(), community_id=community.id, person_id=person.id, created_at=now, link_version=0
        )
        session.add(member)
    # Who comes back is asked afresh; links from before end.
    member.link_version += 1
    member.state, member.source = "active", "form"
    member.left_at = member.erased_at = None
    name_member(member, wanted.name)
    member.zone, member.language, member.country = wanted.zone, wanted.language, place_of(wanted.zone).country
    set_news(member, bool(wanted.consent), wanted.consent, now=now)
    session.flush()
    return member


def name_member(member: Member, name: str) -> None:
    """Set a name, and how it is searched."""
    member.name, member.name_folded = name, fold(name)[:300]


def set_news(member: Member, news: bool, consent: str, *, now: datetime) -> None:
    """Keep what somebody agreed to, in its words and dated; without it there is none."""
    member.news = news
    member.consent = consent if news else ""
    member.consented_at = now if news else None


def post_welcome(
    session: Session, member: Member, community: Community, person: Person, site: Site, *, now: datetime
) -> bool:
    """Welcome somebody, where the last such mail is ten minutes old and the hour had fewer than five."""
    who = f"{person.id}:{community.id}"
    if not count_attempt(session, "member-pause", who, most=1, window=MAIL_PAUSE, now=now):
        return False
    if not count_attempt(session, "member-mail", who, most=PER_HOUR, window=_HOUR, now=now):
        return False
    new = new_member_mail("member_welcome", member, community, person, now=now)
    return mail.post_many(session, [new], now=now, domain=site.domain) == 1


def new_member_mail(
    kind: str, member: Member, community: Community, person: Person, *, now: datetime, by: str = ""
) -> mail.NewMail:
    """Make a mail to a member or to somebody who is invited; a second within the same minute is the same mail."""
    return mail.NewMail(
        key=f"{kind}:{member.public_id}:{member.link_version}:{int(now.timestamp()) // 60}",
        kind=kind,
        recipient=person.address,
        sender=community.sender,
        zone=member.zone or community.zone,
        language=member.language,
        about=f"member:{member.public_id}",
        facts={
            "member": {"public_id": member.public_id, "version": member.link_version, "news": member.news},
            "to": {"name": member.name},
            "community": {"name": community.name, "slug": community.slug, "accent": community.accent},
            "joining": community.joining,
            "by": by,
        },
    )


def get_member_by_link(session: Session, claim: Claim) -> Member:
    """Read what a member's link names, with community and person; raises NotFound for an ended link."""
    member = session.scalars(
        select(Member)
        .where(Member.public_id == claim.public_id, Member.link_version == claim.version, Member.erased_at.is_(None))
        .options(joinedload(Member.community), joinedload(Member.person))
    ).one_or_none()
    if member is None:
        raise NotFound()
    return member


def change_details(session: Session, member: Member, details: Details, *, now: datetime) -> None:
    """Change what is a member's own, by their own link: so it also takes back an earlier "no news"."""
    if member.state != "active":
        raise Conflict(say("You are not a member at the moment. You are welcome to come back."))
    name_member(member, details.name)
    member.zone, member.country, member.language = details.zone, details.country, details.language
    if details.news != member.news:
        set_news(member, details.news, details.consent, now=now)
    if details.news:
        _take_back_stop(session, member)


def accept(session: Session, member: Member, *, news: bool, consent: str, now: datetime) -> bool:
    """Become a member, after an invitation or after having left; tells whether anything changed."""
    if member.state == "active":
        return False
    member.state, member.left_at = "active", None
    set_news(member, news, consent, now=now)
    if news:
        _take_back_stop(session, member)
    return True


def leave(session: Session, member: Member, *, now: datetime) -> bool:
    """Leave, or decline an invitation; tells whether anything changed. Mails that wait do not go."""
    if member.state == "left":
        return False
    member.state, member.left_at = "left", now
    set_news(member, False, "", now=now)
    mail.forget(session, [f"member:{member.public_id}"])
    return True


def not_me(session: Session, member: Member, *, now: datetime) -> None:
    """Undo what a stranger did with this address: forgotten at once, and not to be repeated within a day."""
    who = f"{member.person_id}:{member.community_id}"
    count_attempt(session, "not-me-member", who, most=1, window=NOT_ME_PAUSE, now=now)
    erase_member(session, member, now=now)


def erase_member(session: Session, member: Member, *, now: datetime) -> None:
    """Take everything typed out of a member's row; it stays as a count, and its links end."""
    name_member(member, "")
    member.zone, member.country, member.language = None, "", "en"
    member.state, member.left_at, member.erased_at = "left", member.left_at or now, now
    member.link_version += 1
    set_news(member, False, "", now=now)
    mail.forget(session, [f"member:{member.public_id}"])


def erase_members_of(session: Session, person_id: int, *, now: datetime) -> None:
    """Erase somebody from all communities, for who has everything about themselves erased."""
    for member in session.scalars(select(Member).where(Member.person_id == person_id, Member.erased_at.is_(None))):
        erase_member(session, member, now=now)
    session.flush()


def forget_left(session: Session, *, now: datetime, most: int = 2000) -> int:
    """Erase members who left 30 days ago, and who was invited and did not answer in 90; returns how many."""
    left = (Member.state == "left") & (Member.left_at < now - LEFT_KEPT)
    silent = (Member.state == "invited") & (Member.created_at < now - ASKED_KEPT)
    gone = session.scalars(
        select(Member).where(or_(left, silent), Member.erased_at.is_(None)).order_by(Member.id).limit(most)
    ).all()
    for member in gone:
        erase_member(session, member, now=now)
    session.flush()
    return len(gone)


def _take_back_stop(session: Session, member: Member) -> None:
    stops = select(NewsStop).where(NewsStop.community_id == member.community_id, NewsStop.person_id == member.person_id)
    for stop in session.scalars(stops):
        session.delete(stop)
