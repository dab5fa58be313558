"""YAML as a tree that knows its lines: bounded, without aliases and tags, and no object is ever made from it.

What is composed are nodes (kind, text, place), not Python values; the fields of the format say what each text is.
"""

from pathlib import Path

import yaml

from gatherings.core.words import Sentence, say
from gatherings.loading.problems import ProgrammeProblem, Wrong

MOST_BYTES = 2_000_000
MOST_NODES = 200_000
MOST_DEPTH = 12

# libyaml reads a long file some fifty times faster; both give the same events, tags and marks.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAGS = {f"tag:yaml.org,2002:{name}" for name in "str int float bool null timestamp map seq merge value".split()}


def read_tree(path: Path) -> yaml.Node:
    """Read a file's one YAML document as nodes; raises ProgrammeProblem for what is not YAML as we take it."""
    file = path.name
    try:
        with path.open("rb") as source:
            data = source.read(MOST_BYTES + 1)
    except OSError as error:
        raise _problem(file, 1, say("This file cannot be read: %(why)s", why=error.strerror or "no access")) from None
    if len(data) > MOST_BYTES:
        raise _problem(file, 1, say("This file is larger than 2 MB. Please divide it into several."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _problem(file, line, say("This line is not UTF-8. Please save the file with that encoding.")) from None
    return compose(text, file)


def compose(text: str, file: str) -> yaml.Node:
    """Compose a text's one document; raises ProgrammeProblem."""
    try:
        _look_through(text, file)
        node = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        what = error.problem or error.context or "it cannot be read"
        sentence = say("This is not YAML: %(what)s. A text with a colon or # in it stands in quotes.", what=what)
        raise _problem(file, mark.line + 1 if mark else 1, sentence) from None
    except yaml.reader.ReaderError as error:
        position = error.position if isinstance(error.position, int) else 0
        line = text.count("\n", 0, position) + 1
        raise _problem(file, line, say("There is a character in this file that YAML does not allow.")) from None
    except (UnicodeError, ValueError):
        # Lone surrogates cannot come from UTF-8; what libyaml refuses beyond its own errors ends here.
        raise _problem(file, 1, say("This file is not YAML.")) from None
    if node is None:
        raise _problem(file, 1, say("This file is empty."))
    return node


def _look_through(text: str, file: str) -> None:
    """Refuse what should never be composed: depth, number, aliases, foreign tags, several documents."""
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
        line = event.start_mark.line + 1 if event.start_mark is not None else 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise _problem(file, line, say("Anchors (&) and aliases (*) are not taken here. Is it a text? Quote it."))
        if getattr(event, "tag", None) not in (None, "!"):
            raise _problem(file, line, say("Tags (!) are not taken here. Is it a text? Quote it."))
        if depth > MOST_DEPTH:
            raise _problem(file, line, say("This is nested more deeply than any programme needs."))
        if count > MOST_NODES:
            raise _problem(file, line, say("There are too many items in this file. Please divide it into several."))
        if documents > 1:
            raise _problem(file, line, say("Only one document (---) can stand in a file."))


def line_of(node: yaml.Node) -> int:
    """Give the line on which a node begins, from 1."""
    return int(node.start_mark.line) + 1


def kind_of(node: yaml.Node) -> str:
    """Name what YAML takes a node for: str, int, float, bool, null, timestamp, map or seq."""
    return node.tag.rsplit(":", 1)[-1] if node.tag in _TAGS else "str"


def _problem(file: str, line: int, sentence: Sentence) -> ProgrammeProblem:
    return ProgrammeProblem([Wrong(file, line, "", sentence)])
