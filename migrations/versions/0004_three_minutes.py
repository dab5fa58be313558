"""three minutes

Revision: 0004
After: 0003
"""

import sqlalchemy as sa
from alembic import op

from gatherings.db import types

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presenters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("pronunciation", sa.String(length=300), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_presenters_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_presenters")),
        sa.UniqueConstraint("person_id", name=op.f("uq_presenters_person_id")),
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opens_local", types.WallClock(), nullable=False),
        sa.Column("closes_local", types.WallClock(), nullable=False),
        sa.Column("opens_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closes_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("contact", sa.String(length=300), nullable=False),
        sa.Column("slot_seconds", sa.Integer(), nullable=False),
        sa.Column("least_seconds", sa.Integer(), nullable=False),
        sa.Column("most_seconds", sa.Integer(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("change_seconds", sa.Integer(), nullable=False),
        sa.Column("kept_seconds", sa.Integer(), nullable=False),
        sa.Column("words_a_minute", sa.Integer(), nullable=False),
        sa.Column("asks", sa.JSON(), nullable=False),
        sa.Column("letters", sa.JSON(), nullable=False),
        sa.Column("accepted", sa.Integer(), server_default="0", nullable=False),
        sa.Column("accepted_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("accepted >= 0 AND accepted_seconds >= 0", name=op.f("ck_calls_accepted_not_negative")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_calls_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calls")),
        sa.UniqueConstraint("event_id", name=op.f("uq_calls_event_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_calls_public_id")),
    )
    op.create_table(
        "door_calendars",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("intro", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("opening", sa.String(length=10), nullable=False),
        sa.Column("edits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_door_calendars_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_calendars")),
        sa.UniqueConstraint("event_id", name=op.f("uq_door_calendars_event_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_door_calendars_public_id")),
    )
    op.create_table(
        "running_orders",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("offset_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("change_seconds", sa.Integer(), nullable=False),
        sa.Column("tolerance_seconds", sa.Integer(), nullable=False),
        sa.Column("host_name", sa.String(length=300), nullable=False),
        sa.Column("published_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("tell_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("seen_revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("edits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("undo", sa.JSON(), nullable=False),
        sa.Column("changed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_running_orders_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_running_orders")),
        sa.UniqueConstraint("event_id", name=op.f("uq_running_orders_event_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_running_orders_public_id")),
    )
    with op.batch_alter_table("running_orders", schema=None) as batch_op:
        batch_op.create_index("ix_running_orders_tell", ["tell_at"], unique=False)

    op.create_table(
        "door_followers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("link_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("sent_up_to", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("asked_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["door_calendars.id"], name=op.f("fk_door_followers_calendar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_door_followers_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_door_followers")),
        sa.UniqueConstraint("calendar_id", "person_id", name=op.f("uq_door_followers_calendar_id_person_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_door_followers_public_id")),
    )
    with op.batch_alter_table("door_followers", schema=None) as batch_op:
        batch_op.create_index("ix_door_followers_next", ["next_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_door_followers_person_id"), ["person_id"], unique=False)

    op.create_table(
        "submissions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("call_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("told", sa.String(length=10), server_default="", nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("pronunciation", sa.String(length=300), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("ask", sa.String(length=500), nullable=False),
        sa.Column("links", sa.JSON(), nullable=False),
        sa.Column("script", sa.Text(), nullable=False),
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("recording", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("recording_words", sa.Text(), nullable=False),
        sa.Column("typed", sa.JSON(), nullable=False),
        sa.Column("typed_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("typed_late", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reserve_number", sa.Integer(), nullable=True),
        sa.Column("letter", sa.JSON(), nullable=False),
        sa.Column("link_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("edits", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sent_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("told_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reminded_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("erased_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_submissions_call_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_submissions_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submissions")),
        sa.UniqueConstraint("public_id", name=op.f("uq_submissions_public_id")),
    )
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.create_index("ix_submissions_call", ["call_id", "state", "id"], unique=False)
        batch_op.create_index(batch_op.f("ix_submissions_person_id"), ["person_id"], unique=False)

    op.create_table(
        "co_presenters",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("link_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_co_presenters_person_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_co_presenters_submission_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_co_presenters")),
        sa.UniqueConstraint("public_id", name=op.f("uq_co_presenters_public_id")),
        sa.UniqueConstraint("submission_id", "person_id", name=op.f("uq_co_presenters_submission_id_person_id")),
    )
    with op.batch_alter_table("co_presenters", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_co_presenters_person_id"), ["person_id"], unique=False)

    op.create_table(
        "remarks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_remarks_person_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_remarks_submission_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_remarks")),
        sa.UniqueConstraint("public_id", name=op.f("uq_remarks_public_id")),
    )
    with op.batch_alter_table("remarks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_remarks_person_id"), ["person_id"], unique=False)
        batch_op.create_index("ix_remarks_submission", ["submission_id", "id"], unique=False)

    op.create_table(
        "running_items",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("speakers", sa.String(length=300), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("recording_url", sa.String(length=1000), nullable=True),
        sa.Column("began_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("paused_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("extended_seconds", sa.Integer(), server_default="0", nullable=False),
        sa.Column("skipped", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(
            ["order_id"], ["running_orders.id"], name=op.f("fk_running_items_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_running_items_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_running_items")),
        sa.UniqueConstraint("public_id", name=op.f("uq_running_items_public_id")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_running_items_submission_id")),
    )
    with op.batch_alter_table("running_items", schema=None) as batch_op:
        batch_op.create_index("ix_running_items_order", ["order_id", "position"], unique=False)

    op.create_table(
        "scores",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_scores_person_id")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_scores_submission_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scores")),
        sa.UniqueConstraint("submission_id", "person_id", name=op.f("uq_scores_submission_id_person_id")),
    )
    with op.batch_alter_table("scores", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scores_person_id"), ["person_id"], unique=False)

    op.create_table(
        "slides",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_slides_submission_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slides")),
        sa.UniqueConstraint("public_id", name=op.f("uq_slides_public_id")),
        sa.UniqueConstraint("submission_id", name=op.f("uq_slides_submission_id")),
    )
    op.create_table(
        "doors",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("calendar_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("url", sa.String(length=1000), nullable=True),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("picture", sa.LargeBinary(), nullable=True),
        sa.Column("picture_id", sa.String(length=22), nullable=True),
        sa.Column("picture_alt", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["door_calendars.id"], name=op.f("fk_doors_calendar_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["item_id"], ["running_items.id"], name=op.f("fk_doors_item_id"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_doors")),
        sa.UniqueConstraint("calendar_id", "number", name=op.f("uq_doors_calendar_id_number")),
        sa.UniqueConstraint("picture_id", name=op.f("uq_doors_picture_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_doors_public_id")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=True),
        sa.Column("item_since", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("item_extended", sa.Integer(), server_default="0", nullable=False),
        sa.Column("paused_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("turn", sa.Integer(), server_default="0", nullable=False),
        sa.Column("pressed_by", sa.String(length=300), nullable=False),
        sa.Column("pressed_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("pressed", sa.String(length=20), nullable=False),
        sa.Column("began_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.Column("rehearsal", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["running_items.id"], name=op.f("fk_runs_item_id"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["order_id"], ["running_orders.id"], name=op.f("fk_runs_order_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("order_id", name=op.f("uq_runs_order_id")),
    )
    op.create_table(
        "slot_invites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("public_id", sa.String(length=22), nullable=False),
        sa.Column("submission_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("co_presenter_id", sa.Integer(), nullable=True),
        sa.Column("invite_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=900), server_default="", nullable=False),
        sa.Column("link_version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("told_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("cancelled_at", types.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["co_presenter_id"], ["co_presenters.id"], name=op.f("fk_slot_invites_co_presenter_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["invite_id"], ["invites.id"], name=op.f("fk_slot_invites_invite_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_slot_invites_person_id")),
        sa.ForeignKeyConstraint(["submission_id"], ["submissions.id"], name=op.f("fk_slot_invites_submission_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_invites")),
        sa.UniqueConstraint("public_id", name=op.f("uq_slot_invites_public_id")),
        sa.UniqueConstraint("submission_id", "person_id", name=op.f("uq_slot_invites_submission_id_person_id")),
    )
    with op.batch_alter_table("slot_invites", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_slot_invites_person_id"), ["person_id"], unique=False)

    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("offers", sa.String(length=60), server_default="", nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.drop_column("offers")

    with op.batch_alter_table("slot_invites", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_slot_invites_person_id"))

    op.drop_table("slot_invites")
    op.drop_table("runs")
    op.drop_table("doors")
    op.drop_table("slides")
    with op.batch_alter_table("scores", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scores_person_id"))

    op.drop_table("scores")
    with op.batch_alter_table("running_items", schema=None) as batch_op:
        batch_op.drop_index("ix_running_items_order")

    op.drop_table("running_items")
    with op.batch_alter_table("remarks", schema=None) as batch_op:
        batch_op.drop_index("ix_remarks_submission")
        batch_op.drop_index(batch_op.f("ix_remarks_person_id"))

    op.drop_table("remarks")
    with op.batch_alter_table("co_presenters", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_co_presenters_person_id"))

    op.drop_table("co_presenters")
    with op.batch_alter_table("submissions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_submissions_person_id"))
        batch_op.drop_index("ix_submissions_call")

    op.drop_table("submissions")
    with op.batch_alter_table("door_followers", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_door_followers_person_id"))
        batch_op.drop_index("ix_door_followers_next")

    op.drop_table("door_followers")
    with op.batch_alter_table("running_orders", schema=None) as batch_op:
        batch_op.drop_index("ix_running_orders_tell")

    op.drop_table("running_orders")
    op.drop_table("door_calendars")
    op.drop_table("calls")
    op.drop_table("presenters")
