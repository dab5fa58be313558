"""Who is known here is nobody else's to learn (C23): same status, headers, page, and nearly the same work."""

from datetime import timedelta

import pytest
from sqlalchemy import event as listening

from gatherings.registration.actions import cancel
from tests.factories import SITE, dates_of, get_registration, make_event, make_registration, make_series

HX = {"HX-Request": "true"}
KNOWN, UNKNOWN = "known@example.org", "unknown@example.org"
OWN = {"X-Request-Id", "Date"}


@pytest.fixture
def work(engine):
    """Count the statements that a press causes."""
    told: list[str] = []
    listening.listen(engine, "before_cursor_execute", lambda *args: told.append(args[2]))

    def count(press):
        told.clear()
        answer = press()
        return answer, len(told)

    return count


def seen(answer):
    headers = sorted((name, value) for name, value in answer.headers if name not in OWN)
    return answer.status_code, headers, answer.data


def form(address, **more):
    return {"name": "Somebody Else", "email": address, "zone": "Europe/London", **more}


@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "fragment"])
@pytest.mark.parametrize("later", [0, 5, 15], ids=lambda minutes: f"{minutes} min")
def test_registering_says_the_same_to_known_and_unknown(client, session, work, now, clock_at, headers, later):
    event = make_event(session)
    make_registration(session, event, address=KNOWN)
    with clock_at(now + timedelta(minutes=later)):
        pressed = [
            work(lambda who=who: client.post(f"/events/{event.slug}/register", data=form(who), headers=headers))
            for who in (UNKNOWN, KNOWN)
        ]
    (newcomer, new_work), (known, known_work) = pressed
    assert seen(newcomer) == seen(known)
    assert "known" not in newcomer.text
    assert abs(new_work - known_work) <= 15, (new_work, known_work)


@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "fragment"])
def test_a_full_gathering_says_the_same_to_those_inside_waiting_and_outside(client, session, headers):
    event = make_event(session, capacity_online=1)
    for address in (KNOWN, "waits@example.org"):
        make_registration(session, event, address=address)
    answers = [
        client.post(f"/events/{event.slug}/register", data=form(who), headers=headers)
        for who in (KNOWN, "waits@example.org", UNKNOWN, UNKNOWN)
    ]
    assert len({repr(seen(answer)) for answer in answers}) == 1


@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "fragment"])
def test_every_month_says_the_same_too(client, session, headers):
    date = dates_of(session, make_series(session))[0]
    path = f"/events/{date.slug}/register"
    answers = [client.post(path, data=form(who, every="every"), headers=headers) for who in (KNOWN, KNOWN, UNKNOWN)]
    assert len({repr(seen(answer)) for answer in answers}) == 1
    alone = [client.post(path, data=form(who, every="one"), headers=headers) for who in (KNOWN, "third@example.org")]
    assert len({repr(seen(answer)) for answer in alone}) == 1


def test_who_cancelled_or_said_not_me_is_not_told_apart(client, session, app, now):
    event = make_event(session)
    gone = make_registration(session, event, address="gone@example.org")
    cancel(session, get_registration(session, gone.public_id), SITE, now=now)
    disowned = make_registration(session, event, address="never@example.org")
    token = app.extensions["gatherings.signer"].sign("manage", disowned.public_id, 1)
    assert client.post(f"/registrations/{token}/not-me").status_code == 303
    answers = [
        client.post(f"/events/{event.slug}/register", data=form(who))
        for who in ("gone@example.org", "never@example.org", UNKNOWN)
    ]
    assert len({repr(seen(answer)) for answer in answers}) == 1


@pytest.mark.parametrize("path", ["/find-my-registration", "/my-data"])
@pytest.mark.parametrize("headers", [{}, HX], ids=["page", "fragment"])
def test_asking_for_links_does_exactly_the_same_work_for_everybody(client, session, work, path, headers):
    make_registration(session, make_event(session), address=KNOWN)
    client.post(path, data={"email": "first@example.org"})  # the first of a network makes its row
    pressed = [
        work(lambda who=who: client.post(path, data={"email": who}, headers=headers)) for who in (KNOWN, UNKNOWN)
    ]
    (known, known_work), (unknown, unknown_work) = pressed
    assert seen(known) == seen(unknown)
    assert known_work == unknown_work


def test_a_broken_form_is_told_apart_by_what_was_typed_alone(client, session):
    event = make_event(session)
    make_registration(session, event, address=KNOWN)
    pages = [
        client.post(f"/events/{event.slug}/register", data=form(who, name="")).text.replace(who, "x")
        for who in (KNOWN, UNKNOWN)
    ]
    assert pages[0] == pages[1]


def test_asking_for_another_address_does_not_say_whether_it_is_known(client, session, app):
    """Whoever holds a manage link could otherwise ask for one address after the other."""
    event = make_event(session)
    mine = make_registration(session, event, address="mine@example.org")
    make_registration(session, event, address=KNOWN)
    token = app.extensions["gatherings.signer"].sign("manage", mine.public_id, 1)
    answers = [client.post(f"/registrations/{token}/address", data={"email": who}) for who in (KNOWN, UNKNOWN)]
    assert len({repr(seen(answer)) for answer in answers}) == 1
    assert answers[0].location == f"/registrations/{token}?done=asked"
