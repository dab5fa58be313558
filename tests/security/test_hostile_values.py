"""Hostile values on their whole way (C2, C4-C7, C10): page, fragment, mail, calendar, export, feed.

Each is compared with a harmless value: the same elements with the same attributes, the same header lines, the same
lines of the calendar. What comes alive, or ends a line, makes another shape.
"""

import json
import re
from email import message_from_bytes, policy
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from gatherings import wiring
from gatherings.mail.models import OutboxMail
from tests.factories import (
    NOW,
    dates_of,
    make_community,
    make_consent,
    make_event,
    make_question,
    make_registration,
    make_series,
    make_series_registration,
)

PLAIN = "Kindness"
PAGE: dict[str, str] = {}
FRAGMENT = {"HX-Request": "true"}
HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onfocus='alert(1)' autofocus='", "<b>bold",
    "</textarea></title></script><svg/onload=alert(1)>", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;i&#62;", "<!-- -->",  # noqa: E501
    "{{ 7*7 }}{% if 1 %}", "%(name)s %s %n {0.__class__} ${7*7} #{7*7} <%= 7 %>", '" hx-get="/x" hx-trigger="load',
    "BEGIN:VALARM\\nEND:VALARM", "x;CN=Eve:mailto:e,e", "=?utf-8?q?Bcc=3A?=", "\\", '"', "a" * 120, "é漢👩🏽‍⚕️ﬁ" * 8, "]]>",  # noqa: E501
]  # fmt: skip
ORGANISERS = [*HOSTILE, "two\r\nBcc: eve@example.net", "two\nX-Evil: 1\n\n<p>body", "sep\u2028x\u2029y\x85z\x0b", "\x00\x07\x1b[31m", "\u202eevil",  # noqa: E501
              "javascript:alert(1)", "DESCRIPTION:x\r\nATTENDEE:mailto:e@example.net"]  # fmt: skip


class Shape(HTMLParser):
    """The elements of a page in order, each with the names of its attributes; and all that would run or load."""

    def __init__(self, html):
        super().__init__(convert_charrefs=True)
        self.elements, self.text, self.urls = [], "", []
        self.pictures, self.blocks = [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, *sorted(name for name, _value in attrs)))
        if tag == "img":
            self.pictures.append(dict(attrs).get("src"))
        if tag == "script" and "src" not in dict(attrs):
            self.blocks.append(dict(attrs).get("type"))
        leading = {"href", "src", "action", "hx-post", "hx-get"}
        if "http-equiv" in dict(attrs):  # any other meta's content is only words
            leading.add("content")
        self.urls += [value for name, value in attrs if name in leading]

    def handle_comment(self, data):
        self.elements.append(("comment",))

    def unknown_decl(self, data):
        self.elements.append(("unknown", data))

    def handle_data(self, data):
        self.text += data


def calendar_shape(data):
    """Give the names of a calendar's lines in order; each line is at most 75 octets long and ends in CRLF."""
    assert data.endswith(b"\r\n")
    for line in data.split(b"\r\n"):
        assert len(line) <= 75
        assert b"\r" not in line
        assert b"\n" not in line
        line.decode("utf-8")
    unfolded = data.replace(b"\r\n ", b"")
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", unfolded)
    return [re.split(rb"[:;]", line, maxsplit=1)[0] for line in unfolded.split(b"\r\n")]


class World:
    """A gathering and an "every month" made of one value, and everything that is written about them."""

    def __init__(self, app, session, typed, told):
        self.app, self.session = app, session
        self.client = app.test_client()
        community = make_community(session, name=told, sender=told, about=told, code_of_kindness=told)
        values = {"title": told, "summary": told, "about": told}
        self.event = make_event(
            session, community, mode="hybrid", place_name=told, place_address=told, theme=told, **values
        )
        question = make_question(session, self.event, "long_text", label=told, help=told)
        make_consent(session, self.event, text=told, key="photos")
        form = {"name": typed, "email": "ada@example.org", "zone": "UTC", "wish": "online", "code_agreed": "yes",
                f"q_{question.public_id}": typed}  # fmt: skip
        self.bad = self.client.post(f"/events/{self.event.slug}/register", data={**form, "email": typed, "zone": typed})
        single = make_registration(
            session, self.event, name=typed, answers={question.id: typed}, consents=frozenset({"photos"})
        )
        series = make_series(session, community, title=told, summary=told)
        every = make_series_registration(session, dates_of(session, series)[0], name=typed)
        signer = app.extensions["gatherings.signer"]
        self.links = {
            "manage": f"/registrations/{signer.sign('manage', single.public_id, 1)}",
            "every": f"/registrations/{signer.sign('manage-series', every.public_id, every.link_version)}",
            "join": f"/join/{signer.sign('join', single.public_id, 1)}",
            "feed": f"/calendar/{signer.sign('feed', single.person.public_id, 1)}.ics",
        }
        self.pages = [
            "/", f"/?q={told[:3]}", f"/events/{self.event.slug}", f"/events/{self.event.slug}/register", f"/series/{series.slug}",  # noqa: E501
            f"/communities/{community.slug}", f"/events/{self.event.slug}/registered", self.links["manage"], self.links["every"],  # noqa: E501
            self.links["join"], f"{self.links['manage']}/cancel", f"{self.links['manage']}/not-me", "/mailbox", "/mailbox/1",  # noqa: E501
            f"/events/{self.event.slug}/below", f"/events/{self.event.slug}/when",
        ]  # fmt: skip
        self.calendars = [
            f"/events/{self.event.slug}/event.ics", f"/series/{series.slug}/calendar.ics", self.links["feed"],
            f"/communities/{community.slug}/calendar.ics", f"{self.links['manage']}/invite.ics", f"{self.links['every']}/invite.ics",  # noqa: E501
        ]  # fmt: skip
        self.client.post("/my-data", data={"email": "ada@example.org"})

    def page_shapes(self, headers):
        shapes = {}
        for number, path in enumerate(self.pages):
            answer = self.client.get(path, headers=headers)
            assert answer.status_code == 200, path
            shapes[number] = Shape(answer.text)
        return shapes

    def mails(self):
        """Compose all mails as the worker does, and open each."""
        settings = self.app.config["GATHERINGS"]
        self.session.commit()
        while wiring.drains(self.app, settings)[0]("worker", NOW):
            pass
        self.session.commit()
        rows = self.session.scalars(select(OutboxMail).order_by(OutboxMail.id).options(undefer(OutboxMail.mime))).all()
        assert {row.state for row in rows} == {"kept"}
        return [(row.mime, message_from_bytes(row.mime, policy=policy.default)) for row in rows]


@pytest.fixture
def world_of(make_another, session):
    app = make_another(GATHERINGS_DEMO="1")
    app.extensions["tests.sessions"].append(session)

    def make(typed, told):
        if session.get_bind().dialect.name == "postgresql":
            told = told.replace("\x00", "")  # no text there holds NUL, whoever writes it
        return World(app, session, typed, told)

    return make


def mail_shape(raw, message):
    html = message.get_body(("html",))
    calendars = [
        part.get_payload(decode=True)
        for part in message.walk()
        if part.get_content_type() in ("text/calendar", "application/ics")
    ]
    return (
        [name for name, _value in message.items()],
        [part.get_content_type() for part in message.walk()],
        Shape(html.get_content()).elements,
        [calendar_shape(data) for data in calendars],
    )


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value[:18]))
def test_what_a_visitor_types_comes_alive_nowhere(world_of, value):
    compare(world_of, value, PLAIN, PAGE, FRAGMENT)


@pytest.mark.parametrize("value", ORGANISERS, ids=lambda value: ascii(value[:18]))
def test_what_an_organiser_writes_comes_alive_nowhere(world_of, value):
    compare(world_of, PLAIN, value, PAGE, marked_down=True)


def compare(world_of, typed, told, *asked, marked_down=False):
    """Compare a world with that value with a harmless one; what Markdown makes of a text is counted out."""
    hostile = world_of(typed, told)
    for headers in asked:
        shapes = hostile.page_shapes(headers)
        for number, shape in shapes.items():
            check_elements(shape, number)
        if not marked_down:
            assert any(typed.strip() in shape.text for shape in shapes.values()), "shown as it was typed"
    mails = hostile.mails()
    check_elements(Shape(hostile.bad.text), "refused form")
    assert hostile.bad.status_code == 422
    for raw, message in mails:
        check_mail(raw, message)
    for path in hostile.calendars:
        answer = hostile.client.get(path)
        assert answer.status_code == 200, path
        names = calendar_shape(answer.data)
        assert b"VALARM" not in b"".join(names)
        assert names.count(b"BEGIN") == names.count(b"END")
        assert b"ATTENDEE" not in names
        assert set(names) <= CALENDAR_LINES, set(names) - CALENDAR_LINES


# What our own templates write, boolean attributes besides: whatever else stands in a page came alive.
TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
ALLOWED_ATTRIBUTES = {
    "autofocus",
    "checked",
    "crossorigin",
    "defer",
    "hidden",
    "download",
    "novalidate",
    "open",
    "required",
    "sandbox",
    "selected",
}
for template in TEMPLATES.rglob("*.html"):
    ALLOWED_ATTRIBUTES |= {
        name.lower() for name in re.findall(r"""[\s(,]([a-zA-Z][a-zA-Z0-9-]*)=["'{]""", template.read_text())
    }
    ALLOWED_ATTRIBUTES |= set(re.findall(r"[\s}](data-[a-z-]+)", template.read_text()))
ALLOWED_ATTRIBUTES |= {"inputmode", "min", "max"}  # of questions, by their types
ALLOWED_ATTRIBUTES -= {"formaction"}  # on organisers' screens alone
assert not [name for name in ALLOWED_ATTRIBUTES if name.startswith("on") or name in ("style", "srcdoc", "formaction")]
CALENDAR_LINES = {
    b"BEGIN", b"END", b"VERSION", b"PRODID", b"CALSCALE", b"METHOD", b"NAME", b"X-WR-CALNAME", b"REFRESH-INTERVAL",
    b"X-PUBLISHED-TTL", b"UID", b"SEQUENCE", b"DTSTAMP", b"CREATED", b"LAST-MODIFIED", b"DTSTART", b"DTEND", b"RRULE",
    b"EXDATE", b"RDATE", b"RECURRENCE-ID", b"SUMMARY", b"DESCRIPTION", b"LOCATION", b"URL", b"CATEGORIES", b"RELATED-TO",  # noqa: E501
    b"STATUS", b"TRANSP", b"TZID", b"TZNAME", b"TZOFFSETFROM", b"TZOFFSETTO", b"",
}  # fmt: skip


def check_elements(shape, where):
    """Nothing that runs by itself, nothing loaded from elsewhere, no attribute of an event."""
    for tag, *names in shape.elements:
        assert tag not in ("object", "embed", "math", "base", "style", "comment", "unknown", "i", "b"), (where, tag)
        assert set(names) <= ALLOWED_ATTRIBUTES, (where, tag, names)
        if tag == "script":
            assert names in (["defer", "src"], ["type"]), where
        if tag == "iframe":
            assert "sandbox" in names
        if "hx-get" in names:
            asks_again = tag == "div" and "hx-trigger" in names  # the page that waits for the way in to open
            assert tag in ("form", "a", "input") or asks_again, (where, tag)
    assert set(shape.blocks) <= {"application/ld+json"}, where  # data, which no browser runs
    assert all(re.match(r"/(?!/)", picture or "") for picture in shape.pictures), (where, shape.pictures)
    assert "/x" not in shape.urls, where  # where a hostile value would have htmx go
    for url in shape.urls:
        assert not re.match(r"\s*(javascript|data|vbscript):", url or "", re.IGNORECASE), (where, url)


def check_mail(raw, message):
    head = raw.split(b"\r\n\r\n")[0]
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert len(names) == len(set(names))
    assert {b"Bcc", b"Cc", b"X-Evil"}.isdisjoint(names)
    assert str(message["To"]) == "ada@example.org"
    assert not message.defects
    html = message.get_body(("html",)).get_content()
    shape = Shape(html)
    assert {tag for tag, *_names in shape.elements} <= MAIL_TAGS, {tag for tag, *_ in shape.elements} - MAIL_TAGS
    for url in shape.urls:
        assert not re.match(r"\s*(javascript|data):", url or "", re.IGNORECASE)
    for _tag, *names in shape.elements:
        assert not [name for name in names if name.startswith(("on", "hx-"))]
    for part in message.walk():
        if part.get_content_type() in ("text/calendar", "application/ics"):
            shape = calendar_shape(part.get_payload(decode=True))
            assert shape.count(b"ATTENDEE") == shape.count(b"ORGANIZER") == shape.count(b"UID")
            assert set(shape) <= CALENDAR_LINES | {b"ATTENDEE", b"ORGANIZER"}


MAIL_TAGS = {
    "html", "head", "meta", "title", "style", "body", "div", "table", "tbody", "tr", "td", "h1", "h2", "p", "a", "br",
    "strong", "span", "comment",
}  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: ascii(value[:18]))
def test_the_export_holds_exactly_what_was_typed(world_of, session, value):
    from gatherings.accounts.actions import make_fresh_link
    from gatherings.accounts.models import Person

    world = world_of(value, PLAIN)
    person = session.scalars(select(Person).where(Person.key == "ada@example.org")).one()
    secret = make_fresh_link(session, person, "my-data", now=NOW)
    answer = world.client.get(f"/my-data/{secret}/export.json")
    assert answer.mimetype == "application/json"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert b"<" not in answer.data or b"\\u003c" in answer.data or "<" in value
    held = json.loads(answer.data)
    assert held["registrations"][0]["name"] == value
    assert held["registrations"][0]["answers"][0]["answer"] == value
    page = world.client.get(f"/my-data/{secret}")
    check_elements(Shape(page.text), "my data")
    assert value in Shape(page.text).text
