"""What an error page says: what happened, what to do next, and when."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote, urlsplit

from gatherings.core import errors, zones
from gatherings.core.words import Sentence, say
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import ngettext
from gatherings.web.times import instant_words, time_words
from gatherings.web.visitor import own_path


@dataclass(frozen=True)
class Told:
    """The words of one status: a heading, what happened, what to do next."""

    title: Sentence
    sentence: Sentence
    advice: Sentence


TOLD = {
    400: Told(
        say("We could not read that"),
        say("Your browser sent something that we could not read."),
        say("Please go back one page and try again."),
    ),
    403: Told(
        say("This is not open to you"),
        say("The link that you used does not lead here."),
        say("If you think that it should, please ask the hosts of the gathering."),
    ),
    404: Told(
        say("This page is not here"),
        say("There is nothing at this address. A letter may be missing, or the gathering was taken away."),
        say("Where an address has changed, the old one leads on by itself."),
    ),
    405: Told(
        say("That cannot be done here"),
        say("This address does not take that."),
        say("Please go back one page and use the button there."),
    ),
    409: Told(
        say("Not possible at the moment"),
        say("Something has changed meanwhile."),
        say("Please open the page again: it shows how things stand now."),
    ),
    413: Told(
        say("That is too much at once"),
        say("That is more than we can take at once."),
        say("Please go back one page, shorten it and send it again."),
    ),
    415: Told(
        say("We cannot take that"),
        say("That kind of file cannot be taken here."),
        say("Please go back one page and choose another one."),
    ),
    422: Told(
        say("Something needs another look"),
        say("Something is missing, or we could not read it."),
        say("Please go back one page: your browser has kept what you typed."),
    ),
    429: Told(
        say("A little too often"),
        say("That was tried very often in a short time."),
        say("Please wait a little. Nothing is lost."),
    ),
    500: Told(
        say("Something went wrong"),
        say("Something went wrong on our side. Nothing you typed was taken."),
        say("Please try again in a minute."),
    ),
    503: Told(
        say("One moment, please"),
        say("Many people are here at this moment."),
        say("Please try again in a few seconds."),
    ),
}

# Refusals that say nothing of their own: their status has more to say.
_USUAL = {str(errors.NotFound().sentence), str(errors.Busy().sentence)}
# What an address holds besides words that somebody may have meant.
_FRAME = {"events", "event", "series", "communities", "community", "calendar", "register", "when", "ics", "html", "php"}
_OWN_LINK = re.compile(r"/(registrations|join|calendar|my-data|unsubscribe)(/|$)")
_MOST_WORDS = 5


def told(status: int) -> Told:
    """Give the words of a status; what has none of its own was something that we could not read."""
    return TOLD.get(status, TOLD[400])


def own_sentence(sentence: Sentence | None) -> Sentence | None:
    """Give a refusal's own sentence; None for the usual ones, which the page says at more length."""
    return None if sentence is None or str(sentence) in _USUAL else sentence


def wait_words(seconds: int, zone: str | None, now: datetime) -> str:
    """Say when to try again, in words and on the reader's clock (UTC where it is unknown)."""
    at = now + timedelta(seconds=seconds + 59)
    at = at.replace(second=0, microsecond=0)
    if seconds >= 12 * 3600:
        return _("You can try again from %(time)s on.", time=instant_words(at, zone or "UTC"))
    clock, city = time_words(zones.to_local(at, zone or "UTC")), zones.city(zone) if zone else "UTC"
    minutes = -(-seconds // 60)
    if minutes < 120:
        return ngettext(
            "You can try again in one minute: from %(clock)s on (%(city)s).",
            "You can try again in %(num)s minutes: from %(clock)s on (%(city)s).",
            minutes,
            clock=clock,
            city=city,
        )
    hours = -(-minutes // 60)
    return ngettext(
        "You can try again in one hour: from %(clock)s on (%(city)s).",
        "You can try again in %(num)s hours: from %(clock)s on (%(city)s).",
        hours,
        clock=clock,
        city=city,
    )


def is_own_link(path: str) -> bool:
    """Tell whether an address looks like a link out of a mail: nothing of it is said again."""
    return _OWN_LINK.match(path) is not None


def words_of_address(path: str) -> str:
    """Give the words that somebody may have meant by a wrong address, for the search field."""
    if is_own_link(path):
        return ""
    for part in reversed(path[:300].split("/")):  # what comes last in an address is what it is about
        words = [word for word in re.findall(r"[^\W\d_]{2,30}", part) if word.lower() not in _FRAME]
        if words:
            return " ".join(dict.fromkeys(words[:_MOST_WORDS]))
    return ""


def same_address(path: str, query: str) -> str:
    """Give the present address for a form or link of our own; "/" for one that would lead elsewhere."""
    return own_path(quote(path, safe="/:@!$&'()*+,;=~") + (f"?{query}" if query else ""))


def came_from(referrer: str | None, base_url: str) -> str | None:
    """Give the page of our own that somebody came from; None for another site's, or for none."""
    if not referrer or not referrer.startswith(f"{base_url}/"):
        return None
    parts = urlsplit(referrer)
    return own_path(parts.path + (f"?{parts.query}" if parts.query else ""))
