"""Bad input at the form (reliability.md C1-C14): never a 5xx; refused with the typing kept, or taken unchanged."""

from html import escape, unescape
from re import search
from urllib.parse import quote_from_bytes

import pytest
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.registration.models import Answer
from tests.factories import make_event, make_question

HX = {"HX-Request": "true"}
HONEST = [
    "Ana María Ñáñez-O’Brien", "O'Neil", "Jean-Luc d'Arc", "李小龍", "山田 太郎", "Нина Ивановна", "محمد علي", "दीपिका",
    "Nguyễn Thị Hương", "Þórr Æsir", "Ł", "Null", "None", "undefined", "true", "NaN", "👩🏽‍⚕️ Dr. Ada",
    "Smith, John (Jr.)",
    "X Æ A-12", "Robert'); DROP TABLE people;--", "=1+1", "+44 Ada", "@ home", "می‌خواهم", "R. O'R & Sons", "100%",
]  # fmt: skip
MARKUP = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "' onmouseover='alert(1)", "<b>bold</b>",
    "</title><svg>",
    "&lt;script&gt;", "%3Cscript%3E", "&#60;b&#62;", "\\u003cscript\\u003e", "{{ 7*7 }}", "{% if 1 %}", "%(name)s",
    "%s%n",
    "${7*7}", "#{7*7}", "{0.__class__}", "<%= 7*7 %>", "[[7*7]]", "{name!r:>99999999}",
]  # fmt: skip
REFUSED = [
    "", "   ", "Ada\nBcc: x@example.org", "Ada\rX", "Ada\u2028X", "Ada\x85X", "Ada\x0bX", "a\x00b", "a\x07b", "a\x1bb",
    "\u202eevil", "a" + "\u0301" * 180, "\u0301start", "\ufffd", "\uffff", "a" * 121, "a" * 100_000,
    "http://spam.example", "www.spam.com", "Buy now spam.com", "javascript:alert(1)", "ada@example.org",
    "Win spam.com/x",
]  # fmt: skip
BAD_ADDRESSES = [
    "", " ", "a", "a@", "@b.org", "a@b", "a b@c.org", "a@b..org", "a@-b.org", "a@b.org\nBcc: c@d.org", "a@b.org\r\n",
    "a@b.org, c@d.org", "a@b.org;c@d.org", "Ada <a@b.org>", '"a b"@c.org', "a@[127.0.0.1]", "a\x00@b.org",
    "a@b.org\u200b",
    "a" * 300 + "@b.org", "a@" + "b" * 300 + ".org", "a@b.org#", "ä@example.org", "<script>@b.org", "a@b@c.org",
    "a@b.invalid",
]  # fmt: skip
BAD_ZONES = [
    "Mars/Olympus", "+02:00", "GMT+2", "EST/x", "../../etc/passwd", "Europe/London\x00", "x" * 10_000, "<script>",
    "12", "Lond",
]  # fmt: skip


@pytest.fixture
def event(session):
    return make_event(session)


def post(client, event, data, headers=None):
    return client.post(f"/events/{event.slug}/register", data=data, headers=headers or {})


@pytest.mark.parametrize("name", HONEST)
def test_honest_names_are_taken_unchanged(client, event, form, rows, name):
    assert post(client, event, form(name=name)).status_code in (303, 422)
    assert [row.name for row in rows()] == [name], "C1"


@pytest.mark.parametrize("name", MARKUP)
def test_markup_and_formats_stay_text(client, app, event, form, rows, name):
    assert post(client, event, form(name=name)).status_code in (303, 422)
    for row in rows():
        assert row.name == name, "C2, C4, C5: literal"
        token = app.extensions["gatherings.signer"].sign("manage", row.public_id, 1)
        page = client.get(f"/registrations/{token}").text
        assert f'value="{escape(name)}"'.replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page
    assert rows(), "none of these is a link or a control character"


@pytest.mark.parametrize("headers", [{}, HX])
@pytest.mark.parametrize("name", MARKUP)
def test_what_comes_back_in_a_refused_form_is_escaped(client, event, form, rows, name, headers):
    answer = post(client, event, form(name=name, email=name, zone=name), headers)
    assert answer.status_code == 422
    assert rows() == []
    for field in ("name", "email", "zone"):
        value = search(rf'id="{field}" name="{field}" value="([^"]*)"', answer.text)
        assert value is not None
        assert unescape(value[1]) == name
        assert "<" not in value[1]


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: ascii(name[:20]))
def test_names_that_harm_are_refused_and_kept_as_typed(client, session, event, form, rows, name):
    answer = post(client, event, form(name=name))
    assert answer.status_code == 422
    assert 'href="#name"' in answer.text
    assert 'value="ada@example.org"' in answer.text
    assert rows() == []
    assert session.scalars(select(Person)).all() == []


@pytest.mark.parametrize("address", BAD_ADDRESSES, ids=lambda text: ascii(text[:20]))
def test_addresses_that_are_not_one_are_refused(client, event, form, rows, mails, address):
    answer = post(client, event, form(email=address))
    if address == "a@b.org\r\n":
        assert answer.status_code in (303, 422)
        return
    assert answer.status_code == 422
    assert 'href="#email"' in answer.text
    assert 'value="Ada Example"' in answer.text
    assert rows() == []
    assert mails() == []


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("ADA@Example.ORG", "ada@example.org"),
        ("ada+kind@example.org", "ada+kind@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("o'neil@example.org", "o'neil@example.org"),
    ],
)
def test_odd_but_right_addresses_are_taken(client, session, event, form, typed, key):
    assert post(client, event, form(email=typed)).status_code == 303
    session.commit()
    assert session.scalars(select(Person.key)).all() == [key]


@pytest.mark.parametrize("zone", BAD_ZONES, ids=lambda text: ascii(text[:20]))
def test_zones_that_are_none_are_refused(client, event, form, rows, zone):
    answer = post(client, event, form(zone=zone))
    assert answer.status_code == 422
    assert 'href="#zone"' in answer.text
    assert rows() == []


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\xaf", b"a\xf0\x9f", b"\x80abc"])
def test_broken_encoding_is_refused_or_stays_visible_text(client, event, rows, raw):
    """Werkzeug keeps what is no UTF-8 as its percent signs: plain text, which cannot be told from somebody's typing."""
    body = f"name={quote_from_bytes(raw)}&email=ada%40example.org&zone=UTC"
    for data in (body.encode(), b"name=" + raw + b"&email=ada@example.org"):
        answer = client.post(
            f"/events/{event.slug}/register", data=data, content_type="application/x-www-form-urlencoded"
        )
        assert answer.status_code in (303, 400, 422)
    for row in rows():
        assert row.name.isprintable()
        assert "\ufffd" not in row.name


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"{}", "application/json"),
        (b"\x00\x01", "application/octet-stream"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
        (b"name=a&" * 2000, "application/x-www-form-urlencoded"),
        (b"name[]=a&name[0][x]=b&email=%", "application/x-www-form-urlencoded"),
        (b"", "text/plain"),
    ],
)
def test_bodies_that_are_no_form_are_refused(client, event, rows, body, content_type):
    answer = client.post(f"/events/{event.slug}/register", data=body, content_type=content_type)
    assert 400 <= answer.status_code < 500
    assert rows() == []


def test_a_body_beyond_all_measure_is_413(client, event, form, rows):
    assert post(client, event, form(name="a" * 400_000)).status_code == 413
    assert rows() == []


QUESTIONS = [
    ("number", {"least": 1, "most": 10}, ["abc", "1e999", "11", "0", "NaN", "Infinity", "١", "9" * 400, "0x1F"]),
    ("date", {}, ["2026-13-01", "yesterday", "0000-00-00", "2026-02-30", "9" * 50, "2026-1"]),
    ("country", {}, ["ZZ", "Atlantis", "<b>", "gb\x00"]),
    ("one_of", {"choices": [{"key": "a", "label": "Alpha"}]}, ["b", "A ", "<script>", "a\x00"]),
    ("many_of", {"choices": [{"key": "a", "label": "Alpha"}]}, ["b", "a,b", "' OR 1=1"]),
    ("text", {}, ["a\nb", "\x00", "x" * 5000, "\u202e"]),
    ("long_text", {}, ["\x00", "x" * 50_000, "\u202e"]),
    ("yes_no", {}, ["maybe", "2", "<b>"]),
]


@pytest.mark.parametrize(("kind", "options", "payloads"), QUESTIONS, ids=[kind for kind, *_ in QUESTIONS])
def test_answers_that_cannot_be_are_refused(client, session, event, form, rows, kind, options, payloads):
    """C13, C14: numbers, dates, choices."""
    question = make_question(session, event, kind, options=options)
    for payload in payloads:
        answer = post(client, event, form(**{f"q_{question.public_id}": payload}))
        assert answer.status_code == 422, payload
        assert f"q_{question.public_id}-error" in answer.text, payload
    assert rows() == []
    assert session.scalars(select(Answer)).all() == []
