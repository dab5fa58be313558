"""Refusals and failures become pages, or fragments under htmx. Nobody else catches a DomainError.

An error page asks the database for nothing. Where even its template fails, a plain page stands in.
"""

import logging
from email.utils import parseaddr
from typing import Any

from flask import Flask, Response, current_app, g, make_response, render_template
from flask_wtf.csrf import CSRFError, generate_csrf
from htmx_flask import request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gatherings.core import errors
from gatherings.core.clock import utc_now
from gatherings.core.words import Sentence, say
from gatherings.db.session import db, unavailable
from gatherings.web import error_words
from gatherings.web.answers import wants_fragment
from gatherings.web.i18n import words
from gatherings.web.middleware import put_around
from gatherings.web.plain import Fence, plain_fragment, plain_page
from gatherings.web.requests import settings
from gatherings.web.visitor import visitor_zone

log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[errors.DomainError], int], ...] = (
    (errors.NotFound, 404),
    (errors.SignInFirst, 403),
    (errors.NotAllowed, 403),
    (errors.Conflict, 409),
    (errors.InvalidInput, 422),
    (errors.TooMany, 429),
    (errors.Busy, 503),
)
_KEEPS_TYPED = (429, 500, 503)  # what passes by itself: one press sends the form again
_HIDDEN = "csrf_token"
_OLD_TITLE = say("Please press once more")
_OLD_FORM = say("This page was open for a long time, or you have signed in again since. Nothing was changed yet.")
_SIGN_IN_TITLE = say("Please sign in first")


def status_of(error: errors.DomainError) -> int:
    """Give the HTTP status of a refusal."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 409)


def error_answer(
    status: int,
    sentence: Sentence | None = None,
    *,
    retry_after: int | None = None,
    problems: list[Sentence] | None = None,
    keep: Sentence | None = None,
    sign_in: str = "",
) -> Response:
    """Render an error as a page, or as a visible fragment under htmx; `sentence` stands in for the status's own.

    `keep`: a title for what one press mends, sending again what was typed; `sign_in`: after signing in at this path.
    """
    fragment = wants_fragment()
    try:
        template = "errors/_error.html" if fragment else "errors/error.html"
        values = _values(status, sentence, retry_after, problems or []) | _again(status, keep)
        body = render_template(template, **values, sign_in=sign_in)
    except Exception:
        log.exception("an error page failed", extra=_id())
        body = _plain(status, sentence, fragment)
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("HX-Request")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    if fragment:
        # The form stays as it was typed; the sentence appears above it.
        response.headers["HX-Retarget"] = "#notice"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _values(
    status: int, sentence: Sentence | None, retry_after: int | None, problems: list[Sentence]
) -> dict[str, Any]:
    told, several = error_words.told(status), len(problems) > 1
    own = None if several else error_words.own_sentence(sentence)
    path, query = request.path, request.query_string.decode("ascii", "replace")
    wait = status == 429 and retry_after is not None
    return {
        "status": status,
        "title": words(told.title),
        "sentence": words(own or told.sentence),
        "advice": "" if own or wait else words(told.advice),
        "problems": [words(problem) for problem in problems] if several else [],
        "wait": error_words.wait_words(retry_after, visitor_zone(), utc_now()) if wait and retry_after else "",
        "again": error_words.same_address(path, query),
        "repeats": request.method in ("GET", "HEAD") and status in _KEEPS_TYPED,
        "back": error_words.came_from(request.referrer, settings().base_url),
        "own_link": error_words.is_own_link(path),
        "meant": error_words.words_of_address(path) if status == 404 else "",
        "request_id": g.get("request_id", ""),
        "contact": parseaddr(settings().mail_from)[1],
    }


def _plain(status: int, sentence: Sentence | None, fragment: bool) -> str:
    told = error_words.told(status)
    text = str(error_words.own_sentence(sentence) or f"{told.sentence} {told.advice}")
    if fragment:
        return plain_fragment(text)
    asset: Any = current_app.jinja_env.globals.get("asset")
    return plain_page(str(told.title), text, asset("app.css") if asset else "")


def _again(status: int, keep: Sentence | None) -> dict[str, Any]:
    """Say whether one press can send the form again, with what in it."""
    typed = _typed_form() if keep or status in _KEEPS_TYPED else None
    kept = typed is not None and (bool(typed) or keep is not None)
    return {
        "typed": typed if kept else [],
        "keeps": kept,
        "mends": kept and keep is not None,
        "token": _new_token() if kept else "",
        **({"title": words(keep)} if keep else {}),
    }


def _typed_form() -> list[tuple[str, str]] | None:
    """Give what was typed, so that a busy answer can offer to send it again (bars B2); never the form's old token.

    A file cannot be offered again: then nothing is, and one goes back to the form.
    """
    if request.method != "POST" or any(file.filename for file in request.files.values()):
        return None
    fields = [(name, value) for name, values in request.form.lists() for value in values if name != _HIDDEN]
    return fields if all(len(value) < 60_000 for _name, value in fields) else None


def _new_token() -> str:
    """Give a fresh token for a form that had one (organisers' screens, no visitor's), to our own address alone."""
    return generate_csrf() if _HIDDEN in request.form and _goes_back() else ""


def _goes_back() -> bool:
    path = request.path
    return error_words.same_address(path, request.query_string.decode("ascii", "replace")) != "/" or path == "/"


def _id() -> dict[str, str]:
    """Give the request's id for a line in the log: the number that somebody quotes leads to it."""
    return {"request_id": g.get("request_id", "")}


def init_errors(app: Flask) -> None:
    """Register the handlers for refusals, HTTP errors, a busy database and whatever nobody foresaw."""
    put_around(app, Fence)

    @app.errorhandler(errors.DomainError)
    def refused(error: errors.DomainError) -> Response:
        retry_after = getattr(error, "retry_after", None)
        problems = [problem.sentence for problem in getattr(error, "problems", [])]
        return error_answer(status_of(error), error.sentence, retry_after=retry_after, problems=problems)

    @app.errorhandler(errors.SignInFirst)
    def sign_in_first(error: errors.SignInFirst) -> Response:
        return error_answer(403, error.sentence, keep=_SIGN_IN_TITLE, sign_in=error.path)

    @app.errorhandler(CSRFError)
    def old_form(error: CSRFError) -> Response:
        return error_answer(400, _OLD_FORM, keep=_OLD_TITLE)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            return make_response(error.get_response())
        response = error_answer(status, retry_after=60 if status in (429, 503) else None)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # RFC 9110 15.5.6
        return response

    @app.errorhandler(DBAPIError)
    def database_error(error: DBAPIError) -> Response:
        db.session.rollback()
        if unavailable(error):
            log.warning("database unavailable: %s", type(error.orig).__name__, extra=_id())
            return error_answer(503, retry_after=5)
        log.exception("database error", extra=_id())
        return error_answer(500)

    @app.errorhandler(PoolTimeout)
    def no_connection(error: PoolTimeout) -> Response:
        log.warning("no connection to the database was free", extra=_id())
        return error_answer(503, retry_after=5)

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        log.exception("unforeseen error", extra=_id())
        db.session.rollback()
        return error_answer(500)
