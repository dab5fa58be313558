"""Reading a programme file into items, all its problems told at once."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol, TypeVar

import yaml

from gatherings.core.words import say
from gatherings.loading.fields import Part, Reader
from gatherings.loading.items import COMMUNITY, EVENT, SERIES, item_part, read_community, read_event, read_series
from gatherings.loading.nodes import compose, line_of, read_tree
from gatherings.loading.problems import ProgrammeProblem, Wrong
from gatherings.loading.programme import EventItem, Place, Programme

FORMAT = "gatherings/1"


class _Item(Protocol):
    @property
    def slug(self) -> str: ...
    @property
    def place(self) -> Place: ...


Item = TypeVar("Item", bound=_Item)


def read(path: Path) -> Programme:
    """Read a programme file; raises ProgrammeProblem with all that is wrong with it."""
    programme, problems = examine(path)
    if problems:
        raise ProgrammeProblem(problems)
    return programme


def read_text(text: str, file: str = "programme.yaml") -> Programme:
    """Read a programme from text; raises ProgrammeProblem with all that is wrong with it."""
    programme, problems = _examine(Reader(file), compose(text, file))
    if problems:
        raise ProgrammeProblem(problems)
    return programme


def examine(path: Path) -> tuple[Programme, list[Wrong]]:
    """Read a programme file as far as it can be read; give what is wrong beside it.

    Raises ProgrammeProblem for a file that is not YAML.
    """
    return _examine(Reader(path.name), read_tree(path))


def _examine(reader: Reader, tree: yaml.Node) -> tuple[Programme, list[Wrong]]:
    top = reader.part(tree, "", ("format", "communities", "series", "events"))
    if top is None:
        return Programme(reader.file), reader.problems
    if top.scalar("format") != FORMAT:
        top.wrong("format", say("The file begins with: format: gatherings/1"))
    if not any(top.has(name) for name in ("communities", "series", "events")):
        reader.wrong(line_of(tree), "", say("There are no communities, series or events in this file."))
    communities = _items(top, "communities", COMMUNITY, read_community)
    series = _items(top, "series", SERIES, read_series)
    events = _items(top, "events", EVENT, read_event)
    _check_umbrellas(reader, events)
    return Programme(reader.file, tuple(communities), tuple(series), tuple(events)), reader.problems


def _items(top: Part, name: str, known: tuple[str, ...], read_item: Callable[[Part], Item]) -> list[Item]:
    nodes = top.reader.items(top.nodes.get(name), name)
    parts = [item_part(top.reader, node, name, number, known) for number, node in enumerate(nodes, start=1)]
    items = [read_item(part) for part in parts if part is not None]
    _refuse_twice(top.reader, items)
    return items


def _refuse_twice(reader: Reader, items: Iterable[_Item]) -> None:
    first: dict[str, int] = {}
    for item in items:
        line = item.place.of("slug")
        if item.slug and item.slug in first:
            sentence = say("This slug stands on line %(line)s already.", line=first[item.slug])
            reader.wrong(line, f"{item.place.path}.slug", sentence)
        first.setdefault(item.slug, line)


def _check_umbrellas(reader: Reader, events: list[EventItem]) -> None:
    """Refuse an umbrella that stands later in the file, or is below another (domain.md: one level)."""
    order = {event.slug: number for number, event in enumerate(events)}
    for number, event in enumerate(events):
        if event.umbrella is None or event.umbrella not in order:
            continue
        field, line = f"{event.place.path}.umbrella", event.place.of("umbrella")
        if order[event.umbrella] >= number:
            reader.wrong(line, field, say("The umbrella has to stand earlier in the file."))
        elif events[order[event.umbrella]].umbrella is not None:
            reader.wrong(line, field, say("An event below an umbrella cannot be an umbrella itself."))
