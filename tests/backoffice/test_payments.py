"""Staff and card payments: the queue, disputes that are settled, problems that were put right, merchant accounts."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from billing.auditing import run, scope_since
from billing.gateways.base import Notice
from billing.ledger.models import Account, Entry
from billing.models import MerchantAccount, Payment
from billing.services.check_payment import check_payment
from billing.services.credit_wallet import credit_wallet
from billing.services.receive_notice import receive_notice
from billing.services.settle_dispute import handle_problem, settle_dispute
from billing.states import CreditSource
from core.errors import Conflict, DomainError, NotFound
from core.models import AuditRecord
from customers.models import Customer, User
from tests.billing.test_payments import spend
from tests.factories import StaffFactory
from tests.scenario import given_customer, logged_in
from tests.support.card_processor import Processor, given_paid, given_payment

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"


@pytest.fixture
def staff() -> User:
    person: User = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name="Finance"))
    return person


@pytest.fixture
def desk(staff: User) -> Client:
    return logged_in(staff, ADMIN)


def wallet(customer: Customer) -> Account:
    return Account.objects.get(kind="wallet", customer=customer)


def lost() -> int:
    return -sum(Entry.objects.filter(account__kind="disputes").values_list("amount_minor", flat=True))


def given_disputed(processor: Processor, *, spent: int = 2000) -> Payment:
    customer = given_customer(balance=0)
    payment = given_paid(processor, customer)
    spend(customer, spent)
    processor.add(payment, charged_back_minor=2500)
    return check_payment(payment_id=payment.pk)


def test_problems_disputes_and_strays_are_in_the_queue(desk: Client, processor: Processor) -> None:
    fine = given_paid(processor, given_customer(balance=0))
    wrong = given_payment(given_customer(balance=0), 3000)
    processor.pay(wrong, currency="CAD")
    check_payment(payment_id=wrong.pk)
    disputed = given_disputed(processor)
    receive_notice(gateway_name="memory", notice=Notice("n", "chargeback", charge="T-999"))
    page = desk.get("/backoffice/payments/").content.decode()
    assert "Another currency than ours" in page
    assert "$25.00 in dispute; the account is frozen" in page
    assert "chargeback" in page
    for payment, is_there in ((fine, False), (wrong, True), (disputed, True)):
        assert (f'id="payment-{payment.pk}"' in page) is is_there
    assert "Card payments to look at" in desk.get("/").content.decode()


def test_a_problem_is_handled_once_with_a_reason(desk: Client, staff: User, processor: Processor) -> None:
    payment = given_payment(given_customer(balance=0))
    processor.pay(payment, currency="CAD")
    check_payment(payment_id=payment.pk)
    address = f"/backoffice/payments/{payment.pk}/handled/"
    asked = desk.post(address).content.decode()
    assert "Mark this payment of $25.00 as handled?" in asked
    assert Payment.objects.get().problem_handled_at is None
    desk.post(address, {"confirmed": "1", "reason": "refunded at the processor"})
    assert Payment.objects.get().handled_by == staff
    assert AuditRecord.objects.get(action="payment.handle_problem").reason == "refunded at the processor"
    assert f'id="payment-{payment.pk}"' not in desk.get("/backoffice/payments/").content.decode()
    with pytest.raises(Conflict):
        handle_problem(payment_id=payment.pk, reason="once more", actor=staff)


def test_a_lost_dispute_is_borne_by_the_platform_and_the_account_is_free(
    desk: Client, processor: Processor
) -> None:
    payment = given_disputed(processor)
    address = f"/backoffice/payments/{payment.pk}/settle/"
    asked = desk.post(address).content.decode()
    assert "Settle this dispute and absorb $20.00?" in asked
    desk.post(address, {"confirmed": "1", "reason": "lost, the talk took place"})
    found = wallet(payment.customer)
    assert (found.balance_minor, found.overdraft_minor, lost()) == (0, 0, 2000)
    assert given_payment(payment.customer, 1000)
    assert list(run(scope_since(None))) == []


def test_a_settled_dispute_that_is_won_gives_the_platform_its_money_back(
    staff: User, processor: Processor
) -> None:
    payment = given_disputed(processor)
    settle_dispute(payment_id=payment.pk, reason="lost", actor=staff)
    processor.add(payment, won_back_minor=2500)
    for _ in range(2):
        check_payment(payment_id=payment.pk)
    found = wallet(payment.customer)
    assert (found.balance_minor, found.overdraft_minor, lost()) == (500, 0, 0)
    assert list(run(scope_since(None))) == []


def test_a_further_dispute_freezes_again(staff: User, processor: Processor) -> None:
    customer = given_customer(balance=0)
    payment = given_paid(processor, customer)
    processor.add(payment, charged_back_minor=1000)
    check_payment(payment_id=payment.pk)
    settle_dispute(payment_id=payment.pk, reason="lost", actor=staff)
    assert (wallet(customer).balance_minor, wallet(customer).overdraft_minor) == (1500, 0)
    processor.add(payment, charged_back_minor=1500)
    check_payment(payment_id=payment.pk)
    assert (wallet(customer).balance_minor, wallet(customer).overdraft_minor) == (0, 2500)
    settle_dispute(payment_id=payment.pk, reason="lost", actor=staff)
    assert wallet(customer).overdraft_minor == 0


def test_what_was_given_back_unasked_is_missing_until_it_is_there_again(
    staff: User, processor: Processor
) -> None:
    customer = given_customer(balance=0)
    payment = given_paid(processor, customer)
    spend(customer, 2000)
    processor.add(payment, refunded_minor=2500)
    check_payment(payment_id=payment.pk)
    assert (wallet(customer).balance_minor, wallet(customer).overdraft_minor) == (-2000, 2000)
    credit_wallet(
        customer=customer, amount_minor=2500, source=CreditSource.RECEIVED, reason="by transfer",
        actor=StaffFactory(), idempotency_key="k", payment_reference="B-1",
    )  # fmt: skip
    assert (wallet(customer).balance_minor, wallet(customer).overdraft_minor) == (500, 0)


def test_nobody_settles_their_own_and_only_what_is_disputed(staff: User, processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    with pytest.raises(Conflict) as refused:
        settle_dispute(payment_id=payment.pk, reason="lost", actor=staff)
    assert refused.value.error_code == "not_disputed"
    with pytest.raises(NotFound):
        settle_dispute(payment_id=999_999, reason="lost", actor=staff)
    own = given_disputed(processor)
    with pytest.raises(DomainError):
        settle_dispute(payment_id=own.pk, reason="lost", actor=own.customer.user)


@pytest.mark.parametrize(
    ("role", "sees", "settles", "sets_up"),
    [
        ("Support", 200, 403, 403),
        ("Finance", 200, 200, 403),
        ("Operations", 403, 403, 403),
        ("Administrator", 200, 200, 200),
    ],
)
def test_roles(processor: Processor, role: str, sees: int, settles: int, sets_up: int) -> None:
    payment = given_disputed(processor)
    person = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name=role))
    client = logged_in(person, ADMIN)
    assert client.get("/backoffice/payments/").status_code == sees
    assert client.get(f"/billing/payment/{payment.pk}/change/").status_code == sees
    assert client.post(f"/backoffice/payments/{payment.pk}/settle/").status_code == settles
    assert client.get("/billing/merchantaccount/add/").status_code == sets_up


def test_a_merchant_account_is_set_up_on_record(processor: Processor) -> None:
    person = StaffFactory(is_superuser=True)
    brand = given_customer(balance=0).home_brand
    form = {
        "brand": str(brand.pk), "gateway": "memory", "account": "1-2", "statement_text": "NYCF*SUPPORT",
        "support_phone": "+12125550123", "fee_bps": "1250", "fee_fixed_minor": "0", "is_active": "on",
    }  # fmt: skip
    answer = logged_in(person, ADMIN).post("/billing/merchantaccount/add/", form)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    assert MerchantAccount.objects.get().account == "1-2"
    assert AuditRecord.objects.filter(action="merchant_account.create").exists()


def test_the_list_of_payments_is_searched_by_person_and_number(desk: Client, processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    for wanted in (payment.customer.user.email, str(payment.public_id), payment.processor_reference):
        page = desk.get("/billing/payment/", {"q": wanted}, follow=True)
        assert page.status_code == 200
    assert str(payment.public_id) in desk.get("/billing/payment/").content.decode()
