"""The list of planted defects stays true: each text stands where it says, and the table in docs is the list."""

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
    file, _, name = defect.test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()


def test_the_table_names_every_defect_and_its_test() -> None:
    table = (ROOT / "docs/mutation-check.md").read_text()
    assert [f"| {d.name} | `{d.path}` | `{d.test}` |" for d in DEFECTS] == table.splitlines()[-len(DEFECTS) :]
