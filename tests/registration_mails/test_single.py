"""The letters about one registration, made by the real actions."""

import re
from datetime import date, datetime, timedelta

from gatherings.accounts.rules import normalise_address
from gatherings.planning.actions.publication import cancel_event, publish
from gatherings.registration.actions import (
    ask_new_address,
    cancel,
    confirm_new_address,
    move_to,
    register,
)
from gatherings.registration.actions.telling import list_due_changes, remind, tell_change
from gatherings.registration.rules import Wanted
from tests.factories import NOW, SITE, get_registration, make_community, make_event, make_registration
from tests.signing import make_role

ADA = "ada@example.org"
BEN = "ben@example.org"
HOUR = timedelta(hours=1)

GOLDEN = """\
You have a place
================

Hello Ada Example,

You are registered for “What matters to you”.

Your time: Friday 18 December, 07:00–08:00 in Auckland
In London: Thursday 17 December, 18:00–19:00
Where: Online, through your own link
Hosts: Conversations for Kindness

The invite in this mail puts it into your calendar and follows every
change.

Your way in (it opens 15 minutes before the start):
http://gatherings.test/join/TOKEN

Change or cancel:
http://gatherings.test/registrations/TOKEN

If you cannot come, please answer with “Change or cancel”, not with the
buttons of your calendar: those do not reach us. The hosts read what you
write to this address.

Is it missing from your calendar? Please add gatherings@example.org to
your contacts; in Gmail, open the invite and press “I know the sender”.

The page of this gathering:
http://gatherings.test/events/december

This was not me:
http://gatherings.test/registrations/TOKEN

--
You get this mail because your address was typed in on our page.
"""


def thursday(session, **values):
    return make_event(session, starts_local=datetime(2026, 12, 17, 18, 0), slug="december", **values)


def test_confirmed_reads_so_in_auckland(session, mail):
    make_registration(session, thursday(session))
    post = mail("confirmed")
    assert re.sub(r"(join|registrations)/[\w.-]+", r"\1/TOKEN", post.text) == GOLDEN
    assert post.message["Subject"] == "You have a place: What matters to you"
    assert post.message["From"] == "Conversations for Kindness via Gatherings <gatherings@example.org>"


def test_confirmed_brings_an_invite_for_its_reader_alone(session, mail):
    event = thursday(session)
    registration = make_registration(session, event)
    post = mail("confirmed")
    assert post.said == ("REQUEST", 0, event.uid)
    invite = post.event
    assert invite["ORGANIZER"] == "mailto:gatherings@example.org"
    assert invite["ATTENDEE"] == f"mailto:{ADA}"
    assert {name: invite["ATTENDEE"].params[name] for name in ("PARTSTAT", "RSVP", "CN")} == {
        "PARTSTAT": "ACCEPTED", "RSVP": "FALSE", "CN": "Ada Example",
    }  # fmt: skip
    assert re.fullmatch(rf"http://gatherings.test/join/{registration.public_id}\.1\.[\w-]+", str(invite["LOCATION"]))
    assert invite["URL"] == "http://gatherings.test/events/december"
    assert post.utc(invite["DTSTAMP"]) == NOW
    assert "RECURRENCE-ID" not in invite


def test_reader_in_the_hosts_zone_is_told_one_time(session, mail):
    make_registration(session, thursday(session), zone="Europe/London")
    rows = mail("confirmed").rows
    assert rows["When"] == "Thursday 17 December, 18:00–19:00 in London"
    assert "Your time" not in rows


def test_whole_days_are_the_hosts_days(session, mail):
    make_event_of_days = make_event(
        session, starts_local=datetime(2027, 6, 1), minutes=3 * 24 * 60, all_day=True, mode="in person",
        place_address="1 Main Street, London",
    )  # fmt: skip
    make_registration(session, make_event_of_days)
    post = mail("confirmed")
    assert post.rows["When"] == "Tuesday 1 June 2027 – Thursday 3 June 2027, whole days in London"
    assert post.rows["Where"] == "The Old Library, 1 Main Street, London"
    assert (post.event["DTSTART"].dt, post.event["DTEND"].dt) == (date(2027, 6, 1), date(2027, 6, 4))
    assert post.event["LOCATION"] == "The Old Library, 1 Main Street, London"
    assert "/join/" not in post.everything


def test_place_in_the_room_of_a_hybrid_gathering_has_no_link_in(session, mails):
    event = make_event(session, mode="hybrid", capacity_room=5)
    make_registration(session, event, wish="room")
    make_registration(session, event, address=BEN, wish="online")
    room, online = mails("confirmed")
    assert (room.rows["Where"], room.event["LOCATION"]) == ("The Old Library", "The Old Library")
    assert "/join/" not in room.everything
    assert online.rows["Where"] == "Online, through your own link"
    assert "/join/" in online.event["LOCATION"]


def test_online_place_until_there_is_room_says_so(session, mails):
    event = make_event(session, mode="hybrid", capacity_room=1)
    make_registration(session, event, wish="room")
    make_registration(session, event, address=BEN, wish="room")
    _ada, ben = mails("confirmed")
    sentence = (
        "You have a place online until there is one in the room. "
        "You are number 1 on the waiting list for a place in the room."
    )
    assert sentence in ben.letter.text
    assert "/join/" in ben.event["LOCATION"]


def test_waiting_says_the_position_and_has_no_invite(session, mails):
    event = make_event(session, capacity_online=1)
    for number in range(3):
        make_registration(session, event, address=f"p{number}@example.org")
    first, second = mails("waiting")
    assert "You are number 1 on the waiting list." in first.letter.text
    assert "You are number 2 on the waiting list." in second.letter.text
    assert (first.ics, second.ics) == (None, None)
    assert "/join/" not in second.everything


def test_promoted_brings_the_first_invite(session, mail):
    event = make_event(session, capacity_online=1)
    ada = make_registration(session, event)
    make_registration(session, event, address=BEN)
    cancel(session, ada, SITE, now=NOW + HOUR)
    post = mail("promoted")
    assert post.message["To"] == BEN
    assert post.said == ("REQUEST", 0, event.uid)
    assert post.event["ATTENDEE"] == f"mailto:{BEN}"


def test_promoted_to_the_room_moves_the_entry_there(session, mail):
    event = make_event(session, mode="hybrid", capacity_room=1)
    ada = make_registration(session, event, wish="room")
    make_registration(session, event, address=BEN, wish="room")
    cancel(session, ada, SITE, now=NOW + HOUR)
    post = mail("promoted")
    assert "A place in the room became free, and it is yours." in post.letter.text
    assert (post.said, str(post.event["LOCATION"])) == (("REQUEST", 1, event.uid), "The Old Library")


def test_one_entry_goes_through_life_with_a_growing_number(session, mails, change):
    event = thursday(session)
    registration = make_registration(session, event)
    change(event, NOW + HOUR, starts_local=datetime(2026, 12, 17, 19, 0), ends_local=datetime(2026, 12, 17, 20, 0))
    cancel(session, get_registration(session, registration.public_id), SITE, now=NOW + 2 * HOUR)
    wanted = Wanted(normalise_address(ADA), "Ada Example", "Pacific/Auckland", code_agreed=True)
    register(session, event.id, wanted, SITE, now=NOW + 3 * HOUR)
    assert [(post.row.kind, *post.said) for post in mails()] == [
        ("confirmed", "REQUEST", 0, event.uid),
        ("changed", "REQUEST", 1, event.uid),
        ("cancelled", "CANCEL", 2, event.uid),
        ("confirmed", "REQUEST", 3, event.uid),
    ]


def test_changed_says_before_and_now_on_both_clocks(session, mail, change):
    event = thursday(session)
    make_registration(session, event)
    moved = {"starts_local": datetime(2026, 12, 18, 9, 30), "ends_local": datetime(2026, 12, 18, 10, 30)}
    assert change(event, NOW, **moved) == 1
    post = mail("changed")
    assert post.rows["Before"] == (
        "Friday 18 December, 07:00–08:00 in Auckland · Thursday 17 December, 18:00–19:00 in London"
    )
    assert post.rows["Now"] == (
        "Friday 18 December, 22:30–23:30 in Auckland · Friday 18 December, 09:30–10:30 in London"
    )
    assert post.rows["Before"] in post.html
    assert post.utc(post.event["DTSTART"]).isoformat() == "2026-12-18T09:30:00+00:00"


def test_changed_place_and_link_are_told_to_whom_they_concern(session, mails, change):
    event = make_event(session, mode="hybrid")
    make_registration(session, event, wish="room")
    make_registration(session, event, wish="online", address=BEN)
    change(event, NOW, place_name="The New Hall", join_url="https://meet.example.org/another-room")
    room, online = mails("changed")
    assert (room.rows["Where, before"], room.rows["Where, now"]) == ("The Old Library", "The New Hall")
    assert room.event["LOCATION"] == "The New Hall"
    assert "link." not in room.letter.text
    assert "The room is another one. You come online, so nothing changes for you." in online.letter.text
    assert "The meeting has moved to a new link. Your own way in stays the same." in online.letter.text
    assert "/join/" in online.event["LOCATION"]
    assert "meet.example.org" not in room.everything + online.everything


def test_gathering_that_goes_online_says_so(session, mail, change):
    event = make_event(session, mode="in person")
    make_registration(session, event)
    change(event, NOW, mode="online", place_name=None)
    rows = mail("changed").rows
    assert (rows["Where, before"], rows["Where, now"]) == ("The Old Library", "Online")


def test_who_waits_is_told_changes_without_an_invite(session, mails, change):
    event = make_event(session, capacity_online=1)
    make_registration(session, event)
    make_registration(session, event, address=BEN)
    change(event, NOW, starts_local=datetime(2026, 12, 15, 17, 0), ends_local=datetime(2026, 12, 15, 18, 0))
    ada, ben = mails("changed")
    assert (ada.said[0], ben.ics) == ("REQUEST", None)
    assert "You are on the waiting list." in ben.letter.text


def test_called_off_takes_the_entry_away(session, mail, change):
    event = thursday(session)
    make_registration(session, event)
    change(event, NOW, status="cancelled")
    post = mail("called_off")
    assert post.said == ("CANCEL", 1, event.uid)
    assert post.event["STATUS"] == "CANCELLED"
    assert post.event["ATTENDEE"] == f"mailto:{ADA}"


def test_taken_back_cancellation_brings_the_entry_again(session, mails, change):
    event = thursday(session)
    make_registration(session, event)
    change(event, NOW, status="cancelled")
    change(event, NOW + HOUR, status="published")
    post = mails()[-1]
    assert (post.row.kind, post.said) == ("changed", ("REQUEST", 2, event.uid))
    assert "It had been cancelled. Now it takes place after all." in post.letter.text


def test_leaving_the_waiting_list_has_nothing_for_the_calendar(session, mail):
    event = make_event(session, capacity_online=1)
    make_registration(session, event)
    ben = make_registration(session, event, address=BEN)
    cancel(session, ben, SITE, now=NOW)
    post = mail("cancelled")
    assert post.ics is None
    assert "You are not on the waiting list any more." in post.letter.text


def test_moving_to_the_room_moves_the_entry(session, mails):
    event = make_event(session, mode="hybrid")
    registration = make_registration(session, event, wish="online")
    move_to(session, registration, "room", SITE, now=NOW + HOUR)
    before, after = mails("confirmed")
    assert (before.said[1], after.said[1], str(after.event["LOCATION"])) == (0, 1, "The Old Library")


def test_new_address_is_asked_then_gets_the_entry_and_the_old_one_loses_it(session, mail, mails):
    event = thursday(session)
    registration = make_registration(session, event)
    ask_new_address(session, registration, normalise_address(BEN), SITE, now=NOW + HOUR)
    asked = mail("new_address")
    found = re.search(r"http://gatherings\.test/registrations/[\w.-]+/address/([\w-]+)\n", asked.text)
    assert found
    assert (asked.message["To"], asked.ics, "Ada" in asked.everything) == (BEN, None, False)
    fresh = get_registration(session, registration.public_id)
    confirm_new_address(session, fresh, found[1], SITE, now=NOW + 1.5 * HOUR)
    gone, here = mail("moved_away"), mails("confirmed")[-1]
    assert (gone.message["To"], gone.said, gone.event["ATTENDEE"]) == (ADA, ("CANCEL", 1, event.uid), f"mailto:{ADA}")
    assert (here.message["To"], here.said[::2], here.event["ATTENDEE"]) == (
        BEN, ("REQUEST", event.uid), f"mailto:{BEN}",
    )  # fmt: skip


def test_what_is_held_after_all_goes_out_as_a_request_to_those_who_had_the_cancel(session, mails):
    event = thursday(session)
    registration = make_registration(session, event)
    gone = make_registration(session, event, address="gone@example.org")
    cancel(session, gone, SITE, now=NOW)
    host = make_role(session, event.community, "organiser")
    for number, press in enumerate((cancel_event, publish)):
        at = NOW + (number + 1) * HOUR
        for _twice in range(2):
            press(session, event.id, by=host.id, site=SITE, now=at)
        for change in list_due_changes(session, at + HOUR / 2):
            tell_change(session, change, SITE, now=at + HOUR / 2)
    off, back = mails("called_off"), mails("changed")
    assert [post.message["To"] for post in (*off, *back)] == [ADA, ADA]
    assert (off[0].said, back[0].said) == (("CANCEL", 1, event.uid), ("REQUEST", 2, event.uid))
    assert (off[0].event["STATUS"], back[0].event["STATUS"]) == ("CANCELLED", "CONFIRMED")
    assert (registration.state, gone.state) == ("confirmed", "cancelled")


def test_reminders_say_when_and_how_to_come_in(session, mails):
    event = thursday(session)
    make_registration(session, event)
    remind(session, SITE, now=event.starts_at - 23 * HOUR)
    remind(session, SITE, now=event.starts_at - HOUR / 2)
    day, hour = mails()[1:]
    assert (day.row.kind, hour.row.kind) == ("reminder_day", "reminder_hour")
    assert day.message["Subject"] == "Soon: What matters to you (Friday 18 December, 07:00)"
    assert hour.rows["In London"] == "Thursday 17 December, 18:00–19:00"
    assert re.search(r"\nJoin:\nhttp://gatherings\.test/join/", hour.text)
    assert (day.ics, hour.ics) == (None, None)


def test_community_names_the_sender_and_the_organiser(session, mail):
    community = make_community(session, name="Microsystem Festival", sender="Festival, Team")
    make_registration(session, make_event(session, community))
    post = mail("confirmed")
    assert post.message["From"] == '"Festival, Team via Gatherings" <gatherings@example.org>'
    assert post.event["ORGANIZER"].params["CN"] == "Festival, Team"
    assert post.rows["Hosts"] == "Microsystem Festival"
