"""compose.yaml starts what the product needs, and takes every secret from the environment."""

import re
from typing import Any

import pytest
import yaml

from tests.support.environment import documented_names
from tools.environment import ROOT

TEXT = (ROOT / "compose.yaml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
IS_SECRET = re.compile(r"KEY|PASSWORD|SECRET|TOKEN|_URL$")
SECRET_WITHOUT = {"TRUNK_PASSWORD"}  # optional: a carrier that knows us by address
OTHERS_NAMES = {"POSTGRES_USER", "POSTGRES_DB", "REDISCLI_AUTH"}  # of PostgreSQL's and Redis' own images


def test_all_processes_of_the_product_are_there() -> None:
    assert set(SERVICES) == {"migrate", "web", "worker", "adapter", "asterisk", "postgres", "redis"}


def test_each_name_is_documented() -> None:
    taken = set(re.findall(r"\$\{(\w+)", TEXT))
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}
    of_asterisk = set(re.findall(r"[A-Z][A-Z_]+", (ROOT / "deploy/asterisk/entrypoint.sh").read_text()))
    assert taken - documented_names() == set()
    assert given - documented_names() - of_asterisk - OTHERS_NAMES == set()


@pytest.mark.parametrize("name", ["migrate", "web", "worker"])
def test_every_setting_of_the_house_reaches_its_processes(name: str) -> None:
    assert SERVICES[name]["env_file"] == ".env"
    assert "env_file" not in SERVICES["adapter"]  # which knows no database


def test_no_secret_has_a_default() -> None:
    defaults = {
        name: default
        for name, default in re.findall(r"\$\{(\w+):?-([^}]*)\}", TEXT)
        if IS_SECRET.search(name)
    }
    assert {name for name, default in defaults.items() if default} == set()
    assert set(defaults) <= SECRET_WITHOUT


def test_no_secret_stands_in_the_file() -> None:
    values = {
        (name, str(value))
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if IS_SECRET.search(name) and value and "${" not in str(value)
    }
    assert {name for name, value in values if "@" in value or not value.startswith("http://")} == set()


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_each_lasting_service_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_journal_and_call_record_survive_and_are_shared_as_they_must_be() -> None:
    assert "journal:/var/lib/aeims" in SERVICES["adapter"]["volumes"]
    assert "cel:/var/log/aeims-asterisk:ro" in SERVICES["adapter"]["volumes"]
    assert "cel:/var/log/aeims-asterisk" in SERVICES["asterisk"]["volumes"]


def test_only_the_adapter_reaches_asterisk_and_it_has_no_database() -> None:
    assert {name for name, service in SERVICES.items() if "switch" in service["networks"]} == {
        "adapter",
        "asterisk",
    }
    assert not {"DATABASE_URL", "REDIS_URL"} & set(SERVICES["adapter"]["environment"])


def test_the_owner_of_the_tables_migrates_and_does_not_serve() -> None:
    logins = {
        name: (environment["DATABASE_URL"], environment["DATABASE_OWNER_URL"])
        for name, service in SERVICES.items()
        if "DATABASE_URL" in (environment := service.get("environment", {}))
    }
    serving = "postgresql://aeims_serving:${POSTGRES_SERVING_PASSWORD:?}@postgres:5432/aeims"
    owner = f"postgresql://{SERVICES['postgres']['environment']['POSTGRES_USER']}:${{POSTGRES_PASSWORD:?}}@postgres:5432/aeims"
    assert logins == {"migrate": (serving, owner), "web": (serving, ""), "worker": (serving, "")}


@pytest.mark.parametrize("name", ["web", "worker"])
@pytest.mark.parametrize(
    "secret", ["POSTGRES_PASSWORD", "ASTERISK_ARI_PASSWORD", "TRUNK_PASSWORD", "ADAPTER_JOURNAL_KEYS"]
)
def test_the_file_of_settings_brings_no_secret_of_other_services(name: str, secret: str) -> None:
    assert SERVICES[name]["environment"][secret] == ""


def test_only_pages_and_telephone_lines_are_reachable_from_outside() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"web", "asterisk"}
    assert published["web"] == ["127.0.0.1:8000:8000"]


def test_images_have_versions() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    froms = re.findall(r"^FROM (\S+)", "".join(p.read_text() for p in (ROOT / "Dockerfile",)), re.MULTILINE)
    assert [image for image in [*images, *froms] if image != "aeims" and not re.search(r":.*\w", image)] == []
