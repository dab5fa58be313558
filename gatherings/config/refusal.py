"""The one way in which a setting is refused, and what several are refused for."""

import re

_HERE = re.compile(r"https?://(127\.0\.0\.1|localhost|[a-z0-9.-]+\.test)(:[0-9]+)?")


class BadSetting(Exception):
    """A setting that cannot be; the message names it and says what it should be."""


def others_reach(base_url: str) -> bool:
    """Tell whether BASE_URL is an address that other people can reach: no place for a demo, or for invented money."""
    return _HERE.fullmatch(base_url) is None
