"""Nothing of a closed door leaves the server, in no format, to the second; at the second it does."""

import io
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
from PIL import Image
from sqlalchemy import select, update

from gatherings.calls.models import Submission
from gatherings.core.pictures import rewrite
from gatherings.core.tokens import new_public_id
from gatherings.doors.models import Door
from gatherings.events.actions import change_event, touch_communities
from gatherings.events.models import Event
from gatherings.events.search import renew
from gatherings.slots.models import Item
from tests.dooring import make_calendar
from tests.factories import make_event
from tests.slotting import make_call, make_order, make_submission

MIDNIGHT = datetime(2026, 12, 5, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HX = {"HX-Request": "true"}
# Whatever stands behind door 5 in these tests.
SECRETS = ("Quillfeather", "Whisperword", "videoplace", "Plumtree", "Askling", "linkling")


def webp() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "#884422").save(out, "PNG")
    return rewrite(out.getvalue()).data


@pytest.fixture
def place(session):
    event = make_event(session, slug="the-session")
    call = make_call(session, event)
    submission = make_submission(
        session, call, state="accepted", told="accepted", title="Quillfeather", name="Plumtree Example",
        about="Whisperword.", ask="Askling.", links=["https://linkling.example.org/"], recording=True,
    )  # fmt: skip
    order = make_order(session, event, [submission])
    session.refresh(order, ["items"])
    order.items[0].recording_url = "https://videoplace.example.org/"
    calendar = make_calendar(session, event)
    door = calendar.doors[4]
    door.kind, door.item_id, door.title, door.body = "slot", order.items[0].id, "", ""
    session.commit()
    return calendar


def everything(client, zone: str = "") -> dict[str, str]:
    """Give all that the server says about a calendar: every format, headers too."""
    query = f"?zone={zone}" if zone else ""
    paths = [f"/events/the-session/doors{tail}{query}" for tail in ("", "/5", "/4", "/6", ".ics", "/follow", "/asked")]
    paths += [
        "/",
        "/?q=Quillfeather",
        "/?q=Whisperword",
        "/events/the-session",
        "/sitemap.xml",
        "/events/the-session/event.ics",
    ]
    said = {}
    for path in paths:
        for headers in ({}, HX):
            answer = client.get(path, headers=headers)
            text = "\n".join([answer.get_data(as_text=True), *(f"{name}: {value}" for name, value in answer.headers)])
            said[f"{path} {sorted(headers)}"] = text.replace("q=Quillfeather", "").replace("\r\n ", "")
    return said


def found(client, words=SECRETS, zone: str = "") -> set[str]:
    said = everything(client, zone)
    listing = {"“Quillfeather”", 'value="Quillfeather"', "“Whisperword”", 'value="Whisperword"'}
    for path in said:
        if path.startswith("/?q="):  # what was typed is shown again: that is no secret of ours
            for own in listing:
                said[path] = said[path].replace(own, "")
            said[path] = said[path].replace("q=Whisperword", "")
    return {word for word in words if any(word in text for path, text in said.items() if not path.startswith("/?q="))}


def test_a_second_before_midnight_nothing_and_at_midnight_all(client, place, clock_at):
    with clock_at(MIDNIGHT - SECOND):
        assert found(client) == set()
        for zone in ("Pacific/Kiritimati", "Pacific/Auckland", "Etc/GMT-14"):  # the calendar's midnight counts
            assert found(client, zone=zone) == set()
        assert "Door 5 is still closed" in client.get("/events/the-session/doors/5").text
    with clock_at(MIDNIGHT):
        assert found(client) == set(SECRETS)
        page = client.get("/events/the-session/doors").text
        assert "Quillfeather" in page
        assert "Plumtree Example" in page
        feed = client.get("/events/the-session/doors.ics").text
        assert "SUMMARY:Door 5: Quillfeather" in feed
        assert "SUMMARY:Door 6\r\n" in feed
        assert found(client, zone="Pacific/Niue") == set(SECRETS)


def test_a_page_that_is_kept_ends_at_midnight(client, place, clock_at, now):
    """The same page, asked for again and again by people of one kind: kept, and never a second too long."""
    path = "/events/the-session/doors/5"
    with clock_at(MIDNIGHT - timedelta(seconds=40)):
        client.get(path)
    with clock_at(MIDNIGHT - SECOND):
        assert "Quillfeather" not in client.get(path).text
    with clock_at(MIDNIGHT):
        assert "Quillfeather" in client.get(path).text


def test_search_knows_nothing_of_doors_even_when_written_anew(client, session, place, clock_at):
    renew(session, [place.event_id])
    session.commit()
    with clock_at(MIDNIGHT - SECOND):
        assert "/events/the-session" not in client.get("/?q=Whisperword&exact=1").text


def test_the_feed_is_the_same_whatever_is_behind_closed_doors(client, session, place, clock_at):
    """Neither bytes nor ETag say anything: two calendars that differ behind closed doors alone are told alike."""
    with clock_at(MIDNIGHT - SECOND):
        before = client.get("/events/the-session/doors.ics")
        page = client.get("/events/the-session/doors/5")
        door = session.scalars(select(Door).where(Door.number == 5)).one()
        door.kind, door.title, door.body, door.item_id = "text", "Other", "Words", None
        touch_communities(session, [place.event_id])  # as any action does: nothing is kept
        after = client.get("/events/the-session/doors.ics")
        assert (before.data, before.headers["ETag"]) == (after.data, after.headers["ETag"])
        assert client.get("/events/the-session/doors/5").text == page.text


def test_a_viewers_midnight(client, session, place, clock_at):
    place.opening = "viewer"
    session.commit()
    earliest = datetime(2026, 12, 4, 10, tzinfo=UTC)  # where 5 December begins first on earth
    with clock_at(earliest - SECOND):
        for zone in ("Pacific/Kiritimati", "Etc/GMT-14", "Pacific/Auckland", "Europe/London", "Nowhere/Else", "+99"):
            assert found(client, zone=zone) == set(), zone
    with clock_at(earliest):
        assert found(client, zone="Pacific/Kiritimati") == set(SECRETS)
        assert found(client, zone="Pacific/Auckland") == set()
        assert found(client) == set()
    with clock_at(MIDNIGHT - SECOND):
        assert found(client) == set()
        assert found(client, zone="Pacific/Auckland") == set(SECRETS)
        cookie = client.application.test_client()
        cookie.set_cookie("zone", "Pacific/Auckland", domain="gatherings.test")
        assert found(cookie) == set(SECRETS)
    with clock_at(datetime(2026, 12, 5, 10, 59, 59, tzinfo=UTC)):
        assert found(client, zone="Pacific/Niue") == set()
        assert found(client) == set(SECRETS)  # nobody's zone known: the calendar's
    with clock_at(datetime(2026, 12, 5, 11, tzinfo=UTC)):
        assert found(client, zone="Pacific/Niue") == set(SECRETS)


def test_days_on_which_clocks_change(client, session, place, clock_at):
    place.zone, place.first_day = "America/Santiago", date(2027, 9, 1)  # door 5: no midnight on Sunday 5 September
    session.commit()
    opens = datetime(2027, 9, 5, 4, tzinfo=UTC)
    with clock_at(opens - SECOND):
        assert found(client) == set()
    with clock_at(opens):
        assert found(client) == set(SECRETS)
        assert "today’s door" in client.get("/events/the-session/doors").text


def test_a_pictures_address_is_nothing_before_its_door_is_open(client, session, place, clock_at):
    door = session.scalars(select(Door).where(Door.number == 5)).one()
    door.kind, door.title, door.picture, door.picture_id = "picture", "Whisperword", webp(), new_public_id()
    door.picture_alt = "Plumtree"
    session.commit()
    path = f"/events/the-session/doors/pictures/{door.picture_id}.webp"
    words = (door.picture_id, "Whisperword", "Plumtree")
    with clock_at(MIDNIGHT - SECOND):
        assert found(client, words) == set()
        assert client.get(path).status_code == client.head(path).status_code == 404
    with clock_at(MIDNIGHT):
        assert found(client, words) == set(words)
        answer = client.get(path)
        assert (answer.status_code, answer.content_type, answer.data[:4]) == (200, "image/webp", b"RIFF")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert client.get(f"/events/other/doors/pictures/{door.picture_id}.webp").status_code == 404
        assert client.get("/events/the-session/doors/pictures/x.webp").status_code == 404
        place.state = "draft"
        assert client.get(path).status_code == 404
    place.state, place.opening = "published", "viewer"
    session.commit()
    with clock_at(datetime(2026, 12, 4, 10, tzinfo=UTC) - SECOND):
        assert client.get(path).status_code == 404
    with clock_at(datetime(2026, 12, 4, 10, tzinfo=UTC)):
        assert client.get(path).status_code == 200


def test_the_preview_picture_is_the_same_on_every_day(client, place, clock_at):
    with clock_at(MIDNIGHT - SECOND):
        before = client.get("/events/the-session/doors/preview.png")
    with clock_at(MIDNIGHT):
        after = client.get("/events/the-session/doors/preview.png")
    assert before.data[:8] == b"\x89PNG\r\n\x1a\n"
    assert (before.data, before.headers["ETag"]) == (after.data, after.headers["ETag"])


def test_drafts_are_not_there(client, session, place, clock_at):
    tails = ("", "/1", ".ics", "/follow", "/asked", "/preview.png")
    with clock_at(MIDNIGHT):
        assert {client.get(f"/events/the-session/doors{tail}").status_code for tail in tails} == {200}
        place.state = "draft"
        touch_communities(session, [place.event_id])
        assert {client.get(f"/events/the-session/doors{tail}").status_code for tail in tails} == {404}
        place.state, session.get_one(Event, place.event_id).status = "published", "draft"
        touch_communities(session, [place.event_id])
        assert {client.get(f"/events/the-session/doors{tail}").status_code for tail in tails} == {404}


def test_an_open_door_does_not_tell_who_is_accepted_before_their_letter(client, session, place, clock_at):
    session.execute(update(Submission).values(told=""))
    session.commit()
    with clock_at(MIDNIGHT + SECOND):
        assert found(client) == set()


def test_what_was_withdrawn_or_not_agreed_to_is_not_shown(client, session, place, clock_at):
    door = session.scalars(select(Door).where(Door.number == 5)).one()
    item = session.get_one(Item, door.item_id)
    submission = session.get_one(Submission, item.submission_id)
    path = "/events/the-session/doors/5"
    with clock_at(MIDNIGHT):
        submission.recording = False
        page = client.get(path).text
        assert "Quillfeather" in page
        assert "videoplace" not in page
        for state in ("withdrawn", "declined", "reserve"):
            submission.state = state
            touch_communities(session, [place.event_id])
            assert found(client) == set()


def test_nothing_stands_behind_a_door_of_what_was_called_off(client, session, place, clock_at):
    with clock_at(MIDNIGHT):
        assert found(client) == set(SECRETS)
        before = icalendar.Calendar.from_ical(client.get("/events/the-session/doors.ics").data).walk("VEVENT")
    door = session.scalars(select(Door).where(Door.number == 4)).one()
    door.kind, door.picture, door.picture_id = "picture", webp(), new_public_id()
    event, picture = session.get_one(Event, place.event_id), door.picture_id
    session.commit()
    with clock_at(MIDNIGHT):
        assert client.get(f"/events/the-session/doors/pictures/{picture}.webp").status_code == 200
    change_event(session, event, {"status": "cancelled"}, now=MIDNIGHT + SECOND, delay=0)
    session.commit()
    with clock_at(MIDNIGHT + SECOND):
        assert found(client) == set()
        for tail in ("", "/5", "/follow", "/asked"):
            page = client.get(f"/events/the-session/doors{tail}").text
            assert "called off this gathering, so its doors stay closed" in page
        assert client.get(f"/events/the-session/doors/pictures/{picture}.webp").status_code == 404
        after = icalendar.Calendar.from_ical(client.get("/events/the-session/doors.ics").data).walk("VEVENT")
    assert [one["STATUS"] for one in after] == ["CANCELLED"] * 24
    assert [one["UID"] for one in after] == [one["UID"] for one in before]
    assert all(int(str(new["SEQUENCE"])) > int(str(old["SEQUENCE"])) for old, new in zip(before, after, strict=True))
    with clock_at(MIDNIGHT + timedelta(weeks=7)):
        assert b"VEVENT" not in client.get("/events/the-session/doors.ics").data
