"""What templates of buying say in words: days of a ticket, what a code does, how long places are held."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from gatherings.core import zones
from gatherings.payments.routes.blueprint import bp
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import list_words, ngettext
from gatherings.web.money import money_words, rate_words
from gatherings.web.times import day_words, instant_words, time_words


@bp.app_template_global("ticket_days")
def ticket_days(days: Sequence[date]) -> str:
    """Name the days that a ticket is valid for: "Tuesday 2 March 2027 and Thursday 4 March 2027"."""
    return list_words([day_words(day, year=None) for day in days])


@bp.app_template_global("cut_words")
def cut_words(cut: Any, currency: str) -> str:
    """Say what a code does to a price: "Code PRESENTER: 15% off"; `cut` is a pricing.Cut or its JSON."""
    code, effect, value = (_part(cut, name) for name in ("code", "effect", "value"))
    if effect == "percent":
        return _("Code %(code)s: %(rate)s off", code=code, rate=rate_words(value))
    if effect == "fixed":
        return _("Code %(code)s: %(amount)s off each", code=code, amount=money_words(value, currency))
    if effect == "free":
        return _("Code %(code)s: free", code=code)
    return _("Code %(code)s", code=code)


def _part(cut: Any, name: str) -> Any:
    return cut[name] if isinstance(cut, dict) else getattr(cut, name)


@bp.app_template_global("both_clocks")
def both_clocks(at: datetime, zone: str | None, there: str, now: datetime) -> str:
    """Write an instant on the reader's clock and on the host's, whose zone is `there`: "…, 19:18 your time · …"."""
    host = instant_words(at, there, now)
    if zone is None or zones.to_local(at, zone) == zones.to_local(at, there):
        return host
    local = zones.to_local(at, zone)
    day = day_words(local.date(), year=zones.to_local(now, zone).year)
    return _("%(day)s, %(time)s your time · %(host)s", day=day, time=time_words(local), host=host)


@bp.app_template_global("hold_words")
def hold_words(minutes: int) -> str:
    """Say how long something lasts: "30 minutes", "2 hours"."""
    if minutes % 1440 == 0:
        return ngettext("%(num)s day", "%(num)s days", minutes // 1440)
    if minutes % 60 == 0:
        return ngettext("%(num)s hour", "%(num)s hours", minutes // 60)
    return ngettext("%(num)s minute", "%(num)s minutes", minutes)
