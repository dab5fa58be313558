"""The links of presenters: their own page, and the way in that may stand in a calendar."""

from gatherings.web.rights import signer


def slot_path(public_id: str, version: int) -> str:
    """Give the path that shows one's minute and leads into the meeting; it can change nothing (domain.md 13b)."""
    return f"/slot/{signer().sign('slot', public_id, version)}"


def own_path(public_id: str, version: int, *, other: bool = False) -> str:
    """Give the path of a presenter's own page; `other`: of a co-presenter's. Never in a calendar."""
    return f"/submissions/{signer().sign('co-presenter' if other else 'submission', public_id, version)}"
