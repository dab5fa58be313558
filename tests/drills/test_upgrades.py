"""Upgrade with data, one step back, and up again (bar B18)."""

import hashlib
import shutil
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import Integer, MetaData, Table, select

from gatherings.accounts.models import Person
from gatherings.app import data_folder
from gatherings.calls.models import Slide
from gatherings.cli.checking import schema_problem, wrong_counts
from gatherings.communities.models import Community
from gatherings.core.clock import utc_now
from gatherings.core.tokens import new_public_id
from gatherings.db.session import current_session, db, transact
from gatherings.live.models import Run
from gatherings.payments.actions.settling import settle
from gatherings.payments.providers import Seen
from gatherings.slots.actions.telling import tell
from tests.dooring import make_calendar, make_follower
from tests.drills.houses import month_ahead
from tests.factories import (
    SITE,
    dates_of,
    make_community,
    make_event,
    make_registration,
    make_series,
    make_series_registration,
)
from tests.ordering import make_order as buy
from tests.slotting import make_call, make_co_presenter, make_item, make_order, make_submission
from tests.ticketing import festival, make_code, make_seller

# Of short slots: what a step of another table must leave alone.
NEW = ("calls", "submissions", "co_presenters", "slides", "running_orders", "running_items", "slot_invites", "runs",
       "door_calendars", "doors", "door_followers", "sales", "ticket_kinds", "codes", "orders", "tickets", "sellers",
       "payments", "documents")  # fmt: skip

# A migration as the next ones will be: it recreates a table that others refer to, and an index.
TRIAL = '''
"""trial"""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "trial", "{head}", None, None

def how():
    return "always" if op.get_context().dialect.name == "sqlite" else "auto"

def upgrade():
    with op.batch_alter_table("events", recreate=how()) as batch:
        batch.add_column(sa.Column("trial", sa.Integer(), server_default="7", nullable=False))
        batch.create_index("ix_trial", ["trial"])

def downgrade():
    with op.batch_alter_table("events", recreate=how()) as batch:
        batch.drop_index("ix_trial")
        batch.drop_column("trial")
'''


def contents(leave_out: str = "trial") -> dict[str, tuple[int, int, str]]:
    """Give for each table the number of rows, the sum of its whole numbers, and a digest of everything."""
    found: dict[str, tuple[int, int, str]] = {}
    metadata = MetaData()
    metadata.reflect(db.engine)
    with db.engine.connect() as connection:
        for table in metadata.sorted_tables:
            if table.name == "alembic_version":
                continue
            found[table.name] = _digest(connection, table, leave_out)
    return found


def _digest(connection: Any, table: Table, leave_out: str) -> tuple[int, int, str]:
    columns = sorted((column for column in table.columns if column.name != leave_out), key=lambda one: one.name)
    rows = connection.execute(select(*columns).order_by(*table.primary_key.columns)).all()
    numbers = [at for at, column in enumerate(columns) if isinstance(column.type, Integer)]
    total = sum(row[at] or 0 for row in rows for at in numbers)
    return len(rows), total, hashlib.sha256(repr([tuple(row) for row in rows]).encode()).hexdigest()


def fill(app: Flask) -> None:
    now = utc_now()
    with app.app_context():
        session = current_session()
        session.connection(execution_options={"writing": True})
        community = make_community(session)
        event = make_event(session, community, now=now, starts_local=month_ahead(), capacity_online=3)
        for number in range(6):
            make_registration(session, event, address=f"up{number}@example.org", now=now)
        series = make_series(session, community, now=now)
        make_series_registration(session, dates_of(session, series, now=now)[0], now=now)
        session.commit()
        session.close()


def fill_slots(app: Flask) -> None:
    """Add a call with a submission and its slide, an order that is being held, and doors that somebody follows."""
    now = utc_now()
    with app.app_context():
        session = current_session()
        session.connection(execution_options={"writing": True})
        event = make_event(session, now=now, starts_local=month_ahead())
        call = make_call(session, event)
        one = make_submission(session, call, state="accepted", told="accepted")
        make_co_presenter(session, one, "mathieu@example.org", "Mathieu")
        written = {"public_id": new_public_id(), "width": 2, "height": 1, "data": bytes(range(256)), "created_at": now}
        session.add(Slide(submission_id=one.id, **written))
        order = make_order(session, event, [one], published_at=now)
        item = make_item(session, order, 2, kind="closing", began_at=now)
        session.add(Run(order_id=order.id, state="running", item_id=item.id, item_since=now, pressed_at=now,
                        began_at=now, turn=2))  # fmt: skip
        make_follower(session, make_calendar(session, event), session.get_one(Person, one.person_id))
        session.commit()
        transact(tell, order.id, SITE, now=now)
        session.close()


def fill_tickets(app: Flask) -> None:
    """Add a sale with an order that was paid by card, and its papers."""
    now = utc_now()
    with app.app_context():
        session = current_session()
        session.connection(execution_options={"writing": True})
        event, kind = festival(session)
        make_seller(session, session.get_one(Community, event.community_id))
        make_code(session, event)
        order = buy(session, event, kind, codes=("PRESENTER",), now=now)
        seen = Seen("cs_1", "complete", True, False, order.total, "SEK", order.public_id, payment="pi_1", paid_at=now)
        settle(session, order.id, seen, SITE, now=now)
        session.commit()
        session.close()


@pytest.fixture
def folder_of_tomorrow(tmp_path: Path) -> Path:
    """Our migrations with one more."""
    folder = tmp_path / "migrations"
    shutil.copytree(data_folder("migrations"), folder, ignore=shutil.ignore_patterns("__pycache__"))
    head = ScriptDirectory(str(folder)).get_current_head()
    (folder / "versions" / "trial.py").write_text(TRIAL.format(head=head))
    return folder


def test_upgrade_with_data_goes_one_step_back_and_up_again(app, folder_of_tomorrow):
    fill(app)
    fill_slots(app)
    fill_tickets(app)
    with app.app_context():
        before = contents()
        assert before["registrations"][0] >= 7
        assert {name for name in NEW if not before[name][0]} == set()
        for step in (upgrade, downgrade, upgrade, downgrade):
            step(directory=str(folder_of_tomorrow))
            db.engine.dispose()
            assert contents() == before
        assert schema_problem() is None
        assert list(wrong_counts(current_session())) == []


def test_every_migration_has_a_tested_way_back_with_data(app):
    fill(app)
    scripts = ScriptDirectory(str(data_folder("migrations")))
    steps = [script for script in scripts.walk_revisions() if script.down_revision is not None]
    with app.app_context():
        before = contents()
        for script in steps:
            downgrade(revision=str(script.down_revision))
            db.engine.dispose()
            upgrade(revision=script.revision)
            db.engine.dispose()
        upgrade()
        db.engine.dispose()
        after = contents()
        assert {name: rows for name, (rows, _, _) in after.items()} == {
            name: rows for name, (rows, _, _) in before.items()
        }
        assert [after[name] for name in ("registrations", "events", "places", "people")] == [
            before[name] for name in ("registrations", "events", "places", "people")
        ]


def test_newer_schema_is_named_in_words(app, folder_of_tomorrow):
    with app.app_context():
        upgrade(directory=str(folder_of_tomorrow))
        db.engine.dispose()
        problem = schema_problem()
    assert problem is not None
    assert "newer version" in problem
