"""Draft, published, cancelled, copied, with a picture: by each role, pressed twice, and never seen by strangers."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.models import LogEntry
from gatherings.communities.models import Picture
from gatherings.core.pictures import MOST_BYTES, PictureProblem, rewrite
from gatherings.db import transact
from gatherings.events.models import CoListing, Event, EventChange, Resource, Series, Speaker
from gatherings.organise.forms.event_data import empty_values
from gatherings.planning.actions.events import Edit, Overtaken, create_draft, edit_event, set_meeting_link
from gatherings.planning.queries import events as queries
from gatherings.planning.queries.events import editable, values_of
from gatherings.planning.rules.event_values import pack, unpack
from gatherings.questions.models import Question
from gatherings.registration.models import Registration
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    make_community,
    make_event,
    make_question,
    make_registration,
    make_series,
)
from tests.organise.test_event_form import edit_page, fresh, organiser, save, unescape
from tests.signing import make_role, sign_in, token_in

__all__ = ["organiser"]


def press(client: FlaskClient, event: Event, what: str, **values: str):
    page = client.get(f"/organise/events/{event.slug}/copy").text
    return client.post(f"/organise/events/{event.slug}/{what}", data={"csrf_token": token_in(page), **values})


def actions(session: Session) -> list[str]:
    return list(session.scalars(select(LogEntry.action).order_by(LogEntry.id)))


def test_a_draft_is_seen_by_nobody_until_it_is_published(client: FlaskClient, session: Session, app, organiser) -> None:
    event = make_event(session, organiser, slug="quiet", title="Unheard of", status="draft")
    visitor = app.test_client()
    public = [f"/events/quiet{end}" for end in ("", "/event.ics", "/cover.svg", "/preview.png", "/register", "/when")]
    lists = [
        "/",
        "/?q=unheard",
        f"/communities/{organiser.slug}",
        f"/communities/{organiser.slug}/calendar.ics",
        "/sitemap.xml",
    ]
    for browser in (visitor, client):
        assert {browser.get(path).status_code for path in public} == {404}
        for path in lists:
            assert "Unheard of" not in browser.get(path).text
            assert "/quiet" not in browser.get(path).text
    preview = client.get("/organise/events/quiet/preview")
    assert preview.status_code == 200
    assert "Unheard of" in preview.text
    assert "<div inert>" in preview.text
    assert (preview.headers["Cache-Control"], preview.headers["X-Robots-Tag"]) == ("no-store", "noindex, nofollow")
    cover = client.get("/organise/events/quiet/cover.svg")
    assert (cover.status_code, cover.headers["Cache-Control"]) == (200, "no-store")
    for _ in range(2):
        assert press(client, event, "publish").status_code == 303
    assert actions(session) == ["publish"]
    assert visitor.get("/events/quiet").status_code == 200
    assert "Unheard of" in visitor.get("/").text
    for _ in range(2):
        assert press(client, event, "unpublish").location == "/organise/events/quiet?done=draft"
    assert visitor.get("/events/quiet").status_code == 404
    assert "Unheard of" not in visitor.get(lists[3]).text


def test_cancelling_says_what_it_means_and_can_be_taken_back(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(session, organiser, slug="tea")
    make_registration(session, event)
    refused = press(client, event, "unpublish")
    assert refused.status_code == 409
    assert "cannot be a draft again" in refused.text
    asked = client.get("/organise/events/tea/cancel").text
    assert "One person is registered. They get one mail within a few minutes" in asked
    assert fresh(session, event).status == "published"
    for _ in range(2):
        assert press(client, event, "cancel").location == "/organise/events/tea?done=cancelled"
    event = fresh(session, event)
    assert (event.status, event.revision, event.cancelled_at is not None) == ("cancelled", 1, True)
    assert session.scalars(select(EventChange.kinds)).all() == ["status"]
    assert press(client, event, "unpublish").status_code == 409
    assert "the one person registered is told" in client.get("/organise/events/tea").text
    assert press(client, event, "publish").location == "/organise/events/tea?done=back"
    event = fresh(session, event)
    assert (event.status, event.revision, event.cancelled_at) == ("published", 2, None)
    assert actions(session) == ["cancel_event", "publish"]


def test_a_copy_takes_everything_but_the_people(client: FlaskClient, session: Session, organiser) -> None:
    event = make_event(
        session,
        organiser,
        slug="tea",
        title="Tea",
        recording_url="https://video.example.org/1",
        capacity_online=7,
        registration_opens_at=datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
    )
    session.add(Speaker(event_id=event.id, position=0, name="Ada"))
    session.add(Resource(event_id=event.id, position=0, title="Notes", url="https://example.org/"))
    make_question(session, event, label="Tea or coffee?")
    make_registration(session, event, now=datetime(2026, 12, 2, tzinfo=UTC))
    page = client.get("/organise/events/tea/copy")
    assert 'value="2027-01-19"' in page.text  # the third Tuesday of the next month
    key = page.text.split('name="key" value="')[1].split('"')[0]
    sent = {"csrf_token": token_in(page.text), "key": key, "day": "2027-07-20", "hour": "18:00"}
    places = {client.post("/organise/events/tea/copy", data=sent).location for _ in range(2)}
    assert places == {"/organise/events/tea-2/edit"}
    copy = session.scalars(select(Event).where(Event.slug == "tea-2")).one()
    assert (copy.status, copy.title, copy.recording_url, copy.series_id) == ("draft", "Tea", None, None)
    assert copy.starts_at == datetime(2027, 7, 20, 17, 0, tzinfo=UTC)
    assert copy.registration_opens_at == datetime(2027, 7, 6, 8, 0, tzinfo=UTC)  # 09:00 in London then, too
    assert session.scalar(select(func.count()).select_from(Registration).where(Registration.event_id == copy.id)) == 0
    sent = edit_page(client, copy)
    assert (sent["speakers-0-name"], sent["resources-0-title"], sent["capacity_online"]) == ("Ada", "Notes", "7")
    assert session.scalars(select(Question.label).where(Question.event_id == copy.id)).all() == ["Tea or coffee?"]
    for day, hour in (("2027-03-28", "01:30"), ("", "10:00"), ("2027-02-02", "x"), ("9999-12-31", "23:00")):
        again = client.get("/organise/events/tea/copy").text
        data = {"csrf_token": token_in(again), "key": "k" * 22, "day": day, "hour": hour}
        assert client.post("/organise/events/tea/copy", data=data).status_code == 422, day
    assert session.scalar(select(func.count()).select_from(Event)) == 2


def test_next_years_edition_moves_by_weekday_with_what_is_below(client, session: Session, organiser) -> None:
    series = Series(
        public_id="s" * 22, slug="festivals", community_id=organiser.id, title="Festival", ahead=0,
        changed_at=datetime.now(UTC), created_at=datetime.now(UTC),
    )  # fmt: skip
    session.add(series)
    session.flush()
    week = make_event(
        session, organiser, slug="festival-2026", title="Festival 2026", starts_local=datetime(2026, 11, 9, 9, 0),
        series_id=series.id, edition_year=2026, theme="Listening",
    )  # fmt: skip
    local = make_event(
        session, organiser, slug="sydney", title="Sydney", zone="Australia/Sydney", umbrella_id=week.id,
        starts_local=datetime(2026, 11, 11, 18, 0),
    )  # fmt: skip
    page = client.get("/organise/events/festival-2026/next-year").text
    days = re.findall(r'name="day" value="([^"]+)"', page)
    assert days == ["2027-11-08"]  # the second Monday is 364 days later, too
    data = {"csrf_token": token_in(page), "key": "k" * 22, "day": days[0], "below": "yes"}
    for _ in range(2):
        answer = client.post("/organise/events/festival-2026/next-year", data=data)
        assert answer.location == "/organise/events/festival-2027/edit"
    made = session.scalars(select(Event).where(Event.slug == "festival-2027")).one()
    assert (made.title, made.edition_year, made.theme, made.status) == ("Festival 2027", 2027, None, "draft")
    assert made.series_id == series.id
    below = session.scalars(select(Event).where(Event.umbrella_id == made.id)).one()
    assert (below.slug, below.starts_local, below.status) == ("sydney-2027", datetime(2027, 11, 10, 18, 0), "draft")
    assert fresh(session, local).umbrella_id == week.id
    bad = client.post("/organise/events/festival-2026/next-year", data=data | {"day": "2027-01-01", "key": "j" * 22})
    assert bad.status_code == 422
    date = dates_of(session, make_series(session, organiser))[0]
    assert client.get(f"/organise/events/{date.slug}/next-year").status_code == 404


def picture(format: str = "JPEG", size: tuple[int, int] = (60, 40), **more) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (200, 40, 40)).save(out, format, **more)
    return out.getvalue()


def test_copying_makes_nothing_in_communities_of_others(client, session: Session, organiser) -> None:
    theirs = make_community(session)
    week = make_event(session, organiser, slug="week-2026", title="Week 2026")
    make_event(session, organiser, slug="ours-2026", umbrella_id=week.id)
    make_event(session, theirs, slug="theirs-2026", umbrella_id=week.id)
    theirs_above = make_event(session, theirs, slug="above")
    tea = make_event(session, organiser, slug="tea", umbrella_id=theirs_above.id)
    session.add(CoListing(event_id=tea.id, community_id=theirs.id))
    page = client.get("/organise/events/week-2026/next-year").text
    assert "With the one gathering that is held under it" in page
    day = re.findall(r'name="day" value="([^"]+)"', page)[0]
    data = {"csrf_token": token_in(page), "key": "k" * 22, "day": day, "below": "yes"}
    assert client.post("/organise/events/week-2026/next-year", data=data).status_code == 303
    data = {"csrf_token": token_in(page), "key": "k" * 21 + "c", "day": "2027-07-20", "hour": "18:00"}
    assert client.post("/organise/events/tea/copy", data=data).status_code == 303
    session.rollback()
    assert session.scalars(select(Event.slug).where(Event.community_id == theirs.id).order_by(Event.id)).all() == [
        "theirs-2026",
        "above",
    ]
    made = session.scalars(select(Event).where(Event.status == "draft").order_by(Event.id)).all()
    assert [one.title for one in made] == ["Week 2027", "What matters to you", "What matters to you"]
    assert [one.umbrella_id for one in made] == [None, made[0].id, None]
    assert session.scalars(select(CoListing.event_id)).all() == [tea.id]


def test_pictures_are_written_anew_and_bad_ones_refused() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "where I live"  # turned by a quarter, with a description
    done = rewrite(picture(exif=exif))
    assert (done.width, done.height) == (40, 60)
    assert b"where I live" not in done.data
    with Image.open(BytesIO(done.data)) as found:
        assert (found.format, dict(found.getexif()), "xmp" in found.info) == ("WEBP", {}, False)
    assert rewrite(picture("PNG", (4000, 1000))).width == 1600
    for format in ("PNG", "WEBP", "GIF"):
        assert rewrite(picture(format)).data[:4] == b"RIFF"
    frames = [Image.new("P", (20, 20), number) for number in range(3)]
    moving = BytesIO()
    frames[0].save(moving, "GIF", save_all=True, append_images=frames[1:])
    with Image.open(BytesIO(rewrite(moving.getvalue()).data)) as found:
        assert getattr(found, "n_frames", 1) == 1
    whole = picture("PNG", (300, 300))
    eps = BytesIO()
    Image.new("RGB", (9, 9)).save(eps, "EPS")
    wide = BytesIO()
    Image.new("1", (20_000, 1_001)).save(wide, "PNG")
    bad = (
        b"", b"hello", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', b"<html></html>",
        b"GIF89a" + b"<script>" * 20, whole[:200], whole[:-40], picture()[:-100], eps.getvalue(), picture("BMP"),
        picture("TIFF"), wide.getvalue(), b"x" * (MOST_BYTES + 1), b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    )  # fmt: skip
    for data in bad:
        with pytest.raises(PictureProblem):
            rewrite(data)


def send(client: FlaskClient, event: Event, data: bytes | None, alt: str = "Red"):
    page = client.get(f"/organise/events/{event.slug}/copy").text
    fields: dict[str, Any] = {"csrf_token": token_in(page), "alt": alt}
    if data is not None:
        fields["picture"] = (BytesIO(data), "../../evil.html", "text/html")
    return client.post(f"/organise/events/{event.slug}/picture", data=fields, content_type="multipart/form-data")


def test_a_picture_stands_on_the_page_and_goes_without_a_trace(client, session: Session, app, organiser) -> None:
    event = make_event(session, organiser, slug="tea")
    noise = BytesIO()
    Image.effect_noise((900, 600), 90).save(noise, "PNG")
    assert len(noise.getvalue()) > 300_000  # more than other forms may send
    for data, alt in ((None, "Red"), (b"<svg/>", "Red"), (picture(), ""), (picture(), "x" * 301)):
        assert send(client, event, data, alt).status_code == 422
    assert send(client, event, b"x" * (7 * 1024 * 1024)).status_code == 413
    assert session.scalars(select(Picture)).all() == []
    assert send(client, event, noise.getvalue(), 'Eight "people" <3').location == "/organise/events/tea?done=picture"
    visitor = app.test_client()
    page = visitor.get("/events/tea").text
    path = "/pictures/" + page.split('src="/pictures/')[1].split('"')[0]
    assert 'alt="Eight &#34;people&#34; &lt;3"' in page
    answer = visitor.get(path)
    assert (answer.content_type, answer.data[:4]) == ("image/webp", b"RIFF")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    # Another picture takes the place of this one, words alone keep it, and the last press leaves nothing.
    assert send(client, event, picture()).status_code == 303
    assert visitor.get(path).status_code == 404
    assert send(client, event, None, "Something red").status_code == 303
    assert session.scalar(select(func.count()).select_from(Picture)) == 1
    assert "/cover.svg" not in visitor.get("/events/tea").text.split("<main")[1]
    for _ in range(2):
        assert press(client, event, "picture/remove").status_code == 303
    session.rollback()
    assert session.scalars(select(Picture)).all() == []
    assert "/cover.svg" in visitor.get("/events/tea").text
    assert visitor.get("/pictures/" + "a" * 22 + ".webp").status_code == 404
    assert visitor.get("/pictures/%00.webp").status_code == 404


def test_who_may_not_finds_nothing_and_changes_nothing(client, session: Session, app) -> None:
    community = make_community(session)
    event = make_event(session, community, slug="tea", about="Old.", status="draft")
    elsewhere = make_community(session)
    make_event(session, elsewhere, slug="mine")
    people: dict[str, tuple[Person | None, int]] = {
        role: (make_role(session, community, role), 403) for role in ("host", "helper", "editor")
    }
    people["outsider"] = (make_role(session, elsewhere, "owner", "outsider@example.org"), 404)
    people["nobody"] = (None, 0)
    screens = ["edit", "preview", "cover.svg", "cancel", "copy", "next-year", "picture"]
    presses = ["edit", "publish", "unpublish", "cancel", "copy", "next-year", "picture", "picture/remove"]
    for who, (person, status) in people.items():
        browser = app.test_client()
        token = ""
        if person is not None:
            sign_in(browser, session, person)
            token = token_in(browser.get("/organise/account").text)
        sent = {
            "csrf_token": token,
            "title": "Stolen",
            "about": "Stolen",
            "do": "save",
            "day": "2027-01-01",
            "alt": "x",
        }
        for path in screens:
            answer = browser.get(f"/organise/events/tea/{path}")
            assert answer.status_code == (status or 302), (who, path)
        for path in presses:
            answer = browser.post(f"/organise/events/tea/{path}", data=sent)
            assert answer.status_code in ((status,) if status else (303, 401, 403)), (who, path)
        for path in ("events/new", "clocks"):
            answer = browser.get(f"/organise/communities/{community.slug}/{path}")
            assert answer.status_code == (status or 302), (who, path)
        answer = browser.post(f"/organise/communities/{community.slug}/events/new", data=sent)
        assert answer.status_code in ((status,) if status else (303, 401, 403)), who
    event = fresh(session, event)
    assert (event.about, event.status, event.edits) == ("Old.", "draft", 0)
    assert session.scalar(select(func.count()).select_from(Event)) == 2
    assert actions(session) == []


def test_what_is_another_communitys_cannot_be_reached_through_ones_own(client, session: Session, organiser) -> None:
    mine = make_event(session, organiser, slug="mine")
    theirs = make_community(session)
    make_event(session, theirs, slug="other", title="Not yours", status="draft")
    listing = make_community(session, slug="listing")
    sent = edit_page(client, mine)
    for more in ({"umbrella": "other"}, {"also_listed_by": "listing"}, {"also_listed_by": theirs.slug}):
        answer = save(client, mine, sent, **more)
        session.rollback()
        event = fresh(session, mine)
        assert (event.umbrella_id, answer.status_code in (303, 422)) == (None, True)
    assert client.get("/organise/events/mine/edit?fill=other").status_code == 404
    assert "Not yours" not in client.get(f"/organise/communities/{organiser.slug}/clocks?event=other").text
    person = session.scalars(select(Person).where(Person.key.startswith("organiser"))).one()
    make_role(session, listing, "owner", "organiser@example.org")
    sent = edit_page(client, mine)
    assert save(client, mine, sent, also_listed_by="listing").status_code == 303
    assert "What matters to you" in client.get("/communities/listing").text
    sent = edit_page(client, mine)
    assert sent.pop("also_listed_by") == "listing"
    assert save(client, mine, sent).status_code == 303
    assert "What matters to you" not in client.get("/communities/listing").text
    assert person.key


def test_a_new_link_follows_without_a_mail(session: Session) -> None:
    event = make_event(session)
    person = make_role(session, event.community, "host")
    make_registration(session, event)
    now = datetime(2026, 11, 21, tzinfo=UTC)
    for _ in range(2):
        set_meeting_link(session, event.id, "https://meet.example.org/new", by=person.id, site=SITE, now=now)
    event = fresh_here(session, event)
    assert (event.join_url, event.revision, event.edits) == ("https://meet.example.org/new", 1, 1)
    assert session.scalars(select(EventChange)).all() == []


def fresh_here(session: Session, event: Event) -> Event:
    return session.scalars(select(Event).where(Event.id == event.id).execution_options(populate_existing=True)).one()


def test_words_of_a_title_that_harm_nobody(client: FlaskClient, session: Session, organiser) -> None:
    for title in ("Zoë & Sons <3", "李雷", "محمد", "x" * 60, "O'Brien; DROP TABLE events;--", "{{ 7 * 7 }} %(x)s"):
        event = make_event(session, organiser, title=title)
        for path in ("", "/edit", "/preview", "/cancel", "/copy", "/next-year", "/picture"):
            page = client.get(f"/organise/events/{event.slug}{path}")
            assert page.status_code == 200
            assert title in unescape(page.text) or path == "/picture", (title, path)


def test_the_same_form_at_once_in_two_tabs_makes_one_draft(app, session: Session, organiser) -> None:
    person = session.scalars(select(Person).where(Person.key.startswith("organiser"))).one()
    values = empty_values(organiser, datetime(2027, 1, 14)) | {"title": "Tea"}
    session.commit()
    community_id, by = organiser.id, person.id

    def tab(_number: int) -> str:
        with app.app_context():
            return transact(create_draft, community_id, values, key="k" * 22, by=by, site=SITE, now=NOW).slug

    with ThreadPoolExecutor(4) as tabs:
        assert set(tabs.map(tab, range(4))) == {"tea"}
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Event)) == 1


def test_the_same_title_at_once_in_two_communities_gets_two_addresses(
    app, session: Session, organiser, monkeypatch
) -> None:
    person = session.scalars(select(Person).where(Person.key.startswith("organiser"))).one()
    values = empty_values(organiser, datetime(2027, 1, 14)) | {"title": "Tea"}
    communities = [organiser.id, make_community(session).id]
    session.commit()
    by, both, looked = person.id, Barrier(2), queries.taken_slugs

    def look(*args: Any) -> set[str]:
        """Look which slugs are taken, and go on when the other has looked too."""
        found = looked(*args)
        with suppress(BrokenBarrierError):  # SQLite lets one write after the other
            both.wait(1)
        return found

    monkeypatch.setattr(queries, "taken_slugs", look)

    def tab(community_id: int) -> str:
        with app.app_context():
            return transact(create_draft, community_id, values, key="k" * 22, by=by, site=SITE, now=NOW).slug

    with ThreadPoolExecutor(2) as tabs:
        assert sorted(tabs.map(tab, communities)) == ["tea", "tea-2"]


def test_two_saves_at_once_lose_nothing(app, session: Session, organiser) -> None:
    event = editable(session, make_event(session, organiser, about="Old.").id)
    values, opened = values_of(event), unpack(pack(values_of(event)))
    person = session.scalars(select(Person).where(Person.key.startswith("organiser"))).one()
    session.commit()
    event_id, by = event.id, person.id

    def tab(number: int) -> str:
        wished = values | {"about": f"Words of {number}."}
        with app.app_context():
            try:
                transact(edit_event, event_id, Edit(wished, opened, 0), by=by, site=SITE, now=NOW)
            except Overtaken:
                return "told"
            return "saved"

    with ThreadPoolExecutor(4) as tabs:
        assert sorted(tabs.map(tab, range(4))) == ["saved", "told", "told", "told"]
    assert fresh(session, event).edits == 1
