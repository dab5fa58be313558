"""What no file of the repository may hold, and what the lists of packages must."""

import re
import tomllib

import pytest

from tests.architecture.tree import ROOT, name, texts

# The parts of each pattern are put together here, so that this file does not hold what it looks for.
FORBIDDEN = {
    "a private key": "-----BEGIN [A-Z ]*" + "PRIVATE KEY-----",
    "a payment key": r"\b[sr]k_" + r"(live|test)_[0-9A-Za-z]{16,}",
    "a webhook secret": r"\bwh" + r"sec_[0-9A-Za-z]{16,}",
    "a cloud key": r"\bAKI" + r"A[0-9A-Z]{16}\b",
    "a machine's path": r"(?<![\w.])/(work/(main|shared)|far" + r"m/|home/[a-z]+/|root/|opt/(wheels|pypi))",
    "a registry's address": r"(pypi|files\.python" + r"hosted|registry\.npm" + r"js)\.(org|com)",
    "a registry setting": r"(--(extra-)?index-" + r"url|index-" + r"url *=|registry *= *http)",
}
ADDRESS = re.compile(r"[A-Za-z0-9][\w.+-]*@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})\b")
# RFC 2606: names that belong to nobody.
NOBODYS = re.compile(r"(^|\.)(example(\.(org|com|net))?|test|invalid|localhost)$", re.IGNORECASE)
# Tests of what counts as an address need odd ones; even there nobody's real one belongs.
PROVIDERS = re.compile(r"(^|\.)(gmail|googlemail|outlook|hotmail|yahoo|icloud|nhs|gmx)\.", re.IGNORECASE)
VENDORED = ("static/vendor/", "static/fonts/", "LICENSES/")
# Somebody else's list of forbidden words, kept with the rule it belongs to.
RULES_THEMSELVES = ("tests/architecture/test_files.py",)


def requirements(file: str) -> dict[str, list[str]]:
    """Give the hashes of each pinned package, `name==version` with its marker."""
    found: dict[str, list[str]] = {}
    current = ""
    for line in (ROOT / file).read_text().splitlines():
        if line.strip().startswith("--hash="):
            found[current].append(line.strip().removesuffix("\\").strip())
        elif line.strip() and not line.startswith("#"):
            current = line.removesuffix("\\").strip()
            found[current] = []
    return found


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    pattern = re.compile(FORBIDDEN[what])
    found = [
        f"{name(path)}:{text.count(chr(10), 0, match.start()) + 1}"
        for path, text in texts()
        if not name(path).startswith((*VENDORED, *RULES_THEMSELVES))
        for match in pattern.finditer(text)
    ]
    assert found == []


def test_no_file_holds_an_address_that_may_be_somebodys():
    found = [
        f"{name(path)}: {match[0]}"
        for path, text in texts()
        if not name(path).startswith(VENDORED)
        for match in ADDRESS.finditer(text)
        if not NOBODYS.search(match[1]) and (not name(path).startswith("tests/") or PROVIDERS.search(match[1]))
    ]
    assert found == []


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_every_package_is_pinned_with_hashes(file):
    pins = requirements(file)
    assert pins
    assert [pin for pin in pins if "==" not in pin or pin.startswith("-")] == []
    assert [pin for pin, hashes in pins.items() if not hashes] == []


def test_what_tests_install_contains_what_runs():
    runtime, development = requirements("requirements.txt"), requirements("requirements-dev.txt")
    assert {pin: hashes for pin, hashes in runtime.items() if development.get(pin) != hashes} == {}


def test_every_dependency_is_pinned():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=!~; ]", line)[0].lower() for line in project["dependencies"]}
    pinned = {pin.split("==")[0].split("[")[0] for pin in requirements("requirements.txt")}
    assert wanted - pinned == set()
