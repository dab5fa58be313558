"""Journeys: whole stories of people, through a real browser, the real server and a real mail server."""

from tests.browser.conftest import visit

__all__ = ["visit"]
