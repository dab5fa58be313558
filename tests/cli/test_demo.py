"""`gatherings demo`: starts from nothing, serves, sends nothing to anybody, and leaves nothing behind."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.databases import SETTING_NAMES
from tests.servers import ROOT, free_port

WITHIN = 60  # seconds, on a busy machine


def environ(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in SETTING_NAMES}
    (tmp_path / "tmp").mkdir(exist_ok=True)
    (tmp_path / "work").mkdir(exist_ok=True)
    return {**kept, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path / "tmp"), "PYTHONUNBUFFERED": "1"}


def start(tmp_path: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "gatherings", *arguments], cwd=tmp_path / "work", env=environ(tmp_path),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def page(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())


def wait_for(url: str, process: "subprocess.Popen[str]") -> str:
    until = time.monotonic() + WITHIN
    while time.monotonic() < until:
        assert process.poll() is None, process.communicate()[0]
        try:
            return page(url)
        except (OSError, urllib.error.URLError):
            time.sleep(0.2)
    raise AssertionError("the demo does not answer")


def group_lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def traps(tmp_path):
    """Settings of a real installation in the folder where the demo is started: none of them may be touched."""
    environ(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        (tmp_path / "work" / ".env").write_text(
            f"DATABASE_URL=sqlite:///{tmp_path}/production.sqlite\nSMTP_URL=smtp://127.0.0.1:{server.getsockname()[1]}\n"
            f"SECRET_KEY={'k' * 40}\nPROXY_COUNT=2\n"
        )
        yield server


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_demo_serves_and_leaves_nothing_behind(tmp_path, traps, by):
    port = free_port()
    process = start(tmp_path, "demo", "--port", str(port))
    try:
        listing = wait_for(f"http://127.0.0.1:{port}/", process)
        assert "Conversations for Kindness" in listing
        assert "/events/" in listing
        assert "<html" in page(f"http://127.0.0.1:{port}/mailbox")
        [folder] = (tmp_path / "tmp").glob("gatherings-demo-*")
        assert (folder / "gatherings.sqlite").exists()
        until = time.monotonic() + WITHIN
        while "true" not in page(f"http://127.0.0.1:{port}/healthz") and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(1.5)  # the worker has looked around by now
    finally:
        if process.poll() is None:
            process.send_signal(by)
        output, _ = process.communicate(timeout=WITHIN)
    assert process.returncode == 0, output
    assert f"http://127.0.0.1:{port}/" in output
    assert "Mailbox" in output
    assert f"http://127.0.0.1:{port}/sign-in/" in output
    assert "Traceback" not in output
    assert not group_lives(process.pid)
    assert list((tmp_path / "tmp").glob("gatherings*")) == []
    assert [path.name for path in (tmp_path / "work").iterdir()] == [".env"]
    assert not (tmp_path / "production.sqlite").exists()
    with pytest.raises(BlockingIOError):
        traps.accept()  # nobody knocked at the real mail server
    with socket.create_server(("127.0.0.1", port)):
        pass  # the port is free again


def test_with_the_double_cards_are_paid_at_a_stand_in_that_stops_with_the_demo(tmp_path, traps):
    port = free_port()
    process = start(tmp_path, "demo", "--port", str(port), "--with-stripe-double")
    try:
        wait_for(f"http://127.0.0.1:{port}/", process)
        assert "nobody is charged" in wait_for(f"http://127.0.0.1:{port + 1}/", process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert f"form-action 'self' http://127.0.0.1:{port + 1};" in answer.headers["Content-Security-Policy"]
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=WITHIN)
    assert process.returncode == 0, output
    assert f"http://127.0.0.1:{port + 1}/" in output
    assert "Traceback" not in output
    assert not group_lives(process.pid)
    for each in (port, port + 1):
        with socket.create_server(("127.0.0.1", each)):
            pass


def test_a_demo_that_is_kept_is_there_the_next_time(tmp_path):
    for _turn in range(2):
        port = free_port()
        process = start(tmp_path, "demo", "--keep", "--port", str(port)) if _turn == 0 else start(
            tmp_path, "demo", "--port", str(port), "--keep"
        )  # fmt: skip
        try:
            assert "Conversations for Kindness" in wait_for(f"http://127.0.0.1:{port}/", process)
        finally:
            process.terminate()
            output, _ = process.communicate(timeout=WITHIN)
        assert process.returncode == 0, output
        assert (tmp_path / "work" / "demo" / "gatherings.sqlite").exists()


def test_stopped_while_it_is_being_made_it_leaves_nothing_either(tmp_path):
    environ(tmp_path)
    process = start(tmp_path, "demo", "--port", str(free_port()))
    until = time.monotonic() + WITHIN
    while not list((tmp_path / "tmp").glob("gatherings-demo-*")) and time.monotonic() < until:
        time.sleep(0.01)
    process.terminate()
    process.communicate(timeout=WITHIN)
    assert list((tmp_path / "tmp").glob("gatherings-demo-*")) == []


def test_a_port_in_use_is_told_with_another(tmp_path):
    environ(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = start(tmp_path, "demo", "--port", str(port))
        output, _ = process.communicate(timeout=WITHIN)
    assert (process.returncode, output) == (
        2, f"Port {port} is in use. Choose another: gatherings demo --port {port + 1}\n",
    )  # fmt: skip
    assert list((tmp_path / "tmp").glob("gatherings*")) == []


def test_run_refuses_a_database_without_tables(tmp_path):
    environ(tmp_path)
    process = start(tmp_path, "run", "--port", str(free_port()))
    output, _ = process.communicate(timeout=WITHIN)
    assert process.returncode == 2
    assert output.splitlines()[-1] == (
        "Gatherings did not start. The database has no tables yet. Run: gatherings db upgrade"
    )
    assert "Traceback" not in output
