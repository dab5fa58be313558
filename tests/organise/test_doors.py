"""Doors as organisers make them: in one press, filled, moved, looked at as on a day, published and taken back."""

import io
from datetime import UTC, datetime

import pytest
from PIL import Image
from sqlalchemy import select

from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from gatherings.db import transact
from gatherings.doors.actions.calendars import By
from gatherings.doors.actions.contents import place
from gatherings.doors.models import Door, DoorCalendar
from gatherings.events.models import Event
from gatherings.slots.models import Item
from tests.dooring import make_calendar
from tests.factories import make_event
from tests.organise.pressing import form_of, press
from tests.races import at_once
from tests.signing import make_role, sign_in, token_in
from tests.slotting import make_call, make_order, make_submission

DOORS = "/organise/events/the-session/doors"


@pytest.fixture
def event(client, session) -> Event:
    made = make_event(session, slug="the-session")
    sign_in(client, session, make_role(session, session.get_one(Community, made.community_id)))
    session.commit()
    return made


def order_of(session, event, count: int = 3) -> None:
    call = make_call(session, event)
    submissions = [
        make_submission(session, call, f"p{n}@example.org", state="accepted", title=f"Slot {n}", name=f"Person {n}")
        for n in range(1, count + 1)
    ]
    make_order(session, event, submissions)
    session.commit()


def doors_of(session) -> list[Door]:
    session.rollback()
    rows = select(Door).order_by(Door.number).execution_options(populate_existing=True)
    return list(session.scalars(rows))


def calendar_of(session) -> DoorCalendar:
    session.rollback()
    return session.scalars(select(DoorCalendar).execution_options(populate_existing=True)).one()


def actions(session) -> list[str]:
    session.rollback()
    return list(session.scalars(select(LogEntry.action).order_by(LogEntry.id)))


def make_form(client, **other: str) -> dict[str, str]:
    return {**form_of(client, DOORS), **other}


def test_a_calendar_of_slots_in_one_press(client, session, event):
    order_of(session, event)
    form = make_form(client)
    assert form["start"] == "order"
    assert (form["first_day"], form["zone"]) == ("2026-12-01", "Europe/London")
    assert press(client, f"{DOORS}/make", form).location == f"{DOORS}?done=made"
    assert press(client, f"{DOORS}/make", form).status_code == 303  # pressed twice: made once
    assert [(door.kind, door.number) for door in doors_of(session)] == [("slot", 1), ("slot", 2), ("slot", 3)]
    page = client.get(DOORS).text
    assert "Slot 2" in page
    assert "Person 2" in page
    assert client.get("/events/the-session/doors").status_code == 404  # nobody sees it before it is published
    assert actions(session) == ["make_doors"]


def test_a_calendar_of_empty_doors(client, session, event):
    form = make_form(
        client, count="31", title="Zoë & Sons <3", first_day="2027-02-28", zone="Auckland", opening="viewer"
    )
    assert form["start"] == "empty"
    assert press(client, f"{DOORS}/make", form).status_code == 303
    calendar = calendar_of(session)
    assert (len(doors_of(session)), calendar.zone, calendar.opening) == (31, "Pacific/Auckland", "viewer")
    page = client.get(DOORS).text
    assert page.count(">empty<") == 31
    assert "Tuesday 30 March" in page


def test_what_cannot_be_taken_is_said_and_kept(client, session, event):
    for wrong in (
        {"count": "0"}, {"count": "32"}, {"count": "x"}, {"first_day": "2026-02-30"}, {"first_day": ""},
        {"zone": "Middle-earth"}, {"opening": "never"}, {"start": "order"}, {"title": "a" * 201},
    ):  # fmt: skip
        answer = press(client, f"{DOORS}/make", make_form(client, intro="What I typed", **{"title": "Mine", **wrong}))
        assert answer.status_code == 422, wrong
        assert "What I typed" in answer.text
    assert session.scalars(select(DoorCalendar)).all() == []


def test_each_door_gets_its_thing(client, session, event):
    order_of(session, event)
    make_calendar(session, event, 3, state="draft")
    session.commit()
    slot = session.scalars(select(Item).order_by(Item.position)).first()
    form = form_of(client, f"{DOORS}/2")
    sent = {**form, "kind": "slot", "slot": slot.public_id, "title": "", "body": "Hello *you*"}
    assert press(client, f"{DOORS}/2", sent).status_code == 303
    assert (doors_of(session)[1].kind, doors_of(session)[1].item_id) == ("slot", slot.id)
    form = form_of(client, f"{DOORS}/3")
    for wrong in (
        {"kind": "recording", "url": ""}, {"kind": "recording", "url": "javascript:alert(1)"},
        {"kind": "slot", "slot": "somebody-elses"}, {"kind": "other"}, {"body": "a" * 5001},
    ):  # fmt: skip
        answer = press(client, f"{DOORS}/3", {**form, "title": "What I typed", **wrong})
        assert answer.status_code == 422, wrong
        assert 'value="What I typed"' in answer.text
    sent = {**form, "kind": "recording", "url": "https://video.example.org/1", "title": "Seen"}
    assert press(client, f"{DOORS}/3", sent).status_code == 303
    assert doors_of(session)[2].url == "https://video.example.org/1"
    assert press(client, f"{DOORS}/4", sent).status_code == 404
    assert actions(session) == ["fill_door", "fill_door"]


def test_a_slot_of_another_event_is_not_to_be_had(client, session, event):
    other = make_event(session, session.get_one(Community, event.community_id))
    order_of(session, other)
    make_calendar(session, event, 3, state="draft")
    session.commit()
    slot = session.scalars(select(Item)).first()
    form = form_of(client, f"{DOORS}/1")
    assert press(client, f"{DOORS}/1", {**form, "kind": "slot", "slot": slot.public_id}).status_code == 422


def test_two_who_change_one_door_hear_of_each_other(client, session, event):
    make_calendar(session, event, 3, state="draft")
    session.commit()
    mine, theirs = form_of(client, f"{DOORS}/1"), form_of(client, f"{DOORS}/1")
    assert press(client, f"{DOORS}/1", {**theirs, "title": "Theirs"}).status_code == 303
    answer = press(client, f"{DOORS}/1", {**mine, "title": "Mine"})
    assert answer.status_code == 409
    assert 'value="Mine"' in answer.text
    assert doors_of(session)[0].title == "Theirs"
    seen = answer.text.split('name="seen" value="')[1].split('"')[0]
    assert press(client, f"{DOORS}/1", {**mine, "title": "Mine", "seen": seen}).status_code == 303


def picture(kind: str = "PNG", size: tuple[int, int] = (60, 40)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "#336699").save(out, kind)
    return out.getvalue()


def send(client, data: bytes, name: str = "a.png", alt: str = "A blue field"):
    token = token_in(client.get("/organise/account").text)
    return client.post(
        f"{DOORS}/1/picture", data={"csrf_token": token, "alt": alt, "picture": (io.BytesIO(data), name)}
    )


def test_pictures_are_made_anew_or_refused(client, session, event, clock_at):
    make_calendar(session, event, 3)
    session.commit()
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    for data in (
        b"",
        svg,
        b"<html><script>alert(1)</script>",
        b"\x89PNG\r\n\x1a\n" + b"x" * 50,
        b"x" * (5 * 2**20 + 1),
    ):
        assert send(client, data).status_code == 422
    assert send(client, picture(), alt="").status_code == 422
    assert doors_of(session)[0].picture_id is None
    assert send(client, picture()).location == f"{DOORS}/1?done=picture"
    door = doors_of(session)[0]
    assert door.picture is not None
    assert (door.kind, door.picture_alt, door.picture[:4]) == ("picture", "A blue field", b"RIFF")
    own = client.get(f"{DOORS}/1/picture.webp")
    assert (own.data, own.headers["Cache-Control"]) == (door.picture, "no-store")
    first = door.picture_id
    with clock_at(datetime(2026, 12, 1, tzinfo=UTC)):
        stranger = client.application.test_client()
        assert stranger.get(f"/events/the-session/doors/pictures/{first}.webp").status_code == 200
        assert stranger.get(f"{DOORS}/1/picture.webp").status_code in (302, 303, 401)
    assert send(client, picture("JPEG"), "b.jpg").status_code == 303
    assert doors_of(session)[0].picture_id != first  # an address never names another picture
    assert press(client, f"{DOORS}/1/picture/remove").status_code == 303
    assert (doors_of(session)[0].kind, doors_of(session)[0].picture) == ("text", None)


def titles(session) -> list[str]:
    return [door.title for door in doors_of(session)]


def test_doors_change_places(client, session, event):
    make_calendar(session, event, 4, state="draft")
    session.commit()
    assert press(client, f"{DOORS}/4/place", {"to": "1", "how": "swap"}).location == f"{DOORS}?done=placed#door-1"
    assert titles(session) == ["Title 4.", "Title 2.", "Title 3.", "Title 1."]
    press(client, f"{DOORS}/4/place", {"to": "1", "how": "move"})
    assert titles(session) == ["Title 1.", "Title 4.", "Title 2.", "Title 3."]
    press(client, f"{DOORS}/2/place", {"to": "later", "how": "swap"})
    press(client, f"{DOORS}/1/place", {"to": "1", "how": "move"})
    assert titles(session) == ["Title 1.", "Title 2.", "Title 4.", "Title 3."]
    for to in ("0", "5", "-1", "x", "", "9" * 50, "earlier"):
        assert press(client, f"{DOORS}/1/place", {"to": to}).status_code == 422, to
    assert [door.number for door in doors_of(session)] == [1, 2, 3, 4]


def test_moved_by_several_at_once_no_door_is_lost_or_doubled(app, client, session, event):
    make_calendar(session, event, 6, state="draft")
    session.commit()
    by = By("somebody", utc_now())

    def go(number: int):
        def moving() -> None:
            with app.app_context():
                transact(place, event.id, number, 7 - number, by, swap=False)

        return moving

    assert at_once(app, [go(number) for number in (1, 2, 3, 6)]) == [None] * 4
    assert sorted(titles(session)) == [f"Title {n}." for n in range(1, 7)]
    assert [door.number for door in doors_of(session)] == list(range(1, 7))


def test_days_and_title_are_changed_and_full_doors_are_not_thrown_away(client, session, event):
    make_calendar(session, event, 4, state="draft")
    session.commit()
    form = form_of(client, f"{DOORS}/settings")
    answer = press(client, f"{DOORS}/settings", {**form, "count": "3", "title": "New"})
    assert answer.status_code == 422
    assert "has something behind it" in answer.text
    assert press(client, f"{DOORS}/settings", {**form, "count": "7", "title": "New"}).status_code == 303
    assert press(client, f"{DOORS}/settings", {**form, "count": "5", "title": "New"}).status_code == 303
    assert [door.number for door in doors_of(session)] == [1, 2, 3, 4, 5]
    assert press(client, f"{DOORS}/settings", {**form, "first_day": "soon"}).status_code == 422


def test_published_and_taken_back(client, session, event):
    make_calendar(session, event, 2, state="draft")
    session.commit()
    assert press(client, f"{DOORS}/publish").location == f"{DOORS}?done=published"
    assert press(client, f"{DOORS}/publish").status_code == 303
    session.refresh(event)
    assert event.offers == "doors"
    assert client.get("/events/the-session/doors").status_code == 200
    assert press(client, f"{DOORS}/take-back").status_code == 303
    assert client.get("/events/the-session/doors").status_code == 404
    session.refresh(event)
    assert event.offers == ""
    assert actions(session) == ["publish_doors", "unpublish_doors"]
    event.status = "draft"
    answer = press(client, f"{DOORS}/publish")
    assert (answer.status_code, calendar_of(session).state) == (409, "draft")


def test_the_preview_is_of_a_day_and_for_organisers_alone(client, session, event, clock_at):
    make_calendar(session, event, 24, state="draft")
    session.commit()
    page = client.get(f"{DOORS}/preview?day=2026-12-05").text
    assert "Title 5." in page
    assert "Title 6." not in page
    assert "Secret 5." in client.get(f"{DOORS}/preview/5?day=2026-12-05").text
    assert "Secret 6." not in client.get(f"{DOORS}/preview/6?day=2026-12-05").text
    for nonsense in ("x", "2026-02-30", "9999-12-31", "1900-01-01", ""):
        assert client.get(f"{DOORS}/preview?day={nonsense}").status_code == 200
    assert client.get(f"{DOORS}/preview/25").status_code == 302
    stranger = client.application.test_client()
    assert stranger.get(f"{DOORS}/preview?day=2026-12-05").status_code in (302, 303, 401)


def test_without_doors_each_screen_leads_to_where_they_are_made(client, event):
    assert "Make the doors" in client.get(DOORS).text
    for tail in ("settings", "preview", "preview/1"):
        assert client.get(f"{DOORS}/{tail}").location == DOORS
    assert client.get(f"{DOORS}/1").status_code == 404
    for tail in ("publish", "take-back", "1/place", "1/picture/remove"):
        assert press(client, f"{DOORS}/{tail}", {"to": "1"}).status_code == 404


def test_the_log_says_it_in_words(client, session, event):
    make_calendar(session, event, 3, state="draft")
    session.commit()
    press(client, f"{DOORS}/2/place", {"to": "3"})
    press(client, f"{DOORS}/publish")
    community = session.get_one(Community, event.community_id)
    page = client.get(f"/organise/communities/{community.slug}/log").text
    assert "moved door 2 of" in page
    assert "published the doors of" in page


def test_roles(client, session, event):
    """Others are tried by test_every_screen, too; here with doors that are there."""
    make_calendar(session, event, 3, state="draft")
    community = session.get_one(Community, event.community_id)
    for role, allowed in (("owner", True), ("host", False), ("helper", False), ("editor", False), ("reviewer", False)):
        one = client.application.test_client()
        sign_in(one, session, make_role(session, community, role))
        session.commit()
        token = token_in(one.get("/organise/account").text)
        codes = {one.get(f"{DOORS}{tail}").status_code for tail in ("", "/1", "/settings", "/preview")}
        assert codes == ({200} if allowed else {403}), role
        for tail in ("publish", "take-back", "1/place", "1", "settings", "make", "1/picture", "1/picture/remove"):
            answer = one.post(f"{DOORS}/{tail}", data={"csrf_token": token, "to": "2"})
            assert (answer.status_code == 403) is not allowed, (role, tail)
    stranger = client.application.test_client()
    other = make_event(session)
    sign_in(
        stranger, session, make_role(session, session.get_one(Community, other.community_id), "owner", "x@example.org")
    )
    session.commit()
    assert stranger.get(f"{DOORS}/1").status_code == 404
