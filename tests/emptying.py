"""PostgreSQL databases used by one test after another: emptied in milliseconds where making one takes a tenth second.

A database is used again only while nothing but rows of ours has changed in it. A test that touches the schema, what
the planner knows or the mark of migrations spoils it, and the next test gets a new one.
"""

import psycopg
from psycopg import sql

# Whatever changes a table, an index, a rule or a setting leaves a newer row in one of these.
_CATALOGUES = (
    "pg_class", "pg_attribute", "pg_attrdef", "pg_constraint", "pg_index", "pg_sequence", "pg_trigger", "pg_proc",
    "pg_type", "pg_namespace", "pg_statistic", "pg_db_role_setting", "alembic_version",
)  # fmt: skip
_LOOKED_AT = " UNION ALL ".join(f"SELECT count(*), max(xmin::text::bigint) FROM {name}" for name in _CATALOGUES)
_OTHERS = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
_RESTART = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) "
    "FROM pg_sequences WHERE last_value IS NOT NULL"
)


class Emptied:
    """A database with a connection that stays open, so that emptying it costs no new one."""

    def __init__(self, name: str, address: str) -> None:
        self.name = name
        self._connection = psycopg.connect(address, autocommit=True)
        # Rows go in any order, and no trigger has a say.
        self._connection.execute("SET session_replication_role = replica")
        self._tables = [row[0] for row in self._connection.execute(_TABLES)]
        self._filled = sql.SQL(" UNION ALL ").join(
            sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {})").format(sql.Literal(name), sql.Identifier(name))
            for name in self._tables
        )
        self._seen = self._look()

    def empty(self) -> bool:
        """Take out all rows and start counting from 1 again; False when the database is not to be used again."""
        try:
            self._connection.execute(_OTHERS)
            if self._look() != self._seen:
                return False
            with self._connection.transaction():
                for (table,) in self._connection.execute(self._filled).fetchall():
                    self._connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
                self._connection.execute(_RESTART)
        except psycopg.Error:  # a test ended our connection, or the server
            return False
        return True

    def close(self) -> None:
        """Give the connection back."""
        self._connection.close()

    def _look(self) -> list[tuple[object, ...]]:
        return self._connection.execute(_LOOKED_AT).fetchall()
