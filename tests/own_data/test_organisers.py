"""What is held about somebody who organises: shown, exported, erased; and let go by itself."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gatherings.accounts.actions import make_fresh_link
from gatherings.accounts.actions.signing_in import make_sign_in_link
from gatherings.accounts.models import Person, SignIn, SignInLink
from gatherings.accounts.rules import normalise_address
from gatherings.communities.actions.inviting import invite
from gatherings.communities.actions.roles import By
from gatherings.communities.models import Role, RoleInvitation
from gatherings.mail.models import OutboxMail
from gatherings.own_data.actions import PURPOSE
from gatherings.registration.jobs import tidy
from tests.factories import NOW, SITE, make_community
from tests.own_data.test_own_data import dump
from tests.signing import make_role, sign_in

ADDRESS = "zebulon@example.org"


@pytest.fixture
def person(app, session):
    """An owner here, invited there, signed in, with a link in the mail."""
    here, there = make_community(session, name="Here"), make_community(session, name="There")
    made = make_role(session, here, "owner", ADDRESS, "Zebulon")
    other = make_role(session, there, "owner", "bo@example.org", "Bo")
    sign_in(app.test_client(), session, made)
    invite(session, there.id, normalise_address(ADDRESS), "host", by=By.of(other), site=SITE, now=NOW)
    make_sign_in_link(session, made.id, now=NOW)
    return made


@pytest.fixture
def link(session, person):
    secret = make_fresh_link(session, person, PURPOSE, now=NOW)
    session.commit()
    return f"/my-data/{secret}"


def test_all_of_it_is_shown_and_exported(client, person, link):
    page = client.get(link).text
    for words in ("Zebulon", "Here: Owner", "There: invited as Host", "A test", "A link to sign in was asked for"):
        assert words in page
    data = json.loads(client.get(f"{link}/export.json").data)
    assert data["name_for_colleagues"] == "Zebulon"
    assert [(one["community"], one["role"]) for one in data["roles"]] == [("Here", "owner")]
    assert [(one["community"], one["role"]) for one in data["invitations_to_roles"]] == [("There", "host")]
    assert data["signed_in"][0]["browser"] == "A test"
    assert data["link_to_sign_in"]["used_at"] is None
    assert "digest" not in repr(data)


def test_a_last_owner_hands_over_first(client, session, person, link):
    page = client.get(f"{link}/erase").text
    assert "last owner of Here" in page
    assert "<form" not in page.split("<main", 1)[1]
    assert client.post(f"{link}/erase", data={"sure": "yes"}).status_code == 409
    session.expire_all()
    assert person.address == ADDRESS
    assert session.scalar(select(func.count(SignIn.id))) == 1


def test_after_handing_over_everything_is_erased(client, session, person, link):
    community_id = session.scalars(select(Role.community_id).where(Role.person_id == person.id)).one()
    second = session.scalars(select(Person).where(Person.key == "bo@example.org")).one()
    session.add(Role(public_id="second-owner-0000000000"[:22], community_id=community_id, person_id=second.id,
                     role="owner", created_at=NOW))  # fmt: skip
    session.flush()
    client.post("/sign-in", data={"email": ADDRESS})
    assert client.post(f"{link}/erase", data={"sure": "yes"}).location == "/my-data/erased"
    everything = dump(session).lower()
    assert "zebulon" not in everything
    for model in (SignIn, SignInLink, RoleInvitation):
        assert session.scalar(select(func.count(model.id))) == 0
    assert session.scalars(select(OutboxMail.recipient).where(OutboxMail.state == "queued")).all() == []


def test_tidy_lets_go_of_what_is_over_and_keeps_whoever_organises(session, person):
    long = NOW + timedelta(days=500)
    tidy(session, {}, NOW + timedelta(minutes=11), site=SITE)
    assert session.scalar(select(func.count(SignInLink.id))) == 0
    assert session.scalar(select(func.count(SignIn.id))) == 1
    tidy(session, {}, NOW + timedelta(hours=13), site=SITE)
    assert session.scalar(select(func.count(SignIn.id))) == 0
    assert session.scalar(select(func.count(RoleInvitation.id))) == 1
    tidy(session, {}, long, site=SITE)
    session.commit()
    session.expire_all()
    assert session.scalar(select(func.count(RoleInvitation.id))) == 0
    assert (person.address, person.name) == (ADDRESS, "Zebulon")
