"""What the run of show means for one presenter: how many come before, and when."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from gatherings.calls.models import Call, CoPresenter, Submission
from gatherings.core.errors import NotFound
from gatherings.core.tokens import Claim
from gatherings.live.rules import Board, Shown


@dataclass(frozen=True)
class Whose:
    """Whose screen it is: the event's slug, the submission's public id, and the zone in which they read times."""

    slug: str
    submission_id: str
    zone: str


@dataclass(frozen=True)
class Turn:
    """One presenter's own slot on the board; `before` is how many slots are still to be heard before it.

    The one that is on counts, the skipped do not.
    """

    shown: Shown
    before: int


def own_turn(board: Board, submission_id: str) -> Turn | None:
    """Find a presenter's slot on the board; None when it is not in the order (any more)."""
    mine = next((one for one in board.items if one.submission_id == submission_id), None)
    if mine is None:
        return None
    place = board.items.index(mine)
    waiting = [one for one in board.items[:place] if one.kind == "slot" and one.state in ("now", "next", "later")]
    return Turn(mine, len(waiting))


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
