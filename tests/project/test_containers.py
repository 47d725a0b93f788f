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
SECRET_WITHOUT = {"AEIMS_API_KEY_FALLBACKS"}  # while a key is replaced
OTHERS_NAMES = {"POSTGRES_USER", "XDG_DATA_HOME", "XDG_CONFIG_HOME"}  # of PostgreSQL's image and of Caddy
SCRIPTS = ROOT / "deploy/containers"


def test_all_processes_of_the_product_are_there() -> None:
    assert set(SERVICES) == {
        "migrate", "web", "web2", "sockets", "sockets2", "proxy", "worker", "adapter", "asterisk", "postgres", "redis",
    }  # fmt: skip


def test_each_name_is_documented() -> None:
    taken = set(re.findall(r"\$\{(\w+)", TEXT))
    given = {
        name.removesuffix("_FILE") if value and str(value).startswith("/run/secrets/") else name
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
    }
    of_asterisk = set(re.findall(r"[A-Z][A-Z_]+", (ROOT / "deploy/asterisk/entrypoint.sh").read_text()))
    assert taken - documented_names() == set()
    assert given - documented_names() - of_asterisk - OTHERS_NAMES == set()


@pytest.mark.parametrize("name", ["migrate", "web", "web2", "sockets", "sockets2", "worker"])
def test_every_setting_of_the_house_reaches_its_processes(name: str) -> None:
    assert SERVICES[name]["env_file"] == ".env"
    assert "env_file" not in SERVICES["adapter"]  # which knows no database


def test_no_secret_has_a_default_or_stands_in_the_environment() -> None:
    given = {
        (name, str(value))
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if IS_SECRET.search(name) and value and name != "AEIMS_API_KEY_FALLBACKS"
    }
    assert {value for name, value in given if "${" in value} == set()
    defaults = {
        name: default
        for name, default in re.findall(r"\$\{(\w+):?-([^}]*)\}", TEXT)
        if IS_SECRET.search(name) and name != "AEIMS_SECRETS_DIR"
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
    files = ("https://", "/run/secrets/")
    assert {name for name, value in values if "@" in value or not value.startswith(files)} == set()


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"migrate"}))
def test_each_lasting_service_says_whether_it_is_well(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_journal_and_call_record_survive_and_are_shared_as_they_must_be() -> None:
    assert "journal:/var/lib/aeims" in SERVICES["adapter"]["volumes"]
    assert "cel:/var/log/aeims-asterisk:ro" in SERVICES["adapter"]["volumes"]
    assert "cel:/var/log/aeims-asterisk" in SERVICES["asterisk"]["volumes"]


def test_only_the_adapter_reaches_asterisk_and_it_has_no_database() -> None:
    """Asterisk is on the host's network, and listens for ARI at the host's address in a network that only the adapter is in."""
    assert {name for name, service in SERVICES.items() if "switch" in networks_of(service)} == {"adapter"}
    assert {name for name, service in SERVICES.items() if "network_mode" in service} == {"asterisk"}
    [address] = yaml.safe_load(TEXT)["networks"]["switch"]["ipam"]["config"]
    assert SERVICES["asterisk"]["environment"]["ASTERISK_HTTPS_BIND"] == address["gateway"]
    assert SERVICES["adapter"]["extra_hosts"] == [f"asterisk:{address['gateway']}"]
    assert "ASTERISK_HTTP_BIND" not in SERVICES["asterisk"]["environment"]
    assert not {"DATABASE_URL", "REDIS_URL"} & set(SERVICES["adapter"]["environment"])


def networks_of(service: dict[str, Any]) -> set[str]:
    return set(service.get("networks", ()))


SERVING = {
    "secret_key", "api_key", "data_keys", "hash_keys", "document_keys", "push_key", "database_url", "redis_url", "email_url", "sms_secrets",
    "card_secrets", "internal_ca",
}  # fmt: skip


def test_each_service_gets_the_secrets_that_it_needs_and_no_other() -> None:
    assert {name: set(service["secrets"]) for name, service in SERVICES.items() if "secrets" in service} == {
        "migrate": SERVING | {"database_owner_url"},  # the owner of the tables migrates and does not serve
        "web": SERVING | {"web_tls_key", "web_tls_certificate"},
        "web2": SERVING | {"web_tls_key", "web_tls_certificate"},
        "sockets": SERVING,
        "sockets2": SERVING,
        "worker": SERVING,
        "adapter": {
            "api_key",
            "journal_keys",
            "ari_password",
            "internal_ca",
            "adapter_tls_key",
            "adapter_tls_certificate",
        },
        "asterisk": {
            "ari_password",
            "trunk_password",
            "trunk2_password",
            "asterisk_tls_key",
            "asterisk_tls_certificate",
        },
        "postgres": {"postgres_password", "owner_password", "postgres_tls_key", "postgres_tls_certificate"},
        "redis": {"redis_password", "internal_ca", "redis_tls_key", "redis_tls_certificate"},
    }


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_what_a_service_reads_is_a_secret_that_it_has(name: str) -> None:
    service = SERVICES[name]
    text = str({key: service.get(key) for key in ("environment", "entrypoint", "command", "healthcheck")})
    assert set(re.findall(r"/run/secrets/(\w+)", text)) <= set(service.get("secrets", []))
    assert set(service.get("secrets", [])) <= set(yaml.safe_load(TEXT)["secrets"])


def test_no_network_but_those_that_must_reaches_the_outside() -> None:
    networks = yaml.safe_load(TEXT)["networks"]
    outside = {name for name, network in networks.items() if not network.get("internal")}
    assert outside == {"outgoing"}
    reaching = {name for name, service in SERVICES.items() if outside & networks_of(service)}
    assert reaching == {"web", "web2", "proxy", "worker"}
    assert {name for name, service in SERVICES.items() if "data" in networks_of(service)} == {
        "migrate", "web", "web2", "sockets", "sockets2", "worker", "postgres", "redis",
    }  # fmt: skip


def test_our_services_speak_tls_with_each_other() -> None:
    addresses = {
        name: value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if "://" in str(value)
    }
    assert {name: value.partition(":")[0] for name, value in addresses.items()} == {
        "ASTERISK_ADAPTER_URL": "https", "AEIMS_WEBHOOK_URL": "https", "ASTERISK_ARI_URL": "https",
    }  # fmt: skip
    assert "-cssl=on" in SERVICES["postgres"]["command"]
    assert "port 0" in SERVICES["redis"]["command"][-1]
    assert "ASTERISK_HTTP_BIND" not in SERVICES["asterisk"]["environment"]  # plain HTTP on the loopback alone


def test_no_service_may_read_or_change_logs_that_are_written() -> None:
    for name, service in SERVICES.items():
        assert service["logging"]["options"], name
        assert not service.get("privileged"), name
        assert not [
            volume
            for volume in service.get("volumes", [])
            if re.match(r"/var/(run|lib|log)|/run|/$|/:", volume)
        ]
    for file in (ROOT / "Dockerfile", SCRIPTS / "asterisk.Dockerfile"):
        assert re.findall(r"^USER (\w+)$", file.read_text(), re.MULTILINE)[-1] in ("aeims", "asterisk")


def test_with_a_log_server_every_service_sends_to_it_over_tls() -> None:
    sending = yaml.safe_load((SCRIPTS / "logs.yaml").read_text())["services"]
    assert set(sending) == set(SERVICES)
    for service in sending.values():
        assert service["logging"]["driver"] == "syslog"
        assert service["logging"]["options"]["syslog-address"] == "tcp+tls://${LOG_SERVER:?}"


@pytest.mark.parametrize("name", ["web", "worker"])
@pytest.mark.parametrize(
    "secret",
    [
        "POSTGRES_PASSWORD",
        "ASTERISK_ARI_PASSWORD",
        "TRUNK_PASSWORD",
        "TRUNK2_PASSWORD",
        "ADAPTER_JOURNAL_KEYS",
    ],
)
def test_the_file_of_settings_brings_no_secret_of_other_services(name: str, secret: str) -> None:
    assert SERVICES[name]["environment"][secret] == ""


def test_only_pages_and_telephone_lines_are_reachable_from_outside() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"proxy"}  # Asterisk, on the host's network, by its own SIP and RTP ports
    assert published["proxy"] == ["80:80", "443:443"]


def test_the_servers_share_nothing_but_a_directory_that_is_gone_with_them() -> None:
    """The proxy reaches both by their Unix sockets, and no network of ours."""
    volumes = yaml.safe_load(TEXT)["volumes"]
    for volume, servers in {"run": {"web", "sockets"}, "run2": {"web2", "sockets2"}}.items():
        sharing = {
            name
            for name, service in SERVICES.items()
            if any(text.startswith(f"{volume}:") for text in service.get("volumes", []))
        }
        assert sharing == servers | {"proxy"}
        assert volumes[volume]["driver_opts"]["type"] == "tmpfs"
    assert SERVICES["proxy"]["networks"] == ["outgoing"]
    assert not {name for name in SERVICES["proxy"]["environment"] if IS_SECRET.search(name)}


def test_the_second_of_each_server_is_as_the_first_and_is_asked_by_the_proxy_and_the_adapter() -> None:
    for name in ("web", "sockets"):
        assert SERVICES[f"{name}2"] == SERVICES[name] | {"volumes": ["run2:/run/aeims"]}
        more = SERVICES["proxy"]["environment"][f"PROXY_MORE_{name.upper().removesuffix('S')}S"]
        assert more == f"unix//run/aeims2/{name}.sock"
    assert "run2:/run/aeims2" in SERVICES["proxy"]["volumes"]
    assert SERVICES["web2"]["networks"]["inside"] == {"aliases": ["web"]}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_nobody_inside_is_root_becomes_more_or_writes_elsewhere(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["tmpfs"][0] == "/tmp"  # noqa: S108 (a place in memory)
    if service.get("image") not in ("aeims", "aeims-asterisk"):  # whose files say USER
        assert service["user"] in ("postgres", "redis")


def test_asterisk_has_the_same_number_everywhere() -> None:
    [user] = re.findall(r"^asterisk=(\d+)", (SCRIPTS / "egress.sh").read_text(), re.MULTILINE)
    assert f"--uid {user} " in (SCRIPTS / "asterisk.Dockerfile").read_text()


def test_asterisk_ends_with_its_last_call() -> None:
    seconds = int(re.findall(r"\d+", SERVICES["asterisk"]["environment"]["ASTERISK_STOP_SECONDS"])[0])
    assert int(SERVICES["asterisk"]["stop_grace_period"].removesuffix("m")) * 60 > seconds


def test_each_server_has_longer_to_stop_than_it_gives_its_requests() -> None:
    assert gunicorn_config_graceful() == 25
    for name in ("web", "web2", "proxy", "worker", "adapter"):
        assert SERVICES[name]["stop_grace_period"] == "30s"


def gunicorn_config_graceful() -> int:
    text = (ROOT / "aeims/serving/gunicorn_config.py").read_text()
    [seconds] = re.findall(r"^graceful_timeout = (\d+)", text, re.MULTILINE)
    assert f"grace_period {seconds}s" in (ROOT / "deploy/Caddyfile").read_text()
    return int(seconds)


def test_images_have_versions() -> None:
    images = [service["image"] for service in SERVICES.values() if "image" in service]
    froms = re.findall(r"^FROM (\S+)", "".join(p.read_text() for p in (ROOT / "Dockerfile",)), re.MULTILINE)
    assert [
        image
        for image in [*images, *froms]
        if image not in ("aeims", "aeims-asterisk") and not re.search(r":.*\w", image)
    ] == []
