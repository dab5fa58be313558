"""What organisers changed in the browser is theirs: a file that is loaded again leaves it alone."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.db.session import transact
from gatherings.events.models import Event, EventChange
from gatherings.planning.actions.events import Edit, edit_event
from gatherings.planning.queries.events import editable, values_of
from gatherings.planning.rules.event_values import pack, unpack
from tests.factories import NOW, SITE
from tests.loading.conftest import SMALL
from tests.signing import make_role


def test_an_event_edited_in_the_browser_is_left_alone(app, load_text, session: Session) -> None:
    load_text(SMALL)
    event_id = session.scalar(select(Event.id).where(Event.slug == "summer-tea"))
    assert event_id is not None
    event = editable(session, event_id)
    values, opened = values_of(event), pack(values_of(event))
    person = make_role(session, event.community)
    session.commit()
    wished = {
        **values,
        "summary": "Under the old tree.",
        "speakers": [{"name": "Bo", "role": "", "group": "", "country": "SE", "talk": "", "about": ""}],
        "time": {**values["time"], "starts": "2027-06-12T16:00:00", "ends": "2027-06-12T18:00:00"},
    }
    with app.app_context():
        saved = transact(edit_event, event_id, Edit(wished, unpack(opened), 0), by=person.id, site=SITE, now=NOW)
        assert saved.names == ("summary", "time", "speakers")
        again = transact(edit_event, event_id, Edit(wished, {}, 1), by=person.id, site=SITE, now=NOW)
        assert again.names == ()
    session.expire_all()
    report = load_text(SMALL.replace("In the garden.", "On the lawn.").replace("15:00", "14:00"))
    assert report.kept == {"event summer-tea": ["summary", "starts", "speakers"]}
    session.expire_all()
    event = editable(session, event_id)
    assert (event.summary, event.starts_local.hour, event.speakers[0].name) == ("Under the old tree.", 16, "Bo")
    assert len(session.scalars(select(EventChange).where(EventChange.event_id == event_id)).all()) == 1
