"""Each entry of the runbook is followed by a test that exists, and what it tells somebody to run, open, set, or read is there."""

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class

from tests.support.environment import documented_names
from tests.watching.rules import BY_NAME
from tests.watching.runbook import FOLLOWED, entries, introduction
from tools.environment import ROOT

ENTRIES = entries()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
BACKUP: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "deploy/backup/compose.yaml").read_text())[
    "services"
]
# What an entry puts in italics is an entry, a line of a log, or one of these on a staff's page.
SOURCES = [
    path for folder in ("backoffice", "templates", "billing", "notices", "telephony", "core", "brands", "customers")
    for path in (ROOT / folder).rglob("*") if path.suffix in {".py", ".html"}
]  # fmt: skip
OF_OTHER_PACKAGES = {"Procrastinate", "Jobs", "Retry Job", "Users", "failed"}


def test_each_entry_is_followed_by_a_test() -> None:
    assert list(FOLLOWED) == list(ENTRIES) == list(BY_NAME)
    assert all(followed.tests for followed in FOLLOWED.values())


@pytest.mark.parametrize("entry", FOLLOWED)
def test_the_tests_that_follow_an_entry_exist_and_one_of_them_sees_its_alarm(entry: str) -> None:
    seen = False
    for test in FOLLOWED[entry].tests:
        file, _, name = test.partition("::")
        functions = functions_of(ROOT / file)
        assert not name or name in functions, test
        if name:
            seen = seen or any(f'fires("{entry}"' in body for body in reached(name, functions))
    assert seen, f"no test of {entry} looks whether it fires and rests"


@cache
def functions_of(path: Path) -> dict[str, str]:
    """Each function of a module, as it is written."""
    tree = ast.parse(path.read_text())
    return {
        node.name: ast.unparse(node).replace("'", '"')
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def reached(name: str, functions: dict[str, str]) -> list[str]:
    """A test, and what it calls of its module."""
    body = functions[name]
    called = set(re.findall(r"\b(\w+)\(", body)) & functions.keys() - {name}
    return [body, *(functions[each] for each in called)]


@pytest.mark.parametrize("entry", ["introduction", *ENTRIES])
def test_the_commands_that_an_entry_names_exist_with_their_options(entry: str) -> None:
    text = ENTRIES.get(entry) or introduction()
    commands = [*re.findall(r"(?:manage\.py|aeims-manage|--as-postgres) ([a-z_]+)([^`|]*)", text)]
    commands += re.findall(r"`(doctor|audit|backup|backup_drill)( [^`]*)?`", text)
    for name, options in commands:
        assert name in get_commands(), name
        app = get_commands()[name]
        command = load_command_class(app, name) if isinstance(app, str) else app
        parser = command.create_parser("manage.py", name)
        known = {option for action in parser._actions for option in action.option_strings}
        named = set(re.findall(r"(--[a-z][a-z-]*)", options.partition("\n")[0]))
        assert named <= known, f"{name}: {named - known}"


@pytest.mark.parametrize("entry", ["introduction", *ENTRIES])
def test_the_services_that_an_entry_names_are_in_compose_and_in_debian(entry: str) -> None:
    text = ENTRIES.get(entry) or introduction()
    known = {*SERVICES, *BACKUP}
    for verb, names in re.findall(r"docker compose (ps|logs|restart|kill|exec|up) ([^`|]*)", text):
        words = [
            word
            for word in names.split("--tail 200")[-1].split()
            if not word.startswith("-") and word != "200"
        ]
        services = words[:1] if verb == "exec" else words
        assert set(services) <= known, names
    for unit in re.findall(r"\b(aeims-[a-z]+)(?=@|\b)", text.replace("aeims-manage", "")):
        units = ROOT / "deploy/debian/units"
        assert (
            (units / f"{unit}.service").exists()
            or (units / f"{unit}@.service").exists()
            or unit == "aeims-asterisk"
        ), unit


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_settings_that_an_entry_names_exist_and_reach_the_service(entry: str) -> None:
    settings = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`", ENTRIES[entry]))
    given = {
        name.removesuffix("_FILE"): service for service in (SERVICES["adapter"], SERVICES["asterisk"], SERVICES["web"])
        for name in service["environment"]
    }  # fmt: skip
    for name in settings - {"AEIMS_RUN_DIR"}:
        assert name in documented_names(), name
        if name.startswith(("ADAPTER_", "ASTERISK_", "RTP_", "TRUNK", "TELEPHONY_")):
            assert name in given, f"{name} does not reach adapter or Asterisk in compose.yaml"
            value = str(given[name]["environment"].get(name, "${"))
            assert "${" in value, f"{name} is fixed in compose.yaml"


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_pages_and_lines_that_an_entry_names_exist(entry: str) -> None:
    everything = text_of_sources()
    for words in re.findall(r"(?<!\*)\*([^*\n]+)\*(?!\*)", ENTRIES[entry]):
        if words in ENTRIES or words in OF_OTHER_PACKAGES:
            continue
        is_there = words.lower() in everything or all(
            part.lower() in everything for part in re.split(r": | \d+$", words)
        )
        assert is_there, words


@cache
def text_of_sources() -> str:
    return " ".join(" ".join(path.read_text() for path in SOURCES).lower().split())


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_figures_that_an_entry_names_are_told(entry: str) -> None:
    told = "".join(
        path.read_text()
        for folder in ("telephony", "backoffice", "core", "billing", "aeims")
        for path in (ROOT / folder).rglob("*.py")
    )
    for name in re.findall(r"\baeims_[a-z_]+", ENTRIES[entry]):
        assert name.removesuffix("_total") in told or "aeims_adapter_" in name, name
