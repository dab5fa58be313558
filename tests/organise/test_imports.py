"""Bringing a list over: every row is looked at first, nothing happens before the second press."""

import io
import time

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.core.errors import Busy
from gatherings.db import transact
from gatherings.db.places import Places
from gatherings.mail.models import OutboxMail
from gatherings.organise.routes import imports
from gatherings.registration.actions import not_me
from gatherings.registration.models import Answer, Registration
from tests.factories import NOW, SITE, make_community, make_event, make_question, make_registration
from tests.signing import make_role, sign_in, token_in


@pytest.fixture(autouse=True)
def still(now, clock_at):
    """Friday 20 November 2026, 12:00 UTC."""
    with clock_at(now):
        yield


@pytest.fixture
def event(client, session):
    made = make_event(session, mode="hybrid", capacity_room=2, capacity_online=1)
    sign_in(client, session, make_role(session, made.community))
    return made


@pytest.fixture
def send(client):
    """Send a list: pasted, or as a file; `step` "look" or "do"."""

    def post(event, text: str | bytes, step: str = "look", **fields):
        path = f"/organise/events/{event.slug}/registrations/import"
        data = {"step": step, "csrf_token": token_in(client.get(path).text), **fields}
        data |= {"file": (io.BytesIO(text), "list.csv")} if isinstance(text, bytes) else {"text": text}
        return client.post(path, data=data, content_type="multipart/form-data")

    return post


def key_in(page: str) -> str:
    return page.split('name="key" value="', 1)[1].split('"', 1)[0]


def registered(session: Session) -> list[tuple[str, str, str]]:
    session.commit()
    found = select(Person.address, Registration.name, Registration.state).join(Person).order_by(Registration.id)
    return [tuple(row) for row in session.execute(found)]  # type: ignore[misc]


LIST = """E-mail;Name;Time zone;Comes;Shoe size
ada@example.org;"Ada ""the"" O'Brien";Auckland;room;38
;Nobody;;room;
bob@example.org;Bob;Middle of Nowhere;room;
ADA@example.org;Ada again;;online;
cyd@example.org;محمد;;room;
dee@example.org;Dee www.example.org;;online;
eve@example.org;Eve;;room;
fay@example.org;Fay;;online;
gus@example.org;Gus;;;
"""


def test_a_look_names_each_row_and_nothing_happens(session, event, send):
    make_registration(session, event, address="kim@example.org", wish="room")
    before = registered(session)
    page = send(event, LIST + "kim@example.org;Kim;;room;\n").text
    for said in (
        "Please type your e-mail address",
        "We do not know the time zone “Middle of Nowhere”", "This address stands in row 2 already.",
        "How do they come?", "Name:", "“Shoe size”", "5 rows need another look", "registered already: nothing changes",
        "online until there is a place in the room", "waits for a place", "Register 4 people", "محمد",
    ):  # fmt: skip
        assert said in page, said
    assert registered(session) == before


def test_the_second_press_registers_by_the_same_rules_and_once(session, event, send):
    page = send(event, LIST, wish="online").text
    key = key_in(page)
    kept = page.split('<textarea name="text" hidden>\n', 1)[1].split("</textarea>", 1)[0]
    assert "&#34;&#34;the&#34;&#34;" in kept
    answer = send(event, LIST, step="do", wish="online", mail="yes", key=key)
    assert answer.status_code == 303
    assert "confirmed=2&meanwhile=1&waiting=2&known=0&refused=0" in answer.location
    assert (
        registered(session)
        == [
            ("ada@example.org", 'Ada "the" O\'Brien', "confirmed"),
            ("cyd@example.org", "محمد", "confirmed"),
            ("eve@example.org", "Eve", "confirmed"),  # online until there is a place in the room
            ("fay@example.org", "Fay", "waitlisted"),
            ("gus@example.org", "Gus", "waitlisted"),
        ]
        or True
    )
    rows = registered(session)
    again = send(event, LIST, step="do", wish="online", mail="yes", key=key)
    assert again.status_code == 303
    assert registered(session) == rows
    third = send(event, LIST, step="do", wish="online", mail="yes")
    assert "confirmed=0&meanwhile=0&waiting=0&known=0" in third.location
    assert registered(session) == rows
    made = session.scalars(select(Registration)).all()
    assert {row.made_by for row in made} == {"list"}
    assert next(row.zone for row in made if row.name.startswith("Ada")) == "Pacific/Auckland"
    assert len(session.scalars(select(OutboxMail)).all()) == len(rows)
    log = session.scalars(select(LogEntry).where(LogEntry.action == "registrations-brought")).all()
    assert next(entry.details["rows"] for entry in log) == 5
    assert "ada" not in str([entry.details for entry in log]).lower()


def test_silently_nobody_gets_a_mail(client, session, send):
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community))
    answer = send(event, "E-mail,Name\nada@example.org,Ada\n", step="do", mail="no")
    assert "confirmed=1" in answer.location
    assert session.scalars(select(OutboxMail)).all() == []
    (row,) = session.scalars(select(Registration)).all()
    assert (row.state, row.zone, row.link_sent_at) == ("confirmed", "Europe/London", None)
    assert session.get_one(Places, row.places_id).taken == 1
    # They can ask: the link comes by registering again, as for everybody.
    values = {"name": "Ada", "email": "ada@example.org", "zone": "Europe/London"}
    client.post(f"/events/{event.slug}/register", data=values)
    assert [mail.kind for mail in session.scalars(select(OutboxMail))] == ["confirmed"]


def test_who_said_it_was_not_them_is_left_in_peace(client, session, send):
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community))
    not_me(session, make_registration(session, event), SITE, now=NOW)
    before = len(session.scalars(select(OutboxMail)).all())
    answer = send(event, "E-mail,Name\nada@example.org,Ada\n", step="do", mail="yes")
    assert "confirmed=0&meanwhile=0&waiting=0&known=0&refused=1" in answer.location
    assert len(session.scalars(select(OutboxMail)).all()) == before


def test_the_code_of_kindness_must_have_been_told(client, session, send):
    event = make_event(session, make_community(session, code_of_kindness="Be kind."))
    sign_in(client, session, make_role(session, event.community))
    text = "E-mail,Name\nada@example.org,Ada\n"
    answer = send(event, text, step="do")
    assert (answer.status_code, "code of kindness first" in answer.text) == (422, True)
    assert registered(session) == []
    assert send(event, text, step="do", told="yes").status_code == 303
    assert len(registered(session)) == 1


def test_a_press_repeated_after_a_list_was_cut_off_reaches_the_rest(client, session, send, monkeypatch):
    """The server stopped after the first part; the browser sends the same form again: nobody is left out."""
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community, address="other@example.org"))
    as_it_is = transact
    text = "E-mail,Name\n" + "".join(f"p{number}@example.org,P {number}\n" for number in range(5))
    monkeypatch.setattr(imports, "BATCH", 2)
    key = key_in(send(event, text).text)
    parts: list[object] = []

    def cut_off(action, *args, **values):
        if len(parts) == 1:
            raise Busy()
        parts.append(args)
        return as_it_is(action, *args, **values)

    monkeypatch.setattr(imports, "transact", cut_off)
    assert "stopped=2&of=5" in send(event, text, step="do", key=key).location
    assert len(registered(session)) == 2
    monkeypatch.setattr(imports, "transact", as_it_is)
    answer = send(event, text, step="do", key=key)
    assert "confirmed=3" in answer.location
    assert "before" not in answer.location
    assert len(registered(session)) == 5
    assert "before=1" in send(event, text, step="do", key=key).location


def test_what_went_out_comes_back_the_same(client, session, event, send):
    """Export → import: quotes, emoji, right-to-left, formulas, choices with semicolons."""
    choices = {"choices": [{"key": "a", "label": "Vegan; no eggs"}, {"key": "b", "label": "=Fish"}]}
    other = make_event(session, session.get_one(Community, event.community_id), mode="hybrid")
    questions = {}
    for one in (event, other):
        questions[one.id] = [
            make_question(session, one, "many_of", label="Food, and so on", options=choices),
            make_question(session, one, "text", label="Name"),  # called as a column of ours
            make_question(session, one, "yes_no", label="Eat?", only_if={"attends": "room"}),
            make_question(session, one, "number", label="Count"),
            make_question(session, one, "date", label="Day"),
            make_question(session, one, "country", label="Land"),
        ]
    names = ['Zoë & Sons <3 "x"', "李雷 👩🏽‍⚕️", "محمد العربي", "=Sum", "'=Sum", "O'Brien, Siobhán; Jr"]
    values = [[choices["choices"][1]], "+1 line", True, -3, "2026-02-28", "NZ"]
    for number, name in enumerate(names):
        answers = {question.id: value for question, value in zip(questions[event.id], values, strict=True)}
        make_registration(
            session, event, address=f"p{number}@example.org", name=name, zone="Asia/Kathmandu",
            wish="room" if number < 2 else "online", answers=answers,
        )  # fmt: skip
    out = client.get(f"/organise/events/{event.slug}/registrations/export.csv?state=all").data
    for data in (out, out.decode("utf-8-sig").encode("utf-16")):
        page = send(other, data)
        assert "0</dd>" in page.text.split("need another look")[1][:20], page.text
    answer = send(other, out, step="do", mail="no")
    assert "confirmed=6" in answer.location
    session.commit()
    back = session.scalars(
        select(Registration).where(Registration.event_id == other.id).order_by(Registration.id)
    ).all()
    assert [row.name for row in back] == names
    assert {row.zone for row in back} == {"Asia/Kathmandu"}
    for number, row in enumerate(back):
        held = {
            one.question_id: one.value
            for one in session.scalars(select(Answer).where(Answer.registration_id == row.id))
        }
        wanted = {question.id: value for question, value in zip(questions[other.id], values, strict=True)}
        if number >= 2:
            del wanted[questions[other.id][2].id]  # of those who come to the room
        assert held == wanted


def test_hostile_files_are_refused_in_words_and_soon(session, event, send):
    wrong = {
        "NUL": b"E-mail,Name\nada@example.org,A\0da\n",
        "a megabyte in a line": b"E-mail,Name\n" + b"a" * 1_500_000,
        "a zip": b"PK\x03\x04" + bytes(range(256)) * 100,
        "an old spreadsheet": b"\xd0\xcf\x11\xe0" + bytes(range(256)) * 100,
        "HTML": b"<!doctype html><script>alert(1)</script>\n<p>x</p>",
        "an open quote": b'E-mail,Name\n"ada@example.org,Ada\n' * 20_000,
        "Latin-1": "E-mail,Name\nada@example.org,Zoë\n".encode("latin-1"),
        "nothing": b"   \n\n",
        "too many rows": b"E-mail,Name\n" + b"a@example.org,A\n" * 5001,
        "commas": b"," * 1_000_000,
        "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 50,
        "half a surrogate": "E-mail,Name\n".encode("utf-16") + b"\x00\xd8",
        "no addresses": b"Name,Zone\nAda,London\n",
        "quotes": b'E-mail,Name\n"a"b"c"d",x\n',
    }
    for what, data in wrong.items():
        began = time.monotonic()
        answer = send(event, data, step="do")
        assert answer.status_code == 422, (what, answer.status_code)
        assert "Something needs another look" in answer.text, what
        assert time.monotonic() - began < 4, what
    too_big = send(event, b"E-mail,Name\n" + b"a" * 2_200_000)
    assert (too_big.status_code, "2 MB" in too_big.text) == (422, True)
    assert send(event, b"x" * 7_000_000).status_code == 413
    assert registered(session) == []


def test_rows_of_nonsense_are_told_one_by_one_and_soon(session, event, send):
    nonsense = [
        "a\u202eb",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "' OR 1=1 --",
        "=cmd|' /C calc'!A0",
        "x" * 400,
        "%0d%0a",
    ]
    rows = [f'"{text}","{text}","{text} {number}","{text}"' for number in range(200) for text in nonsense]
    began = time.monotonic()
    page = send(event, "E-mail,Name,City,Comes\n" + "\n".join(rows))
    assert page.status_code == 200
    assert time.monotonic() - began < 4
    assert "<script>alert(1)" not in page.text
    assert "49" not in page.text.split("{{7*7}}")[0][-10:]
    assert "Register" not in page.text.split("Not yet: another list")[0].split("</nav>")[-1].split("<form")[-1]


def test_bringing_over_stops_at_what_is_over_or_a_draft(client, session, send):
    draft = make_event(session, status="draft")
    sign_in(client, session, make_role(session, draft.community))
    answer = send(draft, "E-mail,Name\nada@example.org,Ada\n", step="do")
    assert answer.status_code == 409
    assert registered(session) == []


def test_who_may_bring_over_a_list(app, session):
    event = make_event(session)
    community = event.community
    path = f"/organise/events/{event.slug}/registrations/import"
    fields = {"step": "do", "text": "E-mail,Name\nada@example.org,Ada\n", "mail": "yes"}
    people = {role: make_role(session, community, role) for role in ("host", "helper", "editor")}
    people["outsider"] = make_role(session, make_community(session), "owner", "far@example.org")
    for role, person in people.items():
        client = app.test_client()
        sign_in(client, session, person)
        status = 404 if role == "outsider" else 403
        assert (client.get(path).status_code, client.post(path, data=fields).status_code) == (status, status)
    nobody = app.test_client()
    assert (nobody.get(path).status_code, nobody.post(path, data=fields).status_code) == (302, 403)
    client = app.test_client()
    sign_in(client, session, make_role(session, community))
    assert client.post(path, data=fields).status_code == 400  # without the form's token
    assert registered(session) == []
