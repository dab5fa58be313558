"""Addresses on other sites that an event's page leads to: a map, and places where one tells others."""

from typing import Any
from urllib.parse import quote, urlencode

from gatherings.pages.rules import web_link

_MAP = "https://www.openstreetmap.org/search"


def map_link(event: Any) -> str | None:
    """Give the address of a map of where an event is held: its own, else a search for its address; None without."""
    if event.mode == "online":
        return None
    own = web_link(event.place_map)
    if own is not None or not event.place_address:
        return own
    return f"{_MAP}?{urlencode({'query': event.place_address})}"


def share_links(title: str, url: str) -> list[tuple[str, str]]:
    """Give (name, address) of ways to tell others of a page: plain links that work without a script."""
    text = quote(f"{title} {url}", safe="")
    return [
        ("WhatsApp", f"https://wa.me/?text={text}"),
        ("LinkedIn", f"https://www.linkedin.com/sharing/share-offsite/?url={quote(url, safe='')}"),
    ]


def mail_link(title: str, url: str) -> str:
    """Give a mailto: address that opens a new mail about a page (RFC 6068: blanks are %20, never plus)."""
    return f"mailto:?subject={quote(title, safe='')}&body={quote(url, safe='')}"
