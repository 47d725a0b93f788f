"""What the repository promises: two commands, a lock that installs, settings that are documented, no secrets."""

import ast
import re
import subprocess
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.environment import documented_names
from tools.environment import ROOT

# Read from the environment, but not ours to document: the shell's, and what Python and Django read themselves.
NOT_OURS = {"AEIMS_PROCESS", "DJANGO_SETTINGS_MODULE", "PATH", "HOME", "PYTHONUNBUFFERED", "DEBIAN_FRONTEND"}
ADAPTER_MAY_IMPORT = (
    "telephony.wire",
    "telephony.batch_wire",
    "telephony.greeting_wire",
    "telephony.events",
    "telephony.call_plan",
    "telephony.states",
    "telephony.sounds",
    "telephony.adapter",
    "core",
)
PACKAGES = (
    "aeims", "core", "brands", "phones", "customers", "operators", "billing", "notices", "telephony", "messaging", "history", "privacy", "web",
    "storefront", "portal", "backoffice", "demo",
)  # fmt: skip
LOCKS = ("requirements.lock", "deploy/requirements.lock")
SECRETS = re.compile(
    r"AKIA[0-9A-Z]{16}|-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY|\bAC[0-9a-f]{32}\b|\bsk_live_\w{8,}"
    r"|postgres(?:ql)?://\w+:[^@\s${}]{6,}@(?!localhost|127\.0\.0\.1|host\b)[\w.-]+"
)


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [path for name in listed.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path: Path) -> str:
    return path.read_bytes().decode(errors="ignore")


def test_no_file_holds_a_secret() -> None:
    found = {
        str(path.relative_to(ROOT)): hit[0]
        for path in tracked_files()
        if (hit := SECRETS.search(text_of(path)))
    }
    assert found == {}


def test_the_search_for_secrets_finds_some() -> None:
    for planted in (
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "postgresql://aeims:" + "hunter2hunter2@db.example.com/aeims",
    ):
        assert SECRETS.search(f"KEY = '{planted}'")


def test_generated_things_are_not_in_the_repository() -> None:
    names = [str(path.relative_to(ROOT)) for path in tracked_files()]
    assert not [
        name
        for name in names
        if re.search(r"(^|/)(\.local|\.venv|staticfiles|__pycache__)/|(^|/)\.env$", name)
    ]


@pytest.mark.parametrize("path", LOCKS)
def test_each_locked_package_has_a_hash_and_no_address(path: str) -> None:
    lock = (ROOT / path).read_text()
    entries = re.split(r"\n(?=\S)", lock.strip())
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in lock
    assert "--index" not in lock
    assert "--find-links" not in lock


def test_the_image_installs_versions_that_were_tested() -> None:
    tested, shipped = (
        set(re.findall(r"^\S+==\S+", (ROOT / path).read_text(), re.MULTILINE)) for path in LOCKS
    )
    assert shipped < tested
    assert not [package for package in shipped if package.startswith("pytest")]


def test_each_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    wanted = {re.split(r"[\[<>=;~! ]", line)[0].lower() for line in project["dependencies"] + extras}
    locked = set(re.findall(r"^([a-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE))
    assert wanted - locked == set()


def names_read(path: Path) -> set[str]:
    """The names of settings that a Python file asks for: `env("X")`, `env.int("X")`, `values.get("X")`, `environ["X"]`."""
    names = set()
    for node in ast.walk(ast.parse(text_of(path))):
        match node:
            case ast.Call(func=function, args=[ast.Constant(value=str(name)), *_]):
                if re.fullmatch(
                    r"_?env(\.\w+)?|values\.get|os\.(environ\.get|getenv)|Setting|Secret",
                    ast.unparse(function),
                ):
                    names.add(name)
            case ast.Call(args=[ast.Name(id="values"), ast.Constant(value=str(name)), *_]):
                names.add(name)
            case ast.Subscript(value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))):
                names.add(name)
    return {name for name in names if re.fullmatch(r"[A-Z][A-Z0-9_]+", name)}


def test_each_setting_is_documented_in_the_example() -> None:
    sources = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    read = {name for path in sources for name in names_read(path)} - NOT_OURS
    assert {"SECRET_KEY", "AEIMS_THROTTLES", "ASTERISK_ARI_URL", "ADAPTER_JOURNAL"} <= read
    assert read - documented_names() == set()


def test_each_documented_setting_is_read_somewhere() -> None:
    packages = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    others = [
        ROOT / "compose.yaml",
        ROOT / "deploy/Caddyfile",
        ROOT / "deploy/containers/logs.yaml",
        ROOT / "deploy/asterisk/entrypoint.sh",
    ]
    words = {word for path in [*packages, *others] for word in re.findall(r"\w+", text_of(path))}
    assert documented_names() - words == set()


def imports_of(path: Path) -> set[str]:
    """What a file imports of ours, as `package.module`."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text_of(path))):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(module=str(module), names=aliases):
                names |= {module if module.count(".") else f"{module}.{alias.name}" for alias in aliases}
    return {name for name in names if name.split(".")[0] in PACKAGES}


def test_the_adapter_imports_only_the_seam_and_core() -> None:
    strangers = {
        f"{path.name}: {name}"
        for path in (ROOT / "telephony/adapter").rglob("*.py")
        for name in imports_of(path)
        if not any(name == allowed or name.startswith(allowed + ".") for allowed in ADAPTER_MAY_IMPORT)
    }
    assert strangers == set()


@pytest.mark.parametrize(
    "document", sorted(ROOT.glob("*.md")) + sorted(ROOT.glob("docs/**/*.md")), ids=lambda p: p.name
)
def test_links_of_the_documents_lead_somewhere(document: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text_of(document))
    local = [target for target in targets if not re.match(r"https?:|mailto:", target)]
    assert [target for target in local if not (document.parent / target).exists()] == []


def test_each_command_of_the_makefile_has_its_tool() -> None:
    makefile = (ROOT / "Makefile").read_text()
    tools = re.findall(r"-m tools\.(\w+)", makefile)
    assert "run" in tools
    assert "test" in tools
    assert [tool for tool in tools if not find_spec(f"tools.{tool}")] == []
