"""Two people edit the same thing: what the second is shown, and what is kept."""

import pytest

from gatherings.planning.rules.conflicts import Overtaken, as_typed, compare, pack, refuse_overtaken, unpack

OPENED = {"title": "Tea", "about": "One\nTwo", "places": None, "asked": [{"question": "Why?", "answer": "So."}]}


def test_what_nobody_else_changed_is_no_difference() -> None:
    base = unpack(pack(OPENED))
    mine = OPENED | {"title": "Mine", "about": "One\r\nTwo "}  # as a browser sends line ends
    assert compare(mine, OPENED, base) == []
    assert compare(mine, OPENED | {"title": "Mine"}, base) == []  # both wrote the same
    refuse_overtaken(mine, OPENED, base)


def test_who_changed_what_is_told_apart() -> None:
    base = unpack(pack(OPENED))
    present = OPENED | {"title": "Theirs", "places": 40, "asked": []}
    with pytest.raises(Overtaken) as news:
        refuse_overtaken(OPENED | {"title": "Mine"}, present, base)
    found = {row.name: (row.now, row.mine, row.both) for row in news.value.rows}
    assert found == {
        "title": ("Theirs", "Mine", True),
        "places": (40, None, False),
        "asked": ([], OPENED["asked"], False),
    }
    assert news.value.present == present


@pytest.mark.parametrize("broken", [None, "", "{", "[1]", "null", "[" * 9000, '{"title": 3}', "x" * 500_000])
def test_a_state_that_cannot_be_read_counts_as_changed_by_both(broken: str | None) -> None:
    rows = compare({"title": "Mine"}, {"title": "Theirs"}, unpack(broken))
    assert [(row.name, row.both) for row in rows] == [("title", True)]


def test_values_stand_as_on_a_form() -> None:
    assert [as_typed(one) for one in (None, False, True, 3, " a\r\nb ")] == ["", "", "yes", "3", "a\nb"]
    assert as_typed(OPENED["asked"]) == "Why? – So."
