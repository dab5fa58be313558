"""Refusals and failures become pages, or fragments under htmx. Nobody else catches a DomainError."""

import logging

from flask import Flask, Response, make_response, render_template
from htmx_flask import request
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from gatherings.core import errors
from gatherings.core.words import Sentence, say
from gatherings.db.session import db, unavailable
from gatherings.web.i18n import gettext as _
from gatherings.web.i18n import words

log = logging.getLogger(__name__)

_STATUS: tuple[tuple[type[errors.DomainError], int], ...] = (
    (errors.NotFound, 404),
    (errors.NotAllowed, 403),
    (errors.Conflict, 409),
    (errors.InvalidInput, 422),
    (errors.TooMany, 429),
    (errors.Busy, 503),
)

_SENTENCES = {
    400: say("Your browser sent something that we could not read. Please go back and try again."),
    404: say("There is nothing at this address. The link may be old, or a letter is missing."),
    405: say("This address does not take that. Please go back and use the button on the page."),
    413: say("That is more than we can take at once. Please shorten it and try again."),
    415: say("That kind of file cannot be taken here."),
    429: say("That was tried very often in a short time. Please wait a little and try again."),
    500: say("Something went wrong on our side. Nothing you typed was taken; please try again in a minute."),
    503: say("Many people are here at this moment. Please try again in a few seconds."),
}


def status_of(error: errors.DomainError) -> int:
    """Give the HTTP status of a refusal."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 409)


def error_answer(status: int, sentence: Sentence, *, retry_after: int | None = None) -> Response:
    """Render an error as a page, or as a visible fragment under htmx."""
    template = "errors/_error.html" if request.htmx else "errors/error.html"
    typed = _typed_form() if status in (503, 429) else []
    body = render_template(template, status=status, sentence=words(sentence), typed=typed, title=_("Not this time"))
    response = make_response(body, status)
    response.headers["Cache-Control"] = "no-store"
    response.vary.add("HX-Request")
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    if request.htmx:
        # The form stays as it was typed; the sentence appears above it.
        response.headers["HX-Retarget"] = "#notice"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def _typed_form() -> list[tuple[str, str]]:
    """Give what was typed, so that a busy answer can offer to send it again (bars B2)."""
    if request.method != "POST":
        return []
    return [(name, value) for name, values in request.form.lists() for value in values if len(value) < 20_000]


def init_errors(app: Flask) -> None:
    """Register the handlers for refusals, HTTP errors, a busy database and whatever nobody foresaw."""

    @app.errorhandler(errors.DomainError)
    def refused(error: errors.DomainError) -> Response:
        retry_after = getattr(error, "retry_after", None)
        return error_answer(status_of(error), error.sentence, retry_after=retry_after)

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> Response:
        status = error.code or 500
        if status < 400:
            return make_response(error.get_response())
        retry_after = 60 if status in (429, 503) else None
        response = error_answer(status, _SENTENCES.get(status, _SENTENCES[400]), retry_after=retry_after)
        if isinstance(error, MethodNotAllowed) and error.valid_methods:
            response.headers["Allow"] = ", ".join(sorted(error.valid_methods))  # RFC 9110 15.5.6
        return response

    @app.errorhandler(DBAPIError)
    def database_error(error: DBAPIError) -> Response:
        db.session.rollback()
        if unavailable(error):
            log.warning("database unavailable: %s", type(error.orig).__name__)
            return error_answer(503, _SENTENCES[503], retry_after=5)
        log.exception("database error")
        return error_answer(500, _SENTENCES[500])

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        log.exception("unforeseen error")
        db.session.rollback()
        return error_answer(500, _SENTENCES[500])
