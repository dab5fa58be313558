"""pages worth sharing: access notes, the questions people ask, words to search, the next edge in time

Revision: 0002
After: 0001
"""

import unicodedata
from collections import defaultdict

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = {"events": ("access_notes", "asked_often", "search_text"), "communities": ("access_notes", "asked_often")}
_INDEXED = ("starts_at", "registration_opens_at", "registration_closes_at")


def upgrade() -> None:
    for table, columns in _TABLES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in columns:
                kind, empty = (sa.JSON(), "[]") if name == "asked_often" else (sa.Text(), "")
                batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=empty))
    _write_search_texts()
    for name in _INDEXED:
        op.create_index(op.f(f"ix_events_{name}"), "events", [name])


def downgrade() -> None:
    for name in reversed(_INDEXED):
        op.drop_index(op.f(f"ix_events_{name}"), table_name="events")
    for table, columns in _TABLES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            for name in reversed(columns):
                batch_op.drop_column(name)


_MANY = 400
_EVENTS = """
    SELECT e.id, e.title, e.theme, e.summary, e.place_name, c.name, s.title FROM events e
    JOIN communities c ON c.id = e.community_id LEFT JOIN series s ON s.id = e.series_id
    WHERE e.id > :after ORDER BY e.id LIMIT :many
"""
_SPEAKERS = """
    SELECT event_id, name, talk FROM speakers WHERE event_id BETWEEN :first AND :last ORDER BY event_id, position
"""
_OTHERS = """
    SELECT l.event_id, c.name, '' FROM co_listings l JOIN communities c ON c.id = l.community_id
    WHERE l.event_id BETWEEN :first AND :last
"""


def _write_search_texts() -> None:
    """Fill `search_text` of the events that are there, as gatherings/events/search.py does for those to come."""
    connection, after = op.get_bind(), 0
    while rows := connection.execute(sa.text(_EVENTS), {"after": after, "many": _MANY}).all():
        after, more = rows[-1][0], defaultdict(list)
        for query in (_SPEAKERS, _OTHERS):
            for event_id, *parts in connection.execute(sa.text(query), {"first": rows[0][0], "last": after}):
                more[event_id] += parts
        connection.execute(
            sa.text("UPDATE events SET search_text = :words WHERE id = :id"),
            [{"id": row[0], "words": _text(*row[1:], *more[row[0]])} for row in rows],
        )


# What gatherings/core/folding.py was when this was written: a migration stands for itself.
_LETTERS = str.maketrans(
    {
        "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h", "ŧ": "t", "ŋ": "ng",
        "ı": "i", "ƒ": "f", "ɨ": "i", "ə": "e", "ɛ": "e", "ɔ": "o", "ɓ": "b", "ɗ": "d", "ƙ": "k", "ĸ": "k",
        "ى": "ي", "ة": "ه", "ک": "ك", "ی": "ي", "ـ": "",
        "'": "", "’": "", "‘": "", "ʻ": "", "ʼ": "", "ʹ": "", "`": "", "´": "", "·": "",
    }
)  # fmt: skip


def _text(*parts: str | None) -> str:
    apart = unicodedata.normalize("NFKD", " ".join(part for part in parts if part)).casefold().translate(_LETTERS)
    folded = unicodedata.normalize("NFC", "".join(_kept(char) for char in apart))
    return f" {' '.join(''.join(char if _in_word(char) else ' ' for char in folded).split())} "


def _kept(char: str) -> str:
    kind = unicodedata.combining(char)
    if kind == 1 or 10 <= kind <= 36 or kind >= 200:
        return ""
    digit = unicodedata.decimal(char, None)
    return char if digit is None else str(digit)


def _in_word(char: str) -> bool:
    return char.isalnum() or (not char.isascii() and unicodedata.category(char) in ("Mn", "Mc", "So", "Sk"))
