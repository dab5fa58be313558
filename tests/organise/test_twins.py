"""A second sitting: made once, by those who may edit, with what both share."""

from io import BytesIO

import pytest
from PIL import Image
from sqlalchemy import select

from gatherings.audit.models import LogEntry
from gatherings.communities.models import Picture
from gatherings.events.models import Event, EventChange, Speaker
from gatherings.events.rules import _TOLD
from gatherings.planning.actions.twins import SHARED
from gatherings.questions.models import Question
from tests.factories import make_community, make_event, make_question
from tests.organise.pressing import form_of, press
from tests.signing import make_role, sign_in, token_in

FORM = {
    "starts_date": "2026-12-15",
    "starts_time": "08:00",
    "join_url": "https://meet.example.org/2",
    "capacity_online": "7",
}


def twins_of(session, event):
    return session.scalars(select(Event).where(Event.twin_of_id == event.id)).all()


def test_the_second_sitting_has_what_is_shared_and_its_own_hour(client, session):
    event = make_event(session, capacity_online=30, about="About *us*.")
    session.add(Speaker(event_id=event.id, position=0, name="Zoë & Sons <3", talk="Songs"))
    first = make_question(session, event, key="tea")
    make_question(session, event, key="sugar", only_if={"question": first.public_id, "is": "yes"})
    sign_in(client, session, make_role(session, event.community))
    path = f"/organise/events/{event.slug}/twin"
    page = client.get(path + "?starts=2026-12-15T08:00").text
    assert 'value="2026-12-15"' in page
    assert 'value="08:00"' in page
    assert "https://meet.example.org/the-secret-room" in page
    assert "08:00–09:00" in page
    data = {"csrf_token": token_in(page), **FORM}
    for _twice in range(2):
        answer = client.post(path, data=data)
        assert answer.status_code == 303
    [second] = twins_of(session, event)
    assert event.twin_of_id == second.id
    assert answer.location == f"/organise/events/{second.slug}/twin"
    assert "Two sittings" in client.get(answer.location).text
    assert (second.title, second.about, second.status, second.join_url) == (
        event.title, event.about, "published", "https://meet.example.org/2",
    )  # fmt: skip
    assert (second.starts_local.hour, second.ends_local.hour, second.zone) == (8, 9, "Europe/London")
    assert second.series_rule_id is None
    assert second.uid != event.uid
    assert [one.name for one in session.scalars(select(Speaker).where(Speaker.event_id == second.id))] == [
        "Zoë & Sons <3"
    ]
    tea, sugar = session.scalars(select(Question).where(Question.event_id == second.id).order_by(Question.id)).all()
    assert (tea.key, sugar.key) == ("tea", "sugar")
    assert sugar.only_if == {"question": tea.public_id, "is": "yes"}
    assert session.scalars(select(LogEntry.action).where(LogEntry.action == "create_twin")).all() == ["create_twin"]
    # A third sitting is refused in words, and so is one from the second.
    for slug in (event.slug, second.slug):
        answer = client.post(f"/organise/events/{slug}/twin", data={**data, "starts_time": "12:00"})
        assert answer.status_code == 409
    assert len(session.scalars(select(Event)).all()) == 2


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"starts_date": ""}, "choose the day and the time"),
        ({"starts_time": "25:00"}, ""),
        ({"starts_time": "18:00"}, "time of the first sitting"),
        ({"starts_date": "2026-11-01"}, "over already"),
        ({"starts_date": "2027-03-28", "starts_time": "01:30"}, "01:30"),
        ({"join_url": "javascript:alert(1)"}, "https://"),
        ({"capacity_online": "-1"}, "whole number"),
        ({"starts_date": "x" * 3000}, ""),
    ],
)
def test_what_cannot_be_is_refused_in_words(client, session, clock_at, now, changed, words):
    event = make_event(session)
    with clock_at(now):
        sign_in(client, session, make_role(session, event.community))
        path = f"/organise/events/{event.slug}/twin"
        data = {"csrf_token": token_in(client.get(path).text), **FORM, **changed}
        answer = client.post(path, data=data)
        assert answer.status_code == 422
        assert "error-summary" in answer.text
        assert words in answer.text
    assert twins_of(session, event) == []


@pytest.mark.parametrize("role", ["owner", "organiser", "host", "helper", "editor", "foreign", None])
def test_each_role(client, session, role):
    event = make_event(session)
    if role:
        community = make_community(session) if role == "foreign" else event.community
        sign_in(client, session, make_role(session, community, "owner" if role == "foreign" else role))
    allowed = role in ("owner", "organiser")
    status = 200 if allowed else {"foreign": 404, None: 302}.get(role, 403)
    path = f"/organise/events/{event.slug}/twin"
    assert client.get(path).status_code == status
    assert client.get(path + "/clocks?starts_date=2026-12-15&starts_time=08:00").status_code == status
    token = token_in(client.get(path).text) if allowed else "x"
    assert client.post(path, data=FORM).status_code == (400 if allowed else 403 if role is None else status)
    assert twins_of(session, event) == []
    client.post(path, data={"csrf_token": token, **FORM})
    assert len(twins_of(session, event)) == int(allowed)


def test_what_is_edited_in_one_follows_in_the_other(client, session):
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community))
    path = f"/organise/events/{event.slug}"
    client.post(path + "/twin", data={"csrf_token": token_in(client.get(path + "/twin").text), **FORM})
    [second] = twins_of(session, event)
    form = form_of(client, f"/organise/events/{second.slug}/edit")
    answer = client.post(
        f"/organise/events/{second.slug}/edit", data={**form, "summary": "Said in both.", "do": "save"}
    )
    assert answer.status_code == 303, answer.text
    session.refresh(event)
    session.refresh(second)
    assert (event.summary, second.summary) == ("Said in both.", "Said in both.")
    assert event.starts_local.hour == 18
    assert session.scalars(select(EventChange)).all() == []


def make_second(client, session, event):
    path = f"/organise/events/{event.slug}/twin"
    assert client.post(path, data={"csrf_token": token_in(client.get(path).text), **FORM}).status_code == 303
    [second] = twins_of(session, event)
    return second


def test_a_picture_of_one_is_the_others_too(client, session):
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community))
    second = make_second(client, session, event)
    file = BytesIO()
    Image.new("RGB", (60, 40), "red").save(file, "PNG")
    for data in (file.getvalue(), file.getvalue(), None):
        path = f"/organise/events/{second.slug}/picture"
        fields: dict[str, object] = {"csrf_token": token_in(client.get(path).text), "alt": "Red"}
        if data is not None:
            fields["picture"] = (BytesIO(data), "red.png")
        assert client.post(path, data=fields, content_type="multipart/form-data").status_code == 303
        session.rollback()
        session.refresh(event)
        session.refresh(second)
        [picture] = session.scalars(select(Picture.id)).all()  # and none is kept that nobody shows
        assert [(one.picture_id, one.picture_alt) for one in (event, second)] == [(picture, "Red")] * 2
    assert press(client, f"/organise/events/{event.slug}/picture/remove").status_code == 303
    session.rollback()
    session.refresh(second)
    assert (second.picture_id, second.picture_alt) == (None, "")
    assert session.scalars(select(Picture.id)).all() == []


def test_nothing_shared_is_told_to_anybody():
    """So asking first, of the people of one sitting, is enough."""
    assert not {name for names in _TOLD.values() for name in names} & {*SHARED, "speakers", "resources"}


def test_each_sitting_says_that_it_is_published_and_cancelled_by_itself(client, session):
    event = make_event(session, status="draft")
    sign_in(client, session, make_role(session, event.community))
    second = make_second(client, session, event)
    path = f"/organise/events/{event.slug}"
    assert "which is published by itself" in client.get(path).text
    assert "publishing one leaves the other as it is" in client.get(f"{path}/twin").text
    assert press(client, f"{path}/publish").status_code == 303
    session.refresh(second)
    assert second.status == "draft"
    assert "publishing one leaves the other as it is" in client.get(f"{path}/twin").text
    assert "The other sitting goes on." in client.get(f"{path}/cancel").text


def test_a_cancelled_sitting_stands_alone_once_there_is_another(client, session):
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community))
    second = make_second(client, session, event)
    assert press(client, f"/organise/events/{second.slug}/cancel").status_code == 303
    answer = press(client, f"/organise/events/{event.slug}/twin", {**FORM, "starts_time": "09:00"})
    assert answer.status_code == 303
    session.rollback()
    session.refresh(second)
    session.refresh(event)
    [third] = twins_of(session, event)
    assert (second.twin_of_id, event.twin_of_id, third.starts_local.hour) == (None, third.id, 9)
