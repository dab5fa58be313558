"""What import-linter cannot say about the code (its contracts stand in pyproject.toml)."""

import ast

import pytest

from tests.architecture.tree import ROOT, modules, name

LONGEST_FILES = {"gatherings": 400, "tests": 500}  # lines; 300 is what we aim for
LONGEST_FUNCTION = 80  # lines; 40 is what we aim for


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def own_imports(tree: ast.AST) -> list[int]:
    """Give the lines inside functions that import something of gatherings."""
    found = []
    for function in functions(tree):
        for node in ast.walk(function):
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""] if not node.level else ["gatherings"]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            else:
                continue
            found += [node.lineno for imported in names if imported.split(".")[0] == "gatherings"]
    return found


@pytest.mark.parametrize("folder", LONGEST_FILES)
def test_no_file_outgrows_its_subject(folder):
    counted = {name(path): len(path.read_text().splitlines()) for path, _ in modules(folder)}
    assert counted
    assert {path: count for path, count in counted.items() if count > LONGEST_FILES[folder]} == {}


def test_no_function_is_too_long_to_read():
    found = {
        f"{name(path)}:{function.lineno} {function.name}": lines_of(function)
        for path, tree in modules()
        for function in functions(tree)
        if lines_of(function) > LONGEST_FUNCTION
    }
    assert found == {}


def test_nothing_of_ours_is_imported_inside_a_function():
    found = [f"{name(path)}:{line}" for path, tree in modules() for line in own_imports(tree)]
    assert found == []


def test_an_import_inside_a_function_would_be_seen():
    assert own_imports(ast.parse("def f():\n    from gatherings.db import Base")) == [2]
    assert own_imports(ast.parse("def f():\n    import icalendar")) == []


def test_imports_name_their_module_in_full():
    found = [
        f"{name(path)}:{node.lineno}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert found == []


def test_every_public_module_and_function_says_what_it_is():
    missing = []
    for path, tree in modules():
        if ast.get_docstring(tree) is None:
            missing.append(name(path))
        missing += [
            f"{name(path)}:{node.lineno} {node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and ast.get_docstring(node) is None
        ]
    assert missing == []


def test_the_present_moment_comes_from_one_place():
    """Rules and actions take `now`; whoever needs the clock asks core/clock.py."""
    found = [
        f"{name(path)}:{node.lineno}"
        for path, tree in modules()
        if path != ROOT / "gatherings/core/clock.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("now", "utcnow", "today")
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in ("datetime", "date")
    ]
    assert found == []
