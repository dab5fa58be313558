"""Templates: every text passes through gettext, nothing is inline, nothing comes from elsewhere."""

import re
from pathlib import Path

import pytest

from tests.architecture.tree import Markup, name, templates, written_text

# Names that are the same in every language.
UNTRANSLATED = {"Gatherings", "Google", "Outlook", "UTC"}
# Attributes that name an address which a browser fetches by itself.
FETCHED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src", "video": "src"}
# Shown in development alone, to whoever works on the site: no sentences for translators.
OURS = {"style.html"}
PAGES = [path for path in templates() if path.suffix == ".html" and "mail" not in path.parts]


def bare_words(source: str, *, html: bool) -> list[str]:
    """Give the texts of a template that a person would read and no translator would see."""
    text = written_text(source)
    pieces = Markup(text).words if html else re.sub(r"https?://\S+", "", text).splitlines()
    found = []
    for whole in pieces:
        piece = re.sub(r"""[\w:-]+=("[^"]*"|'[^']*')""", "", whole)  # a macro that writes attributes
        words = [word for word in re.findall(r"[^\W\d_]{2,}", piece) if word not in UNTRANSLATED]
        if words:
            found.append(" ".join(piece.split()))
    return found


def inline_parts(source: str) -> list[str]:
    """Give what the content security policy would refuse."""
    found = []
    for tag, attributes in Markup(written_text(source)).tags:
        found += [f"<{tag} {key}>" for key in attributes if key == "style" or key.startswith(("on", "hx-on"))]
        found += [
            f"<{tag} {value}>" for value in attributes.values() if value.strip().lower().startswith("javascript:")
        ]
        if tag == "style":
            found.append("<style>")
        if tag == "script" and "src" not in attributes and attributes.get("type") != "application/ld+json":
            found.append("<script> without src")
        fetched = attributes.get(FETCHED.get(tag, ""), "")
        if re.match(r"(https?:)?//", fetched) and attributes.get("rel") not in ("canonical", "alternate"):
            found.append(f"<{tag}> from elsewhere: {fetched}")
    return found


def test_there_are_templates():
    assert PAGES


@pytest.mark.parametrize("path", [path for path in templates() if path.name not in OURS], ids=name)
def test_every_text_passes_through_gettext(path: Path):
    assert bare_words(path.read_text(), html=path.suffix == ".html") == []


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_nothing_in_a_page_is_inline_or_from_elsewhere(path: Path):
    assert inline_parts(path.read_text()) == []


def test_a_bare_text_would_be_seen():
    assert bare_words("<p>Hello {{ name }}</p>", html=True) == ["Hello 0"]
    assert bare_words('<img alt="A tree" src="/x">', html=True) == ["A tree"]
    assert bare_words('<p class="big">{{ _("Hello") }}{% trans %}there{% endtrans %}</p>', html=True) == []
    assert bare_words("{% if a %}Yes{% else %}{{ _('no') }}{% endif %}", html=False) == ["Yes0"]


def test_an_inline_part_would_be_seen():
    assert inline_parts('<p style="color: red" onclick="x()">') == ["<p style>", "<p onclick>"]
    assert inline_parts("<script>x()</script><style>a{}</style>") == ["<script> without src", "<style>"]
    assert inline_parts('<script type="application/ld+json">{{ data }}</script>') == []
    assert inline_parts('<script src="https://cdn.example.org/x.js"></script>') == [
        "<script> from elsewhere: https://cdn.example.org/x.js"
    ]
