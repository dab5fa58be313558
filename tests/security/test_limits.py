"""Limits (C24, C32, rule 20): 429 with Retry-After, counted in the database, so that a restart forgets nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.accounts.models import Attempt
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions.finding import send_links
from tests.factories import SITE, make_event, make_registration

JUNK = ["/registrations/x", "/registrations/x/cancel", "/join/x", "/my-data/x", "/my-data/x/export.json",
        "/calendar/x.ics", "/registrations/x/invite.ics", "/registrations/x/address/y"]  # fmt: skip


def mails(session, to):
    session.commit()
    return list(session.scalars(select(OutboxMail.kind).where(OutboxMail.recipient == to)))


def form(address="ada@example.org"):
    return {"name": "Ada", "email": address, "zone": "UTC"}


@pytest.mark.parametrize("path", JUNK)
def test_the_fortieth_wrong_link_a_minute_is_429_whatever_it_was_for(client, make_another, path, now, clock_at):
    codes = [client.get(JUNK[n % len(JUNK)]).status_code for n in range(39)]
    assert codes == [404] * 39
    for app_client in (client, make_another().test_client()):  # the second one is "after a restart"
        answer = app_client.get(path)
        assert answer.status_code == 429, path
        assert answer.headers["Retry-After"] == "60"
        assert answer.headers["Cache-Control"] == "no-store"
    with clock_at(now + timedelta(seconds=61)):
        assert client.get(path).status_code == 404


def test_a_right_link_opens_while_wrong_ones_are_refused(client, session, app):
    row = make_registration(session, make_event(session))
    token = app.extensions["gatherings.signer"].sign("manage", row.public_id, 1)
    for _ in range(45):
        client.get("/registrations/x")
    assert client.get("/registrations/x").status_code == 429
    assert client.get(f"/registrations/{token}").status_code == 200


def test_a_wrong_link_is_counted_for_who_asks_and_not_for_who_they_say_they_are(client):
    """C19: X-Forwarded-For means nothing without a proxy that was told of."""
    codes = [
        client.get(
            "/join/x",
            headers={"X-Forwarded-For": f"192.0.2.{n}", "X-Real-IP": f"192.0.2.{n}", "Forwarded": f"for=192.0.2.{n}"},
        ).status_code
        for n in range(41)
    ]
    assert codes[-1] == 429


def test_behind_one_proxy_its_own_word_counts_and_not_the_visitors(make_another):
    client = make_another(PROXY_COUNT="1").test_client()
    codes = [
        client.get("/join/x", headers={"X-Forwarded-For": f"192.0.2.{n}, 198.51.100.7"}).status_code for n in range(41)
    ]
    assert codes[-1] == 429
    assert client.get("/join/x", headers={"X-Forwarded-For": "198.51.100.7, 203.0.113.5"}).status_code == 404


def test_ipv6_is_counted_by_its_network(client):
    def ask(address):
        return client.get("/join/x", environ_base={"REMOTE_ADDR": address}).status_code

    assert [ask(f"2001:db8:1:2::{n:x}") for n in range(1, 42)][-1] == 429
    assert ask("2001:db8:1:3::1") == 404


def test_registrations_of_one_network_have_an_end_that_survives_a_restart(make_another, session):
    event = make_event(session)
    session.commit()
    codes = []
    for n in range(5):  # each press meets an application of its own
        client = make_another(REGISTRATIONS_PER_NETWORK="3").test_client()
        answer = client.post(f"/events/{event.slug}/register", data=form(f"p{n}@example.org"))
        codes.append(answer.status_code)
    assert codes == [303] * 3 + [429] * 2
    assert answer.headers["Retry-After"] == "600"
    assert 'value="p4@example.org"' in answer.text, "what was typed can be sent again"


def test_five_mails_an_hour_to_one_address_about_one_event(client, session, app, make_another, now, clock_at):
    event = make_event(session)
    row = make_registration(session, event)
    token = app.extensions["gatherings.signer"].sign("manage", row.public_id, 1)
    codes = []
    for n in range(1, 8):
        with clock_at(now + timedelta(minutes=n)):
            visitor = make_another().test_client() if n % 2 else client
            session.commit()
            codes.append(visitor.post(f"/registrations/{token}/send-again").status_code)
    assert codes == [303] * 4 + [429] * 3
    for n in range(0, 59, 10):
        with clock_at(now + timedelta(minutes=n)):
            client.post(f"/events/{event.slug}/register", data=form())
    assert len(mails(session, "ada@example.org")) == 5


def test_a_stranger_cannot_flood_an_address_with_registrations(client, session, now, clock_at):
    event = make_event(session)
    for minute in range(60):
        with clock_at(now + timedelta(minutes=minute)):
            assert client.post(f"/events/{event.slug}/register", data=form("victim@example.org")).status_code == 303
    assert len(mails(session, "victim@example.org")) <= 5


def test_a_stranger_cannot_flood_an_address_by_asking_to_move_there(client, session, app, now):
    event = make_event(session)
    codes = []
    for n in range(7):
        row = make_registration(session, event, address=f"attacker{n}@example.org")
        token = app.extensions["gatherings.signer"].sign("manage", row.public_id, 1)
        codes.append(client.post(f"/registrations/{token}/address", data={"email": "victim@example.org"}).status_code)
    assert codes == [303] * 5 + [429] * 2
    assert mails(session, "victim@example.org") == ["new_address"] * 5


def test_lost_links_go_to_one_address_five_times_an_hour_whoever_asks(session, now):
    make_registration(session, make_event(session))
    sent = [send_links(session, "ada@example.org", SITE, now=now + timedelta(minutes=n)) for n in range(7)]
    assert sent == [True] * 5 + [False] * 2


def test_not_me_stops_all_mail_for_a_day(client, session, app, now, clock_at):
    event = make_event(session)
    row = make_registration(session, event, address="victim@example.org", name="Eve")
    token = app.extensions["gatherings.signer"].sign("manage", row.public_id, 1)
    assert client.post(f"/registrations/{token}/not-me").status_code == 303
    before = len(mails(session, "victim@example.org"))
    for hours in (0, 1, 12, 23):
        with clock_at(now + timedelta(hours=hours)):
            assert client.post(f"/events/{event.slug}/register", data=form("victim@example.org")).status_code == 303
    assert len(mails(session, "victim@example.org")) == before
    with clock_at(now + timedelta(hours=25)):
        client.post(f"/events/{event.slug}/register", data=form("victim@example.org"))
    assert len(mails(session, "victim@example.org")) == before + 1


def test_what_is_counted_names_nobody(client, session):
    event = make_event(session)
    client.post(f"/events/{event.slug}/register", data=form())
    client.post("/my-data", data={"email": "ada@example.org"})
    client.get("/join/x")
    session.commit()
    kept = repr([(row.kind, row.key) for row in session.scalars(select(Attempt))])
    assert "mail" in kept
    for trace in ("ada", "example.org", "127.0.0.1"):
        assert trace not in kept


def test_whoever_fills_in_the_field_that_nobody_sees_is_thanked_and_ignored(client, session):
    event = make_event(session)
    answer = client.post(f"/events/{event.slug}/register", data={**form(), "fax": "1"})
    assert answer.status_code == 303
    assert mails(session, "ada@example.org") == []
