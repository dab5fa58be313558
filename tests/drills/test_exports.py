"""Ten thousand registrations are taken away in a stream: at once, soon, and without memory (bar A7)."""

import csv
import http.client
import io
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from tests.drills.conftest import Full
from tests.drills.houses import House


@dataclass
class Taken:
    """What came, and when: seconds to the first bytes and to the last."""

    status: int
    first: float
    whole: float
    body: bytes


def take(full: Full, path: str, *, slowly: float = 0) -> Taken:
    """Take a file away; `slowly`: seconds of rest after the first bytes."""
    line = http.client.HTTPConnection("127.0.0.1", full.house.port, timeout=120)
    began = time.monotonic()
    line.request("GET", f"{full.list_path}/{path}", headers={"Cookie": full.cookie, "Host": _host(full.house)})
    answer = line.getresponse()
    body = answer.read(10)
    first = time.monotonic() - began
    time.sleep(slowly)
    body += answer.read()
    whole = time.monotonic() - began
    line.close()
    return Taken(answer.status, first, whole, body)


def _host(house: House) -> str:
    return house.server.url.split("//")[1]


@contextmanager
def memory_of(house: House):
    """Watch the memory (resident, of all processes of the server) and give what it was and its most, in MiB."""
    seen = [_resident(house)]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            seen.append(_resident(house))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def _resident(house: House) -> float:
    total = 0
    for process in house.server.children():
        with suppress(OSError):
            for line in Path(f"/proc/{process}/status").read_text().splitlines():
                if line.startswith("VmRSS:"):
                    total += int(line.split()[1])
    return total / 1024


def test_the_csv_of_10000(house_with_10000: Full, size) -> None:
    full = house_with_10000
    take(full, "export.csv?state=waiting")  # what is loaded at the first time is loaded
    with memory_of(full.house) as memory:
        taken = take(full, "export.csv?state=all")
    assert taken.status == 200
    rows = list(csv.DictReader(io.StringIO(taken.body.decode("utf-8-sig"), newline=""), strict=True))
    assert len(rows) == full.people
    assert len({row["E-mail"] for row in rows}) == full.people
    assert taken.first <= size.within(0.5)
    assert taken.whole <= size.within(5)
    assert max(memory) - memory[0] < 100
    print(
        f"CSV of {full.people}: first bytes {1000 * taken.first:.0f} ms, all {taken.whole:.2f} s, "
        f"{len(taken.body) / 1e6:.1f} MB, memory {memory[0]:.0f} MiB +{max(memory) - memory[0]:.0f}"
    )


def test_who_takes_it_slowly_keeps_nobody_from_writing(house_with_10000: Full, size) -> None:
    full = house_with_10000
    answers: list[Taken] = []
    thread = threading.Thread(target=lambda: answers.append(take(full, "export.json?state=all", slowly=2)))
    thread.start()
    time.sleep(0.7)
    began = time.monotonic()
    with full.house.writing() as session:
        session.execute(text("UPDATE communities SET version = version + 1"))
    assert time.monotonic() - began < 1.2
    thread.join()
    assert answers[0].status == 200
    assert answers[0].body.rstrip().endswith(b"]}")
