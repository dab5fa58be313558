"""Letters that answer submissions: unseen until sent, sent once, with their own words; the yes and the silence."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.calls.actions import answering, choosing
from gatherings.calls.actions.answering import LooksOtherNow, WordsChanged
from gatherings.calls.mails import COMPOSERS
from gatherings.calls.models import Submission
from gatherings.calls.queries.choosing import list_to_tell
from gatherings.calls.rules.answers import Words, mark_of
from gatherings.calls.rules.choosing import Standing, silent_days, standing
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.db.session import transact
from gatherings.mail.models import OutboxMail
from tests.factories import NOW, SITE, make_community, make_event
from tests.races import at_once
from tests.slotting import make_call, make_co_presenter, make_submission

BY = "a" * 22
DAY = timedelta(days=1)


@pytest.fixture
def event(session):
    return make_event(session, make_community(session), title="Advent calendar session")


@pytest.fixture
def call(session, event):
    return make_call(session, event, contact="Nicki")


def shown(session, call):
    """Give what the screen of letters would send: each letter's mark."""
    waiting = list_to_tell(session, call.id)
    return {one.public_id: mark_of(one, answering.words_of(one, call, one.state)) for one in waiting}


def send(session, event, letters, now=NOW):
    return answering.send_letters(session, event.id, letters, by=BY, site=SITE, now=now)


def decide(session, event, one, to, now=NOW):
    choosing.decide(session, event.id, [one.public_id], to, by=BY, now=now)


def mails(session, kind="slot_answer"):
    return session.scalars(select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id)).all()


def compose(app, mail):
    with app.test_request_context(base_url="http://gatherings.test"):
        return COMPOSERS[mail.kind](mail)


def test_letters_are_sent_once_and_tell_what_was_decided(app, session, event, call):
    one = make_submission(session, call, "one@example.org", name="Maureen", title="What matters to you")
    make_co_presenter(session, one, "with@example.org", "Mathieu", zone="Pacific/Auckland")
    two = make_submission(session, call, "two@example.org", title="The other")
    for who, to in ((one, "accepted"), (two, "declined")):
        decide(session, event, who, to)
    assert [standing(who, NOW) for who in (one, two)] == [Standing.UNTOLD] * 2
    letters = shown(session, call)
    assert send(session, event, letters) == 2
    assert send(session, event, letters) == 0  # pressed twice
    assert [(who.told, who.told_at) for who in (one, two)] == [("accepted", NOW), ("declined", NOW)]
    assert sorted(mail.recipient for mail in mails(session)) == [
        "one@example.org",
        "two@example.org",
        "with@example.org",
    ]
    by_address = {mail.recipient: compose(app, mail) for mail in mails(session)}
    first, other, no = (by_address[f"{name}@example.org"] for name in ("one", "with", "two"))
    assert first.subject == "You have a place: What matters to you"
    for words in ("Hello Maureen", "Yes, I will be there", "3:00", "Tuesday 15 December, 12:00–13:00 in Chicago",
                  "18:00–19:00", "/submissions/", "Nicki"):  # fmt: skip
        assert words in first.text, words
    assert "Hello Mathieu" in other.text
    assert "Wednesday 16 December, 07:00–08:00 in Auckland" in other.text
    assert "Maureen answers for all of you" in other.text
    assert "Yes, I will be there" not in other.text + no.text
    assert first.text.split("/submissions/")[1][:80] != other.text.split("/submissions/")[1][:80]


def test_a_changed_decision_needs_a_new_letter(session, event, call):
    one = make_submission(session, call)
    decide(session, event, one, "accepted")
    send(session, event, shown(session, call))
    answering.confirm(session, one.id, now=NOW)
    session.expire_all()
    decide(session, event, one, "reserve", NOW + DAY)
    assert standing(one, NOW + DAY) is Standing.CHANGED
    with pytest.raises(Conflict):  # what they read is not true any more, and they are not told why
        answering.confirm(session, one.id, now=NOW + DAY)
    decide(session, event, one, "accepted", NOW + 2 * DAY)
    assert shown(session, call) == {}  # they know that already
    assert standing(one, NOW + 2 * DAY) is Standing.CONFIRMED
    decide(session, event, one, "declined", NOW + 3 * DAY)
    assert send(session, event, shown(session, call), NOW + 3 * DAY) == 1
    assert one.confirmed_at is None
    decide(session, event, one, "accepted", NOW + 4 * DAY)
    assert send(session, event, shown(session, call), NOW + 4 * DAY) == 1
    assert len(mails(session)) == 3


def test_what_was_looked_at_is_what_is_sent(session, event, call):
    one, two = make_submission(session, call, "one@example.org"), make_submission(session, call, "two@example.org")
    decide(session, event, one, "accepted")
    decide(session, event, two, "reserve")
    seen = shown(session, call)
    words = Words("Dear {name}", "Come.")
    answering.save_words(session, event.id, "reserve", words, seen=None, by=BY, now=NOW)
    session.commit()
    for letters in (seen, {two.public_id: seen[two.public_id]}):
        with pytest.raises(LooksOtherNow):
            send(session, event, letters)
        session.rollback()
    assert mails(session) == []
    assert send(session, event, {one.public_id: seen[one.public_id]}) == 1  # the other letter stands as it was
    decide(session, event, two, "submitted")
    session.commit()
    with pytest.raises(LooksOtherNow):
        send(session, event, shown(session, call) | {two.public_id: "x"})


def test_words_of_the_call_and_of_one_person(app, session, event, call):
    one = make_submission(session, call, "one@example.org", name="Zoë & Sons <3", title="<b>Title</b>")
    two = make_submission(session, call, "two@example.org", name="Two")
    for who in (one, two):
        decide(session, event, who, "accepted")
    general, special = (
        Words("About {title}", "Hi {name}, **welcome** to {event}: {own_link}"),
        Words("Only you", "{name}"),
    )
    answering.save_words(session, event.id, "accepted", general, seen=None, by=BY, now=NOW)
    with pytest.raises(WordsChanged):
        answering.save_words(session, event.id, "accepted", special, seen=None, by=BY, now=NOW)
    with pytest.raises(InvalidInput):
        answering.save_words(session, event.id, "accepted", Words("{nonsense}", "x"), seen=general, by=BY, now=NOW)
    with pytest.raises(NotFound):
        answering.save_words(session, event.id, "other", general, seen=None, by=BY, now=NOW)
    answering.save_own_words(session, event.id, two.public_id, special, seen=None, state="accepted")
    assert send(session, event, shown(session, call)) == 2
    first, second = (compose(app, mail) for mail in sorted(mails(session), key=lambda mail: mail.recipient))
    assert first.subject == "About <b>Title</b>"
    assert "<bdi>Zoë &amp; Sons &lt;3</bdi>, <strong>welcome</strong>" in first.html
    assert "<b>Title</b>" not in first.html
    assert second.subject == "Only you"
    with pytest.raises(Conflict):  # it is sent
        answering.save_own_words(session, event.id, two.public_id, None, seen=special, state="accepted")
    answering.save_words(session, event.id, "accepted", None, seen=general, by=BY, now=NOW)
    assert call.letters == {}


def test_two_organisers_at_once_send_each_letter_once(app, session, event, call):
    for number in range(3):
        decide(session, event, make_submission(session, call, f"p{number}@example.org"), "accepted")
    letters = shown(session, call)

    def press():
        with app.app_context():
            return transact(answering.send_letters, event.id, letters, by=BY, site=SITE, now=NOW)

    assert sorted(at_once(app, [press] * 4)) == [0, 0, 0, 3]
    session.expire_all()
    assert len(mails(session)) == 3


def test_the_yes_is_one_press_and_silence_is_asked_once_a_day(app, session, event, call):
    one = make_submission(session, call)
    with pytest.raises(Conflict):
        answering.confirm(session, one.id, now=NOW)
    decide(session, event, one, "accepted")
    with pytest.raises(Conflict):  # nobody has told them
        answering.confirm(session, one.id, now=NOW)
    send(session, event, shown(session, call))
    later = NOW + 4 * DAY + timedelta(hours=1)
    assert (standing(one, NOW), standing(one, later), silent_days(one, later)) == (Standing.ASKED, Standing.SILENT, 4)
    remind = lambda at: answering.remind(session, event.id, one.public_id, by=BY, site=SITE, now=at)  # noqa: E731
    assert [remind(later), remind(later + timedelta(hours=23)), remind(later + DAY)] == [True, False, True]
    reminder = compose(app, mails(session, "slot_reminder")[0])
    assert reminder.subject == "Will you be there? What matters to you"
    assert "Yes, I will be there" in reminder.text
    session.commit()
    assert answering.confirm(session, one.id, now=later) is True
    assert answering.confirm(session, one.id, now=later) is False
    session.expire_all()
    assert standing(one, later) is Standing.CONFIRMED
    with pytest.raises(Conflict):
        remind(later + 3 * DAY)
    choosing.withdraw(session, one.id, now=later, site=SITE, actor=BY)
    assert "the hosts have withdrawn" in compose(app, mails(session, "slot_withdrawn")[0]).text
    with pytest.raises(Conflict):
        answering.confirm(session, one.id, now=later)


def test_the_page_asks_and_the_button_acts(app, client, session, event, call, clock_at):
    one = make_submission(session, call, state="accepted")
    waiting = make_submission(session, call, "second@example.org", state="accepted", decided_at=NOW)
    session.flush()
    with clock_at(NOW):
        signer = app.extensions["gatherings.signer"]
        path = f"/submissions/{signer.sign('submission', one.public_id, 1)}"
        # Decided and not told: nothing of it is on their page, nor anywhere else that they can open.
        assert "place of" not in client.get(path).text
        assert client.post(f"{path}/confirm").status_code == 409
        one.told, one.told_at = "accepted", NOW
        page = client.get(path).text
        assert "Will you be there?" in page
        assert f'action="{path}/confirm"' in page
        for method in ("get", "head"):
            assert getattr(client, method)(f"{path}/confirm").status_code == 302
        session.expire_all()
        assert one.confirmed_at is None
        for _press in range(2):
            answer = client.post(f"{path}/confirm")
            assert answer.status_code == 303
        assert "You will be there" in client.get(path).text
        for token in (signer.sign("co-presenter", one.public_id, 1), signer.sign("submission", one.public_id, 2), "x"):
            assert client.post(f"/submissions/{token}/confirm").status_code == 404
    session.expire_all()
    assert one.confirmed_at == NOW
    assert session.get_one(Submission, waiting.id).confirmed_at is None
    assert isinstance(one.confirmed_at, datetime)


def test_no_letter_goes_out_about_what_is_a_draft_cancelled_or_over(session, event, call):
    one = make_submission(session, call)
    decide(session, event, one, "accepted")
    letters = shown(session, call)
    for status, at in (("draft", NOW), ("cancelled", NOW), ("published", event.ends_at)):
        event.status = status
        session.commit()
        with pytest.raises(Conflict):
            send(session, event, letters, at)
        session.rollback()
    assert mails(session) == []
