"""Every text that a person reads passes through gettext: in a pseudo language none is left as it was."""

import pytest

from gatherings.web.errors import error_answer
from gatherings.web.i18n import speaking
from tests.languages.reading import texts_of

BAD = {
    "name": ("", "two\nlines", "see http://x.example/", "ada@example.org", "a" * 200, "\u202eada", "\u0301a", "a\x07"),
    "email": ("", "ada", "ada@", "@example.org", "ada@example", "a b@example.org", "a@example.org,b@example.org"),
    "zone": ("", "Nowhere at all", "IST"),
}


def left_over(hamlet, name, html, **how):
    """Give each text of a page that is neither translated nor data, with where it stands."""
    return [
        f"{name} {where}: {left!r} in {text!r}"
        for where, text in texts_of(html, **how)
        if (left := hamlet.data.escaped(text))
    ]


def refuse(escaped):
    assert not escaped, "\n".join(["texts that nobody can translate:", *sorted(set(escaped))])


def fragments(paths):
    """Give the addresses of pieces of pages, which app.js and htmx ask for."""
    events = [path for name, path in paths.items() if name.startswith("event, ")]
    pieces = [f"{path}/{piece}" for path in events for piece in ("when", "below", "next")]
    return [*paths.values(), *pieces, "/zones/found?q=new", "/zones/found?q=nowhere", "/?q=kindness&hours=decent"]


@pytest.mark.parametrize("language", ["en-XA", "ar-XB"])
def test_every_page_and_piece_of_one_is_translated_whole(hamlet, language):
    client, escaped = hamlet.app.test_client(), []
    asked = {"Accept-Language": language}
    for name, path in hamlet.paths.items():
        page = client.get(path, headers=asked)
        assert f'<html lang="{language}"' in page.text, name
        assert ('dir="rtl"' in page.text.split(">", 2)[1]) == (language == "ar-XB"), name
        assert page.status_code < 500, name
        escaped += left_over(hamlet, name, page.text, prose=name == "privacy")
    for path in fragments(hamlet.paths):
        for zone in ("", "Pacific/Auckland"):
            query = f"{'&' if '?' in path else '?'}zone={zone}" if zone else ""
            piece = client.get(path + query, headers={**asked, "HX-Request": "true"})
            assert piece.status_code < 500, path
            escaped += left_over(hamlet, f"piece {path}", piece.text)
    refuse(escaped)


def test_forms_that_were_refused_are_translated_whole(hamlet):
    client, escaped = hamlet.app.test_client(), []
    asking, manage = hamlet.paths["event, asking"], hamlet.paths["manage"]
    for field, values in BAD.items():
        for value in values:
            form = {"name": "Ada", "email": "new@example.org", "zone": "Europe/London", field: value}
            for path in (f"{asking}/register", f"{manage}/details", "/find-my-registration", "/my-data"):
                page = client.post(path, data=form, headers={"Accept-Language": "en-XA"})
                if page.status_code != 303:
                    text = page.text.replace(f'value="{value}"', "")
                    escaped += left_over(hamlet, f"{path} {page.status_code} {field}={value!r}", text)
    refuse(escaped)


def test_error_pages_are_translated_whole(hamlet):
    escaped = []
    for status in (400, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503):
        for headers in ({}, {"HX-Request": "true"}):
            with hamlet.app.test_request_context("/events/there-is-none", headers=headers), speaking("en-XA"):
                escaped += left_over(hamlet, str(status), error_answer(status, retry_after=240).get_data(as_text=True))
    refuse(escaped)
