"""Creating, changing and cancelling events: what is derived, raised, gathered and remembered."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gatherings.communities.models import Community
from gatherings.core import zones
from gatherings.core.errors import InvalidInput
from gatherings.db.places import Places
from gatherings.events.actions import change_event, create_event, note_series_change
from gatherings.events.models import CoListing, Event, EventChange, OldSlug, Series
from gatherings.events.queries import Moved, get_event_page, open_change
from tests.factories import dates_of, make_community, make_event, make_series

DELAY = 180
MINUTE = timedelta(minutes=1)
LINK = "https://meet.example.org/another-room"


def change(session, event, *, now, **values):
    return change_event(session, event, values, now=now, delay=DELAY)


def changes(session) -> list[EventChange]:
    return list(session.scalars(select(EventChange).order_by(EventChange.id)))


def test_a_new_event_has_its_instants_its_uid_and_no_revision(session, now):
    event = make_event(session)
    assert (event.starts_at, event.ends_at) == (
        datetime(2026, 12, 15, 18, tzinfo=UTC), datetime(2026, 12, 15, 19, tzinfo=UTC),
    )  # fmt: skip
    assert event.uid == f"event-{event.public_id}@gatherings.test"
    assert (event.revision, event.zone_rules) == (0, zones.tzdata_version())
    assert (event.created_at, event.changed_at, event.cancelled_at) == (now, now, None)
    assert changes(session) == []


@pytest.mark.parametrize(("mode", "pools"), [("online", (None, 9)), ("in person", (4, None)), ("hybrid", (4, 9))])
def test_each_side_of_an_event_has_a_pool_with_its_capacity(session, mode, pools):
    event = make_event(session, mode=mode, capacity_room=4, capacity_online=9)
    found = tuple(session.get_one(Places, pool).capacity if pool else None for pool in (event.room_id, event.online_id))
    assert found == pools
    assert (event.room_id is not None, event.online_id is not None) == (mode != "online", mode != "in person")


def test_the_room_is_made_before_the_online_side(session):
    event = make_event(session, mode="hybrid")
    assert event.room_id is not None
    assert event.online_id is not None
    assert event.room_id < event.online_id


def test_a_time_that_does_not_exist_makes_no_event(session, now):
    with pytest.raises(InvalidInput, match="there is no 02:30"):
        make_event(session, zone="Pacific/Auckland", starts_local=datetime(2027, 9, 26, 2, 30), minutes=120)
    session.rollback()
    assert session.scalars(select(Event)).all() == []
    event = make_event(session)
    with pytest.raises(InvalidInput, match="comes twice"):
        change(
            session, event, now=now, starts_local=datetime(2027, 10, 31, 1, 30), ends_local=datetime(2027, 10, 31, 3)
        )


@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({"starts_local": datetime(2026, 12, 15, 17, 30)}, ("time",)),
        ({"ends_local": datetime(2026, 12, 15, 19, 30)}, ("time",)),
        ({"zone": "Europe/Stockholm"}, ("time",)),
        ({"place_name": "The New Library"}, ("place",)),
        ({"mode": "hybrid"}, ("place",)),
        ({"join_url": LINK}, ("link",)),
        ({"status": "cancelled"}, ("status",)),
    ],
)
def test_time_place_link_and_status_raise_the_revision_and_are_told(session, now, values, kinds):
    event = make_event(session)
    assert change(session, event, now=now, **values) == kinds
    assert event.revision == 1
    [row] = changes(session)
    assert (row.event_id, row.series_id, row.kinds) == (event.id, None, " ".join(kinds))
    assert (row.first_at, row.due_at, row.told_at) == (now, now + timedelta(seconds=DELAY), None)
    assert row.before["status"] == "published"
    assert row.before["starts_at"] == "2026-12-15T18:00:00+00:00"


@pytest.mark.parametrize(
    "values",
    [{"title": "What matters to you?"}, {"summary": "Corrected."}, {"about": "More."}, {"place_map": "https://x.org"},
     {"language": "sv"}, {"listing": "link"}, {"recording_url": "https://video.example.org/1"}, {"slug": "new-slug"},
     {"registration_closes_at": datetime(2026, 12, 14, tzinfo=UTC)}, {"join_url": "https://meet.example.org/the-secret-room"},
     {"starts_local": datetime(2026, 12, 15, 18)}],
)  # fmt: skip
def test_a_typo_corrected_is_no_reason_for_a_mail(session, now, values):
    event = make_event(session)
    later = now + MINUTE
    assert change(session, event, now=later, **values) == ()
    assert (event.revision, changes(session)) == (0, [])
    assert event.changed_at == later  # feeds and downloads follow all the same


def test_moving_derives_the_instants_again(session, now):
    event = make_event(session)
    change(session, event, now=now, zone="America/New_York")
    assert (event.starts_local, event.starts_at) == (datetime(2026, 12, 15, 18), datetime(2026, 12, 15, 23, tzinfo=UTC))
    change(session, event, now=now, starts_local=datetime(2027, 6, 1, 18), ends_local=datetime(2027, 6, 1, 19))
    assert (event.starts_at, event.ends_at) == (
        datetime(2027, 6, 1, 22, tzinfo=UTC), datetime(2027, 6, 1, 23, tzinfo=UTC),
    )  # fmt: skip


def test_cancelling_and_taking_it_back_is_dated(session, now):
    event = make_event(session)
    change(session, event, now=now, status="cancelled")
    assert event.cancelled_at == now
    change(session, event, now=now + MINUTE, title="Another title")
    assert event.cancelled_at == now  # the hour at which it was cancelled stays
    change(session, event, now=now + 2 * MINUTE, status="published")
    assert event.cancelled_at is None
    assert event.revision == 2


def test_a_date_that_moves_or_is_cancelled_raises_its_series_too(session, now):
    series = make_series(session)
    date = dates_of(session, series)[0]
    for number, values in enumerate(({"join_url": LINK}, {"status": "cancelled"}), start=1):
        change(session, date, now=now + number * MINUTE, **values)
        session.refresh(series)
        assert (date.revision, series.revision, series.changed_at) == (number, number, now + number * MINUTE)
    change(session, date, now=now + 9 * MINUTE, title="Another title")
    session.refresh(series)
    assert series.revision == 2


def test_two_changes_within_the_minutes_are_one_row_with_all_kinds(session, now):
    event = make_event(session)
    change(session, event, now=now, join_url=LINK)
    change(session, event, now=now + MINUTE, starts_local=datetime(2026, 12, 15, 17))
    [row] = changes(session)
    assert row.kinds == "link time"
    assert row.before["join_url"] == "https://meet.example.org/the-secret-room"
    assert row.before["starts_local"] == "2026-12-15T18:00:00"  # as people last knew it
    assert (row.first_at, row.due_at) == (now, now + MINUTE + timedelta(seconds=DELAY))
    assert open_change(session, event_id=event.id) is row


def test_nobody_waits_longer_than_five_times_the_delay(session, now):
    event = make_event(session)
    for number in range(30):
        change(session, event, now=now + number * MINUTE, join_url=f"https://meet.example.org/{number}")
        [row] = changes(session)
        assert row.due_at == min(now + number * MINUTE + timedelta(seconds=DELAY), now + timedelta(seconds=5 * DELAY))
    assert row.due_at == now + 15 * MINUTE
    assert event.revision == 30


def test_a_change_after_people_were_told_is_a_row_of_its_own(session, now):
    event = make_event(session)
    change(session, event, now=now, join_url=LINK)
    changes(session)[0].told_at = now + 5 * MINUTE
    change(session, event, now=now + 6 * MINUTE, join_url="https://meet.example.org/third")
    first, second = changes(session)
    assert (first.before["join_url"], second.before["join_url"]) == ("https://meet.example.org/the-secret-room", LINK)
    assert open_change(session, event_id=event.id) is second


def test_changes_of_two_events_are_two_rows(session, now):
    one, other = make_event(session), make_event(session)
    change(session, one, now=now, join_url=LINK)
    change(session, other, now=now, join_url=LINK)
    assert {row.event_id for row in changes(session)} == {one.id, other.id}


@pytest.mark.parametrize("status", ["draft", "cancelled"])
def test_nobody_is_told_of_what_is_no_gathering_to_them(session, now, status):
    """Nobody is registered for a draft; who was told that a gathering is off needs no news of its link."""
    event = make_event(session, status=status)
    assert change(session, event, now=now, join_url=LINK, starts_local=datetime(2026, 12, 15, 17)) == ("time", "link")
    assert (event.revision, changes(session)) == (1, [])


def test_publishing_a_draft_tells_nobody(session, now):
    event = make_event(session, status="draft")
    assert change(session, event, now=now, status="published") == ("status",)
    assert changes(session) == []


def test_a_gathering_that_is_held_after_all_is_told(session, now):
    event = make_event(session)
    change(session, event, now=now, status="cancelled")
    changes(session)[0].told_at = now
    change(session, event, now=now + MINUTE, status="published")
    assert [row.before["status"] for row in changes(session)] == ["published", "cancelled"]


def test_nobody_is_told_of_what_is_over(session):
    event = make_event(session)
    after = datetime(2026, 12, 15, 19, 0, tzinfo=UTC)
    change(session, event, now=after - timedelta(seconds=1), join_url=LINK)
    assert len(changes(session)) == 1
    other = make_event(session)
    change(session, other, now=after, join_url=LINK)
    change(session, other, now=after + timedelta(microseconds=500_000), join_url=LINK + "-2")
    assert len(changes(session)) == 1


def test_what_was_over_and_is_moved_into_the_future_is_told(session):
    event = make_event(session)
    after = datetime(2026, 12, 16, tzinfo=UTC)
    change(session, event, now=after, starts_local=datetime(2026, 12, 22, 18), ends_local=datetime(2026, 12, 22, 19))
    assert [row.kinds for row in changes(session)] == ["time"]


def test_a_moved_start_is_reminded_of_again(session, now):
    event = make_event(session)
    event.reminded_day_at = event.reminded_hour_at = now
    change(session, event, now=now, join_url=LINK)
    assert (event.reminded_day_at, event.reminded_hour_at) == (now, now)
    change(session, event, now=now, starts_local=datetime(2026, 12, 15, 17))
    assert (event.reminded_day_at, event.reminded_hour_at) == (None, None)


def test_another_mode_gets_the_pool_it_lacks_and_keeps_the_one_it_has(session, now):
    event = make_event(session, capacity_online=7)
    online = event.online_id
    change(session, event, now=now, mode="hybrid", place_name="Hall")
    assert event.online_id == online
    assert event.room_id is not None
    assert session.get_one(Places, event.room_id).capacity is None


def test_an_old_slug_leads_to_the_new_one(session, now):
    event = make_event(session, slug="first-slug")
    change(session, event, now=now, slug="second-slug")
    change(session, event, now=now, slug="third-slug")
    assert get_event_page(session, "first-slug") == get_event_page(session, "second-slug") == Moved("third-slug")
    assert get_event_page(session, "third-slug") is event


def test_a_slug_that_goes_and_comes_back_leads_to_the_event_itself(session, now):
    event = make_event(session, slug="first-slug")
    for slug in ("second-slug", "first-slug", "second-slug"):
        change(session, event, now=now, slug=slug)
    assert get_event_page(session, "second-slug") is event
    assert get_event_page(session, "first-slug") == Moved("second-slug")
    assert len(session.scalars(select(OldSlug).where(OldSlug.slug == "first-slug")).all()) == 1


def test_every_community_that_lists_an_event_follows_its_change(session, now):
    mine, listing, stranger = make_community(session), make_community(session), make_community(session)
    event = make_event(session, mine)
    session.add(CoListing(event_id=event.id, community_id=listing.id))
    session.flush()

    def versions():
        return [
            session.scalar(select(Community.version).where(Community.id == each.id))
            for each in (mine, listing, stranger)
        ]

    before = versions()
    change(session, event, now=now, title="Corrected")
    assert [after - old for old, after in zip(before, versions(), strict=True)] == [1, 1, 0]


def test_a_series_change_is_gathered_and_keeps_the_first_facts(session, now):
    series = make_series(session)
    steps: list[tuple[tuple[str, ...], dict[str, Any]]] = [
        (("place",), {"place_name": "Old Hall"}),
        (("place",), {"place_name": "Middle Hall"}),
        (("time",), {"ends_local": 60}),
        ((), {"place_name": "Hall"}),
    ]
    for number, (kinds, before) in enumerate(steps):
        note_series_change(session, series, kinds, before, now=now + number * MINUTE, delay=DELAY)
        session.flush()
    [row] = changes(session)
    assert (series.revision, series.changed_at) == (4, now + 3 * MINUTE)
    assert (row.series_id, row.event_id, row.kinds) == (series.id, None, "place time")
    assert row.before == {"place_name": "Old Hall", "ends_local": 60}
    assert session.scalars(select(Series)).one() is series


def test_a_change_that_came_with_the_series_stays_so_until_it_has_one_of_its_own(session, now):
    date = dates_of(session, make_series(session))[0]
    change_event(session, date, {"join_url": LINK}, now=now, delay=DELAY, via_series=True)
    change_event(session, date, {"place_name": "Hall"}, now=now, delay=DELAY, via_series=True)
    assert [row.via_series for row in changes(session)] == [True]
    change_event(session, date, {"starts_local": datetime(2026, 12, 17, 17)}, now=now, delay=DELAY)
    assert [row.via_series for row in changes(session)] == [False]


def test_an_event_made_cancelled_is_dated(session, now):
    assert make_event(session, status="cancelled").cancelled_at == now


def test_values_given_are_not_changed(session, now):
    community = make_community(session)
    values = {
        "slug": "given", "community_id": community.id, "title": "Given", "starts_local": datetime(2026, 12, 15, 18),
        "ends_local": datetime(2026, 12, 15, 19), "zone": "Europe/London", "mode": "online", "capacity_online": 3,
        "status": "published",
    }  # fmt: skip
    before = dict(values)
    create_event(session, values, host="gatherings.test", now=now)
    assert values == before
