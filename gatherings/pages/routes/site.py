"""What belongs to the site itself: privacy, health, robots, the icon."""

from datetime import timedelta
from email.utils import parseaddr
from typing import Any

from flask import Response, current_app, jsonify, make_response, send_from_directory

from gatherings.accounts.actions import FRESH_LINK_LIFE
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.pages.readiness import examine
from gatherings.pages.routes.blueprint import bp
from gatherings.payments.actions.forgetting import YEARS_KEPT
from gatherings.registration.jobs import BODIES_KEPT, KEPT_AFTER_EVENT
from gatherings.registration.rules import NOT_ME_PAUSE
from gatherings.tickets.queries.kinds import any_sale
from gatherings.tickets.rules.applications import KEPT as APPLICATIONS_KEPT
from gatherings.web.answers import answer
from gatherings.web.requests import absolute, settings
from gatherings.web.rights import machine, public

_DAY = 24 * 3600  # seconds
# Links of people's own, and what leads nowhere for a stranger.
_PRIVATE = (
    "/registrations/", "/orders/", "/applications/", "/join/", "/calendar/", "/my-data", "/unsubscribe/",
    "/find-my-registration", "/zones",
)  # fmt: skip

_TIDIED = timedelta(days=1)  # what is over is deleted once a day
# What those who run an installation promise besides (docs/operating.md): the program keeps neither.
_LOGS_KEPT = timedelta(days=30)
_BACKUPS_KEPT = timedelta(days=180)


@bp.get("/privacy")
@public
def privacy() -> Response:
    """Say who holds what, why and how long."""
    return answer(
        "pages/privacy.html",
        contact=parseaddr(settings().mail_from)[1],
        host=settings().host,
        months_kept=KEPT_AFTER_EVENT.days // 30,
        days_mails_kept=BODIES_KEPT.days,
        days_attempts_kept=(NOT_ME_PAUSE + _TIDIED).days,
        minutes_of_link=int(FRESH_LINK_LIFE.total_seconds()) // 60,
        days_logs_kept=_LOGS_KEPT.days,
        months_backups_kept=_BACKUPS_KEPT.days // 30,
        card=settings().stripe is not None,
        sells=settings().stripe is not None or any_sale(current_session()),
        days_applications_kept=APPLICATIONS_KEPT.days,
        years_orders_kept=YEARS_KEPT,
    )


@bp.get("/healthz")
@machine
def healthz() -> Response:
    """Tell that the process answers."""
    return _plain_json({"alive": True}, 200)


@bp.get("/readyz")
@machine
def readyz() -> Response:
    """Tell whether we can serve: 200, or 503 with what is wrong (reliability.md, rule 23)."""
    report = examine(settings(), current_app.extensions["migrate"].directory, utc_now())
    return _plain_json(report, 200 if report["ready"] else 503)


def _plain_json(value: dict[str, object], status: int) -> Response:
    response = make_response(jsonify(value), status)
    response.headers["Cache-Control"] = "no-store"
    return response


@bp.get("/robots.txt")
@public
def robots() -> Response:
    """Keep programs that index the web away from links of people's own."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _PRIVATE), "Allow: /"]
    lines += [f"Sitemap: {absolute('/sitemap.xml')}", ""]
    return _text("\n".join(lines))


@bp.get("/.well-known/security.txt")
@public
def security() -> Response:
    """Say whom to tell about a hole (RFC 9116)."""
    expires = utc_now().replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=180)
    lines = [
        f"Contact: mailto:{parseaddr(settings().mail_from)[1]}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {absolute('/.well-known/security.txt')}",
        f"Policy: {absolute('/privacy#security')}",
        "",
    ]
    return _text("\n".join(lines))


@bp.get("/favicon.ico")
@public
def favicon() -> Response:
    """Give the icon by its old name to whatever does not read the page: feed readers, search engines, old browsers."""
    asset: Any = current_app.jinja_env.globals["asset"]  # set by web/static.py, which publishes the file
    name = asset("favicon.ico").rsplit("/", 1)[1]
    return send_from_directory(settings().instance / "static", name, mimetype="image/x-icon", max_age=_DAY)


def _text(text: str) -> Response:
    response = make_response(text)
    response.content_type = "text/plain; charset=utf-8"
    return response
