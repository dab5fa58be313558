import tests.organise.test_hostile_forms as whole
from tests.organise.test_hostile_forms import place  # noqa
real = whole.screens
def test_money(app, client, place, database_kind, monkeypatch):
    monkeypatch.setattr(whole, "screens", lambda app: [(r, x) for r, x in real(app) if any(w in r.rule for w in ("orders", "takings", "reconcile", "everybody"))])
    whole.test_nothing_breaks_hangs_or_comes_alive(app, client, place, database_kind)
