"""The log: read in sentences, narrowed and paged by the address; another community's is not there."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from gatherings.audit.actions import log
from gatherings.audit.models import LogEntry
from gatherings.organise.log_words import KINDS, SENTENCES, sentence_of
from gatherings.registration.actions import cancel
from tests.factories import NOW, SITE, get_registration, make_community, make_event, make_registration
from tests.signing import make_role, sign_in


@pytest.fixture(autouse=True)
def still(now, clock_at):
    """Friday 20 November 2026, 12:00 UTC, for actions and requests alike."""
    with clock_at(now):
        yield


@pytest.fixture
def community(session):
    return make_community(session)


@pytest.fixture
def nicki(session, community, client):
    made = make_role(session, community, "organiser", "nicki@example.org", "Nicki")
    sign_in(client, session, made)
    return made


def path_of(community):
    return f"/organise/communities/{community.slug}/log"


def lines(page):
    found = re.findall(r"<li><time[^>]*>([^<]*)</time> <span[^>]*>(.*?)</span></li>", page)
    return [sentence.replace("\u2068", "").replace("\u2069", "") for _time, sentence in found]


def test_who_did_what_to_what(client, session, community, nicki):
    event = make_event(session, community, title="Third Thursday")
    row = make_registration(session, event, name="Zoë & Sons <3")
    cancel(session, get_registration(session, row.public_id), SITE, now=NOW)
    own = {"session": session, "actor": nicki.public_id, "community_id": community.id, "now": NOW}
    log(**own, action="registrations-exported", about=f"event:{event.public_id}", rows=60)
    log(**own, action="bulk_done", about=f"event:{event.public_id}", done=3, kind="cancel")
    log(**own, action="some_new-thing", about=f"event:{event.public_id}", x=1)
    log(**own, action="change_role", about="person:gone", role="host", was="organiser")
    log(session, actor="load", action="load", about="programme", now=NOW, community_id=community.id)
    page = client.get(path_of(community)).text
    assert lines(page) == [
        "The programme file: load (programme).",
        "Nicki changed the role of somebody whose data was erased from Organiser to Host.",
        "Nicki: some new thing (“Third Thursday”).",
        "Done for 3 registrations of “Third Thursday”, as Nicki asked: Cancel their registration.",
        "Nicki took away a list of 60 registrations of “Third Thursday”.",
        "Zoë &amp; Sons &lt;3 (Third Thursday) cancelled.",
    ]
    assert "Friday 20 November" in page
    assert "12:00" in page
    assert "13:00" in client.get(f"{path_of(community)}?zone=Europe/Stockholm").text


def test_narrowed_by_who_kind_event_and_day(client, session, community, nicki, now):
    bo = make_role(session, community, "owner", "bo@example.org", "Bo")
    event, other = make_event(session, community, title="One"), make_event(session, community, title="Two")
    row = make_registration(session, event, name="Ada")
    at = {"community_id": community.id}
    log(session, actor=bo.public_id, action="publish", about=f"event:{other.public_id}", now=now, **at)
    log(session, actor=nicki.public_id, action="publish", about=f"event:{event.public_id}", now=now, **at)
    log(session, actor=nicki.public_id, action="cancel", about=f"registration:{row.public_id}", now=now, **at)
    late = now - timedelta(days=1, hours=-11, minutes=-30)  # Thursday 23:30 in London, Friday in Stockholm
    log(
        session,
        actor=bo.public_id,
        action="invite_role",
        about=f"person:{nicki.public_id}",
        now=late,
        role="host",
        **at,
    )

    def seen(query):
        return [line.split()[0:2] for line in lines(client.get(f"{path_of(community)}?{query}").text)]

    assert len(seen("")) == 4
    assert seen(f"who={bo.public_id}") == [["Bo", "invited"], ["Bo", "published"]]
    assert seen("kind=events") == [["Nicki", "published"], ["Bo", "published"]]
    assert seen(f"event={event.slug}") == [["Nicki", "cancelled"], ["Nicki", "published"]]
    assert seen(f"event={event.slug}&kind=registrations&who={nicki.public_id}") == [["Nicki", "cancelled"]]
    assert len(seen("day=2026-11-20")) == 3
    assert len(seen("day=2026-11-19")) == 1
    assert len(seen("day=2026-11-20&zone=Europe/Stockholm")) == 4
    for nothing in ("who=x", "kind=x", "event=x", "who=%25", "day=1999-01-01"):
        assert seen(nothing) == [], nothing
        assert "Nothing in the log fits this" in client.get(f"{path_of(community)}?{nothing}").text
    for junk in ("day=x", "day=2026-13-40", "before=x", "before=-1", f"before={10**30}", "who=%00", "day=0001-01-01"):
        assert client.get(f"{path_of(community)}?{junk}").status_code == 200, junk


def test_pages_do_not_shift_while_others_write(client, session, community, nicki, now):
    def write(number):
        for n in range(number):
            log(session, actor=nicki.public_id, action="publish", about=f"event:{n}", now=now + timedelta(seconds=n),
                community_id=community.id)  # fmt: skip

    write(120)
    path, pages = path_of(community), []
    while path:
        page = client.get(path).text
        pages.append(len(lines(page)))
        write(1)
        found = re.search(r'href="([^"]*before=[^"]*)"', page)
        path = found[1].replace("&amp;", "&") if found else None
    assert pages == [50, 50, 20]


def test_an_empty_log_says_so_and_another_communitys_is_not_there(client, session, community, nicki):
    assert "Nothing has happened yet" in client.get(path_of(community)).text
    other = make_community(session)
    log(session, actor=nicki.public_id, action="publish", about="event:x", now=NOW, community_id=other.id)
    assert client.get(path_of(other)).status_code == 404
    assert lines(client.get(path_of(community)).text) == []


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("organiser", 200), ("host", 403), ("helper", 403),
                                              ("editor", 403), (None, 302)])  # fmt: skip
def test_read_by_owners_and_organisers(client, session, community, role, status):
    if role:
        sign_in(client, session, make_role(session, community, role))
    assert client.get(path_of(community)).status_code == status


def test_every_action_of_a_filter_has_its_sentence_and_each_can_be_said():
    listed = {action for _label, actions in KINDS.values() for action in actions}
    for action in listed | set(SENTENCES) | {"never heard of"}:
        for actor in ("person", "someone"):
            for details in ({}, {"role": "host", "was": "x", "count": 2, "kind": "move-room", "dates": "x"}):
                said = str(sentence_of(action, actor, details, who="Nicki", what="Ada %s"))
                assert "Ada %s" in said or "Nicki" in said
                assert "%(" not in said


def test_names_of_actions_that_the_code_writes_are_all_known():
    """A new action should have its sentence; one written by a variable is not found here."""
    source = "\n".join(path.read_text() for path in Path("gatherings").rglob("*.py"))
    written = set(re.findall(r'action="([a-z_-]+)"', source))
    written |= set(re.findall(r'\b_?(?:note|log)\(\w+, [\w, ]*?"([a-z_-]+)"', source))
    written |= set(re.findall(r'\b_changed\(\w+, \w+, "([a-z_-]+)"', source))
    assert len(written) > 30
    own = {"load", "retention", "sign_in", "answers-deleted"}  # of the installation: no community reads them
    assert written - set(SENTENCES) - own == set()


def test_nothing_of_the_log_can_be_changed(session, community, nicki, now):
    log(session, actor=nicki.public_id, action="publish", about="event:x", now=now, community_id=community.id)
    session.commit()
    session.scalars(select(LogEntry)).one().action = "nothing"
    with pytest.raises(Exception, match=r"(?i)log"):
        session.flush()
    session.rollback()
