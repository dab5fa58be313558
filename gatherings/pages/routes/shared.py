"""What several public screens use: words for templates, links of feeds, redirects from old addresses."""

from datetime import date, datetime
from typing import Any

from babel import Locale
from babel.dates import format_date
from flask import Response, make_response, redirect

from gatherings.core.recurrence import Rule
from gatherings.core.words import Sentence
from gatherings.events.models import Series
from gatherings.pages import rules
from gatherings.pages.routes.blueprint import bp
from gatherings.web.i18n import locale_now, words
from gatherings.web.requests import absolute
from gatherings.web.times import day_words, time_words


@bp.app_template_filter("weblink")
def _weblink(url: str | None) -> str:
    return rules.web_link(url) or ""


@bp.app_template_filter("country")
def _country(code: str) -> str:
    return str(Locale.parse(locale_now(), sep="-").territories.get(code.upper(), code))


@bp.app_template_global("places_left")
def _places_left(pool: Any) -> int | None:
    return rules.places_left(pool)


@bp.app_template_global("states_of")
def _states_of(event: Any, now: datetime) -> list[rules.State]:
    return rules.states_of(event, now)


@bp.app_template_global("day_words")
def _day_words(day: date, now: datetime) -> str:
    return day_words(day, year=now.year)


@bp.app_template_global("month_words")
def _month_words(month: date) -> str:
    return str(format_date(month, "LLLL y", locale=locale_now()))


@bp.app_template_global("absolute")
def _absolute(path: str) -> str:
    return absolute(path)


def series_words(series: Series) -> str:
    """Say a series' rule with its hour: "third Thursday of every month, 18:00"; "" for editions."""
    if not series.rules:
        return ""
    rule = series.rules[-1]
    said: Sentence = Rule.parse(rule.rule).words(rule.zone)
    return f"{words(said)}, {time_words(rule.starts_local)}"


def feed_links(path: str) -> dict[str, str]:
    """Give a feed's address for copying, and for programs that take calendars (webcal)."""
    https = absolute(path)
    return {"https": https, "webcal": "webcal://" + https.split("://", 1)[1], "path": path}


def moved_to(path: str) -> Response:
    """Lead on from an old address for good."""
    return make_response(redirect(path, code=301))
