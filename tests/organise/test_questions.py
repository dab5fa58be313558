"""What is asked at registration: built by organisers, obeyed by the form."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from gatherings.communities.models import Community
from gatherings.questions.models import ConsentText, Question
from gatherings.registration.models import Answer
from tests.factories import (
    dates_of,
    make_community,
    make_consent,
    make_event,
    make_question,
    make_registration,
    make_series,
)
from tests.signing import make_role, sign_in, token_in

CHOICES = {"choices": [{"key": "vegan", "label": "Vegan"}, {"key": "fish", "label": "Fish"}]}


@pytest.fixture
def event(client: FlaskClient, session: Session):
    made = make_event(session, mode="hybrid")
    sign_in(client, session, make_role(session, made.community))
    return made


@pytest.fixture
def press(client: FlaskClient):
    """Press a button of an organiser's screen, with the token of the page it stands on."""

    def send(path: str, page: str, **fields):
        token = token_in(client.get(page).text)
        return client.post(path, data={**fields, "csrf_token": token})

    return send


def asked(session: Session) -> list[Question]:
    session.commit()
    session.expire_all()
    return list(session.scalars(select(Question).order_by(Question.position, Question.id)))


def test_a_question_of_each_kind_is_added_and_shown_to_attendees(client, session, event, press):
    base = f"/organise/events/{event.slug}/questions"
    fields = {
        "text": {"most": "80"}, "long_text": {}, "yes_no": {}, "one_of": {"choices": "Vegan\nFish"},
        "many_of": {"choices": "Vegan\n\nFish\n", "least": "1", "most": "2"}, "country": {},
        "date": {"least": "2026-01-01"},
        "number": {"least": "-2", "most": "10.5", "decimals": "1"},
    }  # fmt: skip
    assert client.get(f"{base}/new").status_code == 200
    for kind, options in fields.items():
        values = {
            "type": kind,
            "label": f"Your {kind} <b>?",
            "help": "Help",
            "required": "yes",
            "keep_days": "30",
            **options,
        }
        answer = press(f"{base}/new?type={kind}", f"{base}/new?type={kind}", **values)
        assert (answer.status_code, answer.location) == (303, f"{base}?done=added"), answer.text
    rows = asked(session)
    assert [(row.type, row.position, row.keep_days) for row in rows] == [
        (kind, number, 30) for number, kind in enumerate(fields)
    ]
    assert rows[4].options == {**CHOICES, "least": 1, "most": 2}
    assert rows[-1].options == {"least": -2, "most": "10.5", "decimals": 1}
    page, public = client.get(base).text, client.get(f"/events/{event.slug}").text
    for kind in fields:
        assert f"Your {kind} &lt;b&gt;?" in page
        assert f"Your {kind} &lt;b&gt;?" in public
    assert "Your answer is deleted 30 days after the gathering." in public


def test_a_press_repeated_adds_one_question_and_one_consent(client, session, event, press):
    other = make_event(session, session.get_one(Community, event.community_id))
    for page, fields in (
        ("questions/new?type=text", {"type": "text", "label": "Why?"}),
        ("consents/new", {"text": "You may write to me."}),
    ):
        path = f"/organise/events/{event.slug}/{page}"
        key = client.get(path).text.split('name="key" value="', 1)[1].split('"', 1)[0]
        for _ in range(2):
            assert press(path, path, key=key, **fields).status_code == 303
        elsewhere = f"/organise/events/{other.slug}/{page}"
        assert press(elsewhere, elsewhere, key=key, **fields).status_code == 303
    session.commit()
    assert sorted(row.event_id or 0 for row in asked(session)) == sorted([event.id, other.id])
    assert sorted(row.event_id or 0 for row in session.scalars(select(ConsentText))) == sorted([event.id, other.id])


def test_what_cannot_be_asked_is_refused_and_kept_as_typed(client, session, event, press):
    base = f"/organise/events/{event.slug}/questions"
    wrong = [
        ("text", {"label": ""}, "label"),
        ("text", {"label": "See www.example.org"}, "label"),
        ("text", {"label": "A\x00b"}, "label"),
        ("text", {"label": "Long " * 100}, "label"),
        ("text", {"label": "Good", "keep_days": "-1"}, "keep_days"),
        ("text", {"label": "Good", "keep_days": "99999"}, "keep_days"),
        ("text", {"label": "Good", "least": "50", "most": "20"}, "least"),
        ("text", {"label": "Good", "most": "1e9"}, "most"),
        ("one_of", {"label": "Good", "choices": "Only one"}, "choices"),
        ("one_of", {"label": "Good", "choices": "Twice\nTwice"}, "choices"),
        ("many_of", {"label": "Good", "choices": "One\nTwo", "most": "3"}, "most"),
        ("date", {"label": "Good", "least": "2026-02-30"}, "least"),
        ("number", {"label": "Good", "most": "many"}, "most"),
        ("text", {"label": "Good", "only_if": "moon"}, "only_if"),
        ("text", {"label": "Good", "only_if": "A" * 22 + ":yes"}, "only_if"),
    ]
    for kind, values, field in wrong:
        answer = press(f"{base}/new?type={kind}", f"{base}/new?type={kind}", type=kind, **values)
        assert answer.status_code == 422, (values, answer.text)
        assert f'href="#{field}"' in answer.text, values
    assert client.get(f"{base}/new?type=moon").status_code == 200  # the kinds, to choose from
    assert asked(session) == []


def test_order_is_changed_and_a_condition_stays_after_its_question(client, session, event, press):
    base = f"/organise/events/{event.slug}/questions"
    first = make_question(session, event, "yes_no", position=0)
    second = make_question(session, event, position=1, only_if={"question": first.public_id, "is": "yes"})
    third = make_question(session, event, position=2)
    move = lambda row, to: press(f"{base}/{row.public_id}/move", base, to=to)  # noqa: E731
    assert move(third, "up").status_code == 303
    assert [row.id for row in asked(session)] == [first.id, third.id, second.id]
    assert move(third, "up").status_code == 303
    assert move(third, "up").status_code == 303  # it is the first already
    assert [row.id for row in asked(session)] == [third.id, first.id, second.id]
    answer = move(second, "up")
    assert answer.status_code == 409
    assert "is asked only after a certain answer" in answer.text
    assert [row.id for row in asked(session)] == [third.id, first.id, second.id]
    answer = press(f"{base}/{first.public_id}/remove", base)
    assert (answer.status_code, len(asked(session))) == (409, 3)


def test_an_answered_question_keeps_its_kind_and_is_never_deleted(client, session, event, press):
    base = f"/organise/events/{event.slug}/questions"
    question = make_question(session, event, "one_of", options=CHOICES, label="Food")
    make_registration(session, event, answers={question.id: {"key": "fish", "label": "Fish"}})
    here = f"{base}/{question.public_id}"
    answer = press(here, here, type="text", label="Food", base="{}")
    assert answer.status_code in (409, 422)
    page = client.get(here).text
    stored = page.split('name="base" value="')[1].split('"')[0].replace("&#34;", '"')
    answer = press(here, here, type="text", label="Food", choices="Vegan\nFish", base=stored)
    assert answer.status_code == 422
    assert "has answered this already, so its type stays" in answer.text
    answer = press(here, here, type="one_of", label="What to eat", choices="Fish\nMeat", base=stored)
    assert answer.location == f"{base}?done=kept"
    (row,) = asked(session)
    assert [one["key"] for one in row.options["choices"]] == ["fish", "meat"]  # new words are a new choice
    assert press(f"{here}/remove", base).location == f"{base}?done=retired"
    (row,) = asked(session)
    assert row.retired
    assert session.scalar(select(Answer.value)) == {"key": "fish", "label": "Fish"}
    assert "What to eat" not in client.get(f"/events/{event.slug}").text
    assert press(f"{here}/ask-again", base).location == f"{base}?done=again"
    assert "What to eat" in client.get(f"/events/{event.slug}").text


def test_a_question_that_nobody_answered_is_deleted(client, session, event, press):
    base = f"/organise/events/{event.slug}/questions"
    remove = f"{base}/{make_question(session, event).public_id}/remove"
    assert press(remove, base).location == f"{base}?done=deleted"
    assert asked(session) == []
    assert press(remove, f"{base}/new?type=text").status_code == 404  # pressed twice


def test_two_who_edit_one_question_are_told(client, session, event, press):
    question = make_question(session, event, label="Old words", help="Old help")
    here = f"/organise/events/{event.slug}/questions/{question.public_id}"
    stored = client.get(here).text.split('name="base" value="')[1].split('"')[0].replace("&#34;", '"')
    question.help = "Their help"
    answer = press(here, here, type="text", label="My words", help="Old help", base=stored)
    assert answer.status_code == 409
    for kept in ("My words", "Their help", "Somebody else saved this"):
        assert kept in answer.text
    assert asked(session)[0].label == "Old words"


# --- conditions on the public form -----------------------------------------------------------------------------------


def register(client, event, **fields):
    values = {"name": "Ada", "email": "ada@example.org", "zone": "Europe/London", "code_agreed": "yes", **fields}
    return client.post(f"/events/{event.slug}/register", data=values)


def test_a_question_whose_condition_is_not_met_is_neither_needed_nor_kept(client, session, event):
    meal = make_question(
        session, event, "yes_no", label="Do you eat with us?", required=True, only_if={"attends": "room"}
    )
    food = make_question(
        session, event, "one_of", options=CHOICES, label="What?", required=True,
        only_if={"question": meal.public_id, "is": "yes"},
    )  # fmt: skip
    page = client.get(f"/events/{event.slug}").text
    assert "(only if you come to the room)" in page
    assert "(only if your answer to “Do you eat with us?” is “Yes”)" in page
    assert "/static/asked." in page
    meal_field, food_field = f"q_{meal.public_id}", f"q_{food.public_id}"
    refused = register(client, event, wish="room")
    assert refused.status_code == 422
    assert f'href="#{meal_field}"' in refused.text
    assert f'href="#{food_field}"' not in refused.text
    assert register(client, event, wish="room", **{meal_field: "yes"}).status_code == 422
    # Online: neither is asked, and what was ticked before is not kept, nonsense included.
    answer = register(client, event, wish="online", **{meal_field: "yes", food_field: "moon"})
    assert answer.status_code == 303
    assert session.scalars(select(Answer)).all() == []
    other = {"email": "bob@example.org", meal_field: "no", food_field: "fish"}
    assert register(client, event, wish="room", **other).status_code == 303
    assert [row.value for row in session.scalars(select(Answer))] == [False]
    third = {"email": "cyd@example.org", meal_field: "yes", food_field: "fish"}
    assert register(client, event, wish="room", **third).status_code == 303
    assert session.scalars(select(Answer).order_by(Answer.id)).all()[-1].value["key"] == "fish"


def test_the_manage_page_asks_what_fits_how_one_comes(app, client, session, event):
    room = make_question(session, event, label="Only in the room", only_if={"attends": "room"}, required=True)
    online = make_question(session, event, label="Only online", only_if={"attends": "online"})
    registration = make_registration(session, event, wish="online", answers={room.id: "left over", online.id: "x"})
    token = app.extensions["gatherings.signer"].sign("manage", registration.public_id, registration.link_version)
    page = client.get(f"/registrations/{token}").text
    assert "Only online" in page
    assert "Only in the room" not in page
    values = {"name": "Ada", "zone": "Europe/London", f"q_{online.public_id}": "y"}
    assert client.post(f"/registrations/{token}/details", data=values).status_code == 303
    session.expire_all()
    given = {row.question_id: row.value for row in session.scalars(select(Answer))}
    assert given == {room.id: None, online.id: "y"}


def test_an_event_held_one_way_never_asks_those_of_the_other(client, session):
    event = make_event(session, mode="online")
    make_question(session, event, label="Only in the room", only_if={"attends": "room"}, required=True)
    make_question(session, event, label="Only online", only_if={"attends": "online"})
    page = client.get(f"/events/{event.slug}").text
    assert "Only online" in page
    assert "Only in the room" not in page
    assert "asked." not in page
    assert register(client, event).status_code == 303


def test_a_series_asks_at_all_its_dates(client, session, press):
    series = make_series(session, ahead=1)
    sign_in(client, session, make_role(session, series.community))
    base = f"/organise/series/{series.slug}/questions"
    answer = press(f"{base}/new?like=food", f"{base}/new?like=food", type="text", label="Food?", keep_days="30")
    assert answer.location == f"{base}?done=added"
    (date,) = dates_of(session, series)
    assert "Food?" in client.get(f"/events/{date.slug}").text
    assert "Food?" in client.get(f"/organise/events/{date.slug}/questions").text
    (row,) = asked(session)
    # It is the series' own: nothing of it can be changed through a date.
    assert client.get(f"/organise/events/{date.slug}/questions/{row.public_id}").status_code == 404


# --- consents --------------------------------------------------------------------------------------------------------


def test_a_changed_wording_is_a_new_version(client, session, event, press):
    community = session.get_one(Community, event.community_id)
    for of, path in ((event, f"/organise/events/{event.slug}"), (community, f"/organise/communities/{community.slug}")):
        words = f"News of the {type(of).__name__}, please."
        back = f"{path}/questions" if of is event else f"{path}/consents"
        new = press(f"{path}/consents/new", f"{path}/consents/new", text="News, please.")
        assert new.location == f"{back}?done=consent"
        consent = session.scalars(select(ConsentText).order_by(ConsentText.id.desc())).first()
        assert consent is not None
        here = f"{path}/consents/{consent.id}"
        assert client.get(here).status_code == 200
        page = client.get(here).text
        stored = page.split('name="base" value="')[1].split('"')[0].replace("&#34;", '"')
        assert press(here, here, text="", base=stored).status_code == 422
        assert press(here, here, text=words, base=stored).status_code == 303
        assert press(here, here, text="Other", base=stored).status_code == 409
        session.expire_all()
        assert (consent.text, consent.version) == (words, 2)
        assert words in client.get(f"/events/{event.slug}").text
        assert press(f"{here}/remove", back).status_code == 303
        assert words not in client.get(f"/events/{event.slug}").text
        assert press(f"{here}/ask-again", back).status_code == 303
        assert client.get(back).status_code == 200


# --- who may ---------------------------------------------------------------------------------------------------------


def test_only_those_who_may_edit(app, session):
    event = make_event(session, mode="hybrid")
    question, consent = make_question(session, event), make_consent(session, event)
    community, foreign = event.community, make_question(session, make_event(session))
    base = f"/organise/events/{event.slug}"
    reads = [
        f"{base}/questions", f"{base}/questions/new?type=text", f"{base}/questions/{question.public_id}",
        f"{base}/consents/new", f"{base}/consents/{consent.id}", f"/organise/communities/{community.slug}/consents",
    ]  # fmt: skip
    writes = [
        f"{base}/questions/new?type=text", f"{base}/questions/{question.public_id}", f"{base}/consents/new",
        f"{base}/questions/{question.public_id}/move", f"{base}/questions/{question.public_id}/remove",
        f"{base}/questions/{question.public_id}/ask-again", f"{base}/consents/{consent.id}",
        f"{base}/consents/{consent.id}/move", f"{base}/consents/{consent.id}/remove",
        f"{base}/consents/{consent.id}/ask-again",
    ]  # fmt: skip
    people = {role: make_role(session, community, role) for role in ("host", "helper", "editor")}
    people["outsider"] = make_role(session, make_community(session), "owner", "far@example.org")
    for role, person in people.items():
        client = app.test_client()
        sign_in(client, session, person)
        status = 404 if role == "outsider" else 403
        assert {client.get(path).status_code for path in reads} == {status}, role
        assert {client.post(path, data={"label": "x", "text": "x"}).status_code for path in writes} == {status}, role
    nobody = app.test_client()
    assert {nobody.get(path).status_code for path in reads} == {302}
    assert {nobody.post(path).status_code for path in writes} == {303}
    # An organiser without the form's token, and with what is somebody else's.
    client = app.test_client()
    sign_in(client, session, make_role(session, community))
    assert {client.post(path, data={"label": "x"}).status_code for path in writes} == {400}
    token = token_in(client.get(f"{base}/questions").text)
    for path in (f"{base}/questions/{foreign.public_id}", f"{base}/questions/{foreign.public_id}/remove"):
        assert client.post(path, data={"csrf_token": token, "label": "Mine now"}).status_code == 404
    assert client.post(f"{base}/consents/999999999999999999/remove", data={"csrf_token": token}).status_code == 404
    assert len(asked(session)) == 2
    assert session.scalars(select(ConsentText)).one().version == 1
