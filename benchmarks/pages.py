"""Templates for the bare app, made of the HTML that our own pages answer: the same bytes, its own values."""

import re
from pathlib import Path

_TIME = re.compile(r'<time datetime="[^"]*">[^<]*</time>')
_PLACES = re.compile(r"[0-9]+ of 1000000 places")


def write_templates(folder: Path, pages: dict[str, str], *, title: str, slug: str) -> None:
    """Write event.html, done.html, listing.html and series.html; `title` and `slug` are those of the event's page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("event", "done"):
        (folder / f"{name}.html").write_text(_one(pages[name], title, slug))
    listing = _rows(pages["listing"], '<section class="day">', "</section>")
    series = _rows(pages["series"], "<tbody", "</tbody>")
    (folder / "listing.html").write_text(listing)
    (folder / "series.html").write_text(series)


def _plain(html: str) -> str:
    for mark in ("{{", "{%", "{#"):
        if mark in html:
            raise ValueError(f"our page has {mark} in it")
    return html


def _one(html: str, title: str, slug: str) -> str:
    text = _plain(html).replace(title, "{{ event.title }}").replace(f"/events/{slug}", "/events/{{ event.slug }}")
    text = _TIME.sub('<time datetime="{{ iso }}">{{ mine }}</time>', text)
    return _PLACES.sub("{{ event.pool.capacity - event.pool.taken }} of {{ event.pool.capacity }} places", text)


def _rows(html: str, start: str, end: str) -> str:
    """Make a loop of the repeated part; the first one with an event is the pattern."""
    pieces = _plain(html).split(start)
    head, last = pieces[0], pieces[-1]
    first = next(piece for piece in pieces[1:] if "/events/" in piece)
    tail = last[last.rindex(end) + len(end) :] if start.startswith("<section") else last[last.index(end) + len(end) :]
    row = _TIME.sub('<time datetime="{{ times.iso }}">{{ times.mine }}</time>', start + first)
    row = re.sub(r'href="/events/[^"]*"', 'href="/events/{{ event.slug }}"', row)
    row = re.sub(r"(<h3[^>]*><a [^>]*>)[^<]*", r"\1{{ event.title }}", row)
    return head + "{% for event, times in events %}" + row + "{% endfor %}" + tail
