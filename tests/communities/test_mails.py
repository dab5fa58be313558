"""The two letters to those who organise: what they say, in both forms, whatever people are called."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.accounts.actions.signing_in import send_sign_in_link
from gatherings.accounts.rules import normalise_address
from gatherings.communities.actions.inviting import invite
from gatherings.communities.actions.roles import By
from gatherings.communities.mails import COMPOSERS
from gatherings.mail.actions import mark_sent
from gatherings.mail.message import build
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import speaking
from tests.factories import NOW, SITE, make_community
from tests.languages.reading import Data, texts_of
from tests.signing import make_role

pytestmark = pytest.mark.one_database("of what letters say")
NAME = "Zoë & Sons <3"


@pytest.fixture
def mails(session):
    """One mail of each kind."""
    community = make_community(session, name=NAME, sender=NAME)
    owner = make_role(session, community, "owner", "owner@example.org", NAME)
    payload = {"browser": "b", "browser_words": "Firefox on Linux", "back": "", "language": "en"}
    send_sign_in_link(session, owner, payload, SITE, now=NOW)
    invite(session, community.id, normalise_address("new@example.org"), "host", by=By.of(owner), site=SITE, now=NOW)
    session.flush()
    return {mail.kind: mail for mail in session.scalars(select(OutboxMail))}


def test_each_says_what_it_is_in_text_and_html(app, mails):
    assert set(mails) == set(COMPOSERS)
    with app.test_request_context():
        letters = {kind: COMPOSERS[kind](mail) for kind, mail in mails.items()}
    facts = mails["sign_in"].facts
    code = f"{facts['code'][:4]} {facts['code'][4:]}"
    for form in (letters["sign_in"].text, letters["sign_in"].html):
        for words in (f"/sign-in/{facts['secret']}", code, "Firefox on Linux", "10 minutes"):
            assert words in form
    invited = letters["role_invitation"]
    assert f"{NAME} invites you to organise “{NAME}” with them." in " ".join(invited.text.split())
    assert "Zoë &amp; Sons &lt;3" in invited.html
    for form in (invited.text, invited.html):
        assert f"/invitations/{mails['role_invitation'].facts['secret']}" in form
        assert "Host" in form
        assert "Friday 27 November" in form
    for kind, letter in letters.items():
        assert build(letter, sender_name=mails[kind].sender, mail_from="us@example.org", recipient="a@example.org",
                     message_id="<1@example.org>", date=NOW)  # fmt: skip


def test_each_is_translated_whole(make_another, session, mails):
    app, data = make_another(GATHERINGS_LANGUAGES="en,en-XA,ar-XB", GATHERINGS_DEVELOPMENT="1"), Data.of(session)
    data.known |= {"Firefox on Linux", NAME, "Zoë", "Sons"}
    left = []
    for mail in mails.values():
        with app.test_request_context(), speaking("en-XA"):
            letter = COMPOSERS[mail.kind](mail)
        left += [text for _where, text in texts_of(letter.html) if data.escaped(text)]
    assert left == []


def test_no_secret_is_kept_once_a_mail_has_gone(session, mails):
    for mail in mails.values():
        secret = mail.facts["secret"]
        mail.mime, mail.subject = f"/{secret}".encode(), "x"
        session.flush()
        assert mark_sent(session, mail_id=mail.id, now=NOW + timedelta(seconds=1))
        session.commit()
        session.refresh(mail, ["facts", "mime"])
        assert (mail.facts, mail.mime) == ({}, None)
