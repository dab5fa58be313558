"""Who is signed in: people with roles and their browsers, without the way through the mail."""

from datetime import datetime, timedelta

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from gatherings.accounts.actions import find_or_make_person
from gatherings.accounts.models import Person, SignIn
from gatherings.accounts.rules import normalise_address
from gatherings.communities.models import Community, Role
from gatherings.core.clock import utc_now
from gatherings.core.tokens import keyed_digest, new_public_id, new_secret

COOKIE = "organiser"  # over plain http, as tests ask


def make_role(
    session: Session, community: Community, role: str = "organiser", address: str | None = None, name: str = ""
) -> Person:
    """Give somebody a role; by default `<role>@example.org`."""
    now = utc_now()
    person = find_or_make_person(session, normalise_address(address or f"{role}@example.org"), now=now)
    person.name = name or role.title()
    session.add(
        Role(public_id=new_public_id(), community_id=community.id, person_id=person.id, role=role, created_at=now)
    )
    session.flush()
    return person


def sign_in(client: FlaskClient, session: Session, person: Person, *, confirmed_at: datetime | None = None) -> None:
    """Sign somebody in: their session's row and their browser's cookie. `confirmed_at`: by default just now."""
    secret = make_sign_in(client.application, session, person, confirmed_at=confirmed_at)
    client.set_cookie(COOKIE, secret, domain="gatherings.test")


def make_sign_in(app: Flask, session: Session, person: Person, *, confirmed_at: datetime | None = None) -> str:
    """Make the row of a session and give what its cookie holds: for browsers that are no test client."""
    now, secret = utc_now(), new_secret()
    key = app.config["GATHERINGS"].secret_keys[0]
    session.add(
        SignIn(
            public_id=new_public_id(),
            digest=keyed_digest(key, secret),
            person_id=person.id,
            browser="A test",
            created_at=now,
            confirmed_at=confirmed_at or now,
            seen_at=now,
            expires_at=now + timedelta(hours=12),
        )
    )
    session.flush()
    return secret


def token_in(page: str) -> str:
    """Give the form token that a page carries."""
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
