"""What a start loads: nothing that the first page does not need; and what it keeps for the next start."""

import json
import subprocess
import sys
from pathlib import Path

from gatherings.db.migrations import Revisions, revisions
from tests.databases import make_app, settings_environ
from tests.servers import ROOT

# Heavy and rare: imported by whoever needs them, when they do. Alone the migrations' take 100 ms and 10 MiB.
NOT_AT_START = {
    "alembic", "flask_migrate", "mako",  # migrations
    "yaml",  # the programme file
    "icalendar", "dateutil",  # calendar entries, which are stored as bytes
    "markdown_it", "nh3", "css_inline",  # texts of events, mail in HTML
    "email_validator", "idna", "dns", "pycountry",  # the form
    "psycopg",  # where the database is a file
    "granian", "structlog", "rich", "pygments", "stripe",
}  # fmt: skip
CODE = """
import json, sys
{imports}
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def loaded_by(imports: str, folder: Path) -> set[str]:
    """Import something in a process of its own; give the packages that are there then."""
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(imports=imports)], cwd=ROOT, capture_output=True, text=True, check=True,
        timeout=60, env=settings_environ(folder / "instance", f"sqlite:///{folder / 'none.sqlite'}"),
    )  # fmt: skip
    return set(json.loads(done.stdout))


def test_the_wsgi_app_starts_without_what_is_heavy_and_rare(tmp_path):
    loaded = loaded_by("import wsgi", tmp_path)
    assert {"flask", "sqlalchemy", "gatherings"} <= loaded
    assert loaded & NOT_AT_START == set()


def test_the_run_command_starts_without_what_is_heavy_and_rare(tmp_path):
    assert loaded_by("import gatherings.cli.running", tmp_path) & NOT_AT_START == set()


def test_the_command_line_loads_neither_app_nor_database_before_it_knows_the_command(tmp_path):
    assert loaded_by("import gatherings.cli", tmp_path) & (NOT_AT_START | {"flask", "sqlalchemy"}) == set()


def test_revisions_are_those_that_alembic_finds():
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(ROOT / "migrations"))
    found = revisions(ROOT / "migrations")
    assert found.known == {script.revision for script in scripts.walk_revisions()}
    assert found.heads == tuple(scripts.get_heads())


def test_revisions_are_read_from_any_way_of_writing_them(tmp_path):
    (tmp_path / "versions").mkdir()
    for name, lines in {
        "one": 'revision: str = "a1"\ndown_revision: str | None = None\n',
        "two": "revision = 'b2'\ndown_revision = 'a1'\n",
        "three": 'revision = "c3"\ndown_revision = ("b2",)\nbranch_labels = None\n',
    }.items():
        (tmp_path / "versions" / f"{name}.py").write_text(f'"""{name}\n\nRevision: x\n"""\n{lines}')
    assert revisions(tmp_path) == Revisions(frozenset({"a1", "b2", "c3"}), ("c3",))


def test_compiled_templates_are_kept_for_the_next_start(tmp_path, database_url):
    kept = tmp_path / "instance" / "templates"
    make_app(tmp_path / "instance", database_url).jinja_env.get_template("base.html")
    files = {path: path.stat().st_mtime_ns for path in kept.rglob("*.cache")}
    assert files
    make_app(tmp_path / "instance", database_url).jinja_env.get_template("base.html")
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("*.cache")} == files
