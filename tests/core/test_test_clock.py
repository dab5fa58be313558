"""The clock that a file sets forward: for rehearsals of what takes weeks, never where people register."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from gatherings.config import BadSetting, read_settings
from gatherings.core import clock


@pytest.fixture(autouse=True)
def true_clock():
    yield
    clock.use_test_clock(None)


def ahead() -> float:
    return (clock.utc_now() - datetime.now(UTC)).total_seconds()


def test_it_goes_by_the_file_and_on_from_there(tmp_path):
    file = tmp_path / "clock"
    clock.use_test_clock(str(file))
    assert abs(ahead()) < 1  # no file yet
    for seconds in ("86400", "2.5e6", "-60"):
        file.write_text(seconds)
        time.sleep(0.06)
        assert abs(ahead() - float(seconds)) < 1
        first = clock.utc_now()
        time.sleep(0.02)
        assert timedelta(0) < clock.utc_now() - first < timedelta(seconds=2)
    for nonsense in ("soon", "1e400", "nan", ""):
        file.write_text(nonsense)
        time.sleep(0.06)
        clock.utc_now()
    clock.use_test_clock(None)
    assert abs(ahead()) < 1


def test_it_is_refused_where_people_come_by_https(tmp_path):
    file = str(tmp_path / "clock")
    env = {"GATHERINGS_INSTANCE": str(tmp_path), "GATHERINGS_TEST_CLOCK": file, "SECRET_KEY": "k" * 32}
    assert read_settings(env | {"BASE_URL": "http://127.0.0.1:8000"}).test_clock == file
    with pytest.raises(BadSetting, match="GATHERINGS_TEST_CLOCK"):
        read_settings(env | {"BASE_URL": "https://gatherings.example.org"})
