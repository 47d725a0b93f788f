"""Jobs and staff at once: each call is held once, and a hold is decided once."""

from collections import Counter

import pytest

from billing.auditing import run, scope_since
from billing.earnings import held_minor
from billing.ledger.models import Transaction
from billing.models import EarningsHold, HeldEarning
from billing.services.decide_hold import release_earnings, withdraw_earnings
from billing.services.find_weak_links import find_weak_links
from billing.states import HoldState
from core.errors import DomainError
from notices.models import Notice
from tests.billing.test_held_earnings import EARNED, called, linked
from tests.factories import StaffFactory
from tests.scenario import assert_books_are_whole, earned
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


def test_jobs_at_once_hold_each_call_once() -> None:
    customer, operator, _ = linked()
    called(customer, operator)
    assert sum(in_parallel(*[find_weak_links] * 6)) == 1
    assert EarningsHold.objects.count() == 1
    assert HeldEarning.objects.count() == 2
    assert Notice.objects.filter(kind="earnings_held").count() == 1


def test_of_two_decisions_at_once_one_counts_whatever_is_found_meanwhile() -> None:
    customer, operator, _ = linked()
    find_weak_links()
    hold, one, other = EarningsHold.objects.get(), StaffFactory(), StaffFactory()
    called(customer, operator)
    results = in_parallel(
        lambda: release_earnings(hold_id=hold.pk, reason="yes", actor=one).state,
        lambda: withdraw_earnings(hold_id=hold.pk, reason="no", actor=other, idempotency_key="k").hold.state,
        find_weak_links,
        find_weak_links,
        refusals=DomainError,
    )
    refused = Counter(result.error_code for result in results if isinstance(result, DomainError))
    assert refused == {"already_decided": 1}
    hold.refresh_from_db()
    assert hold.state in results
    decided = set(hold.earnings.values_list("reference", flat=True))
    refunded = set(Transaction.objects.filter(kind="refund").values_list("reference", flat=True))
    assert refunded == (decided if hold.state == HoldState.WITHDRAWN else set())
    assert earned(operator) == EARNED * (2 - len(refunded))
    held = HeldEarning.objects.exclude(hold=hold)
    assert held_minor(operator.pk) == EARNED * held.count()
    assert_books_are_whole()
    assert list(run(scope_since(None))) == []
