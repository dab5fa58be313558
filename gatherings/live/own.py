"""Whose screen a presenter's link opens."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.calls.models import Call, CoPresenter, Submission
from gatherings.core.errors import NotFound
from gatherings.core.tokens import Claim


@dataclass(frozen=True)
class Whose:
    """Whose screen it is: the event's slug, the submission's public id, and the zone in which they read times."""

    slug: str
    submission_id: str
    zone: str


def whose_screen(session: Session, purpose: str, claim: Claim) -> Whose:
    """Read whose screen a presenter's or co-presenter's link opens; raises NotFound."""
    wanted = select(Submission).where(
        Submission.public_id == claim.public_id,
        Submission.link_version == claim.version,
        Submission.erased_at.is_(None),
    )
    zone = None
    if purpose == "co-presenter":
        other = session.scalars(
            select(CoPresenter).where(
                CoPresenter.public_id == claim.public_id, CoPresenter.link_version == claim.version
            )
        ).one_or_none()
        if other is None:
            raise NotFound()
        zone = other.zone
        wanted = select(Submission).where(Submission.id == other.submission_id, Submission.erased_at.is_(None))
    found = session.scalars(wanted.options(joinedload(Submission.call).joinedload(Call.event))).one_or_none()
    # Who was not told of being accepted is not told by this screen either.
    if found is None or (found.state, found.told) != ("accepted", "accepted"):
        raise NotFound()
    event = found.call.event
    return Whose(event.slug, found.public_id, zone or found.zone or event.zone)
