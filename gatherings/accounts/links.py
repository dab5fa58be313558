"""The counting of links that name nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from gatherings.accounts.actions import limit_attempts
from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.db import transact
from gatherings.web.requests import asking_network

WRONG_TOKENS = 39  # a minute and network; the 40th is answered 429 (reliability.md C24)
WRONG_PER = timedelta(minutes=1)


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
            "wrong-link", asking_network(), most=WRONG_TOKENS, window=WRONG_PER, now=utc_now(),
        )  # fmt: skip
        raise
