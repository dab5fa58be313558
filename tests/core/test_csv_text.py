"""Tables as text: nothing that a spreadsheet runs goes out, and what went out comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatherings.core.csv_text import Writer, decode, guard, read_table, unguard
from gatherings.core.text import TextProblem

CELLS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=30) | st.sampled_from(
    ["=1+1", "'=1", "''=1", "-5", "+44 1", "@x", "＝1", "a;b", 'a"b', "a\nb", "a,b\tc", "'", "'a", ""]
)


@given(st.lists(st.lists(CELLS, min_size=3, max_size=3), min_size=1, max_size=5))
def test_what_is_written_comes_back(rows):
    rows = [[cell.strip() for cell in row] for row in rows]
    writer = Writer()
    text = writer.row(["E-mail", "Name", "Note"]) + "".join(writer.row(row) for row in rows)
    table = read_table(decode(text.encode("utf-8-sig")), most=10)
    assert table.header == ["E-mail", "Name", "Note"]
    assert [cells for _number, cells in table.rows] == [row for row in rows if any(row)]
    assert read_table(decode(text.encode("utf-16")), most=10) == table


@given(CELLS)
def test_no_cell_begins_like_a_formula(cell):
    assert unguard(guard(cell)) == cell
    if guard(cell)[:1] in ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"):
        assert cell.lstrip("+-").replace(",", ".").replace(".", "", 1).isdecimal()


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_spreadsheets_own_way_of_parting_is_found(delimiter, ends):
    rows = [["Name", "E-mail"], ["", ""], ["O'Brien; Jr, the 3rd", "a@example.org"]]
    text = ends.join(delimiter.join(f'"{cell}"' if cell else "" for cell in row) for row in rows)
    table = read_table(text, most=5)
    assert (table.header, table.rows) == (rows[0], [(3, rows[2])])  # the number that the spreadsheet shows


def test_what_is_no_table_is_refused_in_words():
    for data in (b"PK\x03\x04", b"\xff\xfe\x00", b"\x80", b"\xd0\xcf\x11\xe0"):
        with pytest.raises(TextProblem):
            decode(data)
    for text in ("", " \n ", "a\0b", '"a', '"a"b', "a\n" * 4, "x" * 30_000, ",".join("x" * 300)):
        with pytest.raises(TextProblem):
            read_table(text, most=2)
