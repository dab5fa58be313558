"""The table that `make bench` prints, with performance.md's goals beside the figures."""

import statistics
from dataclasses import dataclass, field

# CPU ms of the best of pretix, pretalx and Indico for the same thing, and how many times faster we want to be.
BEST: dict[str, tuple[float, float]] = {
    "event page": (50, 35),
    "listing of 50": (11, 7),
    ".ics of one": (13, 40),
    "feed of 50": (7.4, 20),
    "feed of 200": (239, 500),
    "registration, whole: 3 requests": (137, 20),
}
FEWER = {("PostgreSQL", "registration, whole: 3 requests"): 15.0}  # goals that are lower on PostgreSQL
BESIDE_BARE: dict[str, float] = {  # how fast beside bare, 1 being the same
    "event page": 0.6,
    "listing of 50": 0.5,
    ".ics of one": 0.8,
    "feed of 50": 0.8,
    "feed of 200": 0.8,
    "registration, whole: 3 requests": 0.7,
}
P95_BESIDE_BARE = 1.5
LIMITS = {"memory": (135.0, 1.2), "cold start": (0.8, 1.5)}
BYTES, FETCHES = 24 * 1024, 4


@dataclass(frozen=True)
class Row:
    """One thing on one database: CPU ms a request of both sides, our rate, p95 of both in ms."""

    database: str
    name: str
    queries: float
    ours: list[float]
    bare: list[float]
    rate: list[float]
    p95: list[float]
    bare_p95: list[float]


def _spread(values: list[float]) -> str:
    if not values:
        return "–"
    half = (max(values) - min(values)) / 2
    middle = statistics.median(values)
    digits = 2 if middle < 10 else 1 if middle < 100 else 0
    return f"{middle:.{digits}f} ±{half:.{digits}f}"


@dataclass
class Table:
    """Collects lines and judges them against the goals."""

    lines: list[tuple[str, ...]] = field(default_factory=list)
    short: list[str] = field(default_factory=list)

    def add(self, row: Row) -> None:
        middle, other = statistics.median(row.ours), statistics.median(row.bare)
        ratios = [bare / ours for ours, bare in zip(row.ours, row.bare, strict=True)]
        ratio = statistics.median(ratios)
        best, wanted = BEST.get(row.name, (0.0, 0.0))
        wanted = FEWER.get((row.database, row.name), wanted)
        times = best / middle
        where = f"{row.database}, {row.name}"
        if best and times < wanted:
            self.short.append(f"{where}: {times:.0f} times the best of the others, the goal is {wanted:.0f}")
        if ratio < BESIDE_BARE.get(row.name, 0):
            self.short.append(f"{where}: {ratio:.2f} of bare ({other:.2f} ms), the goal is {BESIDE_BARE[row.name]}")
        if row.name.startswith("registration: POST"):
            beside = statistics.median(row.p95) / statistics.median(row.bare_p95)
            if beside > P95_BESIDE_BARE:
                self.short.append(f"{where}: p95 is {beside:.1f} times bare's, the goal is {P95_BESIDE_BARE}")
        self.lines.append(
            (
                row.database,
                row.name,
                f"{row.queries:.0f}",
                _spread(row.ours),
                _spread(row.bare),
                f"{ratio:.2f}",
                f"{times:.0f}×" if best else "",
                _spread(row.rate),
                _spread(row.p95),
                _spread(row.bare_p95),
            )
        )

    def note(self, database: str, what: str, ours: float, bare: float) -> None:
        """Add a figure that has no rounds."""
        most, beside = next(limits for name, limits in LIMITS.items() if what.startswith(name))
        self.lines.append((database, what, "", f"{ours:.2f}", f"{bare:.2f}", f"{bare / ours:.2f}", "", "", "", ""))
        if ours > most or ours > bare * beside:
            self.short.append(
                f"{database}, {what}: {ours:.2f}, bare {bare:.2f}; the goal is {most:g} and {beside:g} times bare"
            )

    def screens(
        self, database: str, count: int, seconds: float, cpu: float, rate: float, p99: float, most: float
    ) -> None:
        """Add what it cost to show a run of show on many screens; its goal is for the 99th of 100 answers."""
        what = f"{count} live screens for {seconds:.0f} s: p99 {p99:.0f} ms"
        self.lines.append((database, what, "0", f"{cpu:.2f}", "", "", "", f"{rate:.0f}", "", ""))
        if p99 > most:
            self.short.append(f"{database}, {what}; the goal is {most:.0f} ms")

    def bytes_of(self, page: int, files: int, requests: int) -> None:
        """Add the weight of the event page over the wire."""
        words = f"{page + files} bytes of brotli in {requests} requests (HTML {page}, CSS and JS {files})"
        self.lines.append(("", "event page over the wire", "", words, "", "", "", "", "", ""))
        if page + files > BYTES or requests > FETCHES:
            self.short.append(f"event page over the wire: {words}; the goal is {BYTES} in {FETCHES}")

    def __str__(self) -> str:
        head = ("database", "what", "SQL", "CPU ms", "bare", "beside bare", "best other", "req/s", "p95 ms", "bare p95")
        rows = [head, *self.lines]
        widths = [max(len(row[at]) for row in rows if not row[1].endswith("the wire")) for at in range(len(head))]
        text = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        text.insert(1, "-" * len(text[0]))
        text.append("")
        text.append("CPU of server and database, median of the rounds ± half their span; beside bare: 1 is as fast.")
        text.append("Short of the goals of performance.md:" if self.short else "All goals of performance.md are met.")
        return "\n".join([*text, *(f"- {line}" for line in self.short)])
