"""Markdown: what organisers write comes out readable and safe, whatever they write."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup

from gatherings.web.markdown import LONGEST_SOURCE, MOST_BRACKETS, plain, render

REL = ' rel="noopener nofollow ugc"'
ALLOWED = re.compile(
    r"</?(?:p|em|strong|ul|ol|li|blockquote|h[2-4]|code|pre|a)>|<[bh]r>"
    r'|<a href="(?:https?://|mailto:)[^"<>]*" rel="noopener nofollow ugc">|<a rel="noopener nofollow ugc">'
)


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>\n"),
        ("# a\n## b\n### c\n###### d", "<h2>a</h2>\n<h2>b</h2>\n<h3>c</h3>\n<h4>d</h4>\n"),
        ("[a](https://example.org/?a=1&b=2)", f'<p><a href="https://example.org/?a=1&amp;b=2"{REL}>a</a></p>\n'),
        ("<ana@example.org>", f'<p><a href="mailto:ana@example.org"{REL}>ana@example.org</a></p>\n'),
        ("> a\n\n---", "<blockquote>\n<p>a</p>\n</blockquote>\n<hr>\n"),
        ("```js\nx<1\n```", "<pre><code>x&lt;1\n</code></pre>\n"),
        ("https://example.org", "<p>https://example.org</p>\n"),
        ("", ""),
    ],
)
def test_markdown_becomes_html(source: str, html: str) -> None:
    assert render(source) == Markup(html)


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>", "<b hx-get=/x>a</b>", "<style>p{}</style>", "<iframe src=//e>",
        "<form action=//e>",
        "![alt](https://example.org/x.png)", "[a](javascript:alert(1))", "[a](JaVaScRiPt:alert(1))",
        "[a](data:text/html,x)",
        "[a](vbscript:x)", "[a](&#106;avascript:alert(1))", "[a](java\nscript:x)", "[a](//example.org)",
        "[a](/sign-out)",
        "<javascript:alert(1)>", '[a](https://example.org "x\\" onclick=alert(1)")', "[a](file:///etc/passwd)",
        '[a](https://example.org/"onmouseover="alert(1))', "<img src=x onerror=alert(1)>", "&lt;script&gt;",
        "<a href=javascript:alert(1)>x</a>", "[![x](https://e.example.org/t.gif)](javascript:x)", "\ud800", "a\x00b",
        "[a]: javascript:alert(1)\n\n[a]", "```<script>\nx\n```", "``` \" onload=x\nx\n```",
        "<math><mi xlink:href=x>",
    ],
)  # fmt: skip
def test_only_allowed_markup_comes_out(source: str) -> None:
    html = render(source)
    assert "<" not in ALLOWED.sub("", html)


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("ab<>[]()!*_`#&;:/\"'= \n\t-+1.~|\\jhtps")))
def test_only_allowed_markup_comes_out_of_anything(source: str) -> None:
    assert "<" not in ALLOWED.sub("", render(source))
    assert plain(source) == plain(source).strip()


def test_picture_leaves_its_description() -> None:
    assert render("![a <cat>](https://example.org/cat.png)") == Markup("<p>a &lt;cat&gt;</p>\n")


def test_plain_reads_well() -> None:
    source = (
        "# Hello\n\nA *soft* [word](https://example.org/a) and <https://example.org>\n\n1. one\n2. two\n"
        "   - in\n\n     deep\n\n"
        "> kind\n> words\n>\n> - here\n\n```\nx < 1\n```\n***\nEnd&nbsp;&lt;3"
    )
    assert plain(source) == (
        "Hello\n\nA soft word (https://example.org/a) and https://example.org\n\n1. one\n2. two\n   - in\n     deep\n\n"
        "> kind\n> words\n>\n> - here\n\nx < 1\n\n* * *\n\nEnd\u00a0<3"
    )


def test_thousands_of_brackets_stay_as_they_are_typed() -> None:
    assert render("[a](https://a.test) " * MOST_BRACKETS).count("<a href") == MOST_BRACKETS
    assert "<a" not in render("[a](https://a.test) " * (MOST_BRACKETS + 1))


def test_source_too_long_is_refused() -> None:
    assert render("a" * LONGEST_SOURCE) == Markup("<p>" + "a" * LONGEST_SOURCE + "</p>\n")
    for convert in (render, plain):
        with pytest.raises(ValueError, match="50001"):
            convert("a" * (LONGEST_SOURCE + 1))


BOMBS = {
    "quotes": ">", "spaced quotes": "> ", "brackets": "[", "images": "![", "stars": "*a_ ",
    "strong": "**a *a ", "thirds": "*a**a", "underscores": "*_", "code": "`a", "lists": "- ",
    "numbers": "1. ", "quoted lists": "> - ",
    "links": "[a](b", "titles": '[a](b "', "addresses": "<http://", "definitions": "[a]: /u\n",
    "open definitions": "[x\n", "half": "[a]: <",
    "entities": "&", "escapes": "\\", "fences": "```\n", "rules": "---\n", "tags": "<a ",
    "comments": "<!--", "tabs": "\t", "nested": "[]](",
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS.keys())
def test_hostile_source_takes_less_than_four_seconds(bomb: str) -> None:
    source = (bomb * LONGEST_SOURCE)[:LONGEST_SOURCE]
    started = time.process_time()
    html, text = render(source), plain(source)
    assert time.process_time() - started < 4  # C29, both together
    assert len(html) < 100 * LONGEST_SOURCE
    assert len(text) < 20 * LONGEST_SOURCE
