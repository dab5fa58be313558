"""`gatherings backup`, `gatherings restore` and `gatherings release`: a consistent copy while everything runs."""

import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import click
from sqlalchemy.engine import make_url

from gatherings.app import create_app
from gatherings.config import Settings, read_settings
from gatherings.core.clock import utc_now
from gatherings.db.session import db, transact
from gatherings.mail.actions import hold_queued, release_held


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Write a consistent copy of the database to FILE while everything runs."""
    settings = read_settings()
    if file.exists():
        _fail(f"{file} is there already; nothing was written.")
    if settings.sqlite:
        _copy_sqlite(_sqlite_file(settings), file)
    else:
        _make_empty(file)  # for nobody else to read, from its first byte on
        _postgres(["pg_dump", "--format=custom", f"--file={file}"], settings, unless=file)
    file.chmod(0o600)
    click.echo(f"Written: {file}. It holds people's addresses; keep it as you keep those.")


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask before the present database is replaced.")
def restore(file: Path, yes: bool) -> None:
    """Put the database of FILE in the place of the present one; stop the server and workers first.

    The present SQLite file is kept beside it. Mail that waited in the copy is held back, since it may have gone out
    after the copy was made; `gatherings check` counts it.
    """
    settings = read_settings()
    if not yes:
        click.confirm("This replaces the present database. Are the server and the workers stopped?", abort=True)
    if settings.sqlite:
        _restore_sqlite(file, _sqlite_file(settings))
    else:
        _postgres(["pg_restore", "--clean", "--if-exists", "--no-owner", "--single-transaction", str(file)], settings)
    app = create_app(settings)
    with app.app_context():
        held = transact(hold_queued, created_before=utc_now())
        db.engine.dispose()
    click.echo(f"Restored. {held} mails that waited are held back. To send them all the same: gatherings release")


@click.command()
def release() -> None:
    """Send the mail that a restore held back; who had it before the restore gets it twice."""
    app = create_app(read_settings())
    with app.app_context():
        released = transact(release_held, now=utc_now())
    click.echo(f"{released} mails will be sent.")


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy with SQLite's online backup: consistent, whoever writes meanwhile; then look the copy over."""
    if not source.exists():
        _fail(f"There is no database at {source}.")
    _make_empty(target)
    address = f"{source.absolute().as_uri()}?mode=ro"  # a name may hold what means something in an address
    with sqlite3.connect(address, uri=True, timeout=30) as one, sqlite3.connect(target) as other:
        one.backup(other, pages=2000, sleep=0.01)
        other.execute("PRAGMA journal_mode=DELETE")  # one file, with no -wal beside it
        problems = other.execute("PRAGMA integrity_check").fetchall()
    one.close()
    other.close()
    if problems != [("ok",)]:
        target.unlink()
        _fail(f"The copy is not sound: {problems[:3]}")


def _make_empty(file: Path) -> None:
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        _fail(f"{file} cannot be written: {error.strerror}.")


def _restore_sqlite(file: Path, target: Path) -> None:
    copy = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)
    try:
        problems = copy.execute("PRAGMA integrity_check").fetchall()
        tables = {row[0] for row in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:  # no database at all, or its first page is damaged
        problems, tables = [(str(error),)], set()
    finally:
        copy.close()
    if problems != [("ok",)] or "registrations" not in tables:
        _fail(f"{file} is no sound copy of a Gatherings database; nothing was changed.")
    target.parent.mkdir(parents=True, exist_ok=True)
    incoming = target.with_name(f"{target.name}.incoming")
    shutil.copyfile(file, incoming)
    incoming.chmod(0o600)
    if target.exists():
        stamp = f"{utc_now():%Y%m%dT%H%M%S}"
        with sqlite3.connect(target) as present:
            present.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        present.close()
        target.replace(target.with_name(f"{target.name}.before-restore-{stamp}"))
    for leftover in ("-wal", "-shm"):
        target.with_name(target.name + leftover).unlink(missing_ok=True)
    incoming.replace(target)


def _sqlite_file(settings: Settings) -> Path:
    return Path(make_url(settings.database_url).database or "")


def _postgres(command: list[str], settings: Settings, *, unless: Path | None = None) -> None:
    """Run one of PostgreSQL's programs on our database; what it leaves half written at `unless` is taken away."""
    url = make_url(settings.database_url)
    tool = shutil.which(command[0])
    if tool is None:
        _take_away(unless)
        _fail(f"{command[0]} is not here; install PostgreSQL's client programs.")
    environment = {**os.environ, "PGPASSWORD": url.password or ""}
    for name, value in (("PGHOST", url.host or url.query.get("host")), ("PGPORT", url.port), ("PGUSER", url.username)):
        if value:
            environment[name] = str(value)
    database = ["--dbname", url.database or "postgres"]
    done = subprocess.run([tool, *command[1:], *database], env=environment, check=False)  # noqa: S603
    if done.returncode:
        _take_away(unless)
        _fail(f"{command[0]} ended with status {done.returncode}.")


def _take_away(file: Path | None) -> None:
    if file is not None:
        file.unlink(missing_ok=True)


def _fail(words: str) -> NoReturn:
    click.echo(words, err=True)
    sys.exit(1)
