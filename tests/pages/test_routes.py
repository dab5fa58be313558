"""The public pages: what they show, to whom, on which clock, and in how many queries."""

import re
from datetime import datetime, timedelta

import pytest

from gatherings.communities.models import Community
from gatherings.events.models import CoListing, OldSlug, Resource, Speaker
from tests.factories import NOW, dates_of, make_community, make_event, make_question, make_series
from tests.pages.counting import counted


@pytest.fixture(autouse=True)
def at_noon(clock_at):
    with clock_at(NOW):
        yield


def text_of(response):
    """Give what a reader sees: without tags, with single blanks."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.text).split())


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Pacific/Auckland", "Friday 18 December, 07:00–08:00 your time, Auckland"),
        ("Australia/Melbourne", "Friday 18 December, 05:00–06:00 your time, Melbourne"),
        ("America/New_York", "Thursday 17 December, 13:00–14:00 your time, New York"),
        ("Europe/Stockholm", "Thursday 17 December, 19:00–20:00 your time, Stockholm"),
        ("Asia/Calcutta", "Thursday 17 December, 23:30 – Friday 18 December, 00:30 your time, Kolkata"),
    ],
)
def test_an_event_tells_both_clocks_with_day_and_date(session, client, zone, words):
    event = make_event(session, starts_local=datetime(2026, 12, 17, 18, 0))
    for path in (f"/events/{event.slug}", f"/events/{event.slug}/when"):
        seen = text_of(client.get(f"{path}?zone={zone}"))
        assert words in seen
        assert "Thursday 17 December, 18:00–19:00 in London" in seen


def test_without_a_zone_the_hosts_clock_is_told_and_a_script_may_ask(session, client):
    event = make_event(session, starts_local=datetime(2026, 12, 17, 18, 0))
    response = client.get(f"/events/{event.slug}")
    assert "Thursday 17 December, 18:00–19:00 in London" in text_of(response)
    assert "your time" not in text_of(response)
    assert f'data-zone-url="/events/{event.slug}/when"' in response.text
    assert "Set-Cookie" not in response.headers
    assert "data-zone-url" not in client.get(f"/events/{event.slug}?zone=Europe/Paris").text


def test_the_page_does_not_print_gmt_for_london(session, client):
    series = make_series(session)
    for path in ("/", f"/series/{series.slug}", f"/events/{dates_of(session, series)[0].slug}"):
        assert "GMT" not in text_of(client.get(path))


def test_the_listing_is_grouped_on_the_readers_days(session, client):
    make_event(session, title="Evening call", starts_local=datetime(2026, 12, 17, 18, 0))
    seen = text_of(client.get("/?zone=Pacific/Auckland"))
    assert re.search(r"Friday 18 December 07:00 Thursday 17 December, 18:00 in London Evening call", seen)
    assert re.search(r"Thursday 17 December 18:00 London Evening call", text_of(client.get("/")))


def test_gatherings_under_an_umbrella_stand_on_the_readers_day_and_their_own(session, client):
    community = make_community(session)
    week = make_event(
        session, community, starts_local=datetime(2027, 1, 4), minutes=5 * 1440, all_day=True, mode="hybrid"
    )
    for zone in ("Australia/Melbourne", "America/Toronto"):
        make_event(
            session, community, umbrella_id=week.id, zone=zone, starts_local=datetime(2027, 1, 5, 9, 30),
            mode="in person", slug="in-" + zone.rsplit("/", 1)[-1].lower(),
        )  # fmt: skip
    make_event(session, community, umbrella_id=week.id, listing="link", title="Behind a curtain")
    make_event(session, community, umbrella_id=week.id, status="draft", title="Not ready")
    for path in (f"/events/{week.slug}", f"/events/{week.slug}/below"):
        seen = text_of(client.get(f"{path}?zone=Europe/London"))
        assert "Monday 4 January 2027, 22:30–23:30 your time · Tuesday 5 January 2027, 09:30–10:30 in Melbourne" in seen
        assert "Tuesday 5 January 2027, 14:30–15:30 your time · Tuesday 5 January 2027, 09:30–10:30 in Toronto" in seen
        assert "Behind a curtain" not in seen
        assert "Not ready" not in seen


# --- who sees what ---------------------------------------------------------------------------------------------------


def test_drafts_are_nowhere_and_links_are_not_listed(session, client):
    community = make_community(session)
    series = make_series(session, community, slug="open-series", title="Open series")
    draft = make_event(session, community, status="draft", title="Draft title")
    linked = make_event(session, community, listing="link", title="Linked title")
    date = dates_of(session, series)[0]
    date.listing, date.title = "link", "Linked date"
    hidden = make_series(session, community, listing="link", title="Linked series")
    for path in ("/", f"/communities/{community.slug}", "/series/open-series", "/?q=title", "/?q=linked"):
        seen = client.get(path).text
        assert [word for word in ("Draft title", "Linked title", "Linked date", "Linked series") if word in seen] == []
    assert client.get(f"/events/{draft.slug}").status_code == 404
    assert client.get(f"/events/{draft.slug}/when").status_code == 404
    page = client.get(f"/events/{linked.slug}")
    assert (page.status_code, page.headers["X-Robots-Tag"]) == (200, "noindex, nofollow")
    assert 'content="noindex, nofollow"' in page.text
    assert "18:00" in client.get(f"/series/{hidden.slug}").text


def test_an_event_does_not_lead_to_what_is_not_for_everybody(session, client):
    community = make_community(session)
    umbrella = make_event(session, community, listing="link", title="Umbrella by link", all_day=False)
    event = make_event(session, community, umbrella_id=umbrella.id)
    assert "Umbrella by link" not in client.get(f"/events/{event.slug}").text


def test_the_meeting_link_is_on_no_page(session, client):
    series = make_series(session)
    event = make_event(session)
    paths = ["/", f"/events/{event.slug}", f"/series/{series.slug}", f"/events/{dates_of(session, series)[0].slug}"]
    assert [path for path in paths if "meet.example.org" in client.get(path).text] == []


def test_old_slugs_lead_to_the_new_ones(session, client):
    community = make_community(session, slug="new-community")
    event = make_event(session, community, slug="new-event")
    series = make_series(session, community, slug="new-series")
    draft = make_event(session, community, slug="new-draft", status="draft")
    for kind, one in (("event", event), ("series", series), ("community", community)):
        session.add(OldSlug(kind=kind, slug=f"old-{kind}", object_id=one.id))
    session.add(OldSlug(kind="event", slug="old-draft", object_id=draft.id))
    found = {
        path: (answer.status_code, answer.headers.get("Location"))
        for path in ("/events/old-event", "/series/old-series", "/communities/old-community", "/events/old-draft")
        for answer in [client.get(path)]
    }
    assert found == {
        "/events/old-event": (301, "/events/new-event"),
        "/series/old-series": (301, "/series/new-series"),
        "/communities/old-community": (301, "/communities/new-community"),
        "/events/old-draft": (404, None),
    }


# --- what stands on the event page -----------------------------------------------------------------------------------


def test_an_event_shows_its_speakers_resources_and_form(session, client):
    event = make_event(session, capacity_online=20, about="We *listen*.")
    said = {"role": "Nurse", "group": "Ward 3", "country": "SE", "talk": "Rest"}
    session.add(Speaker(event_id=event.id, position=1, name="Bo Example", **said))
    session.add(Resource(event_id=event.id, position=1, title="A guide", url="https://example.org/g", note="Two pages"))
    session.add(Resource(event_id=event.id, position=2, title="Odd", url="javascript:alert(1)"))
    response = client.get(f"/events/{event.slug}")
    seen = text_of(response)
    assert "Bo Example Nurse, Ward 3, Sweden Rest" in seen
    assert "A guide Two pages" in seen
    assert "<em>listen</em>" in response.text
    assert "javascript:" not in response.text
    assert "20 of 20 places are left online." in seen
    assert 'name="email"' in response.text
    assert "Such a copy cannot be updated later." in seen
    assert f'href="/events/{event.slug}/event.ics"' in response.text
    for service, there in (
        ("google", "https://calendar.google.com/calendar/render?action=TEMPLATE&text=What%20matters%20to%20you&"),
        ("outlook", "https://outlook.live.com/calendar/0/deeplink/compose?"),
        ("office", "https://outlook.office.com/calendar/0/deeplink/compose?"),
    ):
        assert f'href="/events/{event.slug}/add/{service}"' in response.text
        led = client.get(f"/events/{event.slug}/add/{service}")
        assert (led.status_code, led.headers["Location"].startswith(there)) == (302, True), led.headers["Location"]
    assert client.get(f"/events/{event.slug}/add/elsewhere").status_code == 404


def test_a_past_event_offers_its_recording_and_no_form(session, client):
    event = make_event(
        session, starts_local=datetime(2026, 5, 5, 9, 30), recording_url="https://example.org/rec", title="Looking back"
    )
    page = client.get(f"/events/{event.slug}")
    assert '<a href="https://example.org/rec"' in page.text
    assert 'name="email"' not in page.text
    assert "/add/google" not in page.text
    assert client.get(f"/events/{event.slug}/add/google").status_code == 404
    assert "Looking back" in client.get(f"/communities/{slug_of_community(session, event)}").text


def slug_of_community(session, event):
    return session.get_one(Community, event.community_id).slug


def test_a_cancelled_event_says_so_and_takes_nobody(session, client):
    event = make_event(session, status="cancelled", title="Off")
    page = client.get(f"/events/{event.slug}")
    assert "This gathering was cancelled by its hosts." in page.text
    assert 'name="email"' not in page.text
    assert "Cancelled" in text_of(client.get("/"))


def test_an_edition_whose_day_is_not_known_shows_its_year_alone(session, client):
    event = make_event(session, starts_local=datetime(2009, 3, 1), approximate=True, edition_year=2009)
    event.theme, event.title = "Values", "Festival"
    page = text_of(client.get(f"/events/{event.slug}?zone=Pacific/Auckland"))
    assert "2009" in page
    assert "March" not in page
    assert "When 2009 Where" in page
    community = text_of(client.get(f"/communities/{slug_of_community(session, event)}"))
    assert "2009 Values" in community
    assert "March" not in community


def test_a_full_event_says_that_there_is_a_waiting_list(session, client):
    event = make_event(session, capacity_online=0)
    assert "Full: waiting list" in text_of(client.get(f"/events/{event.slug}"))
    assert "Full: waiting list" in text_of(client.get("/"))


def test_what_organisers_write_is_escaped(session, client):
    nasty = "<script>alert(1)</script>\"'"
    community = make_community(session, name=nasty, tagline=nasty, about=nasty)
    event = make_event(session, community, title=nasty, summary=nasty, about=nasty, theme=nasty)
    for path in ("/", f"/events/{event.slug}", f"/communities/{community.slug}"):
        assert "<script>alert" not in client.get(path).text


# --- the listing -----------------------------------------------------------------------------------------------------


@pytest.fixture
def three(session):
    kind, fest = make_community(session, slug="kind", name="Kind"), make_community(session, slug="fest", name="Fest")
    make_event(session, kind, title="Alpha call", starts_local=datetime(2026, 12, 15, 18))
    make_event(session, fest, title="Beta walk", mode="in person", starts_local=datetime(2027, 1, 10, 18))
    mixed = make_event(session, fest, title="Gamma 100% both", mode="hybrid", starts_local=datetime(2027, 1, 31, 20))
    session.add(CoListing(event_id=mixed.id, community_id=kind.id))
    session.flush()


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["Alpha call", "Beta walk", "Gamma 100% both"]),
        ("community=fest", ["Beta walk", "Gamma 100% both"]),
        ("community=kind", ["Alpha call", "Gamma 100% both"]),
        ("mode=in-person", ["Beta walk"]),
        ("mode=hybrid&community=kind", ["Gamma 100% both"]),
        ("month=2027-01", ["Beta walk", "Gamma 100% both"]),
        ("month=2027-02&zone=Pacific/Auckland", ["Gamma 100% both"]),
        ("q=WALK", ["Beta walk"]),
        ("q=100%25", ["Gamma 100% both"]),
        ("q=nothing+of+the+kind", []),
        ("community=nobody&mode=flying&month=2027-77&after=no-such&zone=Mars/Base&page=x&q=",
         ["Alpha call", "Beta walk", "Gamma 100% both"]),
        ("community=%00&mode=%ff&month=%27&after=%00%27&q=%00", ["Alpha call", "Beta walk", "Gamma 100% both"]),
        ("q=" + "a" * 5000, []),
    ],
)  # fmt: skip
def test_the_listing_is_filtered_by_its_address(three, client, query, titles):
    response = client.get(f"/?{query}")
    assert response.status_code == 200
    assert re.findall(r"(?:Alpha call|Beta walk|Gamma 100% both)(?=</a>)", response.text) == titles


def test_a_fragment_is_a_part_of_the_page_alone(three, client):
    fragment = client.get("/?community=fest", headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert "Beta walk" in fragment.text
    assert "HX-Request" in fragment.headers["Vary"]


def test_the_listing_goes_on_after_the_last_of_a_page(session, client):
    community = make_community(session, slug="many")
    for number in range(53):
        make_event(
            session, community, title=f"Number {number:02}",
            starts_local=datetime(2026, 12, 1, 9) + timedelta(hours=number // 2),
        )  # fmt: skip
    first = client.get("/?community=many")
    link = re.search(r'href="(/\?[^"]*after=[^"]+)"', first.text)
    assert link
    second = client.get(link[1].replace("&amp;", "&"))
    numbers = [re.findall(r"Number (\d\d)(?=</a>)", page.text) for page in (first, second)]
    assert [len(found) for found in numbers] == [50, 3]
    assert sorted(numbers[0] + numbers[1]) == [f"{number:02}" for number in range(53)]


# --- query budgets ---------------------------------------------------------------------------------------------------


@pytest.fixture
def full_programme(session):
    community = make_community(session, slug="budget", code_of_kindness="Be kind.", about="About us.")
    series = make_series(session, community, slug="budget-series", ahead=12)
    for number, date in enumerate(dates_of(session, series)):
        session.add(Speaker(event_id=date.id, position=1, name=f"Speaker {number}", about="*hello*"))
        session.add(Resource(event_id=date.id, position=1, title="A guide", url="https://example.org"))
    past = make_event(session, community, starts_local=datetime(2026, 3, 3, 9), recording_url="https://example.org/r")
    umbrella = make_event(session, community, slug="budget-umbrella", mode="hybrid")
    for _ in range(5):
        make_event(session, community, umbrella_id=umbrella.id, mode="in person")
        make_event(session, community, edition_year=2010, starts_local=datetime(2010, 3, 3, 9), theme="Old")
    make_question(session, umbrella)
    date = dates_of(session, series)[0]
    session.commit()
    return {"date": date.slug, "past": past.slug}


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/", 3),
        ("/?community=budget&q=what&after=budget-umbrella", 3),
        ("/communities/budget", 7),
        ("/series/budget-series", 4),
        ("/events/budget-umbrella", 5),
        ("/events/{date}", 4),
        ("/events/{past}", 5),
        ("/events/{date}/when?zone=Pacific/Auckland", 1),
        ("/zones", 0),
        ("/privacy", 1),
        ("/healthz", 0),
    ],
)
def test_each_page_keeps_its_budget_of_queries(full_programme, client, engine, path, most):
    # What the page itself reads, besides the stamp and the next boundary in time of what is kept.
    for budget in (most + 2 if most > 1 else most, 1):
        with counted(engine) as statements:
            response = client.get(path.format(**full_programme))
        assert response.status_code == 200
        assert len(statements) <= budget, "\n\n".join(statements)


@pytest.mark.parametrize("slug", ["%00", "A", "a%27b", "../x", "%F0%9F%8C%B8", "a" * 81, "-a", "a%20b", "é"])
def test_a_slug_that_cannot_be_is_not_found(client, slug):
    for path in (f"/events/{slug}", f"/series/{slug}", f"/communities/{slug}", f"/events/{slug}/when"):
        assert client.get(path).status_code == 404
