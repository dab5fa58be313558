"""What keepers of an installation do: backup and restore (bar B20), a rotated key (B22), a clean stop (B21)."""

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gatherings.accounts.models import Person
from gatherings.core.tokens import Signer
from gatherings.db.session import db
from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Registration
from tests.databases import make_app
from tests.drills.books import books_of
from tests.drills.client import NoAnswer, NotTaken, Visitor
from tests.drills.crowd import Tally, Visit, crowd
from tests.drills.houses import House, locked, plain_environ
from tests.drills.running import run_all
from tests.servers import ROOT, running_server

KINDS = ["sqlite", pytest.param("postgres", marks=pytest.mark.needs("postgres"))]


@pytest.mark.parametrize("kind", KINDS)
def test_backup_made_in_a_rush_is_whole_and_sends_nothing_again(houses, size, tmp_path, kind):
    house = houses(kind)
    seats, people = size(100, 20), size(1000, 60)
    event = house.event(capacity_online=seats)
    file = tmp_path / "copy.backup"

    async def run() -> "subprocess.CompletedProcess[str]":
        addresses = [f"copy{number}@example.org" for number in range(people)]
        tally = Tally()
        coming = asyncio.ensure_future(
            crowd(house.port, f"/events/{event.slug}", addresses, size(200, 20), tally=tally)
        )
        await tally.reaches(people // 4)
        done = await asyncio.to_thread(house.command, "backup", str(file))
        assert {visit.status for visit in await coming} == {200}
        return done

    done = run_all(run())
    assert done.returncode == 0, done.stdout + done.stderr
    assert file.stat().st_mode & 0o077 == 0
    house.wait_for_mail(60)
    sent_before = len(house.receiver.messages)
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    url = f"sqlite:///{folder / 'gatherings.sqlite'}" if kind == "sqlite" else houses.database(kind)
    environ = plain_environ(folder, url, SMTP_URL=f"smtp://{house.receiver.host}:{house.receiver.port}")
    words = [sys.executable, "-m", "gatherings"]
    back = subprocess.run(
        [*words, "restore", "--yes", str(file)], env=environ, cwd=folder, capture_output=True, text=True, check=False
    )
    assert back.returncode == 0, back.stdout + back.stderr
    if kind == "sqlite":
        with sqlite3.connect(folder / "gatherings.sqlite") as copy:
            assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert copy.execute("PRAGMA foreign_key_check").fetchall() == []
        copy.close()
    app = make_app(folder, url)
    restored = House(folder, url, house.receiver, house.server, app)
    books = books_of(restored, event)
    assert books.taken <= seats
    assert sorted(books.waiting.values()) == list(range(1, len(books.waiting) + 1))
    mails = restored.ask(select(func.count(OutboxMail.id)))[0][0]
    assert mails == books.taken + len(books.waiting)
    with open(folder / "worker.log", "ab") as log:
        worker = subprocess.Popen([*words, "worker"], env=environ, cwd=folder, stdout=log, stderr=log)
    try:
        time.sleep(4)
        assert worker.poll() is None
    finally:
        worker.terminate()
        worker.wait(40)
    assert len(house.receiver.messages) == sent_before
    with app.app_context():
        db.engine.dispose()


def test_old_links_open_after_the_key_was_rotated(houses, tmp_path):
    former, new = ("the key of the first years 0123456789abcdef", "a key that was made just now 0123456789abc")
    house = houses("sqlite", SECRET_KEY=former)
    event = house.event(capacity_online=None)
    house.fill(event, 1, "key")
    row = house.ask(
        select(
            Registration.public_id, Registration.link_version, Person.public_id.label("person"), Person.feed_version
        ).join(Person, Person.id == Registration.person_id)
    )[0]
    old = Signer((former,))
    paths = [
        f"/registrations/{old.sign('manage', row.public_id, row.link_version)}",
        f"/join/{old.sign('join', row.public_id, row.link_version)}",
        f"/calendar/{old.sign('feed', row.person, row.feed_version)}.ics",
    ]
    assert _statuses(house.port, paths) == [200, 200, 200]
    house.server.stop()
    for fallbacks, wanted in ((former, 200), ("", 404)):
        folder = tmp_path / f"rotated-{wanted}"
        folder.mkdir()
        with running_server(
            folder, house.url, smtp=house.receiver, SECRET_KEY=new, SECRET_KEY_FALLBACKS=fallbacks
        ) as server:
            assert _statuses(server.port, paths) == [wanted] * 3


def _statuses(port: int, paths: list[str]) -> list[int]:
    async def run() -> list[int]:
        async with Visitor(port) as visitor:
            return [(await visitor.get(path)).status for path in paths]

    return run_all(run())


def test_stopped_server_finishes_what_it_has_in_hand_and_takes_nothing_new(houses, size):
    house = houses("sqlite")
    event = house.event(capacity_online=None)
    # No more than may wait for a lock in one process (half of its threads): the others would get their 503 at once.
    path, people = f"/events/{event.slug}", 4

    async def run() -> tuple[list[Visit], int, float]:
        addresses = [f"hand{number}@example.org" for number in range(people)]
        async with Visitor(house.port) as visitor:
            await visitor.get(path)
        with locked(house):  # so that they are in the midst of it for certain
            coming = asyncio.ensure_future(crowd(house.port, path, addresses, people))
            await asyncio.sleep(1.5)
            began = time.monotonic()
            stopping = asyncio.ensure_future(asyncio.to_thread(house.server.terminate))
            await asyncio.sleep(size(5, 1))
            with pytest.raises((NotTaken, NoAnswer)):
                async with Visitor(house.port, timeout=5) as late:
                    await late.get(path)
        visits = await coming
        return visits, await stopping, time.monotonic() - began

    visits, code, took = run_all(run())
    assert code == 0
    assert took <= 30
    # Who was let in is answered; following the answer to the next page finds the server gone.
    assert books_of(house, event).taken == people
    assert [visit.taken for visit in visits] == [True] * people


def test_registrations_in_hand_are_finished_when_the_server_is_stopped(houses, size):
    house = houses("sqlite")
    event = house.event(capacity_online=None)
    addresses = [f"stop{number}@example.org" for number in range(size(400, 60))]

    async def run() -> list[str]:
        tally = Tally()
        coming = asyncio.ensure_future(crowd(house.port, f"/events/{event.slug}", addresses, 20, tally=tally))
        await tally.reaches(len(addresses) // 4)
        await asyncio.to_thread(house.server.terminate)
        return [visit.address for visit in await coming if visit.told == "place"]

    told = run_all(run())
    assert 0 < len(told) < len(addresses)
    assert set(told) <= books_of(house, event).confirmed


def test_server_refuses_a_database_of_a_newer_version(houses, tmp_path):
    url = houses.database("sqlite")
    file = Path(url.removeprefix("sqlite:///"))
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'of tomorrow'")
    connection.close()
    before = shutil.copyfile(file, tmp_path / "before.sqlite").read_bytes()
    for command in (["run", "--port", "1"], ["check"]):
        done = subprocess.run(
            [sys.executable, "-m", "gatherings", *command],
            env=plain_environ(tmp_path, url), cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode in (1, 2)
        assert "newer version of Gatherings" in done.stdout + done.stderr
    assert file.read_bytes() == before
