"""Where operators were paid is forgotten in time, and by whoever is erased; not while a payout is on its way."""

import pytest

from billing.payouts.maturity import books_day
from billing.payouts.models import PayoutAccount
from billing.payouts.services.change_account import change_account
from billing.payouts.services.export_run import export_run
from billing.payouts.services.mark_paid import mark_paid
from core import clock
from operators.models import Operator
from operators.states import ApprovalStatus
from privacy.export import tables_of
from privacy.obstacles import ErasureObstacle, obstacles
from privacy.ownership import Person
from privacy.services.delete_old_data import delete_old_data
from privacy.services.erase_person import erase
from privacy.services.request_erasure import request_erasure
from tests.factories import StaffFactory
from tests.payouts.scenario import (
    ANOTHER,
    an_approved_run,
    given_an_exported_payout,
    given_earner,
    item_of,
    later,
)

pytestmark = pytest.mark.django_db


def test_the_details_of_an_account_that_nobody_is_paid_to_are_emptied_after_two_years() -> None:
    operator = given_earner(method="transfer")
    with later(days=8):
        run = an_approved_run()
        export_run(run_id=run.pk, file_format="csv", actor=StaffFactory())
        change_account(operator_id=operator.pk, method="ach", given=ANOTHER)
        change_account(operator_id=operator.pk, method="ach", given=ANOTHER | {"account": "1111222233"})
    with later(days=800):
        assert delete_old_data()["payout_accounts"] == 1, "the one that never took effect"
        item = item_of(run, operator)
        today = books_day(clock.now())
        mark_paid(item_id=item.pk, paid_on=today, bank_reference="B", actor=StaffFactory())
        assert delete_old_data()["payout_accounts"] == 0, "paid to just now"
    with later(days=800 + 731):
        assert delete_old_data()["payout_accounts"] == 1
    emptied = PayoutAccount.objects.filter(details=b"").values_list("last_four", flat=True)
    assert sorted(emptied) == ["4321", "6789"]


def test_while_a_payout_is_on_its_way_nobody_is_erased_and_then_the_account_is_empty() -> None:
    item = given_an_exported_payout()
    Operator.objects.filter(pk=item.operator_id).update(approval_status=ApprovalStatus.SUSPENDED)
    person = Person.of(item.operator.user)
    assert obstacles(person) == [ErasureObstacle.OPEN_PAYOUT]
    [row] = tables_of(person)["payouts.PayoutAccount"]
    assert row["last_four"] == "6789"
    assert "details" not in row
    with later(days=9):
        today = books_day(clock.now())
        mark_paid(item_id=item.pk, paid_on=today, bank_reference="B", actor=StaffFactory())
    request = request_erasure(user=person.user, actor=person.user)
    with later(days=60):
        assert erase(erasure_id=request.pk)
    account = PayoutAccount.objects.get(operator=item.operator_id)
    assert (bytes(account.details), account.ended_at is None) == (b"", False)
