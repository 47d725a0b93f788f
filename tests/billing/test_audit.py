"""The audit finds a cent or a second out of place, and names the row."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from billing.auditing import CHECKS, run, scope_since
from billing.ledger.models import Account, Entry, Transaction
from billing.models import Authorization, FreeMinutesPackage, Reservation
from billing.services.audit_books import ACTION
from billing.services.authorize import authorize
from billing.services.settle import settle
from core import clock
from core.models import AuditRecord
from operators.models import OperatorDay
from tests.factories import BrandFactory
from tests.scenario import given_customer, given_free_minutes, given_operator
from tests.support.database_owner import as_owner, as_owner_past_guards, recount_quarter_hours

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _a_settled_and_a_running_call() -> None:
    operator = given_operator()
    for reference in ("call_done", "call_open"):
        customer = given_customer(balance=5000)
        given_free_minutes(customer, 2)
        authorization = authorize(
            customer=customer, operator=operator, brand=BrandFactory(), reference=reference
        )
        if reference == "call_done":
            settle(authorization_id=authorization.pk, joined_ms=250_000)


def audit(*arguments: str) -> tuple[int, dict[str, object]]:
    out = StringIO()
    try:
        call_command("audit", "--json", *arguments, stdout=out)
    except SystemExit as error:
        return int(str(error.code)), json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def forge(statement: str) -> None:
    """Change a row as nobody can: past triggers and constraints."""
    with as_owner_past_guards() as cursor:
        cursor.execute(statement)


def _quarter_hour(account_id: int | None) -> str:
    """As the audit names the one that the account has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT format('%%s from %%s', account_id, begins_at) FROM ledger_accountquarterhour WHERE account_id = %s",
            [account_id],
        )
        return str(cursor.fetchone()[0])


def test_books_in_order_pass() -> None:
    code, report = audit()
    assert (code, report["ok"], report["violations"], report["checks"]) == (0, True, [], len(CHECKS))
    assert audit("--since", "10m")[0] == 0


@pytest.mark.parametrize("arguments", [(), ("--since", "10m")], ids=["all", "recent"])
@pytest.mark.parametrize(
    ("statement", "row"),
    [
        ("UPDATE ledger_account SET balance_minor = balance_minor + 1 WHERE id = {wallet}", "ledger.account:{wallet}"),
        ("UPDATE ledger_account SET balance_minor = balance_minor - 1 WHERE id = {payable}", "ledger.account:{payable}"),
        ("UPDATE ledger_account SET held_minor = held_minor - 1 WHERE held_minor > 0", "ledger.account:{open_wallet}"),
        ("UPDATE ledger_entry SET amount_minor = amount_minor + 1 WHERE id = {entry}", "ledger.transaction:{sale}"),
        (("UPDATE ledger_transaction SET amount_minor = amount_minor + 1, platform_minor = platform_minor + 1"
         " WHERE id = {sale}"), "ledger.transaction:{sale}"),
        ("DELETE FROM ledger_entry WHERE transaction_id = {sale}", "ledger.transaction:{sale}"),
        ("DELETE FROM ledger_transaction WHERE id = {sale}", "ledger.entry:{entry}"),
        ("UPDATE ledger_transaction SET reference = 'call_nobody' WHERE id = {sale}", "ledger.transaction:{sale}"),
        ("UPDATE billing_authorization SET talk_minor = talk_minor - 1 WHERE id = {done}", "billing.authorization:{done}"),
        ("UPDATE billing_authorization SET joined_ms = 60000 WHERE id = {done}", "billing.authorization:{done}"),
        ("UPDATE billing_authorization SET held_minor = held_minor + 1 WHERE id = {open}", "billing.authorization:{open}"),
        ("UPDATE billing_authorization SET granted_seconds = 240 WHERE id = {open}", "billing.authorization:{open}"),
        ("UPDATE billing_freeminutespackage SET seconds_used = 119, seconds_remaining = 1 WHERE id = {package}",
         "billing.freeminutespackage:{package}"),
        ("UPDATE operators_operatorday SET earned_minor = earned_minor - 1", "operators.operatorday:{day}"),
        ("UPDATE ledger_accountquarterhour SET amount_minor = amount_minor - 1 WHERE account_id = {payable}",
         "ledger.accountquarterhour:{quarter_hour}"),
        ("DELETE FROM ledger_accountquarterhour WHERE account_id = {payable}", "ledger.accountquarterhour:{quarter_hour}"),
        ("UPDATE ledger_accountquarterhour SET begins_at = begins_at + interval '15 minutes' WHERE account_id = {payable}",
         "ledger.accountquarterhour:{quarter_hour}"),
        ("UPDATE billing_reservation SET used_seconds = 119 WHERE package_id = {package}",
         "billing.freeminutespackage:{package}"),
    ],
)  # fmt: skip
def test_one_thing_out_of_place_is_found_and_named(
    statement: str, row: str, arguments: tuple[str, ...]
) -> None:
    done = Authorization.objects.get(reference="call_done")
    running = Authorization.objects.get(reference="call_open")
    sale = Transaction.objects.get(reference="call_done", kind="call")
    names = {
        "wallet": done.wallet_id,
        "payable": done.payable_id,
        "open_wallet": running.wallet_id,
        "done": done.pk,
        "open": running.pk,
        "sale": sale.pk,
        "entry": Entry.objects.filter(transaction=sale).order_by("id")[0].pk,
        "day": OperatorDay.objects.get().pk,
        "quarter_hour": _quarter_hour(done.payable_id),
        "package": Reservation.objects.get(authorization=done).package_id,
    }
    forge(statement.format(**names))
    code, report = audit(*arguments)
    assert code == 1
    assert row.format(**names) in {violation["row"] for violation in report["violations"]}


def test_a_drained_package_and_a_touched_platform_account_are_found() -> None:
    forge("ALTER TABLE billing_freeminutespackage DROP CONSTRAINT package_adds_up")
    forge("ALTER TABLE ledger_account DROP CONSTRAINT account_owner")
    try:
        package = FreeMinutesPackage.objects.order_by("id")[0]
        forge(f"UPDATE billing_freeminutespackage SET seconds_expired = 1 WHERE id = {package.pk}")
        platform = Account.objects.get(kind="revenue")
        forge(f"UPDATE ledger_account SET balance_minor = 1 WHERE id = {platform.pk}")
        found = {(v.check, v.row) for v in run(scope_since(None))}
    finally:
        forge("UPDATE billing_freeminutespackage SET seconds_expired = 0")
        forge("UPDATE ledger_account SET balance_minor = 0 WHERE kind = 'revenue'")
        for model, name in ((FreeMinutesPackage, "package_adds_up"), (Account, "account_owner")):
            [constraint] = [c for c in model._meta.constraints if c.name == name]
            with as_owner(), connection.schema_editor() as editor:
                editor.add_constraint(model, constraint)
    assert ("package_adds_up", f"billing.freeminutespackage:{package.pk}") in found
    assert ("platform_account_carries_no_balance", f"ledger.account:{platform.pk}") in found


def test_old_rows_are_left_out_of_a_recent_audit() -> None:
    forge("UPDATE ledger_transaction SET created_at = created_at - interval '1 day'")
    recount_quarter_hours()
    forge(
        "UPDATE billing_authorization SET settled_at = settled_at - interval '1 day' WHERE state = 'settled'"
    )
    forge(
        "UPDATE ledger_account SET balance_minor = balance_minor + 1 WHERE held_minor = 0 AND kind = 'wallet'"
    )
    assert audit("--since", "1h")[0] == 0
    assert audit("--since", clock.now().isoformat())[0] == 0
    assert audit("--since", "2d")[0] == audit()[0] == 1


def test_one_of_everything_counts_as_the_nightly_one_and_one_of_a_while_does_not() -> None:
    """The alarms go by the newest, so they end with it."""
    audit("--since", "10m")
    assert not AuditRecord.objects.filter(action=ACTION).exists()
    forge(
        "UPDATE ledger_account SET balance_minor = balance_minor + 1 WHERE held_minor = 0 AND kind = 'wallet'"
    )
    assert audit()[0] == 1
    assert AuditRecord.objects.get(action=ACTION).details["findings"] == 1


def test_people_read_it_too() -> None:
    out = StringIO()
    call_command("audit", stdout=out)
    assert "0 violations" in out.getvalue()
    with pytest.raises(CommandError):
        call_command("audit", "--since", "yesterday")
