"""The screens of letters: as each role and outsider, by borrowed ids, bad input, pressed twice, two at once."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.core.tokens import new_public_id
from gatherings.events.models import Event
from gatherings.letters.audience import Audience
from gatherings.letters.models import Letter
from gatherings.letters.words import audience_words
from gatherings.mail.models import OutboxMail
from gatherings.web.times import day_words
from tests.factories import make_community, make_event, make_question, make_registration
from tests.signing import make_role, sign_in, token_in

ROLES = {"owner": True, "organiser": True, "host": False, "helper": False, "editor": False}
SCREENS = ("", "/new", "/{letter}", "/{letter}/edit", "/{letter}/html", "/{letter}/send", "/{letter}/people")
PRESSES = ("/new", "/{letter}/edit", "/{letter}/test", "/{letter}/send", "/{letter}/stop", "/{letter}/delete")
FIELDS = {"subject": "Soon: {event}", "body": "Hello {name}", "kind": "about", "when": "now", "hour": "9"}
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def books(session: Session) -> list[str]:
    session.commit()
    session.expire_all()
    return [repr(session.execute(select(table).order_by(table.c.id)).all()) for table in (
        Letter.__table__, OutboxMail.__table__,
    )]  # fmt: skip


def base_of(event: Event) -> str:
    return f"/organise/events/{event.slug}/letters"


def save(client: FlaskClient, path: str, **values: str) -> tuple[str, str]:
    """Write a letter as a person does; give its public id and the form's token."""
    page = client.get(path)
    assert page.status_code == 200
    letter = re.search(r'name="letter" value="([^"]+)"', page.text)[1]  # type: ignore[index]
    fields = {**FIELDS, "csrf_token": token_in(page.text), "letter": letter, "edits": "0", **values}
    answer = client.post(path, data=fields)
    assert answer.status_code == 303, answer.text
    assert answer.location.endswith(f"/letters/{letter}")
    return letter, fields["csrf_token"]


def sending(client: FlaskClient, path: str, token: str) -> dict[str, str]:
    """Look at the second step; give what its button sends."""
    page = client.get(f"{path}/send").text
    return {
        "csrf_token": token,
        "edits": re.search(r'name="edits" value="(\d+)"', page)[1],  # type: ignore[index]
        "count": re.search(r'name="count" value="(\d+)"', page)[1],  # type: ignore[index]
    }


@pytest.fixture
def event(session: Session) -> Event:
    event = make_event(session)
    for number, zone in enumerate(("Pacific/Auckland", "Europe/London", "America/New_York")):
        make_registration(session, event, address=f"p{number}@example.org", name=f"Person {number}", zone=zone)
    return event


@pytest.fixture
def signed(client: FlaskClient, session: Session, event: Event) -> FlaskClient:
    sign_in(client, session, make_role(session, event.community, "organiser", name="Nicki"))
    return client


def draft_of(session: Session, event: Event | None, **values: object) -> Letter:
    community = event.community  # type: ignore[union-attr]
    letter = Letter(
        **{
            "public_id": new_public_id(), "community_id": community.id, "event_id": event.id,  # type: ignore[union-attr]
            "author_id": make_role(session, make_community(session), "owner", "author@example.org").id,
            "subject": "Soon", "body": "Hello {name}", "state": "draft", "edits": 1, "created_at": AT,
        } | values
    )  # fmt: skip
    session.add(letter)
    session.flush()
    return letter


def test_each_screen_and_each_press_as_each_role(app, session, event):
    letter = draft_of(session, event)
    of_community = draft_of(session, event, event_id=None, kind="news", author_id=letter.author_id)
    bases = ((base_of(event), letter), (f"/organise/communities/{event.community.slug}/letters", of_community))
    elsewhere = make_role(session, make_community(session), "owner", "elsewhere@example.org")
    people = [(make_role(session, event.community, role), may) for role, may in ROLES.items()]
    for person, status in [(person, 200 if may else 403) for person, may in people] + [(elsewhere, 404)]:
        client = app.test_client()
        sign_in(client, session, person)
        token = token_in(client.get("/organise/account").text)
        before = books(session)
        for base, one in bases:
            for screen in SCREENS:
                path = base + screen.format(letter=one.public_id)
                assert client.get(path).status_code == status, (path, person.address)
            if status == 200:
                continue
            for press in PRESSES:
                path = base + press.format(letter=one.public_id)
                fields = {**FIELDS, "csrf_token": token, "letter": new_public_id(), "edits": "1", "count": "3"}
                assert client.post(path, data=fields).status_code == status, (path, person.address)
        assert books(session) == before
    nobody = app.test_client()
    for base, one in bases:
        for screen in SCREENS:
            path = base + screen.format(letter=one.public_id)
            assert nobody.get(path).status_code == 302
        for press in PRESSES:
            assert nobody.post(base + press.format(letter=one.public_id)).status_code in (302, 303, 400)


def test_a_borrowed_letter_is_not_there_and_without_the_forms_token_nothing_happens(signed, session, event):
    mine = draft_of(session, event)
    other = make_event(session, event.community)
    foreign = draft_of(session, make_event(session), author_id=mine.author_id)
    community = f"/organise/communities/{event.community.slug}/letters"
    token = token_in(signed.get(base_of(event) + "/new").text)
    before = books(session)
    for base, letter in ((base_of(other), mine), (community, mine), (base_of(event), foreign), (base_of(event), None)):
        public_id = letter.public_id if letter is not None else "x" * 22
        for screen in SCREENS[2:]:
            assert signed.get(base + screen.format(letter=public_id)).status_code == 404
        for press in PRESSES[1:]:
            fields = {**FIELDS, "csrf_token": token, "edits": "1", "count": "3"}
            status = signed.post(base + press.format(letter=public_id), data=fields).status_code
            assert status == (303 if press.endswith("delete") else 404), press  # what is gone stays gone
    # A new letter under the id of somebody else's changes nothing of theirs.
    fields = {**FIELDS, "csrf_token": token, "letter": foreign.public_id, "edits": "1"}
    assert signed.post(base_of(event) + "/new", data=fields).status_code == 404
    for press in PRESSES:
        path = base_of(event) + press.format(letter=mine.public_id)
        for wrong in ({}, {"csrf_token": "x"}):
            assert signed.post(path, data={**FIELDS, "edits": "1", "count": "3", **wrong}).status_code == 400
    assert books(session) == before


def test_from_the_list_of_registrations_to_the_outbox(signed, session, event):
    path = f"{base_of(event)}/new?{urlencode({'zone': 'Pacific/Auckland', 'nonsense': 'x'})}"
    assert "1 person" in signed.get(path).text
    letter, token = save(signed, path)
    page = signed.get(f"{base_of(event)}/{letter}")
    assert "Soon: What matters to you" in page.text
    assert "on the clock of Auckland" in page.text
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]
    frame = signed.get(f"{base_of(event)}/{letter}/html")
    assert frame.headers["Content-Security-Policy"].endswith("sandbox")
    assert "Hello <bdi>Person 0</bdi>" in frame.text
    fields = sending(signed, f"{base_of(event)}/{letter}", token)
    for _ in range(2):
        assert signed.post(f"{base_of(event)}/{letter}/send", data=fields).status_code == 303
    sent = session.scalars(select(OutboxMail).where(OutboxMail.about == f"letter:{letter}")).all()
    assert [mail.recipient for mail in sent] == ["p0@example.org"]
    assert "Going out" in signed.get(base_of(event)).text
    assert signed.get(f"{base_of(event)}/{letter}/edit").status_code == 303


def test_whom_it_goes_to_is_said_whole(app, session, event):
    theirs = make_question(session, make_event(session), "text", label="Somebody else's")
    mine = make_question(session, event, "text", label="My own")
    with app.test_request_context():
        for args, said in (
            ({"hour": "3"}, "whose clock shows 03:00–03:59 then"),
            ({"mail": "failed"}, "whom a mail did not reach"),
            ({"answer": f"{mine.public_id}:any"}, "answered “My own”"),
            ({"answer": f"{theirs.public_id}:any"}, "with an answer to a question that is gone"),
        ):
            told = audience_words(session, Audience(event.community, event, "about", args))
            assert told[1:] == [said]


def test_seen_as_somebody_who_was_looked_for(signed, event):
    letter, _token = save(signed, base_of(event) + "/new")
    path = f"{base_of(event)}/{letter}"
    page = signed.get(f"{path}?who=person+2").text
    chosen = re.search(rf'href="{path}\?as=([\w-]+)"><bdi>Person 2', page)
    assert chosen is not None
    assert "Person 1" not in page
    assert "As Person 2 gets it" in signed.get(f"{path}?as={chosen[1]}").text
    for wrong in ("%00", "%00" * 22, "x", "x" * 22, "x" * 300):
        assert signed.get(f"{base_of(event)}/{wrong}").status_code == 404
        assert signed.get(f"{base_of(event)}/new?like={wrong}").status_code == 200
    for odd in ("as=" + "x" * 22, "as=%00", "who=%00%0d", "who=" + "x" * 500, "as=" + "y" * 5000):
        assert signed.get(f"{path}?{odd}").status_code == 200


def test_progress_asks_again_while_it_moves_and_then_stops(signed, session, event):
    letter, token = save(signed, base_of(event) + "/new")
    path = f"{base_of(event)}/{letter}"
    signed.post(f"{path}/send", data=sending(signed, path, token))
    asks = {"HX-Request": "true"}
    first = signed.get(f"{path}/progress", headers=asks).text
    assert 'hx-trigger="every 2s"' in first
    assert "0 of 3" in first
    mine = OutboxMail.about == f"letter:{letter}"
    session.execute(
        update(OutboxMail).where(mine, OutboxMail.recipient != "p1@example.org").values(state="sent", sent_at=AT)
    )
    session.execute(
        update(OutboxMail).where(mine, OutboxMail.recipient == "p1@example.org").values(
            state="failed", last_error="550 5.1.1 <b>unknown</b>"
        )
    )  # fmt: skip
    last = signed.get(f"{path}/progress", headers=asks).text
    assert "hx-trigger" not in last
    assert "1 refused" in last
    people = signed.get(f"{path}/people?state=failed").text
    assert "550 5.1.1 &lt;b&gt;unknown&lt;/b&gt;" in people
    assert f"/organise/events/{event.slug}/registrations/" in people
    assert "p0@example.org" not in people
    assert signed.get(f"{path}/progress").status_code == 303
    for odd in ("state=%00", "after=-1", "after=9999999999999999999999", "who=%25_", "before=zzz"):
        assert signed.get(f"{path}/people?{odd}").status_code == 200


def test_a_number_that_changed_and_a_stop(signed, session, event):
    day = (utc_now() + timedelta(days=9)).date()
    letter, token = save(signed, base_of(event) + "/new", when="hour", hour="9", from_day=day.isoformat())
    path = f"{base_of(event)}/{letter}"
    said = f"At 09:00 on each one's own clock, from {day_words(day, year=utc_now().year)} on"
    assert said in signed.get(path).text
    fields = sending(signed, path, token)
    make_registration(session, event, address="late@example.org")
    again = signed.post(f"{path}/send", data=fields)
    assert again.status_code == 409
    assert "it was for 3. Now it is for 4 people" in again.text
    mine = select(func.count(OutboxMail.id)).where(OutboxMail.about == f"letter:{letter}")
    assert session.scalar(mine) == 0
    signed.post(f"{path}/send", data=sending(signed, path, token))
    assert session.scalar(mine) == 4
    for _ in range(2):
        assert signed.post(f"{path}/stop", data={"csrf_token": token}).status_code == 303
    assert session.scalar(mine) == 0
    assert "Draft" in signed.get(base_of(event)).text


def test_two_who_edit_the_same_letter_and_the_back_button(signed, app, session, event):
    letter, token = save(signed, base_of(event) + "/new")
    path = f"{base_of(event)}/{letter}"
    mine, theirs = signed.get(f"{path}/edit").text, signed.get(f"{path}/edit").text

    def fields(page: str, **values: str) -> dict[str, str]:
        hidden = dict(re.findall(r'name="(edits|base|letter)" value="([^"]*)"', page))
        hidden["base"] = hidden["base"].replace("&#34;", '"').replace("&quot;", '"')
        return {**FIELDS, **hidden, "csrf_token": token, **values}

    assert signed.post(f"{path}/edit", data=fields(theirs, subject="Theirs")).status_code == 303
    late = signed.post(f"{path}/edit", data=fields(mine, body="My own words"))
    assert late.status_code == 409
    assert "Somebody else saved this" in late.text
    assert 'value="Theirs"' in late.text
    assert "My own words" in late.text
    assert session.scalars(select(Letter.body)).one() == "Hello {name}"
    assert signed.post(f"{path}/edit", data=fields(late.text, subject="Theirs", body="My own words")).status_code == 303
    saved = session.execute(select(Letter.subject, Letter.body)).one()
    assert tuple(saved) == ("Theirs", "My own words")
    # Back to the form of the new letter, changed and sent again: still one letter, and nothing of it is lost.
    back = signed.post(base_of(event) + "/new", data={**FIELDS, "csrf_token": token, "letter": letter, "edits": "0"})
    assert back.status_code == 409
    assert session.scalar(select(func.count(Letter.id))) == 1


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "A\r\nBcc: x@example.org"}, "subject"),
        ({"subject": "A\u2028Bcc: x@example.org"}, "subject"),
        ({"subject": "x" * 151}, "subject"),
        ({"subject": "A\x00B"}, "subject"),
        ({"subject": "\u202eevil"}, "subject"),
        ({"subject": "{join_link}"}, "subject"),
        ({"body": ""}, "body"),
        ({"body": "x" * 100_000}, "body"),
        ({"body": "Hello {event.__class__}"}, "body"),
        ({"body": "Hello {nobody}"}, "body"),
        ({"body": "e" + "\u0301" * 180}, "body"),
        ({"kind": "spam"}, "kind"),
        ({"when": "yesterday"}, "when"),
        ({"when": "hour", "hour": "24"}, "hour"),
        ({"when": "hour", "hour": "-1"}, "hour"),
        ({"when": "hour", "from_day": "2026-02-30"}, "from-day"),
        ({"when": "hour", "from_day": "soon"}, "from-day"),
        ({"when": "hour", "from_day": "2020-01-01"}, "from-day"),
        ({"when": "hour", "from_day": "9999-12-31"}, "from-day"),
    ],
)
def test_bad_input_is_refused_at_its_field_and_kept(signed, session, event, values, field):
    page = signed.get(base_of(event) + "/new")
    fields = {**FIELDS, "csrf_token": token_in(page.text), "letter": new_public_id(), "edits": "0", **values}
    answer = signed.post(base_of(event) + "/new", data=fields)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    kept = FIELDS["body" if "subject" in values else "subject"]
    assert kept in answer.text
    assert session.scalar(select(func.count(Letter.id))) == 0


def test_odd_but_harmless_input_is_taken_as_it_is(signed, session, event):
    body = "<script>alert(1)</script> <b hx-get=/x>{{ 7*7 }}</b> %(x)s ${x} [x](javascript:alert(1)) ![i](http://t.example/p)"
    body = body.replace("{{ 7*7 }}", "7*7").replace("${x}", "$x")
    letter, _token = save(signed, base_of(event) + "/new", subject="محمد & <3 李雷 =1+1", body=body)
    row = session.scalars(select(Letter)).one()
    assert (row.subject, row.body) == ("محمد & <3 李雷 =1+1", body)
    page = signed.get(f"{base_of(event)}/{letter}")
    assert "محمد &amp; &lt;3 李雷 =1+1" in page.text
    frame = signed.get(f"{base_of(event)}/{letter}/html").text
    for alive in ("<script", "<b ", 'javascript:alert(1)"', "<img"):
        assert alive not in frame
