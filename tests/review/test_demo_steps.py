"""What a review found: the demo's third Thursday asked for a tick beside the two fields and the press."""

from sqlalchemy import select

from gatherings.events.models import Event
from gatherings.registration.models import Registration
from tests.factories import NOW
from tests.loading.conftest import load_demo

__all__ = ["load_demo"]


def test_two_fields_and_one_press_for_the_third_thursday(load_demo, session, client, clock_at):
    load_demo()
    slug = session.scalars(
        select(Event.slug).where(Event.series_rule_id.is_not(None), Event.starts_at > NOW).order_by(Event.starts_at)
    ).first()
    session.commit()
    with clock_at(NOW):
        done = client.post(f"/events/{slug}/register", data={"name": "Ada", "email": "ada@example.org"})
    assert done.status_code == 303
    assert session.scalars(select(Registration.state)).all() == ["confirmed"]
