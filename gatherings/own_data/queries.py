"""All that is held about a person, read for showing and for export."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person, SignIn, SignInLink
from gatherings.communities.models import Member, Role, RoleInvitation
from gatherings.communities.queries import list_roles_of
from gatherings.communities.queries.members import list_memberships
from gatherings.communities.queries.team import list_invitations_of
from gatherings.letters.queries import list_stops
from gatherings.mail.models import OutboxMail
from gatherings.own_data.buying import Buying, export_buying, read_buying
from gatherings.own_data.presenting import Presenting, export_presenting, presenting_abouts, read_presenting
from gatherings.payments.actions.forgetting import abouts_of as buying_abouts
from gatherings.questions.models import Question
from gatherings.questions.types import TYPES
from gatherings.registration.door_queries import earlier_arrivals
from gatherings.registration.models import Answer, Consent, Registration, SeriesRegistration
from gatherings.registration.queries import list_of_person, list_series_of_person


@dataclass(frozen=True)
class HeldAnswer:
    """One answer in words."""

    label: str
    value: str
    stored: Any


@dataclass(frozen=True)
class HeldRegistration:
    """One registration (or "every month") with what came with it."""

    registration: Registration | SeriesRegistration
    answers: Sequence[HeldAnswer]
    consents: Sequence[Consent]
    earlier: Sequence[datetime] = ()  # when they came on days before the last


@dataclass(frozen=True)
class OwnData:
    """Everything: the person, registrations, "every month"s, what they present and follow, their orders and tickets,
    mails (kind and time), what they organise, where they are signed in, and a link of theirs that signs in."""

    person: Person
    registrations: Sequence[HeldRegistration]
    every: Sequence[HeldRegistration]
    presenting: Presenting
    buying: Buying
    mails: Sequence[OutboxMail]
    roles: Sequence[Role]
    invitations: Sequence[RoleInvitation]
    sign_ins: Sequence[SignIn]
    link: SignInLink | None
    news_stops: Sequence[tuple[str, datetime]] = ()  # communities whose news they ended, with when
    memberships: Sequence[Member] = ()


def read_own_data(session: Session, person: Person, *, locale: str = "en") -> OwnData:
    """Read all that is held about a person, in few queries; answers in words of `locale`."""
    registrations = list_of_person(session, person.id)
    every = list_series_of_person(session, person.id)
    ids, every_ids = [row.id for row in registrations], [row.id for row in every]
    answers = session.execute(
        select(Answer, Question)
        .join(Question, Question.id == Answer.question_id)
        .where(or_(Answer.registration_id.in_(ids), Answer.series_registration_id.in_(every_ids)))
        .order_by(Question.position, Question.id)
    ).all()
    consents = session.scalars(
        select(Consent)
        .where(or_(Consent.registration_id.in_(ids), Consent.series_registration_id.in_(every_ids)))
        .order_by(Consent.id)
    ).all()
    earlier = earlier_arrivals(session, ids)

    def held(row: Registration | SeriesRegistration, column: str) -> HeldRegistration:
        return HeldRegistration(
            row,
            [_in_words(one, question, locale) for one, question in answers if getattr(one, column) == row.id],
            [consent for consent in consents if getattr(consent, column) == row.id],
            earlier.get(row.id, ()) if column == "registration_id" else (),
        )

    return OwnData(
        person,
        [held(row, "registration_id") for row in registrations],
        [held(row, "series_registration_id") for row in every],
        read_presenting(session, person.id),
        read_buying(session, person.id),
        list_mails_of(session, person),
        list_roles_of(session, person.id),
        list_invitations_of(session, person.id),
        session.scalars(select(SignIn).where(SignIn.person_id == person.id).order_by(SignIn.id)).all(),
        session.scalars(select(SignInLink).where(SignInLink.person_id == person.id)).one_or_none(),
        list_stops(session, person.id),
        list_memberships(session, person.id),
    )


def _in_words(answer: Answer, question: Question, locale: str) -> HeldAnswer:
    kind = TYPES[question.type]
    try:
        shown = kind.show(kind.from_json(answer.value), locale)
    except ValueError:  # the question was of another type when it was answered
        shown = str(answer.value)
    return HeldAnswer(question.label, shown, answer.value)


def abouts_of(session: Session, person: Person) -> list[str]:
    """Name everything that mails to this person can be about, erased registrations too."""
    members = session.scalars(select(Member.public_id).where(Member.person_id == person.id))
    singles = session.scalars(select(Registration.public_id).where(Registration.person_id == person.id))
    every = session.scalars(select(SeriesRegistration.public_id).where(SeriesRegistration.person_id == person.id))
    return [
        f"person:{person.public_id}",
        *(f"member:{public_id}" for public_id in members),
        *(f"registration:{public_id}" for public_id in singles),
        *(f"series-registration:{public_id}" for public_id in every),
        *presenting_abouts(session, person.id),
        *buying_abouts(session, person.id),
    ]


def list_mails_of(session: Session, person: Person) -> Sequence[OutboxMail]:
    """List the mails to a person, newest first, without their bytes; never those to somebody else."""
    return session.scalars(
        select(OutboxMail).where(OutboxMail.recipient == person.address).order_by(OutboxMail.id.desc()).limit(500)
    ).all()


def export_of(data: OwnData, *, now: datetime) -> dict[str, Any]:
    """Give everything as JSON values: instants in ISO 8601 (UTC), wall-clock times with their zone."""
    return {
        "exported_at": now.isoformat(),
        "address": data.person.address,
        "name_for_colleagues": data.person.name,
        "known_since": data.person.created_at.isoformat(),
        **_organising(data),
        "registrations": [_single(held) for held in data.registrations],
        "every_month": [_every(held) for held in data.every],
        **export_presenting(data.presenting),
        **export_buying(data.buying),
        "memberships": [_membership(one) for one in data.memberships],
        "news_ended": [{"community": name, "at": at.isoformat()} for name, at in data.news_stops],
        "mails": [
            {
                "kind": mail.kind,
                "subject": mail.subject,
                "created_at": mail.created_at.isoformat(),
                "sent_at": _iso(mail.sent_at),
                "state": mail.state,
            }
            for mail in data.mails
        ],
    }


def _organising(data: OwnData) -> dict[str, Any]:
    return {
        "roles": [
            {"community": one.community.name, "role": one.role, "since": one.created_at.isoformat()}
            for one in data.roles
        ],
        "invitations_to_roles": [
            {"community": one.community.name, "role": one.role, "expires_at": one.expires_at.isoformat()}
            for one in data.invitations
        ],
        "signed_in": [
            {
                "browser": one.browser,
                "since": one.created_at.isoformat(),
                "confirmed_at": one.confirmed_at.isoformat(),
                "seen_at": one.seen_at.isoformat(),
                "expires_at": one.expires_at.isoformat(),
            }
            for one in data.sign_ins
        ],
        "link_to_sign_in": (
            {
                "asked_at": data.link.created_at.isoformat(),
                "expires_at": data.link.expires_at.isoformat(),
                "used_at": _iso(data.link.used_at),
            }
            if data.link is not None
            else None
        ),
    }


def _membership(member: Member) -> dict[str, Any]:
    return {
        "community": member.community.name,
        "name": member.name,
        "zone": member.zone,
        "country": member.country,
        "language": member.language,
        "state": member.state,
        "came_by": member.source,
        "since": member.created_at.isoformat(),
        "left_at": _iso(member.left_at),
        "news": member.news,
        "consent": member.consent,
        "consented_at": _iso(member.consented_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _common(held: HeldRegistration) -> dict[str, Any]:
    row = held.registration
    return {
        "name": row.name,
        "zone": row.zone,
        "language": row.language,
        "state": row.state,
        "registered_at": row.created_at.isoformat(),
        "cancelled_at": _iso(row.cancelled_at),
        "code_of_kindness_agreed_at": _iso(row.code_agreed_at),
        "answers": [{"question": one.label, "answer": one.value, "stored": one.stored} for one in held.answers],
        "consents": [
            {"text": one.text, "given_at": one.given_at.isoformat(), "withdrawn_at": _iso(one.withdrawn_at)}
            for one in held.consents
        ],
    }


def _single(held: HeldRegistration) -> dict[str, Any]:
    row = held.registration
    assert isinstance(row, Registration)  # as read_own_data sorted them
    event = row.event
    return {
        "event": event.title,
        "community": event.community.name,
        "starts": {"local": event.starts_local.isoformat(), "zone": event.zone, "at": event.starts_at.isoformat()},
        "every_month": row.series_registration_id is not None,
        "confirmed_at": _iso(row.confirmed_at),
        "attended_at": _iso(row.attended_at),
        "attended_before": [at.isoformat() for at in held.earlier],
        **_common(held),
    }


def _every(held: HeldRegistration) -> dict[str, Any]:
    row = held.registration
    assert isinstance(row, SeriesRegistration)  # as read_own_data sorted them
    return {"series": row.series.title, "community": row.series.community.name, "attends": row.wish, **_common(held)}
