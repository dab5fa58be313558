"""Secrets at rest, presses at once, what is erased, fields that nobody asked for, what is kept for others."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import undefer

from gatherings.accounts.models import FreshLink, Person
from gatherings.db.base import Base
from gatherings.mail.actions import give_up, mark_sent
from gatherings.mail.models import OutboxMail
from gatherings.own_data.actions import send_my_data_link
from gatherings.registration.jobs import tidy
from gatherings.registration.models import Registration
from tests.factories import SITE, make_event, make_registration

ODD = {
    "id": "1", "state": "confirmed", "places_id": "1", "person_id": "1", "event_id": "1", "public_id": "x", "link_version": "9",  # noqa: E501
    "link_sent_at": "", "created_at": "2000-01-01", "attended_at": "2000-01-01", "cancelled_by": "host", "language": "xx",  # noqa: E501
    "address": "eve@example.net", "key": "eve@example.net", "network": "x", "now": "2000-01-01", "site": "x", "queue_number": "1",  # noqa: E501
    "is_admin": "1", "role": "owner", "feed_version": "9", "__class__": "x", "csrf_token": "x", "answers": "{}", "consents": "photos",  # noqa: E501
}  # fmt: skip


@pytest.fixture
def client_of(app):
    return lambda: app.test_client()


def dump(session):
    session.commit()
    session.expire_all()
    return "\n".join(repr(row) for table in Base.metadata.sorted_tables for row in session.execute(select(table)).all())


def token_of(app, row, purpose="manage"):
    return app.extensions["gatherings.signer"].sign(purpose, row.public_id, row.link_version)


def columns(row):
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


def test_fields_that_no_form_has_change_nothing(client, session, app):
    """C20."""
    event = make_event(session)
    form = {"name": "Ada", "email": "ada@example.org", "zone": "UTC"}
    client.post(f"/events/{event.slug}/register", data={**ODD, **form})
    other = make_event(session)
    client.post(f"/events/{other.slug}/register", data={**form})
    session.commit()
    odd, plain = session.scalars(select(Registration).order_by(Registration.id)).all()
    own = {"id", "public_id", "event_id", "invite_id", "places_id", "created_at", "confirmed_at", "link_sent_at"}
    assert {k: v for k, v in columns(odd).items() if k not in own} == {
        k: v for k, v in columns(plain).items() if k not in own
    }
    before = columns(odd)
    for button in ("details", "side", "consents/1/withdraw", "address"):
        client.post(
            f"/registrations/{token_of(app, odd)}/{button}", data={**ODD, "name": "Ada", "zone": "UTC", "email": ""}
        )
    session.commit()
    session.refresh(odd)
    assert columns(odd) == before
    assert session.scalars(select(Person.key)).all() == ["ada@example.org"]


@pytest.mark.parametrize("settle", ["sent", "failed"])
def test_the_secret_of_a_fresh_link_stands_nowhere_once_its_mail_is_gone(session, client, app, now, settle, clock_at):
    row = make_registration(session, make_event(session))
    with clock_at(now):
        assert send_my_data_link(session, "ada@example.org", SITE, now)
        client.post(f"/registrations/{token_of(app, row)}/address", data={"email": "new@example.org"})
    session.commit()
    mails = session.scalars(
        select(OutboxMail).where(OutboxMail.kind.in_(("my_data", "new_address"))).options(undefer(OutboxMail.mime))
    ).all()
    secrets = [mail.facts["secret"] for mail in mails]
    assert len(secrets) == 2
    for mail, secret in zip(mails, secrets, strict=True):
        mail.mime, mail.subject = f"link: /{secret}".encode(), "A link"
    session.flush()
    for mail in mails:
        assert (
            mark_sent(session, mail_id=mail.id, now=now)
            if settle == "sent"
            else give_up(session, mail_id=mail.id, error="550 no")
        )
    everything = dump(session)
    for secret in secrets:
        assert secret not in everything
    assert session.scalars(select(OutboxMail.subject).where(OutboxMail.kind == "my_data")).one() == "A link", (
        "listed for its owner"
    )


def test_a_typed_address_that_led_to_nothing_is_let_go_with_the_mails(session, client, app, now, clock_at):
    """Somebody else's address, asked to move to or disowned, is not kept for a year."""
    row = make_registration(session, make_event(session), address="stays@example.org")
    disowned = make_registration(session, make_event(session), address="never@example.org")
    with clock_at(now):
        client.post(f"/registrations/{token_of(app, row)}/address", data={"email": "typo@example.org"})
        client.post(f"/registrations/{token_of(app, disowned)}/not-me")
    for mail in session.scalars(select(OutboxMail)):
        mark_sent(session, mail_id=mail.id, now=now)
    tidy(session, {}, now + timedelta(days=1), site=SITE)
    assert "never@example.org" in dump(session), "for a day nobody may cause mail to it"
    tidy(session, {}, now + timedelta(days=31), site=SITE)
    everything = dump(session)
    for gone in ("typo@", "never@"):
        assert gone not in everything
    assert "stays@example.org" in everything


def test_a_link_to_another_address_works_once_also_when_pressed_twice_at_once(app, session, client_of, now):
    row = make_registration(session, make_event(session))
    token = token_of(app, row)
    client_of().post(f"/registrations/{token}/address", data={"email": "new@example.org"})
    session.commit()
    secret = session.scalars(select(OutboxMail).where(OutboxMail.kind == "new_address")).one().facts["secret"]
    path = f"/registrations/{token_of(app, row, 'address')}/address/{secret}"
    assert sorted(at_once(client_of, [lambda client: client.post(path)] * 4)) == [303, 404, 404, 404]
    session.commit()
    assert session.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.kind == "moved_away")) == 1
    assert session.scalar(select(func.count(FreshLink.id))) == 0


def test_the_same_form_pressed_four_times_at_once_from_four_networks_is_one_registration(app, session, client_of):
    event = make_event(session)
    make_registration(session, make_event(session))  # known already: no row of theirs is made under this press
    session.commit()
    form = {"name": "Ada", "email": "ada@example.org", "zone": "UTC"}
    presses = [
        lambda client, n=n: client.post(
            f"/events/{event.slug}/register", data=form, environ_base={"REMOTE_ADDR": f"192.0.2.{n}"}
        )
        for n in range(4)
    ]
    assert at_once(client_of, presses) == [303] * 4
    session.commit()
    mine = select(func.count(Registration.id)).where(Registration.event_id == event.id)
    assert session.scalar(mine) == 1
    assert session.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.kind == "confirmed")) == 2


def test_not_me_and_registering_again_at_once_leave_books_that_are_right(app, session, client_of):
    event = make_event(session, capacity_online=1)
    row = make_registration(session, event)
    session.commit()
    form = {"name": "Eve", "email": "ada@example.org", "zone": "UTC"}
    path = f"/registrations/{token_of(app, row)}/not-me"
    codes = at_once(
        client_of,
        [lambda client: client.post(path), lambda client: client.post(f"/events/{event.slug}/register", data=form)] * 2,
    )
    assert set(codes) <= {303, 404}
    session.commit()
    assert "Eve" not in dump(session)
    assert session.scalar(text("SELECT taken FROM places WHERE capacity = 1")) == 0


def at_once(client_of, presses):
    """Press together, each with a browser of its own; give the statuses in order."""
    codes, gate = [0] * len(presses), threading.Barrier(len(presses))

    def press(number, act):
        client = client_of()
        gate.wait()
        codes[number] = act(client).status_code

    app = client_of().application
    sessions, app.extensions["tests.sessions"] = app.extensions["tests.sessions"], []
    threads = [threading.Thread(target=press, args=(number, act)) for number, act in enumerate(presses)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app.extensions["tests.sessions"] = sessions
    return codes


@pytest.mark.parametrize(
    "body", ['{"name": 1, "email": ["a"], "zone": {}}', '{"name": null}', "[]", '"x"', "[[1]]", '{"name"', "1"]
)
def test_json_is_no_form(client, session, body):
    """Flask-WTF would read it, with values that are no texts."""
    event = make_event(session)
    for path in (f"/events/{event.slug}/register", "/find-my-registration", "/my-data"):
        assert client.post(path, data=body, content_type="application/json").status_code == 422


def test_files_are_no_fields(client, session):
    from io import BytesIO

    event = make_event(session)
    for path in (f"/events/{event.slug}/register", "/find-my-registration", "/my-data"):
        files = {
            "name": (BytesIO(b"<?php"), "../../x.php"),
            "email": (BytesIO(b"a@b.org"), "b"),
            "zone": (BytesIO(b"UTC"), "c"),
        }
        assert client.post(path, data=files, content_type="multipart/form-data").status_code == 422


def test_what_is_kept_for_all_holds_nothing_of_whoever_asked_first(client, session):
    """C31: the page cache."""
    event = make_event(session)
    client = client.application.test_client(use_cookies=False)  # Werkzeug's own jar would replace the header
    path = f"/events/{event.slug}"
    form = {"name": "Zebulon", "email": "zebulon@example.org", "zone": "Pacific/Auckland"}
    client.post(path, data=form)
    client.post(f"{path}/register", data={**form, "email": "broken"})
    first = client.get(
        path, data=form, headers={"Cookie": "zone=Pacific/Auckland; secret=1", "Authorization": "Basic eA=="}
    )
    second = client.get(path)
    assert "your time, <bdi>Auckland" in first.text or "your time, Auckland" in first.text
    for page in (second, client.head(path), client.get(path, headers={"HX-Request": "true"})):
        assert "ebulon" not in page.text
        assert "Pacific/Auckland" not in page.text
    assert client.get(path, headers={"Cookie": "zone=Pacific/Auckland"}).data == first.data
    assert "public" not in first.headers["Cache-Control"]
    assert "Cookie" in first.headers["Vary"]
