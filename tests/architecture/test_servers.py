"""The production server under test starts, answers, and leaves no process behind."""

import urllib.request

from tests.servers import running_server


def test_the_server_answers_and_stops_cleanly(database_url, tmp_path):
    with running_server(tmp_path, database_url, workers=1) as server:
        with urllib.request.urlopen(f"{server.url}/healthz", timeout=10) as answer:
            assert answer.status == 200
        assert server.children() != []
        assert server.terminate() == 0, server.log_text[-2000:]


def test_a_killed_server_comes_back_on_the_same_database(database_url, tmp_path):
    with running_server(tmp_path, database_url, workers=1) as server:
        server.kill()
        server.start()
        with urllib.request.urlopen(f"{server.url}/readyz", timeout=10) as answer:
            assert answer.status == 200
