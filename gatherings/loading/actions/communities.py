"""Loading communities and what is asked for: consents and questions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.core.tokens import new_public_id
from gatherings.events import search
from gatherings.events.models import Event
from gatherings.loading import queries
from gatherings.loading.actions.memory import Loading
from gatherings.loading.programme import CommunityItem, Parts
from gatherings.questions.models import ConsentText, Question


def load_communities(loading: Loading) -> None:
    """Make and change the communities of a file."""
    items = loading.programme.communities
    present = queries.read_communities(loading.session, [item.slug for item in items])
    consents = queries.read_asked(
        loading.session, ConsentText.community_id, [community.id for community in present.values()]
    )
    for item in items:
        community = present.get(item.slug)
        if community is None:
            community = _make(loading, item)
        else:
            _change(loading, item, community, consents[community.id])
        loading.communities[item.slug] = community.id


def _make(loading: Loading, item: CommunityItem) -> Community:
    community = Community(public_id=new_public_id(), slug=item.slug, version=1, created_at=loading.now, **item.values)
    loading.session.add(community)
    loading.session.flush()
    keep_consents(loading.session, {"community_id": community.id}, [], item.consents)
    loading.remember("community", item.slug, {**item.values, "consents": list(item.consents)}, {})
    loading.report.made.append(f"community {item.slug}")
    return community


def _change(loading: Loading, item: CommunityItem, community: Community, consents: list[ConsentText]) -> None:
    wanted = {**item.values, "consents": list(item.consents)}
    current = {**queries.community_values(community), "consents": queries.consent_values(consents)}
    changes, values = loading.compare("community", item.slug, wanted, current)
    loading.remember("community", item.slug, values, {})
    if not changes:
        return
    loading.report.change(f"community {item.slug}", *changes)
    if "consents" in changes:
        keep_consents(loading.session, {"community_id": community.id}, consents, item.consents)
    for name in queries.COMMUNITY_COLUMNS:
        if name in changes:
            setattr(community, name, changes[name])
    community.version += 1
    if "name" in changes:  # it stands in the calendar entries of all its events
        of = select(Event.id, Event.series_id).where(Event.community_id == community.id)
        for event_id, series_id in loading.session.execute(of).all():
            loading.event_ids.add(event_id)
            loading.series_ids |= {series_id} if series_id is not None else set()
    loading.session.flush()
    if "name" in changes:
        search.renew_of(loading.session, community_id=community.id)


def keep_consents(session: Session, of: dict[str, int], rows: Sequence[ConsentText], items: Parts) -> None:
    """Bring consents to what is wanted: a changed wording is a new version, one that is left out is retired."""
    by_key = {row.key: row for row in rows}
    for position, item in enumerate(items):
        row = by_key.pop(item["key"], None)
        if row is None:
            row = ConsentText(**of, key=item["key"], text=item["text"], version=1)
            session.add(row)
        elif row.text != item["text"]:
            row.text, row.version = item["text"], row.version + 1
        row.position, row.retired = position, False
    for row in by_key.values():
        row.retired = True
    session.flush()


def keep_questions(session: Session, of: dict[str, int], rows: Sequence[Question], items: Parts) -> None:
    """Bring questions to what is wanted, by their keys: one that is left out is retired, its answers stay.

    A question whose type changes is another question: old answers could not be read by the new type.
    """
    live: set[int] = set()
    for position, item in enumerate(items):
        known = _same_question(rows, item["key"], item["type"])
        if known is None:
            known = Question(public_id=new_public_id(), **of, key=item["key"], type=item["type"])
            session.add(known)
        columns: dict[str, Any] = {
            "position": position,
            "label": item["ask"],
            "help": item["help"],
            "required": item["required"],
            "options": item["options"],
            "retired": False,
        }
        for name, value in columns.items():
            setattr(known, name, value)
        live.add(id(known))
    for row in rows:
        row.retired = id(row) not in live
    session.flush()


def _same_question(rows: Sequence[Question], key: str, kind: str) -> Question | None:
    return next((row for row in rows if (row.key, row.type) == (key, kind)), None)
