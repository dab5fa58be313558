"""What a presenter keeps across calls: through mailed links alone, and the same answer for everybody."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.calls.actions.profile import JOB, is_kept, profile_of, send_profile_link
from gatherings.calls.models import Presenter, Submission
from gatherings.config import Site
from gatherings.core.clock import utc_now
from gatherings.core.errors import NotFound
from gatherings.jobs.models import Job
from gatherings.mail.models import OutboxMail
from gatherings.web.rights import signer
from tests.factories import make_event
from tests.slotting import make_call, make_submission

KEPT: dict[str, Any] = {
    "name": "Zoë 李雷",
    "pronunciation": "ZO-ay",
    "about": "Asks <one> question.",
    "links": ["https://example.org/a"],
}


def link_to(app: Flask, submission: Submission) -> str:
    with app.app_context():
        return f"/submissions/{signer().sign('submission', submission.public_id, submission.link_version)}/profile"


def test_a_profile_is_kept_by_the_mailed_link_shown_by_another_and_forgotten(
    app: Flask, client: FlaskClient, session: Session
) -> None:
    event = make_event(session)
    call = make_call(session, event)
    mine = make_submission(session, call, "zoe@example.org", **KEPT)
    make_submission(session, call, "other@example.org")
    session.commit()
    path = link_to(app, mine)
    assert client.get(path).status_code in (302, 303)
    assert session.scalar(select(Presenter)) is None
    for _twice in range(2):
        assert client.post(path, data={"do": "keep"}).status_code == 303
    session.expire_all()
    kept = session.scalars(select(Presenter)).one()
    assert (kept.person_id, kept.name, kept.links) == (mine.person_id, KEPT["name"], KEPT["links"])
    assert is_kept(session, mine)

    pages = set()
    for address in ("zoe@example.org", "nobody@example.org", "other@example.org"):
        answer = client.post(f"/events/{event.slug}/present/again", data={"email": address})
        assert answer.status_code == 303
        pages.add(client.get(answer.location).text)
    assert len(pages) == 1
    assert "a mail with a link is on its way" in pages.pop()
    jobs = session.scalars(select(Job).where(Job.kind == JOB).order_by(Job.id)).all()
    assert len(jobs) == 3
    now = utc_now()
    told = [send_profile_link(session, job.payload, site_of(app), now=now) for job in jobs]
    assert told == [True, False, False]
    mail = session.scalars(select(OutboxMail).where(OutboxMail.kind == JOB)).one()
    assert mail.recipient == "zoe@example.org"
    secret = mail.facts["secret"]
    assert profile_of(session, secret, now=now) == {
        "email": "zoe@example.org", "name": KEPT["name"], "pronunciation": "ZO-ay", "about": KEPT["about"],
        "links": "https://example.org/a",
    }  # fmt: skip
    with pytest.raises(NotFound):
        profile_of(session, secret, now=now + timedelta(hours=2))
    session.commit()
    assert client.post(path, data={"do": "forget"}).status_code == 303
    session.expire_all()
    assert session.scalar(select(Presenter)) is None
    assert profile_of(session, secret, now=now) == {"email": "zoe@example.org"}


def test_asking_and_keeping_have_their_limits(app: Flask, client: FlaskClient, session: Session) -> None:
    event = make_event(session)
    call = make_call(session, event)
    mine = make_submission(session, call, "zoe@example.org")
    draft = make_submission(session, call, "draft@example.org", state="draft", person_id=None)
    session.commit()
    client.post(link_to(app, mine))
    now = utc_now()
    payload = {"key": "zoe@example.org", "slug": event.slug, "language": "en", "zone": "Europe/London"}
    told = [send_profile_link(session, payload, site_of(app), now=now + timedelta(seconds=n)) for n in range(7)]
    assert told == [True] * 5 + [False] * 2
    session.rollback()
    assert client.post(link_to(app, draft)).status_code in (404, 409)
    assert client.post(f"/events/{event.slug}/present/again", data={"email": "no address"}).status_code == 422
    call.state = "draft"
    session.commit()
    assert client.get(f"/events/{event.slug}/present/again").status_code == 404


def site_of(app: Flask) -> Site:
    return app.config["GATHERINGS"].site
