"""The team: invited by mail, given, changed and taken away by owners alone; never without an owner."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import select

from gatherings.accounts.models import Person, SignIn, SignInLink
from gatherings.accounts.rules import normalise_address
from gatherings.audit.models import LogEntry
from gatherings.communities.actions import roles
from gatherings.communities.actions.inviting import accept, invite
from gatherings.communities.actions.roles import By, change_role, remove_role
from gatherings.communities.models import Role, RoleInvitation
from gatherings.core.errors import DomainError, NotFound
from gatherings.db.session import transact
from gatherings.mail.models import OutboxMail
from tests.factories import SITE, make_community, make_event
from tests.races import at_once
from tests.signing import make_role, sign_in, token_in

NEW = "new@example.org"


@pytest.fixture(autouse=True)
def still(now, clock_at):
    """Friday 20 November 2026, 12:00 UTC, for actions and requests alike."""
    with clock_at(now):
        yield


@pytest.fixture
def community(session):
    return make_community(session)


@pytest.fixture
def owner(session, community):
    return make_role(session, community, "owner")


@pytest.fixture
def boss(client, session, owner):
    """The owner's browser, with the token of its forms; `boss(path, **fields)` presses."""
    sign_in(client, session, owner)

    def press(path, **fields):
        token = token_in(client.get("/organise/account").text)
        return client.post(path, data={"csrf_token": token, **fields})

    return press


def path_of(community):
    return f"/organise/communities/{community.slug}/team"


def roles_in(session, community):
    session.commit()
    rows = session.execute(
        select(Person.address, Role.role).join(Person, Person.id == Role.person_id)
        .where(Role.community_id == community.id).order_by(Role.id)
    )  # fmt: skip
    return {row.address: row.role for row in rows}


def logged(session):
    return [(row.action, row.details.get("role")) for row in session.scalars(select(LogEntry).order_by(LogEntry.id))]


def secret_of(session, kind="role_invitation"):
    session.commit()
    mails = session.scalars(select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id)).all()
    return mails[-1].facts["secret"]


def test_from_the_invitation_to_the_first_screen(app, client, session, community, boss):
    assert boss(f"{path_of(community)}/invite", email=NEW, role="host").location.endswith("?done=invited")
    assert NEW not in roles_in(session, community)
    page = client.get(path_of(community)).text
    assert NEW in page
    assert "Send again" in page
    link = f"/invitations/{secret_of(session)}"
    guest = app.test_client()
    for method in ("GET", "HEAD", "GET"):
        opened = guest.open(link, method=method)
        assert opened.status_code == 200
        assert "Set-Cookie" not in opened.headers
    shown = guest.get(link).text
    for words in ("Owner invites you", community.name, "Host", "n…w@example.org"):
        assert words in shown
    assert NEW not in roles_in(session, community), "opening takes no role"
    taken = guest.post(link, data={"name": "Zoë & Sons <3"})
    assert (taken.status_code, taken.location) == (303, "/organise")
    assert roles_in(session, community) == {"owner@example.org": "owner", NEW: "host"}
    assert guest.get(f"/organise/communities/{community.slug}").status_code == 200
    assert guest.post(link).status_code == 404
    assert "Zoë &amp; Sons &lt;3" in client.get(path_of(community)).text
    assert logged(session) == [("invite_role", "host"), ("accept_role", "host"), ("sign_in", None)]


def test_accepting_twice_at_once_is_one_role(app, session, community, boss):
    boss(f"{path_of(community)}/invite", email=NEW, role="host")
    link = f"/invitations/{secret_of(session)}"
    clients = [app.test_client() for _ in range(3)]
    codes = at_once(app, [partial(client.post, link) for client in clients])
    assert sorted(answer.status_code for answer in codes) == [303, 404, 404]
    theirs = select(SignIn).join(Person, Person.id == SignIn.person_id).where(Person.key == NEW)
    assert len(session.scalars(theirs).all()) == 1
    assert roles_in(session, community)[NEW] == "host"


def test_an_invitation_lasts_a_week_is_sent_again_with_a_new_link_and_taken_back(
    client, session, community, boss, now, clock_at
):
    boss(f"{path_of(community)}/invite", email=NEW, role="organiser")
    first = secret_of(session)
    invitation = session.scalars(select(RoleInvitation)).one()
    boss(f"{path_of(community)}/invitations/{invitation.public_id}/again")
    second = secret_of(session)
    assert client.get(f"/invitations/{first}").status_code == 404
    with clock_at(now + timedelta(days=7)):
        assert client.get(f"/invitations/{second}").status_code == 404
        assert client.post(f"/invitations/{second}").status_code == 404
    assert client.get(f"/invitations/{second}").status_code == 200
    boss(f"{path_of(community)}/invitations/{invitation.public_id}/take-back")
    assert client.post(f"/invitations/{second}").status_code == 404
    assert session.scalars(select(OutboxMail.recipient).where(OutboxMail.state == "queued")).all() == []
    assert [action for action, _role in logged(session)] == [
        "invite_role", "invite_role_again", "take_back_invitation",
    ]  # fmt: skip


def test_who_has_a_role_and_what_is_no_address_or_role_is_said_at_its_field(session, community, boss):
    make_role(session, community, "editor", "has@example.org")
    for fields, words in (
        ({"email": "HAS@example.org", "role": "host"}, "has a role here already: Editor"),
        ({"email": "nobody", "role": "host"}, "has an @ sign"),
        ({"email": NEW, "role": "emperor"}, "choose one of these"),
        ({"email": NEW, "role": ""}, "choose one of these"),
    ):
        answer = boss(f"{path_of(community)}/invite", **fields)
        assert answer.status_code == 422
        assert words in answer.text
        assert f'value="{fields["email"]}"' in answer.text
    assert session.scalars(select(RoleInvitation.id)).all() == []


def test_five_mails_an_hour_to_one_address(session, community, boss):
    codes = [boss(f"{path_of(community)}/invite", email=NEW, role="host").status_code for _ in range(7)]
    assert codes == [303] * 5 + [429] * 2
    assert len(session.scalars(select(RoleInvitation.id)).all()) == 1


def test_changing_and_removing(app, session, community, boss):
    colleague = make_role(session, community, "organiser")
    theirs = app.test_client()
    sign_in(theirs, session, colleague)
    held = session.scalars(select(Role).where(Role.person_id == colleague.id)).one()
    base = f"{path_of(community)}/{held.public_id}"
    event = make_event(session, community)
    assert theirs.get(f"/organise/events/{event.slug}/questions").status_code == 200
    assert boss(f"{base}/role", role="host").status_code == 303
    assert theirs.get(f"/organise/events/{event.slug}/questions").status_code == 403, "at once"
    assert boss(f"{base}/role", role="emperor").status_code == 422
    asked = boss(f"{base}/remove")
    assert asked.status_code == 303
    assert theirs.get(f"/organise/events/{event.slug}").status_code == 302, "their last role: signed out everywhere"
    assert roles_in(session, community) == {"owner@example.org": "owner"}
    assert session.scalars(select(SignIn).where(SignIn.person_id == colleague.id)).all() == []
    assert boss(f"{base}/remove").status_code == 404, "pressed twice"
    assert logged(session) == [("change_role", "host"), ("remove_role", "host")]


def test_whoever_keeps_a_role_elsewhere_stays_signed_in_there(app, session, community, boss):
    colleague = make_role(session, community, "organiser")
    other = make_community(session)
    make_role(session, other, "host", colleague.address)
    theirs = app.test_client()
    sign_in(theirs, session, colleague)
    held = session.scalars(select(Role).where(Role.community_id == community.id, Role.role == "organiser")).one()
    boss(f"{path_of(community)}/{held.public_id}/remove")
    assert theirs.get(f"/organise/communities/{community.slug}").status_code == 404
    assert theirs.get(f"/organise/communities/{other.slug}").status_code == 200


def test_the_last_owner_can_neither_go_nor_be_demoted(client, session, community, owner, boss):
    held = session.scalars(select(Role).where(Role.person_id == owner.id)).one()
    for answer in (
        boss(f"{path_of(community)}/{held.public_id}/role", role="organiser"),
        boss(f"{path_of(community)}/{held.public_id}/remove"),
        boss(f"/organise/account/roles/{held.public_id}/leave"),
    ):
        assert answer.status_code == 409
        assert "make somebody else an owner first" in answer.text
    make_role(session, community, "owner", "second@example.org")
    assert client.get(f"/organise/account/roles/{held.public_id}/leave").status_code == 200
    assert roles_in(session, community) == {"owner@example.org": "owner", "second@example.org": "owner"}
    assert boss(f"/organise/account/roles/{held.public_id}/leave").status_code == 303
    assert roles_in(session, community) == {"second@example.org": "owner"}
    assert client.get("/organise").status_code == 302, "the last role: signed out"


def two_owners_remove_each_other(app, session, community, owner, now):
    second = make_role(session, community, "owner", "second@example.org")
    held = {row.person_id: row.public_id for row in session.scalars(select(Role).where(Role.role == "owner"))}
    session.commit()

    def press(by, whom):
        def act():
            with app.app_context():
                transact(remove_role, community.id, held[whom.id], by=By.of(by), now=now)
                return "removed"

        return act

    found = at_once(app, [press(owner, second), press(second, owner)])
    return found, [role for role in roles_in(session, community).values() if role == "owner"]


def test_two_owners_who_remove_each_other_at_once_leave_one(app, session, community, owner, now):
    for _ in range(5):
        found, owners = two_owners_remove_each_other(app, session, community, owner, now)
        assert owners == ["owner"]
        assert found.count("removed") == 1
        assert [error for error in found if isinstance(error, DomainError)]
        for role in session.scalars(select(Role)).all():
            session.delete(role)
        session.flush()
        owner = make_role(session, community, "owner")


def test_with_the_guard_off_both_would_be_gone(app, session, community, owner, now, monkeypatch):
    """The counter-test: what is asked under the lock is what keeps the last owner."""
    monkeypatch.setattr(roles, "keep_an_owner", lambda *args: None)
    monkeypatch.setattr(roles, "require_owner", lambda *args: None)
    found, owners = two_owners_remove_each_other(app, session, community, owner, now)
    assert (found, owners) == (["removed", "removed"], [])


def test_each_press_as_each_role_as_an_outsider_and_signed_out(app, session, community, owner, now):
    """Nothing changes for anybody but a fresh owner; by guessed and borrowed ids neither."""
    target = make_role(session, community, "host", "target@example.org")
    held = session.scalars(select(Role).where(Role.person_id == target.id)).one()
    elsewhere = make_community(session)
    foreign_owner = make_role(session, elsewhere, "owner", "foreign@example.org")
    invite(session, community.id, normalise_address(NEW), "host", by=By.of(owner), site=SITE, now=now)
    invitation = session.scalars(select(RoleInvitation)).one()
    base = path_of(community)
    presses = {
        f"{base}/invite": {"email": "eve@example.org", "role": "owner"},
        f"{base}/{held.public_id}/role": {"role": "owner"},
        f"{base}/{held.public_id}/remove": {},
        f"{base}/invitations/{invitation.public_id}/again": {},
        f"{base}/invitations/{invitation.public_id}/take-back": {},
    }

    def books():
        session.commit()
        return (
            roles_in(session, community), roles_in(session, elsewhere), logged(session),
            [row.digest for row in session.scalars(select(RoleInvitation))],
        )  # fmt: skip

    before = books()
    for role in ("organiser", "host", "helper", "editor", "foreign", None):
        client = app.test_client()
        if role == "foreign":
            sign_in(client, session, foreign_owner)
        elif role:
            person = make_role(session, community, role, f"{role}-tries@example.org")
            sign_in(client, session, person)
        token = token_in(client.get("/organise/account").text) if role else "x"
        for path, fields in presses.items():
            answer = client.post(path, data={"csrf_token": token, **fields})
            expected = {"foreign": (404,), None: (302, 303, 403)}.get(role, (403,))
            assert answer.status_code in expected, (role, path)
        seen = client.get(base).status_code
        assert seen == {"organiser": 200, "foreign": 404, None: 302}.get(role, 403)
        if role and role != "foreign":
            session.delete(session.scalars(select(Role).where(Role.person_id == person.id)).one())
    assert books() == before
    boss = app.test_client()
    sign_in(boss, session, foreign_owner)
    token = token_in(boss.get("/organise/account").text)
    for borrowed in (f"{path_of(elsewhere)}/{held.public_id}/remove", f"{path_of(elsewhere)}/{held.public_id}/role",
                     f"{path_of(elsewhere)}/invitations/{invitation.public_id}/take-back",
                     f"{path_of(elsewhere)}/invitations/{invitation.public_id}/again",
                     f"/organise/account/roles/{held.public_id}/leave", f"{path_of(elsewhere)}/x/remove"):  # fmt: skip
        assert boss.post(borrowed, data={"csrf_token": token, "role": "owner"}).status_code == 404, borrowed
    assert books() == before


def test_a_proof_that_is_older_than_an_hour_is_asked_for_again(app, session, community, owner, now):
    client = app.test_client()
    sign_in(client, session, owner, confirmed_at=now - timedelta(hours=1))
    page = client.get(path_of(community)).text
    assert "still you" in page
    assert "Send the invitation" not in page
    token = token_in(page)
    answer = client.post(f"{path_of(community)}/invite", data={"csrf_token": token, "email": NEW, "role": "host"})
    assert answer.status_code == 403
    assert "/sign-in/again?next=" in answer.text
    assert NEW in answer.text, "nothing typed is lost"
    assert session.scalars(select(RoleInvitation.id)).all() == []


def test_an_owner_who_lost_the_role_meanwhile_changes_nothing(session, community, owner, now):
    """What a page showed is asked again inside the transaction."""
    second = make_role(session, community, "owner", "second@example.org")
    make_role(session, community, "host", "host@example.org")
    held = {row.person_id: row for row in session.scalars(select(Role))}
    held[owner.id].role = "organiser"
    session.flush()
    with pytest.raises(DomainError):
        remove_role(session, community.id, held[second.id].public_id, by=By.of(owner), now=now)
    with pytest.raises(DomainError):
        invite(session, community.id, normalise_address(NEW), "owner", by=By.of(owner), site=SITE, now=now)


def test_a_removal_ends_the_link_that_waits_in_the_mail(session, community, owner, now):
    colleague = make_role(session, community, "host")
    session.add(
        SignInLink(digest="d", code_digest="c", browser="", person_id=colleague.id, tries=0, created_at=now,
                   expires_at=now + timedelta(minutes=10))
    )  # fmt: skip
    held = session.scalars(select(Role).where(Role.person_id == colleague.id)).one()
    remove_role(session, community.id, held.public_id, by=By.of(owner), now=now)
    assert session.scalars(select(SignInLink)).all() == []


def test_accepting_what_one_has_meanwhile_keeps_the_role(session, community, owner, now):
    invite(session, community.id, normalise_address(NEW), "helper", by=By.of(owner), site=SITE, now=now)
    make_role(session, community, "organiser", NEW)
    accept(session, secret_of(session), "", now=now)
    assert roles_in(session, community)[NEW] == "organiser"


def test_who_may_give_no_roles_any_more_leaves_no_way_in_behind(session, community, owner, now):
    """An owner who was removed, or made something else, cannot come back by a friend whom they invited before."""
    second = make_role(session, community, "owner", "second@example.org")
    kept = invited(session, community, owner, "kept@example.org", now)
    for number in range(2):
        held = session.scalars(select(Role).where(Role.person_id == second.id)).one()
        held.role = "owner"
        secret = invited(session, community, second, f"friend{number}@example.org", now)
        if number == 0:
            change_role(session, community.id, held.public_id, "host", by=By.of(owner), now=now)
        else:
            remove_role(session, community.id, held.public_id, by=By.of(owner), now=now)
        with pytest.raises(NotFound):
            accept(session, secret, "", now=now)
    accept(session, kept, "", now=now)
    assert sorted(roles_in(session, community).values()) == ["host", "owner"]


def invited(session, community, by, address, now):
    invite(session, community.id, normalise_address(address), "host", by=By.of(by), site=SITE, now=now)
    return secret_of(session)


def test_an_invitation_that_was_forwarded_opens_nothing_else(app, session, community, boss):
    """Who has a role elsewhere signs in the usual way: the link lives for days."""
    make_role(session, make_community(session), "owner", NEW)
    boss(f"{path_of(community)}/invite", email=NEW, role="helper")
    somebody = app.test_client()
    assert somebody.post(f"/invitations/{secret_of(session)}", data={"name": "Cy"}).location == "/organise"
    assert roles_in(session, community)[NEW] == "helper"
    assert somebody.get("/organise").location.startswith("/sign-in")
