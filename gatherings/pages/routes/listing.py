"""What is coming and what has been: the site's first page, narrowed by its address alone."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from babel import Locale, UnknownLocaleError
from flask import Response, request
from sqlalchemy.orm import Session

from gatherings.core.clock import utc_now
from gatherings.core.words import Sentence, say
from gatherings.db.session import current_session
from gatherings.events import queries as events
from gatherings.events import search
from gatherings.events.listing import Choices, Filters, Found, choices, count, find, place_of
from gatherings.events.models import MODES
from gatherings.pages import rules
from gatherings.pages.routes.blueprint import bp
from gatherings.web.answers import answer, wants_fragment
from gatherings.web.cache import kept
from gatherings.web.i18n import date_words
from gatherings.web.rights import public
from gatherings.web.visitor import visitor_zone

PER_PAGE = 50
_MODE_IN_URL = {mode.replace(" ", "-"): mode for mode in MODES}
# Which column of the filters each name in the address stands for; in the order in which they are shown.
_FIELDS = {
    "q": "words",
    "community": "community_id",
    "mode": "mode",
    "month": "between",
    "language": "language",
    "hours": "decent_in",
}
_ORDER = ("past", *_FIELDS, "zone", "exact", "after")  # of names in an address that we write
_WITHOUT = {
    "q": say("Without the words"),
    "community": say("From every community"),
    "mode": say("Online or in person"),
    "month": say("In any month"),
    "language": say("In any language"),
    "hours": say("At any hour"),
}


@dataclass(frozen=True)
class _Asked:
    """What an address asks for: the filters, their own words in the address, and what else links must carry on."""

    filters: Filters
    chosen: dict[str, str]
    carried: dict[str, str]

    def link(self, **changes: str | None) -> str:
        """Give the address of this listing with some of its words changed, or (None) left out."""
        words = {**self.carried, **self.chosen, **changes}
        query = urlencode({name: value for name in _ORDER if (value := words.get(name))})
        return f"/?{query}" if query else "/"


@bp.get("/")
@public
@kept(events.public_stamp, events.next_boundary)
def listing() -> Response:
    """Show what is coming or (`past=1`) has been, filtered; nonsense in the address is ignored."""
    session, now, zone = current_session(), utc_now(), visitor_zone()
    there = choices(session)
    asked = _asked(there, zone)
    typed, exact = asked.chosen.get("q"), "1" if request.args.get("exact") == "1" else None
    after = place_of(session, asked_after) if (asked_after := _clean("after")) else None
    found = find(session, now, asked.filters, limit=PER_PAGE, after=after)
    if typed and not found.events and not found.later and after is None and exact is None:
        asked, found = _mended(session, now, asked, found)
    nothing = not found.events and not found.later and after is None
    past, chosen = asked.filters.past, asked.chosen
    from_browser = request.args.get("clock") == "browser"  # app.js renews a piece of the page: nobody pressed anything
    here = asked.link(zone=None, q=typed, exact=exact, after=_clean("after"))
    response = answer(
        "pages/listing.html",
        "pages/_found.html",
        now=now,
        zone=zone,
        asked=asked,
        chosen=chosen,
        past=past,
        first=after is None,
        announce=wants_fragment() and not from_browser,
        shown=len(found.events),
        later=asked.link(after=found.later) if found.later else None,
        days=[] if past else rules.by_day(found.events, zone, now),
        years=rules.by_year(found.events, zone) if past else [],
        chips=_chips(asked, there),
        typed=typed if typed != chosen.get("q") else None,
        loosened=_loosened(session, now, asked) if nothing and chosen else [],
        needs_clock="hours" in chosen and zone is None,
        here=here,
        choices=there,
        languages=[(code, _language(code)) for code in there.languages] if len(there.languages) > 1 else [],
        months=_months(now, past, chosen.get("month")),
        community_shown=None,
        renewed=f"{here}{'&' if '?' in here else '?'}clock=browser",
    )
    if wants_fragment():
        response.headers["HX-Push-Url"] = asked.link(q=typed, exact=exact, after=_clean("after"))
    return response


def _asked(there: Choices, zone: str | None) -> _Asked:
    asked = {name: _clean(name) for name in _FIELDS}
    community = next((one for one in there.communities if one[1] == asked["community"]), None)
    filters = Filters(
        community_id=community[0] if community else None,
        mode=_MODE_IN_URL.get(asked["mode"]),
        words=search.words_of(asked["q"]),
        between=rules.month_bounds(asked["month"], zone or "UTC") if asked["month"] else None,
        language=asked["language"] if asked["language"] in there.languages else None,
        decent_in=zone if asked["hours"] == "decent" else None,
        past=request.args.get("past") == "1",
    )
    chosen = {name: asked[name] for name, field in _FIELDS.items() if getattr(filters, field)}
    if asked["hours"] == "decent":  # it is wished for, even where no clock is known yet
        chosen["hours"] = "decent"
    carried = {"past": "1"} if filters.past else {}
    if zone is not None and request.args.get("zone") and request.args.get("clock") != "browser":
        carried["zone"] = zone
    return _Asked(filters, chosen, carried)


def _mended(session: Session, now: datetime, asked: _Asked, found: Found) -> tuple[_Asked, Found]:
    """Look again with the words that were probably meant, where those that were typed stand nowhere."""
    meant = search.mended(session, asked.filters.words)
    if meant == asked.filters.words:
        return asked, found
    mended = replace(asked, filters=replace(asked.filters, words=meant), chosen={**asked.chosen, "q": " ".join(meant)})
    return mended, find(session, now, mended.filters, limit=PER_PAGE)


def _chips(asked: _Asked, there: Choices) -> list[tuple[Sentence | str, str]]:
    """Give what the list is narrowed to, in words, each with the address without it."""
    return [(_said(name, value, there), asked.link(**{name: None})) for name, value in asked.chosen.items()]


def _said(name: str, value: str, there: Choices) -> Sentence | str:
    if name == "q":
        return say("“%(words)s”", words=value)
    if name == "community":
        return next(title for _, slug, title in there.communities if slug == value)
    if name == "mode":
        return _MODES[value]
    if name == "month":
        return date_words(month, "LLLL y") if (month := rules.month_of(value)) else value
    return _language(value) if name == "language" else say("At a decent hour for me")


_MODES = {"online": say("Online"), "in-person": say("In person"), "hybrid": say("In person and online")}


def _loosened(session: Session, now: datetime, asked: _Asked) -> list[tuple[Sentence, int, str]]:
    """Say how many would be found without each of the filters, and on the other shelf; one count for each."""
    found = []
    for name in asked.chosen:
        if len(asked.chosen) > 1:
            without: dict[str, Any] = {_FIELDS[name]: () if name == "q" else None}
            wider = replace(asked.filters, **without)
            found.append((_WITHOUT[name], count(session, now, wider), asked.link(**{name: None})))
    past = asked.filters.past
    other = replace(asked.filters, past=not past)
    shelf = say("Among what is coming") if past else say("Among what has been")
    found.append((shelf, count(session, now, other), asked.link(past=None if past else "1")))
    return [one for one in found if one[1]]


def _months(now: datetime, past: bool, chosen: str | None) -> list[date]:
    months = rules.months_from(now.date(), back=past)
    month = rules.month_of(chosen) if chosen else None
    return [*months, month] if month is not None and month not in months else months


def _language(code: str) -> str:
    """Name a language as those who speak it do: "Svenska"."""
    try:
        name = Locale.parse(code, sep="-").get_display_name() or code
    except (UnknownLocaleError, ValueError):
        name = Locale("en").languages.get(code, code)
    return name[:1].upper() + name[1:]


def _clean(name: str) -> str:
    text = request.args.get(name, "")
    return "".join(char for char in text[:100] if char.isprintable()).strip()
