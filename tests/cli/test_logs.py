"""Logs: one form for everything, with no address and no token in them."""

import json
import logging
import subprocess
import sys

import pytest

from gatherings.cli.logs import redact
from gatherings.core.tokens import Signer
from tests.servers import ROOT

# Made once and written down: xdist's workers must agree on the names of tests.
TOKEN = Signer(("k" * 32,)).sign("manage", "Abcdefghij_lmnop-rstuv", 12)
SECRET = "v7cgBBWhUTaboITG2CZ6ya5K481WSqEnGAL3KKBwPJU"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail to ada.lovelace+x@example.org failed", "mail to …@example.org failed"),
        ("<ada@example.org>, bo@mail.example.org", "<…@example.org>, …@mail.example.org"),
        (f"GET /registrations/{TOKEN} 200", "GET /registrations/[token] 200"),
        (f"link {SECRET}.", "link [token]."),
        ("nothing to hide: event-1, 2026-11-20", "nothing to hide: event-1, 2026-11-20"),
    ],
)
def test_addresses_are_shortened_and_tokens_taken_out(text, shown):
    assert redact(text) == shown


@pytest.mark.parametrize("form", ["json", "text"])
def test_every_line_is_redacted_also_those_of_errors(form):
    code = f"""
import logging
from gatherings.cli.logs import init_logs
init_logs({form!r})
log = logging.getLogger("somewhere")
log.info("told %s by {TOKEN}", "ada@example.org", extra={{"request_id": "abc", "secret": "plum"}})
try:
    raise ValueError("cannot write to bo@example.org with {TOKEN}")
except ValueError:
    log.exception("failed")
logging.getLogger("gatherings.requests").info("GET / 200")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == ""
    for word in ("ada@", "bo@", TOKEN, "plum", "GET /"):
        assert word not in done.stderr
    assert done.stderr.count("[token]") >= 2
    assert "ValueError" in done.stderr
    if form == "json":
        first, second = (json.loads(line) for line in done.stderr.splitlines())
        assert (first["event"], first["level"], first["request_id"]) == ("told …@example.org by [token]", "info", "abc")
        assert (second["event"], second["level"]) == ("failed", "error")


def test_this_process_kept_its_own_logging():
    assert not any("structlog" in type(each.formatter).__module__ for each in logging.getLogger().handlers)
