"""Parts of the machine that some tests need: found, or the test is skipped by name.

`REQUIRE=postgres,browser` turns each such skip into a failure, so that a green run on the build machine means
that nothing was left out. The closing lines of a run name what was skipped (tests/conftest.py).
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NoReturn

import playwright
import pytest

MISSING = "missing part: "


def _postgres() -> str | None:
    """Give the folder of PostgreSQL's server programs; Debian keeps them off the PATH."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: _version(path.parent.name))
    for folder in reversed(folders):
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return str(folder)
    initdb = shutil.which("initdb")
    if initdb and (Path(initdb).parent / "pg_ctl").exists():
        return str(Path(initdb).parent)
    return None


def _version(name: str) -> tuple[int, ...]:
    return tuple(int(part) for part in name.split(".") if part.isdigit())


def _chromium() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named:
        return named if Path(named).exists() else None
    return next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), None)


def _browser() -> str | None:
    """Give Chromium, if the driver that playwright brings along runs here too."""
    return _chromium() if _driver_runs() else None


@cache
def _driver_runs() -> bool:
    driver = Path(playwright.__file__).parent / "driver" / "node"
    try:
        return subprocess.run([driver, "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _node() -> str | None:
    return shutil.which("node")


def _faketime() -> str | None:
    """Give the library that lets a process see another time."""
    return next((str(path) for path in sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))), None)


_FINDERS: dict[str, tuple[Callable[[], str | None], str]] = {
    "postgres": (_postgres, "install postgresql"),
    "browser": (_browser, "install chromium"),
    "faketime": (_faketime, "install faketime"),
    "node": (_node, "install nodejs"),
}


@cache
def find(part: str) -> str | None:
    """Give the path of a part, or None; postgres: the folder of its programs, else the program itself."""
    return _FINDERS[part][0]()


def advice(part: str) -> str:
    """Give the words that say how to get a part."""
    if part == "browser" and _chromium() and not _driver_runs():
        return "install libatomic1"
    return _FINDERS[part][1]


def required() -> frozenset[str]:
    """Give the parts that must be there; raises UsageError for a name that is none."""
    names = frozenset(name.strip() for name in os.environ.get("REQUIRE", "").split(",") if name.strip())
    unknown = names - set(_FINDERS)
    if unknown:
        raise pytest.UsageError(f"REQUIRE names no part of ours: {', '.join(sorted(unknown))}")
    return names


def need(part: str) -> str:
    """Give the path of a part; without it skip the test by name, or fail it when REQUIRE asks for the part."""
    return find(part) or _without(part)


def _without(part: str) -> NoReturn:
    reason = f"{MISSING}{part}: {advice(part)}"
    if part in required():
        pytest.fail(f"{reason} (REQUIRE asks for it)", pytrace=False)
    pytest.skip(reason, allow_module_level=True)


def closing_lines(reasons: list[str]) -> list[str]:
    """Give one line for each missing part from the reasons of all skips, with the number of tests left out."""
    counts: dict[str, int] = {}
    for reason in reasons:
        if MISSING in reason:
            part = reason.split(MISSING, 1)[1].split(":", 1)[0].strip()
            counts[part] = counts.get(part, 0) + 1
    return [
        f"skipped for a missing part: {part} ({count} {'test' if count == 1 else 'tests'}): {advice(part)}"
        for part, count in sorted(counts.items())
    ]
