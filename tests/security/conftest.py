"""What tests of the fences share: a still clock, and a small town in which every door leads somewhere."""

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from tests.security.doors import Town, build_town


@pytest.fixture(autouse=True)
def still(now, clock_at):
    """Friday 20 November 2026, 12:00 UTC, for actions and requests alike."""
    with clock_at(now):
        yield


@pytest.fixture
def demo(make_another, session: Session) -> Flask:
    """The application with all that it can have: the demo's mailbox too."""
    made: Flask = make_another(GATHERINGS_DEMO="1")
    made.extensions["tests.sessions"].append(session)
    return made


@pytest.fixture
def town(demo: Flask, session: Session) -> Town:
    """People, links and mails, so that each view of the application can be opened."""
    return build_town(demo, session)
