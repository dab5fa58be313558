"""What tests of signing in share: a still clock, an organiser, and the mail that they get."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions.signing_in import JOB
from gatherings.accounts.models import Person
from gatherings.communities.actions.roles import answer_sign_in
from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail
from tests.factories import SITE, make_community
from tests.signing import make_role

ADDRESS = "nicki@example.org"


@pytest.fixture(autouse=True)
def still(now: datetime, clock_at: Callable[[datetime], AbstractContextManager[Any]]) -> Iterator[None]:
    """Friday 20 November 2026, 12:00 UTC, for actions and requests alike."""
    with clock_at(now):
        yield


@pytest.fixture
def community(session: Session) -> Community:
    """A community with an owner of its own, so that anybody else may leave."""
    made = make_community(session)
    make_role(session, made, "owner", "founder@example.org", "Founder")
    return made


@pytest.fixture
def nicki(session: Session, community: Community) -> Person:
    """An organiser."""
    return make_role(session, community, "organiser", ADDRESS, "Nicki")


@pytest.fixture
def mailed(session: Session) -> Callable[[], list[dict[str, Any]]]:
    """Let the worker do what was asked of it, and give the facts of all sign-in mails, oldest first."""

    def work() -> list[dict[str, Any]]:
        session.commit()
        for job in session.scalars(select(Job).where(Job.kind == JOB, Job.state == "waiting").order_by(Job.id)):
            answer_sign_in(session, job.payload, SITE, now=utc_now())
            job.state = "done"
        session.commit()
        mails = session.scalars(select(OutboxMail).where(OutboxMail.kind == "sign_in").order_by(OutboxMail.id))
        return [mail.facts for mail in mails]

    return work


@pytest.fixture
def ask(mailed: Callable[[], list[dict[str, Any]]]) -> Callable[..., dict[str, Any]]:
    """Ask to sign in with a browser; give what the mail says."""

    def asked(client: FlaskClient, address: str = ADDRESS, back: str = "") -> dict[str, Any]:
        answer = client.post(f"/sign-in?next={back}" if back else "/sign-in", data={"email": address})
        assert (answer.status_code, answer.location) == (303, "/sign-in/sent")
        return mailed()[-1]

    return asked
