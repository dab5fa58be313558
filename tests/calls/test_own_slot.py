"""One's own slot by its private link: told states alone, edited until the close, withdrawn, presented with others."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from gatherings.calls.actions.receipts import send_own_links
from gatherings.calls.actions.submitting import let_in
from gatherings.calls.models import Call, CoPresenter, Submission
from gatherings.calls.rules.submitting import Offer
from gatherings.core.errors import Conflict
from gatherings.db.session import transact
from gatherings.mail.models import OutboxMail
from gatherings.web.i18n import speaking
from gatherings.wiring import MAILS
from tests.factories import NOW, SITE, make_event
from tests.offering import HX, hidden, link, text_of
from tests.slotting import make_call, make_co_presenter, make_submission

AFTER = datetime(2026, 12, 10, 18, 0, tzinfo=UTC)  # the call of make_call has closed


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
    return make_call(session, event, contact="Nicki", least_seconds=120, places=2)


@pytest.fixture
def mine(session, call):
    return make_submission(session, call, recording=True, recording_words="As it was worded then.")


def again(session, row):
    session.commit()
    session.expire_all()
    return session.get(type(row), row.id)


def form_on(client, path, **typed):
    """Give the form of one's own page as it stands there, with what is typed into it."""
    page = client.get(path).text
    return {
        **hidden(page), "name": "Maureen Example", "zone": "America/Chicago", "title": "What matters to you",
        "about": "One question.", "seconds": "180", **typed,
    }  # fmt: skip


def kinds(session):
    session.commit()
    return [(mail.kind, mail.recipient) for mail in session.scalars(select(OutboxMail).order_by(OutboxMail.id))]


def test_only_what_was_told_is_shown(app, client, session, mine, call):
    words = {
        "": "With the hosts",
        "accepted": "Accepted",
        "reserve": "On the reserve list",
        "declined": "Not this time",
    }
    mine.state = "accepted"
    for told, word in words.items():
        mine.told = told
        page = client.get(link(app, mine)).text
        tags = page.split('<p class="tags">')[1].split("</p>")[0]
        assert word in tags
        for other in set(words.values()) - {word}:
            assert other not in page
    mine.told, mine.state = "", "declined"
    assert "With the hosts" in client.get(link(app, mine)).text


def test_times_are_on_the_presenters_clock_first(app, client, mine):
    page = text_of(client.get(link(app, mine)).text)
    assert page.index("12:00–13:00 your time, Chicago") < page.index("18:00–19:00 in London")
    assert page.index("12:00 in Chicago") < page.index("18:00 in London")


def test_changed_until_the_close_then_read_only(app, client, session, mine, clock_at):
    path = link(app, mine)
    saved = client.post(path, data=form_on(client, path, title="Changed", recording="yes"))
    assert saved.headers["Location"] == f"{path}?done=kept"
    assert "Your changes are saved." in client.get(saved.headers["Location"]).text
    now_held = again(session, mine)
    assert (now_held.title, now_held.recording_words) == ("Changed", "As it was worded then.")
    wrong = client.post(path, data=form_on(client, path, title=""))
    assert (wrong.status_code, 'href="#title"' in wrong.text) == (422, True)
    with clock_at(AFTER):
        page = client.get(path).text
        assert "please ask Nicki" in page
        assert "Save changes" not in page
        assert "Changed" in page
        assert "Withdraw my slot" in page


def test_typing_is_kept_beside_what_was_sent(app, client, session, mine):
    path = link(app, mine)
    form = form_on(client, path, title="Half a thou")
    assert client.post(f"{path}/typed", data=form, headers=HX).text.strip().startswith("Saved ")
    held = again(session, mine)
    assert (held.title, held.typed["title"]) == ("What matters to you", "Half a thou")
    page = client.get(path).text
    assert "changes that are not saved yet" in page
    assert 'value="Half a thou"' in page
    client.post(f"{path}/as-sent")
    assert "Half a thou" not in client.get(path).text
    assert again(session, mine).typed == {}


def test_two_devices_never_overwrite_each_other_unseen(app, client, session, mine):
    path = link(app, mine)
    desk, phone = form_on(client, path, title="Desk"), form_on(client, path, title="Phone")
    assert client.post(path, data=phone).status_code == 303
    met = client.post(path, data=desk)
    assert (met.status_code, "Somebody was here meanwhile" in met.text) == (409, True)
    assert again(session, mine).title == "Phone"
    assert client.post(path, data={**desk, **hidden(met.text)}).status_code == 303
    assert again(session, mine).title == "Desk"


def test_a_longer_slot_takes_its_minutes_and_is_refused_where_there_are_none(app, client, session, event, call):
    call.kept_seconds = 3600 - 360  # six minutes: 180 + 30 + 120, and 30 to spare
    one = make_submission(session, call, "one@example.org", state="accepted", seconds=180)
    make_submission(session, call, "two@example.org", state="accepted", seconds=120)
    path = link(app, one)
    for seconds, status, held in (("120", 303, 300), ("150", 303, 330), ("180", 303, 360)):
        assert client.post(path, data=form_on(client, path, seconds=seconds)).status_code == status
        assert again(session, call).accepted_seconds == held
    call.kept_seconds = 3600 - 320
    client.post(path, data=form_on(client, path, seconds="120"))
    refused = client.post(path, data=form_on(client, path, seconds="180"))
    assert (refused.status_code, "no room left for a longer slot" in refused.text) == (422, True)
    assert "ccepted" not in refused.text.split("<form")[0], "what was not told is not told now"
    assert (again(session, one).seconds, again(session, call).accepted_seconds) == (120, 300)


def test_withdrawn_by_a_press_and_offered_again_while_it_is_open(app, client, session, mine, clock_at):
    path = link(app, mine)
    for _look in range(2):
        assert "Yes, withdraw it" in client.get(f"{path}/withdraw").text
        client.head(f"{path}/withdraw")
    assert again(session, mine).state == "submitted"
    for _press in range(2):
        assert client.post(f"{path}/withdraw").headers["Location"] == f"{path}?done=withdrawn"
    assert again(session, mine).state == "withdrawn"
    assert kinds(session) == [("submission_withdrawn", "maureen@example.org")]
    page = client.get(path).text
    assert "Offer it again" in page
    assert 'id="title"' not in page
    assert client.post(path, data=form_on(client, path)).status_code == 409
    for _press in range(2):
        assert client.post(f"{path}/return").status_code == 303
    held = again(session, mine)
    assert (held.state, held.told, held.withdrawn_at) == ("submitted", "", None)
    with clock_at(AFTER):
        assert client.post(f"{path}/withdraw").status_code == 303, "at any time"
        assert again(session, mine).state == "withdrawn"
        assert client.post(f"{path}/return").status_code == 409
        assert "Offer it again" not in client.get(path).text


def test_the_link_again_by_mail_and_not_without_end(app, client, session, event, mine, clock_at):
    path = link(app, mine)
    codes = []
    for second in range(7):
        with clock_at(NOW.replace(second=second)):
            codes.append(client.post(f"{path}/send-again").status_code)
    assert codes == [303] * 5 + [429] * 2
    assert len(kinds(session)) == 5


def test_late_words_are_shown_to_hosts_by_a_press_alone_and_let_in(app, client, session, mine, clock_at):
    path = link(app, mine)
    form = form_on(client, path, title="A second late")
    with clock_at(AFTER):
        client.post(f"{path}/typed", data=form, headers=HX)
        assert again(session, mine).typed_late is False
        page = client.get(path).text
        assert "nobody else sees it" in page
        assert "A second late" in page
        client.post(f"{path}/late")
        assert again(session, mine).typed_late is True
        with app.app_context():
            offer = Offer(name="Maureen Example", zone="America/Chicago", title="A second late", seconds=180)
            seen = again(session, mine).edits
            with pytest.raises(Conflict):  # their presenter typed on since a host has read it
                transact(let_in, mine.public_id, offer, SITE, seen=seen - 1, now=AFTER)
            assert transact(let_in, mine.public_id, offer, SITE, seen=seen, now=AFTER)
            assert not transact(let_in, mine.public_id, offer, SITE, seen=seen, now=AFTER)
        held = again(session, mine)
        assert (held.title, held.typed, held.typed_late) == ("A second late", {}, False)


# --- with others -----------------------------------------------------------------------------------------------------


def test_co_presenters_get_a_link_of_their_own_and_come_and_go(app, client, session, mine):
    path = link(app, mine)
    others = {
        "others-0-name": "Rowan", "others-0-email": "Rowan@Example.org",
        "others-4-name": "Shane", "others-4-email": "shane@example.org",
    }  # fmt: skip
    assert client.post(path, data=form_on(client, path, **others)).status_code == 303
    assert kinds(session) == [("co_presenter_asked", "Rowan@example.org"), ("co_presenter_asked", "shane@example.org")]
    client.post(path, data=form_on(client, path, **others))
    assert len(kinds(session)) == 2, "told once"
    rowan, shane = session.scalars(select(CoPresenter).order_by(CoPresenter.id))
    own, shanes = link(app, rowan, "co-presenter"), link(app, shane, "co-presenter")
    mail = session.scalars(select(OutboxMail).order_by(OutboxMail.id)).first()
    with app.test_request_context(), speaking("en"):
        text = MAILS[mail.kind](mail).text
    assert own in text
    assert "One question." not in text
    page = client.get(own).text
    assert "What matters to you" in page
    assert "maureen@example.org" not in page
    client.post(path, data=form_on(client, path, **{k: v for k, v in others.items() if "-0-" in k}))
    assert client.get(shanes).status_code == 404
    assert [one.name for one in session.scalars(select(CoPresenter))] == ["Rowan"]


def test_a_co_presenter_changes_name_and_zone_or_steps_away_and_nothing_else(app, client, session, mine):
    other = make_co_presenter(session, mine, "mathieu@example.org", "Mathieu", zone="Europe/Paris")
    own, before = link(app, other, "co-presenter"), repr(again(session, mine).title)
    assert "19:00–20:00 your time, Paris" in text_of(client.get(own).text)
    for what in ("typed", "as-sent", "late", "return", "send-again", "withdraw", "slide", "slide/remove", "confirm"):
        answer = client.post(f"{own}/{what}", data={"title": "Theirs"})
        assert answer.status_code in (302, 303, 404, 409), what
    assert client.post(own, data={"title": "Theirs", "name": "x", "do": "send"}).status_code == 200
    assert (repr(again(session, mine).title), again(session, mine).state) == (before, "submitted")
    assert client.post(f"{own}/details", data={"name": "", "zone": "Mars"}).status_code == 422
    client.post(f"{own}/details", data={"name": "Mathieu E.", "zone": "Kathmandu"})
    held = again(session, other)
    assert (held.name, held.zone) == ("Mathieu E.", "Asia/Kathmandu")
    assert "Yes, step away" in client.get(f"{own}/leave").text
    assert again(session, other) is not None
    assert client.post(f"{own}/leave").status_code == 303
    assert client.post(f"{own}/leave").status_code == 404
    assert session.scalars(select(CoPresenter)).all() == []


def test_named_twice_or_oneself_is_said_at_its_row(app, client, session, mine):
    path = link(app, mine)
    rows = {
        "others-0-name": "Rowan", "others-0-email": "rowan@example.org",
        "others-1-name": "Rowan", "others-1-email": "ROWAN@example.org",
    }  # fmt: skip
    twice = client.post(path, data=form_on(client, path, **rows))
    assert (twice.status_code, 'href="#others-1-email"' in twice.text) == (422, True)
    rows |= {"others-1-email": "Maureen@example.org"}
    oneself = client.post(path, data=form_on(client, path, **rows))
    assert (oneself.status_code, "your own address" in oneself.text) == (422, True)
    assert session.scalars(select(CoPresenter)).all() == []


def test_mails_to_strangers_have_an_end(app, client, session, mine):
    path = link(app, mine)
    for turn in range(4):
        rows = {f"others-{n}-name": f"P{n}" for n in range(5)}
        rows |= {f"others-{n}-email": f"p{turn}-{n}@example.org" for n in range(5)}
        client.post(path, data=form_on(client, path, **rows))
    assert len(kinds(session)) == 10, "of one submission, an hour"


def test_this_was_not_me(app, client, session, event, call, mine):
    other = make_co_presenter(session, mine, "mathieu@example.org", "Mathieu")
    own = link(app, other, "co-presenter")
    client.post(f"{own}/not-me")
    assert session.scalars(select(CoPresenter)).all() == []
    path = link(app, mine)
    assert "Yes, forget it" in client.get(f"{path}/not-me").text
    assert client.post(f"{path}/not-me").headers["Location"] == "/submissions/forgotten"
    held = again(session, mine)
    assert (held.state, held.name, held.title, held.about, held.ask) == ("withdrawn", "", "", "", "")
    assert client.get(path).status_code == 404
    assert kinds(session) == []
    # For a day nobody can do it again, and is not told so.
    offering = f"/events/{event.slug}/present"
    form = {**form_on(client, offering), "email": "maureen@example.org", "about": "x"}
    assert client.post(offering, data=form).headers["Location"] == f"{offering}/sent"
    assert kinds(session) == []
    assert "submitted" not in {one.state for one in session.scalars(select(Submission))}


def test_lost_links_are_mailed(app, session, call, mine):
    make_co_presenter(session, make_submission(session, call, "x@example.org"), "maureen@example.org", "Maureen")
    session.commit()
    with app.app_context():
        assert transact(send_own_links, "maureen@example.org", SITE, now=NOW)
        assert not transact(send_own_links, "nobody@example.org", SITE, now=NOW)
    (mail,) = session.scalars(select(OutboxMail))
    with app.test_request_context(), speaking("en"):
        text = MAILS[mail.kind](mail).text
    assert text.count("/submissions/") == 2
    assert link(app, mine) in text


def test_nobody_opens_it_with_another_link(app, client, session, event, mine):
    path = link(app, mine)
    signer = app.extensions["gatherings.signer"]
    for token in (
        path.rsplit("/", 1)[1] + "A",
        signer.sign("manage", mine.public_id, 1),
        signer.sign("co-presenter", mine.public_id, 1),
        signer.sign("submission", mine.public_id, 2),
    ):
        for what in ("", "/typed", "/withdraw", "/return", "/send-again", "/not-me", "/details", "/leave", "/late"):
            assert client.post(f"/submissions/{token}{what}").status_code == 404
    event.status = "draft"
    assert client.get(path).status_code == 404
    assert session.scalar(select(Call.id)) is not None
