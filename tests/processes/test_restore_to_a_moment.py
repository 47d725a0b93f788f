"""The real thing: PostgreSQL 18 archives to pgBackRest while calls and loads go on, is lost, and comes back as it was at a moment.

After `reconcile_after_restore` every call and payment is in the books once, to the cent.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from backoffice.backup.status import backup_status
from billing.auditing import run, scope_since
from billing.ledger.models import Account, Entry, Transaction
from billing.models import Payment
from billing.services.check_payment import check_payment
from core.errors import InsufficientCredit, LimitReached
from core.models import AuditRecord
from customers.models import Customer
from operators.models import Operator
from telephony import adapter_client
from telephony.models import Call
from telephony.originate_request import originate_plan
from tests.full_stack.database import current
from tests.scenario import (
    JOINS_AT,
    assert_books_are_whole,
    earned,
    epoch,
    event_of,
    given_customer,
    given_operator,
    ledger_of,
    tell,
    wallet,
    when_called,
    when_talked,
)  # fmt: skip
from tests.support import ccbill as fake_ccbill
from tests.support import postgres_server
from tests.support.ccbill import FakeCcbill
from tests.support.environment import PASSWORDS
from tests.support.phone_system import PhoneSystem
from tools import pgbackrest
from tools.environment import ROOT
from tools.postgres import SETTINGS, Cluster, binary
from tools.postgres_user import identity, let_pass, owner

pytestmark = [pytest.mark.slow]

CONFIGURATION = """\
[global]
repo1-path={repository}
repo1-retention-full=2
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=of-no-installation
repo1-bundle=y
log-level-file=off
lock-path={directory}/lock
spool-path={directory}/spool
process-max=2
start-fast=y
cmd={program}
[aeims]
pg1-path={data}
pg1-socket-path={socket}
pg1-user=postgres
"""


@dataclass
class Installation:
    """A PostgreSQL of its own that archives, and what the commands need to know of it."""

    directory: Path
    program: Path = field(default_factory=pgbackrest.ensure)
    server: "subprocess.Popen[bytes] | None" = None

    def __post_init__(self) -> None:
        self.repository, self.configuration = (
            self.directory / "repository",
            self.directory / "pgbackrest.conf",
        )
        archive = f"{self.program} --config={self.configuration} --stanza=aeims archive-push %p"
        self.cluster = Cluster(
            directory=self.directory / "postgres",
            log=self.directory / "postgres.log",
            settings=SETTINGS | {"fsync": "off", "archive_mode": "on", "archive_command": archive},
            passwords=PASSWORDS,
        )

    def make(self) -> None:
        """Directories of the server's user, the configuration, and the data of a migrated server."""
        for name in ("", "repository", "lock", "spool", "scratch", "postgres", "copies"):
            (self.directory / name).mkdir(exist_ok=True)
            if os.geteuid() == 0:
                os.chown(self.directory / name, owner().pw_uid, owner().pw_gid)
        self.configuration.write_text(
            CONFIGURATION.format(
                repository=self.repository, directory=self.directory, data=self.cluster.data, program=self.program,
                socket=self.cluster.socket_directory,
            )
        )  # fmt: skip
        subprocess.run(["cp", "-a", postgres_server.kept(), self.cluster.data], check=True)
        if os.geteuid() == 0:  # the commands run as the server's user
            for path in (
                self.directory / "x",
                self.program,
                Path(sys.executable).resolve(),
                ROOT / "manage.py",
            ):
                let_pass(path)

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """`manage.py`, as the user who owns the data."""
        environment = os.environ | {
            "DATABASE_URL": self.cluster.serving_url(), "PGPASSWORD": PASSWORDS.owner,
            "AEIMS_PGBACKREST": str(self.program), "AEIMS_PGBACKREST_CONFIG": str(self.configuration),
            "AEIMS_POSTGRES_BIN": str(Path(binary("postgres")).parent),
            "AEIMS_BACKUP_SCRATCH": str(self.directory / "scratch"), "PYTHONDONTWRITEBYTECODE": "1",
        }  # fmt: skip
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False, **identity(),
        )  # fmt: skip

    def archive_everything(self) -> None:
        """What was written so far is in the archive."""
        with psycopg.connect(self.cluster.url("postgres"), autocommit=True) as connection:
            row = connection.execute("SELECT pg_walfile_name(pg_switch_wal())").fetchone()
            assert row is not None
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                archived = connection.execute("SELECT last_archived_wal FROM pg_stat_archiver").fetchone()
                if archived is not None and archived[0] is not None and archived[0] >= row[0]:
                    return
                time.sleep(0.05)
        raise AssertionError(f"not archived: {self.cluster.log.read_text()[-2000:]}")

    def start(self) -> None:
        """Start it, and wait until it has replayed what it has to."""
        self.server = self.cluster.start()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with psycopg.connect(self.cluster.url("postgres")) as connection:
                if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,):
                    return
            time.sleep(0.05)
        raise AssertionError(self.cluster.log.read_text()[-2000:])

    def lose(self) -> None:
        """The server is gone at once, and so is what it wrote."""
        assert self.server is not None
        connections.close_all()
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait()
        self.cluster.data.rename(self.directory / "lost")

    def stop(self) -> None:
        self.cluster.stop()
        if self.server is not None:
            self.server.wait()


@pytest.fixture
def installation(postgres: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Installation]:
    # Not in pytest's directories, which each process of pytest closes to others anew.
    directory = Path(tempfile.mkdtemp(prefix="aeims-restore-"))
    installation = Installation(directory)
    installation.make()
    installation.start()
    try:
        with django_db_blocker.unblock(), current(installation.cluster.serving_url()):
            yield installation
    finally:
        installation.stop()
        shutil.rmtree(directory)


@dataclass
class Story:
    """Customers who load and call, by chance; the phone system and the processor remember, whatever becomes of the books."""

    phone_system: PhoneSystem
    ccbill: FakeCcbill
    chance: random.Random
    customers: list[Customer]
    operators: list[Operator]

    def load(self, customer: Customer) -> None:
        payment = fake_ccbill.given_payment(customer, self.chance.choice([2900, 3400, 5200]))
        self.ccbill.pay(fake_ccbill.form_of(payment))
        fake_ccbill.post(fake_ccbill.webhook(list(self.ccbill.sales.values())[-1], "NewSaleSuccess"))
        check_payment(payment_id=payment.pk)

    def call(self, customer: Customer, operator: Operator) -> Call:
        call = when_called(customer, operator)
        assert adapter_client.originate(originate_plan(call)).is_ok
        return call

    def talk(self, call: Call) -> None:
        """To its end; the adapter's journal has what web granted, and the end."""
        milliseconds = self.chance.randrange(1_000, 280_000)
        when_talked(call, milliseconds)
        left = JOINS_AT + milliseconds / 1000
        ending = event_of(
            call, "ended", at=left, why="hangup", ended_by="customer", joined_ms=str(milliseconds),
            joined_at=epoch(call, JOINS_AT), left_at=epoch(call, left),
        )  # fmt: skip
        granted = Call.objects.get(pk=call.pk).terms.granted_seconds
        self.phone_system.says(
            call.call_id, state="over", granted_seconds=granted, ending=json.loads(ending.to_json())
        )

    def go_on(self) -> None:
        """Everybody loads or calls, or both."""
        for customer in self.chance.sample(self.customers, len(self.customers)):
            if self.chance.random() < 0.5:
                with suppress(LimitReached):  # enough for a day
                    self.load(customer)
            with suppress(InsufficientCredit):
                self.talk(self.call(customer, self.chance.choice(self.operators)))

    def figures(self) -> dict[str, Any]:
        """What the books say of all of it."""
        calls = {
            call.call_id: (ledger_of(call), call.status, call.joined_ms, call.charged_seconds)
            for call in Call.objects.all()
        }
        return {
            "wallets": [wallet(customer) for customer in self.customers],
            "earned": [earned(operator) for operator in self.operators],
            "calls": calls,
            "captured": sorted(Payment.objects.values_list("customer", "captured_minor", "state")),
        }


@pytest.mark.parametrize(
    ("people", "rounds"), [(3, 1), pytest.param(12, 6, marks=pytest.mark.long)], ids=["short", "long"]
)
def test_restored_to_a_moment_while_calls_and_loads_went_on(
    installation: Installation, phone_system: PhoneSystem, ccbill: FakeCcbill, people: int, rounds: int
) -> None:
    assert installation.manage("backup", "--type", "full").returncode == 0
    chance = random.Random(20261130)
    story = Story(
        phone_system, ccbill, chance, [given_customer(balance="45.00") for _ in range(people)],
        [given_operator() for _ in range(people)],
    )  # fmt: skip
    story.go_on()
    running = story.call(story.customers[0], story.operators[0])
    tell(running, "started", at=JOINS_AT, joined_at=epoch(running, JOINS_AT))
    at_the_moment = story.figures()
    time.sleep(1.1)
    moment = datetime.now(UTC)
    time.sleep(1.1)
    story.talk(running)
    for _ in range(rounds):
        story.go_on()
    before = story.figures()
    newest_id = Transaction.objects.latest("pk").pk
    installation.archive_everything()

    said = installation.manage(
        "restore", "--to", moment.isoformat(), "--data", str(installation.cluster.data)
    )
    assert (said.returncode, "PostgreSQL runs in" in said.stderr) == (1, True)
    installation.lose()
    said = installation.manage(
        "restore", "--to", moment.isoformat(), "--data", str(installation.cluster.data)
    )
    assert said.returncode == 0, said.stderr
    assert f"reconcile_after_restore --since {moment.isoformat()}" in said.stdout
    installation.start()
    assert story.figures() == at_the_moment

    output = StringIO()
    call_command("reconcile_after_restore", since=moment, stdout=output)
    assert story.figures() == before, output.getvalue()
    assert not Account.objects.filter(kind="uncollected").exists()
    assert_books_are_whole()
    assert list(run(scope_since(None))) == []
    entries = Entry.objects.count()
    call_command("reconcile_after_restore", since=moment, stdout=(output := StringIO()))
    assert "ccbill: its list was read 0 min ago" in output.getvalue()
    assert (Entry.objects.count(), story.figures()) == (entries, before)
    story.load(story.customers[0])
    assert Transaction.objects.latest("pk").pk > newest_id, "no id of before is given out again"

    installation.archive_everything()
    said = installation.manage("backup_drill")
    assert said.returncode == 0, said.stderr
    assert "checks found nothing" in said.stdout
    assert list((installation.directory / "scratch").iterdir()) == []
    status = backup_status()
    assert status.is_archiving
    assert not status.is_archive_failing
    assert status.drill_age_seconds is not None


@pytest.mark.long
def test_a_repository_that_was_damaged_is_noticed_by_the_drill_and_by_the_next_backup(
    installation: Installation,
) -> None:
    assert installation.manage("backup", "--type", "full").returncode == 0
    assert installation.manage("backup").stdout == "No backup is due.\n"
    largest = max(
        (path for path in installation.repository.glob("backup/aeims/*F/**/*") if path.is_file()),
        key=lambda path: path.stat().st_size,
    )
    with largest.open("r+b") as file:
        file.seek(largest.stat().st_size // 2)
        file.write(b"\0" * 4096)
    said = installation.manage("backup_drill")
    assert (said.returncode, "The drill failed, and that is on record" in said.stderr) == (1, True)
    assert backup_status().drill_age_seconds is None
    assert AuditRecord.objects.get(subject="backup:drill").action == "backup.drill_failed"
    assert list((installation.directory / "scratch").iterdir()) == []
    said = installation.manage("backup", "--type", "incr")
    assert (said.returncode, "isn't complete" in said.stderr) == (1, True), said.stderr + said.stdout
