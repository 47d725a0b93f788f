"""The images are built, every service of compose.yaml runs and says that it is well, and a phone rings by way of them all.

On stand-ins for the images of others (`tests.containers.images`). `make test-long` runs it: the first time it takes some minutes.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.images import build
from tests.containers.run import SETTINGS, Containers, containers
from tools.container_root import ensure
from tools.environment import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(1800), pytest.mark.xdist_group("containers")]

PHONE = "+12125550123"
ANSWERS = {
    "owner_email": "owner@example.test", "owner_password": "a long enough passphrase", "brand_name": "example.test",
    "brand_host": "www.example.test", "brand_theme": "neutral", "support_email": "support@example.test", "caller_id": "+12125550100",
    "processor": "ccbill", "processor_account": "0000", "statement_text": "EXAMPLE*SUPPORT", "support_phone": "+12125550101",
    "operator_name": "Anna Lee", "operator_email": "anna@example.test", "operator_phone": "212 555 0147", "operator_rate": "3.99",
}  # fmt: skip


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Containers]:
    """All services, from an empty database."""
    root = ensure()
    build(root)
    log = tmp_path_factory.mktemp("compose") / "compose.log"
    with containers(root, log) as project:
        project.up("migrate")
        assert project.machine.run("podman", "wait", project.name("migrate")).strip() == "0", project.said(
            "migrate"
        )
        project.up()
        yield project


def test_every_health_check_says_well(running: Containers) -> None:
    wanted = {name: "healthy" for name in running.services if name != "migrate"}
    deadline = time.monotonic() + 120
    while (found := running.look()) != wanted and time.monotonic() < deadline:
        time.sleep(1)
    assert found == wanted, "\n".join(
        running.said(name)[-1000:] for name in wanted if found.get(name) != "healthy"
    )


def test_nobody_inside_is_root_or_can_write_to_the_image(running: Containers) -> None:
    for name in running.services:
        if name == "migrate":
            continue
        assert running.execute(name, "id", "-u").strip() != "0", name
        status = running.execute(name, "cat", "/proc/self/status")
        rights = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert (int(rights["CapEff"], 16), int(rights["CapBnd"], 16), rights["NoNewPrivs"]) == (0, 0, "1"), (
            name
        )
        for place in ("/usr/bin/of-ours", "/etc/of-ours", "/opt/of-ours"):
            assert "Read-only file system" in running.execute(name, "touch", place, check=False), (
                name,
                place,
            )


def test_the_image_has_no_development_parts(running: Containers) -> None:
    packages = running.execute("web", "pip", "list", "--format=freeze").lower()
    for name in ("pixeltable", "faker", "factory", "pytest", "hypothesis", "playwright", "mypy", "ruff"):
        assert name not in packages
    assert running.execute("web", "ls", "/app").split() == running.execute("web2", "ls", "/app").split()
    assert not {"tests", "tools", "demo"} & set(running.execute("web", "ls", "/app").split())


def test_asterisk_is_the_pinned_one(running: Containers) -> None:
    version = running.execute("asterisk", "dpkg-query", "-W", "-f", "${Version}", "asterisk")
    assert f"version {version}\n" in (ROOT / "deploy/asterisk/asterisk.pin").read_text()


def test_pages_come_over_tls_for_hosts_of_ours_alone(running: Containers) -> None:
    ask = (
        "import socket, ssl; c = ssl.create_default_context(); c.check_hostname = False; c.verify_mode = ssl.CERT_NONE; "
        "s = c.wrap_socket(socket.create_connection(('127.0.0.1', 443)), server_hostname='{0}'); "
        "s.sendall(b'GET /accounts/login/ HTTP/1.1\\r\\nHost: {0}\\r\\nConnection: close\\r\\n\\r\\n'); print(s.recv(99))"
    )
    assert "200 OK" in running.machine.run("python3", "-c", ask.format("portal.example"))
    assert "SSLError" in running.machine.run("python3", "-c", ask.format("stranger.example"), check=False)


def test_a_phone_rings_by_way_of_worker_adapter_asterisk_and_trunk(
    running: Containers, tmp_path: Path
) -> None:
    """`doctor --call` has a code spoken to it: the adapter's TLS, ARI at the address of `switch`, SIP and sound of the host's network."""
    answers = f"printf %s '{json.dumps(ANSWERS)}' > /tmp/answers.json && python manage.py setup --answers /tmp/answers.json"
    running.execute("worker", "sh", "-c", answers)
    phones = [sys.executable, "-m", "tests.lab", "phones", "--port", SETTINGS["TRUNK_PORT"]]
    with (tmp_path / "phones.log").open("w") as log:
        carrier = subprocess.Popen(running.machine.in_its_network(*phones), cwd=ROOT, stdout=log, stderr=log)
    try:
        said = running.execute(
            "worker", "python", "manage.py", "doctor", "--call", PHONE, "--no-input", "--json", check=False
        )
    finally:
        carrier.kill()
        carrier.wait()
    heard = (tmp_path / "phones.log").read_text()
    assert f"INVITE sip:{PHONE}" in heard or f"INVITE sip:{PHONE.removeprefix('+')}" in heard, heard + said
    assert "SIP/2.0 200" in heard
    assert "phone call" in said.lower() or '"level": "ok"' in said, said
