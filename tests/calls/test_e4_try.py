import pytest
from tests.factories import NOW, make_community, make_event
from tests.signing import make_role, sign_in
from tests.slotting import make_call, make_submission
@pytest.fixture
def still(clock_at):
    with clock_at(NOW): yield
def test_it(client, session, still, app):
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.testing = True
    c = make_community(session); e = make_event(session, c); call = make_call(session, e)
    one = make_submission(session, call, told="", script="a b")
    sign_in(client, session, make_role(session, c, "owner"))
    p = client.get(f"/organise/events/{e.slug}/submissions/{one.public_id}")
    assert p.status_code == 200
