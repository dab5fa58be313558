"""Readers that are not ours: icalendar, and ical.js, the library in Thunderbird and Nextcloud."""

import json
import os
import shutil
import subprocess
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import icalendar
import pytest

from tests.parts import MISSING, need

_SOURCE = Path(__file__).with_name("readers")
_FILES = ("package.json", "package-lock.json", "read.mjs")


def by_icalendar(data: bytes) -> Any:
    """Give the calendar as icalendar reads it (Any: its property types are unions of all there are)."""
    return icalendar.Calendar.from_ical(data)


def ical_js(data: bytes) -> list[dict[str, Any]]:
    """Give what ical.js reads: one dict for each occurrence, with start and end as ISO texts in UTC."""
    node = need("node")
    script = _installed() / "read.mjs"
    run = subprocess.run([node, str(script)], input=data, capture_output=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr.decode()
    return json.loads(run.stdout)


def _installed() -> Path:
    """Give the folder where the reader is installed; installs it once for a user of the machine."""
    state = sha256(b"".join((_SOURCE / name).read_bytes() for name in _FILES)).hexdigest()[:16]
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "gatherings")
    home = caches / f"calendar-readers-{state}"
    if (home / "node_modules").is_dir():
        return home
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip(f"{MISSING}node: install npm beside nodejs (for ical.js)")
    caches.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(prefix="making-", dir=caches))
    for name in _FILES:
        shutil.copy(_SOURCE / name, making)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    run = subprocess.run(command, cwd=making, capture_output=True, timeout=180, check=False)
    if run.returncode:
        shutil.rmtree(making)
        pytest.skip(f"{MISSING}node: npm cannot fetch ical.js here ({run.stderr.decode()[-200:].strip()})")
    try:
        making.rename(home)
    except OSError:  # another run of the tests was first
        shutil.rmtree(making)
    return home
