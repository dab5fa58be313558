"""Taking the list away: what it holds, who may, what no spreadsheet runs."""

import csv
import io
import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from gatherings.audit.models import LogEntry
from gatherings.core.clock import utc_now
from tests.factories import make_community, make_consent, make_event, make_question, make_registration
from tests.signing import make_role, sign_in

CHOICES = {"choices": [{"key": "vegan", "label": "Vegan; no eggs"}, {"key": "fish", "label": "=Fish"}]}


@pytest.fixture
def event(client, session):
    made = make_event(session, mode="hybrid", capacity_room=1)
    sign_in(client, session, make_role(session, made.community))
    return made


def read(text: str) -> list[dict[str, str]]:
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True))


def test_the_csv_holds_what_is_chosen_of_what_is_shown(client, session, event):
    food = make_question(session, event, "many_of", options=CHOICES, label="What?")
    number = make_question(session, event, "number", label="-How many?")
    every = [food.id, number.id]
    consent = make_consent(session, event, text="Photographs?")
    vegan, fish = CHOICES["choices"]
    make_registration(
        session, event, name="O'Brien, “Zoë” <b>", wish="room", answers={every[0]: [vegan, fish], every[1]: -5},
        consents=frozenset({consent.key}),
    )  # fmt: skip
    make_registration(session, event, address="bob@example.org", name="محمد", zone="Asia/Kathmandu", wish="room")
    make_registration(session, event, address="cyd@example.org", name="Cyd", wish="online")
    base = f"/organise/events/{event.slug}/registrations"
    answer = client.get(f"{base}/export.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{event.slug}-registrations.csv"'
    assert (answer.headers["Cache-Control"], answer.headers["X-Content-Type-Options"]) == ("no-store", "nosniff")
    first, second, third = read(answer.text)
    assert first["Name"] == "O'Brien, “Zoë” <b>"
    assert (first["E-mail"], first["State"], first["Comes"]) == ("ada@example.org", "confirmed", "room")
    assert (first["What?"], first["'-How many?"], first["Agreed: Photographs?"]) == (
        "Vegan; no eggs; =Fish",
        "-5",
        "yes",
    )
    assert first["Begins there"] == "2026-12-16 07:00"
    assert (second["Name"], second["Waiting number"], second["Country"]) == ("محمد", "1", "Nepal")
    assert (second["Comes"], third["First time"], third["Waiting number"]) == ("online", "yes", "")
    assert answer.text.count("\r\n") == 4
    # Narrowed and chosen as the address says.
    answer = client.get(f"{base}/export.csv?state=waiting&columns=zone&columns=name&columns=moon")
    assert answer.text == '\ufeff"Name","Time zone"\r\n"محمد","Asia/Kathmandu"\r\n'
    found = client.get(f"{base}/export.json?words=O%27Brien").get_json()
    assert found["event"]["slug"] == event.slug
    (row,) = found["registrations"]
    assert row["answers"] == {"What?": "Vegan; no eggs; =Fish", "-How many?": -5}
    assert (row["name"], row["waiting"]) == ("O'Brien, “Zoë” <b>", None)
    log = session.scalars(select(LogEntry).where(LogEntry.action == "registrations-exported")).all()
    assert [(entry.details["how"], entry.details["rows"], entry.details["narrowed"]) for entry in log] == [
        ("csv", 3, {}), ("csv", 1, {"state": "waiting"}), ("json", 1, {"words": "yes"}),
    ]  # fmt: skip
    assert log[1].details["columns"] == ["name", "zone"]
    assert "brien" not in json.dumps([entry.details for entry in log]).lower()


def test_no_cell_runs_a_formula(client, session, event):
    question = make_question(session, event, "long_text", label="=1+1")
    bad = ["=1+1", "+44 1", "-x", "@sum", "＝1", "＋1", "'=1", "-12.5", "+3", "a\n=b"]
    for number, text in enumerate(bad):
        make_registration(
            session, event, address=f"p{number}@example.org", name=f"=H{number}", answers={question.id: text}
        )
    rows = read(client.get(f"/organise/events/{event.slug}/registrations/export.csv").text)
    heading = "'=1+1"
    assert [row[heading] for row in rows] == [
        "'=1+1", "'+44 1", "'-x", "'@sum", "'＝1", "'＋1", "''=1", "-12.5", "+3", "a\n=b",
    ]  # fmt: skip
    assert {row["Name"][:2] for row in rows} == {"'="}


def test_the_page_remembers_columns_in_its_address(client, session, event):
    base = f"/organise/events/{event.slug}/registrations"
    page = client.get(f"{base}/export").text
    assert 'value="name" checked' in page
    page = client.get(f"{base}/export?columns=zone&side=room&words=%3Cb%3E").text
    assert 'value="zone" checked' in page
    assert 'value="name" checked' not in page
    assert '<input type="hidden" name="words" value="&lt;b&gt;">' in page
    assert "No e-mail" not in page


def test_ten_an_hour_and_looking_at_the_head_counts_for_none(client, event):
    path = f"/organise/events/{event.slug}/registrations/export.csv"
    for _ in range(11):
        assert client.head(path).status_code == 200
    assert [client.get(path).status_code for _ in range(11)] == [200] * 10 + [429]


def test_an_export_asks_for_a_young_proof_of_who_one_is(client, session):
    event = make_event(session)
    sign_in(client, session, make_role(session, event.community), confirmed_at=utc_now() - timedelta(hours=2))
    base = f"/organise/events/{event.slug}/registrations"
    for kind in ("csv", "json"):
        answer = client.get(f"{base}/export.{kind}")
        assert (answer.status_code, answer.location.split("?")[0]) == (302, "/sign-in/again")
    assert client.get(f"{base}/export").status_code == 200


def test_the_list_to_print_has_names_and_no_addresses(client, session):
    event = make_event(session, mode="hybrid", capacity_room=1)
    sign_in(client, session, make_role(session, event.community, "host"))
    for number, name in enumerate(("Zoë & Sons <3", "Ada", "李雷")):
        make_registration(session, event, address=f"p{number}@example.org", name=name, wish="room")
    path = f"/organise/events/{event.slug}/registrations/print"
    page = client.get(path).text
    assert "Zoë &amp; Sons &lt;3" in page
    assert "@example.org" not in page
    assert page.index("Ada") < page.index("Zoë")
    assert "Nobody is on this list" in client.get(f"{path}?words=p1%40example.org").text
    assert "李雷" in client.get(f"{path}?state=waiting").text


def test_who_may_export_and_print(app, session):
    event = make_event(session)
    community = event.community
    make_registration(session, event)
    base = f"/organise/events/{event.slug}/registrations"
    may = {"owner": (200, 200), "organiser": (200, 200), "host": (403, 200), "helper": (403, 403), "editor": (403, 403)}
    people = {role: make_role(session, community, role) for role in may}
    people["outsider"] = make_role(session, make_community(session), "owner", "far@example.org")
    for role, person in people.items():
        client = app.test_client()
        sign_in(client, session, person)
        exports, prints = may.get(role, (404, 404))
        assert {client.get(f"{base}/{name}").status_code for name in ("export", "export.csv", "export.json")} == {
            exports
        }
        assert client.get(f"{base}/print").status_code == prints
    nobody = app.test_client()
    assert {nobody.get(f"{base}/{name}").status_code for name in ("export", "export.csv", "export.json", "print")} == {
        302
    }
