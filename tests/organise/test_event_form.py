"""The form of a gathering: made once, changed without losing anybody's words, people told once and knowingly."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry
from gatherings.events.models import Event, EventChange
from tests.factories import make_community, make_event, make_registration, make_series
from tests.signing import make_role, sign_in

ROWS = re.compile(r'<(?:input|textarea|select)[^>]*?name="([^"]+)"')


def typed(page: str) -> dict[str, str]:
    """Give what a browser would send of the form, without pressing anything."""
    form = page.split('id="event-form"', 1)[1].split("</form>", 1)[0]
    sent: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = (re.search(rf'{key}="([^"]*)"', tag) for key in ("name", "value"))
        kind = re.search(r'type="([^"]*)"', tag)
        if name and not (kind and kind[1] in ("checkbox", "radio") and " checked" not in tag):
            sent[name[1]] = unescape(value[1] if value else "")
    for name, text in re.findall(r'<textarea[^>]*?name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        sent[name] = unescape(text)
    for name, options in re.findall(r'<select[^>]*?name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = unescape(chosen[1]) if chosen else ""
    return sent


def unescape(text: str) -> str:
    from html import unescape as plain

    return plain(text)


@pytest.fixture
def organiser(client: FlaskClient, session: Session):
    community = make_community(session, slug="kindness")
    sign_in(client, session, make_role(session, community))
    return community


def test_a_new_gathering_is_made_once(client: FlaskClient, session: Session, organiser) -> None:
    path = "/organise/communities/kindness/events/new"
    page = client.get(path)
    assert page.status_code == 200, page.text
    sent = typed(page.text) | {
        "title": "Zoë & Söhne <3 “Rest”",
        "starts_date": "2027-01-14",
        "starts_time": "18:00",
        "ends_date": "",
        "ends_time": "19:00",
        "zone": "London",
        "speakers-0-name": "李雷",
        "speakers-0-country": "China",
        "speakers-1-name": "",
        "asked_often-0-question": "May I be late?",
        "asked_often-0-answer": "You *may*.",
        "status": "published",
        "community_id": "99",
        "do": "save",
    }
    first, second = (client.post(path, data=sent) for _ in range(2))
    assert (first.status_code, first.location) == (303, "/organise/events/zoe-sohne-3-rest?done=made"), first.text
    assert second.location == "/organise/events/zoe-sohne-3-rest?done=there"
    [event] = session.scalars(select(Event))
    assert (event.status, event.community_id, event.zone) == ("draft", organiser.id, "Europe/London")
    assert event.starts_at.isoformat() == "2027-01-14T18:00:00+00:00"
    entry = session.scalars(select(LogEntry)).one()
    assert (entry.action, entry.community_id) == ("create_event", organiser.id)
    shown = typed(client.get("/organise/events/zoe-sohne-3-rest/edit").text)
    assert shown["speakers-0-name"] == "李雷"
    assert shown["speakers-0-country"] == "China"
    assert shown["title"] == sent["title"]
    assert client.get("/events/zoe-sohne-3-rest").status_code == 404


def edit_page(client: FlaskClient, event: Event) -> dict[str, str]:
    page = client.get(f"/organise/events/{event.slug}/edit")
    assert page.status_code == 200, page.text
    return typed(page.text)


def save(client: FlaskClient, event: Event, sent: dict[str, str], do: str = "save", **more: str):
    return client.post(f"/organise/events/{event.slug}/edit", data=sent | more | {"do": do})


def fresh(session: Session, event: Event) -> Event:
    session.rollback()
    return session.scalars(select(Event).where(Event.id == event.id).execution_options(populate_existing=True)).one()


def test_a_correction_tells_nobody_and_names_its_fields(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser, slug="tea", about="Old words.")
    make_registration(session, event)
    sent = edit_page(client, event)
    answer = save(client, event, sent, about="New words.", slug="summer-tea")
    assert answer.location == "/organise/events/summer-tea?done=saved"
    event = fresh(session, event)
    assert (event.about, event.slug, event.edits, event.revision) == ("New words.", "summer-tea", 1, 0)
    assert session.scalars(select(EventChange)).all() == []
    assert client.get("/events/tea").location == "/events/summer-tea"
    entry = session.scalars(select(LogEntry)).one()
    assert (entry.action, entry.details) == ("edit_event", {"fields": ["about", "slug"]})
    # Saved again without a change: nothing happens, nothing is logged.
    assert save(client, event, edit_page(client, event)).status_code == 303
    assert len(session.scalars(select(LogEntry)).all()) == 1


def test_a_change_of_time_is_asked_about_first_and_told_once(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser, slug="tea")
    make_registration(session, event)
    make_registration(session, event, address="bo@example.org")
    sent = edit_page(client, event) | {"starts_time": "19:00", "ends_time": "20:00"}
    asked = save(client, event, sent)
    assert asked.status_code == 200
    assert "2 people are registered. They get one mail with the new time, and their calendars move." in asked.text
    assert fresh(session, event).starts_local.hour == 18
    again = typed(asked.text)
    assert again["starts_time"] == "19:00"
    # Another kind of change than was shown is asked about anew.
    assert (
        "with the new time and place"
        in save(client, event, again, "tell:time", mode="hybrid", place_name="Library").text
    )
    assert save(client, event, again, "tell:time").location == "/organise/events/tea?done=saved&told=1"
    assert save(client, event, again, "tell:time").status_code == 303  # pressed twice
    event = fresh(session, event)
    assert (event.starts_local.hour, event.revision) == (19, 1)
    [change] = session.scalars(select(EventChange))
    assert change.kinds == "time"


def test_a_new_meeting_link_is_no_reason_for_a_mail(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser)
    make_registration(session, event)
    sent = edit_page(client, event)
    assert save(client, event, sent, join_url="https://meet.example.org/other").status_code == 303
    assert fresh(session, event).join_url == "https://meet.example.org/other"
    assert session.scalars(select(EventChange)).all() == []


def test_the_second_of_two_editors_is_told_and_loses_nothing(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser, slug="tea", about="Old.")
    mine = edit_page(client, event)
    theirs = edit_page(client, event)
    assert save(client, event, theirs, about="Theirs.", summary="Their summary.", title="Tea").status_code == 303
    mine |= {"about": "Mine.", "access_notes": "My notes.", "speakers-0-name": "Ada"}
    refused = save(client, event, mine)
    assert refused.status_code == 409
    assert "This was saved elsewhere while you were writing" in refused.text
    assert fresh(session, event).about == "Theirs."
    again = typed(refused.text)
    assert (again["about"], again["access_notes"], again["speakers-0-name"]) == ("Mine.", "My notes.", "Ada")
    boxes = dict(re.findall(r'name="take_([a-z_]+)" value="([a-z]+)" checked', refused.text))
    assert boxes == {"about": "mine", "summary": "theirs", "title": "theirs"}
    assert "access_notes" not in boxes
    choices = {f"take_{name}": value for name, value in boxes.items()}
    assert save(client, event, again | choices).status_code == 303
    event = fresh(session, event)
    assert (event.title, event.summary, event.about) == ("Tea", "Their summary.", "Mine.")
    assert event.access_notes == "My notes."
    # The same press again has nothing left to do.
    assert save(client, event, again | choices).status_code in (303, 409)
    assert fresh(session, event).edits == 2


def test_times_that_do_not_exist_are_refused_in_words(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser)
    sent = edit_page(client, event)
    for day, hour, words in (
        ("2027-03-28", "01:30", "there is no 01:30. The nearest times are 00:59 and 02:00"),
        ("2027-10-31", "01:30", "comes twice"),
        ("2027-02-30", "10:00", "not a date"),
        ("2027-02-03", "25:00", "not a time"),
        ("", "10:00", "choose the day"),
    ):
        refused = save(client, event, sent, starts_date=day, starts_time=hour, ends_date="", ends_time="23:00")
        assert refused.status_code == 422, words
        assert words in unescape(refused.text)
        assert typed(refused.text)["starts_time"] == hour
    assert fresh(session, event).edits == 0


def test_rows_come_go_and_move_without_a_script(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser)
    sent = edit_page(client, event) | {"title": "Typed, not saved", "speakers-0-name": "Ada", "speakers-5-name": "Bo"}
    page = save(client, event, sent, "add:speakers")
    assert page.status_code == 200
    rows = typed(page.text)
    assert [rows[f"speakers-{n}-name"] for n in range(3)] == ["Ada", "Bo", ""]
    assert rows["title"] == "Typed, not saved"
    rows = typed(save(client, event, rows, "up:speakers:1").text)
    assert [rows[f"speakers-{n}-name"] for n in range(3)] == ["Bo", "Ada", ""]
    rows = typed(save(client, event, rows, "drop:speakers:0").text)
    assert [rows[f"speakers-{n}-name"] for n in range(2)] == ["Ada", ""]
    for nonsense in ("drop:speakers:99", "up:speakers:0", "drop:speakers:-1", "drop:title:0", "add:nothing"):
        assert save(client, event, rows, nonsense).status_code in (200, 303)


def test_what_cannot_be_is_refused_and_kept(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser, about="Fine.")
    make_registration(session, event)
    make_event(session, organiser, slug="taken")
    sent = edit_page(client, event)
    for name, value in (
        ("title", ""),
        ("title", "Win at www.example.com"),
        ("title", "x" * 201),
        ("title", "two\nlines"),
        ("about", "x" * 20_001),
        ("about", "turned \u202e around"),
        ("place_map", "javascript:alert(1)"),
        ("join_url", "https://user:secret@example.org/"),
        ("capacity_online", "-1"),
        ("capacity_online", "1e9"),
        ("mode", "by letter"),
        ("mode", "in person"),  # somebody is registered to come online
        ("language", "xx'--"),
        ("listing", "secret"),
        ("slug", "taken"),
        ("slug", "Not A Slug"),
        ("slug", "../../etc"),
        ("zone", "Xyzzyville"),
        ("opens_date", "2026-12-01"),
        ("speakers-0-talk", "Who speaks?"),
        ("speakers-0-country", "Atlantis"),
        ("resources-0-url", "data:text/html,x"),
        ("also_listed_by", "elsewhere"),
        ("umbrella", "nowhere"),
    ):
        if name in ("also_listed_by", "umbrella") and name not in sent:
            continue
        place = {"mode": value, "place_name": "Library"} if name == "mode" else {name: value}
        refused = save(client, event, sent | place)
        assert refused.status_code == 422, (name, value, refused.status_code, refused.location)
        if name not in ("mode", "language", "listing", "also_listed_by", "umbrella") and "\n" not in value:
            assert unescape(value) in unescape(refused.text), (name, value)
    unchanged = fresh(session, event)
    assert (unchanged.edits, unchanged.about) == (0, "Fine.")


def test_capacity_below_what_is_taken_is_accepted(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser, capacity_online=2)
    for number in range(4):
        make_registration(session, event, address=f"p{number}@example.org")
    assert save(client, event, edit_page(client, event), capacity_online="1").status_code == 303
    page = client.get(f"/organise/events/{event.slug}").text
    assert "2 people have a place, and there are 1" in page
    assert save(client, event, edit_page(client, event), capacity_online="3").status_code == 303
    pool = fresh(session, event).online_id
    from gatherings.db.places import Places

    assert (session.get_one(Places, pool).taken, session.get_one(Places, pool).capacity) == (3, 3)


def test_another_gathering_fills_the_form(client: FlaskClient, session: Session, organiser) -> None:
    from gatherings.events.models import Speaker
    from tests.factories import dates_of

    series = make_series(session, organiser)
    first, second, _third = dates_of(session, series)
    session.add(Speaker(event_id=first.id, position=0, name="Ada", talk="Listening"))
    elsewhere = make_event(session, slug="elsewhere")
    page = client.get(f"/organise/events/{second.slug}/edit?fill={first.slug}")
    sent = typed(page.text)
    assert (sent["speakers-0-name"], sent["starts_date"]) == ("Ada", "2027-01-21")
    answer = save(client, second, sent, **{"speakers-0-name": "Bo"})
    assert answer.status_code == 303
    names = session.scalars(select(Speaker.name).where(Speaker.event_id == second.id)).all()
    assert names == ["Bo"]
    assert client.get(f"/organise/events/{second.slug}/edit?fill={elsewhere.slug}").status_code == 404
    new = typed(client.get(f"/organise/communities/{organiser.slug}/events/new?fill={first.slug}").text)
    assert (new["title"], new["starts_time"]) == (first.title, "18:00")


def test_a_date_in_a_gap_that_its_rule_made_can_be_corrected(client: FlaskClient, session: Session, organiser) -> None:
    from datetime import datetime

    from tests.factories import dates_of

    series = make_series(
        session, organiser, rule="FREQ=WEEKLY;BYDAY=SU", starts_local=datetime(2027, 3, 28, 1, 30), ahead=1
    )
    [date] = dates_of(session, series)
    assert save(client, date, edit_page(client, date), about="Come early.").status_code == 303
    assert fresh(session, date).about == "Come early."


def test_five_clocks_changes_and_clashes(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser, slug="tea", title="Tea at the same hour")
    make_event(session, organiser, slug="draft", title="A draft then", status="draft")
    make_event(session, title="Somebody else's hour")
    make_registration(session, event, zone="Pacific/Auckland")
    make_registration(session, event, address="b@example.org", zone="Asia/Kolkata")
    path = f"/organise/communities/{organiser.slug}/clocks"
    sent = {"starts_date": "2026-12-15", "starts_time": "18:00", "ends_time": "19:00", "zone": "London"}
    page = client.get(path, query_string=sent).text
    assert page.count("one-clock") == 5
    assert "Tea at the same hour" in page
    assert "A draft then" in page
    assert "Somebody else" not in page
    page = client.get(path, query_string=sent | {"event": "tea"}).text
    assert "Tea at the same hour" not in page
    assert "Wednesday 16 December, 07:00" in page.replace('<span class="hours">', "")
    assert "another day" in page
    late = client.get(path, query_string=sent | {"starts_date": "2027-04-15", "event": "tea"}).text
    assert "London changes its clocks on Sunday 28 March 2027: the hour stays 18:00 there and moves elsewhere." in late
    gap = client.get(path, query_string=sent | {"starts_date": "2027-03-28", "starts_time": "01:30"}).text
    assert "The nearest times are 00:59 and 02:00" in gap
    for nonsense in ({}, {"starts_date": "x", "zone": "\x00"}, sent | {"zone": "' OR 1=1"}):
        assert client.get(path, query_string=nonsense).status_code == 200


def test_whatever_an_address_asks_for_breaks_nothing(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser)
    for starts in ("9999-12-31T23:59", "0001-01-01T00:00", "2027-02-30T10:00", "x"):
        for screen in ("edit", "twin"):
            assert client.get(f"/organise/events/{event.slug}/{screen}?starts={starts}").status_code == 200, starts
    for other in ("%00", "a%00b", "nobody"):
        assert client.get(f"/organise/events/{event.slug}/edit?fill={other}").status_code == 404, other


def test_markdown_is_shown_clean(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser)
    sent = edit_page(client, event) | {"about": "**Hello** <script>alert(1)</script> [x](javascript:alert(1))"}
    token = sent["csrf_token"]
    answer = client.post("/organise/markdown", data={"csrf_token": token, "do": "check:about", "about": sent["about"]})
    for shown in (answer.text, save(client, event, sent, "check:about").text.split('id="about-shown"')[1]):
        assert "<strong>Hello</strong>" in shown
        assert "<script>alert" not in shown
        assert 'href="javascript' not in shown
    assert client.post("/organise/markdown", data={"do": "check:about"}).status_code == 400
    assert fresh(session, event).edits == 0


def test_long_texts_in_any_script_are_kept_whole(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser)
    long, notes = "静" * 20_000, "ك" * 20_000  # more than other forms may send
    assert save(client, event, edit_page(client, event), about=long, access_notes=notes).status_code == 303
    event = fresh(session, event)
    assert (event.about, event.access_notes) == (long, notes)
    assert typed(client.get(f"/organise/events/{event.slug}/edit").text)["about"] == long
