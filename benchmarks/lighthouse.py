"""What Lighthouse says of the event, listing and series page: the median of three on a phone, in production dress.

    make lighthouse                                       the three pages
    make lighthouse ARGS="/communities/spaces-for-listening --runs 1"   another page, once

Ends with 1 where a median is below the bar, and says which audits cost points. Accessibility, best practices and SEO
come out the same every time; performance depends on the machine, which should have nothing else to do: Lighthouse
multiplies what the page's scripts and styles cost here by four, as on a slow phone.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import select

from gatherings.core.clock import utc_now
from gatherings.events.models import Event, Series
from tests.databases import SqliteTemplate
from tests.drills.houses import House, open_house
from tests.parts import advice, find
from tests.servers import ROOT

# Put there by the Makefile, with the version.
CLI = ROOT / ".venv" / "lighthouse" / "node_modules" / "lighthouse" / "cli" / "index.js"
BARS = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
# What the figures of performance are made of, in the units that Lighthouse gives.
METRICS = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "cumulative-layout-shift")
SHORT = {"first-contentful-paint": "FCP", "largest-contentful-paint": "LCP", "total-blocking-time": "TBT"}
LONGEST = 180  # seconds for one run


@dataclass
class Figures:
    """Of one page: the scores of each run by category, the metrics, and what cost points."""

    scores: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in BARS})
    metrics: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in METRICS})
    costs: dict[str, str] = field(default_factory=dict)
    bytes: int = 0

    def median(self, category: str) -> int:
        return round(statistics.median(self.scores[category]))

    def take(self, report: dict[str, Any]) -> None:
        """Note one report of Lighthouse; raises RuntimeError where it could not load the page."""
        if report.get("runtimeError"):
            raise RuntimeError(report["runtimeError"]["message"])
        audits = report["audits"]
        for name in BARS:
            category = report["categories"][name]
            self.scores[name].append(round(100 * category["score"]))
            for one in category["auditRefs"]:
                audit = audits[one["id"]]
                if one["weight"] and (audit["score"] or 0) < 0.995 and audit["scoreDisplayMode"] in _COUNTED:
                    self.costs[one["id"]] = _told(audit)
        for name in METRICS:
            self.metrics[name].append(audits[name]["numericValue"])
        self.bytes = round(audits["total-byte-weight"]["numericValue"])


_COUNTED = ("binary", "numeric", "metricSavings")


def _told(audit: dict[str, Any]) -> str:
    items = audit.get("details", {}).get("items", [])
    where = [one["node"].get("snippet", "") for one in items if isinstance(one.get("node"), dict)]
    more = [audit["displayValue"]] if audit.get("displayValue") else []
    return "; ".join([audit["title"], *more, *where[:3]])


def main() -> None:
    """Measure, print the table, and end with 1 where something is below its bar."""
    parser = argparse.ArgumentParser(prog="make lighthouse", description=__doc__)
    parser.add_argument("paths", nargs="*", help="pages to measure; without any, the event, listing and series page")
    parser.add_argument("--runs", type=int, default=3, help="for each page (3)")
    parser.add_argument("--keep", type=Path, help="a folder for the reports")
    wanted = parser.parse_args()
    for part in ("browser", "node"):
        if find(part) is None:
            sys.exit(f"Lighthouse needs {part}: {advice(part)}")
    if not CLI.exists():
        sys.exit("Lighthouse is not installed: make lighthouse does it.")
    with programme() as house:
        pages = {path: path for path in wanted.paths} or three_pages(house)
        found = {name: measure(house.server.url + path, wanted) for name, path in pages.items()}
    sys.exit(not show(found, wanted.runs))


@contextmanager
def programme() -> Iterator[House]:
    """Open an installation with the demo's programme, on http://127.0.0.1."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with SqliteTemplate(folder).fresh(folder) as url, open_house(folder, url) as house:
            done = house.command("load", str(ROOT / "gatherings" / "loading" / "programme.yaml"))
            if done.returncode:
                sys.exit(done.stdout + done.stderr)
            yield house


def three_pages(house: House) -> dict[str, str]:
    """Give the next date of a series that takes registrations, the listing, and that series."""
    coming = (
        select(Event.slug, Series.slug)
        .join(Series, Series.id == Event.series_id)
        .where(Event.starts_at > utc_now(), Event.series_rule_id.is_not(None))
        .order_by(Event.starts_at)
        .limit(1)
    )
    ((event, series),) = house.ask(coming)
    return {"event": f"/events/{event}", "listing": "/", "series": f"/series/{series}"}


def measure(url: str, wanted: argparse.Namespace) -> Figures:
    """Run Lighthouse on a page as often as wanted."""
    figures = Figures()
    for number in range(1, wanted.runs + 1):
        print(f"{url} ({number} of {wanted.runs}) …", file=sys.stderr)
        report = run(url)
        figures.take(report)
        if wanted.keep:
            wanted.keep.mkdir(parents=True, exist_ok=True)
            name = url.split("/", 3)[3].replace("/", "-") or "listing"
            (wanted.keep / f"{name}-{number}.json").write_text(json.dumps(report))
    return figures


def run(url: str) -> dict[str, Any]:
    """Give Lighthouse's report of a page: its own mobile profile, a new profile of the browser each time."""
    node, browser = find("node"), find("browser")
    assert node is not None
    assert browser is not None
    flags = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage"
    command = [
        node, str(CLI), url, "--quiet", "--output=json", "--output-path=stdout", "--no-enable-error-reporting",
        f"--only-categories={','.join(BARS)}", f"--chrome-flags={flags}",
    ]  # fmt: skip
    environ = {**os.environ, "CHROME_PATH": browser}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=LONGEST, check=False)
    if done.returncode:
        sys.exit(f"Lighthouse ended with {done.returncode}:\n{done.stderr[-3000:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def show(found: dict[str, Figures], runs: int) -> bool:
    """Print the figures; tell whether all are at their bars."""
    widest = min(max(12, *(len(name) for name in found)), max(20, shutil.get_terminal_size().columns - 80))
    load = os.getloadavg()[0]
    print(f"Lighthouse, mobile, median of {runs}; load of the machine at the end {load:.1f} of {os.cpu_count()} cores")
    print(" " * widest, *(f"{name:>16}" for name in BARS), "   FCP   LCP   TBT    CLS  over the wire")
    below = False
    for name, one in found.items():
        cells = []
        for category, bar in BARS.items():
            score = one.median(category)
            below = below or score < bar
            spread = f" ({min(one.scores[category])}–{max(one.scores[category])})" if runs > 1 else ""
            cells.append(f"{score}{spread}{' <' if score < bar else ''}")
        middle = [statistics.median(one.metrics[metric]) for metric in METRICS]
        times = f"{middle[0] / 1000:5.2f}s {middle[1] / 1000:4.2f}s {middle[2]:3.0f}ms {middle[3]:6.3f}"
        print(name.ljust(widest), *(f"{cell:>16}" for cell in cells), f" {times}  {one.bytes:,} B")
    print("Bars:".ljust(widest), *(f"{bar:>16}" for bar in BARS.values()))
    for name, one in found.items():
        for audit, told in one.costs.items():
            print(f"  {name}: {audit}: {told}")
    return not below


if __name__ == "__main__":
    main()
