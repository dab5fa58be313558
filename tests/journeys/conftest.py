"""Journeys: whole stories of people, through a real browser, the real server and a real mail server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import visit
from tests.databases import SqliteTemplate
from tests.drills.houses import House, open_house
from tests.parts import need

__all__ = ["visit"]


@pytest.fixture(scope="module")
def house(sqlite_template: SqliteTemplate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """An installation with a mail server that listens, and nothing in it yet."""
    need("browser")
    folder = tmp_path_factory.mktemp("journey")
    with sqlite_template.fresh(folder) as url, open_house(folder, url, workers=1) as opened:
        yield opened


@pytest.fixture
def load(house: House, tmp_path: Path) -> Callable[[str], str]:
    """Load a programme as an organiser does, by `gatherings load`; gives what the command says."""

    def run(text: str) -> str:
        file = tmp_path / "programme.yaml"
        file.write_text(text, encoding="utf-8")
        done = house.command("load", str(file))
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run
