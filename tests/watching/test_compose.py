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
OURS = {"web", "adapter", "worker"}


def test_each_target_has_the_key_and_shares_a_network_with_prometheus() -> None:
    networks = set(ADDED["services"]["prometheus"]["networks"])
    for job in PROMETHEUS["scrape_configs"]:
        host = job["static_configs"][0]["targets"][0].partition(":")[0]
        assert networks & set(PRODUCT["services"][host]["networks"]), host
        assert ADDED["services"][host]["secrets"] == ["metrics_key"], host
        assert job["authorization"]["credentials_file"] == "/run/secrets/metrics_key"
        assert (job["scheme"], job["tls_config"]) == ("https", {"ca_file": "/run/secrets/internal_ca"})
    assert {"metrics_key", "internal_ca"} == set(ADDED["services"]["prometheus"]["secrets"])


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
