"""What is kept of public pages: never stale after a write, never another person's, never longer than it is true."""

from datetime import UTC, datetime, timedelta

import brotli
import pytest
from sqlalchemy import select, update

from gatherings.communities.models import Community
from gatherings.config import Site
from gatherings.core.clock import utc_now
from gatherings.db.places import Places, claim, claim_or_queue, release
from gatherings.events.actions import change_event
from gatherings.events.models import Series
from gatherings.events.queries import next_boundary, public_stamp
from gatherings.registration.actions.waiting import set_capacity
from gatherings.web.cache import Kept, PageCache
from tests.factories import make_community, make_event, make_registration, make_series
from tests.pages.counting import counted

SITE = Site("http://gatherings.test", "gatherings.test")
FAR = datetime(2099, 1, 1, tzinfo=UTC)


def entry(stamp, size=10, until=FAR):
    return Kept(stamp, until, b"x" * size, (), FAR)


def test_what_was_asked_for_longest_ago_makes_room():
    one = entry((1,)).size
    cache = PageCache(most=one * 3)
    for key in "abc":
        cache.keep((key,), entry((1,)))
    assert cache.find(("a",)) is not None
    cache.keep(("d",), entry((1,)))
    assert [key for key in "abcd" if cache.find((key,))] == ["a", "c", "d"]
    cache.keep(("d",), entry((2,)))
    assert [key for key in "abcd" if cache.find((key,))] == ["a", "c", "d"]


@pytest.fixture
def event(session):
    return make_event(session, make_community(session), capacity_online=5, title="Before")


def stamp_after(session, what):
    before = public_stamp(session)
    what()
    session.flush()
    return before, public_stamp(session)


def test_every_move_of_a_place_raises_the_stamp(session, event):
    for what in (
        lambda: claim(session, event.online_id),
        lambda: release(session, event.online_id),
        lambda: claim_or_queue(session, event.online_id),
        lambda: set_capacity(session, event, "online", 0, SITE, now=utc_now()),
    ):
        before, after = stamp_after(session, what)
        assert after > before
    # A number on the waiting list shows on no page: a rush for a full event leaves the pages as they are.
    before, after = stamp_after(session, lambda: claim_or_queue(session, event.online_id))
    assert after == before


def test_every_change_of_an_event_raises_the_stamp(session, event):
    for values in (
        {"title": "After"},
        {"summary": "New"},
        {"status": "cancelled"},
        {"recording_url": "https://v.example.org"},
    ):
        before, after = stamp_after(
            session, lambda values=values: change_event(session, event, values, now=utc_now(), delay=1)
        )
        assert after > before
    before, after = stamp_after(session, lambda: make_series(session))
    assert after > before


def test_a_page_follows_what_another_process_wrote(session, event, client, make_another):
    other = make_another().test_client()
    path = f"/events/{event.slug}"
    for visitor in (client, other, client):
        assert "Before" in visitor.get(path).text
    change_event(session, event, {"title": "After"}, now=utc_now(), delay=1)
    for visitor in (client, other):
        assert "Before" not in visitor.get(path).text


def test_a_registration_shows_in_the_places_at_once(session, event, client):
    path = f"/events/{event.slug}"
    before = client.get(path).text
    assert client.get(path).text == before
    for number in range(5):
        make_registration(session, event, address=f"{number}@example.org", name="Somebody")
    assert client.get(path).text != before
    assert session.scalar(select(Places.taken).where(Places.id == event.online_id)) == 5


def test_zones_and_fragments_are_kept_apart(event, client):
    pages = {
        client.get(path, headers=headers).text
        for path in ("/", "/?zone=Pacific/Auckland", "/?zone=America/New_York")
        for headers in ({}, {"HX-Request": "true"})
    }
    assert len(pages) == 6
    for path in ("/", "/?zone=Pacific/Auckland"):
        assert client.get(path).text in pages


def test_a_kept_page_has_the_same_headers_as_a_fresh_one(event, client):
    for path in (f"/events/{event.slug}", f"/events/{event.slug}/event.ics", "/"):
        first, second = (client.get(path, headers={"Accept-Encoding": "br"}) for _ in range(2))
        told = [
            {name: value for name, value in answer.headers if name not in ("X-Request-Id", "Content-Length", "Date")}
            for answer in (first, second)
        ]
        told[0]["Vary"], told[1]["Vary"] = (sorted(one.get("Vary", "").split(", ")) for one in told)
        assert told[0] == told[1]
        assert "Set-Cookie" not in second.headers


def test_a_calendar_that_is_kept_still_answers_304(event, client):
    path = f"/events/{event.slug}/event.ics"
    etag = client.get(path).headers["ETag"]
    assert client.get(path).status_code == 200
    again = client.get(path, headers={"If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")


def test_what_is_kept_needs_neither_a_session_nor_the_pool(event, client, engine):
    paths = [f"/events/{event.slug}", f"/events/{event.slug}/event.ics", "/"]
    first = [client.get(path).data for path in paths]
    with counted(engine) as asked:
        again = [client.get(path).data for path in paths]
    assert again == first
    assert asked == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "zone=Pacific/Auckland; other=1"},
        {"Cookie": "session=abc"},
        {"Host": "localhost"},
        {"Accept-Encoding": "br;q=0, gzip"},
        {"Accept-Encoding": "identity"},
        {"X-Visitor-Zone": "Asia/Tokyo"},
        {"HX-Request": "true"},
        {"HX-Request": "true", "HX-Boosted": "true"},
        {"Cookie": "zone=Asia/Tokyo"},
    ],
    ids=str,
)
def test_who_asks_differently_is_answered_as_if_nothing_were_kept(session, event, make_another, headers):
    session.commit()
    path = f"/events/{event.slug}"
    # Werkzeug's own jar would replace the header.
    kept, fresh = (make_another().test_client(use_cookies=False) for _ in range(2))
    for before in ({}, {"Accept-Encoding": "br"}, {"Accept-Encoding": "gzip"}):
        assert kept.get(path, headers=before).status_code == 200
    first, second = (one.get(path, headers=headers) for one in (fresh, kept))
    assert (first.status_code, first.data) == (second.status_code, second.data)
    assert first.headers.get("Content-Encoding") == second.headers.get("Content-Encoding")
    assert kept.get(path, headers=headers).data == first.data


def test_a_page_that_stays_is_packed_harder_than_one_that_changes_all_the_time(session, event, make_another):
    session.commit()
    client, sizes = make_another().test_client(), []
    for number in range(3):
        page = client.get(f"/events/{event.slug}", headers={"Accept-Encoding": "br"}).data
        plain = brotli.decompress(page)
        sizes.append((len(page), len(brotli.compress(plain, quality=11)), len(brotli.compress(plain, quality=5))))
        change_event(session, event, {"title": f"Changed {number}"}, now=utc_now(), delay=1)
        session.commit()
    (first, best, _), (second, _, fast), (third, _, fast_again) = sizes
    assert (first, second, third) == (best, fast, fast_again)


def test_a_head_of_what_is_kept_has_a_length_and_no_body(event, client):
    path = f"/events/{event.slug}"
    whole = client.get(path)
    head = client.head(path)
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(whole.data))
    assert client.get(path).data == whole.data


@pytest.mark.parametrize("name", ["X-Visitor-Zone", "HX-Boosted", "HX-Request"])
def test_long_values_of_strangers_are_not_kept(event, client, monkeypatch, name):
    keys = []
    monkeypatch.setattr(PageCache, "keep", lambda self, key, kept: keys.append(key))
    for value in ("x" * 200, "x" * 50_000):
        assert client.get(f"/events/{event.slug}", headers={name: value}).status_code == 200
    assert len(keys) == 1


def test_an_unknown_host_gets_nothing_that_is_kept(event, client):
    path = f"/events/{event.slug}"
    client.get(path)
    assert client.get(path, headers={"Host": "evil.example.org"}).status_code == 400


def test_the_next_moment_of_change_is_the_soonest(session, event):
    now = event.starts_at - timedelta(days=3)
    assert next_boundary(session, now) == event.starts_at
    event.registration_opens_at = now + timedelta(hours=1)
    session.flush()
    assert next_boundary(session, now) == now + timedelta(hours=1)
    assert next_boundary(session, event.starts_at) == event.ends_at
    assert next_boundary(session, event.ends_at) is None


def test_a_page_is_not_kept_past_the_closing_of_registration(session, event, client, clock_at):
    closes = event.starts_at - timedelta(days=1)
    change_event(session, event, {"registration_closes_at": closes}, now=utc_now(), delay=1)
    session.commit()
    with clock_at(closes - timedelta(seconds=2)):
        assert 'action="/events/' in client.get(f"/events/{event.slug}").text
    with clock_at(closes):
        assert "has closed" in client.get(f"/events/{event.slug}").text


def test_the_stamp_sees_communities_and_series(session, event):
    for statement in (
        update(Community).values(version=Community.version + 1),
        update(Series).values(revision=Series.revision + 1),
    ):
        make_series(session)
        before, after = stamp_after(session, lambda statement=statement: session.execute(statement))
        assert after > before
