"""The list of planted defects stays true: each text stands where it says, and the table in docs is the list."""

import hashlib
import shutil
from pathlib import Path

import pytest

from tools.environment import ROOT
from tools.mutation_check import DEFECTS, Defect, plant


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.name)
def test_a_defect_can_still_be_planted(defect: Defect, tmp_path: Path) -> None:
    copy = tmp_path / defect.path
    copy.parent.mkdir(parents=True)
    shutil.copyfile(ROOT / defect.path, copy)
    plant(defect, tmp_path)
    assert copy.read_text() != (ROOT / defect.path).read_text()
    file, *_, name = defect.test.split("::")
    beside = (ROOT / file).parent.glob("*.py")  # a contract's tests stand beside the file that runs them
    assert any(f"def {name}(" in path.read_text() for path in beside)


def test_the_table_names_every_defect_and_its_test() -> None:
    table = (ROOT / "docs/mutation-check.md").read_text()
    assert [f"| {d.name} | `{d.path}` | `{d.test}` |" for d in DEFECTS] == table.splitlines()[-len(DEFECTS) :]


def test_a_defect_in_a_sql_file_is_what_the_migrations_install(tmp_path: Path) -> None:
    """Else `migrate` refuses the copy, and no test runs that could find it."""
    defect = next(defect for defect in DEFECTS if defect.path == "billing/ledger/sql/ledger_post_rows.sql")
    app = tmp_path / "billing/ledger"
    for part in ("sql", "migrations"):
        shutil.copytree(ROOT / "billing/ledger" / part, app / part)
    plant(defect, tmp_path)
    names = "".join(path.read_text() for path in (app / "migrations").glob("*.py"))
    assert hashlib.sha256((tmp_path / defect.path).read_bytes()).hexdigest() in names
