"""Choosing a clock: without a script, remembered only when chosen, and never leading elsewhere."""

import pytest

from tests.factories import make_event


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
    fragment = client.get("/zones?q=kiev", headers={"HX-Request": "true"}).text
    assert 'value="Europe/Kyiv"' in fragment
    assert "<html" not in fragment
    assert "No clock is known by that name." in client.get("/zones?q=qqqq").text


def test_htmx_tells_the_zone_that_a_script_read(session, client):
    make_event(session)
    headers = {"HX-Request": "true", "X-Visitor-Zone": "Pacific/Auckland"}
    assert "clock of Auckland" in client.get("/", headers=headers).text
    assert "hosts’ clocks" in client.get("/", headers={"HX-Request": "true", "X-Visitor-Zone": "'; --"}).text
