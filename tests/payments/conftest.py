"""A shop that takes cards by way of a double of Stripe."""

from collections.abc import Iterator

import pytest

from gatherings.double import Double, running_double
from tests.paying import Shop, make_shop


@pytest.fixture
def double() -> Iterator[Double]:
    """A stand-in for Stripe that holds its notices until they are taken."""
    with running_double() as made:
        yield made


@pytest.fixture
def shop(make_another, double) -> Shop:
    """An application that takes cards, with one event and one kind of ticket: as many as one likes."""
    return make_shop(make_another, double)
