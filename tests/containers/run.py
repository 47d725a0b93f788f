"""compose.yaml started by podman-compose in a machine of its own.

Podman knows neither Docker's log driver `local`, nor how to start what depends on a container that has ended: so the log driver is its own, and
`migrate` is run first and then left out of what the others depend on. Nobody there runs the health checks by the clock, so we do.
"""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tools.container_root import Machine
from tools.environment import ROOT

HERE = Path(__file__).parent
PROJECT = "aeims"
SETTINGS = {
    "EMAIL_URL": "smtp+tls://nobody:nothing@mail.example:587", "DEFAULT_FROM_EMAIL": "support@example.com",
    "AEIMS_PORTAL_HOSTS": "portal.example", "AEIMS_ADMIN_HOSTS": "admin.example", "PROXY_ISSUER": "internal",
    "TRUNK_HOST": "127.0.0.1", "TRUNK_MATCH": "127.0.0.1", "TRUNK_PORT": "5070", "SIP_EXTERNAL_ADDRESS": "127.0.0.1",
    "SIP_LOCAL_NET": "127.0.0.1/32",
}  # fmt: skip
_WITH_DEFAULT = re.compile(r"\$\{(\w+):-([^}]*)\}")


class Containers:
    """The containers of the project in a machine; `directory` is where compose.yaml lies, as the machine sees it."""

    def __init__(self, machine: Machine, log: Path) -> None:
        self.machine, self.log = machine, log
        self.directory = "/srv/compose"
        self.services = self._lay_out(machine.root / self.directory.lstrip("/"))

    def up(self, *names: str, seconds: float = 240) -> None:
        """Start these services, or all, and what they depend on, as `docker compose up -d` would."""
        process = self._compose("up", "-d", "--no-build", *names)
        deadline = time.monotonic() + seconds
        try:
            while process.poll() is None:
                assert time.monotonic() < deadline, self.log.read_text(errors="replace")[-3000:]
                self.look()
                time.sleep(0.5)
        finally:
            process.kill()
            process.wait()

    def look(self) -> dict[str, str]:
        """Run the health check of each container that runs; its name and what became of it: healthy, unhealthy, starting."""
        found = {}
        for name in self.machine.run("podman", "ps", "--format", "{{.Names}}").split():
            self.machine.run("podman", "healthcheck", "run", name, check=False)
            state = self.machine.run("podman", "inspect", "-f", "{{.State.Health.Status}}", name, check=False)
            found[name.removeprefix(f"{PROJECT}_").removesuffix("_1")] = state.strip()
        return found

    def execute(self, service: str, *command: str, check: bool = True) -> str:
        """Run a command in a service's container; what it said."""
        return self.machine.run("podman", "exec", self.name(service), *command, check=check)

    def said(self, service: str) -> str:
        """All that the container wrote."""
        return self.machine.run("podman", "logs", self.name(service), check=False)

    def name(self, service: str) -> str:
        return f"{PROJECT}_{service}_1"

    def down(self) -> None:
        """End and forget all, volumes too."""
        self._compose("down", "--volumes", "--timeout", "2").wait(120)

    def _compose(self, *arguments: str) -> "subprocess.Popen[Any]":
        return self.machine.start(
            "podman-compose", "-p", PROJECT, *arguments, directory=self.directory, log=self.log
        )

    def _lay_out(self, place: Path) -> dict[str, dict[str, Any]]:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(ROOT / "deploy", place / "deploy")
        shutil.copy(ROOT / ".env.example", place)
        text = (ROOT / "compose.yaml").read_text()
        # podman-compose takes a setting that is named as its variable for the variable itself, so each has its value here.
        settings = dict(_WITH_DEFAULT.findall(text)) | SETTINGS
        (place / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        composed: dict[str, Any] = yaml.safe_load(text)
        for service in composed["services"].values():
            service["logging"] = {"driver": "k8s-file"}
            service.get("depends_on", {}).pop("migrate", None)
            service.pop("build", None)
        (place / "compose.yaml").write_text(yaml.safe_dump(composed, sort_keys=False))
        self.machine.run("sh", "deploy/containers/make_secrets.sh", directory=self.directory)
        services: dict[str, dict[str, Any]] = composed["services"]
        return services


@contextmanager
def containers(root: Path, log: Path) -> Iterator[Containers]:
    """Within: a machine with nothing running in it yet."""
    with Machine(root) as machine:
        project = Containers(machine, log)
        project.down()
        try:
            yield project
        finally:
            project.down()
