"""Tables as text: written so that no spreadsheet runs a formula in them (reliability.md C9), read as people send them.

What begins like a formula gets an apostrophe before it, which spreadsheets take for "this is text"; reading takes it
off again, so that a list comes back as it went out.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from gatherings.core.text import TextProblem
from gatherings.core.words import say, say_many

Cell: TypeAlias = str | int | Decimal | None

BOM = "\ufeff"
_FORMULA = re.compile("'*[=+\\-@\t\r＝＋－＠]")  # what a spreadsheet may run, and what would be read back as guarded
_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
_MOST_CELL = 20_000  # characters
_MOST_COLUMNS = 200
_DELIMITERS = (",", ";", "\t")


def guard(text: str) -> str:
    """Put an apostrophe before what begins like a formula; plain numbers stay."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def unguard(text: str) -> str:
    """Take the apostrophe off again that `guard` put there."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


class _Line:
    """What csv writes one line to."""

    text = ""

    def write(self, text: str) -> None:
        self.text = text


class Writer:
    """Write rows as RFC 4180 has it, one at a time: CRLF, quotes around every text, numbers plain."""

    def __init__(self) -> None:
        self._line = _Line()
        self._writer = csv.writer(self._line, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")

    def row(self, cells: Iterable[Cell]) -> str:
        """Give one line."""
        self._writer.writerow([_safe(cell) for cell in cells])
        return self._line.text


def _safe(cell: Cell) -> str | int | Decimal:
    if cell is None:
        return ""
    return guard(cell) if isinstance(cell, str) else cell


@dataclass(frozen=True)
class Table:
    """A table that was read: its header and its rows, each with the number that a spreadsheet shows beside it."""

    header: list[str]
    rows: list[tuple[int, list[str]]]


def decode(data: bytes) -> str:
    """Give the text of a file: UTF-8 or UTF-16, with or without its mark. Raises TextProblem for what is no text."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise TextProblem(say("This is a spreadsheet. Please save it as CSV there, and send that file."))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        kind = "utf-16"
    elif data[1:2] == b"\0" and data[3:4] == b"\0":
        kind = "utf-16-le"
    else:
        kind = "utf-8-sig"
    try:
        text = data.decode(kind)
    except UnicodeDecodeError as problem:
        raise TextProblem(
            say("This file is not in UTF-8. Please save it as “CSV UTF-8” and send that file.")
        ) from problem
    return text.removeprefix(BOM)


def read_table(text: str, *, most: int) -> Table:
    """Read a table of at most `most` rows, whatever parts its columns: comma, semicolon or tab. Raises TextProblem.

    Rows without anything in them are left out. The apostrophe of `guard` is taken off.
    """
    if "\0" in text:
        raise TextProblem(say("This file holds signs that no text has. Please save it as “CSV UTF-8”."))
    if not text.strip():
        raise TextProblem(say("There is nothing in it. Please send a list with one person on each line."))
    # newline="" and lines kept: a cell may hold line breaks.
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    header: list[str] = []
    rows: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for cells in lines:
            number += 1
            _check(cells, number)
            cells = [unguard(cell.strip()) for cell in cells]
            if not any(cells):
                continue
            if not header:
                header = cells
                continue
            rows.append((number, cells))
            if len(rows) > most:
                raise TextProblem(say_many("There is room for %(num)s row.", "There is room for %(num)s rows.", most))
    except csv.Error as problem:
        raise TextProblem(
            say(
                "Row %(row)s cannot be read. Is there a quotation mark that is opened and never closed?", row=number + 1
            )
        ) from problem
    return Table(header, rows)


def _check(cells: Sequence[str], number: int) -> None:
    if len(cells) > _MOST_COLUMNS or any(len(cell) > _MOST_CELL for cell in cells):
        raise TextProblem(say("Row %(row)s is far too long for a list of people.", row=number))


def _delimiter(text: str) -> str:
    """Find what parts the columns of the first line that is not empty."""
    first = next(line for line in text.splitlines() if line.strip())[:10_000]
    outside = re.sub(r'"[^"]*"', "", first)
    return max(_DELIMITERS, key=lambda mark: (outside.count(mark), -_DELIMITERS.index(mark)))
