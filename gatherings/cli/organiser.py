"""`gatherings organiser`: who organises what, from the command line; how the first owner comes in."""

import sys
from datetime import datetime, timedelta

import click
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.actions.people import find_or_make_person, rename
from gatherings.accounts.actions.signing_in import make_sign_in_link
from gatherings.accounts.rules import LINK_LIFE, InvalidAddress, normalise_address
from gatherings.app import create_app
from gatherings.communities.actions.roles import give_role
from gatherings.communities.models import Community
from gatherings.communities.rules import ROLES
from gatherings.config import Settings
from gatherings.core.clock import utc_now
from gatherings.core.errors import DomainError
from gatherings.db.session import transact

_BY = "command"  # who stands in the log


@click.group()
def organiser() -> None:
    """Give people roles in communities."""


@organiser.command()
@click.argument("email")
@click.option("--community", "slug", required=True, help="The community's slug, as in its address.")
@click.option("--role", default="owner", show_default=True, type=click.Choice(ROLES))
@click.option("--name", default="", help="How colleagues see them; they can change it.")
def add(email: str, slug: str, role: str, name: str) -> None:
    """Give E-MAIL a role in a community, or change it, and print a link that signs in once, for ten minutes."""
    app = create_app()
    settings: Settings = app.config["GATHERINGS"]
    try:
        normalise_address(email)
        with app.app_context():
            secret = transact(_add, email, [slug], role, name, now=utc_now(), life=LINK_LIFE)
    except (InvalidAddress, DomainError) as problem:
        click.echo(str(problem), err=True)
        sys.exit(1)
    if secret is None:
        click.echo(f"There is no community “{slug}”.", err=True)
        sys.exit(1)
    click.echo(f"{email} is {role} of {slug} now. A link that signs in, once, within ten minutes:")
    click.echo(f"{settings.base_url}/sign-in/{secret}")


def demo_organiser(app: Flask, email: str, name: str, *, life: timedelta) -> str | None:
    """Make somebody owner of all communities of a demo; give the path of a link that signs them in, once."""
    with app.app_context():
        secret = transact(_add, email, None, "owner", name, now=utc_now(), life=life)
    return f"/sign-in/{secret}" if secret is not None else None


def _add(
    session: Session, email: str, slugs: list[str] | None, role: str, name: str, *, now: datetime, life: timedelta
) -> str | None:
    found = select(Community.id).order_by(Community.id)
    ids = session.scalars(found if slugs is None else found.where(Community.slug.in_(slugs))).all()
    if not ids:
        return None
    person = find_or_make_person(session, normalise_address(email), now=now)
    for community_id in ids:
        give_role(session, community_id, person.id, role, by=_BY, now=now)
    if name:
        rename(session, person.id, name)
    secret, _code = make_sign_in_link(session, person.id, now=now, life=life)
    return secret
