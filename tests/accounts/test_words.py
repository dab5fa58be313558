"""A browser in words, an address shortened, a code as it is typed."""

import pytest

from gatherings.accounts.browsers import browser_of
from gatherings.accounts.rules import digits_of, shorten

MOZILLA = "Mozilla/5.0"
AGENTS = {
    f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0": ("Firefox", "Windows"),
    f"{MOZILLA} (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0 Safari/537.36 Edg/127.0": (
        "Edge", "Windows",
    ),
    f"{MOZILLA} (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1": (
        "Safari", "Mac",
    ),
    f"{MOZILLA} (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) CriOS/127 Safari/604": (
        "Chrome", "iPhone",
    ),
    f"{MOZILLA} (Linux; Android 14; SM-S901) AppleWebKit/537.36 SamsungBrowser/25.0 Chrome/121.0 Safari/537.36": (
        "Samsung Internet", "Android",
    ),
    f"{MOZILLA} (X11; CrOS x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0 Safari/537.36": (
        "Chrome", "ChromeOS",
    ),
    f"{MOZILLA} (X11; Linux x86_64) AppleWebKit/537.36 Chrome/127.0 Safari/537.36 OPR/112": ("Opera", "Linux"),
    "curl/8.5.0": ("", ""),
    "": ("", ""),
    "<script>alert(1)</script>" + "Chrome/" * 9999: ("Chrome", ""),
}  # fmt: skip


@pytest.mark.parametrize("agent", AGENTS, ids=lambda agent: agent[-30:])
def test_browsers_are_named(agent):
    assert browser_of(agent) == AGENTS[agent]


def test_addresses_are_shortened_and_their_owners_know_them():
    assert shorten("nicki@example.org") == "n…i@example.org"
    assert shorten("me@example.org") == "m…@example.org"
    assert shorten("m@example.org") == "m…@example.org"


def test_codes_are_read_however_they_are_written():
    for typed in ("12345678", " 1234 5678 ", "1234-5678", "١٢٣٤٥٦٧٨", "１２３４５６７８", "code: 1234.5678"):
        assert digits_of(typed) == "12345678"
    for typed in ("", "abc", "²³", "\x00"):
        assert digits_of(typed) == ""
    assert len(digits_of("1" * 10**6)) == 100
