"""The counter-test: with the guard off the race does happen, so a race test that passes proves something."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from gatherings.db import places
from gatherings.db.places import Places
from gatherings.db.session import db, unit_of_work

THREADS, SEATS = 16, 5


def count_then_take(pool_id: int, ready: threading.Barrier) -> bool:
    """Take a place as one must not: look first, take afterwards, with nothing that guards the time between."""
    with Session(db.engine) as session:
        free = session.scalar(select(Places.taken < Places.capacity).where(Places.id == pool_id))
    ready.wait(10)
    time.sleep(0.01)
    if free:
        with unit_of_work() as session:
            session.execute(update(Places).where(Places.id == pool_id).values(taken=Places.taken + 1))
    return bool(free)


def guarded_take(pool_id: int, ready: threading.Barrier) -> bool:
    """Take a place by the guarded statement, at the same moment as everybody else."""
    ready.wait(10)
    with unit_of_work() as session:
        return places.claim(session, pool_id)


def race(app: Flask, take: Callable[[int, threading.Barrier], bool]) -> tuple[int, int]:
    """Let all threads go for the same pool; give how many were told yes and what the pool counts."""
    with app.app_context(), Session(db.engine) as session:
        pool = Places(capacity=SEATS, taken=0, queue=0)
        session.add(pool)
        session.commit()
        pool_id = pool.id
    ready = threading.Barrier(THREADS)

    def one(number: int) -> bool:
        with app.app_context():
            return take(pool_id, ready)

    with ThreadPoolExecutor(THREADS) as threads:
        told = sum(threads.map(one, range(THREADS)))
    with app.app_context(), Session(db.engine) as session:
        return told, session.get_one(Places, pool_id).taken


@pytest.fixture
def roomy(make_another) -> Flask:
    """The application with a connection for each thread."""
    made: Flask = make_another(GATHERINGS_THREADS=str(THREADS))
    return made


def test_counting_first_sells_more_places_than_there_are(roomy):
    told, taken = race(roomy, count_then_take)
    assert told > SEATS
    assert taken > SEATS


def test_guarded_statement_sells_exactly_what_there_is_in_the_same_race(roomy):
    assert race(roomy, guarded_take) == (SEATS, SEATS)
