"""Organisers' texts: Markdown in, a small and safe piece of HTML out. One pipeline for pages and mails."""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

LONGEST_SOURCE = 50_000  # characters
DEEPEST_NESTING = 20  # quotes in lists in quotes; beyond it the text is kept as it stands
MOST_BRACKETS = 2_000  # with more, links stay as typed: unclosed brackets take quadratic time
PIPELINE_VERSION = 1  # raise with any change of what comes out: part of the key of stored HTML
_TAGS = {"p", "br", "em", "strong", "a", "ul", "ol", "li", "blockquote", "h2", "h3", "h4", "code", "pre", "hr"}
_SCHEMES = {"http", "https", "mailto"}
_HEADINGS = {"h1": "h2", "h5": "h4", "h6": "h4"}  # a page has its own h1


@lru_cache(maxsize=256)
def render(source: str) -> Markup:
    """Make HTML of Markdown (CommonMark without HTML and images): at most 50,000 characters.

    Links go to http, https and mailto alone and carry rel="noopener nofollow ugc". Raises ValueError for a
    longer source.
    """
    import nh3  # at first use: most pages of a quiet process never need it

    parser = _parser(links=True)  # what is drawn does not depend on it
    tokens = _parse(source)
    html: str = parser.renderer.render(tokens, parser.options, {})
    return Markup(  # noqa: S704  (the allow list has just been applied)
        nh3.clean(
            html,
            tags=_TAGS,
            attributes={"a": {"href"}, "*": set()},  # "*" would be title and lang by default
            url_schemes=_SCHEMES,
            url_relative="deny",
            link_rel="noopener nofollow ugc",
        )
    )


@lru_cache(maxsize=256)
def plain(source: str) -> str:
    """Make readable plain text of Markdown, for the text form of mails and for descriptions of pages.

    Links become "words (address)", list items begin with "- " or their number. Raises ValueError as `render` does.
    """
    writer = _PlainWriter()
    for token in _parse(source):
        writer.take(token)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(writer.lines)).strip()


class _PlainWriter:
    """Write lines of text from block tokens, one after the other."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._before: list[str] = []  # what stands before each line, by depth: "> ", "  "
        self._lists: list[int | None] = []  # the next number of each open list; None for bullets
        self._bullet = ""  # for the next line alone, in place of the deepest indent

    def take(self, token: "Token") -> None:
        kind = token.type
        if kind in ("bullet_list_open", "ordered_list_open"):
            self._lists.append(int(token.attrs.get("start", 1)) if kind == "ordered_list_open" else None)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
            self._gap(not self._lists)
        elif kind == "list_item_open":
            number = self._lists[-1]
            self._lists[-1] = None if number is None else number + 1
            self._bullet = "- " if number is None else f"{number}. "
            self._before.append(" " * len(self._bullet))
        elif kind == "blockquote_open":
            self._before.append("> ")
        elif kind in ("list_item_close", "blockquote_close"):
            while self.lines and self.lines[-1] == "".join(self._before).rstrip():
                self.lines.pop()  # the gap below the last of the inner ones
            self._before.pop()
            self._gap(not self._lists)
        elif kind in ("inline", "fence", "code_block", "hr"):
            self._write(_inline_text(token) if kind == "inline" else "* * *" if kind == "hr" else token.content)
            self._gap(not self._lists)

    def _write(self, text: str) -> None:
        indent = "".join(self._before)
        for line in text.rstrip("\n").split("\n"):
            start = indent[: len(indent) - len(self._bullet)] + self._bullet
            self.lines.append((start + line).rstrip())
            self._bullet = ""

    def _gap(self, wanted: bool) -> None:
        if wanted and self.lines:
            self.lines.append("".join(self._before).rstrip())


def _parse(source: str) -> "list[Token]":
    if len(source) > LONGEST_SOURCE:
        raise ValueError(f"Markdown of {len(source)} characters; {LONGEST_SOURCE} are the most")
    parser = _parser(links=source.count("[") <= MOST_BRACKETS)
    tokens = parser.parse(source.encode("utf-8", "replace").decode())  # lone surrogates end in a "?"
    for token in tokens:
        token.tag = _HEADINGS.get(token.tag, token.tag)
    return tokens


@cache
def _parser(*, links: bool) -> "MarkdownIt":
    from markdown_it import MarkdownIt  # 30 ms: at first use
    from markdown_it.common.utils import escapeHtml

    parser = MarkdownIt(
        "commonmark", {"html": False, "linkify": False, "maxNesting": DEEPEST_NESTING, "xhtmlOut": False}
    )
    if not links:
        parser.disable(["link", "image", "reference"])
    allowed: Callable[[str], bool] = _is_allowed_link
    parser.validateLink = allowed  # type: ignore[assignment,method-assign]

    def words_of_image(self: Any, tokens: "list[Token]", index: int, options: Any, env: Any) -> str:
        return escapeHtml(tokens[index].content)

    parser.add_render_rule("image", words_of_image)  # no picture from elsewhere: its description stays
    # The parser compiles its rules at first use, and not safely when two threads do so at once: do it now.
    parser.render("> - *a* [b](https://example.org)")
    return parser


def _is_allowed_link(url: str) -> bool:
    # A link that is refused stays in the text as it was typed, so that nobody wonders where it went.
    return re.match(r"(?:https?://|mailto:)[^\s]", url, re.IGNORECASE) is not None


def _inline_text(token: "Token") -> str:
    parts: list[str] = []
    open_links: list[tuple[str, int]] = []
    for child in token.children or []:
        if child.type == "link_open":
            open_links.append((str(child.attrs.get("href", "")), len(parts)))
        elif child.type == "link_close" and open_links:
            href, start = open_links.pop()
            words = "".join(parts[start:])
            if href.removeprefix("mailto:") != words.removeprefix("mailto:"):
                parts.append(f" ({href})")
        elif child.type in ("softbreak", "hardbreak"):
            parts.append("\n")
        else:
            parts.append(child.content)
    return "".join(parts)
