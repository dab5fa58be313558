"""A visitor who fills in the form of a call: reads it from its page, types, sends."""

import re
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from gatherings.core.tokens import Signer

HX = {"HX-Request": "true"}
TYPED = {
    "name": "Māreikura Example",
    "email": "mareikura@example.org",
    "zone": "Pacific/Auckland",
    "title": "What matters to you",
    "about": "One question, asked at every bed.",
    "ask": "Ask it once tomorrow.",
    "seconds": "180",
    "script": "Good evening.\nThree minutes are long.",
}


def hidden(page: str) -> dict[str, str]:
    """Give the hidden fields of the form on a page."""
    found = re.findall(r'<input type="hidden" name="(draft|writer|edits)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


def text_of(page: str) -> str:
    """Give what a page says, without its markup."""
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page.split("<main")[1])).replace("\u2060", "").split())


def opened(client: FlaskClient, path: str, **typed: Any) -> dict[str, Any]:
    """Open a page with the form, and give the form with what is typed into it."""
    page = client.get(path)
    assert page.status_code == 200, page.status
    return {**TYPED, **hidden(page.text), **typed}


def link(app: Flask, row: Any, purpose: str = "submission") -> str:
    """Give the path of one's own page."""
    signer: Signer = app.extensions["gatherings.signer"]
    return f"/submissions/{signer.sign(purpose, row.public_id, row.link_version)}"


def draft_path(form: dict[str, Any]) -> str:
    """Give the address that a form has from its first saving on."""
    return f"/submissions/{form['draft']}"
