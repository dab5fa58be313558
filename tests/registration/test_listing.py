"""The list of an event's registrations: what a filter finds, by what it is sorted, and its pages."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from gatherings.core.tokens import new_public_id
from gatherings.registration import listing
from gatherings.registration.actions import cancel
from gatherings.registration.actions.leaving import erase
from gatherings.registration.listing import Filter
from gatherings.registration.models import Answer
from tests.factories import NOW, SITE, make_community, make_event, make_question, make_registration

PEOPLE = [  # the gathering begins at 18:00 UTC
    ("Zoë & Sons <3", "zoe@example.org", "Europe/London"),  # evening
    ("李雷", "li@example.org", "Asia/Tokyo"),  # 03:00
    ("Sam 100%", "sam_1@example.org", "America/New_York"),  # 13:00
    ("Mere", "mere@Example.org", "Pacific/Auckland"),  # 07:00
]


@pytest.fixture
def event(session: Session):
    event = make_event(session, mode="hybrid", capacity_room=2)
    for number, (name, address, zone) in enumerate(PEOPLE):
        wish = "room" if number < 3 else "online"
        make_registration(
            session, event, name=name, address=address, zone=zone, wish=wish, now=NOW + timedelta(minutes=number)
        )
    return event


def found(session, event, **args):
    page = listing.rows(session, event, Filter.read(args))
    names = [row.registration.name for row in page.rows]
    assert len(names) == listing.count(session, event, Filter.read(args))
    assert len(names) == len(listing.ids(session, event, Filter.read(args)))
    return names


def test_what_a_filter_finds(session: Session, event) -> None:
    zoe, li, sam, mere = (name for name, _, _ in PEOPLE)
    assert found(session, event) == [mere, sam, li, zoe]
    for args, names in (
        ({"words": "ZOE sons"}, [zoe]),
        ({"words": "李"}, [li]),
        ({"words": "mere@example"}, [mere]),
        ({"words": "100%"}, [sam]),
        ({"words": "%"}, []),  # no wildcards
        ({"words": "m_1@"}, [sam]),
        ({"words": "m_e@"}, []),
        ({"state": "waiting"}, [sam]),
        ({"side": "room"}, [li, zoe]),
        ({"side": "online"}, [mere, sam]),  # sam has an online place until there is one in the room
        ({"country": "NZ"}, [mere]),
        ({"country": "fr"}, []),
        ({"zone": "Asia/Tokyo"}, [li]),
        ({"hours": "asleep"}, [li]),
        ({"hours": "breakfast"}, [mere]),
        ({"hours": "work"}, [sam]),
        ({"hours": "evening"}, [zoe]),
        ({"hours": "evening", "country": "NZ"}, []),
        ({"came": "yes"}, []),
        ({"made_by": "list"}, []),
        ({"state": "banana", "hours": "'; DROP", "zone": "Mars", "sort": "password", "country": "xxx"},
         [mere, sam, li, zoe]),
        ({"sort": "name"}, [mere, sam, zoe, li]),
        ({"sort": "-name"}, [li, zoe, sam, mere]),
        ({"sort": "hour"}, [li, mere, sam, zoe]),
        ({"sort": "time"}, [zoe, li, sam, mere]),
    ):  # fmt: skip
        assert found(session, event, **args) == names, args


def test_cancelled_and_erased_ones(session: Session, event) -> None:
    anna = make_registration(session, event, name="Anna", address="anna@example.org")
    cancel(session, anna, SITE, now=NOW)
    assert found(session, event, words="anna") == []
    assert found(session, event, words="anna", state="cancelled") == ["Anna"]
    assert found(session, event, words="anna", state="all") == ["Anna"]
    erase(session, anna, now=NOW)
    session.flush()
    assert found(session, event, state="cancelled") == []
    assert len(found(session, event, state="all")) == 4


def test_answers(session: Session, event) -> None:
    people = [row.registration for row in listing.rows(session, event, Filter(sort="time")).rows]
    food, sure = make_question(session, event, "many_of"), make_question(session, event, "yes_no")
    given = [{"key": "soup", "label": 'My "key": "cake"'}, {"key": "tè", "label": "Tè"}]
    session.add(Answer(question_id=food.id, registration_id=people[0].id, value=given))
    session.add(Answer(question_id=food.id, registration_id=people[1].id, value=[]))
    session.add(Answer(question_id=sure.id, registration_id=people[2].id, value=False))
    session.flush()

    def answered(question, key):
        return [name[:3] for name in found(session, event, answer=f"{question.public_id}:{key}", sort="time")]

    assert answered(food, "soup") == ["Zoë"]
    assert answered(food, "tè") == ["Zoë"]
    assert answered(food, "cake") == answered(food, "sou") == answered(food, "%") == []
    assert answered(food, "any") == ["Zoë"]
    assert answered(food, "none") == ["李雷", "Sam", "Mer"]
    assert answered(sure, "no") == ["Sam"]
    assert answered(sure, "yes") == []


def test_the_first_time_here(session: Session, event) -> None:
    before = make_event(session, community=event.community, starts_local=datetime(2026, 11, 21, 18, 0))
    elsewhere = make_event(session, community=make_community(session), starts_local=datetime(2026, 11, 21, 18, 0))
    make_registration(session, before, name="Mere", address="mere@example.org")
    make_registration(session, elsewhere, name="Zoë", address="zoe@example.org")
    assert found(session, event, first="no") == ["Mere"]
    assert len(found(session, event, first="yes")) == 3
    assert [row.first_time for row in listing.rows(session, event, Filter(sort="-time")).rows] == [False, *[True] * 3]


def test_who_sees_names_only_finds_nothing_by_address_or_answer(session: Session, event) -> None:
    question = make_question(session, event)
    plain = Filter.read({"words": "example", "answer": f"{question.public_id}:any"})
    assert listing.count(session, event, plain.for_names_only()) == 0
    assert listing.count(session, event, Filter(answer="any", question=question.public_id).for_names_only()) == 4


def test_pages_both_ways_by_every_order(session: Session, event) -> None:
    for number in range(7):
        make_registration(session, event, name="Same", address=f"same{number}@example.org", wish="room")
    for sort in listing.SORTS:
        filter = Filter(sort=sort)
        whole = [row.registration.id for row in listing.rows(session, event, filter).rows]
        onwards, at = [], ""
        while True:
            page = listing.rows(session, event, filter, at=at, limit=3)
            assert (page.earlier is None) == (at == "")
            onwards += [row.registration.id for row in page.rows]
            if page.later is None:
                break
            at = page.later
        back: list[int] = []
        at = "last"
        while True:
            page = listing.rows(session, event, filter, at=at, limit=3)
            back = [row.registration.id for row in page.rows] + back
            if page.earlier is None:
                break
            at = page.earlier
        assert onwards == back == whole, sort
    other = make_registration(session, make_event(session), address="other@example.org")
    first = listing.rows(session, event, Filter(), limit=3)
    for at in ("banana", "after.", f"after.{new_public_id()}", f"before.{other.public_id}", "after.%00", "x" * 9000):
        assert listing.rows(session, event, Filter(), at=at, limit=3) == first


def test_the_waiting_list_by_number(session: Session, event) -> None:
    make_registration(session, event, name="Ben", address="ben@example.org", wish="room")
    waiting = listing.rows(session, event, Filter.read({"state": "waiting", "sort": "state"})).rows
    assert [(row.registration.name, row.position) for row in waiting] == [("Sam 100%", 1), ("Ben", 2)]


def test_an_address_and_back() -> None:
    args = {"words": "Zoë & <3", "state": "all", "hours": "asleep", "answer": f"{new_public_id()}:soup", "sort": "name"}
    assert Filter.read(args).to_args() == args
    assert Filter.read(MultiDict([("state", "cancelled"), ("state", "all")])).to_args() == {"state": "cancelled"}
    assert Filter.read({"words": "a\x00b\u202e\n c" + "x" * 500, "page": "9"}).words[:5] == "a b c"
    assert Filter().to_args() == {}
    assert not Filter().narrowed()
