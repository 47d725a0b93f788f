"""Money received by transfer or in cash: booked by staff with its reference, as a top-up, once."""

from functools import partial

import pytest

from billing import selectors
from billing.auditing import run, scope_since
from billing.ledger.models import Account, Transaction
from billing.models import ApprovalRequest
from billing.services.credit_wallet import credit_wallet
from billing.services.request_funds import request_funds
from billing.states import CreditSource, FundsRequestState
from core.errors import Conflict, DomainError, Invalid
from customers.models import Customer
from tests.billing.test_staff import page
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, logged_in
from tests.support.threads import counted, in_parallel

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"


def receive(
    customer: Customer, amount_minor: int = 2500, *, reference: str = "B-4711", key: str = "k"
) -> None:
    credit_wallet(
        customer=customer, amount_minor=amount_minor, source=CreditSource.RECEIVED, reason="on the bank's list",
        actor=StaffFactory(), idempotency_key=key, payment_reference=reference,
    )  # fmt: skip


def test_it_is_a_top_up_of_paid_money_from_an_account_of_its_own() -> None:
    customer = given_customer(balance=0)
    receive(customer, reference="  B-4711   Nov ")
    booked = Transaction.objects.get()
    assert (booked.kind, booked.reference, booked.amount_minor) == ("top_up", "B-4711 Nov", 2500)
    wallet = selectors.wallet_of(customer.pk)
    assert (wallet.balance_minor, wallet.paid_minor) == (2500, 2500)
    source = Account.objects.get(kind="received")
    assert [entry.amount_minor for entry in source.entries.all()] == [-2500]
    assert list(run(scope_since(None))) == []


@pytest.mark.parametrize("reference", ["B-4711", "b-4711", " B-4711 "])
def test_one_payment_is_booked_once_for_whomever(reference: str) -> None:
    customer, other = given_customer(balance=0), given_customer(balance=0)
    receive(customer)
    with pytest.raises(Conflict) as refused:
        receive(other, reference=reference, key="another")
    assert refused.value.error_code == "booked_before"


@pytest.mark.parametrize("reference", ["", "  ", "\x00", "x" * 81])
def test_without_a_usable_reference_nothing_is_booked(reference: str) -> None:
    with pytest.raises(Invalid):
        receive(given_customer(balance=0), reference=reference)
    assert not Transaction.objects.exists()


def test_other_credits_keep_no_reference() -> None:
    customer = given_customer(balance=0)
    for key in ("one", "two"):
        credit_wallet(
            customer=customer, amount_minor=100, source=CreditSource.ADJUSTMENT, reason="x", actor=None,
            idempotency_key=key, payment_reference="B-4711",
        )  # fmt: skip
    assert set(Transaction.objects.values_list("reference", flat=True)) == {""}


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_book_one_payment_at_once_one_does() -> None:
    customer = given_customer(balance=0)
    others = [given_customer(balance=0) for _ in range(9)]
    staff = StaffFactory()

    def book(number: int) -> str:
        try:
            credit_wallet(
                customer=[customer, *others][number], amount_minor=2500, source=CreditSource.RECEIVED, reason="x",
                actor=staff, idempotency_key=f"key-{number}", payment_reference="B-4711",
            )  # fmt: skip
        except DomainError as error:
            return error.error_code
        return "booked"

    assert counted(in_parallel(*[partial(book, number) for number in range(10)])) == {
        "booked": 1,
        "booked_before": 9,
    }
    assert Transaction.objects.count() == 1


def test_staff_book_it_on_the_form_and_read_why_not_twice() -> None:
    customer, address = given_customer(balance=0), page("ledger_transaction_book")
    client = logged_in(StaffFactory(), ADMIN)
    filled = {
        "customer": customer.pk, "what": "received", "amount": "25", "reason": "transfer of Nov 28", "key": "k1",
        "payment_reference": "B-4711",
    }  # fmt: skip
    asked = client.post(address, filled).content.decode()
    assert "B-4711" in asked
    assert client.post(address, filled | {"confirmed": "1"}).status_code == 302
    assert "booked before" in client.post(address, filled | {"key": "k2"}).content.decode()
    assert (
        "reference" in client.post(address, filled | {"key": "k3", "payment_reference": ""}).content.decode()
    )
    assert selectors.wallet_of(customer.pk).balance_minor == 2500


def test_a_request_for_funds_is_credited_with_what_was_received() -> None:
    customer = given_customer(balance=0)
    asked = request_funds(customer=customer, brand=BrandFactory(), amount_minor=2500)
    client = logged_in(StaffFactory(), ADMIN)
    address = f"/backoffice/funds/{asked.pk}/credit/"
    filled = {"amount": "25", "source": "received", "payment_reference": "B-4711"}
    client.post(address, filled | {"confirmed": "1", "reason": "it arrived"})
    asked.refresh_from_db()
    assert asked.state == FundsRequestState.DONE
    assert Transaction.objects.get().reference == "B-4711"


def test_above_the_limit_a_second_person_approves_the_payment_with_its_reference() -> None:
    customer = given_customer(balance=0)
    client = logged_in(StaffFactory(), ADMIN)
    filled = {
        "customer": customer.pk, "what": "received", "amount": "900", "reason": "transfer", "key": "k",
        "payment_reference": "B-4711", "confirmed": "1",
    }  # fmt: skip
    client.post(page("ledger_transaction_book"), filled)
    assert not Transaction.objects.exists()
    assert ApprovalRequest.objects.get().arguments["payment_reference"] == "B-4711"
