"""An installation as it stood at commit f886ab5: its database and what its adapter remembered (`tests/data/README.md`)."""

import gzip
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.full_stack.process import Process
from tests.lab.ports import HOST, free_ports
from tests.support.environment import owner_url, owning
from tools.environment import ROOT
from tools.postgres import binary

DATA = ROOT / "tests/data"
DUMP = DATA / "f886ab5.sql.gz"
JOURNAL = DATA / "f886ab5.journal"
ENDED_EVENT = DATA / "f886ab5.ended.json"


# One customer had a limit per day, with a higher one to come: the dump has none.
GIVE_LIMIT = """
UPDATE public.customers_customer SET daily_limit_minor = 2000, next_limit_minor = 5000, next_limit_at = '2026-11-29T12:00Z'
 WHERE alias = 'Cedar Lynx 217';
"""


def restore(url: str) -> None:
    """Load the dump into the empty database at `url`, as the owner. Raises CalledProcessError where a statement fails."""
    psql = [binary("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1"]
    subprocess.run(
        [*psql, "--output=/dev/null", owner_url(url)],
        input=gzip.decompress(DUMP.read_bytes()) + GIVE_LIMIT.encode(),
        check=True,
        cwd="/",
    )


def migrate_by_hand(url: str) -> None:
    """What is typed at an upgrade, checks and all. Raises CalledProcessError."""
    command = [sys.executable, "manage.py", "migrate", "--no-input", "--verbosity=0"]
    subprocess.run(command, cwd=ROOT, env=owning(url), check=True)


class Installation:
    """Today's web and adapter (on simulated phones) over a database and a journal that are already there."""

    def __init__(self, directory: Path, database_url: str) -> None:
        self.url = f"http://{HOST}:{free_ports().http}"
        self.adapter_url = f"http://{HOST}:{free_ports().http}"
        self._key = os.environ["AEIMS_API_KEY"]
        journal = directory / "journal/adapter.journal"
        journal.parent.mkdir()
        journal.write_bytes(JOURNAL.read_bytes())
        environment = os.environ | {
            "DATABASE_URL": database_url,
            "ASTERISK_ADAPTER_URL": self.adapter_url,
            "ADAPTER_LISTEN": self.adapter_url.removeprefix("http://"),
            "ADAPTER_JOURNAL": str(journal.parent),
            "ADAPTER_NODE": "node-1",
            "AEIMS_WEBHOOK_URL": f"{self.url}/api/telephony/events/",
            "PYTHONUNBUFFERED": "1",
        }
        port = self.url.rpartition(":")[2]
        daphne = [sys.executable, "-m", "daphne", "-b", HOST, "-p", port, "aeims.asgi:application"]
        adapter = [sys.executable, "manage.py", "run_asterisk_adapter", "--simulate"]
        self.web = Process("web", daphne, environment, directory / "web.log", self._web_is_ready)
        self.adapter = Process(
            "adapter", adapter, environment, directory / "adapter.log", self._adapter_is_ready
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Installation"]:
        """Within: web serves, then the adapter has read the journal and is ready for calls."""
        try:
            await self.web.start()
            await self.adapter.start()
            yield self
        finally:
            await self.adapter.kill()
            await self.web.kill()

    async def _web_is_ready(self) -> bool:
        return _answers(f"{self.url}/livez", "")

    async def _adapter_is_ready(self) -> bool:
        return _answers(f"{self.adapter_url}/health", self._key)


def _answers(url: str, key: str) -> bool:
    request = urllib.request.Request(url, headers={"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
