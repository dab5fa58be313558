"""Start both servers, ask them in turns, and print the table."""

import argparse
import itertools
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import brotli

from benchmarks.load import COOKIE, Burst, burst, fetch
from benchmarks.making import CALENDARS, DESK, MANY, PEOPLE, SLUG, Made, make_bare, make_ours
from benchmarks.measuring import PYTHON, ROOT, Running, free_port, pss_mib, running
from benchmarks.screens import watch
from benchmarks.table import Row, Table
from tests.databases import Cluster, SqliteTemplate, cluster
from tests.drills.client import request_bytes
from tests.drills.houses import plain_environ

Requests = Callable[[str], bytes]


@dataclass(frozen=True)
class Kind:
    """One thing that is asked for: how, and by how many connections."""

    name: str
    key: str  # of Made.queries
    ours: Requests
    lines: int = 8
    follow: bool = False
    bare: Requests | None = None


@dataclass
class Figures:
    """What the rounds gave for one side: CPU in ms a request, requests a second, p95 in ms."""

    cpu: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    p95: list[float] = field(default_factory=list)


def get(path: str, **headers: str) -> Requests:
    """Make the same GET again and again."""
    made: dict[str, bytes] = {}

    def request(host: str) -> bytes:
        if host not in made:
            made[host] = request_bytes("GET", host, path, headers={**COOKIE, **headers})
        return made[host]

    return request


def registrations() -> Requests:
    """Make forms of people who were not there before."""
    numbers = itertools.count(time.time_ns() % 10**9 * 1000)

    def request(host: str) -> bytes:
        fields = {"name": "Ada Example", "email": f"p{next(numbers)}@example.org", "zone": "Pacific/Auckland"}
        headers = {**COOKIE, "Sec-Fetch-Site": "same-origin"}
        return request_bytes("POST", host, f"/events/{SLUG}/register", headers=headers, fields=fields)

    return request


def kinds(made: Made) -> list[Kind]:
    """List what is asked for."""
    feed = f"/calendar/{made.feed}.ics"
    again = {"If-None-Match": made.etag}
    bare_again = {"If-None-Match": f'"1-{made.feed[:16]}"'}
    return [
        Kind("event page", "event", get(f"/events/{SLUG}")),
        Kind("event page, as brotli", "event", get(f"/events/{SLUG}", **{"Accept-Encoding": "br"})),
        Kind("listing of 50", "listing", get("/")),
        Kind("series page, 12 dates", "series", get("/series/monthly")),
        Kind("organiser's list of 10,000, first page", "desk", get(DESK, Cookie=made.signed_in)),
        Kind("organiser's list of 10,000, last page", "desk, last", get(f"{DESK}?at=last", Cookie=made.signed_in)),
        Kind(".ics of one", "ics", get(CALENDARS[0])),
        Kind("feed of 50", "feed 50", get(CALENDARS[1])),
        Kind("feed of 200", "feed 200", get(CALENDARS[2])),
        Kind("304 of a personal feed", "304", get(feed, **again), bare=get(feed, **bare_again)),
        Kind("registration: POST and 303", "registration", registrations(), lines=32, follow=True),
    ]


def in_turns(
    ours: Running, bare: Running, kind: Kind, rounds: int, seconds: float, figures: dict[tuple[str, str], Figures]
) -> None:
    """Ask both in turns, the first of a round being another each time."""
    sides = [("ours", ours, kind.ours), ("bare", bare, kind.bare or kind.ours)]
    for _, server, requests in sides:
        burst(server.port, requests, lines=kind.lines, seconds=0.3, follow=kind.follow)
    for number in range(rounds):
        for side, server, requests in sides if number % 2 == 0 else sides[::-1]:
            before = server.cpu()
            got = burst(server.port, requests, lines=kind.lines, seconds=seconds, follow=kind.follow)
            time.sleep(0.05)
            made = figures.setdefault((kind.name, side), Figures())
            made.cpu.append(1000 * (server.cpu() - before) / got.count)
            made.rate.append(got.count / got.seconds)
            made.p95.append(1000 * _p95(got))
            if set(got.statuses) - {200, 304}:
                raise RuntimeError(f"{side}, {kind.name}: {got.statuses}")


def _p95(got: Burst) -> float:
    ordered = sorted(got.latencies)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]


def our_command(port: int) -> list[str]:
    return [PYTHON, "-m", "gatherings", "run", "--port", str(port), "--workers", "2", "--threads", "8", "--no-worker"]


def bare_command(port: int) -> list[str]:
    return [PYTHON, "-m", "benchmarks.bare", str(port)]


@dataclass
class Place:
    """A database of each side, the folder of this run, and how to start both servers."""

    folder: Path
    ours: str
    bare: str
    database: int | None = None

    def start(self, side: str) -> AbstractContextManager[Running]:
        port = free_port()
        environ = plain_environ(
            self.folder / "instance", self.ours,
            BASE_URL=f"http://127.0.0.1:{port}", REGISTRATIONS_PER_NETWORK=str(MANY),
            BARE_DATABASE=self.bare, BARE_PAGES=str(self.folder / "bare"), BARE_COMPRESS="1", PYTHONPATH=str(ROOT),
        )  # fmt: skip
        # As an installation has it: compiled once (pip does it), whatever this shell says.
        environ.pop("PYTHONDONTWRITEBYTECODE", None)
        environ["PYTHONPYCACHEPREFIX"] = str(self.folder / "compiled")
        command = our_command(port) if side == "ours" else bare_command(port)
        return running(command, environ, port, f"/events/{SLUG}", self.folder)


def measure(name: str, place: Place, made: Made, rounds: int, seconds: float, table: Table) -> None:
    """Measure everything on one database."""
    starts: dict[str, list[float]] = {"ours": [], "bare": []}
    for side in starts:
        with place.start(side):
            pass  # the first start compiles modules and templates, which an installation has compiled
    for _ in range(max(1, rounds - 1)):
        for side in starts:
            with place.start(side) as server:
                starts[side].append(server.first_page)
    figures: dict[tuple[str, str], Figures] = {}
    with place.start("ours") as ours, place.start("bare") as bare:
        starts["ours"].append(ours.first_page)
        for server in (ours, bare):
            server.database = place.database
        for kind in kinds(made):
            in_turns(ours, bare, kind, rounds, seconds, figures)
            one, other = figures[kind.name, "ours"], figures[kind.name, "bare"]
            table.add(Row(name, kind.name, made.queries[kind.key], one.cpu, other.cpu, one.rate, one.p95, other.p95))
        _whole_registration(name, made, figures, table)
        _exports(name, ours, bare, made, rounds, table)
        watch(name, ours, 60 * seconds, table)
        table.note(
            name, "memory, 2 workers, after load (MiB PSS)", pss_mib(ours.process.pid), pss_mib(bare.process.pid)
        )
        table.note(
            name, "cold start to first page (s)", statistics.median(starts["ours"]), statistics.median(starts["bare"])
        )
        if name == "SQLite":
            table.bytes_of(*_bytes(ours.port))


def _whole_registration(name: str, made: Made, figures: dict[tuple[str, str], Figures], table: Table) -> None:
    """Add up page, POST and 303, as performance.md counts a registration."""
    sums = []
    for side in ("ours", "bare"):
        page, post = figures["event page", side].cpu, figures["registration: POST and 303", side].cpu
        sums.append([one + two for one, two in zip(page, post, strict=True)])
    queries = made.queries["event"] + made.queries["registration"]
    table.add(Row(name, "registration, whole: 3 requests", queries, sums[0], sums[1], [], [], []))


def _exports(name: str, ours: Running, bare: Running, made: Made, rounds: int, table: Table) -> None:
    """Take an organiser's list away, whole and its ninth part: few times, for an hour has its limit (ten)."""
    for what, state in ((f"CSV of {PEOPLE:,} registrations", "all"), ("CSV of the ninth part of them", "cancelled")):
        cpu: dict[str, list[float]] = {"ours": [], "bare": []}
        seconds: dict[str, list[float]] = {"ours": [], "bare": []}
        for _ in range(min(rounds, 3)):
            for side, server in (("ours", ours), ("bare", bare)):
                before, began = server.cpu(), time.monotonic()
                status, _, body = fetch(server.port, f"{DESK}/export.csv?state={state}", Cookie=made.signed_in)
                seconds[side].append(1000 * (time.monotonic() - began))
                time.sleep(0.05)
                cpu[side].append(1000 * (server.cpu() - before))
                if status != 200 or body.count(b"\r\n") < PEOPLE // 10:
                    raise RuntimeError(f"{side}, {what}: {status}")
        table.add(Row(name, what, made.queries[f"csv {state}"], cpu["ours"], cpu["bare"], [], *seconds.values()))


def _bytes(port: int) -> tuple[int, int, int]:
    """Weigh the event page as brotli: HTML, its CSS and JS, and how many requests that takes."""
    _, headers, body = fetch(port, f"/events/{SLUG}", **{"Accept-Encoding": "br"})
    if headers.get("content-encoding") != "br":
        raise RuntimeError("the event page did not come as brotli")
    page = brotli.decompress(body).decode()
    files = [part.split('"')[0] for part in page.split('="')[1:] if part.startswith("/static/")]
    files = [file for file in dict.fromkeys(files) if file.endswith((".css", ".js"))]
    weights = [len(fetch(port, file, **{"Accept-Encoding": "br"})[2]) for file in files]
    return len(body), sum(weights), 1 + len(files)


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=1.0, help="of each burst")
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    asked = parser.parse_args()
    table = Table()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="gatherings-bench-")))
        if asked.only != "postgres":
            place, made = _sqlite(folder / "sqlite")
            measure("SQLite", place, made, asked.rounds, asked.seconds, table)
        if asked.only != "sqlite":
            server = stack.enter_context(cluster(durable=True))
            place, made = _postgres(folder / "postgres", server)
            measure("PostgreSQL", place, made, asked.rounds, asked.seconds, table)
    print(table)


def _sqlite(folder: Path) -> tuple[Place, Made]:
    folder.mkdir()
    with SqliteTemplate(folder).fresh(folder) as ours:
        bare = f"sqlite:///{folder / 'bare.sqlite'}"
        made = make_ours(folder, ours)
        make_bare(folder, ours, bare, made)
        return Place(folder, ours, bare), made


def _postgres(folder: Path, server: Cluster) -> tuple[Place, Made]:
    folder.mkdir()
    server.prepare(folder)
    server.execute("CREATE DATABASE ours TEMPLATE template_gatherings", "CREATE DATABASE bare")
    made = make_ours(folder, server.url("ours"))
    make_bare(folder, server.url("ours"), server.url("bare"), made)
    process = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
    return Place(folder, server.url("ours"), server.url("bare"), process), made
