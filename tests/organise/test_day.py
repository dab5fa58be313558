"""On the day: who may come in, said kindly; the meeting's link; counts. As each role, and as an outsider."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.audit.models import LogEntry
from gatherings.events.models import EventChange
from gatherings.mail.models import OutboxMail
from gatherings.registration.door_rules import short_code
from tests.factories import make_community, make_event, make_registration
from tests.signing import make_role, sign_in, token_in

HX = {"HX-Request": "true"}


@pytest.fixture
def hall(session):
    """A hybrid gathering with two places in the room: Ada and Zoë have them, Li waits, Mo comes online."""
    event = make_event(session, mode="hybrid", capacity_room=2, capacity_online=9)
    people = {
        name: make_registration(session, event, address=f"{key}@example.org", name=name, wish=wish)
        for key, name, wish in (
            ("ada", "Ada Example", "room"), ("zoe", "Zoë & Sons <3", "room"), ("li", "李雷", "room"),
            ("mo", "محمد", "online"),
        )
    }  # fmt: skip
    return event, people


@pytest.fixture
def at_door(client, session, hall, clock_at, now):
    """A helper's browser on the day itself, ten minutes before the start; `press(path, **form)` carries the token."""
    event, _people = hall
    with clock_at(now.replace(month=12, day=15, hour=17, minute=50)):
        sign_in(client, session, make_role(session, event.community, "helper"))
        page = client.get(f"/organise/events/{event.slug}/day?q=ada")
        token = token_in(page.text)

        def press(path, **form):
            headers = form.pop("headers", HX)
            return client.post(
                f"/organise/events/{event.slug}/day/{path}", data={"csrf_token": token, **form}, headers=headers
            )

        yield press


def came(session, row):
    session.refresh(row)
    return row.attended_how


def test_one_press_checks_in_and_twice_is_said_kindly(at_door, session, hall, client):
    _event, people = hall
    ada = people["Ada Example"]
    first = at_door("arrivals", registration=ada.public_id, q="ada")
    assert "Come in" in first.text
    assert 'hx-swap-oob="true"' in first.text
    second = at_door("arrivals", registration=ada.public_id, q="ada")
    assert "already" in second.text
    assert "17:50" in second.text
    assert came(session, ada) == "name"
    assert session.scalars(select(LogEntry.action).where(LogEntry.action.like("check_in%"))).all() == ["check_in"]
    at_door("arrivals/undo", registration=ada.public_id, q="ada")
    assert came(session, ada) is None
    assert ada.attended_at is None
    at_door("arrivals/undo", registration=ada.public_id, q="ada")
    logged = select(LogEntry.action).where(LogEntry.action.like("check_in%")).order_by(LogEntry.id)
    assert session.scalars(logged).all() == ["check_in", "check_in_undone"]


def test_without_a_script_a_press_leads_back_to_the_search(at_door, session, hall, client):
    _event, people = hall
    zoe = people["Zoë & Sons <3"]
    answer = at_door("arrivals", registration=zoe.public_id, q="zoë", headers={})
    assert answer.status_code == 303
    page = client.get(answer.location)
    assert "Zoë &amp; Sons &lt;3" in page.text
    assert "Come in" in page.text
    assert "Come in" not in client.get(answer.location.replace("&new=1", "")).text


def test_who_may_not_come_in_is_told_and_nothing_is_noted(at_door, session, hall):
    _event, people = hall
    for name, words in (("李雷", "Is registered online"), ("محمد", "Is registered online")):
        answer = at_door("arrivals", registration=people[name].public_id, q=name)
        assert words in answer.text, name
        assert came(session, people[name]) is None


def test_a_helper_sees_names_and_never_an_address_or_a_list(client, at_door, hall):
    event, _people = hall
    path = f"/organise/events/{event.slug}/day"
    for asked in ("", "?q=", "?q=a", "?q=%25", "?q=_", "?q=@", "?q=example.org"):
        page = client.get(path + asked).text
        assert not any(name in page for name in ("Ada", "Zo", "李", "محمد")), asked
    for asked, name in (("?q=example", "Ada Example"), ("?q=zoe", "Zoë"), ("?q=李", "李雷"), ("?q=ada exam", "Ada")):
        page = client.get(path + asked).text
        assert name in page, asked
        assert "@example.org" not in page
        assert "/registrations" not in page
        assert "Meeting link" not in page


def test_before_the_day_one_looks_and_nothing_is_noted(client, session, hall, now, clock_at):
    event, people = hall
    sign_in(client, session, make_role(session, event.community, "host"))
    page = client.get(f"/organise/events/{event.slug}/day?q=ada").text
    assert "Checking in begins on" in page
    assert "Monday 14 December, 18:00 in London" in page
    token = token_in(page)
    data = {"csrf_token": token, "registration": people["Ada Example"].public_id}
    answer = client.post(f"/organise/events/{event.slug}/day/arrivals", data=data, headers=HX)
    assert "Checking in begins" in answer.text
    assert came(session, people["Ada Example"]) is None


def test_codes(at_door, session, hall, app, client):
    event, people = hall
    sign = app.extensions["gatherings.signer"].sign
    ada = people["Ada Example"]
    other = make_registration(session, make_event(session, mode="in person"), name="Somebody Else")
    code = sign("check-in", ada.public_id, 1)
    twin = make_event(session, event.community, mode="in person", twin_of_id=event.id)
    event.twin_of_id = twin.id
    sitting = make_registration(session, twin, name="Somebody Else")
    said = [
        (f"http://gatherings.test/c/{code}", "Come in"),
        (code, "already"),
        (short_code(ada.public_id, 1).lower().replace(" ", "-"), "already"),
        (sign("check-in", people["محمد"].public_id, 1), "registered online"),
        (sign("check-in", other.public_id, 1), "Another gathering"),
        (sign("check-in", sitting.public_id, 1), "other sitting"),
        (short_code(other.public_id, 1), "do not know this code"),
        (sign("check-in", ada.public_id, 2), "do not know this code"),
        (sign("manage", ada.public_id, 1), "do not know this code"),
        (sign("join", ada.public_id, 1), "do not know this code"),
        ("https://example.org/menu.pdf", "do not know this code"),
        ("", "do not know this code"),
        ("x" * 5000, "do not know this code"),
    ]  # fmt: skip
    for scanned, words in said:
        answer = at_door("scan", code=scanned)
        assert answer.status_code == 200
        assert words in answer.text, scanned
        assert "Somebody Else" not in answer.text
    assert came(session, ada) == "scan"
    assert came(session, other) is None
    answer = at_door("scan", code=code, headers={})
    assert answer.status_code == 303
    assert "already" in client.get(answer.location).text
    answer = at_door("scan", code="nonsense", headers={})
    assert "do not know" in client.get(answer.location).text


def test_the_camera_is_allowed_on_its_page_alone(client, at_door, hall):
    event, _people = hall
    path = f"/organise/events/{event.slug}/day"
    assert client.get(path + "/scan").headers["Permissions-Policy"].startswith("camera=(self),")
    assert client.get(path).headers["Permissions-Policy"].startswith("camera=(),")


def test_counts_are_sent_again_only_when_they_changed(client, at_door, hall):
    event, people = hall
    path = f"/organise/events/{event.slug}/day/counts"
    page = client.get(path, headers=HX).text
    found = re.search(r'hx-get="([^"]+)"', page)
    assert found is not None
    again = found[1]
    assert client.get(again, headers=HX).status_code == 204
    at_door("arrivals", registration=people["Ada Example"].public_id)
    assert "<strong>1 of 2</strong>" in client.get(again, headers=HX).text


def test_afterwards_the_counts_ask_no_more(client, session, hall, clock_at):
    event, _people = hall
    with clock_at(event.ends_at + timedelta(hours=25)):
        sign_in(client, session, make_role(session, event.community, "helper"))
        assert "hx-get" not in client.get(f"/organise/events/{event.slug}/day/counts", headers=HX).text


def test_the_meeting_link_is_changed_without_a_mail_and_who_waits_gets_the_new_one(
    client, session, hall, app, clock_at, now
):
    event, people = hall
    sign = app.extensions["gatherings.signer"].sign
    way_in = f"/join/{sign('join', people['محمد'].public_id, 1)}"
    with clock_at(event.starts_at):
        sign_in(client, session, make_role(session, event.community, "host"))
        assert "Go to the meeting" in client.get(way_in).text
        path = f"/organise/events/{event.slug}/day"
        data = {"csrf_token": token_in(client.get(path).text), "join_url": "https://meet.example.org/other"}
        before = len(session.scalars(select(OutboxMail.id)).all())
        for _twice in range(2):
            assert client.post(path + "/link", data=data).status_code == 303
        assert len(session.scalars(select(OutboxMail.id)).all()) == before
        assert session.scalars(select(EventChange)).all() == []
        assert "https://meet.example.org/other" in client.post(way_in).text
        assert came(session, people["محمد"]) == "join"
        for wrong in ("javascript:alert(1)", "https://", "meet", "https://a b.example.org/", "https://[", "x" * 2000):
            answer = client.post(path + "/link", data={**data, "join_url": wrong})
            assert answer.status_code == 422, wrong
            assert "error-summary" in answer.text
        assert client.post(path + "/link", data={"join_url": "https://x.example.org/"}).status_code == 400
    session.refresh(event)
    assert event.join_url == "https://meet.example.org/other"
    assert session.scalars(select(LogEntry.action).where(LogEntry.action == "edit_event")).all() == ["edit_event"]


MINE = ("day", "day/counts", "day/scan")


@pytest.mark.parametrize("role", ["owner", "organiser", "host", "helper", "editor", "foreign", None])
def test_each_role_at_each_door(client, session, hall, role, clock_at):
    event, people = hall
    ada = people["Ada Example"]
    with clock_at(event.starts_at):
        if role:
            community = make_community(session) if role == "foreign" else event.community
            sign_in(client, session, make_role(session, community, "owner" if role == "foreign" else role))
        lets_in = role in ("owner", "organiser", "host", "helper")
        refused = {"foreign": 404, "editor": 403, None: 302}.get(role, 403)
        for path in MINE:
            answer = client.get(f"/organise/events/{event.slug}/{path}")
            assert answer.status_code == (200 if lets_in else refused), path
            assert answer.headers["Cache-Control"] == "no-store"
        token = token_in(client.get(f"/organise/events/{event.slug}/day/scan").text) if lets_in else "x"
        code = client.application.extensions["gatherings.signer"].sign("check-in", ada.public_id, 1)
        data = {"csrf_token": token, "registration": ada.public_id, "code": code, "join_url": "https://x.example.org/"}
        for path in ("day/arrivals", "day/arrivals/undo", "day/scan", "day/link"):
            answer = client.post(f"/organise/events/{event.slug}/{path}", data=data, headers={})
            allowed = lets_in and (path != "day/link" or role != "helper")
            assert answer.status_code == (303 if allowed else 403 if role is None else refused), path
        # Without the token of one's own form nothing happens.
        data["csrf_token"] = ""
        if lets_in:
            assert client.post(f"/organise/events/{event.slug}/day/arrivals", data=data).status_code == 400
    session.refresh(ada)
    session.refresh(event)
    assert (ada.attended_at is not None) == lets_in  # by the code: the press by name was undone
    assert (event.join_url == "https://x.example.org/") == (role in ("owner", "organiser", "host"))


def test_a_borrowed_id_lets_nobody_in(at_door, session, hall):
    other = make_registration(session, make_event(session, mode="in person"), name="Somebody Else")
    for public_id in (other.public_id, "x", "a" * 22, "", "%00"):
        answer = at_door("arrivals", registration=public_id)
        assert answer.status_code == 409
        assert "Somebody Else" not in answer.text
        at_door("arrivals/undo", registration=public_id)
    assert came(session, other) is None


def test_online_alone_has_no_door(client, session, clock_at):
    event = make_event(session)
    mine = make_registration(session, event)
    with clock_at(event.starts_at):
        sign_in(client, session, make_role(session, event.community, "host"))
        page = client.get(f"/organise/events/{event.slug}/day?q=ada").text
        assert "At the door" not in page
        assert "Ada" not in page
        data = {"csrf_token": token_in(page), "registration": mine.public_id}
        assert client.post(f"/organise/events/{event.slug}/day/arrivals", data=data).status_code == 409
    assert came(session, mine) is None


def test_what_nobody_types_does_no_harm(at_door, client, session, hall):
    event, people = hall
    path = f"/organise/events/{event.slug}/day"
    for odd in ("%00", "%ff%fe", "a%00b", "%ed%a0%80", "%0d%0a", "%25%25", "x" * 3000, "%E2%80%AE", "a" * 22, "-" * 22):
        for query in (f"?q={odd}", f"?q=ad&did={odd}", f"/scan?did={odd}", f"/scan?said={odd}", f"/counts?seen={odd}"):
            assert client.get(path + query).status_code == 200, query
    for typed in ("\0", "a\0b", "\ud800", "\r\nx: y", "<script>", "{{ 7*7 }}", "x" * 3000, "\0" * 8):
        sent = typed.encode("utf-8", "surrogatepass")
        for where in ("arrivals", "arrivals/undo", "scan"):
            answer = at_door(where, registration=sent, code=sent, q=sent)
            assert answer.status_code in (200, 400, 409), (where, typed)
            assert "<script>" not in answer.text
    assert all(came(session, row) is None for row in people.values())
