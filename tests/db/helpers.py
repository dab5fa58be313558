"""Threads that start together, each in an app context of its own, and a pool of places for them to write to."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import update
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

from gatherings.db.places import Places


def together(app: Flask, count: int, work: Callable[[int], Any], *, within: float = 60) -> list[Any]:
    """Run `work(number)` in so many threads at once; give what each returned or raised, in order of the numbers."""
    start = threading.Barrier(count)
    results: list[Any] = [None] * count

    def run(number: int) -> None:
        with app.app_context():
            start.wait()
            try:
                results[number] = work(number)
            except Exception as error:  # judged by the test
                results[number] = error

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(within)
        assert not thread.is_alive(), "a thread hangs"
    return results


def make_pool(session: Session, capacity: int | None = None, taken: int = 0) -> int:
    pool = Places(capacity=capacity, taken=taken, queue=0)
    session.add(pool)
    session.commit()
    return pool.id


def add_one(session: Session, pool_id: int) -> None:
    session.execute(update(Places).where(Places.id == pool_id).values(taken=Places.taken + 1))


def taken_of(session: Session, pool_id: int) -> int:
    session.rollback()
    return session.get_one(Places, pool_id, populate_existing=True).taken


@contextmanager
def another_process_holds_the_file(app: Flask) -> Iterator[None]:
    """Hold SQLite's write lock as another process would; readers are let through."""
    file = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database
    assert file is not None
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()
