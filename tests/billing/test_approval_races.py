"""Two sessions at once: together they give no more alone than one, and a request is carried out once."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from billing.deeds import CREDIT
from billing.ledger.models import Transaction
from billing.models import ApprovalRequest
from billing.selectors import wallet_of
from billing.services.carry_out import carry_out
from billing.services.decide_approval import approve, decide_by_time, decline
from billing.states import ApprovalState
from core import clock
from core.errors import DomainError
from customers.models import Customer, User
from tests.billing.test_approvals import travelled
from tests.billing.test_staff_races import one_after_the_other
from tests.factories import StaffFactory
from tests.scenario import assert_books_are_whole, given_customer
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    settings.BILLING = {**settings.BILLING, "STAFF_LIMITS": ["*:2000:20"]}


def giving(staff: User, customer: Customer, amount_minor: int, key: str) -> Callable[[], Any]:
    return lambda: carry_out(
        CREDIT, actor=staff, reason="sorry", idempotency_key=key, customer=customer.pk, amount_minor=amount_minor,
        source="adjustment",
    )  # fmt: skip


def test_sessions_at_once_give_one_person_no_more_than_one_session() -> None:
    """Two accounts of one person, whose wallets are locked apart: the giver's lock alone keeps the count."""
    staff: User = StaffFactory()
    one, other = given_customer(balance=0), given_customer(balance=0, phone=False)
    other.phones.create(phone_number=one.phones.get().phone_number, is_primary=False)
    results = in_parallel(*(giving(staff, (one, other)[n % 2], 500, f"part-{n}") for n in range(8)))
    assert Counter(result.request is None for result in results) == {True: 4, False: 4}
    assert wallet_of(one.pk).balance_minor + wallet_of(other.pk).balance_minor == 2000


def test_the_second_session_waits_for_what_the_first_gives() -> None:
    """While the first is not yet committed, whoever they give it to."""
    staff: User = StaffFactory()
    one, other = given_customer(balance=0), given_customer(balance=0, phone=False)
    other.phones.create(phone_number=one.phones.get().phone_number, is_primary=False)
    second = one_after_the_other(giving(staff, one, 1500, "first"), giving(staff, other, 501, "second"))
    assert second.request is not None


def test_a_form_sent_by_two_sessions_makes_one_request() -> None:
    staff, customer = StaffFactory(), given_customer(balance=0)
    results = in_parallel(*[giving(staff, customer, 5000, "one key")] * 4)
    assert len({result.request.pk for result in results}) == 1
    assert ApprovalRequest.objects.count() == 1


def test_a_request_decided_by_many_at_once_is_carried_out_once(settings: Settings) -> None:
    settings.BILLING = {**settings.BILLING, "SOLE_ADMINISTRATOR": True}
    staff, customer = StaffFactory(), given_customer(balance=0)
    request = giving(staff, customer, 5000, "k")().request
    colleagues = [StaffFactory() for _ in range(3)]

    def by_time() -> Any:
        with travelled(hours=25):
            return decide_by_time(at=clock.now())

    def approving(colleague: User) -> Callable[[], Any]:
        return lambda: approve(request_id=request.pk, reason="checked", actor=colleague)

    results = in_parallel(*(approving(colleague) for colleague in colleagues), by_time, refusals=DomainError)
    refused = [result.error_code for result in results if isinstance(result, DomainError)]
    assert set(refused) == {"already_decided"}
    assert ApprovalRequest.objects.get().state == ApprovalState.APPROVED
    assert Transaction.objects.filter(customer=customer).count() == 1
    assert wallet_of(customer.pk).balance_minor == 5000
    assert_books_are_whole()


def test_of_yes_and_no_at_once_one_counts() -> None:
    staff, customer = StaffFactory(), given_customer(balance=0)
    request = giving(staff, customer, 5000, "k")().request
    one, other = StaffFactory(), StaffFactory()
    results = in_parallel(
        lambda: approve(request_id=request.pk, reason="yes", actor=one).state,
        lambda: decline(request_id=request.pk, reason="no", actor=other).state,
        refusals=DomainError,
    )
    [state] = [result for result in results if not isinstance(result, DomainError)]
    assert ApprovalRequest.objects.get().state == state
    assert wallet_of(customer.pk).balance_minor == (5000 if state == ApprovalState.APPROVED else 0)
