"""Choosing: places by one guarded statement, the kind refusal, the reserve's order, a withdrawal that makes room."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gatherings.audit.models import LogEntry
from gatherings.calls.actions import choosing, room
from gatherings.calls.actions.room import NoRoom
from gatherings.calls.models import Call, Submission
from gatherings.calls.rules.call import limit_of
from gatherings.core.errors import Conflict, NotFound
from gatherings.db.session import transact
from gatherings.mail.models import OutboxMail
from tests.factories import NOW, SITE, make_community, make_event
from tests.races import at_once
from tests.slotting import make_call, make_co_presenter, make_submission

BY = "a" * 22


@pytest.fixture
def event(session):
    return make_event(session, make_community(session))


def fill(session, call, number, *, state="submitted", **values):
    return [
        make_submission(session, call, f"p{one}-{state}@example.org", state=state, title=f"{state} {one}", **values)
        for one in range(number)
    ]


def decide(session, event, chosen, to, now=NOW):
    return choosing.decide(session, event.id, [one.public_id for one in chosen], to, by=BY, now=now)


def books(session, call):
    """Give what the call counts, and prove that its rows say the same."""
    session.expire_all()
    rows = session.scalars(
        select(Submission).where(Submission.call_id == call.id, Submission.state == "accepted")
    ).all()
    found = session.get_one(Call, call.id)
    counted = len(rows), sum(one.seconds + found.change_seconds for one in rows)
    assert (found.accepted, found.accepted_seconds) == counted
    return counted


def said(refusal):
    return " ".join(str(sentence) for sentence in refusal.value.sentences)


def test_accepting_takes_places_and_taking_back_gives_them_back(session, event):
    call = make_call(session, event)
    one, two, three = fill(session, call, 3)
    assert decide(session, event, [one, two], "accepted") == 2
    assert books(session, call) == (2, 420)
    assert decide(session, event, [one, two], "accepted") == 0  # pressed twice
    assert decide(session, event, [one, three], "declined") == 2
    assert books(session, call) == (1, 210)
    assert decide(session, event, [one, two, three], "submitted") == 3
    assert books(session, call) == (0, 0)
    assert {entry.action for entry in session.scalars(select(LogEntry))} == {"decide_submission"}
    assert session.scalars(select(OutboxMail)).all() == []  # nobody hears of it


@pytest.mark.parametrize(
    ("kept_minutes", "words"),
    [
        (0, ["All 8 slots are taken", "32:30 are left: a slot of 3:00 would fit, if the call had one place more."]),
        (30, ["All 8 slots are taken", "2:30 are left: a slot of 2:00 would fit"]),
        (31, ["All 8 slots are taken", "1:30 are left: too short for any slot of this call."]),
    ],
)
def test_the_ninth_is_refused_with_what_would_fit(session, event, kept_minutes, words):
    call = make_call(session, event, kept_seconds=60 * kept_minutes)
    accepted = fill(session, call, 8)
    assert decide(session, event, accepted, "accepted") == 8
    ninth = make_submission(session, call, "ninth@example.org")
    session.commit()
    with pytest.raises(NoRoom) as refusal:
        decide(session, event, [ninth], "accepted")
    session.rollback()
    for part in [*words, "reserve"]:
        assert part in said(refusal)
    assert books(session, call) == (8, 8 * 210)


def test_a_slot_too_long_for_the_minutes_and_several_that_do_not_all_fit(session, event):
    call = make_call(session, event, kept_seconds=60 * 60 - 570)  # 9:30: two slots of 3:00 and one of 2:30
    long = fill(session, call, 4)
    short = make_submission(session, call, "short@example.org", seconds=150)
    session.commit()
    with pytest.raises(NoRoom) as refusal:
        decide(session, event, [*long, short], "accepted")
    session.rollback()
    assert "You ticked 5, and there is room for 3 of them." in said(refusal)
    assert books(session, call) == (0, 0)
    assert decide(session, event, long[:2], "accepted") == 2
    session.commit()
    with pytest.raises(NoRoom) as refusal:
        decide(session, event, [long[2]], "accepted")
    session.rollback()
    assert "3:00 are left: a slot of 2:30 would fit." in said(refusal)
    assert decide(session, event, [short], "accepted") == 1
    assert books(session, call)[0] == 3
    room.relength(session, short.id, 120, now=NOW)
    assert books(session, call)[0] == 3
    session.commit()
    with pytest.raises(NoRoom):
        room.relength(session, short.id, 180, now=NOW)


def test_what_is_not_there_or_was_withdrawn_is_not_decided_on(session, event, now):
    call = make_call(session, event)
    (one,) = fill(session, call, 1)
    other = make_event(session, slug="another")
    foreign = make_submission(session, make_call(session, other), "foreign@example.org")
    draft = make_submission(session, call, "draft@example.org", state="draft")
    session.commit()
    for chosen in ([one, foreign], [draft]):
        with pytest.raises(NotFound):
            decide(session, event, chosen, "accepted")
        session.rollback()
    assert choosing.withdraw(session, one.id, now=now, site=SITE) is True
    assert choosing.withdraw(session, one.id, now=now, site=SITE) is False
    session.commit()
    with pytest.raises(Conflict):
        decide(session, event, [one], "accepted")


def test_the_reserve_keeps_its_order(session, event):
    call = make_call(session, event)
    three = fill(session, call, 3)
    decide(session, event, three, "reserve")
    assert [one.reserve_number for one in three] == [1, 2, 3]
    move = lambda one, **how: choosing.move_on_reserve(session, event.id, one.public_id, by=BY, now=NOW, **how)  # noqa: E731
    assert move(three[2], step=-1) == 2
    assert move(three[2], to=1) == 1
    assert move(three[2], step=-1) == 1  # there is nothing above
    assert move(three[0], to=99) == 3
    assert [one.reserve_number for one in three] == [3, 2, 1]
    decide(session, event, [three[1]], "declined")
    assert [one.reserve_number for one in three] == [2, None, 1]
    with pytest.raises(Conflict):
        move(three[1], step=1)


def offers(session):
    return [mail for mail in session.scalars(select(OutboxMail)) if mail.facts.get("letter") == "offer"]


def test_a_withdrawal_offers_the_place_to_the_next_whose_length_fits(session, event, now):
    call = make_call(session, event, kept_seconds=60 * 60 - 27 * 60 - 30)  # room for eight of 3:00 and no second more
    accepted = fill(session, call, 8, state="accepted", told="accepted", confirmed_at=NOW, decided_at=NOW)
    accepted[0].seconds, call.accepted_seconds = 120, call.accepted_seconds - 60
    reserve = fill(session, call, 2, state="reserve", told="reserve", decided_at=NOW)
    reserve[0].reserve_number, reserve[1].reserve_number, reserve[1].seconds = 1, 2, 120
    make_co_presenter(session, reserve[1], "with@example.org", "With")
    reserve[0].seconds = 181  # longer than what becomes free
    call.most_seconds = 200
    session.flush()
    assert choosing.withdraw(session, accepted[0].id, now=now, site=SITE)
    assert books(session, call)[0] == 8
    assert [one.state for one in reserve] == ["reserve", "accepted"]
    assert (reserve[1].told, reserve[1].told_at, reserve[1].confirmed_at) == ("accepted", now, None)
    assert sorted(mail.recipient for mail in offers(session)) == ["p1-reserve@example.org", "with@example.org"]
    assert reserve[0].reserve_number == 1
    actions = [entry.action for entry in session.scalars(select(LogEntry).order_by(LogEntry.id))]
    assert actions == ["withdraw_submission", "offer_place"]


def test_before_any_letter_was_sent_the_next_moves_up_in_silence(session, event, now):
    call = make_call(session, event, places=1)
    (accepted,) = fill(session, call, 1, state="accepted")
    (reserve,) = fill(session, call, 1, state="reserve", reserve_number=1)
    choosing.withdraw(session, accepted.id, now=now, site=SITE)
    assert (reserve.state, reserve.told) == ("accepted", "")
    assert offers(session) == []


def test_once_it_has_begun_nobody_is_offered_a_place(session, event):
    call = make_call(session, event, places=1)
    (accepted,) = fill(session, call, 1, state="accepted", told="accepted")
    (reserve,) = fill(session, call, 1, state="reserve", told="reserve", reserve_number=1)
    choosing.withdraw(session, accepted.id, now=event.starts_at, site=SITE)
    assert reserve.state == "reserve"
    assert books(session, call) == (0, 0)


# Races, on each database: exactly K of 10 K, and the counter-test.

PLACES, THREADS = 3, 30


def test_of_ten_times_as_many_accepted_at_once_exactly_as_many_as_there_are_places(app, session, event):
    call = make_call(session, event, places=PLACES)
    chosen = fill(session, call, THREADS)

    def press(one):
        def act():
            with app.app_context():
                return transact(choosing.decide, event.id, [one.public_id], "accepted", by=BY, now=NOW)

        return act

    found = at_once(app, [press(one) for one in chosen])
    assert sum(one == 1 for one in found) == PLACES
    assert sum(isinstance(one, NoRoom) for one in found) == THREADS - PLACES
    assert books(session, call) == (PLACES, PLACES * 210)


def test_without_the_guard_too_many_are_accepted(app, session, event):
    """The counter-test: who looks first and takes afterwards accepts more than there are places."""
    call = make_call(session, event, places=PLACES)
    chosen = fill(session, call, 10)
    all_have_looked = threading.Barrier(len(chosen))

    def press(one):
        def look(session):
            found = session.get_one(Call, call.id)
            return found.accepted < found.places and found.accepted_seconds + 210 <= limit_of(found, event)

        def take(session):
            session.execute(update(Submission).where(Submission.id == one.id).values(state="accepted"))
            more = {"accepted": Call.accepted + 1, "accepted_seconds": Call.accepted_seconds + 210}
            session.execute(update(Call).where(Call.id == call.id).values(more))

        def act():
            with app.app_context():
                free = transact(look)
                all_have_looked.wait(20)
                if free:
                    transact(take)
                return free

        return act

    assert sum(one is True for one in at_once(app, [press(one) for one in chosen])) > PLACES
    assert books(session, call)[0] > PLACES


def test_two_withdrawals_at_once_give_two_offers_and_never_one_person_twice(app, session, event, now):
    call = make_call(session, event, places=4)
    accepted = fill(session, call, 4, state="accepted", told="accepted")
    reserve = fill(session, call, 3, state="reserve", told="reserve")
    for number, one in enumerate(reserve, 1):
        one.reserve_number = number

    def press(one):
        def act():
            with app.app_context():
                return transact(choosing.withdraw, one.id, now=now, site=SITE)

        return act

    # Each of two withdraws, and each presses twice.
    found = at_once(app, [press(one) for one in (*accepted[:2], *accepted[:2])])
    assert sorted(found) == [False, False, True, True]
    assert books(session, call)[0] == 4
    assert [one.state for one in reserve] == ["accepted", "accepted", "reserve"]
    assert sorted(mail.recipient for mail in offers(session)) == ["p0-reserve@example.org", "p1-reserve@example.org"]
    assert session.get_one(Submission, reserve[2].id).reserve_number == 1


def test_a_withdrawal_and_an_acceptance_at_once_share_one_place(app, session, event, now):
    call = make_call(session, event, places=1)
    (accepted,) = fill(session, call, 1, state="accepted", told="accepted")
    (reserve,) = fill(session, call, 1, state="reserve", told="reserve", reserve_number=1)
    (other,) = fill(session, call, 1)

    def leave():
        with app.app_context():
            return transact(choosing.withdraw, accepted.id, now=now + timedelta(seconds=1), site=SITE)

    def accept():
        with app.app_context():
            return transact(choosing.decide, event.id, [other.public_id], "accepted", by=BY, now=NOW)

    at_once(app, [leave, accept])
    assert books(session, call)[0] == 1
    assert reserve.state == "accepted"  # whoever came first, the place went to the next in line
