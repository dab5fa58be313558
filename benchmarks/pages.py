"""Templates for the bare app, made of the HTML that our own pages answer: the same bytes, its own values."""

import re
from pathlib import Path

_TIME = re.compile(r'<time datetime="[^"]*">[^<]*</time>')
_PLACES = re.compile(r"[0-9]+ of 1000000 places")


def write_templates(folder: Path, pages: dict[str, str], *, title: str, slug: str) -> None:
    """Write a template for each kind of page; `title` and `slug` are those of the event's page."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("event", "done"):
        (folder / f"{name}.html").write_text(_one(pages[name], title, slug))
    listing = _rows(pages["listing"], '<section class="day">', "</section>")
    series = _rows(pages["series"], "<tbody", "</tbody>")
    (folder / "desk.html").write_text(_desk(pages["desk"]))
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


def _desk(html: str) -> str:
    """Make a loop of the rows of an organiser's list; the first one is the pattern."""
    start = html.index("<tbody>", html.index("list-rows")) + len("<tbody>")
    end = html.index("</tbody>", start)
    row = html[start : html.index("</tr>", start) + len("</tr>")]
    public_id = re.search(r'value="([^"]{22})"', row)
    if public_id is None:
        raise ValueError("a row without a box to tick")
    row = _plain(row).replace(public_id[1], "{{ row.public_id }}")
    row = re.sub(r"(<a id=[^>]*>)[^<]*", r"\1{{ row.name }}", row)
    row = re.sub(r'(<span class="meta list-address"[^>]*>)[^<]*', r"\1{{ row.person.key }}", row)
    row = re.sub(r'(<span class="list-hour[^>]*>)[^<]*', r"\1{{ local }}", row)
    return html[:start] + "{% for row, local in rows %}" + row + "{% endfor %}" + html[end:]


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
