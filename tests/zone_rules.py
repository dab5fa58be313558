"""Zone rules of another day: a folder in which London keeps the hour of Lagos, one hour before UTC all year."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

from gatherings import ics
from gatherings.core import zones

VERSION = "2099z"


def make_folder(folder: Path, *, like: str = "Africa/Lagos", zone: str = "Europe/London") -> Path:
    """Make a zoneinfo folder in which one zone has another's rules; all others come from the pinned package."""
    target = folder.joinpath(*zone.split("/"))
    target.parent.mkdir(parents=True)
    target.write_bytes(resources.files("tzdata.zoneinfo").joinpath(*like.split("/")).read_bytes())
    (folder / "tzdata.zi").write_text(f"# version {VERSION}\n")
    return folder


@contextmanager
def in_force(folder: Path) -> Iterator[None]:
    """Use a folder's rules within the block."""
    zones.use_folder(folder)
    ics.clear_caches()
    try:
        yield
    finally:
        zones.use_folder(None)
        ics.clear_caches()
