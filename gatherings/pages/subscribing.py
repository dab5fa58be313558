"""Addresses that make a calendar program subscribe to a feed with one press."""

from dataclasses import dataclass
from urllib.parse import quote, urlencode

OUTLOOK_HOME, OUTLOOK_WORK = "outlook.live.com", "outlook.office.com"


@dataclass(frozen=True)
class Feed:
    """A feed and the ways to subscribe to it: `path` here, `https` for copying, the rest for one press each."""

    path: str
    https: str
    webcal: str
    google: str
    outlook: str
    outlook_work: str


def feed_of(path: str, https: str, name: str) -> Feed:
    """Give the ways to subscribe to a feed (calendars.md 21).

    Apple and Thunderbird take `webcal:` itself. Google takes that address too, as a calendar's id; Outlook on the web
    wants the https one, with a name for the calendar.
    """
    webcal = "webcal://" + https.split("://", 1)[1]
    wanted = urlencode({"url": https, "name": name[:100]}, safe="", quote_via=quote)
    return Feed(
        path=path,
        https=https,
        webcal=webcal,
        google="https://calendar.google.com/calendar/r?" + urlencode({"cid": webcal}),
        outlook=f"https://{OUTLOOK_HOME}/calendar/0/addfromweb?{wanted}",
        outlook_work=f"https://{OUTLOOK_WORK}/calendar/0/addfromweb?{wanted}",
    )
