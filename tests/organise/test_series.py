"""The screens of a series: its dates, its form, published and called off; who may, and what it does to whom."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from gatherings.audit.models import LogEntry
from gatherings.communities.models import Community
from gatherings.events.models import Event, EventChange, OldSlug, Series, Speaker
from gatherings.mail.models import OutboxMail
from gatherings.organise.routes import series_dates
from gatherings.registration.models import Registration
from tests.factories import dates_of, make_community, make_registration, make_series
from tests.factories import make_series_registration as make_every
from tests.organise.pressing import form_of, press
from tests.signing import make_role, sign_in

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ROLES = ("owner", "organiser", "host", "helper", "editor")
NEW = {
    "title": "Zoë & Sons <3", "summary": "", "about": "", "language": "en", "mode": "online", "listing": "public",
    "ahead": "4", "slug": "", "comes": "rule",
}  # fmt: skip


@pytest.fixture(autouse=True)
def still(clock_at):
    """Let it be Friday 20 November 2026, 12:00 UTC."""
    with clock_at(NOW):
        yield


@pytest.fixture
def series(session: Session) -> Series:
    """Third Thursdays at 18:00 in London, three ahead."""
    return make_series(session, make_community(session, slug="tea"))


@pytest.fixture
def organiser(client: FlaskClient, session: Session, series: Series) -> FlaskClient:
    """A browser of somebody who organises it."""
    sign_in(client, session, make_role(session, tea(session)))
    return client


def tea(session: Session) -> Community:
    return session.scalars(select(Community).where(Community.slug == "tea")).one()


def again(session: Session, series: Series) -> Series:
    session.commit()
    session.expire_all()
    wanted = select(Series).where(Series.id == series.id).options(selectinload(Series.rules))
    return session.scalars(wanted).one()


def actions(session: Session) -> list[str]:
    session.commit()
    return list(session.scalars(select(LogEntry.action).order_by(LogEntry.id)))


def state(session: Session) -> list[object]:
    """Give what must not change: every series, date and line of the log."""
    session.commit()
    session.expire_all()
    rows = session.execute(
        select(Series.slug, Series.title, Series.status, Series.edits, Series.revision, Series.ahead)
    )
    events = session.execute(select(Event.slug, Event.status, Event.starts_local, Event.revision).order_by(Event.id))
    return [*map(tuple, rows), *map(tuple, events), session.scalar(select(func.count(LogEntry.id)))]


def test_each_screen_and_press_by_role_and_from_outside(app, client: FlaskClient, session: Session, series: Series):
    slug = series.slug
    screens = ["/edit", "/rule", "/next", "/cancel"]
    presses = ["/edit", "/rule", "/next", "/cancel", "/publish", "/unpublish", "/restore", "/more", "/dates"]
    new = "/organise/communities/tea/series/new"
    before = state(session)
    assert client.get(f"/organise/series/{slug}").status_code == 302
    assert client.post(f"/organise/series/{slug}/cancel").status_code in (302, 303)
    other = make_role(session, make_community(session), "owner", "other@example.org")
    for role in (*ROLES, "elsewhere"):
        browser = app.test_client()
        person = other if role == "elsewhere" else make_role(session, tea(session), role, f"{role}@example.org")
        sign_in(browser, session, person)
        refused = 404 if role == "elsewhere" else 403
        looks = role in ("owner", "organiser", "host", "editor")
        assert browser.get(f"/organise/series/{slug}").status_code == (200 if looks else refused), role
        edits = role in ("owner", "organiser")
        for path in (*(f"/organise/series/{slug}{one}" for one in screens), new):
            wanted = (200, 303) if edits else (refused,)
            assert browser.get(path).status_code in wanted, (role, path)
        if not edits:
            for path in (*(f"/organise/series/{slug}{one}" for one in presses), new):
                assert press(browser, path, {"title": "Mine now", "ahead": "9"}).status_code == refused, (role, path)
        for path in presses:  # without the form's token
            assert browser.post(f"/organise/series/{slug}{path}").status_code in (400, refused)
    assert state(session) == before
    assert browser.get(f"/organise/series/{series.public_id}").status_code == 404
    assert browser.get(f"/organise/series/{series.id}").status_code == 404


def test_a_series_from_nothing_to_its_dates(organiser: FlaskClient, session: Session, series: Series):
    path = "/organise/communities/tea/series/new"
    data = form_of(organiser, path) | NEW
    first = organiser.post(path, data=data)
    assert (first.status_code, first.location) == (303, "/organise/series/zoe-sons-3/rule")
    assert organiser.post(path, data=data).location == first.location  # pressed twice
    made = session.scalars(select(Series).where(Series.slug == "zoe-sons-3")).one()
    assert (made.title, made.status, made.join_url) == ("Zoë & Sons <3", "draft", None)
    assert organiser.get("/series/zoe-sons-3").status_code == 404
    rule = form_of(organiser, first.location)
    look = organiser.post(first.location, data=rule | {"do": "look"})
    assert "Thursday 17 December, 18:00–19:00" in look.text.replace('<span class="hours">', "").replace("</span>", "")
    assert session.scalar(select(func.count(Event.id)).where(Event.series_id == made.id)) == 0
    shown = look.text.split('name="shown" value="', 1)[1].split('"', 1)[0]
    saved = organiser.post(first.location, data=rule | {"do": "save", "shown": shown})
    assert saved.location == "/organise/series/zoe-sons-3?done=rule"
    assert session.scalar(select(func.count(Event.id)).where(Event.series_id == made.id)) == 0
    for _press in range(2):
        assert press(organiser, "/organise/series/zoe-sons-3/publish").status_code == 303
    session.commit()
    assert session.scalar(select(func.count(Event.id)).where(Event.series_id == made.id)) == 4
    page = organiser.get("/series/zoe-sons-3")
    assert page.status_code == 200
    assert "Zoë &amp; Sons &lt;3" in page.text
    assert b"RRULE:FREQ=MONTHLY;BYDAY=3TH" in organiser.get("/series/zoe-sons-3/calendar.ics").data
    assert actions(session) == ["create_series", "change_rule", "publish_series"]


def test_overview_shows_speakers_counts_and_both_clocks(organiser: FlaskClient, session: Session, series: Series):
    first, second, _third = dates_of(session, series)
    session.add(Speaker(event_id=first.id, position=0, name="李雷"))
    make_registration(session, first)
    make_every(session, second, address="bob@example.org")
    organiser.set_cookie("zone", "Pacific/Auckland", domain="gatherings.test")
    page = organiser.get(f"/organise/series/{series.slug}").text
    plain = page.replace('<span class="hours">', "").replace("</span>", "")
    assert "Friday 18 December, 07:00–08:00" in plain
    assert "Thursday 17 December, 18:00–19:00 in London" in plain
    assert "李雷" in page
    assert "<dt>come every month</dt><dd>1</dd>" in page
    assert "<dt>single registrations ahead</dt><dd>1</dd>" in page
    assert f"/organise/events/{first.slug}" in page


def test_the_next_date_is_opened_filled_from_the_last_with_a_speaker(organiser, session: Session, series: Series):
    first, second, third = dates_of(session, series)
    base = f"/organise/series/{series.slug}/next"
    assert organiser.get(base).location == f"/organise/events/{first.slug}/edit"
    session.add(Speaker(event_id=first.id, position=0, name="Ada"))
    assert organiser.get(base).location == f"/organise/events/{second.slug}/edit?fill={first.slug}"
    session.add_all([Speaker(event_id=one.id, position=0, name="Bob") for one in (second, third)])
    assert organiser.get(base).location == f"/organise/events/{first.slug}/edit"  # all prepared: nothing is overwritten


def test_next_date_is_made_where_none_stands_ahead(organiser: FlaskClient, session: Session):
    one = session.scalars(select(Series)).one()
    session.execute(delete(Event).where(Event.series_id == one.id))
    path = f"/organise/series/{one.slug}/next"
    assert "Make the next date" in organiser.get(path).text
    assert press(organiser, path).location.startswith("/organise/events/")
    count = session.scalar(select(func.count(Event.id)).where(Event.series_id == one.id))
    assert press(organiser, path).location.startswith("/organise/events/")
    session.commit()
    assert session.scalar(select(func.count(Event.id)).where(Event.series_id == one.id)) == count


def test_two_presses_at_the_same_moment_lead_to_the_same_next_date(organiser, session: Session, monkeypatch):
    one = session.scalars(select(Series)).one()
    session.execute(delete(Event).where(Event.series_id == one.id))
    real = series_dates._one_more
    # Somebody else's press comes in between: ours finds that nothing is left to make.
    monkeypatch.setattr(series_dates, "_one_more", lambda *args: None if real(*args) else "")
    assert press(organiser, f"/organise/series/{one.slug}/next").location.startswith("/organise/events/")


def test_one_more_date_once_however_often_it_is_pressed(organiser: FlaskClient, session: Session, series: Series):
    make_every(session, dates_of(session, series)[0])
    path = f"/organise/series/{series.slug}/more"
    for _press in range(3):
        assert press(organiser, path, {"ahead": "4"}).status_code == 303
    assert len(dates_of(session, again(session, series))) == 4
    assert session.scalar(select(func.count(Registration.id))) == 4  # every month has its place there too
    for wrong in ("", "x", "-1", "4 or 1=1", "99999"):
        assert press(organiser, path, {"ahead": wrong}).status_code in (409, 422), wrong
    assert actions(session).count("add_date") == 1


def test_editing_texts_follows_to_dates_and_tells_nobody(organiser: FlaskClient, session: Session, series: Series):
    first, second, _third = dates_of(session, series)
    second.title = "Its own"
    make_registration(session, first)
    path = f"/organise/series/{series.slug}/edit"
    data = form_of(organiser, path) | {
        "title": "محمد العربي",
        "slug": "thursdays",
        "listing": "link",
        "status": "draft",
    }
    assert organiser.post(path, data=data).location == "/organise/series/thursdays?done=saved"
    found = again(session, series)
    assert (found.title, found.listing, found.status, found.edits) == ("محمد العربي", "link", "published", 1)
    assert [date.title for date in dates_of(session, found)] == ["محمد العربي", "Its own", "محمد العربي"]
    assert {date.listing for date in dates_of(session, found)} == {"link"}
    assert "محمد" not in second.search_text  # a search tells nobody of a series that is hidden
    assert session.scalar(select(func.count(EventChange.id))) == 0
    assert organiser.get(f"/series/{session.scalars(select(OldSlug.slug)).one()}").location.endswith(
        "/series/thursdays"
    )
    assert organiser.post(path, data=data).status_code in (303, 409)
    assert actions(session).count("edit_series") == 1


def test_a_new_place_is_told_only_after_it_was_said(organiser: FlaskClient, session: Session):
    series = make_series(session, tea(session), mode="in person", place_name="Here", join_url=None)
    make_registration(session, dates_of(session, series)[0])
    path = f"/organise/series/{series.slug}/edit"
    data = form_of(organiser, path) | {"place_name": "The new hall", "do": "save"}
    asked = organiser.post(path, data=data)
    assert asked.status_code == 200
    assert "people will be told" in asked.text
    assert again(session, series).place_name == "Here"
    data |= {"do": "tell", "confirmed": "place"}
    for _press in range(2):
        assert organiser.post(path, data=data).status_code == 303
    assert {date.place_name for date in dates_of(session, again(session, series))} == {"The new hall"}
    changes = session.scalars(select(EventChange)).all()
    assert {change.kinds for change in changes} == {"place"}
    assert len(changes) == 4  # the series' own, and each date's
    assert all(change.via_series for change in changes if change.event_id)


def test_a_mode_that_leaves_somebody_behind_is_refused(organiser: FlaskClient, session: Session, series: Series):
    make_registration(session, dates_of(session, series)[0])
    path = f"/organise/series/{series.slug}/edit"
    answer = organiser.post(
        path, data=form_of(organiser, path) | {"mode": "in person", "do": "tell", "confirmed": "place"}
    )
    assert answer.status_code == 422
    assert "registered to come online" in answer.text
    assert again(session, series).mode == "online"


def test_two_editors_lose_nothing(organiser: FlaskClient, session: Session, series: Series):
    path = f"/organise/series/{series.slug}/edit"
    mine = form_of(organiser, path)
    theirs = dict(mine)
    assert organiser.post(path, data=theirs | {"title": "Theirs", "summary": "Their summary"}).status_code == 303
    answer = organiser.post(path, data=mine | {"title": "Mine", "about": "My words"})
    assert answer.status_code == 409
    assert "Somebody else saved this" in answer.text
    assert "Theirs" in answer.text
    assert 'value="Mine"' in answer.text
    assert 'value="Their summary"' in answer.text  # only they changed it
    assert again(session, series).title == "Theirs"
    data = mine | {"title": "Mine", "about": "My words", "summary": "Their summary"}
    base = answer.text.split('name="base" value="', 1)[1].split('"', 1)[0]
    assert organiser.post(path, data=data | {"base": unescape(base)}).status_code == 303
    found = again(session, series)
    assert (found.title, found.summary, found.about) == ("Mine", "Their summary", "My words")
    for broken in ("", "{", "[1]", "[" * 5000, '{"title": 3}'):
        answer = organiser.post(path, data=data | {"base": broken, "title": "Other"})
        assert answer.status_code == 409, broken[:9]


BAD = {
    "title": ["", " ", "a" * 201, "see www.example.com", "a\nb", "\u202eabc", "x\x00y"],
    "summary": ["a" * 501, "two\nlines"],
    "about": ["a" * 20_001, "\ufffd"],
    "mode": ["", "hybrid'--", "elsewhere"],
    "language": ["xx' OR 1=1", "zz"],
    "listing": ["secret"],
    "ahead": ["", "0", "61", "1e3", "٣", "-2"],
    "capacity_online": ["-1", "1.5", "many", "99999999"],
    "join_url": ["javascript:alert(1)", "http://", "https://a b", "//x"],
    "slug": ["a", "A-b", "-x", "x" * 61, "../x", "series'--"],
}


def test_bad_input_is_refused_at_its_field_and_kept(organiser: FlaskClient, session: Session, series: Series):
    path = f"/organise/series/{series.slug}/edit"
    good = form_of(organiser, path)
    before = state(session)
    for name, values in BAD.items():
        for value in values:
            answer = organiser.post(path, data=good | {name: value})
            assert answer.status_code == 422, (name, value[:20])
            assert "Something needs another look" in answer.text
            assert f'href="#{name}"' in answer.text, name
    assert state(session) == before
    other = make_series(session, slug="other-one")
    assert organiser.post(path, data=good | {"slug": other.slug}).status_code == 422


def test_names_hold_as_they_were_typed(organiser: FlaskClient, session: Session, series: Series):
    path = f"/organise/series/{series.slug}/edit"
    for title in ("O'Brien & <b>Søn</b>", "李雷", "{{ 7*7 }} %s ${x}", "&lt;i&gt;", "W" * 60):
        data = form_of(organiser, path) | {"title": title}
        assert organiser.post(path, data=data).status_code == 303
        assert again(session, series).title == title
        page = organiser.get(f"/organise/series/{series.slug}").text
        assert "<b>Søn" not in page
        assert form_of(organiser, path)["title"] == title


def test_cancelling_says_what_it_means_and_is_told_once(organiser: FlaskClient, session: Session, series: Series):
    first, second, third = dates_of(session, series)
    make_every(session, first, address="every@example.org")
    make_registration(session, second)
    third.status, third.cancelled_at = "cancelled", datetime(2026, 11, 1, tzinfo=UTC)
    path = f"/organise/series/{series.slug}/cancel"
    page = organiser.get(path).text
    assert "2 dates to come are called off." in page
    assert "1 person comes every month." in page
    for _press in range(2):
        assert press(organiser, path).status_code == 303
    found = again(session, series)
    assert (found.status, {date.status for date in dates_of(session, found)}) == ("cancelled", {"cancelled"})
    assert session.scalar(select(func.count(EventChange.id))) == 3
    assert b"STATUS:CANCELLED" in organiser.get(f"/series/{series.slug}/calendar.ics").data
    assert "ended by its hosts" in organiser.get(f"/series/{series.slug}").text
    for _press in range(2):
        assert press(organiser, f"/organise/series/{series.slug}/restore").status_code == 303
    assert [date.status for date in dates_of(session, again(session, series))] == [
        "published",
        "published",
        "cancelled",
    ]
    assert actions(session) == ["cancel_series", "restore_series"]
    assert session.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.kind.like("%called%"))) == 0


def test_a_draft_again_only_while_nobody_is_registered(organiser: FlaskClient, session: Session, series: Series):
    path = f"/organise/series/{series.slug}/unpublish"
    registration = make_registration(session, dates_of(session, series)[0])
    assert press(organiser, path).status_code == 409
    assert again(session, series).status == "published"
    registration = session.get_one(Registration, registration.id)
    registration.state, registration.places_id = "cancelled", None
    assert press(organiser, path).status_code == 303
    assert organiser.get(f"/series/{series.slug}").status_code == 404
    assert {date.status for date in dates_of(session, again(session, series))} == {"draft"}
    assert press(organiser, f"/organise/series/{series.slug}/publish").status_code == 303
    assert {date.status for date in dates_of(session, again(session, series))} == {"published"}


def test_a_date_besides_the_rule(organiser: FlaskClient, session: Session, series: Series):
    path = f"/organise/series/{series.slug}/dates"
    data = {"day": "2027-01-05", "hour": "19:30", "minutes": "45", "zone": "Europe/London"}
    first = press(organiser, path, data)
    assert first.location.startswith("/organise/events/")
    assert press(organiser, path, data).location == first.location
    extra = session.scalars(select(Event).where(Event.series_id == series.id, Event.series_rule_id.is_(None))).one()
    assert (extra.starts_local, extra.title) == (datetime(2027, 1, 5, 19, 30), series.title)
    wrong = [
        {"day": ""}, {"day": "2027-02-30"}, {"hour": "25:00"}, {"minutes": "0"}, {"zone": "Qqqxxz"},
        {"day": "2027-03-28", "hour": "01:30"}, {"day": "2025-01-01"},
    ]  # fmt: skip
    for change in wrong:
        answer = press(organiser, path, data | change)
        assert answer.status_code == 422, change
        assert "Something needs another look" in answer.text
    assert session.scalar(select(func.count(Event.id)).where(Event.series_id == series.id)) == 4


def test_the_next_call_in_three_presses(organiser: FlaskClient, session: Session, series: Series):
    """Open the next date (filled from last month), change the speaker, save: experience.md, "Who does what"."""
    first, second, _third = dates_of(session, series)
    first.title, first.about = "Kindness at the door", "We listen."
    session.add(Speaker(event_id=first.id, position=0, name="Ada Example", talk="Listening"))
    presses = 0
    assert f'href="/organise/series/{series.slug}/next"' in organiser.get(f"/organise/series/{series.slug}").text
    opened = organiser.get(f"/organise/series/{series.slug}/next")
    presses += 1
    form = form_of(organiser, opened.location)
    assert (form["title"], form["speakers-0-name"]) == ("Kindness at the door", "Ada Example")
    saved = organiser.post(opened.location, data=form | {"speakers-0-name": "Bob Other", "do": "save"})
    presses += 1
    assert saved.status_code == 303, re.findall("field-error[^<]*<", saved.text)
    assert presses <= 3
    session.expire_all()
    names = session.scalars(select(Speaker.name).order_by(Speaker.event_id)).all()
    assert names == ["Ada Example", "Bob Other"]
    found = session.get_one(Event, second.id)
    assert (found.title, found.starts_local) == ("Kindness at the door", datetime(2027, 1, 21, 18))
