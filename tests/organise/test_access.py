"""Each screen of organisers, as each role, as an outsider and signed out."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.factories import make_community, make_event
from tests.signing import make_role, sign_in, token_in


def test_signed_out_is_led_to_the_sign_in_page_and_back(client: FlaskClient, session: Session) -> None:
    event = make_event(session)
    answer = client.get(f"/organise/events/{event.slug}?x=1")
    assert (answer.status_code, answer.location) == (302, f"/sign-in?next=/organise/events/{event.slug}%3Fx%3D1")


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("organiser", 200), ("host", 200), ("helper", 403), ("editor", 200)]
)
def test_overview_by_role(client: FlaskClient, session: Session, role: str, status: int) -> None:
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community, role))
    answer = client.get(f"/organise/events/{event.slug}")
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_address_with_a_sign_that_no_name_has_names_nothing(client: FlaskClient, session: Session) -> None:
    """C17: PostgreSQL takes no NUL in a text; it is refused before it is asked."""
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community, "owner"))
    base = f"/organise/communities/{event.community.slug}"
    token = token_in(client.get("/organise/account").text)
    for path in (f"{base}/members/a%00b", f"{base}/members/a%00b/remove", f"{base}/team/a%00b/remove"):
        assert client.get(path).status_code == 404, path
    for path in (
        "/organise/account/sessions/a%00b/end", f"{base}/team/a%00b/remove", f"{base}/team/a%00b/role",
        f"{base}/team/invitations/a%00b/again", f"{base}/team/invitations/a%00b/take-back",
        f"{base}/members/a%00b/send",
    ):  # fmt: skip
        assert client.post(path, data={"csrf_token": token, "role": "host"}).status_code == 404, path
    for path in (f"{base}/members?after=a%00b", f"{base}/clocks?event=a%00b"):
        assert client.get(path).status_code == 200, path


def test_an_organiser_of_another_community_finds_nothing(client: FlaskClient, session: Session) -> None:
    event = make_event(session)
    sign_in(client, session, make_role(session, make_community(session), "owner"))
    for path in (f"/organise/events/{event.slug}", f"/organise/communities/{event.community.slug}"):
        assert client.get(path).status_code == 404
