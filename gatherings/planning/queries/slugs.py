"""Which slugs are taken: each leads to one thing of its kind, an old one still to whose it was (domain.md 19)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.events.models import Event, OldSlug, Series

_MODELS: dict[str, type[Community] | type[Series] | type[Event]] = {
    "community": Community, "series": Series, "event": Event,
}  # fmt: skip


def slug_is_taken(session: Session, kind: str, slug: str, *, but: int | None = None) -> bool:
    """Tell whether a slug leads to another thing of its kind, now or from earlier; `but` may have its own back."""
    model = _MODELS[kind]
    present = session.scalar(select(model.id).where(model.slug == slug))
    old = session.scalar(select(OldSlug.object_id).where(OldSlug.kind == kind, OldSlug.slug == slug))
    return any(found is not None and found != but for found in (present, old))
