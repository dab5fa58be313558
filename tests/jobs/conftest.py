"""The same small application as for mail."""

from tests.mail.conftest import address, app, ask, do, engine, now, own_cluster

__all__ = ["address", "app", "ask", "do", "engine", "now", "own_cluster"]
