"""A slowdown that is planted turns its line of the bench red."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from storefront import cards, directory_views
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in
from tests.support.postgres_server import kept
from tools.bench.pages import DIRECTORY, statements
from tools.bench.planted import ask_for_each_card, seen
from tools.bench.table import Goal
from tools.environment import ROOT


def line(measured: float, *, what: str = "rate", is_least: bool = True, failed: str = "") -> Goal:
    return Goal(what=what, measured=measured, wanted=10, is_least=is_least, failed=failed)


def test_a_line_sees_what_turns_it_red_or_makes_it_twice_as_bad() -> None:
    assert dict(seen([line(12)], [line(9)])) == {"rate": "turned red: 12 → 9"}
    assert dict(seen([line(8)], [line(4)])) == {"rate": "was red, and is 2.0 times as bad: 8 → 4"}
    assert "rate" in dict(seen([line(11, is_least=False)], [line(22, is_least=False)]))


def test_a_line_that_stays_or_has_no_figure_sees_nothing() -> None:
    assert list(seen([line(12)], [line(11)])) == []
    assert list(seen([line(8)], [line(7)])) == []
    assert list(seen([line(12)], [line(9, failed="failed: no")])) == []
    assert list(seen([], [line(9)])) == []


@pytest.mark.django_db
def test_a_query_for_each_card_is_in_the_statements_of_the_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    client = logged_in(given_customer().user, BRAND_HOST)
    for _ in range(3):
        given_operator()
    before = len(statements(client, DIRECTORY))
    monkeypatch.setitem(vars(directory_views), "card_of", cards.card_of)  # put back afterwards
    ask_for_each_card()
    assert len(statements(client, DIRECTORY)) == before + 3


@pytest.mark.long
@pytest.mark.timeout(900)
def test_each_slowdown_is_seen_by_its_own_line(tmp_path: Path) -> None:
    environment = os.environ | {"AEIMS_DATA_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "tools.bench.planted", "--tiny"]
    if (migrated := kept()).exists():
        command += ["--begin-with", str(migrated)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=850)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "Each slowdown is seen by its own line."
