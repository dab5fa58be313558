"""The wheel that is built is whole: installed somewhere else, it runs the demo in an empty folder."""

import os
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, files
from tests.databases import SETTING_NAMES
from tests.servers import free_port

CARRIED = ("templates", "static", "migrations")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", str(folder), str(ROOT)],
        capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_carries_templates_static_files_and_migrations(wheel):
    wanted = {
        f"gatherings/_data/{path.relative_to(ROOT).as_posix()}"
        for path in files()
        if path.relative_to(ROOT).parts[0] in CARRIED
    }
    assert wanted
    with zipfile.ZipFile(wheel) as archive:
        assert wanted - set(archive.namelist()) == set()


def test_the_wheel_carries_the_whole_package_and_no_tests(wheel):
    wanted = {path.relative_to(ROOT).as_posix() for path in files() if path.is_relative_to(ROOT / "gatherings")}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert wanted - names == set()
    assert [name for name in names if name.startswith("tests/")] == []


def test_an_installed_wheel_runs_the_demo_in_an_empty_folder(wheel, tmp_path):
    installed, empty = tmp_path / "installed", tmp_path / "empty"
    empty.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(installed)
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if name not in SETTING_NAMES}
    log = tmp_path / "demo.log"
    with open(log, "wb") as out:
        demo = subprocess.Popen(
            [sys.executable, "-m", "gatherings", "demo", "--port", str(port)],
            cwd=empty, env={**kept, "PYTHONPATH": str(installed)}, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            start_new_session=True,
        )  # fmt: skip
    try:
        page = front_page(port, demo, log)
    finally:
        demo.terminate()
        code = demo.wait(35)
    assert "Conversations for Kindness" in page
    assert code == 0, log.read_text()[-2000:]
    assert list(empty.iterdir()) == []


def front_page(port: int, demo: "subprocess.Popen[bytes]", log: Path) -> str:
    until = time.monotonic() + 60
    while time.monotonic() < until and demo.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"the demo did not come up:\n{log.read_text()[-3000:]}")
