"""Where operators are paid: a change waits, nobody reads it, and one that two people use is found."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from pytest_django.fixtures import Settings

from billing.auditing import run as audit
from billing.auditing import scope_since
from billing.payouts.account_details import digests, opened
from billing.payouts.accounts import account_in_effect, account_to_come, shared_by
from billing.payouts.files import opened_file
from billing.payouts.models import PayoutAccount
from billing.payouts.services.change_account import change_account, withdraw_change
from billing.payouts.services.export_run import export_run
from billing.payouts.services.rotate import rotate_payouts
from core import clock
from core.errors import Conflict, Invalid, NotFound
from tests.factories import StaffFactory
from tests.payouts.scenario import ANOTHER, BANK, an_approved_run, given_earner, item_of, later
from tests.scenario import given_operator

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("hours", "last_four"), [(71, "6789"), (73, "4321")])
def test_a_change_is_paid_to_after_72_hours_and_the_account_before_until_then(
    hours: int, last_four: str
) -> None:
    operator = given_earner()
    with later(days=8):
        change_account(operator_id=operator.pk, method="ach", given=ANOTHER)
    with later(days=8, hours=hours):
        item = item_of(an_approved_run(), operator)
    assert item.account is not None
    assert item.account.last_four == last_four


def test_the_first_account_waits_too_and_until_then_nothing_is_paid() -> None:
    operator = given_earner(account=None)
    with later(days=8):
        change_account(operator_id=operator.pk, method="ach", given=BANK)
        with pytest.raises(Conflict):
            an_approved_run()
    with later(days=11, hours=1):
        assert item_of(an_approved_run(), operator).is_debited


def test_a_change_is_withdrawn_or_replaced_while_it_waits() -> None:
    operator = given_earner(0)
    change_account(operator_id=operator.pk, method="ach", given=ANOTHER)
    withdraw_change(operator_id=operator.pk)
    with pytest.raises(NotFound):
        withdraw_change(operator_id=operator.pk)
    change_account(operator_id=operator.pk, method="ach", given=ANOTHER)
    change_account(operator_id=operator.pk, method="ach", given=ANOTHER | {"account": "1111222233"})
    waiting = account_to_come(operator.pk, clock.now())
    assert waiting is not None
    assert waiting.last_four == "2233"
    in_effect = account_in_effect(operator.pk, clock.now() + timedelta(hours=73))
    assert in_effect == waiting


def test_the_same_account_again_changes_nothing() -> None:
    operator = given_earner(0)
    with pytest.raises(Conflict):
        change_account(operator_id=operator.pk, method="ach", given=BANK | {"account": "000 123-456789"})


@pytest.mark.parametrize(
    ("field", "text"),
    [("routing", "021000022"), ("routing", ""), ("account", "123"), ("account", "12345678901234567x"),
     ("account_type", "gold"), ("holder", "")],
)  # fmt: skip
def test_what_is_no_account_is_refused_by_its_field(field: str, text: str) -> None:
    operator = given_operator()
    with pytest.raises(Invalid) as refused:
        change_account(operator_id=operator.pk, method="ach", given=BANK | {field: text})
    assert refused.value.extra["field"] == field
    assert not PayoutAccount.objects.exists()


def test_the_database_holds_nothing_that_can_be_read_and_keeps_it_as_it_is() -> None:
    operator = given_earner(0)
    account = PayoutAccount.objects.get(operator=operator)
    assert opened(account).account == BANK["account"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT payouts_payoutaccount::text FROM payouts_payoutaccount")
        [(row,)] = cursor.fetchall()
    assert BANK["account"] not in row
    assert BANK["routing"] not in row
    assert "Smith" not in row
    for change in ({"last_four": "0000"}, {"effective_at": datetime.now(UTC)}):
        with pytest.raises(DatabaseError), transaction.atomic():
            PayoutAccount.objects.update(**change)


def test_an_account_of_two_people_is_found() -> None:
    one, another = given_earner(0), given_earner(0)
    account = PayoutAccount.objects.get(operator=another)
    assert shared_by([bytes(account.digest)], another.pk) == [one.pk]


def test_accounts_and_files_come_under_new_keys(settings: Settings) -> None:
    given_earner(method="transfer")
    with later(days=8):
        file = export_run(run_id=an_approved_run().pk, file_format="csv", actor=StaffFactory())
    before = opened_file(file)
    settings.DOCUMENT_KEYS = ["another document key, as long as the first one was", *settings.DOCUMENT_KEYS]
    settings.HASH_KEYS = ["another hash key, as long as the first one was", *settings.HASH_KEYS]
    assert rotate_payouts() == 2
    assert rotate_payouts() == 0
    settings.DOCUMENT_KEYS = settings.DOCUMENT_KEYS[:1]
    settings.HASH_KEYS = settings.HASH_KEYS[:1]
    file.refresh_from_db()
    assert opened_file(file) == before
    account = PayoutAccount.objects.get()
    assert opened(account).account == BANK["account"]
    assert bytes(account.digest) == digests("transfer", opened(account))[0]
    assert list(audit(scope_since(None))) == []
