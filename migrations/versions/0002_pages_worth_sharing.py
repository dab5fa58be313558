"""pages worth sharing: access notes, the questions people ask, words to search

Revision: 0002
After: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = {"events": ("access_notes", "asked_often", "search_text"), "communities": ("access_notes", "asked_often")}


def upgrade() -> None:
    for table, columns in _TABLES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in columns:
                kind, empty = (sa.JSON(), "[]") if name == "asked_often" else (sa.Text(), "")
                batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=empty))


def downgrade() -> None:
    for table, columns in _TABLES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in reversed(columns):
                batch_op.drop_column(name)
