"""The members' screens: the list, one of them, a list brought over, a list taken away; and who may do it."""

import csv
import io
import time
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from gatherings.accounts.models import Person
from gatherings.audit.models import LogEntry
from gatherings.communities.actions.member_lists import read_list
from gatherings.communities.models import Member
from gatherings.core.clock import utc_now
from gatherings.core.folding import fold
from gatherings.mail.models import OutboxMail
from tests.factories import make_community, make_member
from tests.organise.test_kinder import words_of
from tests.signing import make_role, sign_in, token_in

NAMES = ["Zoë & Sons <3", "李雷", "محمد العربي", "O'Brien “Siobhán”", "=HYPERLINK(1)", "Nöel\u200d", "X" * 60]


class Desk:
    """An organiser at the members' screens of a community."""

    def __init__(self, client: FlaskClient, session: Session) -> None:
        self.client, self.session = client, session
        self.community = make_community(session, joining="We read together.")
        self.me = make_role(session, self.community)
        sign_in(client, session, self.me)
        session.commit()
        self.path = f"/organise/communities/{self.community.slug}/members"
        self.token = token_in(client.get(f"{self.path}/import").text)

    def press(self, end: str, **values: Any) -> Any:
        return self.client.post(self.path + end, data={"csrf_token": self.token, **values})

    def bring(self, text: str, way: str = "inviting", **more: Any) -> Any:
        return self.press("/import", text=text, way=way, sure="yes", **more)

    def members(self) -> list[Member]:
        self.session.rollback()
        self.session.expire_all()
        return list(self.session.scalars(select(Member).order_by(Member.id)))

    def count(self, model: Any) -> int:
        self.session.rollback()
        return self.session.scalar(select(func.count()).select_from(model)) or 0

    def logged(self) -> list[tuple[str, dict[str, Any]]]:
        self.session.rollback()
        found = self.session.scalars(select(LogEntry).order_by(LogEntry.id))
        return [(entry.action, entry.details) for entry in found if entry.community_id == self.community.id]


@pytest.fixture
def desk(client: FlaskClient, session: Session) -> Desk:
    return Desk(client, session)


def test_list_filters_searches_sorts_and_pages(desk: Desk) -> None:
    session, community = desk.session, desk.community
    for number in range(60):
        name = f"{NAMES[number % len(NAMES)]} {number:02}"
        make_member(
            session, community, f"m{number:02}@example.org", "Europe/London" if number % 3 else "Pacific/Auckland",
            name=name, name_folded=fold(name), state="invited" if number == 5 else "left" if number == 6 else "active",
            news=number % 2 == 0, country="GB" if number % 3 else "NZ",
            created_at=utc_now() - timedelta(days=number),
        )  # fmt: skip
    other = make_member(session, make_community(session), "elsewhere@example.org", "Asia/Tokyo")
    session.commit()
    page = desk.client.get(desk.path).text
    said = words_of(page)
    assert "Members 58" in said.replace("Members58", "Members 58")
    assert "59 people" in said
    assert "elsewhere@example.org" not in page
    assert "Zoë &amp; Sons &lt;3" in page
    found = set()
    for sort in ("name", "newest", "zone"):
        seen: list[str] = []
        address = f"{desk.path}?sort={sort}"
        for _page in range(3):
            text = desk.client.get(address).text
            seen += list(text.split(f'href="{desk.path}/')[1:])
            if "Onwards" not in text:
                break
            address = text.split('button-small" href="')[-1].split('"')[0].replace("&amp;", "&")
        ids = [one.split('"')[0] for one in seen if len(one.split(chr(34))[0]) == 22 and "?" not in one[:22]]
        assert len(ids) == len(set(ids)) == 59, sort
        found.add(tuple(ids))
    assert len(found) == 3
    for asked, number in (
        ("state=active", 58), ("state=invited", 1), ("state=left", 1), ("news=yes", 29), ("zone=Pacific/Auckland", 19),
        ("country=GB", 40), ("q=m07@", 1), ("q=zoe", 9), ("q=李雷", 9), ("q=%25", 0), ("q=_", 0), ("q=hyperlink", 8),
    ):  # fmt: skip
        said = words_of(desk.client.get(f"{desk.path}?{asked}").text)
        if number:
            assert (f"{number} people" if number > 1 else "1 person") in said, asked
        else:
            assert "Nobody is found like this." in said, asked
    for odd in ("state=x&sort=y&zone=z&country=%00&news=9&after=nobody", "q=%00", "after=%ff", "q=" + "x" * 500):
        assert desk.client.get(f"{desk.path}?{odd}").status_code == 200, odd
    assert desk.client.get(f"{desk.path}/{other.public_id}").status_code == 404


def test_one_member_is_corrected_and_taken_out(desk: Desk) -> None:
    member = make_member(desk.session, desk.community, "ada@example.org", None, news=True, consent="Yes please.")
    desk.session.commit()
    end = f"/{member.public_id}"
    assert "Yes please." in desk.client.get(desk.path + end).text
    good = {"name": "محمد العربي", "zone": "Auckland", "country": "NZ", "end_news": "yes"}
    for wrong in ({"zone": "nowhere at all"}, {"country": "ZZ"}, {"name": "x" * 200}, {"name": "a\nb"}):
        assert desk.press(end + "/change", **(good | wrong)).status_code == 422, wrong
    assert desk.press(end + "/change", **good, state="left", person_id="1", news="yes").status_code == 303
    (row,) = desk.members()
    assert (row.name, row.zone, row.country, row.news, row.consent, row.state) == (
        "محمد العربي", "Pacific/Auckland", "NZ", False, "", "active",
    )  # fmt: skip
    assert desk.press(end + "/send").status_code == 303
    assert [mail.kind for mail in desk.session.scalars(select(OutboxMail))] == ["member_welcome"]
    assert "Remove" in desk.client.get(f"{desk.path}{end}/remove").text
    assert desk.members()[0].state == "active"
    assert desk.press(end + "/remove").location.endswith("?done=removed")
    assert desk.press(end + "/remove").location.endswith("?done=before")
    assert desk.members()[0].state == "left"
    assert desk.press(end + "/send").status_code == 409
    assert [action for action, _details in desk.logged()] == ["change_member", "send_member_link", "remove_member"]
    assert all("example.org" not in str(details) for _action, details in desk.logged())


LIST = """address,name,zone,country,news
ada@example.org,Zoë & Sons <3,Auckland,,yes
b@example.org,李雷,Europe/Stockholm,SE,no
B@Example.org,Twice,London,,
nobody,No Address,London,,
c@example.org,Far,Nowherecity,,
d@example.org,"Quoted ""Name"", with comma",,Norway,
e@example.org,see http://bad.example,,,
"""


def test_a_list_is_looked_at_before_anything_happens(desk: Desk) -> None:
    answer = desk.press("/import", text=LIST)
    said = words_of(answer.text)
    assert answer.status_code == 200
    assert "Bring over 3 people" in said
    assert "This address stands in row 3 already." in said
    assert "We do not know the place “Nowherecity”." in said
    assert "An e-mail address has an @ sign in it" in said
    assert "A web address cannot stand here." in said
    assert desk.members() == []
    assert desk.count(OutboxMail) == desk.count(LogEntry) == 0


def test_silently(desk: Desk) -> None:
    assert desk.bring(LIST, "silently", agreed="yes").status_code == 303
    ada, lei, quoted = desk.members()
    assert (ada.name, ada.zone, ada.country, ada.state, ada.source, ada.news) == (
        "Zoë & Sons <3", "Pacific/Auckland", "NZ", "active", "list", True,
    )  # fmt: skip
    assert "organisers who brought the list" in ada.consent
    assert (lei.country, lei.news, lei.consent) == ("SE", False, "")
    assert (quoted.name, quoted.zone, quoted.country, quoted.news) == ('Quoted "Name", with comma', None, "NO", True)
    assert desk.count(OutboxMail) == 0
    assert desk.bring(LIST, "silently", agreed="yes").status_code == 303
    assert desk.bring(LIST, "inviting").status_code == 303
    assert [one.link_version for one in desk.members()] == [1, 1, 1]
    assert desk.count(OutboxMail) == 0
    added = [(details["way"], details["added"], details["known"], details["bad"]) for _a, details in desk.logged()]
    assert added == [("silently", 3, 0, 4), ("silently", 0, 3, 4), ("inviting", 0, 3, 4)]


def test_five_hundred_are_invited_once_and_who_left_is_not_brought_back(desk: Desk) -> None:
    left = make_member(desk.session, desk.community, "p7@example.org", None, state="left", left_at=utc_now())
    desk.session.commit()
    text = "\n".join(["E-mail;Name;Time zone", *(f"p{n}@example.org;Person {n};Toronto" for n in range(500))])
    assert desk.bring(text).status_code == 303
    rows = desk.members()
    assert len(rows) == 500
    assert {(row.state, row.news) for row in rows if row.id != left.id} == {("invited", False)}
    assert next(row.state for row in rows if row.id == left.id) == "left"
    assert desk.count(OutboxMail) == 499
    assert desk.bring(text).status_code == 303
    assert (desk.count(OutboxMail), desk.count(Member), desk.count(Person)) == (499, 500, 501)
    assert desk.press("/import", text=text).text.count("Nobody in this list is new") == 1


def test_thousands_of_unknown_places_take_no_long_time() -> None:
    """C29: looking for a place that is nowhere takes its time, so that is done for some alone."""
    rows = [f"p{number}@example.org,Nowhere {number}\n" for number in range(3000)]
    began = time.monotonic()
    good, bad = read_list(
        "address,zone\n" + "z@example.org,Asia/Tokyo\n" + "".join(rows) + "y@example.org,Asia/Tokyo\n"
    )
    assert time.monotonic() - began < 4
    assert ([row.zone for row in good], len(bad)) == (["Asia/Tokyo", "Asia/Tokyo"], 3000)


def test_lists_that_cannot_be_read(desk: Desk) -> None:
    for text in (
        "", " \n ", "name,zone\nAda,London", 'address,name\n"a@example.org,never closed', "\0",
        "address\n" + "x@example.org\n" * 6000, "address," * 300 + "\n1", "\ufffd" * 40,
    ):  # fmt: skip
        for end in ({}, {"sure": "yes"}):
            answer = desk.press("/import", text=text, way="silently", **end)
            assert answer.status_code == 422, text[:30]
            assert "Something needs another look" in answer.text
    for data in (b"PK\x03\x04zip", b"\xff\xfe\x00", b"address\n\xff\xfe@example.org"):
        sent = {"csrf_token": desk.token, "file": (io.BytesIO(data), "list.csv")}
        assert desk.client.post(f"{desk.path}/import", data=sent).status_code == 422, data
    good = {"csrf_token": desk.token, "file": (io.BytesIO("\ufeffada@example.org;Ada;Oslo".encode()), "list.csv")}
    assert "Bring over one person" in desk.client.post(f"{desk.path}/import", data=good).text
    assert desk.bring("address\na@example.org", "some-other-way").status_code == 422
    assert desk.members() == []


def test_taken_away_and_brought_back_whole(desk: Desk) -> None:
    for number, name in enumerate([*NAMES[:5], "+1 234", "@home", '"quoted", and; more', "-5 degrees"]):
        make_member(desk.session, desk.community, f"m{number}@example.org", "Europe/London", name=name,
                    name_folded=fold(name), country="GB")  # fmt: skip
    desk.session.commit()
    answer = desk.client.get(f"{desk.path}/export.csv?sort=newest")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][:3] == ["address", "name", "zone"]
    assert not [cell for row in rows for cell in row if cell[:1] in "=+@-" and cell]
    before = {(one.person_id, one.name) for one in desk.members()}
    assert desk.logged()[-1][1]["count"] == 9
    assert desk.logged()[-1][1]["narrowed"] == {"state": "here"}
    desk.session.execute(update(Member).values(community_id=make_community(desk.session).id))
    desk.session.commit()
    desk.bring(answer.data.decode("utf-8-sig"), "silently")
    brought = [one for one in desk.members() if one.community_id == desk.community.id]
    # Names that mail programmes would make links of are refused where people type them; these are not.
    assert {(one.person_id, one.name) for one in brought} == before
    for _ in range(12):
        last = desk.client.get(f"{desk.path}/export.csv")
    assert last.status_code == 429


def test_who_may_do_what(client: FlaskClient, session: Session) -> None:
    community = make_community(session, joining="Join us.")
    member = make_member(session, community, "ada@example.org", "Europe/London")
    foreign = make_member(session, make_community(session), "eve@example.org", "Europe/London")
    session.commit()
    base = f"/organise/communities/{community.slug}/members"
    reads = ["", f"/{member.public_id}", f"/{member.public_id}/remove", "/import", "/export.csv"]
    writes = {
        f"/{member.public_id}/change": {"name": "Hacked", "zone": "Oslo", "country": "NO"},
        f"/{member.public_id}/remove": {},
        f"/{member.public_id}/send": {},
        "/import": {"text": "address\nx@example.org", "way": "silently", "sure": "yes"},
    }

    def books() -> tuple[Any, ...]:
        session.rollback()
        session.expire_all()
        rows = session.execute(select(Member.name, Member.state, Member.zone, Member.link_version).order_by(Member.id))
        return tuple(rows.all()), session.scalar(select(func.count()).select_from(OutboxMail))

    before = books()
    for end in reads:
        assert client.get(base + end).status_code == 302, end
    for end, values in writes.items():
        assert client.post(base + end, data=values).status_code in (302, 303, 403), end
    for role, status in (("host", 403), ("helper", 403), ("editor", 403), ("elsewhere", 404)):
        where = community if role != "elsewhere" else make_community(session)
        sign_in(
            client, session, make_role(session, where, "owner" if role == "elsewhere" else role, f"{role}@example.org")
        )
        session.commit()
        for end in reads:
            assert client.get(base + end).status_code == status, (role, end)
        token = token_in(client.get("/organise/account").text)
        for end, values in writes.items():
            assert client.post(base + end, data={**values, "csrf_token": token}).status_code == status, (role, end)
    assert books() == before
    sign_in(client, session, make_role(session, community, "organiser"))
    session.commit()
    token = token_in(client.get(f"{base}/import").text)
    for end, values in writes.items():  # without the form's token, or with another's
        assert client.post(base + end, data=values).status_code == 400, end
        assert client.post(base + end, data={**values, "csrf_token": "x"}).status_code == 400, end
    for end in ("", "/change", "/remove", "/send"):  # a member of another community, by a public id that was borrowed
        path = f"{base}/{foreign.public_id}{end}"
        assert (client.get(path) if not end else client.post(path, data={"csrf_token": token})).status_code == 404, end
    assert books() == before
    stale = make_role(session, community, "owner", "old@example.org")
    sign_in(client, session, stale, confirmed_at=utc_now() - timedelta(hours=2))
    session.commit()
    assert client.get(f"{base}/export.csv").location.startswith("/sign-in/again")
