"""What several public screens use: words for templates, links of feeds, redirects from old addresses."""

from datetime import date, datetime
from typing import Any

from babel import Locale
from flask import Response, make_response, redirect

from gatherings.core.recurrence import Rule
from gatherings.core.words import Sentence
from gatherings.events.models import Series
from gatherings.pages import rules
from gatherings.pages.routes.blueprint import bp
from gatherings.pages.sharing import mail_link, share_links
from gatherings.web.i18n import date_words, locale_now, words
from gatherings.web.i18n import gettext as _
from gatherings.web.requests import absolute
from gatherings.web.times import day_words, time_words


@bp.app_template_filter("weblink")
def _weblink(url: str | None) -> str:
    return rules.web_link(url) or ""


@bp.app_template_filter("country")
def _country(code: str) -> str:
    return str(Locale.parse(locale_now()).territories.get(code.upper(), code))


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
    return date_words(month, "LLLL y")


@bp.app_template_global("share_of")
def _share_of(title: str, path: str) -> dict[str, Any]:
    url = absolute(path)
    return {"url": url, "mail": mail_link(title, url), "links": share_links(title, url)}


@bp.app_template_global("absolute")
def _absolute(path: str) -> str:
    return absolute(path)


def series_words(series: Series) -> str:
    """Say a series' rule with its hour: "third Thursday of every month, 18:00"; "" for editions."""
    if not series.rules:
        return ""
    rule = series.rules[-1]
    said: Sentence = Rule.parse(rule.rule).words(rule.zone)
    return _("%(rule)s, %(time)s", rule=words(said), time=time_words(rule.starts_local))


def moved_to(path: str) -> Response:
    """Lead on from an old address for good."""
    return make_response(redirect(path, code=301))
