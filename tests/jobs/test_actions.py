"""Jobs are written once for each key, leased by one worker, and end as done or failed."""

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from gatherings.db.session import transact
from gatherings.jobs import actions, queries
from gatherings.jobs.models import Job

MINUTE = timedelta(minutes=1)


def jobs(session) -> list[Job]:
    return list(session.scalars(select(Job).order_by(Job.id)))


def add(do, now, key="a", **fields):
    return do(actions.enqueue, kind="tidy", key=key, due_at=fields.pop("due_at", now), now=now, **fields)


def test_same_key_makes_one_job(do, ask, now):
    assert add(do, now, payload={"n": 1}) is True
    assert add(do, now, payload={"n": 2}) is False
    assert [job.payload for job in ask(jobs)] == [{"n": 1}]


def test_done_key_is_not_made_again_until_forgotten(do, ask, now):
    add(do, now)
    [job] = do(actions.lease, worker="w", now=now)
    assert do(actions.finish, job_id=job.id, worker="w", now=now) is True
    assert add(do, now) is False
    assert do(actions.forget_done, before=now) == 0
    assert do(actions.forget_done, before=now + MINUTE) == 1
    assert add(do, now) is True


def test_lease_gives_oldest_due_first_and_nothing_of_the_future(do, now):
    for key, minutes in (("late", 1), ("first", -2), ("second", -1), ("third", 0)):
        add(do, now, key=key, due_at=now + minutes * MINUTE)
    assert [job.key for job in do(actions.lease, worker="w", now=now, limit=2)] == ["first", "second"]
    assert [job.key for job in do(actions.lease, worker="w", now=now, limit=9)] == ["third"]
    assert do(actions.lease, worker="w", now=now, limit=9) == []


def test_lease_of_a_dead_worker_is_taken_over_after_sixty_seconds(do, now):
    add(do, now)
    [first] = do(actions.lease, worker="dies", now=now)
    assert do(actions.lease, worker="lives", now=now + timedelta(seconds=59)) == []
    [second] = do(actions.lease, worker="lives", now=now + timedelta(seconds=60))
    assert (second.id, second.tries) == (first.id, 2)
    assert do(actions.finish, job_id=first.id, worker="dies", now=now) is False
    assert do(actions.retry_later, job_id=first.id, worker="dies", now=now, error="x") is None
    assert do(actions.put_back, job_id=first.id, worker="dies") is False
    assert do(actions.finish, job_id=first.id, worker="lives", now=now) is True


def test_many_workers_lease_each_job_once(app: Flask, do, now):
    for number in range(40):
        add(do, now, key=str(number))
    taken: list[int] = []
    start = threading.Barrier(4)

    def work(name: str) -> None:
        start.wait()
        while True:
            with app.app_context():
                mine = transact(actions.lease, worker=name, now=now, limit=3)
            if not mine:
                return
            taken.extend(job.id for job in mine)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 40
    assert len(set(taken)) == 40


def test_retry_waits_longer_each_time_and_gives_up_after_three_days(do, ask, now):
    add(do, now)
    moment, pauses, state = now, [], "waiting"
    while state == "waiting":
        [job] = do(actions.lease, worker="w", now=moment)
        state = do(actions.retry_later, job_id=job.id, worker="w", now=moment, error="no luck")
        [row] = ask(jobs)
        pauses.append(row.due_at - moment)
        moment = row.due_at
    assert (row.state, row.last_error, row.tries) == ("failed", "no luck", actions.MAX_TRIES)
    assert min(pauses) >= MINUTE
    assert max(pauses) <= timedelta(hours=6)
    assert pauses[0] == MINUTE
    assert timedelta(hours=48) < moment - now < timedelta(hours=84)
    assert ask(queries.count_failed) == 1
    assert [job.key for job in ask(queries.list_failed)] == ["a"]
    assert do(actions.lease, worker="w", now=moment + timedelta(days=9)) == []


def test_giving_a_lease_back_counts_no_try(do, ask, now):
    add(do, now)
    [job] = do(actions.lease, worker="w", now=now)
    assert do(actions.put_back, job_id=job.id, worker="w") is True
    [row] = ask(jobs)
    assert (row.tries, row.leased_by, row.lease_until) == (0, None, None)


@pytest.mark.parametrize("tries", [1, 2, 5, 9, 10, 30])
def test_pauses_double_to_six_hours_with_jitter(tries):
    full = timedelta(minutes=min(2 ** (tries - 1), 360))
    samples = {actions.backoff(tries) for _ in range(50)}
    assert all(max(MINUTE, full * 0.8) <= pause <= full for pause in samples)
    assert len(samples) > 1 or tries == 1


def test_oldest_due_and_workers_are_known(do, ask, now):
    assert ask(queries.oldest_due, now) is None
    assert ask(queries.last_seen) is None
    add(do, now, due_at=now - MINUTE)
    add(do, now, key="b", due_at=now + MINUTE)
    assert ask(queries.oldest_due, now) == now - MINUTE
    for seen in (now - MINUTE, now):
        do(actions.beat, worker="w", started_at=now - MINUTE, now=seen)
    assert [(row.name, row.seen_at) for row in ask(queries.list_workers, since=now)] == [("w", now)]
    assert ask(queries.last_seen) == now
    assert ask(queries.list_workers, since=now + MINUTE) == []
    assert do(actions.forget_workers, before=now + MINUTE) == 1
