"""What tests of registration's screens share."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Registration


@pytest.fixture(autouse=True)
def still(now, clock_at):
    """Friday 20 November 2026, 12:00 UTC, for actions and requests alike."""
    with clock_at(now):
        yield


@pytest.fixture
def mails(session: Session) -> Callable[..., list[str]]:
    """Give the kinds of the mails in the outbox, oldest first."""

    def read(recipient: str | None = None) -> list[str]:
        session.commit()
        statement = select(OutboxMail).order_by(OutboxMail.id)
        return [mail.kind for mail in session.scalars(statement) if recipient in (None, mail.recipient)]

    return read


@pytest.fixture
def rows(session: Session) -> Callable[[], list[Registration]]:
    """Give all registrations."""

    def read() -> list[Registration]:
        session.commit()
        session.expire_all()
        return list(session.scalars(select(Registration).order_by(Registration.id)))

    return read


@pytest.fixture
def form() -> Callable[..., dict[str, Any]]:
    """Give the two fields that one types, with others."""

    def fill(**more: Any) -> dict[str, Any]:
        return {"name": "Ada Example", "email": "ada@example.org", "zone": "Pacific/Auckland", **more}

    return fill
