"""What loading did, and how the command line says it."""

from dataclasses import dataclass, field

# What a field is called in the file, where its column is called otherwise.
_NAMES = {
    "time": "starts", "place_name": "place", "place_address": "place", "place_map": "place", "join_url": "join",
    "recording_url": "recording", "capacity_room": "places", "capacity_online": "places",
    "takes_registrations": "registration", "registration_opens_at": "registration",
    "registration_closes_at": "registration", "edition_year": "edition", "theme": "edition",
    "approximate": "edition",
}  # fmt: skip


@dataclass
class Report:
    """What loading did: each thing by its name, such as `event summer-tea`.

    `kept` are fields that were edited elsewhere since and were left alone; `gone` what the file names no more.
    """

    made: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    kept: dict[str, list[str]] = field(default_factory=dict)
    gone: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def change(self, thing: str, *fields: str) -> None:
        """Add changed fields of something."""
        _add(self.changed, thing, fields)

    def keep(self, thing: str, *fields: str) -> None:
        """Add fields that were left alone."""
        _add(self.kept, thing, fields)

    @property
    def nothing(self) -> bool:
        """Tell whether nothing was written."""
        return not self.made and not self.changed

    def words(self) -> list[str]:
        """Give the lines for the command line."""
        lines = [f"made: {thing}" for thing in self.made]
        lines += [f"changed: {thing} ({', '.join(fields)})" for thing, fields in self.changed.items()]
        lines += [
            f"left alone: {thing} ({', '.join(fields)}), because it was edited elsewhere since the last loading"
            for thing, fields in self.kept.items()
        ]
        lines += [f"not in the file any more, and left as it is: {thing}" for thing in self.gone]
        lines += [f"note: {note}" for note in self.notes]
        if self.nothing:
            lines.append("Nothing changed.")
        return lines


def _add(table: dict[str, list[str]], thing: str, fields: tuple[str, ...]) -> None:
    known = table.setdefault(thing, [])
    for name in fields:
        shown = _NAMES.get(name, name)
        if shown not in known:
            known.append(shown)
