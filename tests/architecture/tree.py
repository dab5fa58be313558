"""The repository as these tests read it: its files, its modules, its templates."""

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

ROOT = Path(__file__).resolve().parents[2]
HOLE = "0"  # stands where a template's expression puts something: no letter, and fit for an attribute's value
_TEMPLATES = Environment(extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"])


@cache
def files() -> tuple[Path, ...]:
    """Give all files of the repository that git would keep; without git, those of the known folders."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, capture_output=True, text=True, check=True,
        ).stdout.split("\0")  # fmt: skip
        found = [ROOT / name for name in listed if name]
    except (OSError, subprocess.CalledProcessError):
        folders = ("gatherings", "templates", "static", "migrations", "tests", "docs", "benchmarks")
        found = [path for folder in folders for path in (ROOT / folder).rglob("*") if "__pycache__" not in path.parts]
    return tuple(sorted(path for path in found if path.is_file()))


def texts() -> Iterator[tuple[Path, str]]:
    """Give every file that is text, with its text."""
    for path in files():
        data = path.read_bytes()
        if b"\0" not in data[:8000]:
            yield path, data.decode(errors="replace")


def modules(folder: str = "gatherings") -> Iterator[tuple[Path, ast.Module]]:
    """Give each Python file below a folder of the repository, parsed."""
    for path in files():
        if path.suffix == ".py" and path.is_relative_to(ROOT / folder):
            yield path, ast.parse(path.read_text(), str(path))


def templates() -> list[Path]:
    """Give all templates, of pages and of mails."""
    return [path for path in files() if path.is_relative_to(ROOT / "templates") and path.suffix in (".html", ".txt")]


def name(path: Path) -> str:
    """Give a path as a person would write it."""
    return path.relative_to(ROOT).as_posix()


def written_text(source: str) -> str:
    """Give what a template writes by itself: expressions and translated texts become holes, both branches stay."""
    pieces: list[str] = []
    _collect(_TEMPLATES.parse(source), pieces)
    return "".join(pieces)


def _collect(node: nodes.Node, pieces: list[str]) -> None:
    if isinstance(node, nodes.Output):
        pieces += [child.data if isinstance(child, nodes.TemplateData) else HOLE for child in node.nodes]
        return
    for child in node.iter_child_nodes():
        _collect(child, pieces)


class Markup(HTMLParser):
    """Reads markup: `words` are the texts a reader sees or hears, `tags` all tags with their attributes."""

    SPOKEN = frozenset({"alt", "title", "placeholder", "aria-label", "aria-description", "label", "summary"})
    SILENT = frozenset({"script", "style"})

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._inside: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        self.tags.append((tag, values))
        self.words += [value for key, value in values.items() if key in self.SPOKEN]
        if tag == "input" and values.get("type") in ("submit", "button"):
            self.words.append(values.get("value", ""))
        if tag == "meta" and values.get("name") == "description":
            self.words.append(values.get("content", ""))
        if tag in self.SILENT:
            self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if not self._inside:
            self.words.append(data)
