"""Money that staff put in or take out."""

import pytest
from django.db import transaction

from billing import selectors
from billing.domain_events import funds_available
from billing.ledger.models import Entry, Transaction
from billing.services.authorize import authorize
from billing.services.credit_wallet import credit_wallet
from billing.services.debit_wallet import debit_wallet
from billing.states import CreditSource
from core.errors import Conflict, InsufficientCredit, Invalid, LimitReached
from core.models import AuditRecord
from customers.models import Customer
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_operator

pytestmark = pytest.mark.django_db


def credit(customer: Customer, amount: int = 1000, key: str = "c1", **more: object) -> object:
    return credit_wallet(
        **{
            "customer": customer,
            "amount_minor": amount,
            "source": CreditSource.ADJUSTMENT,
            "reason": "goodwill",
            "actor": None,
            "idempotency_key": key,
            **more,
        }
    )


def debit(customer: Customer, amount: int, key: str = "d1") -> object:
    return debit_wallet(
        customer=customer, amount_minor=amount, reason="wrong credit", actor=None, idempotency_key=key
    )


@pytest.mark.parametrize(
    ("source", "kind", "account"),
    [(CreditSource.ADJUSTMENT, "adjustment", "adjustment"), (CreditSource.PROMO, "promo", "promo")],
)
def test_a_credit_has_a_source_a_reason_and_a_name(source: CreditSource, kind: str, account: str) -> None:
    customer, staff = given_customer(balance=0), StaffFactory()
    posted = credit(customer, source=source, actor=staff)
    found = Transaction.objects.get(pk=posted.transaction_id)
    assert (found.kind, found.amount_minor, found.actor, found.reason) == (kind, 1000, staff, "goodwill")
    sides = {
        e.account.kind: e.amount_minor
        for e in Entry.objects.filter(transaction=found).select_related("account")
    }
    assert sides == {"wallet": 1000, account: -1000}
    record = AuditRecord.objects.get(action="wallet.credit")
    assert (record.actor, record.subject, record.reason) == (
        staff,
        f"customers.customer:{customer.pk}",
        "goodwill",
    )


def test_a_credit_happens_once_for_each_key_also_at_the_limit(settings: object) -> None:
    settings.BILLING = {**settings.BILLING, "MAX_BALANCE_MINOR": 1000}
    customer = given_customer(balance=0)
    first = credit(customer)
    assert credit(customer).transaction_id == first.transaction_id
    assert selectors.wallet_of(customer.pk).balance_minor == 1000
    assert AuditRecord.objects.count() == 1
    with pytest.raises(Conflict), transaction.atomic():
        credit(customer, amount=999)
    with pytest.raises(LimitReached) as refused:
        credit(customer, amount=1, key="c2")
    assert refused.value.error_code == "balance_limit"


@pytest.mark.parametrize(
    "wrong", [{"amount": 0}, {"amount": -5}, {"amount": 10**13}, {"reason": "  "}, {"reason": "x" * 301}]
)
def test_a_credit_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    customer = given_customer(balance=0)
    with pytest.raises(Invalid):
        credit(customer, **wrong)
    assert not Transaction.objects.exists()


def test_who_waits_for_funds_hears_of_them_after_the_commit(
    django_capture_on_commit_callbacks: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    monkeypatch.setattr(funds_available, "_listeners", [lambda *, customer_id: heard.append(customer_id)])
    customer = given_customer(balance=0)
    with django_capture_on_commit_callbacks(execute=True):
        credit(customer)
        assert heard == []
    assert heard == [customer.pk]
    with django_capture_on_commit_callbacks(execute=True):
        credit(customer)
    assert heard == [customer.pk]


def test_a_debit_takes_no_more_than_there_is_and_nothing_that_is_held() -> None:
    customer = given_customer(balance=2000)
    authorize(customer=customer, operator=given_operator(), brand=BrandFactory(), reference="call_1")
    held = selectors.wallet_of(customer.pk).held_minor
    with pytest.raises(InsufficientCredit), transaction.atomic():
        debit(customer, 2000 - held + 1)
    debit(customer, 2000 - held)
    assert debit(customer, 2000 - held).is_new is False
    assert selectors.wallet_of(customer.pk).available_minor == 0
    assert AuditRecord.objects.filter(action="wallet.debit").count() == 1


def test_the_statement_shows_what_went_in_and_out_newest_first() -> None:
    customer = given_customer(balance=2000)
    debit(customer, 500)
    lines = list(selectors.statement_of(customer.pk))
    assert [(line.amount_minor, line.transaction.kind) for line in lines] == [
        (-500, "adjustment"),
        (2000, "adjustment"),
    ]
