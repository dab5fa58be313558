"""The loop does each job's effect once, makes periodic jobs once, and outlives whatever goes wrong."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gatherings.core.errors import Busy
from gatherings.db.session import db
from gatherings.jobs import actions, queries, worker
from gatherings.jobs.models import Job
from gatherings.jobs.worker import Loop, Periodic, new_worker_name


def states(session) -> dict[str, str]:
    return {row.key: row.state for row in session.execute(select(Job.key, Job.state))}


def note(session, payload, now):
    """A handler whose effect can be counted: one more job of a kind that nobody handles, due in a year."""
    key = f"effect:{payload['n']}:{new_worker_name()}"
    actions.enqueue(session, kind="effect", key=key, due_at=now + timedelta(days=365), now=now)


def fail(session, payload, now):
    note(session, {"n": "half"}, now)
    raise RuntimeError("the roof is leaking")


def effects(session) -> list[str]:
    return sorted(key.split(":")[1] for key in session.scalars(select(Job.key).where(Job.kind == "effect")))


def add(do, now, n, kind="note"):
    do(actions.enqueue, kind=kind, key=f"{kind}:{n}", payload={"n": n}, due_at=now, now=now)


def run_in_threads(loops, until, seconds=20.0):
    stop = threading.Event()
    threads = [threading.Thread(target=loop.run, args=(stop,)) for loop in loops]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join(10)
    assert not any(thread.is_alive() for thread in threads)
    assert until()


def test_two_loops_do_each_effect_once(app, do, ask, now):
    for n in range(30):
        add(do, now, n)
    loops = [Loop(app, name, handlers={"note": note}) for name in ("one", "two")]
    run_in_threads(loops, lambda: list(ask(states).values()).count("done") == 30)
    assert ask(effects) == sorted(str(n) for n in range(30))


def test_effect_is_once_when_the_lease_runs_out_while_it_happens(app, do, ask, now, engine):
    add(do, now, 1)
    began, go_on = threading.Event(), threading.Event()

    def slow(session, payload, moment):
        began.set()
        go_on.wait(5)
        note(session, payload, moment)

    first = Loop(app, "slow", handlers={"note": slow})
    second = Loop(app, "quick", handlers={"note": note})
    threads = [threading.Thread(target=first.run_once, args=(now,))]
    threads[0].start()
    assert began.wait(5)
    # The second comes long after the first one's lease; it must wait, pass by, or find the job done.
    threads.append(threading.Thread(target=second.run_once, args=(now + timedelta(hours=1),)))
    threads[1].start()
    time.sleep(0.3)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert ask(effects) == ["1"]
    assert ask(states)["note:1"] == "done"


def test_failing_job_leaves_no_half_effect_and_holds_up_nobody(app, do, ask, now):
    add(do, now, 1, kind="fail")
    add(do, now, 2)
    assert Loop(app, "w", handlers={"note": note, "fail": fail}).run_once(now) == 2
    assert ask(effects) == ["2"]
    with_error = ask(lambda session: session.scalar(select(Job).where(Job.kind == "fail")))
    assert (with_error.state, with_error.last_error) == ("waiting", "RuntimeError: the roof is leaking")
    assert with_error.due_at == now + actions.FIRST_PAUSE


def test_unknown_kind_is_kept_for_a_newer_worker(app, do, ask, now):
    add(do, now, 1)
    Loop(app, "old", handlers={}).run_once(now)
    assert ask(states) == {"note:1": "waiting"}
    Loop(app, "new", handlers={"note": note}).run_once(now + timedelta(minutes=1))
    assert ask(effects) == ["1"]


def test_periodic_job_is_made_once_for_each_period(app, ask, now):
    def hourly(session, payload, moment):
        note(session, {"n": payload["period_start"][11:13]}, moment)

    every = [Periodic("hourly", timedelta(hours=1))]
    loops = [Loop(app, name, handlers={"hourly": hourly}, periodic=every) for name in ("one", "two")]
    for minutes in (0, 1, 59, 60, 61, 119):
        for loop in loops:
            loop.run_once(now + timedelta(minutes=minutes))
    assert ask(effects) == ["12", "13"]


def test_periodic_kind_without_handler_stops_the_start(app):
    with pytest.raises(ValueError, match="nightly"):
        Loop(app, "w", periodic=[Periodic("nightly", timedelta(days=1))])


def test_period_begins_at_whole_hours_and_midnight_in_utc(now):
    moment = now + timedelta(hours=3, minutes=17, seconds=5, microseconds=9)
    assert Periodic("x", timedelta(hours=1)).start_of_period(moment) == now + timedelta(hours=3)
    assert Periodic("x", timedelta(days=1)).start_of_period(moment) == now - timedelta(hours=12)


def test_drains_run_until_they_have_nothing_left(app, now):
    left = [3, 1]
    calls: list[tuple[str, int]] = []

    def drain(name, moment):
        assert moment == now
        calls.append((name, left[0]))
        done, left[0] = left[0], max(0, left[0] - 2)
        return done

    assert Loop(app, "w", drains=[drain]).run_once(now) == 4
    assert calls == [("w", 3), ("w", 1), ("w", 0), ("w", 0)]


def test_loop_gives_a_sign_of_life_and_takes_it_off_when_it_stops(app, ask, now):
    loop = Loop(app, "alive")
    seen: list[list[str]] = []

    def until():
        seen.append([row.name for row in ask(queries.list_workers, since=now - timedelta(days=1))])
        return ["alive"] in seen

    run_in_threads([loop], until)
    assert ask(queries.last_seen) is None


def test_loop_outlives_errors_of_a_drain_and_of_the_database(app, do, ask, now, monkeypatch, caplog):
    monkeypatch.setattr(worker, "LONGEST_WAIT", 0.2)
    add(do, now, 1)
    broken = [True]

    def drain(name, moment):
        if broken:
            broken.clear()
            raise RuntimeError("the drain is blocked")
        return 0

    def away(session, payload, moment):
        if not gone:
            gone.append(1)
            raise Busy()
        note(session, payload, moment)

    gone: list[int] = []
    loop = Loop(app, "w", drains=[drain], handlers={"note": away})
    run_in_threads([loop], lambda: ask(effects) == ["1"] and not broken)
    assert "the database cannot take the work now" in caplog.text
    [job] = ask(lambda session: list(session.scalars(select(Job).where(Job.kind == "note"))))
    assert (job.state, job.tries) == ("done", 1)


def test_slow_drain_does_not_hold_up_jobs(app, do, ask, now):
    hanging = threading.Event()
    waited: list[bool] = []

    def drain(name, moment):
        waited.append(hanging.wait(8))
        return 0

    add(do, now, 1)

    def until():
        if ask(effects) == ["1"]:
            hanging.set()
        return hanging.is_set()

    run_in_threads([Loop(app, "w", drains=[drain], handlers={"note": note})], until)
    assert waited[0] is True


def test_worker_killed_in_mid_job_leaves_it_to_the_next(app, do, ask, now, engine):
    add(do, now, 1)
    [job] = do(actions.lease, worker="killed", now=now)
    with app.app_context():
        db.session.remove()  # nothing of the killed worker is left but its lease
    with engine.begin() as connection:
        connection.execute(update(Job).where(Job.id == job.id).values(tries=1))
    loop = Loop(app, "next", handlers={"note": note})
    assert loop.run_once(now + timedelta(seconds=59)) == 0
    assert loop.run_once(now + timedelta(seconds=60)) == 1
    assert ask(effects) == ["1"]


def test_worker_names_are_unique_and_short():
    names = {new_worker_name() for _ in range(50)}
    assert len(names) == 50
    assert max(map(len, names)) <= 60
