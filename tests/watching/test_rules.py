"""The files for Prometheus are sound, and each alarm has an entry in the runbook and a test that fires it by a fault."""

import json
import re
from pathlib import Path

import pytest
import yaml

from tests.watching.rules import BY_NAME, FOLDER, RULES, expressions, promtool
from tools.environment import ROOT

TESTS = ("rules_test.yml", "rules_days_test.yml")
DASHBOARDS = sorted((ROOT / "deploy/grafana").glob("*.json"))


@pytest.mark.slow
def test_promtool_takes_the_rules_and_their_own_tests_pass() -> None:
    promtool("check", "rules", "rules.yml")
    promtool("test", "rules", *TESTS)
    tried = {
        case["alertname"]
        for file in TESTS
        for group in yaml.safe_load((FOLDER / file).read_text())["tests"]
        for case in group["alert_rule_test"]
        if case["exp_alerts"]
    }
    assert tried == set(BY_NAME)


def test_promtool_takes_each_expression_of_a_dashboard(tmp_path: Path) -> None:
    found = [expression for path in DASHBOARDS for _, expression in expressions(json.loads(path.read_text()))]
    rules = [{"record": f"panel_{number}", "expr": expression} for number, expression in enumerate(found)]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(rules)} rules found" in promtool("check", "rules", str(file))


def test_each_alarm_has_its_entry_in_the_runbook() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    runbook = page.split("\n## Runbook\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^### (\w+)$", runbook, re.MULTILINE) == [rule["alert"] for rule in RULES]
    for entry in re.split(r"^### ", runbook, flags=re.MULTILINE)[1:]:
        parts = re.findall(r"^\*\*(\w[\w ]*)\.\*\*", entry, re.MULTILINE)
        assert parts == ["Meaning", "First look", "Cure"], entry.splitlines()[0]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alarm_says_how_bad_it_is_and_where_the_runbook_is(rule: dict[str, dict[str, str]]) -> None:
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["runbook"] == f"docs/operations.md#{str(rule['alert']).lower()}"
    assert rule["annotations"]["summary"].endswith(".")


def test_each_alarm_is_fired_by_a_fault_in_a_test() -> None:
    texts = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    fired = {name for text in texts for name in re.findall(r"\bfires\(\s*\"(\w+)\"", text)}
    assert fired == set(BY_NAME)


def test_no_dashboard_names_a_metric_that_no_rule_of_naming_allows() -> None:
    assert DASHBOARDS
    for path in DASHBOARDS:
        board = json.loads(path.read_text())
        assert board["title"].startswith("AEIMS")
        for title, expression in expressions(board):
            assert title, path.name
            for name in re.findall(r"\baeims_[a-z_]+", expression):
                assert re.search(r"_(total|seconds|bucket|count|sum|ok|up|live|state|workers|oldest_seconds|timestamp_seconds|findings|troubled|for_staff|calls|channels|bridges|events)$", name), name  # fmt: skip
