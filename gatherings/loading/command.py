"""What the command line does with a programme file."""

from datetime import datetime
from pathlib import Path

from gatherings.config import Site
from gatherings.db.session import current_session, transact
from gatherings.loading import reading
from gatherings.loading.actions.load import check_references, load
from gatherings.loading.problems import ProgrammeProblem


def command(path: Path, site: Site, now: datetime) -> tuple[int, list[str]]:
    """Load a file in one transaction; give the exit status and the lines to print. Needs an application context.

    Status 1 and nothing written if anything is wrong: each line then names file, line, field and says what.
    """
    try:
        programme, problems = reading.examine(path)
        if problems:
            raise ProgrammeProblem([*problems, *check_references(current_session(), programme)])
        report = transact(load, programme, site, now)
    except ProgrammeProblem as problem:
        return 1, [*map(str, problem.problems), "Nothing was loaded."]
    return 0, report.words()
