"""deploy/prometheus/compose.yaml adds Prometheus to compose.yaml: what it reads is there, and it gets in nobody's way."""

import re
from typing import Any

import yaml

from tests.support.environment import documented_names
from tests.watching.rules import FOLDER
from tools.environment import ROOT

PRODUCT: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
ADDED: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
PROMETHEUS: dict[str, Any] = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
WEBS = {"web", "web2"}
OURS = {*WEBS, "adapter", "worker"}


def test_each_target_has_the_key_and_shares_a_network_with_prometheus() -> None:
    """By a name that is one service's alone: of two that are asked in turn no counter would only grow."""
    networks = set(ADDED["services"]["prometheus"]["networks"])
    names: dict[str, list[str]] = {}
    for service in OURS:
        aliases = ADDED["services"][service].get("networks", {}).get("inside", {}).get("aliases", [])
        for name in {service, *aliases}:
            names.setdefault(name, []).append(service)
    for job in PROMETHEUS["scrape_configs"]:
        for target in job["static_configs"][0]["targets"]:
            host = target.partition(":")[0]
            [service] = names[host]
            assert networks & set(PRODUCT["services"][service]["networks"]), host
            assert ADDED["services"][service]["secrets"] == ["metrics_key"], host
            if service in WEBS:
                assert host in ADDED["services"][service]["environment"]["AEIMS_INTERNAL_HOSTS"].split(",")
                assert job["tls_config"]["server_name"] == "web"
        assert job["authorization"]["credentials_file"] == "/run/secrets/metrics_key"
        assert (job["scheme"], job["tls_config"]["ca_file"]) == ("https", "/run/secrets/internal_ca")
    assert {"metrics_key", "internal_ca"} == set(ADDED["services"]["prometheus"]["secrets"])


def test_each_web_is_read_and_keeps_the_name_that_adapters_know() -> None:
    assert {name for name in PRODUCT["services"] if name.startswith("web")} == WEBS
    read = {job["job_name"]: job["static_configs"][0]["targets"] for job in PROMETHEUS["scrape_configs"]}
    assert read["web"] == read["sockets"] == ["web1:8443", "web2:8443"]
    assert read["worker"] == ["web1:8443"], "the run directory that the worker shares"
    for name in WEBS:
        assert "web" in ADDED["services"][name]["networks"]["inside"]["aliases"]
        known = set(PRODUCT["services"][name]["environment"]["AEIMS_INTERNAL_HOSTS"].split(","))
        assert known <= set(ADDED["services"][name]["environment"]["AEIMS_INTERNAL_HOSTS"].split(","))


def test_the_worker_is_read_in_the_directory_of_webs_sockets() -> None:
    assert ADDED["services"]["worker"]["environment"] == {"AEIMS_RUN_DIR": "/run/aeims"}
    assert set(ADDED["services"]["worker"]["volumes"]) <= set(PRODUCT["services"]["web"]["volumes"])


def test_settings_are_documented_and_nothing_listens_to_the_network() -> None:
    given = {
        name.removesuffix("_FILE")
        for service in OURS
        for name in ADDED["services"][service].get("environment", {})
    }
    assert given <= documented_names()
    for name in set(ADDED["services"]) - OURS:
        service = ADDED["services"][name]
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert re.fullmatch(r"prom/[a-z]+:v\d+\.\d+\.\d+", service["image"])
        assert service["read_only"]
        assert service["healthcheck"]["test"]
    assert not {"data", "outgoing", "switch"} & {
        network for name in set(ADDED["services"]) - OURS for network in ADDED["services"][name]["networks"]
    }
