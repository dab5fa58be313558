"""What planning an event rests on, without a web or database."""

from datetime import UTC, date, datetime

import pytest

from gatherings.planning.rules.clocks import changes_before, other_zones
from gatherings.planning.rules.editions import next_month, same_nth_weekday, same_weekday
from gatherings.planning.rules.event_values import LABELS, differences, pack, unpack
from gatherings.planning.rules.slugs import is_slug, slug_of, title_for_year, with_year
from gatherings.planning.rules.telling import kinds_told

DAY = date(2027, 1, 14)


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Zoë & Sons <3", "zoe-sons-3"),
        ("What's Øyvind’s straße?", "whats-oyvinds-strasse"),
        ("李雷", "gathering-2027-01-14"),
        ("محمد", "gathering-2027-01-14"),
        ("A", "gathering-2027-01-14"),
        ("x" * 200, "x" * 56),
        ("word " * 40, "word-word-word-word-word-word-word-word-word-word-word"),
    ],
)
def test_slugs_of_titles(title: str, slug: str) -> None:
    assert slug_of(title, DAY) == slug
    assert is_slug(slug)


def test_slugs_and_titles_of_another_year() -> None:
    assert with_year("festival-2026", 2026, 2027) == "festival-2027"
    assert with_year("festival", 2026, 2027) == "festival-2027"
    assert len(with_year("x" * 60, 2026, 2027)) == 60
    assert title_for_year("Festival 2026: room 20266", 2026, 2027) == "Festival 2027: room 20266"


def test_days_a_year_on_keep_their_weekday() -> None:
    for day in (date(2026, 11, 9), date(2026, 12, 31), date(2028, 2, 29), date(2026, 1, 30)):
        for moved in (same_weekday(day), same_nth_weekday(day), next_month(day)):
            assert moved.weekday() == day.weekday()
            assert moved > day
    assert same_nth_weekday(date(2026, 10, 29)) == date(2027, 10, 28)  # a fifth Thursday becomes the last
    assert next_month(date(2026, 12, 17)) == date(2027, 1, 21)


def test_the_four_clocks_are_peoples_and_each_tells_something_new() -> None:
    at = datetime(2026, 12, 17, 18, 0, tzinfo=UTC)
    people = {"Europe/Stockholm": 9, "Europe/Paris": 8, "Asia/Kathmandu": 2, "Europe/London": 50, "Nowhere/Else": 99}
    found = other_zones("Europe/London", people, at)
    assert found[:2] == ["Europe/Stockholm", "Asia/Kathmandu"]
    assert len(found) == 4
    assert len(other_zones("Pacific/Auckland", {}, at)) == 4


def test_changes_of_clocks_between_now_and_then() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    names = ["Europe/London", "Asia/Kolkata", "Pacific/Auckland"]
    assert [one.zone for one in changes_before(names, now, datetime(2027, 3, 1, tzinfo=UTC))] == []
    found = changes_before(names, now, datetime(2027, 4, 15, tzinfo=UTC))
    assert [(one.zone, one.at.date()) for one in found] == [
        ("Europe/London", date(2027, 3, 28)),
        ("Pacific/Auckland", date(2027, 4, 3)),
    ]
    assert changes_before(names, now, datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_differences_know_who_changed_what() -> None:
    base = dict.fromkeys(LABELS, "old")
    opened = unpack(pack(base))
    now = base | {"title": "theirs", "summary": "theirs", "about": "same"}
    mine = base | {"summary": "mine", "about": "same", "slug": "mine"}
    found = {one.name: one.theirs for one in differences(opened, now, mine, fresh=False)}
    assert found == {"title": True, "summary": False}
    # Digests that were tampered with, or lost, count as changed by both: nothing is written over unseen.
    assert {one.name for one in differences({}, now, mine, fresh=False)} == {"title", "summary", "slug"}
    assert differences({}, base, mine, fresh=True) == []
    assert unpack("title:x nonsense " + "y" * 9000 + ":z other:1") == {"title": "x"}


def test_nobody_is_told_of_drafts_the_past_or_a_link() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    facts = {"status": "published", "ends_at": "2026-12-01T00:00:00+00:00", "starts_at": "a", "join_url": "a"}
    assert kinds_told(facts, facts | {"starts_at": "b"}, now) == ("time",)
    assert kinds_told(facts, facts | {"join_url": "b"}, now) == ()
    assert kinds_told(facts | {"status": "draft"}, facts | {"starts_at": "b"}, now) == ()
    past = facts | {"ends_at": "2026-11-01T00:00:00+00:00"}
    assert kinds_told(past, past | {"starts_at": "b"}, now) == ()
