"""The links of presenters to their own page. Never in a calendar: they can change and withdraw a slot."""

from gatherings.calls.models import CoPresenter, Submission
from gatherings.core.tokens import Claim
from gatherings.web.rights import signer

PURPOSES = ("submission", "co-presenter")


def own_path(claim: Claim, *, other: bool = False) -> str:
    """Give the path of a presenter's own page; `other`: of a co-presenter's."""
    purpose = "co-presenter" if other else "submission"
    return f"/submissions/{signer().sign(purpose, claim.public_id, claim.version)}"


def path_of(mine: Submission | CoPresenter) -> str:
    """Give the path of the page of one who presents."""
    return own_path(Claim(mine.public_id, mine.link_version), other=isinstance(mine, CoPresenter))
