"""What tests of organisers' screens do: press a button, read what a form would send."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient

from tests.signing import token_in


def press(client: FlaskClient, path: str, data: Mapping[str, object] | None = None) -> Any:
    token = token_in(client.get("/organise/account").text)
    return client.post(path, data={"csrf_token": token, **(data or {})})


def form_of(client: FlaskClient, path: str) -> dict[str, str]:
    """Give what the form on a page would send if nothing was touched."""

    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.found: dict[str, str] = {}
            self.area = self.select = ""

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            got = dict(attrs)
            name, kind = got.get("name") or "", got.get("type")
            if tag == "input" and name and (kind not in ("radio", "checkbox") or "checked" in got):
                self.found[name] = got.get("value") or ""
            if tag == "textarea":
                self.area, self.found[name] = name, ""
            if tag == "select":
                self.select = name
            if tag == "option" and "selected" in got:
                self.found[self.select] = got.get("value") or ""

        def handle_endtag(self, tag: str) -> None:
            if tag == "textarea":
                self.found[self.area] = self.found[self.area].removeprefix("\n")
                self.area = ""

        def handle_data(self, data: str) -> None:
            if self.area:
                self.found[self.area] += data

    reader = Reader()
    page = client.get(path)
    assert page.status_code == 200, path
    reader.feed(page.text)
    return reader.found
