"""Links of one's own: what a token names, and the counting of those that name nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from gatherings.accounts.actions import limit_attempts
from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.db import transact
from gatherings.events.models import Event
from gatherings.registration.models import Registration, SeriesRegistration
from gatherings.registration.rules import JOIN_CLOSES, JOIN_OPENS
from gatherings.web.requests import asking_network
from gatherings.web.rights import signer

WRONG_TOKENS = 39  # a minute and network; the 40th is answered 429 (reliability.md C24)


@contextmanager
def wrong_links_counted() -> Iterator[None]:
    """Count it by network when the link opened in this block names nothing; refuse with TooMany from the 40th a minute.

    Whoever opens a right link is never refused: a hospital sits behind one address.
    """
    try:
        yield
    except NotFound:
        # In a transaction of its own: the one that found nothing is rolled back.
        transact(
            limit_attempts,
            "wrong-link", asking_network(), most=WRONG_TOKENS, window=timedelta(minutes=1), now=utc_now(),
        )  # fmt: skip
        raise


def manage_path(registration: Registration | SeriesRegistration) -> str:
    """Give the path of the page that changes or cancels a registration."""
    purpose = "manage" if isinstance(registration, Registration) else "manage-series"
    return f"/registrations/{signer().sign(purpose, registration.public_id, registration.link_version)}"


def join_path(registration: Registration | SeriesRegistration) -> str:
    """Give the path of the way in, which can only join."""
    purpose = "join" if isinstance(registration, Registration) else "join-series"
    return f"/join/{signer().sign(purpose, registration.public_id, registration.link_version)}"


def door_to_meeting(event: Event) -> str:
    """Say how the way into an event stands now: "early", "open" or "over"."""
    now = utc_now()
    if now < event.starts_at - JOIN_OPENS:
        return "early"
    return "open" if now < event.ends_at + JOIN_CLOSES else "over"
