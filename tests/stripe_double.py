"""Tests speak with Stripe's double over HTTP, through the real SDK.

    from tests.stripe_double import double, card_app  # noqa: F401 (fixtures)

`double` runs one on a port of its own; `card_app(make_another)` … see the fixtures.
"""

from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gatherings.double import Delivery, Double, running_double
from tests.databases import BASE_URL


@pytest.fixture
def double() -> Iterator[Double]:
    """Stripe's double, with the webhook endpoint of the application under test; it holds its notices."""
    with running_double() as made:
        made.serves(BASE_URL)
        yield made


@pytest.fixture
def card_app(double: Double, make_another: Callable[..., Flask]) -> Flask:
    """The application on this test's database, with the double as its Stripe."""
    return make_another(**double.settings)


def handing_to(client: FlaskClient) -> Callable[[Delivery], int]:
    """Give a function that posts notices through a test client: `double.deliver(handing_to(stranger))`."""

    def hand_over(delivery: Delivery) -> int:
        path = delivery.url.removeprefix(BASE_URL)
        return client.post(path, data=delivery.body, headers=delivery.headers()).status_code

    return hand_over
