"""What one loading knows and remembers: three-way comparison of file, last loading and database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gatherings.config import Site
from gatherings.core.words import Sentence, say
from gatherings.loading import queries
from gatherings.loading.models import LoadedItem
from gatherings.loading.problems import Wrong
from gatherings.loading.programme import Place, Programme
from gatherings.loading.report import Report


@dataclass
class Loading:
    """One run of loading: where it writes, what it found, whose calendar blocks must be written."""

    session: Session
    programme: Programme
    site: Site
    now: datetime
    items: dict[tuple[str, str], LoadedItem]
    report: Report = field(default_factory=Report)
    problems: list[Wrong] = field(default_factory=list)
    event_ids: set[int] = field(default_factory=set)
    series_ids: set[int] = field(default_factory=set)
    communities: dict[str, int] = field(default_factory=dict)  # ids by slug, of the file and of the database

    def wrong(self, place: Place, name: str, sentence: Sentence) -> None:
        """Note a problem that only the database can tell."""
        self.problems.append(Wrong(self.programme.file, place.of(name), f"{place.path}.{name}", sentence))

    def note_above(self, thing: str, capacity: int | None) -> None:
        """Note that something has fewer places now than people who hold one."""
        what = say(
            "%(thing)s has fewer places (%(capacity)s) than people who hold one; nobody is thrown out.",
            thing=thing,
            capacity=capacity,
        )
        self.report.notes.append(str(what))

    def community_id(self, slug: str) -> int:
        """Give the id of a community that an item names."""
        if slug not in self.communities:
            self.communities[slug] = queries.read_communities(self.session, [slug])[slug].id
        return self.communities[slug]

    def remember(
        self, kind: str, slug: str, values: Mapping[str, Any], resolved: Mapping[str, Any] | None = None
    ) -> None:
        """Keep what was loaded, touching the row only if it differs."""
        item = self.items.get((kind, slug))
        if item is None:
            item = LoadedItem(kind=kind, slug=slug, values={}, resolved={}, loaded_at=self.now)
            self.session.add(item)
            self.items[(kind, slug)] = item
        if item.values != values:
            item.values, item.loaded_at = dict(values), self.now
        if resolved is not None and item.resolved != resolved:
            item.resolved, item.loaded_at = dict(resolved), self.now

    def values(self, kind: str, slug: str) -> dict[str, Any]:
        """Give what was last loaded, as a copy."""
        item = self.items.get((kind, slug))
        return dict(item.values) if item is not None else {}

    def resolved(self, kind: str, slug: str) -> dict[str, Any]:
        """Give what relative dates came to, as a copy."""
        item = self.items.get((kind, slug))
        return dict(item.resolved) if item is not None else {}

    def compare(
        self, kind: str, slug: str, wanted: Mapping[str, Any], current: Mapping[str, Any], *, thing: str | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Compare what the file wants with what stands; give the changes to make, and what to remember then.

        A field that does not stand as it was last loaded was edited elsewhere: it is left alone, and named, its
        thing as `thing` if its slug here is not what people know it by.
        """
        remembered = self.values(kind, slug)
        changes: dict[str, Any] = {}
        for name, value in wanted.items():
            edited = name in remembered and current[name] != remembered[name]
            if edited and current[name] != value:
                self.report.keep(thing or f"{kind} {slug}", name)
                continue
            if value != current[name]:
                changes[name] = value
            remembered[name] = value
        return changes, remembered
