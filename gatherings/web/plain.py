"""Answers that need neither templates, database nor translations: for when those fail, or in front of Flask."""

import logging
from collections.abc import Callable, Iterable
from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from gatherings.web.headers import STANDING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication

log = logging.getLogger(__name__)

_BROKEN = ("Something went wrong", "Something went wrong on our side. Please try again in a minute.")

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}</title>{style}
</head>
<body>
<main class="page">
<h1>{title}</h1>
<p class="lede">{sentence}</p>
<p><a href="/">See what is coming</a></p>
</main>
</body>
</html>
"""


def plain_page(title: str, sentence: str, style: str = "") -> str:
    """Write a whole small page; `style` is the address of the stylesheet, where it is known."""
    link = f'\n<link rel="stylesheet" href="{escape(style)}">' if style else ""
    return _PAGE.format(title=escape(title), sentence=escape(sentence), style=link)


def plain_fragment(sentence: str) -> str:
    """Write what htmx shows above the form that was sent."""
    return f'<div class="error-summary" role="alert"><p>{escape(sentence)}</p></div>'


def refuse(
    environ: dict[str, Any],
    start_response: "StartResponse",
    status: int,
    title: str,
    sentence: str,
    *,
    style: str = "",
) -> Iterable[bytes]:
    """Answer a request without the app: a page for browsers, a fragment for htmx, one line for programs."""
    headers = {**STANDING, "Cache-Control": "no-store", "Retry-After": "5", "Vary": "Accept, HX-Request"}
    if environ.get("HTTP_HX_REQUEST"):
        body, kind = plain_fragment(sentence), "html"
        headers |= {"HX-Retarget": "#notice", "HX-Reswap": "innerHTML"}
    elif "text/html" in environ.get("HTTP_ACCEPT", ""):
        body, kind = plain_page(title, sentence, style), "html"
    else:
        body, kind = f"{sentence}\n", "plain"
    data = body.encode()
    headers |= {"Content-Type": f"text/{kind}; charset=utf-8", "Content-Length": str(len(data))}
    start_response(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [data]


class Fence:
    """WSGI middleware: what an app fails with outside its own handlers (while it cleans up, say) is a page of ours."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: "StartResponse") -> Iterable[bytes]:
        started: list[tuple[str, list[tuple[str, str]]]] = []

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], object]:
            started[:] = [(status, headers)]  # told to the server only once nothing can fail any more
            return _nowhere

        try:
            answer = self._app(environ, start)
            start_response(*started[0])  # Flask has always begun its answer when it returns
        except Exception:
            log.exception("the app failed")
            return refuse(environ, start_response, 500, *_BROKEN)
        return answer


def _nowhere(data: bytes) -> None:
    raise RuntimeError("the old way of writing an answer (PEP 3333, write) is not for us")
