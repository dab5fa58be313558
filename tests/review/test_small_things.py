"""What a review found in small: sides that a file takes away, claims about clocks, a feed's first date, headers."""

from datetime import datetime, timedelta

import pytest
from markupsafe import Markup
from sqlalchemy import select

from gatherings.events.models import Event, Series
from gatherings.loading.problems import ProgrammeProblem
from gatherings.registration import rules
from gatherings.web.times import unbroken
from tests.factories import NOW, dates_of, make_event, make_registration, make_series, make_series_registration
from tests.loading.conftest import LATER, SMALL, dates, dump, load_text

__all__ = ["dump", "load_text"]
MONDAYS_HYBRID = SMALL.replace("mode: online\n    places: {online: null}", "mode: hybrid\n    places: {room: 5}", 1)


@pytest.fixture
def tea(session):
    return lambda: session.scalars(select(Event).where(Event.slug == "summer-tea")).one()


def held(mode, text=SMALL):
    """Write the summer tea as held in another way, without what that way has no use for."""
    lines = text.replace("mode: hybrid", f"mode: {mode}").splitlines()
    gone = ("places: {room", "place: ", "join: https://meet.example.org/summer-tea")
    unfit = gone[:2] if mode == "online" else (gone[0], gone[2])
    return "\n".join(line for line in lines if not line.strip().startswith(unfit)) + "\n"


def said(load_text, text):
    """Give (line, field, sentence) of the one thing for which a file is refused."""
    with pytest.raises(ProgrammeProblem) as refused:
        load_text(text, now=LATER)
    (wrong,) = refused.value.problems
    return wrong.line, wrong.field, str(wrong.sentence)


# --- a file that would take away a side ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "room", "mode", "words"),
    [
        ("room", 2, "online", "registered for the room"),
        ("room", 0, "online", "registered for the room"),  # who waits for a place counts too
        ("online", 2, "in person", "registered to come online"),
    ],
)
def test_a_side_that_somebody_comes_to_cannot_be_taken_away(load_text, session, dump, tea, wish, room, mode, words):
    text = SMALL.replace("room: 2", f"room: {room}")
    load_text(text)
    registration = make_registration(session, tea(), wish=wish)
    assert registration.waits_for_id == (None if room else tea().room_id)
    session.commit()
    before = dump()
    changed = held(mode, text)
    line, field, sentence = said(load_text, changed)
    assert (changed.splitlines()[line - 1].strip(), field) == (f"mode: {mode}", "events[summer-tea].mode")
    assert words in sentence
    assert dump() == before


def test_a_side_that_nobody_comes_to_any_more_can_be_taken_away(load_text, session, tea):
    load_text()
    make_registration(session, tea(), wish="online")
    session.commit()
    load_text(held("online"), now=LATER)
    session.expire_all()
    assert tea().mode == "online"


def test_a_series_whose_coming_dates_have_people_on_a_side_keeps_that_side(load_text, session, dump):
    load_text(MONDAYS_HYBRID)
    every = make_series_registration(session, dates(session)[0], wish="room")
    assert every.wish == "room"
    session.commit()
    before = dump()
    line, field, sentence = said(load_text, SMALL)
    assert (SMALL.splitlines()[line - 1].strip(), field) == ("mode: online", "series[mondays].mode")
    assert "registered for the room" in sentence
    assert dump() == before


def test_a_series_whose_people_all_come_another_way_may_lose_a_side(load_text, session):
    load_text(MONDAYS_HYBRID)
    make_series_registration(session, dates(session)[0], wish="online")
    session.commit()
    load_text(SMALL, now=LATER)
    assert {date.mode for date in dates(session)} == {"online"}


# --- what loading says ------------------------------------------------------------------------------------------------


def test_a_date_that_was_edited_elsewhere_is_named_by_its_slug(load_text, session):
    load_text()
    first = dates(session)[0]
    first.title = "Tea from Assam"
    session.commit()
    report = load_text(SMALL.replace("Tea from Darjeeling", "Tea from Ceylon"), now=LATER)
    assert report.kept == {f"date {first.slug}": ["title"]}


def test_a_date_for_which_a_new_rule_has_none_left_is_noted(load_text, session):
    load_text()
    last = dates(session)[-1]
    until = f"{last.starts_local - timedelta(days=1):%Y%m%d}"
    shorter = SMALL.replace("BYDAY=1MO", f"BYDAY=1MO;UNTIL={until}")
    report = load_text(shorter, now=LATER)
    assert f"{last.slug} is called off: the new rule has no date left for it." in report.notes


# --- clocks -----------------------------------------------------------------------------------------------------------


def test_who_told_no_zone_is_not_told_whose_time_it_is(session, client, clock_at, mail):
    event = make_event(session)
    session.commit()
    with clock_at(NOW):
        sent = {"name": "Ada Example", "email": "ada@example.org", "zone": ""}
        assert client.post(f"/events/{event.slug}/register", data=sent).status_code < 400
    post = mail("confirmed")
    assert post.rows["When"] == "Tuesday 15 December, 18:00–19:00 in London"
    assert "your time" not in post.everything.lower()


def test_hours_stay_on_one_line(session, client):
    assert unbroken("Friday 18 December, 07:00–08:00") == Markup(
        'Friday 18 December, <span class="hours">07:00–08:00</span>'
    )
    assert unbroken("<b> – ") == Markup("&lt;b&gt; – ")
    event = make_event(session)
    assert '<span class="hours">18:00–19:00</span></time>' in client.get(f"/events/{event.slug}").text
    both = client.get(f"/events/{event.slug}/when?zone=Pacific/Auckland").text
    assert '<span class="hours">07:00–08:00</span></time>' in both
    assert '<span class="hours">18:00–19:00</span> in London' in both


# --- a feed whose dates are written out -------------------------------------------------------------------------------


@pytest.mark.parametrize("zone", ["America/Vancouver", "Africa/Casablanca"])
def test_a_feed_that_writes_dates_out_begins_with_one_that_is_made(session, zone):
    """Vancouver's last change of clocks was in 2026: how times are written depends on the rule's whole span."""
    now = datetime(2027, 2, 1, tzinfo=NOW.tzinfo)
    series = make_series(session, zone=zone, now=now)
    made = [f"{date.starts_at:%Y%m%dT%H%M%SZ}" for date in dates_of(session, series, now=now)]
    block = session.scalars(select(Series.calendar_block)).one().decode().replace("\r\n ", "").splitlines()
    assert [line for line in block if line.startswith("DTSTART")] == [f"DTSTART:{made[0]}"]
    assert next(line for line in block if line.startswith("DTEND")) > f"DTEND:{made[0]}"
    assert [line.removeprefix("RDATE:") for line in block if line.startswith("RDATE")] == made


def test_a_feed_that_tells_a_rule_begins_where_the_rule_does(session):
    make_series(session)
    assert b"DTSTART;TZID=Europe/London:20260115T180000" in session.scalars(select(Series.calendar_block)).one()


# --- pages ------------------------------------------------------------------------------------------------------------


def test_pages_say_how_early_the_way_in_opens_as_the_rule_has_it(session, client, app, clock_at):
    minutes = int(rules.JOIN_OPENS / timedelta(minutes=1))
    mine = make_registration(session, make_event(session))
    session.commit()
    for path, purpose in (("registrations", "manage"), ("join", "join")):
        token = app.extensions["gatherings.signer"].sign(purpose, mine.public_id, mine.link_version)
        with clock_at(NOW):
            assert f"The way in opens {minutes} minutes before the start" in client.get(f"/{path}/{token}").text


def test_files_too_tell_browsers_to_stay_on_tls_where_there_is_tls(app, make_another, client):
    url = app.jinja_env.globals["asset"]("app.css")
    secure = make_another(BASE_URL="https://gatherings.test").test_client()
    answer = secure.get(url, base_url="https://gatherings.test")
    assert (answer.status_code, answer.headers["Strict-Transport-Security"]) == (200, "max-age=31536000")
    assert "Strict-Transport-Security" not in client.get(url).headers
