"""Offering a slot: the call and its form on one screen, saved as one types, sent once, closed at its second."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from gatherings.calls.models import CoPresenter, Submission
from gatherings.calls.rules.submitting import lengths_between
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import speaking
from gatherings.wiring import MAILS
from tests.factories import make_community, make_event
from tests.offering import HX, TYPED, draft_path, hidden, link, opened, text_of
from tests.races import at_once
from tests.slotting import make_call, make_submission

CLOSES = datetime(2026, 12, 10, 18, 0, tzinfo=UTC)  # make_call: 18:00 in London


@pytest.fixture(autouse=True)
def still(now, clock_at):
    """Friday 20 November 2026, 12:00 UTC."""
    with clock_at(now):
        yield


@pytest.fixture
def event(session):
    return make_event(session)


@pytest.fixture
def call(session, event):
    return make_call(session, event, contact="Nicki", least_seconds=120)


@pytest.fixture
def path(event, call):
    return f"/events/{event.slug}/present"


def rows(session):
    session.commit()
    session.expire_all()
    return list(session.scalars(select(Submission).order_by(Submission.id)))


def mails(session):
    session.commit()
    return list(session.scalars(select(OutboxMail).order_by(OutboxMail.id)))


def written(app, mail):
    with app.test_request_context(), speaking("en"):
        return MAILS[mail.kind](mail)


def test_sent_in_one_press_with_one_mail_that_has_the_private_link(app, client, session, path):
    form = opened(client, path)
    answer = client.post(path, data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{path}/sent")
    assert "A mail with your private link" in client.get(answer.headers["Location"]).text
    (one,) = rows(session)
    assert (one.state, one.told, one.title, one.zone, one.seconds) == (
        "submitted", "", "What matters to you", "Pacific/Auckland", 180,
    )  # fmt: skip
    assert (one.typed, one.typed_late, one.sent_at is not None, one.recording) == ({}, False, True, False)
    (mail,) = mails(session)
    assert (mail.kind, mail.recipient, mail.zone) == ("submission_received", TYPED["email"], "Pacific/Auckland")
    assert link(app, one) in written(app, mail).text
    assert client.get(link(app, one)).status_code == 200
    # The form's own address opens nothing any more: who has it is not who has the mail.
    assert client.get(draft_path(form)).headers["Location"] == f"{path}/sent"


def test_pressed_twice_or_from_two_tabs_it_is_one_submission_and_one_mail(client, session, path):
    form = opened(client, path)
    for _press in range(3):
        assert client.post(path, data=form).headers["Location"] == f"{path}/sent"
    late = client.post(f"{path}/draft", data=form, headers=HX)
    assert "sent already" in late.text
    assert len(rows(session)) == len(mails(session)) == 1
    again = opened(client, path)  # another form is another offer: a person may give several
    client.post(path, data=again)
    assert len(rows(session)) == len(mails(session)) == 2


def test_pressed_eight_times_at_once_it_is_one(app, client, session, path):
    form = opened(client, path)
    found = at_once(app, [lambda: app.test_client().post(path, data=form).status_code] * 8)
    assert set(found) <= {303, 503}, found
    assert 303 in found
    assert (len(rows(session)), len(mails(session))) == (1, 1)


def test_saved_as_one_types_and_lost_nowhere(client, session, path):
    form = opened(client, path, title="Half a ti", email="not yet", name="", **{"others-0-name": "Rowan"})
    answer = client.post(f"{path}/draft", data=form, headers=HX)
    assert (answer.status_code, answer.text.strip()) == (200, "Saved 12:00")
    assert answer.headers["HX-Replace-Url"] == draft_path(form)
    for _reload in range(2):
        page = client.get(draft_path(form)).text
        assert 'value="Half a ti"' in page
        assert 'value="not yet"' in page
        assert 'value="Rowan"' in page
        assert "Three minutes are long." in page
    (draft,) = rows(session)
    assert (draft.state, draft.person_id, draft.title) == ("draft", None, "")
    assert mails(session) == []
    client.get(f"{draft_path(form)}/withdraw")
    client.post(f"{draft_path(form)}/send-again")
    assert mails(session) == [], "drafts write to nobody"
    # Later, on another device: sent from the draft's own page.
    later = opened(client, draft_path(form), draft=form["draft"])
    assert client.post(draft_path(form), data=later).headers["Location"] == f"{path}/sent"
    assert [(one.state, one.title) for one in rows(session)] == [("submitted", "What matters to you")]


def test_without_a_script_it_is_saved_for_later(client, session, path):
    form = opened(client, path, do="later", email="")
    answer = client.post(path, data=form)
    assert answer.headers["Location"] == f"{draft_path(form)}?done=later"
    page = client.get(answer.headers["Location"]).text
    assert "Nothing is sent yet" in page
    assert f"http://gatherings.test{draft_path(form)}" in page
    assert mails(session) == []


def test_only_known_fields_of_bounded_length_are_kept(client, session, path):
    form = opened(
        client, path, state="accepted", person_id="1", told="accepted", **{"others-0-role": "x", "others-777-name": "x"}
    )
    client.post(f"{path}/draft", data=form, headers=HX)
    (draft,) = rows(session)
    assert not {"state", "person_id", "told", "others-0-role", "others-777-name", "draft", "writer"} & set(draft.typed)
    too_long = client.post(f"{path}/draft", data={**form, "script": "a" * 30_000}, headers=HX)
    assert "Not saved" in too_long.text
    assert rows(session)[0].typed["script"] == TYPED["script"]


def test_two_pages_at_once_never_overwrite_what_they_have_not_seen(client, session, path):
    form = opened(client, path)
    client.post(f"{path}/draft", data=form, headers=HX)
    phone = opened(client, draft_path(form), title="From the phone")
    assert "Saved" in client.post(f"{draft_path(form)}/typed", data=phone, headers=HX).text
    assert "Saved" in client.post(f"{draft_path(form)}/typed", data=phone, headers=HX).text, "its own state"
    refused = client.post(f"{path}/draft", data={**form, "title": "From the desk"}, headers=HX)
    assert "Not saved: this was changed on another page" in refused.text
    assert rows(session)[0].typed["title"] == "From the phone"
    pressed = client.post(path, data={**form, "title": "From the desk"})
    assert pressed.status_code == 409
    assert "Somebody was here meanwhile" in pressed.text
    assert 'value="From the desk"' in pressed.text
    again = client.post(path, data={**form, "title": "From the desk", **hidden(pressed.text)})
    assert again.status_code == 303
    assert rows(session)[0].title == "From the desk"


def test_it_closes_at_its_second_and_what_comes_a_second_later_is_kept_and_says_so(
    app, client, session, path, clock_at
):
    first, second = opened(client, path), opened(client, path)
    with clock_at(CLOSES - timedelta(seconds=1)):
        assert client.post(path, data=first).headers["Location"] == f"{path}/sent"
        page = client.get(path, query_string={"zone": "Pacific/Auckland"}).text
        # On the presenter's clock first, then in London.
        assert page.index("Friday 11 December, 07:00 in Auckland") < page.index("Thursday 10 December, 18:00 in London")
    with clock_at(CLOSES):
        typing = client.post(f"{path}/draft", data=second, headers=HX)
        assert "kept here, but it is not sent" in typing.text
        assert "Nicki" in typing.text
        assert [one.typed_late for one in rows(session)] == [False, False], "what is only typed is nobody else's"
        answer = client.post(path, data=second)
        assert answer.headers["Location"] == draft_path(second)
        page = client.get(draft_path(second)).text
        assert "You sent this after the call had closed." in page
        assert "Three minutes are long." in page
        assert 'id="title"' not in page
    assert [(one.state, one.typed_late) for one in rows(session)] == [("submitted", False), ("draft", True)]
    assert len(mails(session)) == 1
    (sent, _late) = rows(session)
    assert "11 December, 07:00 in Auckland" in written(app, mails(session)[0]).text
    with clock_at(CLOSES):
        own = link(app, sent)
        assert "What you sent stays as it is now" in client.get(own).text
        saved = client.post(own, data={**second, "title": "Too late", "edits": str(sent.edits)})
        assert saved.headers["Location"] == f"{own}?done=late"
        assert "Too late" in client.get(own).text
    first_row = rows(session)[0]
    assert (first_row.title, first_row.typed_late) == ("What matters to you", True)


def test_before_it_opens_and_when_it_is_called_off_nothing_is_taken(client, session, event, call, path, clock_at):
    form = opened(client, path)
    with clock_at(datetime(2026, 10, 1, tzinfo=UTC)):
        page = client.get(path).text
        assert "not open yet" in page
        assert 'id="title"' not in page
        assert client.post(path, data=form).status_code == 409
        assert client.post(f"{path}/draft", data=form, headers=HX).status_code == 409
    event.status = "cancelled"
    assert client.post(path, data=form).status_code == 409
    event.status, call.state = "published", "draft"
    assert client.get(path).status_code == client.post(path, data=form).status_code == 404
    assert rows(session) == []


def test_what_the_call_asks_is_what_the_form_asks(client, session, event):
    asks = dict.fromkeys(
        ("about", "ask", "links", "script", "pronunciation", "co_presenters", "needs", "recording"), "no"
    )
    make_call(session, event, asks=asks | {"slide": "no"}, least_seconds=180)
    path = f"/events/{event.slug}/present"
    page = client.get(path).text
    for name in ("about", "ask", "links", "script", "pronunciation", "needs", "recording", "seconds"):
        assert f'name="{name}"' not in page
    assert "Add a co-presenter" not in page
    sent = opened(client, path, **{"others-0-name": "Eve", "others-0-email": "eve@example.org", "recording": "yes"})
    assert client.post(path, data=sent).status_code == 303
    (one,) = rows(session)
    assert (one.title, one.about, one.script, one.recording, one.seconds) == ("What matters to you", "", "", False, 180)
    assert session.scalars(select(CoPresenter)).all() == []


def test_must_is_must(client, session, event):
    must = dict.fromkeys(("about", "ask", "links", "script", "pronunciation", "recording"), "must")
    make_call(session, event, asks=must)
    path = f"/events/{event.slug}/present"
    answer = client.post(path, data=opened(client, path, about="", ask="", script=""))
    assert answer.status_code == 422
    for name in must:
        assert f'href="#{name}"' in answer.text
    good = opened(client, path, links="www.example.org/kind", pronunciation="MAH", recording="yes")
    assert client.post(path, data=good).status_code == 303
    (one,) = rows(session)
    assert (one.links, one.recording) == (["https://www.example.org/kind"], True)
    assert one.recording_words == "My slot may be recorded, and the hosts may publish the recording."


def test_the_code_of_kindness_is_agreed_to(client, session):
    event = make_event(session, make_community(session, code_of_kindness="Be *kind*."))
    make_call(session, event)
    path = f"/events/{event.slug}/present"
    assert 'href="#code_agreed"' in client.post(path, data=opened(client, path)).text
    assert client.post(path, data=opened(client, path, code_agreed="yes")).status_code == 303


def test_rows_of_co_presenters_come_and_go_without_a_script(client, session, path):
    form = opened(client, path, do="add")
    for number in range(6):
        page = client.post(path, data=form).text
        form |= hidden(page) | {f"others-{number}-name": f"Person {number}"}
    assert page.count('type="email" id="others-') == 5, "as many as there may be"
    dropped = client.post(path, data={**form, "do": "drop:1"}).text
    assert "Person 0" in dropped
    assert "Person 1" not in dropped
    assert 'value="What matters to you"' in dropped
    assert rows(session) == []


def test_a_program_is_thanked_and_ignored(client, session, path):
    answer = client.post(path, data=opened(client, path, fax="1"))
    assert answer.headers["Location"] == f"{path}/sent"
    assert rows(session) == mails(session) == []


def test_the_answer_does_not_tell_who_is_known(client, session, path):
    answers = []
    for _time in range(7):
        answer = client.post(path, data=opened(client, path))
        answers.append((answer.status_code, answer.headers["Location"], answer.text))
    assert len(set(answers)) == 1
    assert len(mails(session)) == 5, "an hour, address and event"
    assert len(rows(session)) == 7


def test_limits_of_a_network(make_another, session, event, call):
    app = make_another(REGISTRATIONS_PER_NETWORK="2")
    session.commit()
    client, path = app.test_client(), f"/events/{event.slug}/present"
    codes = [client.post(path, data=opened(client, path)).status_code for _time in range(3)]
    assert codes == [303, 303, 429]
    assert len(rows(session)) == 2


def test_a_network_begins_no_more_drafts_than_it_may_send(make_another, session, event, call):
    app = make_another(REGISTRATIONS_PER_NETWORK="2")
    session.commit()
    client, path = app.test_client(), f"/events/{event.slug}/present"
    form = opened(client, path)
    codes = [client.post(f"{path}/draft", data=form, headers=HX).status_code for _time in range(5)]
    codes += [client.post(f"{path}/draft", data=opened(client, path), headers=HX).status_code for _time in range(2)]
    assert codes == [200] * 6 + [429]  # typing on in one form is no new one
    assert len(rows(session)) == 2


def test_the_minutes_that_are_left_tell_nobody_of_a_decision_before_its_letter(client, session, event, call, path):
    one = make_submission(session, call, state="accepted")
    session.commit()
    before = text_of(client.get(path).text)
    assert "room for 8 more slots" in before
    one.told = "accepted"
    session.commit()
    assert "room for 7 more slots" in text_of(client.get(path).text)
    one.state = "declined"  # and no letter yet
    session.commit()
    assert "room for 7 more slots" in text_of(client.get(path).text)
    assert {"Cookie", "X-Visitor-Zone"} <= set(client.get(path).vary)


def test_a_key_of_another_call_or_of_nobody(app, client, session, path):
    form = opened(client, path)
    client.post(f"{path}/draft", data=form, headers=HX)
    other = make_event(session)
    make_call(session, other)
    theirs = f"/events/{other.slug}/present"
    assert client.post(theirs, data={**form, "edits": "1"}).status_code == 404
    for key in ("", "x", form["draft"][:-1] + "x", "\u2028" * 30, form["draft"].replace(".1.", ".2.")):
        assert client.post(path, data=opened(client, path, draft=key)).status_code == 303
    assert [one.state for one in rows(session)].count("submitted") == 5


def test_lengths_to_choose_from():
    assert lengths_between(120, 180, 180) == [120, 135, 150, 165, 180]
    assert lengths_between(100, 170, 200) == [100, 105, 120, 135, 150, 165, 170, 180, 195, 200]
    assert len(lengths_between(30, 180, 3600)) <= 25
