"""The link of a presenter that may stand in a calendar."""

from gatherings.web.rights import signer


def slot_path(public_id: str, version: int) -> str:
    """Give the path that shows one's minute and leads into the meeting; it can change nothing (domain.md 13b)."""
    return f"/slot/{signer().sign('slot', public_id, version)}"
