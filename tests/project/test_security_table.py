"""The table of security requirements names files and tests that exist, says why where one is not met, and counts right."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from tests.project.test_repository import tracked_files
from tools.environment import ROOT

PAGE = ROOT / "docs" / "security.md"
STATES = ("met", "partly", "not")
REQUIREMENTS = 253  # of levels 1 and 2 in ASVS 5.0
_ID = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+")
_CODE = re.compile(r"`([^`]*)`")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row. `words` is what follows `Missing:`, without the names of files."""

    id: str
    chapter: str
    topic: str
    state: str
    proof: str

    @property
    def names(self) -> list[str]:
        return _CODE.findall(self.proof.partition("Missing:")[0])

    @property
    def words(self) -> str:
        return _CODE.sub("", self.proof.partition("Missing:")[2]).strip(" .()")


def rows() -> Iterator[tuple[str, list[str]]]:
    """Every row of every table with the heading above it."""
    chapter = ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("## "):
            chapter = line.removeprefix("## ")
        elif line.startswith("|") and not line.startswith("|---"):
            yield chapter, [cell.strip() for cell in line.strip("|").split("|")]


def requirements() -> list[Requirement]:
    return [
        Requirement(cells[0], chapter.partition(".")[0], *cells[1:])
        for chapter, cells in rows()
        if chapter and chapter != "Not applicable" and cells[0] != "id"
    ]


def not_applicable() -> list[str]:
    return [
        key.strip()
        for chapter, cells in rows()
        if chapter == "Not applicable" and cells[0] != "reason"
        for key in cells[1].split(",")
    ]


@cache
def files() -> frozenset[str]:
    return frozenset(str(path.relative_to(ROOT)) for path in tracked_files())


@cache
def functions_in(file: str) -> frozenset[str]:
    functions = ast.FunctionDef | ast.AsyncFunctionDef
    return frozenset(
        node.name for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, functions)
    )


def exists(name: str) -> bool:
    """Whether `path` or `path::function` is there."""
    file, _, function = name.partition("::")
    return file in files() and (not function or function in functions_in(file))


def complaint(row: Requirement) -> str:
    """What is wrong with a row; empty if nothing is."""
    if not _ID.fullmatch(row.id) or row.id.partition(".")[0] != row.chapter:
        return "its id is none of its chapter"
    if row.state not in STATES:
        return f"its state is {row.state!r}"
    if row.state != "not" and not row.names:
        return "nothing proves it"
    if row.state == "met" and "Missing:" in row.proof:
        return "something is missing"
    if row.state != "met" and not row.words:
        return "no reason is given"
    missing = [name for name in _CODE.findall(row.proof) if not exists(name)]
    return f"there is no {', no '.join(missing)}" if missing else ""


def test_each_row_has_a_state_and_proofs_that_exist_or_a_reason() -> None:
    found = {row.id: said for row in requirements() if (said := complaint(row))}
    assert found == {}


def test_each_requirement_is_there_once() -> None:
    ids = [row.id for row in requirements()] + not_applicable()
    assert [key for key, count in Counter(ids).items() if count > 1] == []
    assert all(_ID.fullmatch(key) for key in ids)
    assert len(ids) == REQUIREMENTS


def test_the_counts_above_are_those_of_the_tables() -> None:
    counted = {cells[0]: cells[1] for chapter, cells in rows() if not chapter and cells[0] != "state"}
    states = Counter(row.state for row in requirements())
    expected = {state: str(states[state]) for state in STATES}
    assert counted == {**expected, "not applicable": str(len(not_applicable()))}
    assert f" {REQUIREMENTS} requirements" in PAGE.read_text()


@pytest.mark.parametrize(
    ("state", "proof", "said"),
    [
        ("met", "`core/nothing.py`", "there is no core/nothing.py"),
        ("met", "`tests/project/test_sizes.py::test_nothing`", "there is no tests/project/test_sizes.py::test_nothing"),
        ("met", "by the library", "nothing proves it"),
        ("met", "`core/db.py`. Missing: the rest", "something is missing"),
        ("partly", "`core/db.py`", "no reason is given"),
        ("partly", "`core/db.py`. Missing: (`core/ids.py`)", "no reason is given"),
        ("partly", "Missing: the rest (`core/ids.py`)", "nothing proves it"),
        ("not", "Missing:", "no reason is given"),
        ("not", "Missing: all of it (`core/nothing.py`)", "there is no core/nothing.py"),
        ("unclear", "`core/db.py`", "its state is 'unclear'"),
        ("met", "`tests/project/test_sizes.py::test_a_template_has_one_idea_a_line`", ""),
        ("not", "Missing: a page", ""),
    ],
)  # fmt: skip
def test_a_wrong_row_is_found(state: str, proof: str, said: str) -> None:
    assert complaint(Requirement("1.2.3", "1", "something", state, proof)) == said
    assert complaint(Requirement("2.2.3", "1", "something", state, proof)) == "its id is none of its chapter"
