"""What covers and preview pictures are drawn from: few columns of an event, series or community."""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, load_only

from gatherings.communities.models import Community
from gatherings.core import covers
from gatherings.core.errors import NotFound
from gatherings.events.models import Event, Series

Kind = Literal["event", "series", "community"]
FOLDERS: dict[Kind, str] = {"event": "events", "series": "series", "community": "communities"}


@dataclass(frozen=True)
class Face:
    """What decides a cover: whose it is, its accent, and its community's slug ("" for the community itself)."""

    kind: Kind
    slug: str
    accent: str
    near: str = ""

    @property
    def path(self) -> str:
        """Give the path under which everything drawn of it lies."""
        return f"/{FOLDERS[self.kind]}/{self.slug}"

    @property
    def cover_url(self) -> str:
        """Give the address of its cover, with the version that lets it be kept for a year."""
        return f"{self.path}/cover.svg?v={self.version}"

    @property
    def version(self) -> str:
        """Give the version of its cover."""
        return covers.version(self.kind, self.slug, self.accent, self.near)

    @property
    def cover(self) -> str:
        """Give its cover, an SVG."""
        return covers.cover(self.kind, self.slug, self.accent, self.near)


def face_of(thing: Event | Series | Community) -> Face:
    """Give the face of an event or series (whose community is loaded) or of a community."""
    if isinstance(thing, Community):
        return Face("community", thing.slug, thing.accent)
    kind: Kind = "event" if isinstance(thing, Event) else "series"
    return Face(kind, thing.slug, thing.community.accent, thing.community.slug)


def get_event(session: Session, slug: str) -> Event:
    """Read what is drawn of an event that is no draft, with its community; raises NotFound."""
    found = session.scalars(
        select(Event)
        .join(Event.community)
        .where(Event.slug == slug, Event.status != "draft")
        .options(
            contains_eager(Event.community).load_only(Community.slug, Community.accent, Community.name),
            load_only(
                Event.slug, Event.title, Event.theme, Event.starts_local, Event.ends_local, Event.zone, Event.all_day,
                Event.starts_at, Event.ends_at, Event.approximate, Event.edition_year,
            ),
        )
    ).one_or_none()  # fmt: skip
    if found is None:
        raise NotFound()
    return found


def get_series(session: Session, slug: str) -> Series:
    """Read what is drawn of a series that is no draft, with its community; raises NotFound."""
    found = session.scalars(
        select(Series)
        .join(Series.community)
        .where(Series.slug == slug, Series.status != "draft")
        .options(
            contains_eager(Series.community).load_only(Community.slug, Community.accent, Community.name),
            load_only(Series.slug, Series.title, Series.summary),
        )
    ).one_or_none()
    if found is None:
        raise NotFound()
    return found


def get_community(session: Session, slug: str) -> Community:
    """Read a community by its present slug; raises NotFound."""
    found = session.scalars(select(Community).where(Community.slug == slug)).one_or_none()
    if found is None:
        raise NotFound()
    return found
