"""What a letter says to one person: their name, time and links as text and as links, and nothing that comes alive."""

import re
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select

from gatherings.letters.actions import try_letter
from gatherings.letters.audience import Audience
from gatherings.letters.mails import COMPOSERS
from gatherings.letters.queries import Scope
from gatherings.mail.drain import drain
from gatherings.mail.models import OutboxMail
from tests.factories import NOW, SITE, make_registration

BODY = (
    "Hello {name},\n\n# Soon\n\n**{event}** is {time}: {place}.\n\n- {manage_link}\n- {join_link}\n\n"
    "[Our page](https://example.org/page) <script>alert(1)</script> {event_link} {community} {community_link}"
)
HOSTILE = (
    "<a href='https://x.example'>Ada</a>", "[Ada](https://x.example)", "{event} {{ 7*7 }} %(title)s", "**Ada** _b_ `c`",
    "Zoë & Sons <3", "محمد العربي", "李雷", 'O"Brien;\\', "x" * 120,
)  # fmt: skip


def test_fields_are_filled_in_both_forms_on_both_clocks(desk, open_mail):
    desk.people(1)
    letter = desk.write(BODY, subject="{name}: {event}, {time}")
    desk.send(letter)
    (row,) = desk.mails(letter)
    post = open_mail(row)
    both = "Wednesday 16 December, 07:00–08:00 in Auckland · Tuesday 15 December, 18:00–19:00 in London"
    assert post.message["Subject"] == f"Person 0: What matters to you, {both}"
    assert post.message["From"].addresses[0].display_name == "Conversations for Kindness via Gatherings"
    flat = " ".join(post.text.split())
    assert both in flat
    assert both in re.sub(r"</?bdi>", "", post.html)
    assert re.search(r"- Change or cancel \(http://gatherings.test/registrations/[\w.-]+\)", flat)
    assert re.search(r"- Your way in \(http://gatherings.test/join/[\w.-]+\)", flat)
    assert re.search(r'<li><a href="http://gatherings.test/registrations/[\w.-]+"[^>]*>Change or cancel</a>', post.html)
    assert "Our page (https://example.org/page)" in flat
    assert "<script>" not in post.html
    assert "{" not in post.text
    assert "List-Unsubscribe" not in post.message
    assert "because you registered for “What matters to you”" in flat
    assert "/unsubscribe/" not in post.text + post.html


def test_names_that_were_meant_to_do_harm_stay_text(desk, open_mail):
    for number, name in enumerate(HOSTILE):
        make_registration(desk.session, desk.event, address=f"h{number}@example.org", name=name)
    letter = desk.write("Hello {name}, come", subject="For {name}")
    desk.send(letter)
    for row, name in zip(desk.mails(letter), HOSTILE, strict=True):
        post = open_mail(row)
        assert post.message["Subject"] == f"For {name}"
        assert f"Hello {name}, come".replace(" ", "") in "".join(post.text.split())
        shown = re.search(r"Hello <bdi>(.*?)</bdi>, come", post.html)
        assert shown is not None
        assert not re.search(r"<(?!wbr)", shown[1])
        links = re.findall(r'href="([^"]+)"', post.html)
        assert all(link.startswith("http://gatherings.test/") for link in links)


def test_who_has_no_place_online_is_shown_the_page_instead_of_a_way_in(desk, open_mail):
    desk.people(1)
    registration = make_registration(desk.session, desk.event, address="w@example.org")
    registration.state, registration.places_id = "waitlisted", None
    registration.waits_for_id, registration.queue_number = desk.event.online_id, 1
    desk.session.flush()
    letter = desk.write("{join_link}")
    desk.send(letter)
    texts = {row.recipient: open_mail(row).text for row in desk.mails(letter)}
    assert "/join/" in texts["p0@example.org"]
    assert "/join/" not in texts["w@example.org"]
    assert f"/events/{desk.event.slug}" in texts["w@example.org"]


def test_news_says_why_it_comes_and_how_it_ends(desk, open_mail):
    desk.people(1)
    desk.member("m@example.org", name="Mia")
    to_event = desk.write(kind="news")
    to_members = desk.write("Hello {name}", scope=Scope.of(desk.community))
    for letter, why in ((to_event, "because you registered for"), (to_members, "because you belong to")):
        desk.send(letter)
        (row,) = desk.mails(letter)
        post = open_mail(row)
        stop = post.message["List-Unsubscribe"]
        assert re.fullmatch(r"<http://gatherings\.test/unsubscribe/[\w-]{22}\.\d+\.[\w-]{22}>", stop)
        assert post.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert stop.strip("<>") in post.text
        assert stop.strip("<>") in post.html
        assert why in " ".join(post.text.split())


def test_a_letter_due_later_tells_the_time_as_it_stands_when_it_goes(desk, open_mail):
    desk.people(1)
    letter = desk.write(local_hour=9)
    desk.send(letter)
    desk.event.starts_at = desk.event.starts_at.replace(hour=19)
    desk.event.starts_local = datetime(2026, 12, 15, 19)
    desk.event.ends_at = desk.event.ends_at.replace(hour=20)
    (row,) = desk.mails(letter)
    assert "08:00–09:00 in Auckland" in " ".join(open_mail(row).text.split())


def test_a_test_holds_nobodys_link_and_says_what_it_is(desk, open_mail):
    desk.people(1)
    letter = desk.write(BODY, kind="news")
    example = Audience(desk.community, desk.event, "news", {}).find(desk.session)[0]
    try_letter(desk.session, desk.scope, letter.public_id, example, to=desk.by, site=SITE, now=NOW)
    post = open_mail(desk.session.scalars(select(OutboxMail).where(OutboxMail.kind == "letter_test")).one())
    assert post.message["Subject"] == "Test: Soon: What matters to you"
    assert "Hello Nicki," in post.text
    assert "This is a test." in post.text
    assert "in Auckland" in post.text
    for part in (post.text, post.html):
        assert not re.search(r"/(registrations|join|unsubscribe)/", part)
    assert "List-Unsubscribe" not in post.message


def test_the_worker_composes_them_reading_the_letter_and_one_that_cannot_be_fails_alone(desk, app):
    desk.people(4)
    letter = desk.write(BODY)
    desk.send(letter)
    broken = desk.mails(letter)[1]
    broken.facts, broken.tries = {"letter": "x" * 22}, 19
    desk.session.execute(delete(OutboxMail).where(OutboxMail.kind != "letter"))
    desk.session.commit()
    work = drain(app, COMPOSERS, replace(app.config["GATHERINGS"], smtp=None))
    while work("a-worker", NOW):
        pass
    rows = desk.mails(letter)
    assert [row.state for row in rows] == ["kept", "failed", "kept", "kept"]
    assert "NotFound" in str(rows[1].last_error)
    assert rows[0].subject == "Soon: What matters to you"
