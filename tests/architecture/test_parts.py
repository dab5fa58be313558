"""A missing part is skipped by name, counted in the closing lines, and a failure when it is required."""

import pytest

from tests import parts


@pytest.fixture
def no_browser(monkeypatch):
    monkeypatch.setenv("CHROMIUM", "/nowhere/chromium")
    parts.find.cache_clear()
    yield
    parts.find.cache_clear()


def test_a_missing_part_skips_by_name(no_browser, monkeypatch):
    monkeypatch.delenv("REQUIRE", raising=False)
    with pytest.raises(pytest.skip.Exception, match="missing part: browser: install chromium"):
        parts.need("browser")


def test_a_required_part_that_is_missing_fails(no_browser, monkeypatch):
    monkeypatch.setenv("REQUIRE", "postgres, browser")
    with pytest.raises(pytest.fail.Exception, match="missing part: browser"):
        parts.need("browser")


def test_a_misspelt_requirement_is_refused(monkeypatch):
    monkeypatch.setenv("REQUIRE", "postgers")
    with pytest.raises(pytest.UsageError, match="postgers"):
        parts.required()


def test_the_closing_lines_count_what_was_left_out():
    reasons = ["Skipped: missing part: browser: install chromium"] * 12 + ["Skipped: no such thing here"]
    assert parts.closing_lines([*reasons, "Skipped: missing part: postgres: install postgresql"]) == [
        "skipped for a missing part: browser (12 tests): install chromium",
        "skipped for a missing part: postgres (1 test): install postgresql",
    ]
