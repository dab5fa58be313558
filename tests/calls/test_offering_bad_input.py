"""Bad input at the form of a slot (reliability.md C1-C16): never a 5xx; refused with the typing kept, or unchanged."""

import time
from html import escape, unescape
from io import BytesIO
from re import search

import pytest
from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.calls.models import Submission
from gatherings.core.lengths import read_length
from gatherings.core.text import TextProblem
from gatherings.core.weblinks import complete_link, read_link
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import speaking
from gatherings.wiring import MAILS
from tests.factories import make_event
from tests.offering import HX, draft_path, link, opened
from tests.organise.test_hostile_forms import NASTY, Alive
from tests.registration.test_bad_input import BAD_ADDRESSES, BAD_ZONES, HONEST, MARKUP, REFUSED
from tests.slotting import make_call

LINES = ("name", "title", "pronunciation")
TEXTS = ("about", "ask", "script", "needs", "links")
FIELDS = (*LINES, *TEXTS, "email", "zone", "seconds", "others-0-name", "others-0-email")


@pytest.fixture(autouse=True)
def still(now, clock_at):
    """Friday 20 November 2026, 12:00 UTC, standing still: limits of an hour are not what is tried here."""
    with clock_at(now):
        yield


@pytest.fixture
def event(session):
    event = make_event(session)
    make_call(session, event, least_seconds=120)
    return event


@pytest.fixture
def path(event):
    return f"/events/{event.slug}/present"


def newest(session):
    session.commit()
    session.expire_all()
    return session.scalars(
        select(Submission).where(Submission.state == "submitted").order_by(Submission.id.desc())
    ).first()


def shown(page, field):
    """Give what a field of the page holds."""
    found = search(rf'id="{field}" name="{field}" value="([^"]*)"', page)
    if found is None:
        found = search(
            rf'<textarea id="{field}"[^>]*>\n(.*?)</textarea>',
            page.replace("\r\n", "\n"),
        )
    assert found is not None, field
    return unescape(found[1])


def test_honest_words_stay_as_they_are_on_page_and_in_mail(app, client, session, path):
    for words in [one for one in HONEST if one != "Win spam.com/x"]:
        both = {"others-0-name": words, "others-0-email": "other@example.org"}
        form = opened(client, path, name=words, title=words, about=words, ask=words, script=words, needs=words, **both)
        assert client.post(path, data=form).status_code == 303, words
        one = newest(session)
        assert (one.name, one.title, one.about, one.ask, one.script, one.needs) == (words,) * 6, "C1"
        page = client.get(link(app, one)).text
        assert shown(page, "name") == shown(page, "title") == words
        session.commit()


def test_markup_stays_text_everywhere(app, client, session, path):
    for words in MARKUP:
        form = opened(client, path, name=words, title=words, about=words, ask=words, script=words, needs=words)
        assert client.post(path, data=form).status_code == 303, words
        one = newest(session)
        assert (one.name, one.about, one.script) == (words,) * 3, "C2-C5: literal"
        own = link(app, one)
        for where in (own, f"{own}/withdraw", f"{own}/not-me"):
            page = client.get(where).text
            assert Alive(page).found == [], where
        assert escape(words).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in client.get(own).text
        client.post(f"{path}/draft", data=opened(client, path, **dict.fromkeys(FIELDS, words)), headers=HX)
    with app.test_request_context(), speaking("en"):
        for mail in session.scalars(select(OutboxMail)):
            letter = MAILS[mail.kind](mail)
            assert Alive(letter.html).found == []
            assert "\n" not in letter.subject


def test_what_harms_a_line_is_refused_at_its_field_and_kept(client, session, path):
    form = opened(client, path, **{"others-0-name": "Rowan", "others-0-email": "rowan@example.org"})
    for words in REFUSED:
        for field in ("name", "title", "others-0-name"):
            answer = client.post(path, data={**form, field: words})
            assert answer.status_code == 422, (field, ascii(words[:20]))
            assert f'href="#{field}"' in answer.text or len(words) > 1000
            assert 'value="mareikura@example.org"' in answer.text
    assert newest(session) is None
    assert session.scalars(select(Person)).all() == []


def test_no_links_in_what_our_mails_name(client, path):
    form = opened(client, path)
    for words in ("See spam.com", "https://x.example", "www.spam.example", "me@example.org"):
        for field in ("name", "title"):
            assert client.post(path, data={**form, field: words}).status_code == 422, "C10"


def test_addresses_and_zones(client, session, path):
    form = opened(client, path, **{"others-0-name": "Rowan", "others-0-email": "rowan@example.org"})
    for field, values in (("email", BAD_ADDRESSES), ("others-0-email", BAD_ADDRESSES), ("zone", BAD_ZONES)):
        for words in values:
            if words == "a@b.org\r\n" or (field == "zone" and not words.strip()):
                continue
            answer = client.post(path, data={**form, field: words})
            assert answer.status_code == 422, (field, ascii(words[:20]))
            assert 'value="Māreikura Example"' in answer.text
    assert newest(session) is None


def test_lengths_choices_and_lists(client, session, path):
    form = opened(client, path)
    for words in ("", "0", "119", "181", "-3:00", "3:60", "3:0", "1e3", "NaN", "9" * 400, "٣:٠٠x", "3:00:00:00"):
        answer = client.post(path, data={**form, "seconds": words})
        assert (answer.status_code, 'href="#seconds"' in answer.text) == (422, True), words
    for words in ("3:00", "2.30", "٣:٠٠", " 150 "):
        assert client.post(path, data=opened(client, path, seconds=words)).status_code == 303, words
    assert newest(session).seconds == 150
    bad = ["javascript:alert(1)", "data:text/html,x", "https://a b", "ftp://x.example", "https://u:p@x.example"]
    for words in [*bad, "\n".join(f"https://x.example/{n}" for n in range(6)), "x" * 5000]:
        answer = client.post(path, data={**form, "links": words})
        assert (answer.status_code, 'href="#links"' in answer.text) == (422, True), words[:30]
    for field, most in (("about", 3000), ("ask", 300), ("needs", 2000), ("script", 12_000), ("pronunciation", 200)):
        assert client.post(path, data=opened(client, path, **{field: "é" * most})).status_code == 303, "kept whole"
        refused = client.post(path, data={**form, field: "é" * (most + 1)})
        assert (refused.status_code, f'href="#{field}"' in refused.text) == (422, True)


def test_nothing_breaks_hangs_or_comes_alive(app, client, session, path):
    client.post(path, data=opened(client, path))
    one = newest(session)
    client.post(f"{path}/draft", data=opened(client, path), headers=HX)
    draft = opened(client, path, do="later")
    client.post(path, data=draft)
    own, unsent = link(app, one), draft_path(draft)
    doors = [path, f"{path}/draft", own, f"{own}/typed", f"{own}/details", unsent, f"{unsent}/typed"]
    for nasty in NASTY:
        for door in doors:
            began = time.monotonic()
            typed = dict.fromkeys([*FIELDS, "writer", "edits", "do", "draft", "recording"], nasty)
            try:
                answer = client.post(door, data=typed)
            except UnicodeEncodeError:
                continue
            assert answer.status_code < 500, (door, nasty[:20])
            assert time.monotonic() - began < 4
            assert Alive(answer.text).found == []
    for name in ("title", "slide", "email"):
        answer = client.post(path, data={**draft, name: (BytesIO(b"GIF89a"), "x.png")})
        assert answer.status_code < 500


def test_lengths_and_links_as_people_type_them():
    told = {"3:00": 180, "3": 180, "180": 180, "1:02:30": 3750, "2.30": 150, "٣:٠٠": 180, "0:30": 30}
    assert {typed: read_length(typed) for typed in told} == told
    for typed in ("", "three", "3:", ":30", "3:5", "1000000", "3:00 min"):
        with pytest.raises(TextProblem):
            read_length(typed)
    assert complete_link(" example.org/a b ") == "https://example.org/a b"
    assert complete_link("mailto:a@b.org") == "mailto:a@b.org"
    assert read_link(complete_link("example.org/talks")) == "https://example.org/talks"
