"""Several at once: nothing before its minute is over, Undo leaves no trace, a killed worker does nobody twice."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, inspect, select, text, update
from sqlalchemy.orm import Session

from gatherings.audit.models import LogEntry
from gatherings.core.errors import Conflict, InvalidInput, NotFound
from gatherings.core.tokens import new_public_id
from gatherings.db import transact
from gatherings.jobs.models import Job
from gatherings.jobs.worker import Loop
from gatherings.mail.models import OutboxMail
from gatherings.registration.actions import bulk, bulk_kinds, cancel
from gatherings.registration.actions.bulk import Ticked
from gatherings.registration.listing import Filter
from gatherings.registration.models import BulkChange, Registration
from gatherings.wiring import handlers
from tests.factories import NOW, SITE, get_registration, make_community, make_event, make_registration
from tests.many import fill_event
from tests.signing import make_role

LATER = NOW + timedelta(seconds=61)


@pytest.fixture
def me(session: Session):
    return make_role(session, make_community(session), "organiser")


@pytest.fixture
def asked(app, session: Session, me):
    """Ask for something for some people of an event; give the change's public id."""

    def ask(event, kind, people=(), **more):
        session.commit()
        ticked = Ticked([one.public_id for one in people], **more)
        with app.app_context():
            change = transact(bulk.ask, event.id, kind, ticked, person_id=me.id, actor=me.public_id, now=NOW)
        return change

    return ask


@pytest.fixture
def do(app, session: Session):
    def run(action, *args, **kwargs):
        session.commit()
        with app.app_context():
            done = transact(action, *args, **kwargs)
        session.expire_all()
        return done

    return run


@pytest.fixture
def work(app, session: Session):
    """Let the worker do what is due."""

    def run(now=LATER):
        session.commit()
        done = Loop(app, "w", handlers=handlers(SITE)).run_once(now)
        session.commit()
        session.expire_all()
        return done

    return run


def people_of(session, event, count, **values):
    return [
        make_registration(session, event, address=f"p{number}@example.org", name=f"P {number}", **values)
        for number in range(count)
    ]


def states(session, event):
    session.commit()
    return Counter(session.scalars(select(Registration.state).where(Registration.event_id == event.id)))


def everything(session):
    """Give all rows of all tables but the log."""
    session.commit()
    tables = sorted(set(inspect(session.connection()).get_table_names()) - {"log_entries"})
    return {table: sorted(map(repr, session.execute(text(f"SELECT * FROM {table}")).all())) for table in tables}


def test_nothing_happens_before_and_undo_leaves_no_trace_but_the_logs(session, me, asked, do, work) -> None:
    event = make_event(session)
    fill_event(session, event, 562, now=NOW)
    confirmed = Filter(state="confirmed")
    held = {"confirmed": 500, "cancelled": 62}
    before = everything(session)
    change = asked(event, "cancel", everybody=True, filter=confirmed, seen=500)
    # Pressed again: the same one waits.
    assert asked(event, "cancel", everybody=True, filter=confirmed, seen=500) == change
    assert work(NOW + timedelta(seconds=59)) == 0
    assert states(session, event) == held
    assert do(bulk.do_now, event.id, change, now=NOW) is True  # and thought better of it
    assert do(bulk.undo, event.id, change, actor=me.public_id, now=NOW) is True
    assert everything(session) == before
    assert do(bulk.undo, event.id, change, actor=me.public_id, now=NOW) is False  # pressed twice
    work(LATER)
    assert everything(session) == before
    lines = session.scalars(select(LogEntry).where(LogEntry.about == f"event:{event.public_id}").order_by(LogEntry.id))
    assert [(line.action, line.actor, line.details["count"]) for line in lines] == [
        ("bulk_asked", me.public_id, 500),
        ("bulk_undone", me.public_id, 500),
    ]


def test_done_after_its_minute_and_those_who_changed_meanwhile_are_left(session, me, asked, do, work) -> None:
    event = make_event(session)
    people = people_of(session, event, bulk.BATCH + 5)
    change = asked(event, "cancel", people)
    cancel(session, get_registration(session, people[0].public_id), SITE, now=NOW)
    work()
    row = session.scalars(select(BulkChange).where(BulkChange.public_id == change)).one()
    assert (row.state, row.outcome["done"], row.outcome["left"]) == ("done", bulk.BATCH + 4, {"changed": 1})
    assert states(session, event) == {"cancelled": bulk.BATCH + 5}
    told = select(func.count(OutboxMail.id)).where(OutboxMail.kind == "cancelled")
    assert session.scalar(told) == bulk.BATCH + 5
    with pytest.raises(Conflict):
        do(bulk.undo, event.id, change, actor=me.public_id, now=LATER)
    assert do(bulk.do_now, event.id, change, now=LATER) is False
    work(LATER + timedelta(hours=1))
    assert session.scalar(told) == bulk.BATCH + 5


def test_do_it_now_happens_once(session, asked, do, work) -> None:
    event = make_event(session)
    change = asked(event, "resend", people_of(session, event, 3, now=NOW - timedelta(days=1)))
    assert do(bulk.do_now, event.id, change, now=NOW) is True
    assert do(bulk.do_now, event.id, change, now=NOW) is True
    work(NOW)
    work(LATER)
    assert session.scalar(select(func.count(OutboxMail.id)).where(OutboxMail.kind == "confirmed")) == 6


@pytest.mark.parametrize("guarded", [True, False])
def test_two_jobs_for_the_same_do_it_once_and_without_the_guard_twice(session, asked, do, work, monkeypatch, guarded):
    event = make_event(session)
    real, seen = bulk_kinds.KINDS["resend"], Counter[str]()

    def count(_session, registration, *_more):
        seen[registration.public_id] += 1
        return True

    monkeypatch.setitem(
        bulk_kinds.KINDS, "resend", bulk_kinds.Kind(real.label, real.waiting, real.done, real.fits, count)
    )
    if not guarded:
        monkeypatch.setattr(bulk, "_mine", lambda *_: True)
    change = asked(event, "resend", people_of(session, event, 3))
    do(bulk.do_now, event.id, change, now=NOW)
    work(NOW)
    work(LATER)
    assert set(seen.values()) == {1 if guarded else 2}


def test_a_killed_worker_does_nobody_twice(app, session, asked, work, monkeypatch) -> None:
    event = make_event(session)
    people = people_of(session, event, bulk.BATCH * 2 + 3)
    change = asked(event, "cancel", people)
    real, count = bulk_kinds.KINDS["cancel"], 0

    def dies(*args):
        nonlocal count
        count += 1
        if count == bulk.BATCH + 7:
            raise KeyboardInterrupt  # in the midst of the second batch
        return real.apply(*args)

    monkeypatch.setitem(
        bulk_kinds.KINDS, "cancel", bulk_kinds.Kind(real.label, real.waiting, real.done, real.fits, dies)
    )
    with pytest.raises(KeyboardInterrupt):
        work()
    assert states(session, event)["cancelled"] == bulk.BATCH  # the second batch is not half done
    session.execute(update(Job).values(lease_until=None))
    work()
    row = session.scalars(select(BulkChange).where(BulkChange.public_id == change)).one()
    assert (row.state, row.outcome["done"], row.outcome["left"]) == ("done", len(people), {})
    about = Counter(session.scalars(select(OutboxMail.about).where(OutboxMail.kind == "cancelled")))
    assert set(about.values()) == {1}
    assert len(about) == len(people)


def test_undo_and_worker_at_once_one_of_them_wins(app, session, me, asked, work) -> None:
    for _round in range(5):
        event = make_event(session)
        change = asked(event, "cancel", people_of(session, event, 3))
        gate = threading.Barrier(2)
        outcome: list[bool] = []

        def undo(event_id=event.id, change=change, gate=gate, outcome=outcome):
            gate.wait()
            with app.app_context():
                try:
                    outcome.append(transact(bulk.undo, event_id, change, actor=me.public_id, now=LATER))
                except Conflict:
                    outcome.append(False)

        def run(gate=gate):
            gate.wait()
            Loop(app, "w", handlers=handlers(SITE)).run_once(LATER)

        session.commit()
        threads = [threading.Thread(target=undo), threading.Thread(target=run)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert states(session, event) == ({"confirmed": 3} if outcome[0] else {"cancelled": 3})


def test_whom_it_is_for(session, me, asked, do) -> None:
    event, other = make_event(session), make_event(session)
    people, stranger = people_of(session, event, 3), make_registration(session, other)
    for wanted, error in (
        ([*people, stranger], NotFound),  # of another event, though I may do it there too
        ([], InvalidInput),
    ):
        with pytest.raises(error):
            asked(event, "cancel", wanted)
    for public_id in ("x", "%00", new_public_id()):
        with pytest.raises(NotFound):
            do(bulk.ask, event.id, "cancel", Ticked([public_id]), person_id=me.id, actor=me.public_id, now=NOW)
    for kind in ("to_room", "delete", ""):
        with pytest.raises(InvalidInput):
            asked(event, kind, people)
    with pytest.raises(Conflict, match=r"When you looked, 2 were found\. Now it is 3"):
        asked(event, "cancel", everybody=True, filter=Filter(), seen=2)
    assert session.scalar(select(func.count(BulkChange.id))) == session.scalar(select(func.count(Job.id))) == 0
    change = asked(event, "cancel", everybody=True, filter=Filter(words="p 1"), seen=1)
    with pytest.raises(NotFound):
        do(bulk.undo, other.id, change, actor=me.public_id, now=NOW)
    assert session.scalars(select(BulkChange.registrations)).one() == [people[1].public_id]


def test_each_kind(session, asked, work) -> None:
    event = make_event(
        session, mode="hybrid", capacity_room=2, starts_local=NOW.replace(tzinfo=None) + timedelta(hours=3)
    )
    early = NOW - timedelta(days=2)
    room = people_of(session, event, 3, wish="room", now=early)  # the third has an online place meanwhile
    online = make_registration(session, event, address="o@example.org", wish="online", now=early)

    def after(kind, *people):
        asked(event, kind, people)
        work()
        row = session.scalars(select(BulkChange).order_by(BulkChange.id.desc()).limit(1)).one()
        return row.outcome["done"], row.outcome["left"]

    assert after("promote", room[2], online) == (0, {"no_place": 1, "changed": 1})
    assert after("check_in", room[0], online) == (1, {"changed": 1})
    assert after("to_online", room[1], online) == (1, {"changed": 1})  # and the third comes into the room
    assert after("to_room", room[2]) == (0, {"changed": 1})
    assert after("resend", *room) == (3, {})
    assert after("resend", *room) == (0, {"sent_lately": 3})


def test_outcomes_are_forgotten(session, asked, do, work) -> None:
    event = make_event(session)
    asked(event, "cancel", people_of(session, event, 1))
    work()
    assert do(bulk.forget, before=NOW) == 0
    assert do(bulk.forget, before=LATER + timedelta(seconds=1)) == 1
