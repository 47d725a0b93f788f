"""Nothing that people write and read by hand grows beyond what can be read at once (docs/developing.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project.test_repository import tracked_files
from tools.environment import ROOT

MODULE_LINES, FUNCTION_LINES, SCRIPT_LINES, TEMPLATE_COLUMNS = 300, 60, 150, 120


def product_files(suffix: str) -> list[Path]:
    """Files of the product itself: no tests, no tools, no migrations, nothing taken over from others."""
    apart = {"tests", "tools", "migrations", "vendor", "prototypes"}
    files = [file.relative_to(ROOT) for file in tracked_files() if file.suffix == suffix]
    return [file for file in files if not apart & set(file.parts)]


def lines_of(file: Path) -> list[str]:
    return (ROOT / file).read_text().splitlines()


def functions_of(file: Path) -> Iterator[tuple[str, int]]:
    """Name and number of lines of every function in a module."""
    for node in ast.walk(ast.parse((ROOT / file).read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield node.name, node.end_lineno - node.lineno + 1


@pytest.mark.parametrize(("suffix", "limit"), [(".py", MODULE_LINES), (".js", SCRIPT_LINES)])
def test_no_module_is_longer_than_can_be_read_at_once(suffix: str, limit: int) -> None:
    files = product_files(suffix)
    assert files
    assert {str(file): size for file in files if (size := len(lines_of(file))) > limit} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    functions = [(file, *function) for file in product_files(".py") for function in functions_of(file)]
    assert len(functions) > 1000
    assert [f"{file}: {name}, {size}" for file, name, size in functions if size > FUNCTION_LINES] == []


def test_a_template_has_one_idea_a_line() -> None:
    files = product_files(".html")  # not .txt: a line there is a mail's paragraph, wrapped where it is read
    assert files
    numbered = [(file, number, line) for file in files for number, line in enumerate(lines_of(file), 1)]
    assert [f"{file}:{number}" for file, number, line in numbered if len(line) > TEMPLATE_COLUMNS] == []
