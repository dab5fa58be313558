"""Codes for the door: on one's page and in the mail, for those with a place in the room; to others they say nothing."""

import io
import re
import threading
from datetime import datetime
from email import policy
from email.parser import BytesParser

import pytest
from PIL import Image

from gatherings.db import transact
from gatherings.mail.message import build
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions import cancel
from gatherings.registration.actions.arriving import check_in
from gatherings.registration.door_rules import read_short_code, short_code
from gatherings.registration.mails import COMPOSERS
from gatherings.registration.tickets import ticket
from tests.factories import (
    SITE,
    dates_of,
    get_registration,
    make_event,
    make_registration,
    make_series,
    make_series_registration,
)  # fmt: skip


@pytest.fixture
def link(app):
    def make(row, purpose: str, under: str) -> str:
        return f"/{under}/{app.extensions['gatherings.signer'].sign(purpose, row.public_id, row.link_version)}"

    return make


def test_who_has_a_place_in_the_room_has_a_code(client, session, link):
    event = make_event(session, mode="hybrid", capacity_room=1)
    rows = {
        "room": make_registration(session, event, wish="room"),
        "waits": make_registration(session, event, address="b@example.org", wish="room"),
        "online": make_registration(session, event, address="c@example.org", wish="online"),
    }
    pages = {name: client.get(link(row, "manage", "registrations")).text for name, row in rows.items()}
    assert {name: "ticket-code" in page for name, page in pages.items()} == {
        "room": True, "waits": False, "online": False,
    }  # fmt: skip
    assert short_code(rows["room"].public_id, 1) in pages["room"]
    assert "style=" not in pages["room"]
    cancel(session, get_registration(session, rows["room"].public_id), SITE, now=event.created_at)
    assert "ticket-code" not in client.get(link(rows["room"], "manage", "registrations")).text
    # The place went to who waited, and the code with it.
    assert "ticket-code" in client.get(link(rows["waits"], "manage", "registrations")).text


def test_every_month_shows_the_code_of_the_next_date_in_the_room(client, session, link):
    series = make_series(session, mode="in person", join_url=None, place_name="The Old Library")
    first, *_ = dates_of(session, series)
    every = make_series_registration(session, first)
    page = client.get(link(every, "manage-series", "registrations")).text
    assert page.count("ticket-code") == 1


def test_a_stranger_with_a_phone_learns_what_the_gathering_is_called_and_nothing_more(client, session, link):
    event = make_event(session, mode="in person", title="What matters")
    mine = make_registration(session, event, name="Ada Example")
    for method in (client.get, client.head):
        answer = method(link(mine, "check-in", "c"))
        assert answer.status_code == 200
    page = client.get(link(mine, "check-in", "c")).text
    assert "What matters" in page
    for secret in ("Ada", "ada@", "/registrations/", "/join/", "Old Library", "<form"):
        assert secret not in page, secret
    assert client.post(link(mine, "check-in", "c")).status_code == 405
    for purpose in ("manage", "join"):
        assert client.get(link(mine, purpose, "c")).status_code == 404
    for under in ("registrations", "join"):
        assert client.get(link(mine, "check-in", under)).status_code == 404
    session.refresh(mine)
    assert mine.attended_at is None


def test_the_mail_carries_the_code_beside_an_invite_that_stays_whole(app, session):
    event = make_event(session, mode="hybrid")
    rows = {
        side: make_registration(session, event, address=f"{side}@example.org", wish=side) for side in ("room", "online")
    }
    session.commit()
    trees = {}
    for side, row in rows.items():
        mail = session.query(OutboxMail).filter_by(about=f"registration:{row.public_id}").one()
        with app.test_request_context():
            letter = COMPOSERS["confirmed"](mail)
            code = ticket(row.public_id, 1)
        data = build(
            letter, sender_name="Us", mail_from="us@example.org", recipient="a@example.org",
            message_id="<1@example.org>", date=event.created_at,
        )  # fmt: skip
        message = BytesParser(policy=policy.default).parsebytes(data)
        trees[side] = [part.get_content_type() for part in message.walk()]
        assert (code.code in letter.text) == (side == "room")
        html = message.get_body(("html",))
        assert html is not None
        assert html.get_content_type() == "text/html"
        calendar = next(part for part in message.walk() if part.get_content_type() == "text/calendar")
        assert calendar["Content-Type"].params == {"method": "REQUEST", "charset": "UTF-8"}
        if side == "room":
            [image] = [part for part in message.walk() if part.get_content_type() == "image/png"]
            assert image.get_content_disposition() == "inline"
            assert f'src="cid:{image["Content-ID"].strip("<>")}"' in html.get_content()
            assert Image.open(io.BytesIO(image.get_content())).size[0] >= 180
            assert max(map(len, data.splitlines())) <= 998
    assert trees["online"] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar", "application/ics",
    ]  # fmt: skip
    assert trees["room"] == [
        "multipart/mixed", "multipart/alternative", "text/plain", "multipart/related", "text/html", "image/png",
        "text/calendar", "application/ics",
    ]  # fmt: skip


def test_short_codes_are_read_as_people_type_them():
    code = short_code("a" * 22, 1)
    assert re.fullmatch("[0-9A-HJKMNP-TV-Z]{4} [0-9A-HJKMNP-TV-Z]{4}", code)
    for typed in (code, code.lower(), code.replace(" ", ""), code.replace(" ", "-"), f"  {code} ", " ".join(code)):
        assert read_short_code(typed) == code, typed
    assert read_short_code("oil0 1234") == "0110 1234"
    for wrong in ("", "1234", "UUUU UUUU", code + "1", "日" * 8, "x" * 5000):
        assert read_short_code(wrong) is None, wrong


def test_two_helpers_at_once_have_one_effect(app, session, clock_at):
    event = make_event(session, mode="in person", starts_local=datetime(2026, 11, 20, 12, 30))
    mine = make_registration(session, event, now=event.created_at)
    session.commit()
    event_id, public_id, now = event.id, mine.public_id, event.starts_at
    outcomes = []

    def run(number: int) -> None:
        with app.app_context():
            by = f"{number}" * 22
            outcomes.append(transact(check_in, event_id, public_id, how="scan", by=by, now=now))

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done for done, _stands in outcomes) == [False] * 7 + [True]
    assert {stands and stands.word for _done, stands in outcomes} == {"came"}
