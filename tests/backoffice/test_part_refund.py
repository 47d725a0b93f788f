"""Staff send a part of a payment back; what was received outside is returned there; evidence for a dispute is one click."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django.fixtures import Settings

from billing.auditing import run, scope_since
from billing.ledger.models import Account, Entry
from billing.models import ApprovalRequest, PayBack, Payment
from billing.services.check_payment import check_payment
from billing.services.credit_wallet import credit_wallet
from billing.services.pay_back import send_pay_back
from billing.services.pay_back_part import pay_back_part
from billing.states import CreditSource
from core.errors import Conflict, DomainError, InsufficientCredit
from core.models import AuditRecord
from customers.legal import Agreement, Origin
from customers.models import Customer, Device, User
from customers.services.agree import agree
from customers.states import ConsentKind
from notices.models import Notice
from tests.factories import StaffFactory
from tests.scenario import given_customer, given_operator, logged_in, when_called, when_talked
from tests.support.card_processor import Processor, given_paid
from tests.support.html import compact

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"


def member(role: str) -> User:
    person: User = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def staff() -> User:
    return member("Finance")


@pytest.fixture
def desk(staff: User) -> Client:
    return logged_in(staff, ADMIN)


def balances(customer: Customer) -> dict[str, int]:
    found = {"wallet": Account.objects.get(kind="wallet", customer=customer).balance_minor}
    for kind in ("in_transit", "processor", "received"):
        found[kind] = sum(Entry.objects.filter(account__kind=kind).values_list("amount_minor", flat=True))
    return found


def given_spent(processor: Processor) -> Payment:
    """A payment of $25.00 of which $12.96 are spent."""
    payment = given_paid(processor, given_customer(balance=0))
    when_talked(when_called(payment.customer, given_operator()), 127_000)
    return payment


def test_a_part_goes_to_the_card_first_through_transit_and_is_shown(
    desk: Client, processor: Processor
) -> None:
    payment = given_spent(processor)
    page = compact(desk.get(f"/backoffice/customers/{payment.customer_id}/"))
    assert 'value="12.04"' in page
    address, form = f"/backoffice/payments/{payment.pk}/pay-back/", {"amount": "5.00", "key": "k"}
    assert "$12.04 → $7.04" in compact(desk.post(address, form))
    assert not PayBack.objects.exists()
    for _ in range(2):
        desk.post(address, {**form, "confirmed": "1", "reason": "asked for it by mail"})
    row = PayBack.objects.get()
    assert balances(payment.customer) == {"wallet": 704, "in_transit": 500, "processor": -2500, "received": 0}
    send_pay_back(pay_back_id=row.pk)
    assert balances(payment.customer) == {"wallet": 704, "in_transit": 0, "processor": -2000, "received": 0}
    assert "$5.00: paid back, asked for it by mail" in compact(
        desk.get(f"/backoffice/customers/{payment.customer_id}/")
    )
    assert Notice.objects.filter(kind="paid_back", recipient=payment.customer.user).count() == 1
    assert list(run(scope_since(None))) == []


def test_what_the_card_company_refuses_comes_back_and_is_shown(
    desk: Client, processor: Processor, staff: User
) -> None:
    payment = given_spent(processor)
    row = pay_back_part(payment_id=payment.pk, amount_minor=300, reason="x", actor=staff, idempotency_key="k")
    processor.refuses = "The card is closed."
    send_pay_back(pay_back_id=row.pk)
    assert balances(payment.customer)["wallet"] == 1204
    assert "refused by the card company" in compact(desk.get(f"/backoffice/customers/{payment.customer_id}/"))
    assert Notice.objects.filter(kind="pay_back_refused").count() == 1


def test_never_more_than_is_unused_of_it(processor: Processor, staff: User) -> None:
    payment = given_spent(processor)

    def send(minor: int, key: str) -> PayBack:
        return pay_back_part(
            payment_id=payment.pk, amount_minor=minor, reason="x", actor=staff, idempotency_key=key
        )

    with pytest.raises(InsufficientCredit):
        send(1205, "a")
    send(1000, "b")
    with pytest.raises(Conflict):
        send(999, "b")
    with pytest.raises(InsufficientCredit):
        send(205, "c")
    credit_wallet(
        customer=payment.customer, amount_minor=5000, source=CreditSource.PROMO, reason="gift", actor=None,
        idempotency_key="p",
    )  # fmt: skip
    with pytest.raises(InsufficientCredit):  # promotional money never goes to a card
        send(205, "d")
    small = given_paid(processor, payment.customer, 500)
    with pytest.raises(InsufficientCredit):  # there is more on the wallet, but not of this payment
        pay_back_part(payment_id=small.pk, amount_minor=501, reason="x", actor=staff, idempotency_key="s")
    processor.add(payment, charged_back_minor=100)
    check_payment(payment_id=payment.pk)
    with pytest.raises(DomainError):
        send(1, "e")


def test_above_the_limit_somebody_else_approves(
    desk: Client, processor: Processor, settings: Settings
) -> None:
    settings.BILLING = settings.BILLING | {"STAFF_LIMITS": ["*:400:20", "Finance:400:20"]}
    payment = given_spent(processor)
    form = {"amount": "5.00", "key": "k", "confirmed": "1", "reason": "asked"}
    desk.post(f"/backoffice/payments/{payment.pk}/pay-back/", form)
    request = ApprovalRequest.objects.get()
    assert (PayBack.objects.count(), request.amount_minor) == (0, 500)
    other = logged_in(member("Finance"), ADMIN)
    assert "It goes back to the card" in compact(other.get("/backoffice/approvals/"))
    other.post(f"/backoffice/approvals/{request.pk}/approve/", {"confirmed": "1", "reason": "fine"})
    assert PayBack.objects.get().amount_minor == 500


def test_money_received_outside_is_returned_from_its_account(desk: Client) -> None:
    customer = given_customer(balance=0)
    posted = credit_wallet(
        customer=customer, amount_minor=4500, source=CreditSource.RECEIVED, reason="wire", actor=None,
        idempotency_key="w", payment_reference="W-1",
    )  # fmt: skip
    address = f"/backoffice/received/{posted.transaction_id}/return/"
    for amount, key in (("20.00", "a"), ("25.01", "b"), ("25.00", "c")):
        desk.post(address, {"amount": amount, "key": key, "confirmed": "1", "reason": "wired back, ref 7"})
    assert balances(customer) == {"wallet": 0, "in_transit": 0, "processor": 0, "received": 0}
    letter = Notice.objects.filter(kind="balance_returned").first()
    assert letter is not None
    assert letter.payload["which"] == "that you asked for"
    assert list(run(scope_since(None))) == []


def test_support_sends_nothing_back(processor: Processor) -> None:
    payment = given_spent(processor)
    desk = logged_in(member("Support"), ADMIN)
    assert "Send back" not in compact(desk.get(f"/backoffice/customers/{payment.customer_id}/"))
    for deed in ("pay-back", "evidence"):
        assert desk.post(f"/backoffice/payments/{payment.pk}/{deed}/").status_code == 403


def test_the_evidence_is_one_file_without_numbers_and_on_record(desk: Client, processor: Processor) -> None:
    payment = given_spent(processor)
    customer = payment.customer
    second = given_paid(processor, customer, 1000)
    Payment.objects.filter(pk=payment.pk).update(network_hash=b"1" * 32)
    Payment.objects.filter(pk=second.pk).update(network_hash=b"2" * 32)
    Device.objects.create(
        user=customer.user,
        marker_hash="f" * 64,
        first_seen_at=payment.created_at,
        last_seen_at=payment.created_at,
    )
    answer = desk.post(f"/backoffice/payments/{payment.pk}/evidence/")
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{payment.public_id}.html"'
    text = compact(answer)
    call = customer.calls.get()
    for words in (
        payment.processor_reference,
        call.call_id,
        "127000 ms",
        "Browser 1",
        "(this payment)",
        "<td>B</td>",
    ):
        assert words in text
    assert "<td>A</td>" in text
    numbers = [phone.phone_number.e164 for phone in customer.phones.select_related("phone_number")]
    numbers.append(call.operator.phone_number.e164)
    assert len(numbers) == 2
    assert not [number for number in numbers if number in text]
    assert "f" * 64 not in text
    assert AuditRecord.objects.filter(action="payment.evidence").count() == 1


def test_the_evidence_has_what_was_agreed_to_word_for_word(desk: Client, processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    words = Agreement(ConsentKind.TERMS, "2026-03", "Be kind. <b>Pay</b> what the page says.")
    agree(
        customer=payment.customer, brand=payment.customer.home_brand, agreements=[words],
        origin=Origin(address="203.0.113.9"),
    )  # fmt: skip
    text = compact(desk.post(f"/backoffice/payments/{payment.pk}/evidence/"))
    assert "Be kind. &lt;b&gt;Pay&lt;/b&gt; what the page says." in text
    assert "edition 2026-03" in text
    assert "203.0.113.9" not in text
