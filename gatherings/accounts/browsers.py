"""A browser in words, so that somebody knows their own among the places where they are signed in."""

import re
from collections.abc import Sequence

# The first that is found counts: most browsers say that they are several others too.
_BROWSERS: Sequence[tuple[str, str]] = (
    (r"\bEdg(?:e|A|iOS)?/", "Edge"),
    (r"\b(?:OPR|Opera|OPT)/", "Opera"),
    (r"\bSamsungBrowser/", "Samsung Internet"),
    (r"\bVivaldi/", "Vivaldi"),
    (r"\b(?:Firefox|FxiOS)/", "Firefox"),
    (r"\b(?:Chrome|CriOS|Chromium)/", "Chrome"),
    (r"\bVersion/[\d.]+ .*\bSafari/", "Safari"),
)
_SYSTEMS: Sequence[tuple[str, str]] = (
    (r"\biPhone\b", "iPhone"),
    (r"\biPad\b", "iPad"),
    (r"\bAndroid\b", "Android"),
    (r"\bCrOS\b", "ChromeOS"),
    (r"\bWindows\b", "Windows"),
    (r"\b(?:Macintosh|Mac OS X)\b", "Mac"),
    (r"\bLinux\b|\bX11\b", "Linux"),
)


def browser_of(user_agent: str) -> tuple[str, str]:
    """Give the names of the browser and of its system, each empty where it cannot be told."""
    said = user_agent[:500]
    return _first(_BROWSERS, said), _first(_SYSTEMS, said)


def _first(table: Sequence[tuple[str, str]], said: str) -> str:
    return next((name for pattern, name in table if re.search(pattern, said)), "")
