"""The listing: filters in the address, decent hours, search, past years, and what an empty one says."""

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import pytest

from gatherings.events.models import CoListing
from gatherings.pages.rules import by_day, by_year, month_of, months_from
from tests.core.test_hours import ZONES
from tests.factories import NOW, make_community, make_event
from tests.pages.counting import counted
from tests.pages.test_routes import text_of

FRAGMENT = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def at_noon(clock_at):
    with clock_at(NOW):
        yield


@pytest.fixture
def programme(session):
    kind, fest = make_community(session, slug="kind", name="Kind"), make_community(session, slug="fest", name="Fest")
    make_event(session, kind, title="Alpha call", starts_local=datetime(2026, 12, 15, 18))
    make_event(session, fest, title="Beta walk", mode="in person", starts_local=datetime(2027, 1, 10, 18))
    mixed = make_event(
        session, fest, title="Gamma kindness", mode="hybrid", starts_local=datetime(2027, 1, 31, 20), language="sv"
    )
    session.add(CoListing(event_id=mixed.id, community_id=kind.id))
    make_event(session, kind, title="Delta held", starts_local=datetime(2025, 5, 5, 9), theme="Looking back",
               recording_url="https://example.org/rec")  # fmt: skip
    make_event(session, fest, title="Delta edition", starts_local=datetime(2009, 3, 1), approximate=True,
               edition_year=2009, theme="Values", mode="in person")  # fmt: skip
    make_event(session, fest, title="Delta called off", starts_local=datetime(2025, 6, 5, 9), status="cancelled")
    session.flush()


def titles(page):
    return re.findall(r"([^<>]+)</a></h3>", page.text)


def links(page, start="/"):
    return [link.replace("&amp;", "&") for link in re.findall(r'href="([^"]+)"', page.text) if link.startswith(start)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("language=sv", ["Gamma kindness"]),
        ("language=xx", ["Alpha call", "Beta walk", "Gamma kindness"]),
        ("q=GÁMMÄ", ["Gamma kindness"]),
        ("q=fest", ["Beta walk", "Gamma kindness"]),
        ("past=1", ["Delta held", "Delta edition"]),
        ("past=1&mode=in-person&q=values", ["Delta edition"]),
        ("past=1&month=2025-05", ["Delta held"]),
        ("past=2", ["Alpha call", "Beta walk", "Gamma kindness"]),
        ("hours=decent&zone=Pacific/Auckland", ["Alpha call", "Beta walk", "Gamma kindness"]),
        ("hours=decent&zone=Australia/Melbourne", ["Gamma kindness"]),
        ("hours=decent", ["Alpha call", "Beta walk", "Gamma kindness"]),
        ("hours=anything&zone=Australia/Melbourne", ["Alpha call", "Beta walk", "Gamma kindness"]),
    ],
)  # fmt: skip
def test_the_listing_is_narrowed_by_its_address(programme, client, query, expected):
    assert titles(client.get(f"/?{query}")) == expected


def test_decent_hours_on_the_page_equal_plain_zoneinfo(session, client):
    community, wanted = make_community(session), []
    london = ZoneInfo("Europe/London")
    for month in range(24):
        first = datetime(2026 + (11 + month) // 12, (11 + month) % 12 + 1, 1)
        day = first + timedelta(days=(3 - first.weekday()) % 7 + 14)
        for hour, minutes in ((18, 60), ((5 * month) % 24, 150)):
            starts = (day + timedelta(days=hour % 3)).replace(hour=hour)
            title = f"{starts:%Y-%m-%d %H} {minutes}"
            make_event(session, community, title=title, starts_local=starts, minutes=minutes)
            wanted.append((title, starts.replace(tzinfo=london).astimezone(UTC), minutes))
    wanted.sort(key=lambda one: one[1])
    for name in ZONES:
        expected = []
        for title, starts_at, minutes in wanted:
            starts = starts_at.astimezone(ZoneInfo(name))
            ends = (starts_at + timedelta(minutes=minutes)).astimezone(ZoneInfo(name))
            if starts.hour >= 7 and starts.date() == ends.date() and (ends.hour, ends.minute) <= (22, 0):
                expected.append(title)
        assert titles(client.get(f"/?hours=decent&zone={name}")) == expected, name
        assert 0 < len(expected) < len(wanted)


def test_decent_hours_go_on_page_by_page_in_few_queries(session, client, engine, clock_at):
    community = make_community(session)
    for number in range(130):  # every other one in the night
        make_event(
            session, community, title=f"Number {number:03}",
            starts_local=datetime(2026, 12, 1, 3) + timedelta(hours=12 * number),
        )  # fmt: skip
    session.commit()
    evenings = [f"Number {number:03}" for number in range(1, 130, 2)]
    after_all = datetime(2027, 12, 1, tzinfo=UTC)
    for shelf, now, expected in (("", NOW, evenings), ("&past=1", after_all, evenings[::-1])):
        seen, link = list[str](), f"/?hours=decent&zone=Europe/London{shelf}"
        for length in (50, 15):
            with clock_at(now), counted(engine) as statements:
                page = client.get(link)
            assert len(titles(page)) == length
            assert len(statements) <= 2 + 4, statements  # stamp, boundary; choices, place, times, events
            seen += titles(page)
            link = next((one for one in links(page, "/?") if "after=" in one), "")
        assert (seen, link) == (expected, "")


def test_without_a_clock_decent_hours_say_what_is_missing(programme, client):
    page = client.get("/?hours=decent")
    assert "Which hours are decent depends on your clock" in text_of(page)
    assert "/zones?next=/%3Fhours%3Ddecent" in page.text
    (renewed,) = re.findall(r'data-zone-url="([^"]+)"', page.text.replace("&amp;", "&"))
    swapped = client.get(f"{renewed}&zone=Australia/Melbourne", headers=FRAGMENT)
    assert titles(swapped) == ["Gamma kindness"]
    # What the browser said of its zone is in no link that may be shared, what the address asks for is in all.
    assert "Melbourne" not in "".join(links(swapped))
    assert 'id="live"' not in swapped.text
    assert "#live" not in swapped.text
    asked = client.get("/?hours=decent&mode=hybrid&zone=Australia/Melbourne")
    assert "/?hours=decent&zone=Australia%2FMelbourne" in links(asked)


def test_a_fragment_tells_how_many_were_found_and_its_own_address(programme, client):
    page = client.get("/?q=&community=fest&mode=&month=&x=y", headers=FRAGMENT)
    assert '<div hx-swap-oob="innerHTML:#live">2 gatherings</div>' in page.text
    assert page.headers["HX-Push-Url"] == "/?community=fest"
    assert "<html" not in page.text
    assert "hx-swap-oob" not in client.get("/?community=fest").text


def test_filters_in_use_can_be_taken_away_one_by_one(programme, client):
    page = client.get("/?q=gamma&community=kind&mode=hybrid&month=2027-01&language=sv")
    seen = text_of(page)
    for chip in ("“gamma” ×", "Kind ×", "In person and online ×", "January 2027 ×", "Svenska ×"):
        assert f"Remove the filter: {chip}" in seen
    everything = {"q": "gamma", "community": "kind", "mode": "hybrid", "month": "2027-01", "language": "sv"}
    for left_out in everything:
        rest = {name: value for name, value in everything.items() if name != left_out}
        assert f"/?{urlencode(rest)}" in links(page)
    assert "Clear all" in seen
    assert 'filters-more" open' in page.text
    assert "Clear all" not in text_of(client.get("/"))
    assert 'filters-more" open' not in client.get("/?q=gamma").text


def test_languages_are_offered_only_where_there_is_a_choice(session, client):
    make_event(session, make_community(session))
    assert 'name="language"' not in client.get("/").text
    make_event(session, make_community(session), language="sv", starts_local=datetime(2025, 5, 5, 9))
    make_event(session, make_community(session), language="mi", status="draft")
    page = client.get("/").text
    assert re.findall(r'<option value="(\w*)"(?: lang="\w+")?>(English|Svenska|Any language|M\w+ori)<', page) == [
        ("", "Any language"), ("en", "English"), ("sv", "Svenska"),
    ]  # fmt: skip


def test_mistyped_words_show_what_was_meant(programme, client):
    page = client.get("/?q=gama+kidness")
    assert titles(page) == ["Gamma kindness"]
    assert "Nothing for “gama kidness”. Showing “gamma kindness” instead." in text_of(page)
    literal = "/?q=gama+kidness&exact=1"
    assert literal in links(page)
    assert titles(client.get(literal)) == []
    assert 'value="gama kidness"' in page.text


def test_an_empty_listing_counts_what_each_filter_hides(programme, client, engine):
    with counted(engine) as statements:
        page = client.get("/?q=delta&community=kind&mode=in-person&month=2027-01&language=en")
    assert len(statements) <= 2 + 2 + 1 + 6  # stamp and boundary; choices and list; the words; what to loosen
    assert "Nothing fits all of that." in text_of(page)
    seen = text_of(client.get("/?community=kind&mode=in-person"))
    assert "You would find: From every community : 1 gathering Online or in person : 2 gatherings" in seen
    page = client.get("/?q=delta")
    assert "Among what has been : 2 gatherings" in text_of(page)
    assert titles(client.get("/?past=1&q=delta")) == ["Delta held", "Delta edition"]
    assert "/?past=1&q=delta" in links(page)
    nothing = text_of(client.get("/?q=xyzzyxyzzy"))
    assert "Nothing fits that. Try fewer or other words." in nothing


def test_what_has_been_stands_under_its_years_with_themes_and_recordings(programme, client):
    page = client.get("/?past=1")
    seen = text_of(page)
    assert re.search(r"2025 Monday 5 May Delta held Looking back Kind · Online Recording", seen)
    assert re.search(r"2009 Delta edition Values Fest · In person", seen)
    assert "1 March" not in seen
    assert "/?past=1" in links(client.get("/"))


def test_the_next_days_have_names(session, client):
    community = make_community(session)
    make_event(session, community, title="Tonight", starts_local=datetime(2026, 11, 20, 18))
    make_event(session, community, title="In the morning", starts_local=datetime(2026, 11, 21, 9))
    make_event(session, community, title="Later", starts_local=datetime(2026, 11, 22, 12))
    for query in ("", "?zone=Europe/London"):
        seen = text_of(client.get(f"/{query}"))
        assert "Today · Friday 20 November" in seen
        assert "Tomorrow · Saturday 21 November" in seen
    # In Auckland it is Saturday already.
    seen = text_of(client.get("/?zone=Pacific/Auckland"))
    assert "Today · Saturday 21 November" in seen
    assert "Tomorrow" not in seen.replace("Tomorrow · Sunday", "")


def test_what_has_no_day_yet_stands_at_the_end_with_its_year(session, client):
    community = make_community(session)
    make_event(session, community, title="Some day", starts_local=datetime(2027, 3, 1), approximate=True,
               edition_year=2027)  # fmt: skip
    make_event(session, community, title="That day", starts_local=datetime(2027, 5, 1, 18))
    seen = text_of(client.get("/?zone=Pacific/Auckland"))
    assert re.search(r"That day .* The day is still to be named 2027 Some day", seen)
    assert "1 March" not in seen


def test_days_on_which_hosts_disagree_have_no_name():
    class Call:
        all_day = approximate = False

        def __init__(self, starts_at, zone):
            self.starts_at, self.zone = starts_at, zone

    # At noon UTC it is Friday in London and (01:00) Saturday in Auckland.
    saturday = [
        Call(datetime(2026, 11, 20, 13, tzinfo=UTC), "Pacific/Auckland"),
        Call(datetime(2026, 11, 21, 13, tzinfo=UTC), "Europe/London"),
    ]
    assert [day.name for day in by_day(saturday, None, NOW)] == [None]
    assert [day.name for day in by_day(saturday[:1], None, NOW)] == ["today"]
    assert [day.name for day in by_day(saturday, "Europe/London", NOW)] == ["today", "tomorrow"]


def test_years_are_those_of_the_readers_clock():
    class Call:
        zone, all_day, approximate, edition_year = "Europe/London", False, False, None
        starts_at = datetime(2025, 12, 31, 18, tzinfo=UTC)

    assert [year.year for year in by_year([Call()], "Pacific/Auckland")] == [2026]
    assert [year.year for year in by_year([Call()], None)] == [2025]


def test_months_run_back_for_what_has_been():
    months = months_from(NOW.date(), back=True)
    assert (f"{months[0]:%Y-%m}", f"{months[-1]:%Y-%m}") == ("2026-11", "2025-11")
    assert month_of("2019-05") == date(2019, 5, 1)
