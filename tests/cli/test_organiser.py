"""`gatherings organiser`: gives roles, and prints a link that signs in once."""

from sqlalchemy import select

from gatherings.accounts.models import Person
from gatherings.audit.models import LogEntry
from gatherings.communities.models import Role
from tests.factories import make_community


def roles(session):
    session.commit()
    return session.execute(
        select(Person.address, Person.name, Role.role).join(Role, Role.person_id == Person.id).order_by(Role.id)
    ).all()


def test_the_first_owner_comes_in_by_the_printed_link(command, session, client):
    community = make_community(session)
    session.commit()
    done = command("organiser", "add", "nicki@example.org", "--community", community.slug, "--name", "Nicki")
    assert done.exit_code == 0
    assert roles(session) == [("nicki@example.org", "Nicki", "owner")]
    link = done.stdout.split()[-1]
    assert link.startswith("http://gatherings.test/sign-in/")
    path = link.removeprefix("http://gatherings.test")
    page = client.get(path)
    assert page.status_code == 200
    assert "another browser" not in page.text
    assert client.post(path).location == "/organise"
    assert client.get(f"/organise/communities/{community.slug}/team").status_code == 200
    assert client.post(path).status_code == 404
    session.commit()
    assert session.scalars(select(LogEntry.action).where(LogEntry.actor == "command")).all() == ["give_role"]


def test_a_role_is_changed_but_not_the_last_owners(command, session):
    slug = make_community(session).slug
    session.commit()
    command("organiser", "add", "nicki@example.org", "--community", slug)
    refused = command("organiser", "add", "NICKI@example.org", "--community", slug, "--role", "host")
    assert refused.exit_code == 1
    assert "make somebody else an owner first" in refused.stderr
    command("organiser", "add", "bo@example.org", "--community", slug)
    assert command("organiser", "add", "nicki@example.org", "--community", slug, "--role", "host").exit_code == 0
    assert [row[2] for row in roles(session)] == ["host", "owner"]


def test_what_is_not_there_is_said(command, session):
    slug = make_community(session).slug
    session.commit()
    for arguments, status, words in (
        (("nicki@example.org", "--community", "nowhere"), 1, "There is no community"),
        (("nobody", "--community", slug), 1, "@ sign"),
        (("nicki@example.org", "--community", slug, "--role", "emperor"), 2, "emperor"),
        (("nicki@example.org",), 2, "--community"),
    ):
        done = command("organiser", "add", *arguments)
        assert done.exit_code == status
        assert words in done.stderr
    assert roles(session) == []
