"""The `gatherings` command on a database of its own, run in this process."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from gatherings import ics
from gatherings.cli import group
from gatherings.core import zones
from tests.databases import SETTING_NAMES, settings_environ

Run = Callable[..., Result]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command on whatever DATABASE_URL says: `bare("check", DATABASE_URL=…)`."""
    for name in SETTING_NAMES:
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "work"
    folder.mkdir(exist_ok=True)
    monkeypatch.chdir(folder)

    def run(*arguments: str | Path, answers: str | None = None, **settings: str) -> Result:
        environ = settings_environ(tmp_path / "instance", settings.pop("DATABASE_URL", ""), **settings)
        try:
            return CliRunner().invoke(group, [str(word) for word in arguments], env=environ, input=answers)
        finally:
            zones.use_folder(None)
            ics.clear_caches()

    return run


@pytest.fixture
def command(bare: Run, database_url: str) -> Run:
    """Run a command on this test's own migrated database: `command("check")`."""

    def run(*arguments: str | Path, **settings: str) -> Result:
        return bare(*arguments, **{"DATABASE_URL": database_url, **settings})

    return run
