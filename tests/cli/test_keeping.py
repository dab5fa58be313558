"""`gatherings load` and `gatherings retime`: what they say, their status, and that looking changes nothing."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from gatherings.communities.models import Community
from gatherings.events.models import Event, EventChange
from tests.factories import make_event, make_series
from tests.zone_rules import VERSION, make_folder

PROGRAMME = """\
format: gatherings/1
communities:
  - slug: circle
    name: The Circle
    accent: moss
    zone: Europe/London
    sender: The Circle
events:
  - slug: an-evening
    community: circle
    title: An evening
    summary: We meet.
    starts: 2030-12-15 18:00
    minutes: 60
    zone: Europe/London
    mode: online
    places: {online: null}
    join: https://meet.example.org/evening
"""


@pytest.fixture
def programme(tmp_path):
    file = tmp_path / "programme.yaml"
    file.write_text(PROGRAMME)
    return file


def test_a_programme_is_loaded_and_said(command, session, programme):
    done = command("load", programme)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "circle" in done.stdout
    assert "an-evening" in done.stdout
    assert session.scalars(select(Event.slug)).all() == ["an-evening"]


def test_twice_the_same_file_changes_nothing(command, session, programme):
    first = command("load", programme)
    version = session.scalar(select(Community.version))
    session.rollback()
    again = command("load", programme)
    assert again.exit_code == 0
    assert again.stdout != first.stdout
    assert "an-evening" not in again.stdout
    assert session.scalar(select(Community.version)) == version
    assert session.scalar(select(func.count(Event.id))) == 1


def test_a_file_with_a_mistake_loads_nothing_and_names_it(command, session, programme):
    programme.write_text(PROGRAMME.replace("zone: Europe/London\n    mode", "zone: Atlantis/Capital\n    mode"))
    done = command("load", programme)
    assert (done.exit_code, done.stdout) == (1, "")
    lines = done.stderr.splitlines()
    assert lines[-1] == "Nothing was loaded."
    line = PROGRAMME.splitlines().index("    zone: Europe/London", 6) + 1
    assert any("programme.yaml" in each and str(line) in each and "zone" in each for each in lines[:-1])
    assert session.scalar(select(func.count(Community.id))) == 0


@pytest.mark.parametrize("text", ["", "- : [", "just words", "communities: {}", "\x00", "events:\n\t- x"])
def test_what_is_no_programme_is_told_in_words(command, session, programme, text):
    programme.write_text(text)
    done = command("load", programme)
    assert done.exit_code in (0, 1)
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    assert done.exit_code == 0 or done.stderr.endswith("Nothing was loaded.\n")
    assert session.scalar(select(func.count(Community.id))) == 0


def test_a_file_that_is_not_there_is_told_in_words(command, tmp_path):
    for path in (tmp_path / "nothing.yaml", tmp_path):
        done = command("load", path)
        assert done.exit_code == 1
        assert "Traceback" not in done.output
        assert isinstance(done.exception, SystemExit)
        assert done.stderr.endswith("Nothing was loaded.\n")


# --- retime --------------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    return make_folder(tmp_path / "zoneinfo")


@pytest.fixture
def winter(session):
    """An event in a winter to come, and one in its summer."""
    event = make_event(session, slug="winter", starts_local=datetime(2030, 12, 15, 18))
    make_event(session, slug="summer", starts_local=datetime(2030, 6, 15, 18))
    session.commit()
    return event


MOVED = "winter: 2030-12-15 18:00 in Europe/London is now 2030-12-15 17:00 UTC (was 2030-12-15 18:00 UTC).\n"


def test_under_the_pinned_rules_no_event_moved(command, winter):
    done = command("retime")
    assert done.exit_code == 0
    assert done.stdout.startswith("Zone rules: tzdata 20")
    assert done.stdout.endswith(".\nNo event moved.\n")


def test_other_rules_are_tried_without_changing_anything(command, session, winter, folder):
    done = command("retime", "--zoneinfo", folder)
    assert (done.exit_code, done.stdout) == (
        0, f"Zone rules: tzdata {VERSION}.\n{MOVED}"
        "1 moved; nothing was changed. Use --apply to update them and their invites.\n",
    )  # fmt: skip
    session.expire_all()
    assert (winter.starts_at, winter.revision) == (datetime(2030, 12, 15, 18, tzinfo=UTC), 0)
    assert session.scalars(select(EventChange)).all() == []


def test_applying_updates_what_moved_once(command, session, winter, folder):
    done = command("retime", "--zoneinfo", folder, "--apply")
    assert (done.exit_code, done.stdout) == (
        0, f"Zone rules: tzdata {VERSION}.\n{MOVED}"
        "1 updated; those registered get one mail with the updated invite.\n",
    )  # fmt: skip
    session.expire_all()
    assert (winter.starts_at, winter.revision) == (datetime(2030, 12, 15, 17, tzinfo=UTC), 1)
    assert command("retime", "--zoneinfo", folder, "--apply").stdout.endswith("No event moved.\n")


def test_a_folder_that_is_not_there_is_refused(command, tmp_path):
    done = command("retime", "--zoneinfo", tmp_path / "nothing")
    assert done.exit_code == 2
    assert "does not exist" in done.stderr


def test_rewriting_brings_a_new_address_into_every_entry(command, session, winter):
    make_series(session)
    session.commit()
    done = command("retime", "--rewrite", BASE_URL="https://new.example.org")
    assert done.exit_code == 0
    assert done.stdout.startswith("All calendar entries were written afresh.\n")
    session.expire_all()
    for block in session.scalars(select(Event.calendar_block)):
        assert b"https://new.example.org/" in block
        assert b"gatherings.test/" not in block
