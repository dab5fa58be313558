"""What must hold of each kind of letter, and for names that were meant to do harm."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.accounts.actions import meet_person
from gatherings.accounts.models import Person
from gatherings.accounts.rules import normalise_address
from gatherings.db.places import Places
from gatherings.events.actions import note_series_change
from gatherings.events.models import SeriesRule
from gatherings.mail import actions as outbox
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions import ask_new_address, cancel, confirm_new_address
from gatherings.registration.actions.finding import send_links
from gatherings.registration.actions.handing import hand_on
from gatherings.registration.actions.leaving_series import cancel_series
from gatherings.registration.actions.rule_ended import end_rule
from gatherings.registration.actions.sending import send_again
from gatherings.registration.actions.sending_series import get_series_of_any_status
from gatherings.registration.actions.swapping import swap
from gatherings.registration.actions.telling import list_due_changes, remind, tell_change
from gatherings.registration.actions.ticketed import let_go
from gatherings.registration.actions.waiting import lock_pools, serve_event
from gatherings.registration.mails import COMPOSERS
from gatherings.registration.models import Registration
from gatherings.registration.offer_facts import post as post_offer
from gatherings.registration.rules import Wanted
from gatherings.tickets.models import Ticket
from tests.factories import (
    NOW,
    SITE,
    dates_of,
    get_registration,
    make_community,
    make_event,
    make_registration,
    make_series,
    make_series_registration,
)
from tests.ticket_orders import make_order
from tests.ticketing import festival

HOUR = timedelta(hours=1)
NAMES = (
    "Ada Example", "<a href='https://x.example'>Ada</a>", "{{ 7*7 }} ${7*7} %(title)s %s", 'Ada "A;B,C:\\N" O’Hara 愛',
)  # fmt: skip


def post_my_data(session):
    outbox.post(
        session, key="my-data:1", kind="my_data", recipient="ada@example.org", sender="Gatherings",
        zone="Pacific/Auckland", facts={"secret": "S" * 43, "to": {"name": "Ada", "address": "ada@example.org"}},
        now=NOW, domain="example.org",
    )  # fmt: skip


def end_the_rule(session, series):
    """Let a series go on under another rule, with an entry of its own."""
    (old,) = series.rules
    old.until_at = datetime(2027, 2, 1, tzinfo=UTC)
    new = SeriesRule(
        uid=f"series-of-fridays-{series.id}@gatherings.test", rule="FREQ=MONTHLY;BYDAY=3FR",
        starts_local=datetime(2027, 2, 19, 18), zone="Europe/London", minutes=60,
    )  # fmt: skip
    series.rules.append(new)
    assert end_rule(session, series, old, new, SITE, now=NOW) == 1


def live_through_everything(session, change, name):
    """Cause a letter of every kind by the real actions."""
    community = make_community(session)
    event = make_event(session, community, capacity_online=1, title=name)
    ada = make_registration(session, event, name=name)
    make_registration(session, event, name=name, address="ben@example.org")
    change(event, NOW, place_name="Somewhere", join_url="https://meet.example.org/new")
    cancel(session, get_registration(session, ada.public_id), SITE, now=NOW + HOUR)
    moving = make_registration(session, make_event(session, community), name=name)
    ask_new_address(session, moving, normalise_address("ada@example.net"), SITE, now=NOW)
    session.flush()
    link = session.query(OutboxMail).filter_by(kind="new_address").one().facts["secret"]
    confirm_new_address(session, get_registration(session, moving.public_id), link, SITE, now=NOW)
    series = make_series(session, community, title=name)
    december = dates_of(session, series)[0]
    make_registration(session, december, name=name)
    make_series_registration(session, december, name=name)
    change(event, NOW + HOUR, status="cancelled")
    remind(session, SITE, now=december.starts_at - 23 * HOUR)
    remind(session, SITE, now=december.starts_at - HOUR / 2)
    post_my_data(session)
    send_links(session, "ada@example.org", SITE, now=NOW)
    evening = make_event(session, community, mode="hybrid", title=name)
    morning = make_event(
        session, community, mode="hybrid", title=name, starts_local=datetime(2026, 12, 15, 8), twin_of_id=evening.id
    )
    evening.twin_of_id = morning.id
    swapping = make_registration(session, evening, name=name, wish="room")
    assert swap(session, get_registration(session, swapping.public_id), SITE, now=NOW)
    sell_tickets(session, community, name)
    other = make_series(session, community, title=name)
    leaving = make_series_registration(session, dates_of(session, other)[0], name=name)
    cancel_series(session, leaving, SITE, now=NOW)
    series = get_series_of_any_status(session, series.id)
    end_the_rule(session, series)
    for status in ("published", "cancelled"):
        series.status = status
        note_series_change(session, series, ("rule",), {}, now=NOW, delay=0)
        session.flush()
        for change_id in list_due_changes(session, NOW):
            tell_change(session, change_id, SITE, now=NOW)


def sell_tickets(session, community, name):
    """Wait for a ticket as somebody else and oneself, be offered it, ask how it stands, let it pass; hand one on."""
    event, kind = festival(session, community=community, title=name)
    kind.name = name
    session.get_one(Places, kind.places_id).capacity = 0
    for_two = make_order(session, event, kind, "ada@example.org", "ben@example.org", state="wished", name=name)
    own = session.scalars(select(Ticket).where(Ticket.order_id == for_two.id).order_by(Ticket.id)).first()
    lock_pools(session, event)
    let_go(session, [own], event, SITE, by="person", now=NOW)
    buyer = session.get_one(Person, for_two.person_id)
    post_offer(session, "ticket_wished", for_two, [(kind, own)], event, buyer, SITE, now=NOW)
    session.get_one(Places, kind.places_id).capacity = 2
    session.flush()
    serve_event(session, event.id, SITE, now=NOW)
    ticket = session.scalars(select(Ticket).where(Ticket.state == "held")).one()
    public_id = session.get_one(Registration, ticket.registration_id).public_id
    send_again(session, get_registration(session, public_id), SITE, now=NOW)
    let_go(session, [ticket], event, SITE, by="expiry", now=NOW + timedelta(days=3))
    bought = make_order(session, event, kind, "ada@example.org", name=name)
    ticket = session.scalars(select(Ticket).where(Ticket.order_id == bought.id)).one()
    lock_pools(session, event)
    person, newcomer = meet_person(session, normalise_address("cleo@example.org"), now=NOW)
    wanted = Wanted(normalise_address("cleo@example.org"), name, "Europe/London", code_agreed=True)
    hand_on(session, ticket, person, newcomer, wanted, SITE, now=NOW)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


@pytest.fixture
def posts(session, mails, change, name):
    live_through_everything(session, change, name)
    return mails()


def links_in(html):
    return set(re.findall(r'href="([^"]+)"', html))


@pytest.mark.parametrize("name", NAMES[1:2])
def test_all_kinds_hold_what_every_letter_must(posts):
    assert {post.row.kind for post in posts} == set(COMPOSERS)
    for post in posts:
        kind = post.row.kind
        assert "meet.example.org" not in post.everything, kind
        # The same content in both forms: each link, each fact.
        assert links_in(post.html) == set(re.findall(r"https?://gatherings\.test\S+", post.text)), kind
        assert not [line for line in post.text.splitlines() if len(line) > 78 and "http" not in line], kind
        assert "\n" not in post.letter.subject
        assert post.message["To"] == post.row.recipient
        assert post.html.count('class="button-link"') == (0 if kind == "links" else 1), kind


@pytest.mark.parametrize("name", NAMES[1:2])
def test_calendars_carry_no_way_to_manage_and_one_reader(posts):
    invites = [post for post in posts if post.ics]
    assert {post.row.kind for post in invites} == set(COMPOSERS) - {
        "waiting", "held", "ticket_offered", "ticket_wished", "offer_ended",
        "reminder_day", "reminder_hour", "new_address", "links", "my_data",
    }  # fmt: skip
    for post in invites:
        assert b"/registrations/" not in post.ics
        (attached,) = [part for part in post.message.walk() if part.get_content_type() == "application/ics"]
        assert post.ics == attached.get_payload(decode=True)
        for event in post.events:
            assert event["ATTENDEE"] == f"mailto:{post.row.recipient}"
            assert event["ORGANIZER"] == "mailto:gatherings@example.org"
        assert post.ics.count(b"\r\nMETHOD:") == 1


@pytest.mark.one_database("of letters; other tests have such names on both")
def test_names_stay_what_they_are(posts, name):
    for post in posts:
        if post.row.kind in ("my_data", "new_address"):
            continue
        assert name in post.letter.text, post.row.kind
        assert "https://x.example" not in links_in(post.html)
        assert "<a href='" not in post.letter.html
        assert "49 $" not in post.text  # 7*7, worked out by some template
        assert "$49" not in post.text
    confirmed = next(post for post in posts if post.row.kind == "confirmed")
    assert str(confirmed.event["SUMMARY"]) == name
    assert len(confirmed.ics.split(b"BEGIN:VEVENT")) == 2


def test_line_breaks_in_a_name_make_no_line_of_their_own(session, mail):
    event = make_event(session, title="A\r\nBcc: eve@example.org\n\nX")
    make_registration(session, event, name="Ada\nMETHOD:CANCEL\r\nTo: eve@example.org")
    post = mail("confirmed")
    assert post.message["Bcc"] is None
    assert post.message["Subject"] == "You have a place: A Bcc: eve@example.org X"
    assert "Hello Ada METHOD:CANCEL To: eve@example.org," in post.letter.text
    assert b"\r\nMETHOD:CANCEL" not in post.ics


def test_ended_rule_ends_its_own_entry_and_another_begins(session, mails):
    series = make_series(session)
    make_series_registration(session, dates_of(session, series)[0])
    series = get_series_of_any_status(session, series.id)
    end_the_rule(session, series)
    confirmed, ended = mails()
    assert (ended.row.kind, ended.said[0], ended.said[2]) == ("series_rule_ended", "REQUEST", confirmed.said[2])
    assert ended.event["RRULE"].to_ical() == b"FREQ=MONTHLY;UNTIL=20270201T000000Z;BYDAY=3TH"
