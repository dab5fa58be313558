"""The screens on which submissions are read, scored, chosen and answered."""

import re
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gatherings.calls.models import Call, Remark, Score, Slide, Submission
from gatherings.calls.queries.choosing import Filter, find_ids
from gatherings.core.folding import fold
from gatherings.core.tokens import new_public_id
from gatherings.core.zones import to_local
from gatherings.mail.models import OutboxMail
from tests.factories import NOW, make_community, make_event
from tests.organise.pressing import form_of, press
from tests.pages.counting import counted
from tests.signing import make_role, sign_in
from tests.slotting import make_call, make_co_presenter, make_submission


@pytest.fixture(autouse=True)
def still(clock_at):
    with clock_at(NOW):
        yield


@pytest.fixture
def community(session: Session):
    return make_community(session)


@pytest.fixture
def event(session: Session, community):
    return make_event(session, community)


@pytest.fixture
def call(session: Session, event):
    return make_call(session, event)


@pytest.fixture
def desk(client: FlaskClient, session: Session, community, event):
    sign_in(client, session, make_role(session, community, "organiser"))
    return f"/organise/events/{event.slug}/submissions"


@pytest.fixture
def four(session: Session, call):
    rows = [
        ("Göran", "Europe/Stockholm", "Zebra", 180, "accepted"),
        ("Zoë & Sons <3", "Asia/Tokyo", "Apple <b>", 120, "submitted"),
        ("李雷", "America/New_York", "Music", 150, "reserve"),
        ("Sam", "Europe/London", "Gone", 180, "withdrawn"),
    ]
    return [
        make_submission(
            session, call, f"p{number}@example.org", name=name, zone=zone, title=title, seconds=seconds, state=state,
            sent_at=NOW - timedelta(days=9 - number), decided_at=NOW, reserve_number=1 if state == "reserve" else None,
        )
        for number, (name, zone, title, seconds, state) in enumerate(rows)
    ]  # fmt: skip


def titles(page: str) -> list[str]:
    return re.findall(r'(?:<h2 id="t-[^>]*><a [^>]*>|<a id="t-[^>]*>)([^<]*)</a>', page)


def test_without_a_call_and_before_anything_came_in_it_says_what_to_do(client, session, event, desk):
    assert "has no call" in client.get(desk).text
    assert f"/organise/events/{event.slug}/call" in client.get(desk).text
    for path in ("/letters", f"/{new_public_id()}", "/x", "/letters/words/accepted"):
        assert client.get(desk + path).status_code == 404
    make_call(session, event)
    page = client.get(desk).text
    assert "Nothing has come in yet." in page
    assert f"/events/{event.slug}/present" in page
    assert "No letter waits." in client.get(f"{desk}/letters").text


def test_the_list_is_narrowed_sorted_and_paged_by_its_address(client, session, engine, call, desk, four):
    page = client.get(desk).text
    assert titles(page) == ["Zebra", "Apple &lt;b&gt;", "Music"]
    assert "Wednesday 03:00" in page  # Tokyo's clock
    assert "1 of 8" in page
    for query, found in (
        ("?sort=title", ["Apple &lt;b&gt;", "Music", "Zebra"]),
        ("?sort=-title&view=table", ["Zebra", "Music", "Apple &lt;b&gt;"]),
        ("?sort=hour&view=table", ["Music", "Zebra", "Apple &lt;b&gt;"]),
        ("?sort=-length", ["Zebra", "Music", "Apple &lt;b&gt;"]),
        ("?sort=name", ["Zebra", "Apple &lt;b&gt;", "Music"]),
        ("?words=zoe", ["Apple &lt;b&gt;"]),
        ("?state=withdrawn", ["Gone"]),
        ("?state=reserve&view=table", ["Music"]),
        ("?state=banana&sort=banana&page=9999&words=%00&view=x", ["Zebra", "Apple &lt;b&gt;", "Music"]),
        ("?words=nothing+at+all", []),
    ):
        assert titles(client.get(desk + query).text) == found, query
    assert client.get(desk, headers={"HX-Request": "true"}).text.lstrip().startswith("<") is True
    assert "<html" not in client.get(desk, headers={"HX-Request": "true"}).text
    for number in range(30):
        make_submission(session, call, f"more{number}@example.org", title=f"More {number:02}", sent_at=NOW)
    assert len(titles(client.get(f"{desk}?sort=title").text)) == 24
    second = client.get(f"{desk}?sort=title&page=2").text
    assert len(titles(second)) == 9
    with counted(engine) as few:
        client.get(desk)
    assert len(few) < 20


def test_a_thousand_cost_what_a_few_do_and_every_order_is_right(client, session, engine, community, event, call, desk):
    me = make_role(session, community, "organiser", "me@example.org")
    sign_in(client, session, me)
    zones = ("Asia/Tokyo", "America/New_York", None, "Europe/Stockholm")
    words = ("Éclair", "apple", "Banana", "Zebra")
    states = ("submitted", "accepted", "reserve", "declined", "withdrawn")
    found = []
    for number in range(60):
        state, told_at = states[number % 5], NOW - timedelta(hours=number)
        one = make_submission(
            session, call, f"n{number}@example.org", state=state, told="accepted" if state == "accepted" else "",
            told_at=told_at, name=f"{words[number % 4]} {number % 7}", title=f"{words[number % 3]} {number % 9}",
            zone=zones[number % 4], seconds=120 + number % 3 * 30, sent_at=NOW - timedelta(minutes=number % 11),
            about="Silence" if number % 8 == 0 else "", reserve_number=60 - number if state == "reserve" else None,
        )  # fmt: skip
        if number % 3:
            session.add(Score(submission_id=one.id, person_id=me.id, value=number % 5 + 1, created_at=NOW))
        if number % 10 == 0:
            make_co_presenter(session, one, f"c{number}@example.org", "Quillfeather")
        found.append(one)
    session.commit()

    def sent(number):
        return found[number].sent_at, found[number].id

    def in_order(state="", words="", sort="sent"):
        ids = find_ids(session, call.id, event, Filter(state, words, sort), NOW)
        return [next(at for at, one in enumerate(found) if one.id == number) for number in ids]

    all_live = sorted((at for at in range(60) if at % 5 != 4), key=sent)
    assert in_order() == all_live
    assert in_order(sort="-sent") == all_live[::-1]
    keys: dict[str, Any] = {
        "title": lambda at: fold(found[at].title), "name": lambda at: fold(found[at].name),
        "length": lambda at: found[at].seconds,
        "hour": lambda at: to_local(event.starts_at, found[at].zone or event.zone),
    }  # fmt: skip
    for column, key in keys.items():
        assert in_order(sort=column) == sorted(all_live, key=key), column
        assert in_order(sort=f"-{column}") == sorted(all_live, key=key, reverse=True), column
    scored = [at for at in all_live if at % 3]
    for sort, down in (("score", False), ("-score", True)):
        best = sorted(scored, key=lambda at: at % 5, reverse=down)
        assert in_order(sort=sort) == best + [at for at in all_live if not at % 3]
    assert in_order("reserve") == sorted((at for at in range(60) if at % 5 == 2), reverse=True)
    assert in_order("silent") == [at for at in all_live if at % 5 == 1 and at >= 24]
    assert in_order(words="quillFEATHER") == [at for at in all_live if at % 10 == 0]
    assert in_order(words="silence eclair") == [at for at in all_live if at % 8 == 0 and (at % 3 == 0 or at % 4 == 0)]
    with counted(engine) as few:
        client.get(f"{desk}?sort=hour&page=2")
    rows = session.execute(select(Submission.__table__).where(Submission.state == "declined").limit(1)).mappings().one()
    more = {name: value for name, value in rows.items() if name not in ("id", "person_id", "public_id")}
    session.execute(insert(Submission), [{**more, "public_id": new_public_id()} for _ in range(1000)])
    session.commit()
    with counted(engine) as many:
        page = client.get(f"{desk}?sort=hour&page=3").text
    assert len(titles(page)) == 24
    assert "(1,012)" in page  # declined
    assert len(many) == len(few) <= 20
    with counted(engine) as of_one:
        client.get(f"{desk}/{found[0].public_id}?state=declined")
    assert len(of_one) <= 26


def test_one_submission_with_its_neighbours_slide_and_score(client, session, community, call, desk, four):
    one = four[1]
    session.add(
        Slide(
            public_id=new_public_id(),
            submission_id=one.id,
            alt="A sun",
            width=2,
            height=1,
            data=b"RIFF",
            created_at=NOW,
        )
    )
    one.script, one.needs = "word " * 390, "A chair"
    make_co_presenter(session, one, "with@example.org", "With Us")
    path = f"{desk}/{one.public_id}"
    page = client.get(f"{path}?sort=title").text
    for words in (
        "Zoë &amp; Sons &lt;3",
        "With Us",
        "A sun",
        "A chair",
        "p1@example.org",
        "with@example.org",
        "1 of 3",
    ):
        assert words in page, words
    assert f"{desk}/{four[2].public_id}?sort=title" in page  # the next by title
    picture = client.get(f"{path}/slide.webp")
    assert (picture.status_code, picture.mimetype, picture.data) == (200, "image/webp", b"RIFF")
    assert client.get(f"{desk}/{four[0].public_id}/slide.webp").status_code == 404
    for value, kept in (("4", 4), ("5", 5), ("9", None), ("2", 2), ("", None)):
        assert press(client, f"{path}/score", {"score": value}).status_code == 303
        session.expire_all()
        assert [score.value for score in session.scalars(select(Score))] == ([kept] if kept else [])
    key = new_public_id()
    for _twice in range(2):
        press(client, f"{path}/remarks", {"text": "Good <i>one</i>", "key": key})
    assert press(client, f"{path}/remarks", {"text": " ", "key": new_public_id()}).status_code == 422
    remark = session.scalars(select(Remark)).one()
    assert "Good &lt;i&gt;one&lt;/i&gt;" in client.get(path).text
    reviewer = client.application.test_client()
    sign_in(reviewer, session, make_role(session, community, "reviewer"))
    press(reviewer, f"{path}/remarks/{remark.public_id}/remove")
    assert session.scalars(select(Remark)).all() == [remark]  # somebody else's
    press(client, f"{path}/remarks/{remark.public_id}/remove")
    session.expire_all()
    assert session.scalars(select(Remark)).all() == []


def test_reviewers_read_and_score_and_see_no_address_and_no_needs(client, session, community, event, call, four):
    sign_in(client, session, make_role(session, community, "reviewer"))
    desk = f"/organise/events/{event.slug}/submissions"
    four[1].needs = "A chair"
    for path in (desk, f"{desk}?view=table", *(f"{desk}/{one.public_id}" for one in four)):
        page = client.get(path)
        assert page.status_code == 200
        for hidden in ("@example.org", "A chair", "Put on reserve", "Decide"):
            assert hidden not in page.text, (path, hidden)
    one = four[1].public_id
    assert press(client, f"{desk}/{one}/score", {"score": "3"}).status_code == 303
    assert client.get(f"{desk}/letters").status_code == 403
    for path, data in (
        ("/decide", {"one": f"accepted:{one}"}), (f"/{one}/decide", {"to": "accepted"}), (f"/{one}/withdraw", {}),
        (f"/{one}/reserve", {"step": "up"}), (f"/{one}/remind", {}), (f"/{one}/let-in", {}), (f"/{one}/letter", {}),
        ("/letters/send", {}), ("/letters/words/accepted", {}),
    ):  # fmt: skip
        assert press(client, desk + path, data).status_code == 403, path


def test_another_communitys_submission_is_not_there(client, session, call, desk, four):
    elsewhere = make_event(session, make_community(session))
    theirs = make_submission(session, make_call(session, elsewhere), "theirs@example.org")
    before = [theirs.state, theirs.edits]
    one = theirs.public_id
    for last in ("", "/slide.webp", "/letter", "/withdraw"):
        assert client.get(f"{desk}/{one}{last}").status_code == 404, last
    for last, data in (("/decide", {"to": "accepted"}), ("/score", {"score": "1"}), ("/remarks", {"text": "x"}),
                       ("/reserve", {"step": "up"}), ("/withdraw", {}), ("/remind", {}), ("/let-in", {}),
                       ("/letter", {"subject": "x", "body": "x"})):  # fmt: skip
        assert press(client, f"{desk}/{one}{last}", data).status_code == 404, last
    assert press(client, f"{desk}/decide", {"to": "accepted", "row": [one, four[1].public_id]}).status_code == 404
    session.expire_all()
    assert [theirs.state, theirs.edits] == before
    assert four[1].state == "submitted"
    assert session.scalars(select(Score)).all() == session.scalars(select(Remark)).all() == []


def test_choosing_on_the_screens_and_the_kind_refusal(client, session, call, desk, four):
    press(client, f"{desk}/decide", {"one": f"declined:{four[1].public_id}"})
    press(client, f"{desk}/decide", {"to": "accepted", "row": [four[1].public_id, four[2].public_id]})
    session.expire_all()
    assert [one.state for one in four] == ["accepted", "accepted", "accepted", "withdrawn"]
    assert press(client, f"{desk}/decide", {"to": "accepted"}).status_code == 422
    assert press(client, f"{desk}/decide", {"to": "banana", "row": four[0].public_id}).status_code == 422
    more = [make_submission(session, call, f"more{number}@example.org") for number in range(6)]
    refused = press(client, f"{desk}/decide", {"to": "accepted", "row": [one.public_id for one in more]})
    assert refused.status_code == 409
    assert "You ticked 6, and there is room for 5 of them." in refused.text
    assert refused.text.count(" checked") == 6  # what was ticked stays ticked
    press(client, f"{desk}/decide", {"to": "accepted", "row": [one.public_id for one in more[:5]]})
    ninth = f"{desk}/{more[5].public_id}"
    refused = press(client, f"{ninth}/decide", {"to": "accepted"})
    assert refused.status_code == 409
    assert "All 8 slots are taken" in refused.text
    assert "a slot of 3:00 would fit" in refused.text
    press(client, f"{ninth}/decide", {"to": "reserve"})
    press(client, f"{ninth}/reserve", {"to": "1"})
    session.expire_all()
    assert (more[5].state, more[5].reserve_number) == ("reserve", 1)
    assert session.get_one(Call, call.id).accepted == 8
    fragment = client.post(
        f"{desk}/decide",
        data={"csrf_token": form_of(client, desk)["csrf_token"], "one": f"accepted:{more[5].public_id}"},
        headers={"HX-Request": "true"},
    )
    assert fragment.status_code == 409
    assert "<html" not in fragment.text


def test_letters_are_looked_at_together_changed_and_sent(client, session, call, desk, four):
    press(client, f"{desk}/decide", {"one": f"declined:{four[1].public_id}"})
    page = client.get(f"{desk}/letters").text
    for words in ("You have a place: Zebra", "On our reserve list: Music", "About your offer: Apple &lt;b&gt;",
                  "19:00–20:00 in Stockholm", "Wednesday 16 December, 03:00–04:00 in Tokyo"):  # fmt: skip
        assert words in page, words
    assert "/submissions/" not in re.sub(r"/organise/events/[^\"]*", "", page)  # nobody's own link is for others
    mine = f"{desk}/{four[1].public_id}/letter"
    opened, also = form_of(client, mine), form_of(client, mine)
    assert press(client, mine, {**opened, "subject": "For you", "body": "Dear {name}"}).status_code == 303
    late = press(client, mine, {**also, "subject": "Other", "body": "Other"})
    assert late.status_code == 409
    assert "For you" in late.text
    assert press(client, mine, {**form_of(client, mine), "ours": "", "body": "{nonsense}"}).status_code == 422
    general = f"{desk}/letters/words/accepted"
    assert press(client, general, {**form_of(client, general), "subject": "Welcome {title}"}).status_code == 303
    page = client.get(f"{desk}/letters").text
    assert "Welcome Zebra" in page
    assert "For you" in page
    letters = re.findall(r'name="letter" value="([^"]+)" checked', page)
    assert len(letters) == 3
    assert press(client, f"{desk}/letters/send", {}).status_code == 422
    stale = [letters[0].split(":")[0] + ":" + "0" * 16]
    assert press(client, f"{desk}/letters/send", {"letter": stale}).status_code == 409
    assert session.scalars(select(OutboxMail)).all() == []
    for _twice in range(2):
        assert press(client, f"{desk}/letters/send", {"letter": letters}).status_code == 303
    assert len(session.scalars(select(OutboxMail)).all()) == 3
    assert "Everybody knows how it stands." in client.get(f"{desk}/letters").text
    press(client, f"{desk}/{four[0].public_id}/decide", {"to": "reserve"})
    assert "their letter said: accepted" in client.get(f"{desk}/letters").text
    press(client, general, {"ours": "yes"})
    session.expire_all()
    assert session.get_one(Call, call.id).letters == {}


def test_silence_is_seen_asked_about_and_a_withdrawal_offers_the_place(client, session, call, desk, four, clock_at):
    one, reserve = four[0], four[2]
    one.told, one.told_at = "accepted", NOW - timedelta(days=4)
    reserve.told = "reserve"
    assert titles(client.get(f"{desk}?state=silent").text) == ["Zebra"]
    assert "silent for 4 days" in client.get(desk).text
    press(client, f"{desk}/{one.public_id}/remind")
    press(client, f"{desk}/{one.public_id}/remind")
    assert "Ask them once more" not in client.get(f"{desk}/{one.public_id}").text
    path = f"{desk}/{one.public_id}/withdraw"
    assert "Withdraw it for them?" in client.get(path).text
    press(client, path)
    press(client, path)
    session.expire_all()
    assert [one.state, reserve.state, reserve.told] == ["withdrawn", "accepted", "accepted"]
    kinds = sorted(mail.kind for mail in session.scalars(select(OutboxMail)))
    assert kinds == ["slot_answer", "slot_reminder", "slot_withdrawn"]


def test_what_was_typed_late_is_let_in_by_those_who_choose(client, session, community, event, call, desk):
    call.closes_at = NOW - timedelta(hours=1)
    typed = {"name": "Anna", "email": "anna@example.org", "zone": "Europe/Oslo", "title": "Silence", "about": "We sit.",
             "seconds": "120"}  # fmt: skip
    drafts = [
        make_submission(
            session, call, f"x{number}@example.org", state="draft", person_id=None, name="", title="", sent_at=None,
            typed=what, typed_at=NOW, typed_late=True,
        )
        for number, what in enumerate((typed, {**typed, "title": "", "email": "none"}))
    ]  # fmt: skip
    page = client.get(desk).text
    assert "Typed after the close" in page
    assert page.count("/let-in") == 2
    assert "We sit." in page
    assert press(client, f"{desk}/{drafts[1].public_id}/let-in").status_code == 422
    # Its presenter typed on after the page was shown: what nobody has read does not come in, and nothing is lost.
    drafts[0].typed, drafts[0].edits = {**typed, "title": "Silence"}, 1
    session.commit()
    refused = press(client, f"{desk}/{drafts[0].public_id}/let-in", {"seen": "0"})
    assert refused.status_code == 409
    assert "They have changed it after you looked" in refused.text
    assert 'name="seen" value="1"' in refused.text
    for _twice in range(2):
        press(client, f"{desk}/{drafts[0].public_id}/let-in", {"seen": "1"})
    session.expire_all()
    assert [one.state for one in drafts] == ["submitted", "draft"]
    assert session.get_one(Submission, drafts[0].id).title == "Silence"
    assert titles(client.get(desk).text) == ["Silence"]
    reviewer = client.application.test_client()
    sign_in(reviewer, session, make_role(session, community, "reviewer"))
    assert "Typed after the close" not in reviewer.get(desk).text


def test_the_overview_and_the_log_tell_of_it(client, session, community, event, call, desk, four):
    one = four[0]
    one.told, one.told_at, one.title = "accepted", NOW - timedelta(days=4), "<i>Zebra</i>"
    page = client.get(f"/organise/events/{event.slug}").text
    assert "One presenter has not answered yet." in page
    assert "One decision waits for its letter." in page
    press(client, f"{desk}/{four[2].public_id}/decide", {"to": "declined"})
    press(client, f"{desk}/{one.public_id}/withdraw")
    assert "One presenter withdrew, and a place is free." in client.get(f"/organise/events/{event.slug}").text
    log = re.sub(
        "<[^>]+>|[\u2066-\u2069]", "", client.get(f"/organise/communities/{community.slug}/log?event={event.slug}").text
    )
    assert "withdrew “&lt;i&gt;Zebra&lt;/i&gt;”" in log
    assert "declined “Music”" in log
