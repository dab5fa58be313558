"""A database of PostgreSQL that has served one test is as good as new for the next, or is not used again."""

import psycopg
import pytest

from tests.databases import Cluster

ROW = "INSERT INTO places (capacity, taken) VALUES (3, 0) RETURNING id"


def run(url: str, *statements: str) -> list[object]:
    """Run statements, each on its own; give the first value of each that has one."""
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        found = [connection.execute(statement) for statement in statements]
        return [row[0] for done in found if done.description and (row := done.fetchone())]


def test_rows_go_and_numbers_begin_again(postgres_cluster: Cluster, tmp_path):
    with postgres_cluster.fresh(tmp_path) as url:
        assert run(url, ROW, ROW) == [1, 2]
    with postgres_cluster.fresh(tmp_path) as again:
        assert again == url
        assert run(again, "SELECT count(*) FROM places", ROW) == [0, 1]


def test_who_is_still_connected_is_sent_away(postgres_cluster: Cluster, tmp_path):
    with postgres_cluster.fresh(tmp_path) as url:
        left_open = psycopg.connect(url.replace("+psycopg", ""))
        left_open.execute("LOCK TABLE places")
    with pytest.raises(psycopg.OperationalError):
        left_open.execute("SELECT 1")
    with postgres_cluster.fresh(tmp_path) as again:
        assert run(again, ROW) == [1]


@pytest.mark.parametrize(
    "spoiling",
    [
        "CREATE TABLE more (id integer)",
        "ALTER TABLE places ADD COLUMN more integer",
        "ALTER TABLE places ALTER COLUMN capacity SET DEFAULT 5",
        "CREATE INDEX more ON places (capacity)",
        "ALTER TABLE places RENAME TO rooms",
        "UPDATE alembic_version SET version_num = 'newer'",
        "DELETE FROM alembic_version",
        "CREATE FUNCTION more() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone TO 3', current_database()); END $$",
    ],
)
def test_what_was_changed_beyond_rows_is_not_used_again(postgres_cluster: Cluster, tmp_path, spoiling: str):
    with postgres_cluster.fresh(tmp_path) as url:
        run(url, spoiling)
    with postgres_cluster.fresh(tmp_path) as other:
        assert other != url
        assert run(other, "SELECT count(*) FROM alembic_version", ROW) == [1, 1]
