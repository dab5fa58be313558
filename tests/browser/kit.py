"""What browser tests share: a visitor whose browser notes whatever should not happen, and ways to look at a page."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Error, Locator, Page, Request

# The browser and htmx write each refused form (422 and the like) to the console; that is how it is meant.
_REFUSALS = ("Failed to load resource: the server responded with a status of 4", "Response Status Error Code 4")
# How far a page can be scrolled sideways, in CSS pixels.
_SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
_WIDEST = """() => [...document.body.querySelectorAll('*')]
    .filter((one) => one.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5
        && !one.closest('.visually-hidden'))
    .slice(0, 4).map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`)"""
_COUNT_SHIFTS = """
    window.shifts = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) window.shifts += entry.value;
    }).observe({type: "layout-shift", buffered: true});"""
_FOCUSED = """() => { const at = document.activeElement;
    return at.id || `${at.tagName} ${at.textContent.trim()}`; }"""
# The browser gives the focus to what asks for it when it next draws, which is a moment after `load`.
_TO_BE_FOCUSED = """() => !!document.querySelector('[autofocus]')
    && (!document.activeElement || document.activeElement === document.body)"""
_AT_REST = "() => document.readyState === 'complete' && !document.querySelector('[aria-busy=true], .htmx-request')"
_AXE = Axe()


@dataclass
class Visitor:
    """Somebody with a browser of their own, and a note of all that went wrong in it."""

    url: str
    context: BrowserContext
    page: Page
    scripts: bool
    wrong: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)  # every request, as "METHOD /path"

    def open(self, path: str) -> Page:
        """Open a page of ours and wait until its scripts are at rest."""
        self.page.goto(path if "://" in path else self.url + path, wait_until="load")
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the page is whole and nothing is under way any more, ours or htmx's."""
        self.page.wait_for_load_state("load")
        if self.scripts:
            self.page.wait_for_function(_AT_REST)
        for _ in range(40):  # Without scripts nothing can be waited for inside the page.
            with suppress(Error):  # the page is just being left for another
                if not self.page.evaluate(_TO_BE_FOCUSED):
                    break
            self.page.wait_for_timeout(25)

    def press(self, name: str, within: Locator | None = None) -> None:
        """Press the one button of this name and wait for the answer."""
        (within or self.page.locator("main")).get_by_role("button", name=name, exact=True).click()
        self.settle()

    def fill(self, **fields: str) -> None:
        """Type into fields by their names."""
        for name, value in fields.items():
            self.page.locator(f"main form [name={name}]").first.fill(value)

    def register(self, name: str, address: str) -> None:
        """Fill in the two fields of an open event page, and press."""
        self.fill(name=name, email=address)
        self.press("Register", self.page.locator("#registration"))

    @property
    def focused(self) -> str:
        """Give the id (or else the tag and text) of what has the focus."""
        return str(self.page.evaluate(_FOCUSED))

    @property
    def sideways(self) -> int:
        """Give how many pixels the page can be scrolled sideways."""
        return int(self.page.evaluate(_SIDEWAYS))

    @property
    def too_wide(self) -> list[str]:
        """Name what sticks out."""
        found: list[str] = self.page.evaluate(_WIDEST)
        return found

    @property
    def shifted(self) -> float:
        """Give the layout shift of this page since it was opened (CLS without its windows)."""
        return float(self.page.evaluate("() => window.shifts"))


def visitor(browser: Browser, url: str, *, scripts: bool = True, **options: Any) -> Visitor:
    """Open a browser context of its own on an installation; `options` are playwright's (timezone_id, viewport …)."""
    options = {"locale": "en-GB", "timezone_id": "Europe/London", "reduced_motion": "reduce", **options}
    context = browser.new_context(java_script_enabled=scripts, **options)
    context.set_default_timeout(10_000)
    if scripts:
        context.add_init_script(_COUNT_SHIFTS)
    made = Visitor(url, context, context.new_page(), scripts)
    origin = urlsplit(url).netloc

    def heard(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(_REFUSALS):
            made.wrong.append(f"console: {message.text} ({made.page.url})")

    def asked(request: Request) -> None:
        parts = urlsplit(request.url)
        made.asked.append(f"{request.method} {parts.path}")
        if parts.netloc != origin and parts.scheme not in ("data", "blob", "about"):
            made.wrong.append(f"asked another site: {request.url}")

    context.on("console", heard)
    context.on("weberror", lambda error: made.wrong.append(f"script: {error.error} ({made.page.url})"))
    context.on("request", asked)
    return made


def faults(page: Page, *, only: Sequence[str] = ()) -> list[str]:
    """Give what axe-core finds wrong on a page as it stands now: WCAG 2.2 AA and its best practices, or some rules."""
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if only:
        options["runOnly"] = {"type": "rule", "values": list(only)}
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_AXE.axe_script)
    found: list[dict[str, Any]] = page.evaluate("(options) => axe.run(options).then((all) => all.violations)", options)
    return [
        f"{one['id']}: {node['html'][:160]} ({'; '.join(_reasons(node))})" for one in found for node in one["nodes"]
    ]


def _reasons(node: dict[str, Any]) -> list[str]:
    return [check["message"] for kind in ("any", "all", "none") for check in node[kind]][:2]
