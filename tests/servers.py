"""The real production server as a process of its own, for journeys, races and faults."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.databases import SETTING_NAMES, settings_environ

ROOT = Path(__file__).resolve().parent.parent
START_WITHIN = 40  # seconds; two workers on a busy machine with two cores
STOP_WITHIN = 35  # seconds; the server promises to finish requests within 30


class TakesMail(Protocol):
    """Whatever mail can be handed to (tests/mail/receiver.py)."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...


@dataclass
class Server:
    """A running `gatherings run`: its address, and a hand on its process group."""

    url: str
    port: int
    command: list[str]
    environ: dict[str, str]
    logs: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def log_text(self) -> str:
        """Give all that the server has written so far."""
        return self.logs.read_text(errors="replace")

    def start(self) -> None:
        """Start the server and wait until it says that it is ready; raises RuntimeError with its log."""
        assert self.process is None, "it runs already"
        with open(self.logs, "ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environ, cwd=self.logs.parent, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def _wait_until_ready(self) -> None:
        assert self.process is not None
        answer = "no answer"
        until = time.monotonic() + START_WITHIN
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server stopped with {self.process.returncode}:\n{self.log_text[-4000:]}")
            try:
                with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as response:
                    if response.status == 200:
                        return
            except urllib.error.HTTPError as error:
                answer = f"{error.code} {error.read(500).decode(errors='replace')}"
            except OSError as error:
                answer = str(error)
            time.sleep(0.1)
        raise RuntimeError(f"not ready within {START_WITHIN} s ({answer}):\n{self.log_text[-4000:]}")

    def kill(self) -> None:
        """End the server and all its children at once, as a power cut would (SIGKILL)."""
        if self.process is None:
            return
        family = self.children()
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        for child in family:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        self.process.wait(10)
        self.process = None

    def terminate(self) -> int:
        """Ask the server to stop cleanly; give its exit code.

        Raises TimeoutExpired when it does not stop in time, RuntimeError when children outlive it.
        """
        assert self.process is not None
        process, family = self.process, self.children()
        process.send_signal(signal.SIGTERM)
        code = process.wait(STOP_WITHIN)
        left = [child for child in family if _is_alive(child)]
        self.kill()
        for child in left:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        if left:
            raise RuntimeError(f"{len(left)} processes outlived their parent:\n{self.log_text[-2000:]}")
        return code

    def children(self) -> list[int]:
        """Give the ids of all processes that the server has started, and those that they have (Linux)."""
        assert self.process is not None
        parents: dict[int, int] = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                with suppress(OSError):
                    # The name of the program stands in brackets and may hold anything, blanks too.
                    parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        family = {self.process.pid}
        while grown := {child for child, parent in parents.items() if parent in family} - family:
            family |= grown
        return sorted(family - {self.process.pid})

    def stop(self) -> None:
        """Stop cleanly if it still runs, and by force if it does not listen."""
        if self.process is None:
            return
        family = self.children()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(STOP_WITHIN)
        self.kill()
        for child in family:
            if _is_alive(child):
                os.kill(child, signal.SIGKILL)


def _is_alive(process_id: int) -> bool:
    try:
        state = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def free_port() -> int:
    """Give a port of 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_server(
    folder: Path,
    database_url: str,
    *,
    workers: int = 2,
    threads: int = 8,
    worker: bool = True,
    smtp: TakesMail | None = None,
    **settings: str,
) -> Iterator[Server]:
    """Run `gatherings run` in production dress on a migrated database (the `database_url` fixture) and stop it.

    `worker=False` leaves the mail worker out; `smtp` is a receiver that takes the mail; `settings` are further
    settings by their names in the environment (`CHANGE_MAIL_DELAY="0"`).
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    if smtp is not None:
        settings["SMTP_URL"] = f"smtp://{smtp.host}:{smtp.port}"
    kept = {name: value for name, value in os.environ.items() if name not in SETTING_NAMES}
    instance = folder / "instance"
    environ = {
        **kept,
        **settings_environ(instance, database_url),
        "BASE_URL": url,
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    command = [sys.executable, "-m", "gatherings", "run", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--workers", str(workers), "--threads", str(threads), *([] if worker else ["--no-worker"])]
    server = Server(url, port, command, environ, folder / "server.log")
    server.start()
    try:
        yield server
    finally:
        server.stop()
