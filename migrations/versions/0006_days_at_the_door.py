"""Days at the door; when organisers were told of applications

Revision: 0006
After: 0005
"""

import sqlalchemy as sa
from alembic import op

from gatherings.db import types

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "earlier_arrivals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("registration_id", sa.Integer(), nullable=False),
        sa.Column("attended_at", types.UtcDateTime(timezone=True), nullable=False),
        sa.Column("attended_how", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration_id"],
            ["registrations.id"],
            name=op.f("fk_earlier_arrivals_registration_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_earlier_arrivals")),
        sa.UniqueConstraint(
            "registration_id", "attended_at", name=op.f("uq_earlier_arrivals_registration_id_attended_at")
        ),
    )
    with op.batch_alter_table("roles", schema=None) as batch_op:
        batch_op.add_column(sa.Column("applications_told_at", types.UtcDateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("roles", schema=None) as batch_op:
        batch_op.drop_column("applications_told_at")

    op.drop_table("earlier_arrivals")
