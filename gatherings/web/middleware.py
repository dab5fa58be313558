"""Putting WSGI middleware around a Flask app: one spot for what its types do not foresee."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication


def put_around(app: Flask, middleware: "Callable[[WSGIApplication], WSGIApplication]") -> None:
    """Let `middleware(app)` answer in the app's place; what is put around last is met first."""
    app.wsgi_app = middleware(app.wsgi_app)  # type: ignore[assignment,method-assign]  # as Flask asks for it
