"""Every letter is written in its reader's language, in both forms."""

from datetime import timedelta

import pytest

from gatherings.core.clock import utc_now
from gatherings.events.actions import change_event
from gatherings.mail.models import OutboxMail
from gatherings.mail.queries import get_mail
from gatherings.registration.actions.telling import list_due_changes, tell_change
from gatherings.registration.door_rules import short_code
from gatherings.registration.mails import COMPOSERS
from gatherings.registration.models import Registration
from gatherings.web.i18n import gettext, language_now, speaking
from gatherings.wiring import drains
from tests.factories import SITE, make_event
from tests.languages.conftest import SETTINGS
from tests.languages.reading import Data, texts_of
from tests.registration_mails.test_all import live_through_everything

pytestmark = pytest.mark.one_database("of what letters say")


@pytest.fixture
def speaking_app(make_another):
    return make_another(**SETTINGS)


def change(session):
    def run(event, now, **values):
        change_event(session, event, values, now=now, delay=180)
        session.flush()
        later = now + timedelta(seconds=180)
        return sum(tell_change(session, change_id, SITE, now=later) for change_id in list_due_changes(session, later))

    return run


def test_letters_of_every_kind_are_translated_whole(speaking_app, session):
    live_through_everything(session, change(session), "Zoë & Sons <3")
    session.flush()
    data, kinds, escaped = Data.of(session), set(), []
    data.known.add("Ada")  # from facts alone
    # The code for the door is the same in every language.
    data.known |= {short_code(one.public_id, version) for one in session.query(Registration) for version in range(9)}
    for mail in session.query(OutboxMail).all():
        for language in ("en-XA", "ar-XB"):
            with speaking_app.test_request_context(), speaking(language):
                letter = COMPOSERS[mail.kind](mail)
            assert f'<html lang="{language}"' in letter.html
            assert ('dir="rtl"' in letter.html) == (language == "ar-XB")
            # Subjects are cleaned of all that turns the direction of writing, and with it of ar-XB's marks.
            read = [("subject", letter.subject)] if language == "en-XA" else []
            read += [*texts_of(letter.html), *(("text", " ".join(part.split())) for part in letter.text.split("\n\n"))]
            escaped += [
                f"{mail.kind} {where}: {left!r} in {text!r}" for where, text in read if (left := data.escaped(text))
            ]
        kinds.add(mail.kind)
    assert kinds == set(COMPOSERS)
    assert not escaped, "\n".join(["texts that nobody can translate:", *sorted(set(escaped))])


def test_who_registers_in_a_language_is_written_to_in_it(speaking_app, session):
    event = make_event(session)
    session.commit()
    form = {"name": "Ada", "email": "ada@example.org", "zone": "Europe/London"}
    client = speaking_app.test_client()
    page = client.post(f"/events/{event.slug}/register", data=form, headers={"Accept-Language": "ar-XB"})
    assert page.status_code in (200, 303)
    mail = session.query(OutboxMail).one()
    assert mail.language == "ar-XB"
    (drain, *_) = drains(speaking_app, speaking_app.config["GATHERINGS"])
    drain("worker", utc_now() + timedelta(seconds=5))
    session.commit()
    mime = get_mail(session, mail.id).mime
    assert mime is not None
    assert b'dir="rtl"' in mime or b'dir=3D"rtl"' in mime


def test_a_language_that_is_not_spoken_any_more_falls_to_the_first(app):
    with app.app_context(), speaking("sv"):
        assert (language_now(), gettext("Where")) == ("en", "Where")
