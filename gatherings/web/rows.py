"""Fields that repeat as rows: speakers, resources, questions and answers. Rows come, go and move without a script.

Each row is a small form of its own whose fields are named `speakers-2-name`; rows are counted anew each time, and one
that is left empty is none.
"""

import re
from collections.abc import Iterator
from typing import Any

import wtforms

from gatherings.web.i18n import gettext as _

_NUMBER = 1000  # row numbers beyond it are nobody's


class RowsField(wtforms.Field):  # type: ignore[misc]  # WTForms has no types
    """Rows of one kind of small form; `clean` are the values of those that are not empty."""

    def __init__(self, label: str, row: type[wtforms.Form], *, most: int, **more: Any) -> None:
        super().__init__(label, **more)
        self._row, self.most = row, most
        self.rows: list[Any] = []
        self.fresh: int | None = None  # the row that was added or moved takes the focus; -1: the button that adds
        self._sent = False

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Read the rows that were sent, else take those of `data`."""
        self.process_errors: list[str] = []
        self._sent = formdata is not None
        self._make(self._read(formdata) if self._sent else self._default(data))

    def _default(self, data: Any) -> list[dict[str, Any]]:
        return [dict(one) for one in data] if isinstance(data, list | tuple) else []

    def _read(self, formdata: Any) -> list[dict[str, str]]:
        pattern = re.compile(rf"{re.escape(self.name)}-([0-9]{{1,3}})-([a-z]+)")
        found: dict[int, dict[str, str]] = {}
        for key in formdata:
            match = pattern.fullmatch(key)
            if match is not None:
                found.setdefault(int(match[1]), {})[match[2]] = formdata.getlist(key)[0]
        return [found[number] for number in sorted(found)]

    def _make(self, values: list[dict[str, Any]]) -> None:
        self.rows = [
            self._row(formdata=None, data=one, prefix=f"{self.name}-{number}-")
            for number, one in enumerate(values[:_NUMBER])
        ]

    @property
    def typed(self) -> list[dict[str, Any]]:
        """Give the rows as they were typed."""
        return [{field.short_name: field.data for field in row} for row in self.rows]

    def fill(self, values: list[dict[str, Any]]) -> None:
        """Put other rows in place of these."""
        self._make(values)

    def act(self, what: str, number: int) -> None:
        """Add a row, or drop one, or move it up or down by one."""
        rows = self.typed
        if what == "add" and len(rows) < self.most:
            rows.append({})
            self.fresh = len(rows) - 1
        elif what == "drop" and 0 <= number < len(rows):
            del rows[number]
            self.fresh = min(number, len(rows) - 1)
        else:
            other = number + {"up": -1, "down": 1}.get(what, 0)
            if min(number, other) >= 0 and max(number, other) < len(rows):
                rows[number], rows[other] = rows[other], rows[number]
                self.fresh = other
        self._make(rows)

    def validate(self, form: Any, extra_validators: Any = ()) -> bool:
        """Check each row that is not empty; its problems stay at its fields."""
        self.errors = []
        if len(self.rows) > self.most:
            self.errors = [_("There are too many of these. Please take some away: %(most)s at most.", most=self.most)]
        good = [row.validate() for row in self.rows if not is_empty(row)]
        return not self.errors and all(good)

    @property
    def clean(self) -> list[dict[str, Any]]:
        """Give what is kept of the rows."""
        return [{field.short_name: field.clean for field in row} for row in self.rows if not is_empty(row)]

    def problems(self) -> Iterator[tuple[str, str]]:
        """Give (field's id, sentence) of each problem, in order."""
        for error in self.errors:
            yield self.id, str(error)
        for row in self.rows:
            for field in row:
                for error in field.errors:
                    yield field.id, str(error)


def is_empty(row: Any) -> bool:
    """Tell whether nothing was typed into a row."""
    return not any((field.data or "").strip() for field in row)
