"""Every form on every organiser's screen, filled in with what nobody should type (reliability.md C1 to C16).

The forms are read from the pages themselves. Nothing may break (no 5xx), take long (4 s), or come alive: what was typed
is refused, or shown back as text.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from gatherings.communities.models import Member
from gatherings.core.clock import utc_now
from gatherings.core.folding import fold
from gatherings.core.tokens import new_public_id
from gatherings.tickets.models import Order
from tests.factories import make_event, make_question, make_registration
from tests.many_orders import fill_orders
from tests.organise.test_every_screen import path_of, screens
from tests.signing import make_role, sign_in
from tests.slotting import make_call, make_item, make_order, make_submission
from tests.ticketing import make_code, make_kind, make_sale

NASTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus='alert(1)' autofocus='",
    "{{ 7*7 }}{% if 1 %}{0.__class__} %(name)s",
    "two\r\nBcc: eve@example.net",
    "\x00\x07\u202eevil\u2028",
    "é漢👩🏽‍⚕️ﬁ" * 8,
    "\ud800",
    "9" * 400,
    "-1",
    "1e400",
    "2026-02-30T25:61",
    "../../etc/passwd",
    "javascript:alert(1)",
    "=cmd|' /C calc'!A0",
    "a" * 30_000,
]
# What a server's columns may choke on and a file's do not: the rest is ours, whatever the database.
FOR_A_SERVER = ["\x00\x07\u202eevil\u2028", "9" * 400, "1e400", "a" * 30_000]
SLOW = 4.0
KEPT = ("csrf_token",)


@dataclass
class Form:
    """A form as it stands on a page: where it goes, and what it would send."""

    action: str
    method: str = "get"
    fields: MultiDict[str, str] = field(default_factory=MultiDict)


class Forms(HTMLParser):
    """Read the forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[Form] = []
        self._open: Form | None = None
        self._select = self._area = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "form":
            self._open = Form(given.get("action") or "", (given.get("method") or "get").lower())
            self.found.append(self._open)
        elif self._open is None:
            return
        elif tag == "input" and given.get("name") and given.get("type") != "file":
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                self._open.fields.add(given["name"], given.get("value") or "")
        elif tag == "select":
            self._select = given.get("name") or ""
        elif tag == "option" and self._select and (self._select not in self._open.fields or "selected" in given):
            self._open.fields[self._select] = given.get("value") or ""
        elif tag == "textarea":
            self._area = given.get("name") or ""
            self._open.fields.add(self._area, "")
        elif tag == "button" and given.get("name"):
            self._open.fields.setdefault(given["name"], given.get("value") or "")

    def handle_endtag(self, tag):
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""


class Alive(HTMLParser):
    """Find what would run: scripts of no file, handlers, pictures from nowhere, addresses that are scripts."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "script" and "src" not in given and given.get("type") != "application/ld+json":
            self.found.append("script")
        self.found += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action", "formaction"):
            if (given.get(name) or "").strip().lower().startswith(("javascript:", "data:text", "x")):
                self.found.append(f"{tag} {name}={given[name]}")


@pytest.fixture
def place(app: Flask, client: FlaskClient, session: Session) -> dict[str, str]:
    """A hybrid event with a question, a full room and people, members; the owner is signed in."""
    event = make_event(session, mode="hybrid", capacity_room=1, capacity_online=5, title="A quiet hour")
    question = make_question(session, event, "one_of", options={"choices": [{"key": "tea", "label": "Tea"}]})
    people = [
        make_registration(session, event, address=f"p{number}@example.org", wish="room", answers={question.id: None})
        for number in range(3)
    ]
    owner = make_role(session, event.community, "owner")
    member = Member(
        public_id=new_public_id(), community_id=event.community_id, person_id=owner.id, name="Ada",
        name_folded=fold("Ada"), zone="Europe/London", state="active", source="form", created_at=utc_now(),
    )  # fmt: skip
    session.add(member)
    sign_in(client, session, owner)
    call = make_call(session, event)
    reserve = make_submission(session, call, state="reserve", reserve_number=1)
    make_item(session, make_order(session, event), 1, public_id=people[0].public_id, title="A slot", speakers="Ada")
    make_sale(session, event, state="draft")
    make_kind(session, event, public_id=people[0].public_id)
    make_code(session, event, public_id=people[0].public_id)
    fill_orders(session, event, [make_kind(session, event)], 2, now=utc_now())
    order = session.scalars(select(Order).where(Order.state == "due")).one()
    session.commit()
    return {
        "event": event.slug, "community": event.community.slug, "public_id": people[0].public_id,
        "submission": reserve.public_id, "kind": "accepted", "order": order.public_id,
    }  # fmt: skip


def forms_of(app: Flask, client: FlaskClient, place: dict[str, str]) -> Iterator[Form]:
    """Give each form of each screen once."""
    seen = set()
    for rule, _right in screens(app):
        if "GET" not in (rule.methods or ()) or "series" in rule.arguments:
            continue
        path = path_of(rule, place)
        answer = client.get(path)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        for form in Forms(answer.text).found:
            key = (form.action or path, form.method, tuple(sorted(form.fields)))
            if key not in seen and "/sign-out" not in form.action:
                seen.add(key)
                yield Form(form.action or path, form.method, form.fields)


def test_nothing_breaks_hangs_or_comes_alive(
    app: Flask, client: FlaskClient, place: dict[str, str], database_kind: str
) -> None:
    wrong: list[tuple[str, str, str]] = []
    tried = 0
    for form in list(forms_of(app, client, place)):
        names = [name for name in form.fields if name not in KEPT]
        for nasty in (NASTY if database_kind == "sqlite" else FOR_A_SERVER) if names else ():
            # All at once, as a program would …
            values = MultiDict(form.fields)
            for name in names:
                values.setlist(name, [nasty])
            trials = [values]
            if nasty in NASTY[:1]:  # … and one by one, the others as they stand.
                trials += [
                    MultiDict([*((n, v) for n, v in form.fields.items(multi=True) if n != name), (name, nasty)])
                    for name in names
                ]
            for values in trials:
                tried += 1
                began = time.monotonic()
                sent = {"query_string": values} if form.method == "get" else {"data": values}
                try:
                    answer = client.open(form.action, method=form.method.upper(), **sent)  # type: ignore[arg-type]
                except UnicodeEncodeError:
                    continue  # a browser could not send it either
                took = time.monotonic() - began
                if answer.status_code >= 500 or took > SLOW:
                    wrong.append((form.action, nasty[:30], f"{answer.status_code} after {took:.1f} s"))
                elif answer.mimetype == "text/html":
                    wrong += [(form.action, nasty[:30], alive) for alive in Alive(answer.text).found]
    assert tried > 100
    assert wrong == []
