"""Reading the fields of one mapping: each gives a checked value, or notes what is wrong and gives a stand-in.

A stand-in lets the reading go on, so that all problems of a file are told at once.
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, time
from urllib.parse import urlsplit

import yaml

from gatherings.core import zones
from gatherings.core.text import TextProblem, clean_line, clean_name, clean_text
from gatherings.core.words import Sentence, say
from gatherings.loading.nodes import kind_of, line_of
from gatherings.loading.problems import Wrong
from gatherings.loading.programme import Place

MOST_PROBLEMS = 200
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,58}[a-z0-9]")
_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,38}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,6})?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,7}")
_LOCAL = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]+(\d{1,2}):(\d{2}))?")
_KINDS = {
    "map": say("a group of fields"), "seq": say("a list"), "bool": say("yes or no (true or false)"),
    "int": say("a number"), "float": say("a number"), "timestamp": say("a date"), "null": say("nothing"),
}  # fmt: skip


class Reader:
    """Collects what is wrong with one file."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Wrong] = []

    def wrong(self, line: int, field: str, sentence: Sentence) -> None:
        """Note a problem; beyond 200 nobody reads on."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Wrong(self.file, line, field, sentence))

    def part(self, node: yaml.Node, path: str, known: Iterable[str]) -> "Part | None":
        """Take a node as a group of fields; None (and a problem) if it is something else."""
        if isinstance(node, yaml.MappingNode):
            return Part(self, node, path, tuple(known))
        self.wrong(line_of(node), path, say("Here stands a group of fields, each as “name: value”."))
        return None

    def items(self, node: yaml.Node | None, path: str) -> list[yaml.Node]:
        """Take a node as a list; nothing (and a problem) if it is something else."""
        if node is None:
            return []
        if isinstance(node, yaml.SequenceNode):
            return list(node.value)
        self.wrong(line_of(node), path, say("Here stands a list; each item begins with a hyphen."))
        return []


class Part:
    """One mapping of the file, whose fields must be among those `known`."""

    def __init__(self, reader: Reader, node: yaml.MappingNode, path: str, known: tuple[str, ...]) -> None:
        self.reader, self.path, self.line = reader, path, line_of(node)
        self.nodes: dict[str, yaml.Node] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name not in known:
                self._unknown(key, name, known)
            elif name in lines:
                reader.wrong(line_of(key), self.at(name), say("This field stands here twice."))
            else:
                lines[name] = line_of(key)
                if kind_of(value) != "null":
                    self.nodes[name] = value
        self.place = Place(path, self.line, lines)

    def _unknown(self, key: yaml.Node, name: str, known: tuple[str, ...]) -> None:
        shown = name if 0 < len(name) <= 60 and name.isprintable() else "?"
        near = difflib.get_close_matches(shown, known, 1, 0.6)
        if near:
            sentence = say("There is no field “%(name)s” here. Did you mean “%(near)s”?", name=shown, near=near[0])
        else:
            fields = ", ".join(known)
            sentence = say("There is no field “%(name)s” here. There are: %(known)s.", name=shown, known=fields)
        self.reader.wrong(line_of(key), self.at(shown), sentence)

    def at(self, name: str) -> str:
        """Give the path of a field."""
        return f"{self.path}.{name}" if self.path else name

    def wrong(self, name: str, sentence: Sentence) -> None:
        """Note a problem of a field."""
        self.reader.wrong(self.place.of(name), self.at(name), sentence)

    def has(self, name: str) -> bool:
        """Tell whether a field is there with a value."""
        return name in self.nodes

    def wrote(self, name: str) -> bool:
        """Tell whether a field is written, be it with nothing (null)."""
        return name in self.place.lines

    def need(self, *names: str) -> None:
        """Note required fields that are missing."""
        for name in names:
            if not self.has(name):
                self.wrong(name, say("“%(name)s” is missing. It is needed.", name=name))

    def scalar(self, name: str) -> str | None:
        """Give a field's text, whatever YAML takes it for; None if it is not there or no single value."""
        node = self.nodes.get(name)
        if node is None:
            return None
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self.wrong(name, say("A single value is needed here, not %(kind)s.", kind=_KINDS[kind_of(node)]))
        return None

    def text_of(self, name: str) -> str | None:
        """Give a field's text if YAML takes it for one: numbers, dates and yes or no stand in quotes."""
        value = self.scalar(name)
        if value is None or kind_of(self.nodes[name]) == "str":
            return value
        kind = _KINDS.get(kind_of(self.nodes[name]), say("something else"))
        self.wrong(name, say("YAML takes this for %(kind)s. If it is a text, put it in quotes.", kind=kind))
        return None

    def _cleaned(self, name: str, clean: Callable[[str], str]) -> str:
        value = self.text_of(name)
        if value is None:
            return ""
        try:
            return clean(value)
        except TextProblem as problem:
            self.wrong(name, problem.sentence)
            return ""

    def line_text(self, name: str, most: int = 300) -> str:
        """Read one line, "" if it is not there."""
        return self._cleaned(name, lambda value: clean_line(value, most=most))

    def title(self, name: str, most: int = 200) -> str:
        """Read a line that must not be empty."""
        return self._cleaned(name, lambda value: clean_line(value, least=1, most=most))

    def name(self, name: str) -> str:
        """Read the name of somebody or of a community: no links in it, for it stands in mails."""
        return self._cleaned(name, lambda value: clean_name(value, most=200))

    def text(self, name: str, most: int = 20_000) -> str:
        """Read a text of several lines, "" if it is not there."""
        return self._cleaned(name, lambda value: clean_text(value, most=most))

    def slug(self, name: str) -> str:
        """Read a slug; "" if it is none."""
        value = self.scalar(name)
        if value is None or _SLUG.fullmatch(value):
            return value or ""
        self.wrong(name, say("A slug has 2 to 60 small letters a–z, digits and hyphens, and no hyphen at its ends."))
        return ""

    def key(self, name: str) -> str:
        """Read the key of a question or consent; "" if it is none."""
        value = self.scalar(name)
        if value is None or _KEY.fullmatch(value):
            return value or ""
        self.wrong(name, say("A key has up to 39 small letters a–z, digits and _, such as what_matters."))
        return ""

    def url(self, name: str, most: int = 1000) -> str | None:
        """Read the address of a page: http or https."""
        value = self.text_of(name)
        if value is None:
            return None
        try:
            cleaned = clean_line(value, least=1, most=most)
            parts = urlsplit(cleaned)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and not parts.username
        except TextProblem as problem:
            self.wrong(name, problem.sentence)
            return None
        except ValueError:
            good = False
        if not good or re.search(r"[\s<>\"\\]", cleaned):
            self.wrong(name, say("A link begins with https:// and has no blanks, such as https://example.org/page."))
            return None
        return cleaned

    def zone(self, name: str = "zone") -> str:
        """Read the name of a time zone; "UTC" stands in."""
        value = self.scalar(name)
        known = zones.canonical(value)
        if value is not None and known is None:
            near = difflib.get_close_matches(value[:60], zones.pinned_names(), 1, 0.6)
            if near:
                self.wrong(name, say("This zone is not known. Did you mean %(near)s?", near=near[0]))
            else:
                self.wrong(name, say("This zone is not known. IANA names look like Europe/London."))
        return known or "UTC"

    def language(self) -> str:
        """Read the language; "en" if it is left out."""
        value = self.scalar("language")
        if value is None or _LANGUAGE.fullmatch(value):
            return value or "en"
        self.wrong("language", say("A language is written with two letters, such as en or sv."))
        return "en"

    def one_of(self, name: str, choices: Iterable[str], default: str) -> str:
        """Read one of several words."""
        value, known = self.scalar(name), tuple(choices)
        if value is None or value in known:
            return value or default
        near = difflib.get_close_matches(value[:60], known, 1, 0.6)
        if near:
            self.wrong(name, say("This is not known here. Did you mean “%(near)s”?", near=near[0]))
        else:
            self.wrong(name, say("One of these is needed: %(known)s.", known=", ".join(known)))
        return default

    def flag(self, name: str) -> bool:
        """Read true or false; false if it is left out."""
        value = self.scalar(name)
        if value is None:
            return False
        if kind_of(self.nodes[name]) != "bool":
            self.wrong(name, say("Write true or false here, without quotes."))
        return value.lower() in ("true", "yes", "on")

    def whole(self, name: str, least: int, most: int) -> int | None:
        """Read a whole number within bounds."""
        value = self.scalar(name)
        if value is None:
            return None
        if not _WHOLE.fullmatch(value) or not least <= int(value) <= most:
            self.wrong(name, say("A whole number from %(least)s to %(most)s is needed here.", least=least, most=most))
            return None
        return int(value)

    def hour(self, name: str = "at") -> time | None:
        """Read an hour of the clock, which YAML takes for a number unless it stands in quotes."""
        value = self.scalar(name)
        if value is None:
            return None
        found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", value)
        if found is None or kind_of(self.nodes[name]) != "str":
            self.wrong(name, say('An hour is written in quotes, from "00:00" to "23:59".'))
            return None
        return time(int(found[1]), int(found[2]))

    def within(self, name: str, known: Iterable[str]) -> "Part | None":
        """Read a field that is a group of fields; None if it is not there."""
        node = self.nodes.get(name)
        return None if node is None else self.reader.part(node, self.at(name), known)

    def list_of(self, name: str) -> list[tuple[yaml.Node, str]]:
        """Read a field that is a list: its nodes, each with a path."""
        path = self.at(name)
        nodes = self.reader.items(self.nodes.get(name), path)
        return [(node, f"{path}[{number}]") for number, node in enumerate(nodes, start=1)]


def local_time(text: str) -> tuple[datetime, bool] | None:
    """Read `2026-03-05 18:00` or `2026-03-05`; tell whether it has an hour. None for anything else."""
    found = _LOCAL.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    try:
        local = datetime(year, month, day, hour, minute)
    except ValueError:
        return None
    return (local, found[4] is not None) if 1900 <= year <= 2999 else None


def without_empty(values: Mapping[str, str | None]) -> dict[str, str]:
    """Leave out what is empty."""
    return {name: value for name, value in values.items() if value}
