"""The running order on its screen: started, moved, filled, changed, taken back, published; by each role."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from gatherings.audit.models import LogEntry
from gatherings.calls.models import Submission
from gatherings.communities.models import Community
from gatherings.events.models import Event
from gatherings.organise.log_words import SENTENCES
from gatherings.slots.models import Item, RunningOrder
from tests.factories import NOW, make_community, make_event
from tests.organise.pressing import form_of
from tests.signing import make_role, sign_in, token_in
from tests.slotting import make_call, make_co_presenter, make_item, make_order, make_submission

TITLES = ("Ask", "Bread", "Civility Saves Lives", "Dance")


@pytest.fixture
def event(session):
    return make_event(session, offers="")


@pytest.fixture
def call(session, event):
    return make_call(session, event)


@pytest.fixture
def four(session, call):
    return [
        make_submission(
            session, call, f"p{number}@example.org", state="accepted", told="accepted", confirmed_at=NOW,
            title=title, name=f"Presenter {number}", zone="Europe/London",
        )
        for number, title in enumerate(TITLES)
    ]  # fmt: skip


@pytest.fixture
def desk(client, session, event, clock_at):
    """The organiser at her desk on 20 November: `desk(path, **fields)` presses, `desk()` looks."""
    sign_in(client, session, make_role(session, event.community, "organiser"))
    return Desk(client, event)


class Desk:
    def __init__(self, client, event):
        self.client, self.event = client, event
        self.base = f"/organise/events/{event.slug}/running-order"
        self._token = None

    @property
    def token(self):
        self._token = self._token or token_in(self.client.get("/organise/account").text)
        return self._token

    def look(self, path=""):
        return self.client.get(self.base + path)

    def press(self, path, *, htmx=False, **fields):
        headers = {"HX-Request": "true"} if htmx else {}
        return self.client.post(self.base + path, data={**fields, "csrf_token": self.token}, headers=headers)

    def form(self, path):
        return form_of(self.client, self.base + path)

    def move(self, item, between=None, **fields):
        if between is not None:
            fields["between"] = between
        return self.press(f"/items/{item.public_id}/move", **fields)


def order_of(session, event):
    session.commit()
    return session.scalars(
        select(RunningOrder).where(RunningOrder.event_id == event.id).execution_options(populate_existing=True)
    ).one()


def items_of(session, event):
    order = order_of(session, event)
    columns = Item.__table__.c
    rows = session.execute(select(*columns).where(columns.order_id == order.id).order_by(columns.position)).mappings()
    return [SimpleNamespace(**row) for row in rows]


def names_of(session, event):
    titles = dict(session.execute(select(Submission.id, Submission.title)).all())
    return [titles.get(item.submission_id, item.title or item.kind) for item in items_of(session, event)]


# --- start -----------------------------------------------------------------------------------------------------------


def test_one_press_makes_the_order_of_what_is_accepted(desk, session, event, call, four):
    call.kept_seconds, call.change_seconds = 600, 20
    make_submission(session, call, "no@example.org", state="declined", title="Not this")
    page = desk.look().text
    assert "4 submissions are accepted" in page
    assert desk.press("/start").location.endswith("?done=started")
    desk.press("/start")  # pressed twice
    assert names_of(session, event) == ["opening", *TITLES, "closing"]
    order = order_of(session, event)
    assert (order.change_seconds, [item.seconds for item in items_of(session, event)]) == (
        20, [300, 180, 180, 180, 180, 300],
    )  # fmt: skip
    page = desk.look().text
    for words in ("18:05:00", "18:08:20", "18:11:40", "18:15:00", "18:23:00", "Civility Saves Lives"):
        assert words in page, words
    assert "Not this" not in page


def test_an_order_begins_without_a_call_too(desk, session, event):
    assert "No submission is accepted yet" in desk.look().text
    desk.press("/start")
    assert names_of(session, event) == ["opening", "closing"]
    assert desk.look().status_code == 200


# --- move ------------------------------------------------------------------------------------------------------------


def test_every_way_of_moving_comes_to_the_same(desk, session, event, four):
    order = make_order(session, event, four)
    a, b, c, d = items_of(session, event)
    answer = desk.move(d, f"{a.public_id}~{b.public_id}", edits=order.edits, htmx=True)
    assert answer.status_code == 200
    assert names_of(session, event) == ["Ask", "Dance", "Bread", "Civility Saves Lives"]
    assert 'hx-swap-oob="innerHTML">Dance, now 2 of 4, 18:03:30</div>' in answer.text
    answer = desk.move(c, number="1", edits=1)  # without a script
    assert answer.status_code == 303
    assert "Civility Saves Lives, now 1 of 4, 18:00:00" in desk.client.get(answer.location).text
    assert names_of(session, event) == ["Civility Saves Lives", "Ask", "Dance", "Bread"]
    assert [item.position for item in items_of(session, event)] == [1, 2, 3, 4]
    desk.move(c, number="1", edits=2)
    assert order_of(session, event).edits == 2  # it stands there already
    assert desk.move(c, number="soon", edits=2).status_code == 422
    assert desk.move(c, edits=2).status_code == 422


def test_who_moves_on_an_older_state_sees_the_new_order_with_a_sentence(desk, session, event, four):
    make_order(session, event, four)
    a, b, c, d = items_of(session, event)
    desk.move(d, f"~{a.public_id}", edits=0)  # the other organiser: D A B C
    answer = desk.move(c, f"{a.public_id}~{b.public_id}", edits=0, htmx=True)  # they still stand side by side
    assert answer.status_code == 200
    assert "Somebody else changed the order as well." in answer.text
    assert names_of(session, event) == ["Dance", "Ask", "Civility Saves Lives", "Bread"]
    for refused in ({"between": f"~{a.public_id}"}, {"number": "2"}, {"between": f"{a.public_id}~{d.public_id}"}):
        answer = desk.press(f"/items/{b.public_id}/move", edits="0", htmx=True, **refused)
        assert answer.status_code == 409
        assert "nothing was moved" in answer.text
        assert answer.text.index("Dance") < answer.text.index("Civility Saves Lives")
    assert names_of(session, event) == ["Dance", "Ask", "Civility Saves Lives", "Bread"]
    desk.press(f"/items/{b.public_id}/remove")
    answer = desk.move(b, f"~{d.public_id}", edits=3)
    assert (answer.status_code, "not in the order any more" in answer.text) == (409, True)


def test_what_has_begun_stays_and_the_rest_may_still_be_moved(desk, session, event, four, clock_at):
    make_order(session, event, four)
    a, b, _c, d = items_of(session, event)
    session.get_one(Item, a.id).began_at = event.starts_at
    session.get_one(Item, b.id).skipped = True
    with clock_at(event.starts_at + timedelta(minutes=1)):
        desk._token = None
        sign_in(desk.client, session, make_role(session, make_community(session), "owner", "x@example.org"))
        person = make_role(session, event.community, "owner", "now@example.org")
        sign_in(desk.client, session, person)
        for held in (a, b):
            assert desk.move(held, f"{d.public_id}~", edits=0).status_code == 409
            assert desk.press(f"/items/{held.public_id}/remove").status_code == 409
        assert desk.move(d, f"~{a.public_id}", edits=0).status_code == 409
        assert desk.move(d, f"{a.public_id}~{b.public_id}", edits=0).status_code == 303
        session.get_one(Item, d.id).began_at = event.starts_at  # the host went on: no edit of the order
        assert desk.press("/undo", edits=1).status_code == 409
        assert names_of(session, event) == ["Ask", "Dance", "Bread", "Civility Saves Lives"]
        item = items_of(session, event)[0]
        path = f"/items/{item.public_id}"
        assert desk.press(path, **(desk.form(path) | {"length": "4:00"})).status_code == 422
        assert desk.press(path, **(desk.form(path) | {"notes": "It went well"})).status_code == 303
        assert "It has begun" in desk.look().text
    assert items_of(session, event)[0].seconds == 180


# --- undo ------------------------------------------------------------------------------------------------------------


def test_undo_takes_back_a_move_and_a_removal_with_all_that_was_in_it(desk, session, event, four):
    order = make_order(session, event, four)
    make_item(session, order, 5, kind="break", title="Tea", notes="Kettle", seconds=300)
    a, _b, c, _d, tea = items_of(session, event)
    first = names_of(session, event)
    assert desk.move(a, "x~y", edits=0).status_code == 409
    assert "Undo" not in desk.look().text
    desk.move(c, number="1", edits=0)
    assert names_of(session, event) != first
    assert "“Civility Saves Lives” was moved." in desk.look().text
    assert desk.press("/undo", edits=1).status_code == 303
    assert names_of(session, event) == first
    for item in (c, tea):
        before = names_of(session, event)
        desk.press(f"/items/{item.public_id}/remove")
        desk.press(f"/items/{item.public_id}/remove")  # pressed twice
        page = desk.look().text
        assert "was taken out." in page
        assert len(names_of(session, event)) == 4
        edits = order_of(session, event).edits
        assert desk.press("/undo", edits=edits).status_code == 303
        assert desk.press("/undo", edits=edits).status_code == 409
        assert names_of(session, event) == before
    kept = next(item for item in items_of(session, event) if item.kind == "break")
    assert (kept.public_id, kept.title, kept.notes, kept.seconds) == (tea.public_id, "Tea", "Kettle", 300)


def test_undo_is_refused_once_somebody_else_has_changed_the_order(desk, session, event, four):
    make_order(session, event, four)
    a, b, _c, d = items_of(session, event)
    desk.move(d, f"~{a.public_id}", edits=0)
    desk.move(b, f"~{d.public_id}", edits=1)
    answer = desk.press("/undo", edits="1", htmx=True)  # of the first move, by who has not seen the second
    assert (answer.status_code, "was not taken back" in answer.text) == (409, True)
    assert names_of(session, event) == ["Bread", "Dance", "Ask", "Civility Saves Lives"]


# --- what is in it ---------------------------------------------------------------------------------------------------


def test_adding_each_kind_where_it_belongs_and_where_it_is_wanted(desk, session, event, four):
    make_order(session, event, four)
    second = items_of(session, event)[1]
    new = {"title": "", "speakers": "", "notes": "", "after": ""}
    for fields in (
        {"kind": "closing", "length": "2:00"}, {"kind": "opening", "length": "1:30"},
        {"kind": "buffer", "length": "1"}, {"kind": "break", "length": "5:00", "after": second.public_id},
    ):  # fmt: skip
        assert desk.press("/new", **(new | fields)).status_code == 303
    key = "k" * 22
    slot = {"kind": "slot", "length": "2:30", "title": "Zoë & Sons <3", "speakers": "Zoë, 李雷", "key": key}
    for _twice in range(2):
        desk.press("/new", **(new | slot))
    assert names_of(session, event) == [
        "opening", "Ask", "Bread", "break", "Civility Saves Lives", "Dance", "buffer", "Zoë & Sons <3", "closing",
    ]  # fmt: skip
    assert "Zoë &amp; Sons &lt;3" in desk.look().text


def test_a_refused_form_keeps_what_was_typed(desk, session, event):
    make_order(session, event)
    answer = desk.press(
        "/new", kind="slot", length="3 long minutes", title="", speakers="Ada", notes="Some <b>", after=""
    )
    assert answer.status_code == 422
    for words in ("3 long minutes", 'value="Ada"', "Some &lt;b&gt;", "such as 3:00"):
        assert words in answer.text, words
    answer = desk.press("/new", kind="slot", length="3:00", title=" ", speakers="", notes="", after="")
    assert (answer.status_code, "give the slot a title" in answer.text) == (422, True)
    assert desk.press("/new", kind="party", length="3:00").status_code == 422
    assert items_of(session, event) == []


def test_changing_one_thing_and_what_two_people_typed(desk, session, event, four):
    make_order(session, event, four)
    item = items_of(session, event)[0]
    path = f"/items/{item.public_id}"
    form = desk.form(path)
    assert desk.press(path, **(form | {"notes": "Thank them"})).status_code == 303
    answer = desk.press(path, **(form | {"length": "2:00"}))  # opened before the notes were there
    assert (answer.status_code, "Somebody else saved this" in answer.text, "Thank them" in answer.text) == (
        409,
        True,
        True,
    )
    assert [(one.notes, one.seconds) for one in items_of(session, event)[:1]] == [("Thank them", 180)]


def test_settings_move_every_time(desk, session, event, four):
    make_order(session, event, four)
    asked = {"offset": "5:00", "change": "10", "tolerance": "90", "host_name": "Nicki Macklin"}
    form = desk.form("/settings") | asked
    assert desk.press("/settings", **form).status_code == 303
    assert desk.press("/settings", **form).status_code == 303  # pressed twice
    page = desk.look().text
    for words in ("18:05:00", "18:08:10", "Nicki Macklin", "5:00 after the gathering"):
        assert words in page, words
    wrong = {"offset": "soon", "change": "700", "tolerance": "-1", "host_name": "N" * 400}
    answer = desk.press("/settings", **(desk.form("/settings") | wrong))
    assert answer.status_code == 422
    for words in ('value="soon"', 'value="700"', 'value="-1"', "N" * 400, "such as 3:00", "from 0 to 600"):
        assert words in answer.text, words
    answer = desk.press("/settings", **(form | {"change": "20"}))  # opened before somebody else saved
    assert (answer.status_code, order_of(session, event).change_seconds) == (409, 10)


def test_who_is_accepted_later_is_placed_and_a_free_slot_is_given(desk, session, event, call, four):
    make_order(session, event, four[:2])
    first, second = items_of(session, event)
    page = desk.look().text
    assert "2 are accepted and not placed yet" in page
    desk.press("/place", submission=four[2].public_id)
    assert names_of(session, event) == ["Ask", "Bread", "Civility Saves Lives"]
    four[1].state, four[0].state = "withdrawn", "reserve"
    session.commit()
    page = desk.look().text
    assert "Presenter 1 has withdrawn. The slot is free." in page
    assert "Presenter 0 is not accepted any more." in page
    assert "A free slot" in page
    give = f"/items/{second.public_id}/give"
    for _twice in range(2):
        assert desk.press(give, submission=four[3].public_id).status_code == 303
    assert names_of(session, event) == ["Ask", "Dance", "Civility Saves Lives"]
    assert desk.press(f"/items/{first.public_id}/give", submission=four[3].public_id).status_code == 409
    desk.press("/undo", edits=order_of(session, event).edits)
    assert names_of(session, event) == ["Ask", "Bread", "Civility Saves Lives"]
    desk.press(give, submission=four[3].public_id)
    four[1].state = "accepted"
    session.commit()
    for _twice in range(2):
        desk.press("/place")
    assert names_of(session, event) == ["Ask", "Dance", "Civility Saves Lives", "Bread"]
    assert desk.press(f"/items/{second.public_id}/give", submission=four[1].public_id).status_code == 409


def test_warnings_and_presenters_own_clocks_stand_in_words(desk, session, event, call, four):
    four[0].zone, four[1].zone, four[2].confirmed_at = "Pacific/Auckland", "Asia/Tokyo", None
    make_co_presenter(session, four[3], "p0@example.org", "Presenter 0", zone="Pacific/Auckland")
    four[3].seconds = 3600
    make_order(session, event, four)
    page = " ".join(desk.look().text.split())
    for words in (
        "Wednesday, 07:00:00 in Auckland", "Wednesday, 03:03:30 in Tokyo",
        "For Presenter 1 it is 03:03 at night, in Tokyo.", "Presenter 2 has not said yes yet.",
        "Presenter 0 speaks a second time, in number 4.", "Longer than the call allows: 3:00 at most.",
        "This is 10:30 longer than the gathering. Leave out 1 slot.", "7 things to look at", "Asleep at that hour:",
    ):  # fmt: skip
        assert words in page, words


# --- publication -----------------------------------------------------------------------------------------------------


def test_publishing_tells_presenters_some_minutes_after_the_last_change(desk, session, event, four, clock_at, app):
    delay = timedelta(seconds=app.config["GATHERINGS"].site.change_delay)
    order = make_order(session, event, four)
    event.offers = "call"
    a, _b, _c, d = items_of(session, event)
    version = session.get_one(Community, event.community_id).version
    with clock_at(NOW + timedelta(hours=1)):
        desk._token = None
        sign_in(desk.client, session, make_role(session, event.community, "owner"))
        desk.move(d, f"~{a.public_id}", edits=0)
        assert order_of(session, event).tell_at is None  # nobody is told of a draft
        assert desk.press("/publish").status_code == 303
        desk.press("/publish")
    order = order_of(session, event)
    assert (order.published_at, order.tell_at) == (NOW + timedelta(hours=1), NOW + timedelta(hours=1) + delay)
    session.refresh(event)
    assert event.offers == "call order"
    assert session.get_one(Community, event.community_id, populate_existing=True).version >= version + 2
    with clock_at(NOW + timedelta(hours=1, minutes=2)):
        desk.move(a, f"~{d.public_id}", edits=order.edits)
        assert order_of(session, event).tell_at == NOW + timedelta(hours=1, minutes=2) + delay
        page = desk.look().text
        assert "Tell them now" in page
        assert "Presenter 3" in page
        desk.press("/tell-now")
        assert order_of(session, event).tell_at == NOW + timedelta(hours=1, minutes=2)
        desk.press("/take-back")
    order = order_of(session, event)
    assert (order.published_at, order.tell_at) == (None, None)
    session.refresh(event)
    assert event.offers == "call"


@pytest.mark.parametrize(("status", "slots", "words"), [
    ("draft", 1, "is a draft"), ("cancelled", 1, "is cancelled"), ("published", 0, "no slot in it yet"),
])  # fmt: skip
def test_what_cannot_be_published_says_why(desk, session, event, four, status, slots, words):
    make_order(session, event, four[:slots])
    event.status = status
    answer = desk.press("/publish")
    assert (answer.status_code, words in answer.text) == (409, True)
    assert order_of(session, event).published_at is None


# --- who may ---------------------------------------------------------------------------------------------------------


def presses(session, event):
    item, other = items_of(session, event)[:2]
    ids = {"edits": "0", "between": f"{other.public_id}~"}
    return {
        "/start": {}, "/place": {}, "/publish": {}, "/take-back": {}, "/tell-now": {}, "/undo": {"edits": "0"},
        f"/items/{item.public_id}/move": ids, f"/items/{item.public_id}/remove": {},
        f"/items/{item.public_id}/give": {}, f"/items/{item.public_id}": {"length": "1:00"},
        "/new": {"kind": "break", "length": "1:00"}, "/settings": {"change": "0"},
    }  # fmt: skip


def test_each_press_as_each_role_and_from_outside(app, session, event, call, four):
    make_order(session, event, four[:2])
    community = session.get_one(Community, event.community_id)
    outsider = make_role(session, make_community(session), "owner", "foreign@example.org")
    base = f"/organise/events/{event.slug}/running-order"

    def books():
        session.commit()
        order = order_of(session, event)
        return (order.edits, order.published_at, names_of(session, event), len(session.scalars(select(LogEntry)).all()))

    before = books()
    looks = {"host": 200, "helper": 403, "editor": 403, "reviewer": 403, "outsider": 404, None: 302}
    for role, status in looks.items():
        client = app.test_client()
        if role == "outsider":
            sign_in(client, session, outsider)
        elif role:
            sign_in(client, session, make_role(session, community, role))
        token = token_in(client.get("/organise/account").text) if role else "x"
        assert client.get(base).status_code == status, role
        for path, fields in presses(session, event).items():
            answer = client.post(base + path, data={"csrf_token": token, **fields})
            assert answer.status_code in (
                (404,) if role == "outsider" else (302, 303, 401, 403) if not role else (403,)
            ), (role, path)
    assert books() == before
    host = app.test_client()
    sign_in(host, session, make_role(session, community, "host", "second@example.org"))
    page = host.get(base).text
    assert "Presenter 0" in page
    assert "<form" not in page.split('id="order"')[1]


def test_things_of_another_gathering_are_not_in_this_one(desk, session, event, four):
    make_order(session, event, four)
    elsewhere = make_event(session, event.community)
    foreign = make_item(session, make_order(session, elsewhere), 1, kind="break", title="Theirs")
    theirs = make_submission(
        session, make_call(session, elsewhere), "t@example.org", state="accepted", title="Their talk"
    )
    for path in ("move", "remove", "give"):
        fields = {"edits": "0", "number": "1", "submission": theirs.public_id}
        answer = desk.press(f"/items/{foreign.public_id}/{path}", **fields)
        assert answer.status_code in (303, 409), path
    assert desk.press(f"/items/{foreign.public_id}", length="1:00").status_code == 404
    assert desk.look(f"/items/{foreign.public_id}").status_code == 404
    desk.press("/place", submission=theirs.public_id)
    new = {"kind": "break", "length": "1:00", "title": "", "speakers": "", "notes": "", "after": foreign.public_id}
    desk.press("/new", **new, key=foreign.public_id)
    assert names_of(session, event) == list(TITLES)
    assert [item.title for item in items_of(session, elsewhere)] == ["Theirs"]


def test_without_an_order_the_forms_lead_to_its_beginning(desk, session, event):
    for path in ("/new", "/settings"):
        assert desk.look(path).location.endswith("/running-order")
    for path in ("/place", "/publish", "/undo", f"/items/{'a' * 22}/move", "/items/a%00b/move"):
        assert desk.press(path, number="1").status_code == 404, path


def test_every_action_stands_in_the_log_with_a_sentence(desk, session, event, four):
    desk.press("/start")
    desk.press("/publish")
    first = items_of(session, event)[1]
    desk.press(f"/items/{first.public_id}/remove")
    desk.press("/undo", edits=order_of(session, event).edits)
    desk.press("/take-back")
    session.commit()
    rows = session.scalars(select(LogEntry).order_by(LogEntry.id)).all()
    assert [row.action for row in rows] == [
        "order_started", "order_published", "order_removed", "order_undone", "order_taken_back",
    ]  # fmt: skip
    assert {row.about for row in rows} == {f"event:{event.public_id}"}
    assert all(row.action in SENTENCES for row in rows)
    assert session.scalars(select(Event.offers).where(Event.id == event.id)).one().split() in ([], ["call"])
