"""Mails are MIME that calendars and mail programs accept, and no value gets a header line of its own."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parseaddr, parsedate_to_datetime
from typing import Any

import icalendar
import pytest
from flask import Flask, render_template
from jinja2 import ChoiceLoader, DictLoader, StrictUndefined

from gatherings.mail.look import look_of
from gatherings.mail.message import Letter, build, clean_line, composed_at, inline_styles, wrap

DATE = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
NAME = "Ärzte & Pflege — Resonanz 🌿 mit einem sehr langen Namen, der in keine Zeile passt"
CALENDAR = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//x//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:e-1@example.org\r\n"
    "DTSTAMP:20261120T120000Z\r\nDTSTART:20261217T180000Z\r\nSUMMARY:Grüße aus Åbo\r\nSEQUENCE:2\r\n"
    "END:VEVENT\r\nEND:VCALENDAR\r\n"
).encode()


def make(letter: Letter | None = None, **values) -> bytes:
    fields: dict[str, Any] = {
        "sender_name": "Resonance Circle", "mail_from": "gatherings@example.org", "recipient": "ada@example.org",
        "message_id": "<1@example.org>", "date": DATE,
    }  # fmt: skip
    return build(letter or Letter("Hello", "Hello.", "<p>Hello.</p>"), **(fields | values))


def parse(data: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(data)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def invite() -> EmailMessage:
    return parse(make(Letter("You have a place", "Come.", "<p>Come.</p>", CALENDAR, "REQUEST")))


def test_invite_has_the_structure_that_calendars_accept():
    message = invite()
    tree = [part.get_content_type() for part in message.walk()]
    assert tree == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics",
    ]  # fmt: skip
    *_, calendar, attachment = message.walk()
    assert calendar["Content-Type"].params == {"method": "REQUEST", "charset": "UTF-8"}
    assert calendar.get_content_disposition() is None
    assert (attachment.get_content_disposition(), attachment.get_filename()) == ("attachment", "invite.ics")


def test_method_stands_unquoted_as_calendars_write_it():
    data = make(Letter("You have a place", "Come.", "<p>Come.</p>", CALENDAR, "REQUEST"))
    assert b"\r\nContent-Type: text/calendar; method=REQUEST; charset=UTF-8\r\n" in data


def test_both_copies_of_the_calendar_are_its_bytes():
    *_, calendar, attachment = invite().walk()
    copies = [part.get_payload(decode=True) for part in (calendar, attachment)]
    assert copies == [CALENDAR, CALENDAR]
    [event] = icalendar.Calendar.from_ical(bytes(copies[0])).walk("VEVENT")
    assert str(event["SUMMARY"]) == "Grüße aus Åbo"


def test_mail_without_calendar_is_text_and_html_alone():
    message = parse(make())
    assert [part.get_content_type() for part in message.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    text, html = message.iter_parts()
    assert text.get_content() == "Hello.\r\n"
    assert "<p>Hello.</p>" in html.get_content()


@pytest.mark.parametrize(
    ("calendar", "method"), [(CALENDAR, "CANCEL"), (CALENDAR, None), (b"BEGIN:VCALENDAR", "REQUEST")]
)
def test_method_that_differs_from_the_calendar_is_refused(calendar, method):
    with pytest.raises(ValueError, match="METHOD"):
        make(Letter("x", "x", "<p>x</p>", calendar, method))


def test_bytes_are_ascii_with_crlf_and_short_lines():
    letter = Letter(NAME, NAME * 30, f"<p>{NAME * 60}</p>", CALENDAR, "REQUEST", "https://x.example.org/" + "u" * 700)
    data = make(letter, sender_name=NAME, recipient="a" * 60 + "@" + "long-label." * 20 + "example.org")
    assert data.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", data)
    assert max(map(len, data.split(b"\r\n"))) <= 998
    message = parse(data)
    assert message["Subject"] == NAME
    assert message["To"] == "a" * 60 + "@" + "long-label." * 20 + "example.org"
    assert message["List-Unsubscribe"] == "<https://x.example.org/" + "u" * 700 + ">"
    text = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    assert text.get_content().replace("\r\n", " ").strip() == (NAME * 30).strip()


def test_headers_say_who_it_is_from_and_that_a_machine_wrote_it():
    message = parse(make(Letter("x", "x", "x", unsubscribe="https://x.example.org/u/1", reply_to="host@example.org")))
    assert {name: str(value) for name, value in message.items() if not name.startswith(("Content", "MIME"))} == {
        "From": "Resonance Circle via Gatherings <gatherings@example.org>",
        "To": "ada@example.org",
        "Subject": "x",
        "Message-ID": "<1@example.org>",
        "Date": "Fri, 20 Nov 2026 12:00:00 +0000",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Reply-To": "host@example.org",
        "List-Unsubscribe": "<https://x.example.org/u/1>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    assert parsedate_to_datetime(message["Date"]) == DATE
    assert composed_at(make()) == DATE


@pytest.mark.parametrize(
    "name",
    ["Team", 'The "A" Team', "Back\\slash", "Smith, Ada", "x@evil.example <y@evil.example>", "a;b:c(d)", "Dr. No", NAME,
     "日本語" * 20, "=?utf-8?q?Bank?=", "x" * 200],
)  # fmt: skip
def test_any_name_stays_a_name(name):
    # Read by the older parser: the new one keeps the spaces between encoded words of a name, against RFC 2047 6.2.
    phrase, address = parseaddr(message_from_bytes(make(sender_name=name))["From"])
    assert address == "gatherings@example.org"
    assert str(make_header(decode_header(phrase))) == f"{name} via Gatherings"


@pytest.mark.parametrize("name", ["", "Gatherings", "Resonance via Gatherings"])
def test_our_own_name_is_not_said_twice(name):
    [address] = parse(make(sender_name=name))["From"].addresses
    assert address.display_name == (name or "Gatherings")


ATTACKS = [
    "x\r\nBcc: evil@example.org", "x\nBcc: evil@example.org", "x\rBcc: evil@example.org", "x\x0bBcc: evil@example.org",
    "x\u2028Bcc: evil@example.org", "x\u2029Bcc: evil@example.org", "x\x85Bcc: evil@example.org",
    "x\r\n\r\n<script>alert(1)</script>", "x\x00\x1f\x7f", "x\u202egpj.exe", "x\r\n Bcc: evil@example.org", "\ud800x",
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("field", ["subject", "sender_name", "recipient", "message_id", "reply_to", "text"])
def test_no_value_gets_a_header_line_of_its_own(attack, field):
    plain = parse(make(Letter("s", "t", "<p>h</p>", reply_to="r@example.org")))
    letter: dict[str, Any] = {"subject": "s", "text": "t", "html": "<p>h</p>", "reply_to": "r@example.org"}
    values: dict[str, Any] = {}
    (letter if field in letter else values)[field] = attack
    data = make(Letter(**letter), **values)
    message = BytesParser(policy=policy.default).parsebytes(data)
    assert message.keys() == plain.keys()
    assert not re.search(rb"(?mi)^\s*Bcc:", data.split(b"\r\n\r\n")[0])
    assert [part.get_content_type() for part in message.walk()] == [part.get_content_type() for part in plain.walk()]


@pytest.mark.parametrize(
    "url", ["https://x.example.org/\r\nBcc: e@x", "javascript:alert(1)", "https://x.example.org/ö", "https://x/ y"]
)
def test_unsubscribe_that_is_no_url_is_refused(url):
    with pytest.raises(ValueError, match="unsubscribe"):
        make(unsubscribe=url)


def test_line_is_cleaned_but_joiners_inside_words_stay():
    assert clean_line(" a\r\n\tb\u2028c\u202e \u00e9 ") == "a b c é"
    assert clean_line("می\u200cخواهم 👩\u200d⚕️") == "می\u200cخواهم 👩\u200d⚕️"


def test_text_is_wrapped_at_72_columns_and_links_are_never_broken():
    link = "https://gatherings.example.org/manage/" + "k" * 80
    text = wrap(f"{'word ' * 40}\n\n\n\n  {'indented ' * 12}\n{link}\n")
    lines = text.split("\n")
    assert link in lines
    assert max(len(line) for line in lines if line != link) <= 72
    assert "\n\n\n" not in text
    assert sum(line.startswith("  indented") for line in lines) == 2


def test_styles_are_inlined_dark_mode_stays_and_nothing_is_fetched():
    html = (
        '<html><head><link rel="stylesheet" href="file:///etc/passwd"><style>p { color: #123456 }'
        " @media (prefers-color-scheme: dark) { p { color: #abcdef !important } }</style></head>"
        "<body><p>x</p></body></html>"
    )
    made = inline_styles(html)
    assert '<p style="color: #123456;">x</p>' in made
    assert "prefers-color-scheme: dark" in made
    assert "root:" not in made


PAGE = {
    "x.html": '{% extends "mail/base.html" %}{% from "mail/_parts.html" import button with context %}'
    "{% block title %}Hello{% endblock %}{% block body %}<p>{{ name }}</p>{{ button(url, _('Open')) }}{% endblock %}",
    "x.txt": '{% extends "mail/base.txt" %}{% from "mail/_parts.txt" import button %}'
    "{% block title %}Hello{% endblock %}{% block body %}{{ name }}\n\n{{ button(url, _('Open')) }}{% endblock %}",
}


def test_frame_shows_title_body_and_button_and_escapes_names(app: Flask):
    assert app.jinja_loader is not None
    app.jinja_env.loader = ChoiceLoader([app.jinja_loader, DictLoader(PAGE)])
    app.jinja_env.undefined = StrictUndefined
    url = "https://x.example.org/a?b=1&c=2"
    with app.app_context():
        html = inline_styles(render_template("x.html", name="<b>Ada</b>", url=url, look=look_of("sea", "tea")))
        text = wrap(render_template("x.txt", name="Ada & <b>", url=url))
    assert html.count("Hello</h1>") == 1
    assert "&lt;b&gt;Ada&lt;/b&gt;" in html
    assert 'href="https://x.example.org/a?b=1&amp;c=2"' in html
    assert "max-width: 600px" in html
    assert text.startswith(f"Hello\n=====\n\nAda & <b>\n\nOpen:\n{url}\n")
    assert max(map(len, text.split("\n"))) <= 72
