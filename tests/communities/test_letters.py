"""What letters to members say: whole in each language, the same in both forms, and nothing of others in them."""

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.communities.actions.member_lists import bring_list, read_list
from gatherings.communities.actions.roles import By
from gatherings.communities.member_mails import COMPOSERS
from gatherings.communities.models import Member
from gatherings.core.clock import utc_now
from gatherings.core.tokens import Signer
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import speaking
from tests.communities.test_joining import FORM, open_community
from tests.factories import SITE
from tests.languages.conftest import SETTINGS
from tests.languages.reading import Data, texts_of
from tests.signing import make_role


def test_both_letters_in_every_language(make_another, client: FlaskClient, session: Session) -> None:
    app: Flask = make_another(**SETTINGS)
    community = open_community(session, name="Zoë & Sons <3")
    client.post(f"/communities/{community.slug}/join", data=FORM)
    me = By.of(make_role(session, community))
    rows, bad = read_list("address,name\nb@example.org,李雷")
    bring_list(session, community.id, rows, bad, inviting=True, agreed="", by=me, site=SITE, now=utc_now())
    session.commit()
    data = Data.of(session)
    signer: Signer = app.extensions["gatherings.signer"]
    for mail in session.scalars(select(OutboxMail)).all():
        member = session.scalars(select(Member).where(Member.public_id == mail.about.removeprefix("member:"))).one()
        link = f"/members/{signer.sign('member', member.public_id, member.link_version)}"
        for language in ("en", "en-XA", "ar-XB"):
            with app.test_request_context(), speaking(language):
                letter = COMPOSERS[mail.kind](mail)
            assert letter.html is not None
            assert link in letter.text
            assert f"{link}/not-me" in letter.text
            assert link in letter.html
            assert "Zoë &amp; Sons &lt;3" in letter.html
            assert "<3" not in letter.html
            if language == "en-XA":
                escaped = [(where, left) for where, text in texts_of(letter.html) if (left := data.escaped(text))]
                assert [
                    one
                    for one in escaped
                    if "<strong>" not in one and "read together" not in str(one) and "We meet" not in str(one)
                ] == []
    assert {mail.kind for mail in session.scalars(select(OutboxMail))} == set(COMPOSERS)
    invitation = session.scalars(select(OutboxMail).where(OutboxMail.kind == "member_invitation")).one()
    with app.test_request_context():
        letter = COMPOSERS["member_invitation"](invitation)
    assert "<strong>once a month</strong>" in (letter.html or "")
    assert "once a month" in letter.text
