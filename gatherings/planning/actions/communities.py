"""Communities: made by somebody who is owner elsewhere, and edited."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.actions import log
from gatherings.communities.models import Community, Role
from gatherings.config import Site
from gatherings.core.errors import InvalidInput, NotAllowed, NotFound, Problem
from gatherings.core.tokens import new_public_id
from gatherings.core.words import say
from gatherings.events import search
from gatherings.events.actions import keep_old_slug
from gatherings.events.models import Event, Series
from gatherings.invites.actions import store_blocks
from gatherings.planning.queries.slugs import slug_is_taken
from gatherings.planning.rules.conflicts import refuse_overtaken

_TAKEN = say("Another community has this address, or had it once. Please choose another one.")
# What an edit can set; the rest of a community is its own (reliability.md C20).
COLUMNS = (
    "name", "slug", "tagline", "about", "accent", "zone", "website", "sender", "code_of_kindness", "access_notes",
    "asked_often", "joining",
)  # fmt: skip


def create_community(session: Session, values: Mapping[str, Any], *, key: str, by: int, now: datetime) -> str:
    """Make a community whose owner is who asks; give its slug. The same form sent again (`key`) leads to the same one.

    Raises NotAllowed for somebody who is owner nowhere, and InvalidInput for a slug that is taken.
    """
    person = session.scalars(select(Person).where(Person.id == by).with_for_update()).one()
    owner = select(Role.id).where(Role.person_id == by, Role.role == "owner").limit(1)
    if session.scalar(owner) is None:
        raise NotAllowed(say("A new community can be made by somebody who is owner of one already."))
    public_id = hashlib.sha256(f"community\n{key}\n{person.public_id}".encode()).hexdigest()[:22]
    there = session.scalar(select(Community.slug).where(Community.public_id == public_id))
    if there is not None:
        return there
    if slug_is_taken(session, "community", values["slug"]):
        raise InvalidInput([Problem("slug", _TAKEN)])
    columns = {name: values[name] for name in COLUMNS if name in values}
    community = Community(public_id=public_id, version=1, created_at=now, **columns)
    session.add(community)
    session.flush()
    session.add(Role(public_id=new_public_id(), community_id=community.id, person_id=by, role="owner", created_at=now))
    _note(session, community, "create_community", person.public_id, now)
    return community.slug


def edit_community(
    session: Session,
    community_id: int,
    values: Mapping[str, Any],
    site: Site,
    *,
    base: Mapping[str, str],
    actor: str,
    now: datetime,
) -> str:
    """Change what a community says of itself; give its slug. Its old address leads to the new one.

    `base` are the values that the form was opened with. Raises InvalidInput for a slug that is taken, and Overtaken
    where somebody else saved meanwhile.
    """
    community = session.scalars(
        select(Community)
        .where(Community.id == community_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    if community is None:
        raise NotFound()
    present = values_of(community)
    refuse_overtaken(values, present, base)
    changes = {name: values[name] for name in COLUMNS if name in values and values[name] != present[name]}
    if not changes:
        return community.slug
    if "slug" in changes:
        if slug_is_taken(session, "community", changes["slug"], but=community.id):
            raise InvalidInput([Problem("slug", _TAKEN)])
        keep_old_slug(session, "community", community.id, community.slug)
    for name, value in changes.items():
        setattr(community, name, value)
    community.version += 1
    community.edits += 1
    session.flush()
    if "name" in changes:
        _name_everywhere(session, community, site)
    _note(session, community, "edit_community", actor, now, fields=sorted(changes))
    return community.slug


def values_of(community: Community) -> dict[str, Any]:
    """Give what an edit can set, as it stands."""
    return {name: getattr(community, name) for name in COLUMNS}


def _name_everywhere(session: Session, community: Community, site: Site) -> None:
    """Write a new name where copies of it stand: what a search finds, and all calendar entries."""
    search.renew_of(session, community_id=community.id)
    event_ids = session.scalars(select(Event.id).where(Event.community_id == community.id)).all()
    series_ids = session.scalars(select(Series.id).where(Series.community_id == community.id)).all()
    store_blocks(session, base_url=site.base_url, event_ids=event_ids, series_ids=series_ids)


def _note(session: Session, community: Community, action: str, actor: str, now: datetime, **details: Any) -> None:
    log(
        session,
        actor=actor,
        action=action,
        about=f"community:{community.public_id}",
        community_id=community.id,
        now=now,
        **details,
    )
