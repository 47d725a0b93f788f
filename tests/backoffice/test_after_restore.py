"""`manage.py reconcile_after_restore`: payments first, then calls; ids that were given out are not given out again."""

import json
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from backoffice.after_restore import SKIPPED_IDS
from billing.auditing import run, scope_since
from billing.ledger.heads import append_head, append_restored, read_heads
from billing.ledger.models import Account, Entry, Seal, Transaction
from billing.ledger.states import AccountKind
from billing.services.seal_ledger import seal_ledger
from core import clock
from core.models import AuditRecord
from telephony import adapter_client
from telephony.models import Call
from telephony.originate_request import originate_plan
from tests.scenario import (
    assert_books_are_whole,
    earned,
    epoch,
    event_of,
    given_credit,
    given_customer,
    given_operator,
    wallet,
    when_called,
    when_talked,
)  # fmt: skip
from tests.support.card_processor import Processor, given_paid
from tests.support.phone_system import PhoneSystem
from tests.support.restored import lost

pytestmark = pytest.mark.django_db


def reconciled(**options: Any) -> str:
    output = StringIO()
    since = clock.now() - timedelta(minutes=10)
    call_command("reconcile_after_restore", stdout=output, **{"since": since} | options)
    return output.getvalue()


def talked_and_lost(phone_system: PhoneSystem, customer: Any, operator: Any, milliseconds: int) -> Call:
    """A call of the last minutes, within `lost`."""
    call = when_called(customer, operator)
    assert adapter_client.originate(originate_plan(call)).is_ok
    when_talked(call, milliseconds)
    left = 10 + milliseconds / 1000
    ending = event_of(
        call, "ended", at=left, why="hangup", ended_by="customer", joined_ms=str(milliseconds),
        joined_at=epoch(call, 10), left_at=epoch(call, left),
    )  # fmt: skip
    granted = Call.objects.get(pk=call.pk).terms.granted_seconds
    phone_system.says(
        call.call_id, state="over", granted_seconds=granted, ending=json.loads(ending.to_json())
    )
    return call


def test_a_load_since_pays_for_a_call_since_and_a_second_run_changes_nothing(
    phone_system: PhoneSystem, processor: Processor
) -> None:
    customer, operator = given_customer(balance=0), given_operator()
    given_paid(processor, customer, 500)
    with lost():
        given_paid(processor, customer, 2500)
        call = talked_and_lost(phone_system, customer, operator, 127_000)
        after = wallet(customer), earned(operator)
    said = reconciled(since=clock.now() - timedelta(minutes=10))
    assert (wallet(customer), earned(operator)) == after == ((3000 - 1296, 0), 1037)
    assert f"{call.call_id}: rebuilt, 1296 cents charged\n" in said
    assert "+2500 cents, made again" in said
    assert "Texts, tips, and what staff did since then" in said
    assert not Account.objects.filter(kind=AccountKind.UNCOLLECTED).exists()
    assert_books_are_whole()
    assert list(run(scope_since(None))) == []
    entries = Entry.objects.count()
    assert call.call_id not in reconciled()
    assert Entry.objects.count() == entries


def test_ids_that_were_given_out_are_left_out_once(phone_system: PhoneSystem) -> None:
    given_customer(balance="1.00")
    newest, since = Transaction.objects.latest("pk").pk, clock.now() - timedelta(minutes=10)
    assert f"The next {SKIPPED_IDS:,} ids of" in reconciled(since=since)
    customer = given_customer(balance="1.00")
    assert Transaction.objects.latest("pk").pk > newest + SKIPPED_IDS
    assert customer.pk > SKIPPED_IDS
    assert "left out before" in reconciled(since=since)
    given_credit(customer, "1.00")
    assert Transaction.objects.latest("pk").pk < newest + 2 * SKIPPED_IDS
    assert AuditRecord.objects.filter(action="database.restored").count() == 1


def test_a_call_that_runs_is_named_and_is_work_left(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(), given_operator()
    with lost():
        call = when_called(customer, operator)
        assert adapter_client.originate(originate_plan(call)).is_ok
    with pytest.raises(CommandError, match="1 of these are left to do"):
        reconciled()
    assert call.call_id in phone_system.plans


def test_what_was_uncollected_is_said(phone_system: PhoneSystem) -> None:
    customer, operator = given_customer(balance="5.00"), given_operator()
    with lost():
        given_credit(customer, "40.00")
        talked_and_lost(phone_system, customer, operator, 127_000)
    assert "1296 cents charged, 796 of it uncollected" in reconciled()


def test_without_the_adapter_it_says_so_and_goes_on_when_run_again(no_phone_system: None) -> None:
    with pytest.raises(CommandError, match="Nothing was booked twice"):
        reconciled()


@pytest.mark.parametrize("days", [-1, 7])
def test_a_time_that_cannot_be_is_refused(days: int) -> None:
    with pytest.raises(CommandError, match="--since must be in the last 6 days"):
        reconciled(since=clock.now() - timedelta(days=days))


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(CommandError, match="not a time: yesterday"):
        call_command("reconcile_after_restore", "--since", "yesterday")


def test_heads_of_seals_that_are_gone_are_not_missed_and_others_are(
    phone_system: PhoneSystem, tmp_path: Path, settings: Any
) -> None:
    path = tmp_path / "heads"
    settings.BILLING = settings.BILLING | {"LEDGER_HEADS_FILE": str(path)}
    given_customer(balance="1.00")
    seal_ledger()
    kept = Seal.objects.latest("number")
    append_head(path, kept)
    with lost():
        given_customer(balance="2.00")
        seal_ledger()
        append_head(path, Seal.objects.latest("number"))
    assert [found.check for found in run(scope_since(None))] == ["head_outside_is_that_of_its_seal"]
    reconciled()
    assert list(run(scope_since(None))) == []
    assert [head.number for head in read_heads(path)] == [kept.number]
    append_restored(path, None)
    assert read_heads(path) == []
