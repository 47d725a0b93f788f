"""An installation of commit f886ab5 with five calls under way is brought up to date: nothing of it is lost, to the cent."""

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from procrastinate.contrib.django import app as jobs
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from billing.ledger.models import Account
from billing.models import Authorization, FreeMinutesPackage
from billing.selectors import balances_to_return
from core import clock
from customers.models import Customer, SpendingLimit, User
from history.selectors import changes_of
from operators.models import Operator
from telephony.models import Call
from tests.full_stack.database import ask, current, database
from tests.scenario import send
from tests.support.smtp_sink import deliver_mail
from tests.upgrade.crawler import statuses
from tests.upgrade.installation import ENDED_EVENT, Installation, migrate_by_hand, restore

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("upgrade")]

FLIRTS, PORTAL, ADMIN = "flirts.localhost", "portal.localhost", "admin.localhost"
SETTLE_SECONDS = 30

# The calls of the dump, by what the upgrade interrupted (tests/data/README.md).
JOINED = "call_1795874916_14e0ba9ca6a9d895"
END_IN_OUTBOX = "call_1795874916_88cddf1b29b74e09"
UNKNOWN_TO_ADAPTER = "call_1795874916_f7034d8742898de4"
END_ON_THE_WIRE = "call_1795874917_5adc5598e15ecad7"
RINGING = "call_1795875025_435d28fe55913efa"
CALLS = (JOINED, END_IN_OUTBOX, UNKNOWN_TO_ADAPTER, END_ON_THE_WIRE, RINGING)


@pytest.fixture(scope="module")
def upgraded_template(postgres: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The name of the old database after today's migrations, to be copied."""
    name = f"aeims_upgraded_{os.getpid()}"
    with django_db_blocker.unblock(), database(name) as url:
        restore(url)
        migrate_by_hand(url)
        yield name


@pytest.fixture
def upgraded(upgraded_template: str, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """The address of a copy of it, current for this process's Django."""
    name = f"aeims_upgraded_copy_{os.getpid()}"
    with django_db_blocker.unblock(), database(name, upgraded_template) as url, current(url):
        yield url


def audit() -> str:
    """What `manage.py audit` says; it raises SystemExit where a row is wrong."""
    report = StringIO()
    call_command("audit", stdout=report)
    return report.getvalue()


def test_the_audit_finds_nothing_and_no_model_lacks_a_migration(upgraded: str) -> None:
    assert " 0 violations" in audit()
    assert Call.objects.filter(call_id__in=CALLS, ended_at=None).count() == len(CALLS)
    call_command("makemigrations", check=True, dry_run=True, stdout=StringIO())


def test_a_limit_per_day_goes_on_with_what_was_to_come_and_its_history(upgraded: str) -> None:
    limit = SpendingLimit.objects.get()
    at = datetime(2026, 11, 29, 12, tzinfo=UTC)
    assert (limit.period, limit.measure, limit.customer.alias) == ("day", "money", "Cedar Lynx 217")
    assert (limit.amount, limit.next_amount, limit.next_at) == (2000, 5000, at)
    assert list(Customer.objects.filter(has_limits=True)) == [limit.customer]
    limit.amount = 1000
    limit.save()
    [change] = [change for change in changes_of(limit.customer) if change.what == "spending limit changed"]
    assert [(d.before, d.after) for d in change.differences] == [("2000", "1000")]


@pytest.mark.parametrize(
    ("email", "host", "pages"),
    [
        (None, FLIRTS, 15),
        ("customer@aeims.test", FLIRTS, 25),  # in a call, with free minutes and a conversation
        ("second@aeims.test", "nycflirts.localhost", 20),
        ("regular2@aeims.test", FLIRTS, 20),  # whose phone rings
        ("operator@aeims.test", PORTAL, 12),  # in a call
        ("staff@aeims.test", ADMIN, 60),
    ],
)
def test_every_page_opens(upgraded: str, email: str | None, host: str, pages: int) -> None:
    client = Client(headers={"host": host})
    if email:
        client.force_login(User.objects.get(email=email))
    else:
        client.post("/enter/")
    results = statuses(client, host)
    assert {path: status for path, status in results.items() if status != 200} == {}
    assert len(results) >= pages, sorted(results)


async def test_the_calls_under_way_settle_to_the_cent(
    upgraded: str, tmp_path: Path, settings: Settings
) -> None:
    assert (await ask(send, ENDED_EVENT.read_bytes())).status == 200
    async with Installation(tmp_path, upgraded).running() as installation:
        async with asyncio.timeout(SETTLE_SECONDS):
            while await ask(_live_calls) != [UNKNOWN_TO_ADAPTER]:
                await asyncio.sleep(0.2)
        settings.ASTERISK_ADAPTER_URL = installation.adapter_url
        await ask(call_command, "sweep_calls", stdout=StringIO())
    assert {call_id: await ask(_outcome, call_id) for call_id in CALLS} == {
        # Ten free minutes cover the talk. The switch lost it: it counts up to the last heartbeat.
        JOINED: ("ended", "switch_lost", 99_312, 99, 0),
        END_IN_OUTBOX: ("ended", "hangup", 102_396, 99 + 2 * 349, 0),
        # Up to the last question that the old adapter asked.
        UNKNOWN_TO_ADAPTER: ("ended", "unheard", 90_001, 49 + 2 * 299, 0),
        END_ON_THE_WIRE: ("ended", "hangup", 102_276, 99 + 2 * 399, 0),
        RINGING: ("failed", "adapter_restarted", None, 0, 0),
    }
    assert await ask(_everything_held) == []
    assert " 0 violations" in await ask(audit)


def _live_calls() -> list[str]:
    return list(Call.objects.filter(ended_at=None).values_list("call_id", flat=True))


def _outcome(call_id: str) -> tuple[str, str, int | None, int, int]:
    """Status, reason, milliseconds joined, cents charged, cents still held."""
    call = Call.objects.select_related("authorization").get(call_id=call_id)
    assert call.authorization is not None
    charged, held = call.authorization.charged_minor, call.authorization.held_minor
    return call.status, call.end_reason, call.joined_ms, charged, held


def _everything_held() -> list[object]:
    """Money, free minutes and operators that are still taken by some call."""
    return [
        *Account.objects.filter(held_minor__gt=0),
        *Authorization.objects.filter(state="open"),
        *FreeMinutesPackage.objects.filter(seconds_reserved__gt=0),
        *Operator.objects.filter(in_call=True),
    ]


def test_a_receipt_that_the_old_code_queued_is_sent_and_money_of_closed_accounts_is_queued(
    upgraded: str,
) -> None:
    """A job of the old worker names the call alone; accounts were closed without a word about their money."""
    call = Call.objects.filter(ended_at__isnull=False, authorization__isnull=False).earliest("pk")
    Customer.objects.filter(pk=call.customer_id).update(mails_receipts=True)
    jobs.configure_task("telephony.mail_receipt").defer(call_id=call.call_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, args FROM procrastinate_jobs WHERE task_name = 'telephony.mail_receipt'"
        )
        [(task, arguments)] = cursor.fetchall()
    jobs.tasks[task](**json.loads(arguments) if isinstance(arguments, str) else arguments)
    deliver_mail()
    assert [(message.subject, message.to) for message in mail.outbox] == [
        ("Your receipt", [call.customer.user.email])
    ]
    wallet = Account.objects.filter(kind="wallet", balance_minor__gt=0, held_minor=0).earliest("pk")
    Customer.objects.filter(pk=wallet.customer_id).update(closed_at=clock.now())
    assert [row.pk for row in balances_to_return()] == [wallet.pk]
