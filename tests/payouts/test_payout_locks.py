"""Two runs for one operator: the second waits for the first, and sees what was debited."""

import pytest

from billing.ledger.states import AccountKind
from billing.payouts.models import PayoutItem, PayoutRun
from billing.payouts.services.approve_run import approve_run
from billing.payouts.states import RunKind
from tests.billing.test_staff_races import one_after_the_other
from tests.factories import StaffFactory
from tests.payouts.scenario import EARNED, a_run, balance, given_earner, later

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_runs_wait_for_each_other() -> None:
    given_earner()
    staff, colleague = StaffFactory(), StaffFactory()
    with later(days=8):
        first = a_run(staff)
        PayoutRun.objects.filter(pk=first.pk).update(
            kind=RunKind.ON_REQUEST
        )  # so that another may wait beside it
        second = a_run(staff)

    def approve(run: PayoutRun) -> str:
        with later(days=8):
            approved = approve_run(run_id=run.pk, reason="checked", actor=colleague)
        return approved.left_out[0].obstacle if approved.left_out else "debited"

    assert one_after_the_other(lambda: approve(first), lambda: approve(second)) == "nothing_payable"
    assert balance(AccountKind.PAYOUTS_IN_TRANSIT) == 3 * EARNED
    assert PayoutItem.objects.filter(state="approved").count() == 1
