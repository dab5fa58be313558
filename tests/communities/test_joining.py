"""Becoming a member by the form, and all that one's own link does."""

from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.communities.actions.members import forget_left
from gatherings.communities.models import Community, Member, NewsStop
from gatherings.core.clock import utc_now
from gatherings.core.tokens import Signer
from gatherings.mail.models import OutboxMail
from gatherings.wiring import MAILS
from tests.factories import NOW, make_community

JOINING = "We meet **once a month** and read together."
FORM = {"name": "Zoë & Sons <3", "email": "Ada@Example.org", "zone": "Auckland"}


def open_community(session: Session, **values: Any) -> Community:
    """Make a community that takes members."""
    community = make_community(session, joining=JOINING, **values)
    session.commit()
    return community


def member_of(session: Session) -> Member:
    """Read the one member there is."""
    session.rollback()
    session.expire_all()
    return session.scalars(select(Member)).one()


def link_of(app: Flask, member: Member) -> str:
    """Give the address of a member's own page."""
    signer: Signer = app.extensions["gatherings.signer"]
    return f"/members/{signer.sign('member', member.public_id, member.link_version)}"


def mails(session: Session) -> list[OutboxMail]:
    session.rollback()
    return list(session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def test_joining_takes_one_press(app: Flask, client: FlaskClient, session: Session) -> None:
    community = open_community(session)
    path = f"/communities/{community.slug}/join"
    page = client.get(path)
    assert page.status_code == 200
    assert "<strong>once a month</strong>" in page.text
    assert 'name="news" value="yes"' in page.text
    assert "checked" not in page.text
    answer = client.post(path, data=FORM)
    assert (answer.status_code, answer.location) == (303, f"/communities/{community.slug}/joined")
    assert "look into your mailbox" in client.get(answer.location).text
    member = member_of(session)
    assert (member.name, member.state, member.source, member.zone, member.country, member.news, member.consent) == (
        "Zoë & Sons <3", "active", "form", "Pacific/Auckland", "NZ", False, "",
    )  # fmt: skip
    (mail,) = mails(session)
    assert (mail.kind, mail.recipient, mail.zone) == ("member_welcome", "Ada@example.org", "Pacific/Auckland")
    with app.test_request_context():
        letter = MAILS[mail.kind](mail)
    assert link_of(app, member) in letter.text
    assert "Zoë & Sons <3" in letter.text
    assert "Zoë &amp; Sons &lt;3" in (letter.html or "")


def test_the_same_answer_for_who_is_a_member_already(client: FlaskClient, session: Session, clock_at: Any) -> None:
    community = open_community(session)
    path = f"/communities/{community.slug}/join"
    first = client.post(path, data=FORM | {"news": "yes"})
    for name in ("Somebody Else", "Mallory"):
        again = client.post(path, data=FORM | {"name": name, "zone": "London"})
        assert (again.status_code, again.location, again.data) == (first.status_code, first.location, first.data)
    member = member_of(session)
    assert (member.name, member.zone, member.news) == ("Zoë & Sons <3", "Pacific/Auckland", True)
    assert community.name in member.consent
    assert member.consented_at is not None
    assert len(mails(session)) == 1
    with clock_at(utc_now() + timedelta(minutes=11)):
        client.post(path, data=FORM)
    assert len(mails(session)) == 2


def test_what_cannot_be_taken(client: FlaskClient, session: Session) -> None:
    community = open_community(session)
    path = f"/communities/{community.slug}/join"
    for wrong in (
        {"name": ""}, {"name": "x" * 121}, {"name": "see http://bad.example"}, {"name": "a\r\nBcc: b@example.org"},
        {"name": "\x00"}, {"email": ""}, {"email": "nobody"}, {"email": "a@example.org, b@example.org"},
        {"zone": "Nowhere at all"}, {"zone": ""}, {"email": "a@b\ufffd.org"},
    ):  # fmt: skip
        answer = client.post(path, data=FORM | wrong)
        assert answer.status_code == 422, wrong
        assert "Something needs another look" in answer.text
    assert client.post(path, data=FORM | {"fax": "1"}).status_code == 303
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Member)) == 0
    answer = client.post(path, data=FORM | {"state": "left", "public_id": "x", "source": "list", "news": "<b>"})
    assert answer.status_code == 303
    assert member_of(session).state == "active"


def test_a_community_that_takes_nobody(client: FlaskClient, session: Session) -> None:
    community = make_community(session)
    session.commit()
    for path in (f"/communities/{community.slug}/join", f"/communities/{community.slug}/joined", "/communities/x/join"):
        assert client.get(path).status_code == 404
    assert client.post(f"/communities/{community.slug}/join", data=FORM).status_code == 404
    assert "takes no members" in client.get(f"/communities/{community.slug}/join").text
    assert mails(session) == []


def test_limits(client: FlaskClient, session: Session, clock_at: Any) -> None:
    """Five mails an hour to one address, whoever presses."""
    community = open_community(session)
    for number in range(8):
        minutes = 11 * number if number < 5 else 54 + number
        with clock_at(NOW + timedelta(minutes=minutes)):
            client.post(f"/communities/{community.slug}/join", data=FORM)
    assert len(mails(session)) == 5


def test_changing_leaving_and_coming_back(app: Flask, client: FlaskClient, session: Session) -> None:
    community = open_community(session)
    client.post(f"/communities/{community.slug}/join", data=FORM)
    path = link_of(app, member_of(session))
    page = client.get(path)
    assert page.status_code == 200
    assert page.headers["Cache-Control"] == "no-store"
    assert "Zoë &amp; Sons &lt;3" in page.text
    person_id = member_of(session).person_id
    session.add(NewsStop(community_id=community.id, person_id=person_id, created_at=NOW))
    session.commit()
    changed = {"name": "李雷", "zone": "Stockholm", "country": "SE", "language": "en", "news": "yes"}
    assert client.post(f"{path}/details", data=changed).location.endswith("?done=kept")
    member = member_of(session)
    assert (member.name, member.zone, member.country, member.news) == ("李雷", "Europe/Stockholm", "SE", True)
    assert member.name_folded == "李雷"
    assert session.scalar(select(func.count()).select_from(NewsStop)) == 0
    for wrong in ({"country": "XX"}, {"zone": "?"}, {"name": ""}, {"language": "xx"}):
        assert client.post(f"{path}/details", data=changed | wrong).status_code == 422
    # Opening acts never; one press leaves, the second changes nothing.
    for part in ("/leave", "/accept", "/not-me", "/details"):
        client.get(path + part)
        client.head(path + part)
    assert member_of(session).state == "active"
    assert client.post(f"{path}/leave").location.endswith("?done=left")
    assert client.post(f"{path}/leave").location.endswith("?done=before")
    member = member_of(session)
    assert (member.state, member.news, member.left_at is not None) == ("left", False, True)
    assert client.post(f"{path}/details", data=changed).status_code == 409
    assert client.post(f"{path}/accept", data={"news": "yes"}).location.endswith("?done=welcome")
    assert (member_of(session).state, member_of(session).left_at, member_of(session).news) == ("active", None, True)


def test_not_me_forgets_and_nobody_can_repeat_it_that_day(
    app: Flask, client: FlaskClient, session: Session, clock_at: Any
) -> None:
    community = open_community(session)
    client.post(f"/communities/{community.slug}/join", data=FORM)
    path = link_of(app, member_of(session))
    assert client.post(f"{path}/not-me").location == "/members/forgotten"
    member = member_of(session)
    assert (member.name, member.zone, member.country, member.state) == ("", None, "", "left")
    assert client.get(path).status_code == 404
    assert mails(session) == []  # the welcome had not gone out yet
    with clock_at(utc_now() + timedelta(hours=23)):
        client.post(f"/communities/{community.slug}/join", data=FORM)
    assert member_of(session).state == "left"
    with clock_at(utc_now() + timedelta(hours=25)):
        client.post(f"/communities/{community.slug}/join", data=FORM)
    assert (member_of(session).state, member_of(session).name) == ("active", "Zoë & Sons <3")


def test_links_of_another_kind_open_nothing(app: Flask, client: FlaskClient, session: Session) -> None:
    community = open_community(session)
    client.post(f"/communities/{community.slug}/join", data=FORM)
    member = member_of(session)
    signer: Signer = app.extensions["gatherings.signer"]
    before = (member.state, member.name, member.link_version)
    for token in (
        signer.sign("manage", member.public_id, 1), signer.sign("member", member.public_id, 2), "x" * 22,
        f"{member.public_id}.1.{'A' * 22}", signer.sign("member", session.scalars(select(Person.public_id)).one(), 1),
    ):  # fmt: skip
        assert client.get(f"/members/{token}").status_code == 404
        for part in ("leave", "accept", "not-me", "details"):
            assert client.post(f"/members/{token}/{part}").status_code == 404
    member = member_of(session)
    assert (member.state, member.name, member.link_version) == before


def test_who_left_is_erased_after_a_month(app: Flask, client: FlaskClient, session: Session) -> None:
    community = open_community(session)
    client.post(f"/communities/{community.slug}/join", data=FORM)
    client.post(f"{link_of(app, member_of(session))}/leave")
    member = member_of(session)
    assert member.left_at is not None
    assert forget_left(session, now=member.left_at + timedelta(days=29)) == 0
    assert forget_left(session, now=member.left_at + timedelta(days=31)) == 1
    assert (member.name, member.zone, member.erased_at is not None) == ("", None, True)
