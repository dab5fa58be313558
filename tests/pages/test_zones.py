"""Choosing a clock: without a script, remembered only when chosen, and never leading elsewhere."""

import re
from datetime import datetime

import pytest
from sqlalchemy import select

from gatherings.registration.models import Registration
from tests.factories import make_event

pytestmark = pytest.mark.one_database("of the choice of a clock, which no database holds")


def test_a_zone_that_is_chosen_is_remembered_for_a_year(session, client):
    event = make_event(session)
    answer = client.post("/zone", data={"zone": "Asia/Calcutta", "next": f"/events/{event.slug}"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/events/{event.slug}")
    cookie = answer.headers["Set-Cookie"]
    assert [part for part in ("zone=Asia/Kolkata", "HttpOnly", "SameSite=Lax", "Max-Age=31536000", "Path=/")
            if part not in cookie] == []  # fmt: skip
    assert "your time, Kolkata" in client.get(f"/events/{event.slug}").text
    asked = client.get(f"/events/{event.slug}?zone=Pacific/Auckland")
    assert "your time, Auckland" in asked.text
    assert "Set-Cookie" not in asked.headers


def test_a_choice_can_be_forgotten(client):
    client.post("/zone", data={"zone": "Europe/Paris", "next": "/"})
    assert "Forget my choice" in client.get("/zones").text
    client.post("/zone", data={"zone": "", "next": "/"})
    assert client.get_cookie("zone", domain="gatherings.test") is None


@pytest.mark.parametrize("path", ["/", "/zones", "/zones?q=paris", "/?zone=Europe/Paris", "/privacy"])
def test_looking_sets_no_cookie(client, path):
    assert "Set-Cookie" not in client.get(path).headers


@pytest.mark.parametrize(
    "elsewhere",
    ["//example.org", "/\\example.org", "https://example.org", "javascript:alert(1)", "", "/\t/x",
     "/a\r\nSet-Cookie: x=y", "/a\\b", "/" + "a" * 600],
)  # fmt: skip
def test_the_way_back_is_one_of_our_own(client, elsewhere):
    answer = client.post("/zone", data={"zone": "Europe/Paris", "next": elsewhere})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    page = client.get("/zones", query_string={"next": elsewhere})
    assert 'href="/">Go back' in page.text


@pytest.mark.parametrize("zone", ["Mars/Base", "+02:00", "GMT+2", "x" * 3000, "Europe/Paris\x00"])
def test_an_unknown_zone_is_refused_in_words(client, zone):
    answer = client.post("/zone", data={"zone": zone, "next": "/"})
    assert answer.status_code == 422
    assert "choose another city" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_another_site_cannot_choose_for_somebody(client):
    client.fetch_site = "cross-site"
    answer = client.post("/zone", data={"zone": "Europe/Paris", "next": "/"})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers


def test_opening_the_address_of_the_press_chooses_nothing(client):
    answer = client.get("/zone?zone=Europe/Paris")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/zones")
    assert "Set-Cookie" not in answer.headers


def test_a_search_gives_places_to_press(client):
    page = client.get("/zones?q=new+zealand&next=/series/x").text
    assert '<button class="button button-quiet" type="submit" name="zone" value="Pacific/Auckland">' in page
    assert 'name="next" value="/series/x"' in page
    assert "Auckland, New Zealand" in page
    assert "No clock is known by that name." in client.get("/zones?q=qqqq").text


def test_for_another_page_htmx_gets_the_field_alone(client):
    field = client.get("/zones?next=/series/x", headers={"HX-Request": "true"}).text
    assert "<html" not in field
    assert 'name="next" value="/series/x"' in field
    assert 'hx-get="/zones/found?next=/series/x"' in field


def test_what_fits_opens_under_the_field(session, client, clock_at, now):
    event = make_event(session, starts_local=datetime(2026, 12, 17, 18, 0), zone="Europe/London")
    with clock_at(now):  # noon in London
        choose = client.get(f"/zones/found?q=wellington,+nz&event={event.slug}&next=/events/{event.slug}").text
    assert choose.count('role="option"') == 1
    assert "Wellington, New Zealand" in choose
    assert "01:00 now" in choose
    assert "begins Friday 18 December, 07:00" in choose
    assert 'hx-post="/zone"' in choose
    assert '"zone": "Pacific/Auckland"' in choose
    assert '<div hx-swap-oob="innerHTML:#live">One place.' in choose

    fill = client.get("/zones/found?zone=birm").text
    assert 'data-pick="Birmingham, United Kingdom"' in fill
    assert "hx-post" not in fill
    assert fill.count('role="option"') <= 8

    nothing = client.get("/zones/found?q=qqqq").text
    assert "data-pick" not in nothing
    assert 'aria-disabled="true">No clock is known by that name.' in nothing
    assert "role" not in client.get("/zones/found").text


def test_a_form_asks_which_place_is_meant(session, client):
    event = make_event(session)
    sent = {"name": "Ada", "email": "ada@example.org", "zone": "Birmingham"}
    asked = client.post(f"/events/{event.slug}/register", data=sent)
    assert asked.status_code == 422
    assert "We are not sure which place you mean." in asked.text
    offered = re.findall(r'type="radio"[^>]* name="zone" value="([^"]+)"', asked.text)
    assert offered == ["Birmingham, United Kingdom", "Birmingham, Alabama, United States"]
    # The choice stands before the text that it explains, and both are sent.
    taken = client.post(f"/events/{event.slug}/register", data={**sent, "zone": [offered[1], "Birmingham"]})
    assert taken.status_code == 303
    assert session.scalars(select(Registration.zone)).all() == ["America/Chicago"]


def test_what_is_typed_stays_text(client):
    for path in ("/zones", "/zones/found"):
        page = client.get(path, query_string={"q": '"><script>x</script>\x00', "next": '/"><b>'}).text
        assert "<script>x" not in page
        assert "<b>" not in page
    assert client.get("/zones/found", query_string={"q": "auckland", "event": "../x"}).status_code == 404


def test_the_list_tells_the_time_at_each_place(client, clock_at, now):
    client.post("/zone", data={"zone": "Asia/Kathmandu", "next": "/"})
    with clock_at(now):
        page = client.get("/zones").text
    assert '<option value="Pacific/Auckland">Auckland · 01:00</option>' in page
    assert '<option value="Asia/Kathmandu" selected>Kathmandu · 17:45</option>' in page
    assert "Now: the clock of Kathmandu. It is 17:45 there." in page


def test_htmx_tells_the_zone_that_a_script_read(session, client):
    make_event(session)
    headers = {"HX-Request": "true", "X-Visitor-Zone": "Pacific/Auckland"}
    assert "clock of Auckland" in client.get("/", headers=headers).text
    assert "hosts’ clocks" in client.get("/", headers={"HX-Request": "true", "X-Visitor-Zone": "'; --"}).text
