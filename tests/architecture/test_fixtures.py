"""The fixtures that all other tests stand on keep what they promise."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gatherings.config import read_settings
from gatherings.core.clock import utc_now
from gatherings.db import current_session
from gatherings.db.places import Places
from tests.databases import BASE_URL, SECRET, settings_environ


def count(session: Session) -> int | None:
    return session.scalar(select(func.count()).select_from(Places))


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_has_a_database_of_its_own(session, turn):
    assert count(session) == 0
    session.add(Places(capacity=turn))
    session.commit()
    assert count(session) == 1


def test_what_a_test_writes_is_there_for_its_requests(app, session, client):
    session.add(Places(capacity=3))
    assert client.get("/there-is-no-such-page").status_code == 404
    with app.app_context():
        assert count(current_session()) == 1


def test_the_database_is_the_one_asked_for(session, database_kind):
    assert session.get_bind().dialect.name == {"postgres": "postgresql"}.get(database_kind, database_kind)


def test_the_clock_stands_still_when_asked(now, clock_at):
    with clock_at(now):
        assert utc_now() == now
    assert utc_now() != now


def test_settings_of_the_machine_do_not_leak_into_tests(tmp_path, monkeypatch):
    monkeypatch.setenv("BASE_URL", "https://elsewhere.example.org")
    settings = read_settings(settings_environ(tmp_path, f"sqlite:///{tmp_path}/x.sqlite"))
    assert (settings.base_url, settings.secret_keys, settings.smtp) == (BASE_URL, (SECRET,), None)


def test_a_page_is_seen_in_the_machines_own_browser(page):
    page.set_content("<p>third Thursday</p>")
    assert page.text_content("p") == "third Thursday"
