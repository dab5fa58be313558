"""The form on the page: one screen, two fields, one press; with htmx and without JavaScript."""

from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import event as events
from sqlalchemy import func, select

from gatherings.accounts.models import Person
from gatherings.db.places import Places
from gatherings.events.models import OldSlug
from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Answer, Consent, Registration, SeriesRegistration
from tests.factories import (
    NOW,
    dates_of,
    make_community,
    make_consent,
    make_event,
    make_question,
    make_registration,
    make_series,
)

HX = {"HX-Request": "true"}


def url(event) -> str:
    return f"/events/{event.slug}/register"


def test_two_fields_and_one_press_make_a_registration_and_its_mail(client, session, form, rows, mails):
    event = make_event(session)
    answer = client.post(url(event), data={"name": "Ada Example", "email": "ada@example.org"})
    assert answer.status_code == 303
    assert answer.location == f"/events/{event.slug}/registered"
    [mine] = rows()
    assert (mine.state, mine.name, mine.zone) == ("confirmed", "Ada Example", "Europe/London")
    assert mails() == ["confirmed"]
    page = client.get(answer.location)
    assert "You have a place" in page.text
    assert "Ada" not in page.text


def test_htmx_gets_the_answer_as_a_fragment(client, session, form, mails):
    event = make_event(session)
    answer = client.post(url(event), data=form(), headers=HX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "You have a place" in answer.text
    assert "HX-Request" in answer.headers["Vary"]
    assert mails() == ["confirmed"]


def test_the_event_page_holds_the_form(client, session):
    event = make_event(session)
    page = client.get(f"/events/{event.slug}")
    assert page.status_code == 200
    assert f'action="{url(event)}"' in page.text


@pytest.mark.parametrize("method", ["get", "head"])
def test_opening_the_form_shows_it_and_does_nothing(client, session, rows, mails, method):
    event = make_event(session)
    answer = getattr(client, method)(url(event), query_string={"name": "Ada", "email": "ada@example.org"})
    assert answer.status_code == 200
    assert rows() == []
    assert mails() == []


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Pacific/Auckland", "Pacific/Auckland"),
        ("Asia/Calcutta", "Asia/Kolkata"),
        ("stockholm", "Europe/Stockholm"),
        ("New York", "America/New_York"),
        ("US/Eastern", "America/New_York"),
        ("UTC", "UTC"),
        ("", "Europe/London"),
    ],
)
def test_any_name_of_a_zone_is_taken_and_stored_in_one_spelling(client, session, form, rows, typed, stored):
    event = make_event(session)
    assert client.post(url(event), data=form(zone=typed)).status_code == 303
    assert rows()[0].zone == stored


def test_the_same_address_three_times_is_one_registration_and_one_mail(client, session, form, rows, mails):
    event = make_event(session)
    for spelling in ("ada@example.org", "ADA@Example.ORG", " ada@example.org "):
        assert client.post(url(event), data=form(email=spelling, name="Somebody Else")).status_code == 303
    assert len(rows()) == 1
    assert mails() == ["confirmed"]


def test_a_stranger_who_types_my_address_changes_nothing_of_mine(client, session, form, rows, now, clock_at, mails):
    event = make_event(session)
    client.post(url(event), data=form())
    with clock_at(now + timedelta(minutes=11)):
        client.post(url(event), data=form(name="Mallory", zone="UTC"))
    assert (rows()[0].name, rows()[0].zone) == ("Ada Example", "Pacific/Auckland")
    assert mails() == ["confirmed", "confirmed"]


@pytest.mark.parametrize("headers", [{}, HX])
@pytest.mark.parametrize("capacity", [None, 1, 5])
def test_known_and_unknown_addresses_get_the_same_screen(client, session, form, headers, capacity):
    event = make_event(session, capacity_online=capacity)
    make_registration(session, event, address="known@example.org")
    known = client.post(url(event), data=form(email="known@example.org"), headers=headers)
    unknown = client.post(url(event), data=form(email="unknown@example.org"), headers=headers)
    assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)


def test_a_full_hybrid_room_tells_known_and_unknown_the_same(client, session, form):
    event = make_event(session, mode="hybrid", capacity_room=1)
    make_registration(session, event, address="known@example.org", wish="room")
    answers = [
        client.post(url(event), data=form(email=f"{who}@example.org", wish="room"), headers=HX).data
        for who in ("known", "unknown")
    ]
    assert answers[0] == answers[1]
    assert b"waiting list unless you already have a place" in answers[0]


def test_the_last_place_goes_once_and_the_next_waits(client, session, form, rows, mails):
    event = make_event(session, capacity_online=1)
    assert client.post(url(event), data=form()).location.endswith("/registered")
    second = client.post(url(event), data=form(email="bo@example.org"))
    assert second.location.endswith("/registered?full=1")
    assert [row.state for row in rows()] == ["confirmed", "waitlisted"]
    assert mails() == ["confirmed", "waiting"]
    assert "waiting list unless you already have a place" in client.get(second.location).text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": "cancelled"}, "was cancelled by its hosts"),
        ({"takes_registrations": False}, "does not take registrations"),
        ({"registration_opens_at": NOW + timedelta(days=1)}, "is not open yet"),
        ({"registration_closes_at": NOW - timedelta(days=1)}, "has closed"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HX])
def test_where_registration_is_not_open_the_page_says_why(client, session, form, rows, values, words, headers):
    event = make_event(session, **values)
    assert words in client.get(url(event)).text
    answer = client.post(url(event), data=form(), headers=headers)
    assert answer.status_code == 409
    assert words in answer.text
    assert rows() == []


def test_what_is_over_takes_nobody(client, session, form, rows):
    event = make_event(session, starts_local=NOW.replace(tzinfo=None) - timedelta(days=3))
    answer = client.post(url(event), data=form())
    assert answer.status_code == 409
    assert "is over" in answer.text
    assert rows() == []


@pytest.mark.parametrize("slug", ["none", "a%00b", "%f0%9f%98%80", "..%2f..%2fetc", "x" * 3000])
def test_what_is_not_there_is_404(client, slug):
    assert client.get(f"/events/{slug}/register").status_code == 404
    assert client.post(f"/events/{slug}/register", data={}).status_code == 404
    assert client.get(f"/events/{slug}/registered").status_code == 404


def test_a_draft_is_not_there(client, session, form):
    event = make_event(session, status="draft")
    assert client.get(url(event)).status_code == 404
    assert client.post(url(event), data=form()).status_code == 404


def test_an_old_slug_leads_on_and_a_form_sent_to_it_is_taken(client, session, form, rows):
    event = make_event(session)
    session.add(OldSlug(kind="event", slug="before", object_id=event.id))
    moved = client.get("/events/before/register")
    assert (moved.status_code, moved.location) == (301, url(event))
    assert client.post("/events/before/register", data=form()).status_code == 303
    assert len(rows()) == 1


def test_another_site_cannot_send_the_form(app, session, form, rows):
    event = make_event(session)
    for fetch_site in ("cross-site", "same-site", None):
        browser = app.test_client()
        browser.fetch_site = fetch_site
        assert browser.post(url(event), data=form()).status_code == 403
    assert rows() == []


def test_questions_consents_and_the_code_are_asked_and_kept(client, session, form, rows):
    community = make_community(session, code_of_kindness="We *listen*. <script>alert(1)</script>")
    event = make_event(session, community)
    diet = make_question(session, event, "text", label="What do you hope for?", required=True)
    many = make_question(
        session, event, "many_of", options={"choices": [{"key": "a", "label": "Alpha"}, {"key": "b", "label": "Beta"}]}
    )
    news, photos = make_consent(session, community), make_consent(session, event)
    page = client.get(url(event)).text
    assert "<em>listen</em>" in page
    assert "<script>alert" not in page
    assert "checked" not in page
    refused = client.post(url(event), data=form())
    assert refused.status_code == 422
    assert 'href="#code_agreed"' in refused.text
    assert f'href="#q_{diet.public_id}"' in refused.text
    good = form(code_agreed="yes")
    good |= {f"q_{diet.public_id}": "Quiet", f"q_{many.public_id}": ["a", "b"], f"consent_{photos.id}": "yes"}
    assert client.post(url(event), data=good).status_code == 303
    [mine] = rows()
    assert mine.code_agreed_at == NOW
    answers = {row.question_id: row.value for row in session.scalars(select(Answer))}
    assert answers[diet.id] == "Quiet"
    assert [one["key"] for one in answers[many.id]] == ["a", "b"]
    assert [row.key for row in session.scalars(select(Consent))] == [photos.key]
    assert news.key != photos.key


def test_a_hybrid_gathering_asks_how_one_comes(client, session, form, rows):
    event = make_event(session, mode="hybrid", capacity_room=1, capacity_online=10)
    assert "How do you come?" in client.get(url(event)).text
    for bad in ({}, {"wish": "both"}, {"wish": ""}):
        refused = client.post(url(event), data=form(**bad))
        assert refused.status_code == 422
        assert 'href="#wish"' in refused.text
    assert rows() == []
    client.post(url(event), data=form(wish="room"))
    client.post(url(event), data=form(email="bo@example.org", wish="room"))
    first, second = rows()
    assert (first.places_id, first.waits_for_id) == (event.room_id, None)
    assert (second.state, second.places_id, second.waits_for_id) == ("confirmed", event.online_id, event.room_id)
    assert "full at the moment" in client.get(url(event)).text


def test_only_named_fields_are_read(client, session, form, rows):
    """C20: what the form does not name is ignored."""
    event, other = make_event(session, capacity_online=1), make_event(session)
    make_registration(session, event, address="first@example.org")
    extra = {
        "state": "confirmed", "event_id": str(other.id), "places_id": "1", "public_id": "x" * 22, "id": "1",
        "link_version": "9", "wish": "room", "every": "every", "series_registration_id": "1",
        "attended_at": "2026-01-01",
        "person_id": "1", "language": "xx", "code_agreed": "yes", "consent_1": "yes", "q_unknown": "x",
        "csrf_token": "x",
    }  # fmt: skip
    assert client.post(url(event), data=form(**extra)).status_code == 303
    mine = rows()[-1]
    assert (mine.event_id, mine.state, mine.link_version, mine.language) == (event.id, "waitlisted", 1, "en")
    assert mine.public_id != "x" * 22
    assert session.scalar(select(func.count(Consent.id))) == 0


@pytest.mark.parametrize("headers", [{}, HX])
def test_a_program_that_fills_every_field_is_thanked_and_ignored(client, session, form, rows, mails, headers):
    event = make_event(session)
    honest = client.post(url(event), data=form(), headers=headers)
    caught = client.post(url(event), data=form(email="bot@example.org", fax="123"), headers=headers)
    assert (caught.status_code, caught.data, caught.location) == (honest.status_code, honest.data, honest.location)
    assert len(rows()) == 1
    assert mails() == ["confirmed"]


def test_the_field_for_programs_is_hidden_by_a_class(client, session):
    page = client.get(url(make_event(session))).text
    assert "style=" not in page
    assert '<div class="visually-hidden" aria-hidden="true">' in page


def test_more_than_a_hospital_from_one_network_is_asked_to_wait(make_another, app, session, form, rows):
    event = make_event(session)
    session.commit()
    small = make_another(REGISTRATIONS_PER_NETWORK="2").test_client()
    codes = [small.post(url(event), data=form(email=f"p{n}@example.org")).status_code for n in range(4)]
    assert codes == [303, 303, 429, 429]
    assert len(rows()) == 2


def test_a_newcomer_costs_few_statements(client, session, form, engine, rows):
    event = make_event(session)
    statements = []

    @events.listens_for(engine, "before_cursor_execute")
    def note(connection, cursor, statement, *rest):
        if not statement.startswith(("BEGIN", "PRAGMA")):
            statements.append(statement)

    assert client.post(url(event), data=form()).status_code == 303
    # Looked at: the event, what it asks. Written: event, person, mails to them, place, mail, invite, registration,
    # and last of all, because everybody from one house waits for it, the network's count.
    assert len(statements) == 10, "\n\n".join(statements)
    assert "attempts" in statements[-1]
    assert len(rows()) == 1


def test_every_month_is_one_registration_for_the_series_and_one_for_each_date(client, session, form, rows, mails):
    series = make_series(session)
    first, *later = dates_of(session, series)
    page = client.get(url(first)).text
    assert "third Thursday of every month" in page
    answer = client.post(url(first), data=form(every="every"))
    assert answer.location.endswith("/registered?every=1")
    assert "every time" in client.get(answer.location).text
    assert [row.event_id for row in rows()] == [first.id, *(date.id for date in later)]
    [every] = session.scalars(select(SeriesRegistration)).all()
    assert {row.series_registration_id for row in rows()} == {every.id}
    assert mails() == ["series_confirmed"]


def test_just_this_one_is_what_is_taken_when_nothing_is_chosen(client, session, form, rows):
    first = dates_of(session, make_series(session))[0]
    client.post(url(first), data=form())
    assert [row.series_registration_id for row in rows()] == [None]
    assert client.post(url(first), data=form(every="sometimes")).status_code == 422


def test_every_month_takes_an_earlier_single_invite_out_of_the_calendar(client, session, form, rows, mails):
    first = dates_of(session, make_series(session))[0]
    client.post(url(first), data=form())
    client.post(url(first), data=form(every="every"))
    assert mails() == ["confirmed", "joined_series", "series_confirmed"]
    facts = session.scalars(select(OutboxMail.facts).where(OutboxMail.kind == "joined_series")).one()
    assert facts["invite"]["method"] == "CANCEL"
    assert facts["invite"]["uid"] == first.uid
    pool = session.get_one(Places, first.online_id, populate_existing=True)
    assert pool.taken == 1


def test_a_full_date_of_every_month_is_waited_for(client, session, form, rows):
    series = make_series(session, capacity_online=1)
    first, second, third = dates_of(session, series)
    make_registration(session, second, address="first@example.org")
    client.post(url(first), data=form(every="every"))
    mine = {row.event_id: row.state for row in rows() if row.series_registration_id}
    assert mine == {first.id: "confirmed", second.id: "waitlisted", third.id: "confirmed"}
    facts = session.scalars(select(OutboxMail.facts).where(OutboxMail.kind == "series_confirmed")).one()
    assert facts["rule"]["excluded"] == ["2027-01-21T18:00:00"]


def test_every_month_on_a_gathering_that_is_alone_changes_nothing(client, session, form, rows):
    event = make_event(session)
    assert client.post(url(event), data=form(every="every")).status_code == 303
    assert session.scalar(select(func.count(SeriesRegistration.id))) == 0
    assert len(rows()) == 1


def test_what_was_typed_is_kept_and_each_problem_stands_at_its_field(client, session, form, rows):
    event = make_event(session)
    answer = client.post(url(event), data=form(name="", email="no address", zone="Nowhere <b>"), headers=HX)
    assert answer.status_code == 422
    assert "<html" not in answer.text
    page = answer.text
    for field in ("name", "email", "zone"):
        assert f'href="#{field}"' in page
        assert f'id="{field}-error"' in page
        assert f'aria-describedby="{"zone-help " if field == "zone" else ""}{field}-error" aria-invalid="true"' in page
    assert 'value="no address"' in page
    assert "Nowhere &lt;b&gt;" in page
    assert 'id="problems" role="alert" tabindex="-1" autofocus' in page
    assert rows() == []
    assert session.scalar(select(func.count(Person.id))) == 0


def test_nothing_personal_stands_in_what_the_visitor_can_share(client, session, form):
    event = make_event(session)
    answer = client.post(url(event), data=form())
    assert "example.org" not in unescape(answer.location)
    assert "Ada" not in answer.location


def test_a_repeated_press_after_cancelling_is_a_new_registration(client, session, form, rows, mails):
    event = make_event(session)
    client.post(url(event), data=form())
    [mine] = rows()
    assert isinstance(mine, Registration)
    signer = client.application.extensions["gatherings.signer"]
    client.post(f"/registrations/{signer.sign('manage', mine.public_id, 1)}/cancel")
    client.post(url(event), data=form(name="Ada Again"))
    [mine] = rows()
    assert (mine.state, mine.name, mine.link_version) == ("confirmed", "Ada Again", 2)
    assert mails() == ["confirmed", "cancelled", "confirmed"]
    told = session.scalars(select(OutboxMail.facts).order_by(OutboxMail.id))
    sequences = [facts["invite"]["sequence"] for facts in told]
    assert sequences == sorted(set(sequences))
