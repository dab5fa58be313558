"""Processes and what they cost: CPU of a whole tree, memory, the time until the first page."""

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

TICK = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).resolve().parent.parent


def tree(root: int) -> list[int]:
    """Give a process and all that it has started, and those they have (Linux)."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    family = {root}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return sorted(family)


def cpu_seconds(root: int) -> float:
    """Give the CPU time of a tree so far, children that have ended included."""
    total = 0
    for process in tree(root):
        with suppress(OSError):
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            total += sum(int(field) for field in fields[11:15])
    return total / TICK


def pss_mib(root: int) -> float:
    """Give the memory of a tree in MiB, shared pages counted once (PSS)."""
    total = 0
    for process in tree(root):
        with suppress(OSError):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
    return total / 1024


@dataclass
class Running:
    """A server that was started here."""

    port: int
    process: "subprocess.Popen[bytes]"
    first_page: float  # seconds from its start to its first page
    database: int | None = None  # PostgreSQL's first process

    def cpu(self) -> float:
        return cpu_seconds(self.process.pid) + (cpu_seconds(self.database) if self.database else 0.0)


@contextmanager
def running(command: list[str], environ: dict[str, str], port: int, path: str, folder: Path) -> Iterator[Running]:
    """Start a server, wait for its first page, stop it at the end."""
    with open(folder / f"server-{port}.log", "ab") as log:
        began = time.monotonic()
        process = subprocess.Popen(
            command, env=environ, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    try:
        _wait(process, f"http://127.0.0.1:{port}{path}", folder / f"server-{port}.log")
        first = time.monotonic() - began
        time.sleep(0.3)  # until the second worker is there, too
        yield Running(port, process, first)
    finally:
        family = tree(process.pid)
        process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        for one in family:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)
        process.wait(10)


def _wait(process: "subprocess.Popen[bytes]", url: str, log: Path) -> None:
    until = time.monotonic() + 40
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"a server ended with {process.returncode}:\n{log.read_text()[-3000:]}")
        try:
            with urllib.request.urlopen(url, timeout=5) as response:
                if response.status == 200:
                    return
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{url} answers {error.code}:\n{log.read_text()[-3000:]}") from error
        except OSError:
            time.sleep(0.01)
    raise RuntimeError(f"{url} does not answer:\n{log.read_text()[-3000:]}")


def free_port() -> int:
    """Give a port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


PYTHON = sys.executable
