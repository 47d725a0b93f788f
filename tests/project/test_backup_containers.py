"""deploy/backup/compose.yaml adds backups to compose.yaml: its parts fit together, and nobody gets more than they need."""

import configparser
from typing import Any

import yaml

from tests.support.environment import documented_names
from tools.environment import ROOT

PRODUCT: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
ADDED: dict[str, Any] = yaml.safe_load((ROOT / "deploy/backup/compose.yaml").read_text())
SERVICES = ADDED["services"]
CONFIGURATION = configparser.ConfigParser()
CONFIGURATION.read_string((ROOT / "deploy/backup/pgbackrest.conf").read_text())


def mounts(service: str) -> dict[str, str]:
    """Where each volume is, in the service as it is with both files."""
    volumes = PRODUCT["services"].get(service, {}).get("volumes", []) + SERVICES[service]["volumes"]
    return {name: where.removesuffix(":ro") for name, where in (text.split(":", 1) for text in volumes)}


def test_who_archives_and_who_backs_up_share_data_socket_and_repository() -> None:
    archives, backs_up = mounts("postgres"), mounts("backup")
    for volume in ("postgres", "backups", "backup-socket"):
        assert archives[volume] == backs_up[volume]
    stanza, repository = CONFIGURATION["aeims"], CONFIGURATION["global"]
    assert stanza["pg1-path"].startswith(archives["postgres"])
    assert stanza["pg1-socket-path"] == archives["backup-socket"]
    assert repository["repo1-path"] == archives["backups"]
    assert repository["repo1-cipher-type"] == "aes-256-cbc"
    assert "repo1-cipher-pass" not in repository


def test_postgresql_archives_within_a_minute_beside_all_that_it_did_before() -> None:
    before = PRODUCT["services"]["postgres"]["entrypoint"][2]
    now = SERVICES["postgres"]["entrypoint"][2]
    prepares, _, starts = before.partition(" && ")
    assert now.startswith(prepares)
    assert starts in now
    assert "-carchive_mode=on -carchive_timeout=30" in now
    assert "archive-push %p" in now
    assert "command" not in SERVICES["postgres"], "that of compose.yaml stays"


def test_the_worker_reads_what_the_adapter_and_asterisk_write() -> None:
    worker, adapter = SERVICES["worker"], PRODUCT["services"]["adapter"]
    journal, record = worker["environment"]["AEIMS_BACKUP_RECORDS"].split(",")
    where = mounts("worker")
    assert journal == adapter["environment"]["ADAPTER_JOURNAL"].replace("/var/lib/aeims", where["journal"])
    assert record == adapter["environment"]["ASTERISK_CEL_FILE"]
    assert worker["environment"]["AEIMS_BACKUP_RECORDS_TO"] == where["copies"]
    assert {text for text in worker["volumes"] if text.startswith(("journal", "cel"))} == {
        "journal:/var/lib/aeims-journal:ro", "cel:/var/log/aeims-asterisk:ro"
    }  # fmt: skip
    assert "/var/lib/aeims-copies" in (ROOT / "Dockerfile").read_text(), "who runs the worker may write there"


def test_what_backs_up_owns_nothing_reaches_nobody_and_may_change_no_data() -> None:
    backup = SERVICES["backup"]
    assert backup["networks"] == ["data"]
    assert "postgres:/var/lib/postgresql:ro" in backup["volumes"]
    assert (backup["user"], backup["read_only"], backup["cap_drop"]) == ("postgres", True, ["ALL"])
    assert "database_owner_url" not in backup["secrets"]
    assert set(backup["secrets"]) <= set(PRODUCT["secrets"]) | set(ADDED["secrets"])
    given = {name.removesuffix("_FILE") for name in backup["environment"]}
    assert given <= documented_names()
    assert set((ROOT / "deploy/backup/Dockerfile").read_text().split("\n")) & {"USER postgres"} == {
        "USER postgres"
    }
