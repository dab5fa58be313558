"""Slots of another event, or of another community, through one's own event's addresses: nowhere; and who sees what."""

from typing import Any

import pytest
from sqlalchemy import select

from gatherings.calls.models import Submission
from gatherings.slots.models import Item
from tests.factories import NOW, make_community, make_event
from tests.signing import make_role, sign_in, token_in
from tests.slotting import make_call, make_order, make_submission

pytestmark = pytest.mark.one_database("of the guard, not of SQL")
FORM = {"to": "declined", "score": "5", "between": "~", "number": "1", "edits": "0", "length": "3:00", "title": "t"}


def offered(session, event):
    """An accepted slot in an order, with changes that were typed late."""
    late: dict[str, Any] = {"typed": {"title": "t"}, "typed_late": True, "typed_at": NOW}
    one = make_submission(session, make_call(session, event), state="accepted", title="Secretword", **late)
    order = make_order(session, event, [one])
    return one, session.scalars(select(Item).where(Item.order_id == order.id)).one()


def test_nothing_of_another_event_can_be_borrowed(app, client, session):
    mine = make_community(session)
    event, theirs = make_event(session, mine), make_event(session, make_community(session))
    make_order(session, event, [make_submission(session, make_call(session, event), "bo@example.org")])
    things = [offered(session, one) for one in (make_event(session, mine), theirs)]
    sign_in(client, session, make_role(session, mine, "owner"))
    session.commit()
    here = f"/organise/events/{event.slug}"
    token = {"csrf_token": token_in(client.get(f"{here}/call").text)}
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/organise/events/<event>/")}
    tried = 0
    for one, item in things:
        ids = {"<submission>": one.public_id, "<remark>": one.public_id, "<public_id>": item.public_id}
        for rule in rules:
            if "<submission>" not in rule and "running-order/items/" not in rule:
                continue
            path = rule.replace("<event>", event.slug)
            for name, value in ids.items():
                path = path.replace(name, value)
            for method in ("GET", "POST"):
                answer = client.open(path, method=method, data={**token, **FORM, "submission": one.public_id})
                assert answer.status_code in (303, 404, 405, 409, 422), (method, rule, answer.status_code)
                assert "Secretword" not in answer.text, (method, rule)
                tried += 1
        for path, data in {
            "submissions/decide": {"row": one.public_id, "to": "declined"},
            "submissions/letters/send": {"letter": f"{one.public_id}:abc"},
            "running-order/place": {"submission": one.public_id},
            "live/press": {"press": "skip", "item": item.public_id, "seen": "0"},
        }.items():
            assert "Secretword" not in client.post(f"{here}/{path}", data={**token, **data}).text
    assert tried > 50
    session.rollback()
    session.expire_all()
    assert [(one.state, one.told, one.typed_late, item.position) for one, item in things] == [
        ("accepted", "", True, 1)
    ] * 2


def test_reviewers_see_no_address_and_nothing_for_hosts(client, session):
    event = make_event(session, make_community(session))
    call = make_call(session, event)
    one = make_submission(session, call, "maureen@example.org", needs="A quiet room")
    make_submission(session, call, "late@example.org", state="draft", typed={"title": "Late"}, typed_late=True)
    sign_in(client, session, make_role(session, event.community, "reviewer"))
    session.commit()
    path = f"/organise/events/{event.slug}/submissions"
    for page in (path, f"{path}?view=table", f"{path}/{one.public_id}", f"/organise/events/{event.slug}/slots"):
        answer = client.get(page)
        assert answer.status_code == 200
        for word in ("maureen@", "late@", "A quiet room"):
            assert word not in answer.text, page
    assert session.get_one(Submission, one.id).state == "submitted"
