"""What is held about members: shown, taken along, erased, let go by itself, and where the public pages lead to it."""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions import make_fresh_link
from gatherings.accounts.models import Person
from gatherings.communities.models import Member
from gatherings.core.clock import utc_now
from gatherings.mail.models import OutboxMail
from gatherings.registration.jobs import tidy
from tests.communities.test_joining import FORM, member_of, open_community
from tests.factories import SITE, make_community, make_series


def test_shown_taken_along_and_erased(client: FlaskClient, session: Session) -> None:
    community = open_community(session)
    client.post(f"/communities/{community.slug}/join", data=FORM | {"news": "yes"})
    person = session.scalars(select(Person)).one()
    secret = make_fresh_link(session, person, "my-data", now=utc_now())
    session.commit()
    page = client.get(f"/my-data/{secret}").text
    assert "Memberships" in page
    assert "Zoë &amp; Sons &lt;3" in page
    assert "Write to me with news" in page
    (held,) = client.get(f"/my-data/{secret}/export.json").get_json()["memberships"]
    assert (held["name"], held["zone"], held["state"], held["news"]) == (
        "Zoë & Sons <3", "Pacific/Auckland", "active", True,
    )  # fmt: skip
    assert client.post(f"/my-data/{secret}/erase", data={"sure": "yes"}).status_code == 303
    member = member_of(session)
    assert (member.name, member.zone, member.country, member.consent, member.news) == ("", None, "", "", False)
    assert not [
        mail for mail in session.scalars(select(OutboxMail)) if "Zo" in str(mail.facts) or "@" in mail.recipient
    ]


def test_let_go_by_itself(client: FlaskClient, session: Session) -> None:
    """A member stays known for years; who left is forgotten, and so is who was asked and never answered."""
    community = open_community(session)
    client.post(f"/communities/{community.slug}/join", data=FORM)

    def days_later(days: int, **values: Any) -> Member:
        member = member_of(session)
        for name, value in values.items():
            setattr(member, name, value)
        tidy(session, {}, utc_now() + timedelta(days=days), site=SITE)
        session.commit()
        return member_of(session)

    assert days_later(800).name == "Zoë & Sons <3"
    assert session.scalars(select(Person)).one().key == "ada@example.org"
    assert days_later(89, state="invited").erased_at is None
    assert days_later(91).erased_at is not None
    assert days_later(200).name == ""
    assert session.scalars(select(Person)).one().key.startswith("erased-")


def test_public_pages_lead_to_the_form_where_there_is_one(client: FlaskClient, session: Session) -> None:
    community, other = open_community(session), make_community(session)
    series, elsewhere = make_series(session, community), make_series(session, other)
    session.commit()
    for path, there in (
        (f"/communities/{community.slug}", True), (f"/series/{series.slug}", True),
        (f"/communities/{other.slug}", False), (f"/series/{elsewhere.slug}", False),
    ):  # fmt: skip
        assert (f"/communities/{community.slug}/join" in client.get(path).text) is there, path
