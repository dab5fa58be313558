"""`gatherings backup` and `restore`: consistent while everything runs, and never at the cost of what is there (B20)."""

import os
import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.engine import make_url

from gatherings.core.clock import utc_now
from gatherings.db.places import Places
from gatherings.db.session import transact
from gatherings.mail.models import OutboxMail
from gatherings.registration.models import Registration
from tests.db.helpers import add_one, make_pool
from tests.factories import make_event, make_registration
from tests.parts import need


@pytest.fixture(autouse=True)
def programs(database_kind, monkeypatch):
    """PostgreSQL's own programs, where they stand."""
    if database_kind == "postgres":
        monkeypatch.setenv("PATH", f"{need('postgres')}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture
def file(database_kind, database_url) -> Path:
    if database_kind != "sqlite":
        pytest.skip("about the SQLite file")
    return Path(make_url(database_url).database or "")


@pytest.fixture
def two_mails(session):
    """A registration whose mail was sent, and one whose mail waits."""
    event = make_event(session)
    for address in ("sent@example.org", "waits@example.org"):
        make_registration(session, event, address=address)
    session.execute(
        update(OutboxMail).where(OutboxMail.recipient == "sent@example.org").values(state="sent", sent_at=utc_now())
    )
    session.commit()


def states(session) -> dict[str, str]:
    session.rollback()
    return dict(session.execute(select(OutboxMail.recipient, OutboxMail.state)).all())


def content(file: Path) -> list[tuple]:
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as copy:
        found = copy.execute("SELECT id, taken FROM places ORDER BY id").fetchall()
    copy.close()
    return found


def test_what_was_backed_up_comes_back(command, session, two_mails, tmp_path):
    copy = tmp_path / "copy"
    done = command("backup", copy)
    assert (done.exit_code, done.output) == (
        0, f"Written: {copy}. It holds people's addresses; keep it as you keep those.\n",
    )  # fmt: skip
    assert copy.stat().st_mode & 0o777 == 0o600
    make_registration(session, make_event(session), address="later@example.org")
    session.commit()
    session.close()
    done = command("restore", copy, "--yes")
    assert (done.exit_code, done.output) == (
        0,
        "Restored. 1 mails that waited are held back. To send them all the same: gatherings release\n",
    )
    session.get_bind().dispose()  # a server would have been stopped
    assert states(session) == {"sent@example.org": "sent", "waits@example.org": "held"}
    assert session.scalar(select(func.count(Registration.id))) == 2
    assert "1 mails are held back since a restore. To send them: gatherings release" in command("check").output
    session.rollback()
    assert command("release").output == "1 mails will be sent.\n"
    assert states(session)["waits@example.org"] == "queued"


def test_a_backup_never_writes_over_a_file(command, tmp_path):
    copy = tmp_path / "copy"
    copy.write_text("something of value")
    done = command("backup", copy)
    assert (done.exit_code, done.output) == (1, f"{copy} is there already; nothing was written.\n")
    assert copy.read_text() == "something of value"


def test_a_folder_that_is_not_there_is_told_in_words(command, tmp_path):
    copy = tmp_path / "nowhere" / "copy"
    done = command("backup", copy)
    assert (done.exit_code, done.output) == (1, f"{copy} cannot be written: No such file or directory.\n")
    assert isinstance(done.exception, SystemExit)


def test_restoring_asks_first_and_no_means_no(command, session, two_mails, tmp_path):
    copy = tmp_path / "copy"
    command("backup", copy)
    before = states(session)
    session.close()
    for answers in ("n\n", "\n", ""):
        done = command("restore", copy, answers=answers)
        assert done.exit_code == 1
        assert "Are the server and the workers stopped?" in done.output
    assert states(session) == before
    session.close()
    assert command("restore", copy, answers="y\n").exit_code == 0


def test_what_is_no_copy_is_refused_and_nothing_is_changed(command, session, two_mails, tmp_path, database_kind):
    session.close()
    for number, data in enumerate((b"", b"not a database", os.urandom(50_000), b"SQLite format 3\x00" + bytes(5000))):
        damaged = tmp_path / f"damaged-{number}"
        damaged.write_bytes(data)
        done = command("restore", damaged, "--yes")
        assert done.exit_code == 1
        assert "Traceback" not in done.output
        if database_kind == "sqlite":
            assert done.output == f"{damaged} is no sound copy of a Gatherings database; nothing was changed.\n"
        assert isinstance(done.exception, SystemExit)
    assert states(session) == {"sent@example.org": "sent", "waits@example.org": "queued"}


def test_a_damaged_or_cut_copy_is_refused(command, session, two_mails, file, tmp_path):
    copy = tmp_path / "copy"
    command("backup", copy)
    data = copy.read_bytes()
    session.close()
    before = file.read_bytes()
    for number, spoiled in enumerate((data[: len(data) // 2], data[:20_000] + os.urandom(40_000) + data[60_000:])):
        damaged = tmp_path / f"damaged-{number}"
        damaged.write_bytes(spoiled)
        assert command("restore", damaged, "--yes").exit_code == 1
    assert file.read_bytes() == before
    assert [path.name for path in file.parent.glob("*before-restore*")] == []


def test_another_programs_database_is_refused(command, file, tmp_path):
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as made:
        made.execute("CREATE TABLE recipes (name TEXT)")
    made.close()
    done = command("restore", other, "--yes")
    assert (done.exit_code, done.output) == (
        1, f"{other} is no sound copy of a Gatherings database; nothing was changed.\n",
    )  # fmt: skip


def test_the_present_file_is_kept_beside_with_what_stood_in_its_log(command, session, file, tmp_path):
    pool = make_pool(session)
    command("backup", tmp_path / "copy")
    add_one(session, pool)
    session.commit()  # stands in the write-ahead log
    session.close()
    session.get_bind().dispose()
    assert command("restore", tmp_path / "copy", "--yes").exit_code == 0
    [kept] = file.parent.glob("gatherings.sqlite.before-restore-*")
    assert (content(kept), content(file)) == ([(pool, 1)], [(pool, 0)])
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_copy_can_be_restored_on_a_new_machine(command, bare, session, two_mails, file, tmp_path):
    command("backup", tmp_path / "copy")
    new = tmp_path / "new machine" / "gatherings.sqlite"
    done = bare("restore", tmp_path / "copy", "--yes", DATABASE_URL=f"sqlite:///{new}")
    assert (done.exit_code, done.output) == (
        0,
        "Restored. 1 mails that waited are held back. To send them all the same: gatherings release\n",
    )
    assert content(new) == content(file)
    assert bare("backup", tmp_path / "again", DATABASE_URL=f"sqlite:///{new}").exit_code == 0


def test_a_database_that_is_not_there_is_told(bare, tmp_path):
    done = bare("backup", tmp_path / "copy", DATABASE_URL=f"sqlite:///{tmp_path}/nothing.sqlite")
    assert (done.exit_code, done.output) == (1, f"There is no database at {tmp_path}/nothing.sqlite.\n")
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("name", ["a copy of today.sqlite", "50% done?.sqlite", "#1.sqlite", "ä.sqlite"])
def test_any_name_of_a_file_will_do(command, session, two_mails, name, tmp_path):
    assert command("backup", tmp_path / name).exit_code == 0
    assert (tmp_path / name).stat().st_size > 10_000
    session.close()
    assert command("restore", tmp_path / name, "--yes").exit_code == 0


def test_a_relative_database_is_backed_up_too(bare, tmp_path):
    address = {"DATABASE_URL": "sqlite:///own.sqlite"}
    assert bare("db", "upgrade", **address).exit_code == 0
    assert (tmp_path / "work" / "own.sqlite").exists()
    assert bare("backup", tmp_path / "copy", **address).exit_code == 0
    assert content(tmp_path / "copy") == []


def test_a_copy_made_while_somebody_writes_is_whole_and_consistent(app, command, session, file, tmp_path):
    """Each transaction raises two pools: no copy may show one without the other."""
    pools = [make_pool(session), make_pool(session)]
    stop, written = threading.Event(), []

    def both(writing) -> None:
        for pool in pools:
            add_one(writing, pool)

    def write() -> None:
        with app.app_context():
            while not stop.is_set():
                transact(both)
                written.append(1)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        copies = [tmp_path / f"copy-{number}" for number in range(4)]
        seen = []
        for copy in copies:
            assert command("backup", copy).exit_code == 0
            seen.append([taken for _, taken in content(copy)])
            assert not copy.with_name(copy.name + "-wal").exists()
    finally:
        stop.set()
        writer.join()
    assert all(one == other for one, other in seen)
    assert [one for one, _ in seen] == sorted(one for one, _ in seen)
    assert len(written) > 4
    session.rollback()
    assert set(session.scalars(select(Places.taken))) == {len(written)}


def test_without_postgresqls_programs_it_is_told_and_no_empty_file_is_left(
    command, database_kind, monkeypatch, tmp_path
):
    if database_kind != "postgres":
        pytest.skip("about PostgreSQL's programs")
    monkeypatch.setenv("PATH", str(tmp_path))
    done = command("backup", tmp_path / "copy")
    assert (done.exit_code, done.output) == (1, "pg_dump is not here; install PostgreSQL's client programs.\n")
    assert not (tmp_path / "copy").exists()
