"""Who may use an organiser's screen, and what it is about: loaded through the person's own roles (reliability rule 5).

A view is marked `@may("edit")` and takes one of `event`, `series` or `community`: a slug in its address, the loaded
object in its arguments. What belongs to a community in which one has no role is not there (404); what one's role
does not allow is refused in words (403). So no view can forget to ask.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import g
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from gatherings.accounts.guard import (
    ask_to_sign_in,
    check_address,
    check_token,
    is_fresh,
    keep_private,
    organiser,
    signed_in,
    signed_in_only,
)
from gatherings.communities.models import Community
from gatherings.communities.queries import role_in
from gatherings.communities.rules import RIGHTS, allows
from gatherings.core.errors import NotAllowed, NotFound
from gatherings.core.words import say
from gatherings.db import current_session
from gatherings.events.models import Event, OldSlug, Series
from gatherings.web.rights import View, declare
from gatherings.web.visitor import checked_slug

__all__ = ["community_of", "may", "may_here", "organiser", "signed_in_only"]

Thing = Event | Series | Community


def may(right: str, *, fresh: bool = False) -> Callable[[View], View]:
    """Declare a view for those whose role in the community concerned allows `right` (communities/rules.py).

    `fresh`: the address was proved within the last hour (exports, refunds, roles: design README 12). The object is
    read for showing; an action reads again, inside its transaction, what it decides on.
    """
    if right not in RIGHTS:
        raise KeyError(right)

    def marked(view: View) -> View:
        @wraps(view)
        def guarded(**kwargs: Any) -> Any:
            keep_private()
            sign_in = signed_in()
            if sign_in is None:
                return ask_to_sign_in()
            check_address()
            name = next(name for name in _LOADERS if name in kwargs)
            thing, g.role = _load(current_session(), name, kwargs[name], sign_in.person_id)
            if not allows(g.role, right):
                raise NotAllowed(
                    say("Your role in this community does not include this. Please ask one of its owners.")
                )
            check_token()
            if fresh and not is_fresh(sign_in):
                return ask_to_sign_in(again=True)
            kwargs[name] = thing
            return view(**kwargs)

        return declare(guarded, f"may:{right}")

    return marked


def may_here(right: str) -> bool:
    """Tell whether the role in the community of this request allows `right`: for what a screen offers."""
    return allows(g.role, right)


def community_of(thing: Thing) -> Community:
    """Give the community that something belongs to."""
    return thing if isinstance(thing, Community) else thing.community


def _load(session: Session, name: str, slug: str, person_id: int) -> tuple[Thing, str]:
    checked_slug(slug)
    model, options = _LOADERS[name]
    thing = session.scalars(select(model).where(model.slug == slug).options(*options)).one_or_none()
    if thing is None:  # another tab may have changed the slug
        old = select(OldSlug.object_id).where(OldSlug.kind == name, OldSlug.slug == slug)
        thing = session.scalars(select(model).where(model.id == old.scalar_subquery()).options(*options)).one_or_none()
    if thing is None:
        raise NotFound()
    role = role_in(session, thing.id if name == "community" else thing.community_id, person_id)
    if role is None:
        raise NotFound()
    return thing, role


_LOADERS: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "event": (
        Event,
        (
            joinedload(Event.community),
            joinedload(Event.series),
            joinedload(Event.series_rule),
            joinedload(Event.room),
            joinedload(Event.online),
        ),
    ),
    "series": (Series, (joinedload(Series.community), selectinload(Series.rules))),
    "community": (Community, ()),
}
