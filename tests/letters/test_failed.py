"""What could not be delivered, for whoever organises: ours alone, and only until it is settled."""

from sqlalchemy import update

from gatherings.letters.failed import failed_mails
from gatherings.letters.queries import Scope, list_mails_of
from gatherings.mail.models import OutboxMail
from tests.factories import dates_of, make_event, make_registration, make_series, make_series_registration


def fail(desk, *conditions):
    desk.session.flush()
    failed = {"state": "failed", "last_error": "550 5.1.1 no such person"}
    desk.session.execute(update(OutboxMail).where(*conditions).values(failed))


def test_a_failed_mail_is_named_with_the_servers_words_until_it_is_settled(desk):
    desk.people(3)
    make_registration(desk.session, make_event(desk.session), address="foreign@example.org")
    series = make_series(desk.session, desk.community)
    make_series_registration(desk.session, dates_of(desk.session, series)[0], address="every@example.org")
    fail(
        desk, OutboxMail.recipient.in_(("p0@example.org", "p1@example.org", "foreign@example.org", "every@example.org"))
    )
    found = failed_mails(desk.session, desk.community.id)
    assert {one.recipient for one in found} == {"p0@example.org", "p1@example.org", "every@example.org"}
    one = next(one for one in found if one.recipient == "p0@example.org")
    assert (one.event, one.name, one.words, one.kind) == (
        desk.event.slug, "Person 0", "550 5.1.1 no such person", "confirmed",
    )  # fmt: skip
    assert one.registration
    assert {one.recipient for one in failed_mails(desk.session, desk.community.id, event_id=desk.event.id)} == {
        "p0@example.org", "p1@example.org",
    }  # fmt: skip
    # The address of one is corrected, another is reached by a later mail.
    desk.person("p0@example.org").address = "right@example.org"
    letter = desk.write()
    desk.send(letter)
    desk.session.execute(
        update(OutboxMail)
        .where(OutboxMail.kind == "letter", OutboxMail.recipient == "p1@example.org")
        .values(state="sent")
    )
    assert failed_mails(desk.session, desk.community.id, event_id=desk.event.id) == []


def test_letters_that_failed_lead_to_the_registration_or_the_member(desk):
    desk.people(1)
    desk.member("m@example.org", name="Mia")
    to_event, to_members = desk.write(), desk.write("Hello", scope=Scope.of(desk.community))
    for letter in (to_event, to_members):
        desk.send(letter)
    fail(desk, OutboxMail.kind.in_(("letter", "letter_news")))
    found = {one.recipient: one for one in failed_mails(desk.session, desk.community.id)}
    assert (found["p0@example.org"].letter, found["p0@example.org"].event) == (to_event.public_id, desk.event.slug)
    assert (found["m@example.org"].letter, found["m@example.org"].name) == (to_members.public_id, "Mia")
    assert found["m@example.org"].member
    assert failed_mails(desk.session, make_event(desk.session).community_id) == []


def test_who_got_it_is_found_by_name_address_and_state_a_page_at_a_time(desk):
    desk.people(4)
    letter = desk.write()
    desk.send(letter)
    fail(desk, OutboxMail.recipient == "p2@example.org", OutboxMail.kind == "letter")
    rows = desk.mails(letter)

    def found(**how):
        return [row.recipient for row in list_mails_of(desk.session, letter, **how)]

    assert found(state="failed") == ["p2@example.org"]
    assert found(words="PERSON 3") == found(words="p3@") == ["p3@example.org"]
    assert found(words="100%") == found(words="_") == []
    assert found(after=rows[1].id) == ["p2@example.org", "p3@example.org"]
