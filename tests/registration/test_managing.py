"""The manage page: by link alone, opening never acts, the second press is told kindly."""

from datetime import timedelta

import pytest
from markupsafe import Markup
from sqlalchemy import delete, select

from gatherings.accounts.models import Attempt
from gatherings.audit.models import LogEntry
from gatherings.db.places import Places
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions import set_capacity
from gatherings.registration.models import Answer, Consent, Registration, SeriesRegistration
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    make_consent,
    make_event,
    make_question,
    make_registration,
    make_series,
    make_series_registration,
)

HX = {"HX-Request": "true"}
PRESSES = ("details", "cancel", "send-again", "not-me", "side", "address")


@pytest.fixture
def link(app):
    """Give the path of a registration's page, or of its way in."""

    def make(row, purpose: str = "", version: int = 0) -> str:
        signer = app.extensions["gatherings.signer"]
        purpose = purpose or ("manage" if isinstance(row, Registration) else "manage-series")
        first = "join" if purpose.startswith("join") else "registrations"
        return f"/{first}/{signer.sign(purpose, row.public_id, version or row.link_version)}"

    return make


@pytest.fixture
def fresh(session):
    """Read a row afresh."""

    def read(row):
        session.commit()
        return session.get_one(type(row), row.id, populate_existing=True)

    return read


def taken(session, pool_id: int | None) -> int:
    session.commit()
    return session.get_one(Places, pool_id, populate_existing=True).taken


def test_the_page_says_how_things_stand(client, session, link):
    event = make_event(session)
    page = client.get(link(make_registration(session, event)))
    assert page.status_code == 200
    assert "You have a place online." in page.text
    seen = Markup(page.text).striptags()
    assert "Wednesday 16 December, 07:00–08:00 your time, Auckland" in seen
    assert "Tuesday 15 December, 18:00–19:00 in London" in seen
    assert "meet.example.org" not in page.text
    assert "no-store" in page.headers["Cache-Control"]
    assert "noindex" in page.headers["X-Robots-Tag"]


def test_htmx_gets_the_page_as_a_fragment(client, session, link):
    page = client.get(link(make_registration(session, make_event(session))), headers=HX)
    assert "<html" not in page.text
    assert 'id="manage"' in page.text


@pytest.mark.parametrize("method", ["get", "head"])
@pytest.mark.parametrize("kind", ["one", "every"])
def test_opening_any_link_does_nothing(client, session, link, fresh, mails, method, kind):
    date = dates_of(session, make_series(session))[0]
    row = make_registration(session, date) if kind == "one" else make_series_registration(session, date)
    consent = make_consent(session, date)
    before, path = mails(), link(row)
    paths = [path, *(f"{path}/{press}" for press in PRESSES), f"{path}/consents/{consent.id}/withdraw"]
    paths += [f"{path}/dates/{'a' * 22}/leave", f"{path}/dates/{'a' * 22}/return"]
    for one in paths:
        assert getattr(client, method)(one, follow_redirects=True).status_code in (200, 404), one
    assert fresh(row).state == "confirmed"
    assert mails() == before


@pytest.mark.parametrize("purpose", ["manage", "manage-series", "join", "join-series", "feed", "my-data", "address"])
def test_a_link_for_another_purpose_opens_nothing(client, session, link, purpose):
    registration = make_registration(session, make_event(session))
    path = link(registration, purpose).replace("/join/", "/registrations/")
    assert client.get(path).status_code == (200 if purpose == "manage" else 404)
    assert client.get(path.replace("/registrations/", "/join/")).status_code == (200 if purpose == "join" else 404)


def test_an_old_a_wrong_and_a_borrowed_link_open_nothing(client, session, link):
    mine = make_registration(session, make_event(session))
    other = make_registration(session, make_event(session), address="bo@example.org")
    good = link(mine).rsplit("/", 1)[1]
    identity, version, signature = good.split(".")
    signature_of_other = link(other).rsplit(".", 1)[1]
    for bad in (
        f"{identity}.2.{signature}", f"{identity}.01.{signature}", f"{identity}.{version}.{signature_of_other}",
        f"{other.public_id}.{version}.{signature}", good[:-1], good + "A", "x", "%00", "a%20b", identity,
    ):  # fmt: skip
        for path in (f"/registrations/{bad}", f"/registrations/{bad}/invite.ics"):
            assert client.get(path).status_code == 404, path
        for press in PRESSES:
            assert client.post(f"/registrations/{bad}/{press}", data={"side": "room"}).status_code == 404
            session.execute(delete(Attempt))
    assert client.get(link(mine, version=2)).status_code == 404


def test_wrong_links_are_counted_by_network_and_refused_from_the_fortieth(client, session, link):
    registration = make_registration(session, make_event(session))
    codes = [client.get("/registrations/wrong").status_code for _ in range(39)]
    assert set(codes) == {404}
    refused = client.get("/join/wrong")
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) == 60
    assert client.post("/my-data/wrong/erase").status_code == 429
    assert client.get(link(registration)).status_code == 200


@pytest.mark.parametrize("headers", [{}, HX])
def test_one_press_cancels_and_the_second_is_told_it_was_done(client, session, link, fresh, mails, headers):
    event = make_event(session, capacity_online=1)
    mine = make_registration(session, event)
    path = link(mine)
    first = client.post(f"{path}/cancel", headers=headers)
    second = client.post(f"{path}/cancel", headers=headers)
    if headers:
        assert (first.status_code, second.status_code) == (200, 200)
    else:
        assert (first.status_code, second.status_code) == (303, 303)
        first, second = client.get(first.location), client.get(second.location)
    assert "your calendar is told" in first.text
    assert "That was done before" in second.text
    assert fresh(mine).state == "cancelled"
    assert mails() == ["confirmed", "cancelled"]
    assert taken(session, event.online_id) == 0
    assert "Register again" in second.text


def test_a_freed_place_goes_to_the_next_in_line_at_once(client, session, link, fresh, mails):
    event = make_event(session, capacity_online=1)
    first, second, third = (
        make_registration(session, event, address=f"{name}@example.org") for name in ("one", "two", "three")
    )
    assert "number 2 on the waiting list" in client.get(link(third)).text
    client.post(f"{link(first)}/cancel")
    assert (fresh(second).state, fresh(third).state) == ("confirmed", "waitlisted")
    assert "number 1 on the waiting list" in client.get(link(third)).text
    assert mails("two@example.org") == ["waiting", "promoted"]
    assert taken(session, event.online_id) == 1
    client.post(f"{link(third)}/cancel")
    assert fresh(third).state == "cancelled"


def test_details_are_changed_and_wrong_ones_are_kept_as_typed(client, session, link, fresh):
    event = make_event(session)
    question = make_question(session, event, required=True)
    mine = make_registration(session, event, answers={question.id: "before"})
    path, answer = link(mine), f"q_{question.public_id}"
    assert 'value="before"' in client.get(path).text
    for headers in ({}, HX):
        bad = client.post(f"{path}/details", data={"name": "www.spam.com", "zone": "<i>", answer: ""}, headers=headers)
        assert bad.status_code == 422
        assert 'value="www.spam.com"' in bad.text
        assert 'value="&lt;i&gt;"' in bad.text
        assert f'href="#{answer}"' in bad.text
    good = client.post(f"{path}/details", data={"name": "Ada L.", "zone": "Sydney", answer: "after"})
    assert (good.status_code, good.location) == (303, f"{path}?done=kept")
    assert (fresh(mine).name, fresh(mine).zone) == ("Ada L.", "Australia/Sydney")
    assert session.scalars(select(Answer.value)).all() == ["after"]


def test_only_named_fields_are_changed(client, session, link, fresh):
    mine = make_registration(session, make_event(session))
    extra = {"state": "cancelled", "link_version": "7", "email": "bo@example.org", "places_id": "9", "person_id": "9"}
    client.post(f"{link(mine)}/details", data={"name": "Ada", "zone": "UTC", **extra})
    assert (fresh(mine).state, fresh(mine).link_version, fresh(mine).name) == ("confirmed", 1, "Ada")


def test_the_invite_is_sent_again_five_times_an_hour_at_most(client, session, link, mails, now, clock_at):
    path = link(make_registration(session, make_event(session)))
    codes = []
    for minute in range(1, 7):
        with clock_at(now + timedelta(minutes=minute)):
            codes.append(client.post(f"{path}/send-again").status_code)
    assert codes == [303, 303, 303, 303, 429, 429]
    assert mails() == ["confirmed"] * 5


def test_hybrid_moves_between_the_room_and_online(client, session, link, fresh, mails):
    event = make_event(session, mode="hybrid", capacity_room=1, capacity_online=None)
    mine = make_registration(session, event, wish="online")
    path = link(mine)
    assert "Come to the room instead" in client.get(path).text
    client.post(f"{path}/side", data={"side": "room"})
    assert fresh(mine).places_id == event.room_id
    other = make_registration(session, event, address="bo@example.org", wish="online")
    client.post(f"{link(other)}/side", data={"side": "room"})
    assert (fresh(other).places_id, fresh(other).waits_for_id) == (event.online_id, event.room_id)
    assert taken(session, event.online_id) == 1
    assert "number 1 on the waiting list for the room" in client.get(link(other)).text
    client.post(f"{path}/side", data={"side": "online"})
    assert (fresh(mine).places_id, fresh(other).places_id) == (event.online_id, event.room_id)
    assert fresh(other).waits_for_id is None
    assert (taken(session, event.room_id), taken(session, event.online_id)) == (1, 1)
    assert mails("bo@example.org")[-1] == "promoted"
    again = client.post(f"{path}/side", data={"side": "online"})
    assert again.location == f"{path}?done=before"
    for bad in ({}, {"side": "roof"}):
        assert client.post(f"{path}/side", data=bad).status_code == 409


def test_whoever_waits_for_the_room_may_stay_online(client, session, link, fresh):
    event = make_event(session, mode="hybrid", capacity_room=0)
    mine = make_registration(session, event, wish="room")
    assert "Stay online, wait no more" in client.get(link(mine)).text
    client.post(f"{link(mine)}/side", data={"side": "online"})
    assert (fresh(mine).places_id, fresh(mine).waits_for_id) == (event.online_id, None)


def test_not_me_removes_what_was_typed_and_keeps_quiet_for_a_day(client, session, link, fresh, mails, form):
    event = make_event(session)
    mine = make_registration(session, event, name="Marker Person")
    path = link(mine)
    assert "Remove it" in client.get(f"{path}/not-me").text
    done = client.post(f"{path}/not-me")
    assert (done.status_code, done.location) == (303, "/registrations/forgotten")
    assert client.get(done.location).status_code == 200
    row = fresh(mine)
    assert (row.state, row.name, row.cancelled_by) == ("cancelled", "", "not-me")
    assert client.get(path).status_code == 404
    # The calendar's CANCEL still goes; the invite that had not gone out does not.
    assert mails() == ["cancelled"]
    assert client.post(f"/events/{event.slug}/register", data=form()).status_code == 303
    assert mails() == ["cancelled"]


def test_another_address_is_asked_for_and_confirmed_from_there(client, session, app, link, fresh, mails):
    event = make_event(session)
    mine = make_registration(session, event)
    path = link(mine)
    for bad in ("", "nobody", "a@b.org, c@d.org"):
        assert client.post(f"{path}/address", data={"email": bad}).status_code == 422
    assert client.post(f"{path}/address", data={"email": "ADA@example.org"}).status_code == 409
    assert client.post(f"{path}/address", data={"email": "new@example.org"}).status_code == 303
    assert mails("new@example.org") == ["new_address"]
    secret = session.scalars(select(OutboxMail.facts).where(OutboxMail.kind == "new_address")).one()["secret"]
    token = app.extensions["gatherings.signer"].sign("address", mine.public_id, 1)
    confirm = f"/registrations/{token}/address/{secret}"
    assert client.get(f"/registrations/{token}").status_code == 404, "the mail to the new address opens nothing else"
    for _ in range(2):
        assert client.get(confirm).status_code == 200
        assert client.head(confirm).status_code == 200
    assert fresh(mine).link_version == 1
    assert client.post(f"/registrations/{token}/address/wrong").status_code == 404
    done = client.post(confirm)
    assert (done.status_code, done.location) == (303, "/registrations/moved")
    assert "new address" in client.get(done.location).text
    assert client.post(confirm).status_code == 404
    assert client.get(path).status_code == 404
    assert client.get(link(fresh(mine))).status_code == 200
    assert mails("ada@example.org") == ["confirmed", "moved_away"]
    assert mails("new@example.org") == ["new_address", "confirmed"]


def test_moving_there_and_back_leaves_no_calendar_behind(client, session, app, link, fresh):
    event = make_event(session)
    mine = make_registration(session, event)
    for version, address in enumerate(["new@example.org", "ada@example.org", "new@example.org"], start=1):
        client.post(f"{link(fresh(mine))}/address", data={"email": address})
        asked = select(OutboxMail).where(OutboxMail.kind == "new_address").order_by(OutboxMail.id.desc())
        secret = session.scalars(asked).first().facts["secret"]
        token = app.extensions["gatherings.signer"].sign("address", mine.public_id, version)
        assert client.post(f"/registrations/{token}/address/{secret}").status_code == 303
    told: dict[str, list] = {}
    for mail in session.scalars(select(OutboxMail).order_by(OutboxMail.id)):
        if mail.facts["invite"]:
            told.setdefault(mail.recipient, []).append(mail.facts["invite"])
    assert [one["method"] for one in told["ada@example.org"]] == ["REQUEST", "CANCEL", "REQUEST", "CANCEL"]
    assert [one["method"] for one in told["new@example.org"]] == ["REQUEST", "CANCEL", "REQUEST"]
    for messages in told.values():
        sequences = [one["sequence"] for one in messages]
        assert sequences == sorted(sequences)
        cancels = [one["sequence"] for one in messages if one["method"] == "CANCEL"]
        asked_again = [one["sequence"] for one in messages[1:] if one["method"] == "REQUEST"]
        assert all(any(later >= cancel for later in asked_again) for cancel in cancels[: len(asked_again)])


def test_consents_are_withdrawn_once_by_their_giver(client, session, link):
    event = make_event(session)
    consent = make_consent(session, event)
    mine = make_registration(session, event, consents=frozenset({consent.key}))
    other = make_registration(session, event, address="bo@example.org")
    given = session.scalars(select(Consent.id)).one()
    assert client.post(f"{link(other)}/consents/{given}/withdraw").status_code == 404
    assert client.post(f"{link(mine)}/consents/{given}/withdraw").status_code == 303
    session.commit()
    assert session.scalars(select(Consent.withdrawn_at)).one() == NOW
    assert "Withdrawn" in client.get(link(mine)).text
    for wrong in ("0", "99999", "9" * 30, "x"):
        answer = client.post(f"{link(mine)}/consents/{wrong}/withdraw")
        assert answer.status_code in (302, 404)


@pytest.mark.parametrize("what", ["over", "called off"])
def test_where_nothing_can_be_done_nothing_is_offered(client, session, link, fresh, clock_at, now, what):
    event = make_event(session, mode="hybrid")
    mine = make_registration(session, event)
    path = link(mine)
    if what == "called off":
        event.status = "cancelled"
        session.commit()
    with clock_at(now + timedelta(days=60 if what == "over" else 0)):
        page = client.get(path).text
        assert ("is over" if what == "over" else "was cancelled by its hosts") in page
        assert f'action="{path}' not in page
        for press in ("cancel", "send-again", "side", "address", "details"):
            data = {"side": "room", "email": "new@example.org", "name": "A", "zone": "UTC"}
            assert client.post(f"{path}/{press}", data=data).status_code == 409, press
    assert (fresh(mine).state, fresh(mine).name) == ("confirmed", "Ada Example")


def test_the_invite_as_a_file_is_ones_own_and_names_nobody(client, session, link):
    event = make_event(session)
    mine = make_registration(session, event)
    make_registration(session, event, address="bo@example.org", name="Bo Other")
    file = client.get(f"{link(mine)}/invite.ics")
    body = file.text.replace("\r\n ", "")
    assert file.headers["Content-Type"] == "text/calendar; charset=utf-8"
    assert f"UID:{event.uid}" in body
    assert link(mine, "join") in body
    for secret in ("METHOD", "ATTENDEE", "Bo Other", "meet.example.org", link(mine)):
        assert secret not in body
    client.post(f"{link(mine)}/cancel")
    assert client.get(f"{link(mine)}/invite.ics").status_code == 409


def test_a_press_is_written_to_the_log_without_names(client, session, link):
    mine = make_registration(session, make_event(session))
    client.post(f"{link(mine)}/cancel")
    session.commit()
    entry = session.scalars(select(LogEntry)).one()
    assert (entry.actor, entry.action, entry.about) == ("person", "cancel", f"registration:{mine.public_id}")


# --- every month ---------------------------------------------------------------------------------------------------


def test_every_month_lists_its_dates_and_one_is_left_and_taken_again(client, session, link, mails):
    series = make_series(session)
    first, second, _third = dates_of(session, series)
    every = make_series_registration(session, first)
    path = link(every)
    page = client.get(path).text
    for words in ("Friday 18 December, 07:00", "Friday 22 January 2027, 07:00", "Friday 19 February 2027, 07:00"):
        assert words in Markup(page).striptags()
    dates = select(Registration).where(Registration.event_id == second.id)
    mine = session.scalars(dates).one()
    leave = f"{path}/dates/{mine.public_id}/leave"
    assert client.post(leave).location == f"{path}?done=left"
    assert client.post(leave).location == f"{path}?done=before"
    assert taken(session, second.online_id) == 0
    assert "You have left this date" in client.get(path).text
    again = client.post(f"{path}/dates/{mine.public_id}/return", headers=HX)
    assert again.status_code == 200
    assert "You have left this date" not in again.text
    assert taken(session, second.online_id) == 1
    assert client.post(f"{path}/dates/{mine.public_id}/return").location == f"{path}?done=before"
    assert mails()[:2] == ["series_confirmed", "cancelled"]
    assert len(mails()) == 3


def test_a_date_of_somebody_else_cannot_be_left(client, session, link, fresh):
    first = dates_of(session, make_series(session))[0]
    mine = make_series_registration(session, first)
    make_series_registration(session, first, address="bo@example.org")
    theirs = session.scalars(select(Registration).order_by(Registration.id.desc())).first()
    for bad in (theirs.public_id, "a" * 22, "%00", "x"):
        assert client.post(f"{link(mine)}/dates/{bad}/leave").status_code == 404
        assert client.post(f"{link(mine)}/dates/{bad}/return").status_code == 404
    assert fresh(theirs).state == "confirmed"


def test_every_month_is_left_as_a_whole(client, session, link, fresh, mails):
    first = dates_of(session, make_series(session))[0]
    every = make_series_registration(session, first)
    path = link(every)
    assert client.post(f"{path}/cancel").location == f"{path}?done=cancelled"
    assert client.post(f"{path}/cancel").location == f"{path}?done=before"
    assert fresh(every).state == "cancelled"
    session.commit()
    assert set(session.scalars(select(Registration.state))) == {"cancelled"}
    assert mails() == ["series_confirmed", "series_cancelled"]
    assert client.post(f"{path}/send-again").status_code == 409


def test_details_of_every_month_reach_its_coming_dates(client, session, link, fresh):
    series = make_series(session)
    question = make_question(session, series)
    every = make_series_registration(session, dates_of(session, series)[0])
    data = {"name": "Ada L.", "zone": "Toronto", f"q_{question.public_id}": "Hello"}
    assert client.post(f"{link(every)}/details", data=data).status_code == 303
    assert fresh(every).name == "Ada L."
    session.commit()
    assert set(session.execute(select(Registration.name, Registration.zone)).all()) == {("Ada L.", "America/Toronto")}
    assert session.scalars(select(Answer.value)).all() == ["Hello"]


def test_not_me_ends_every_month(client, session, link, mails):
    first = dates_of(session, make_series(session))[0]
    every = make_series_registration(session, first)
    path = link(every)
    assert client.post(f"{path}/not-me").location == "/registrations/forgotten"
    assert client.get(path).status_code == 404
    session.commit()
    assert set(session.scalars(select(Registration.name))) == {""}
    assert set(session.scalars(select(SeriesRegistration.state))) == {"cancelled"}
    assert mails() == ["series_cancelled"]


def test_the_invite_of_every_month_as_a_file(client, session, link):
    series = make_series(session)
    every = make_series_registration(session, dates_of(session, series)[0])
    body = client.get(f"{link(every)}/invite.ics").text.replace("\r\n ", "")
    assert "RRULE:FREQ=MONTHLY;BYDAY=3TH" in body
    assert link(every, "join-series") in body
    assert "ATTENDEE" not in body


def test_more_places_serve_the_waiting_list_at_once(client, session, fresh, mails, now):
    event = make_event(session, capacity_online=1)
    people = [make_registration(session, event, address=f"p{number}@example.org") for number in range(4)]
    assert set_capacity(session, event, "online", 3, SITE, now=now) == 0
    assert [fresh(one).state for one in people] == ["confirmed", "confirmed", "confirmed", "waitlisted"]
    assert mails("p2@example.org") == ["waiting", "promoted"]
    assert set_capacity(session, event, "online", 1, SITE, now=now) == 2
    assert [fresh(one).state for one in people] == ["confirmed", "confirmed", "confirmed", "waitlisted"]
    assert taken(session, event.online_id) == 3


def test_after_leaving_every_month_one_date_is_taken_alone_with_a_newer_entry(client, session, link, form, fresh):
    """The single entry was cancelled when "every month" began: its SEQUENCE must go on from there."""
    first = dates_of(session, make_series(session))[0]
    make_registration(session, first)
    every = make_series_registration(session, first)
    client.post(f"{link(every)}/cancel")
    assert client.post(f"/events/{first.slug}/register", data=form()).status_code == 303
    session.commit()
    told = [
        (mail.facts["invite"]["method"], mail.facts["invite"]["sequence"])
        for mail in session.scalars(select(OutboxMail).order_by(OutboxMail.id))
        if mail.facts["invite"] and mail.facts["invite"]["uid"] == first.uid
    ]
    assert [method for method, _ in told] == ["REQUEST", "CANCEL", "REQUEST"]
    assert told[0][1] < told[1][1] < told[2][1]


def test_leaving_a_waiting_list_twice_is_told_twice(client, session, link, form, fresh, mails):
    event = make_event(session, capacity_online=0)
    mine = make_registration(session, event)
    for _ in range(2):
        client.post(f"{link(fresh(mine))}/cancel")
        client.post(f"/events/{event.slug}/register", data=form())
    assert mails() == ["waiting", "cancelled", "waiting", "cancelled", "waiting"]
