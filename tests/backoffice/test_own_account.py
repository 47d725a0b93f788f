"""Nobody gives money, minutes, or trust to themselves: each service that staff use refuses their own account."""

from collections.abc import Callable

import pytest
from django.test import Client

from billing.ledger.models import Account, Transaction
from billing.models import FreeMinutesPackage, FundsRequest
from billing.receipt_numbers import ReceiptOf, receipt_number
from billing.services.answer_case import answer_case
from billing.services.credit_wallet import credit_wallet
from billing.services.debit_wallet import debit_wallet
from billing.services.grant_as_operator import grant_as_operator
from billing.services.open_case import open_case, open_complaint
from billing.services.record_payout import record_payout
from billing.services.refund import refund_reference
from billing.services.request_funds import credit_request, decline_request, request_funds
from billing.services.return_balance import return_balance
from billing.states import CreditSource, FundedBy
from core import clock
from core.errors import DomainError
from core.models import AuditRecord
from customers.models import Customer, User
from customers.services.phones import verify_by_staff
from operators.models import Operator
from operators.services.block_phone import allow_operators_phone
from operators.services.photos import approve_photo
from operators.services.review_operator import approve_operator
from operators.states import ApprovalStatus
from telephony.models import Call, Correction
from telephony.services.decide_correction import approve_correction, decline_correction
from tests.backoffice.test_admin_forms import shown
from tests.billing.test_staff import page
from tests.factories import BrandFactory, CustomerPhoneFactory, StaffFactory
from tests.scenario import (
    earned,
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"


ANSWER = {"text": "Refunded.", "outcome": "granted", "reason": "x"}


class Story:
    """A superuser who is a customer and an operator besides, and a call that each of these had with somebody."""

    def __init__(self) -> None:
        self.staff: User = StaffFactory()
        self.customer: Customer = given_customer(balance="45.00", user=self.staff)
        self.operator: Operator = given_operator(user=self.staff)
        self.called: Call = when_called(self.customer, given_operator())
        when_talked(self.called, 127_000)
        self.answered: Call = when_called(given_customer(balance="45.00"), self.operator)
        when_talked(self.answered, 127_000)
        self.request: FundsRequest = request_funds(
            customer=self.customer, brand=BrandFactory(), amount_minor=500
        )

        self.own_case, self.case_about_them = self.case(self.called), self.case(self.answered)
        self.complaint: int = open_complaint(brand=BrandFactory(), email=self.staff.email, words="Late").pk

    def correction(self, call: Call) -> int:
        return Correction.objects.create(
            call=call, joined_at=clock.now(), recorded_ms=1_000, booked_ms=127_000, change_minor=-500,
            created_at=clock.now(),
        ).pk  # fmt: skip

    @staticmethod
    def case(call: Call) -> int:
        return open_case(
            customer=call.customer, brand=call.brand, receipt=receipt_number(ReceiptOf.CALL, call.pk),
            call_id=call.call_id, problem="cut_off", words="",
        ).pk  # fmt: skip


DEEDS: dict[str, Callable[[Story], object]] = {
    "credit": lambda my: credit_wallet(
        customer=my.customer, amount_minor=1, source=CreditSource.PROMO, reason="x", actor=my.staff, idempotency_key="k"
    ),
    "debit": lambda my: debit_wallet(
        customer=my.customer, amount_minor=1, reason="x", actor=my.staff, idempotency_key="k"
    ),
    "minutes": lambda my: given_free_minutes(my.customer, 1, actor=my.staff),
    "minutes that pay the giver": lambda my: given_free_minutes(
        my.answered.customer, 1, operator=my.operator, actor=my.staff
    ),
    "minutes of an operator to herself": lambda my: grant_as_operator(
        operator=my.operator, customer=my.customer, minutes=1, idempotency_key="k"
    ),
    "payout": lambda my: record_payout(
        operator=my.operator, amount_minor=1, reason="x", actor=my.staff, idempotency_key="k"
    ),
    "refund to themselves": lambda my: refund_reference(
        reference=my.called.call_id, reason="x", actor=my.staff, idempotency_key="k"
    ),
    "refund of their own earnings": lambda my: refund_reference(
        reference=my.answered.call_id, reason="x", claws_back=False, actor=my.staff, idempotency_key="k"
    ),
    "own request": lambda my: credit_request(
        request_id=my.request.pk, amount_minor=1, source=CreditSource.PROMO, reason="x", actor=my.staff
    ),
    "own request declined": lambda my: decline_request(request_id=my.request.pk, reason="x", actor=my.staff),
    "balance": lambda my: return_balance(
        customer=my.customer, amount_minor=1, reason="x", actor=my.staff, idempotency_key="k"
    ),
    "correction of their call": lambda my: approve_correction(
        correction_id=my.correction(my.called), reason="x", actor=my.staff
    ),
    "correction of their earnings": lambda my: decline_correction(
        correction_id=my.correction(my.answered), reason="x", actor=my.staff
    ),
    "own approval": lambda my: approve_operator(operator_id=my.operator.pk, reason="x", actor=my.staff),
    "own phone": lambda my: verify_by_staff(
        phone_id=CustomerPhoneFactory(customer=my.customer, verified_at=None, is_primary=False).pk,
        reason="x", actor=my.staff,
    ),
    "own case": lambda my: answer_case(case_id=my.own_case, **ANSWER, actor=my.staff),
    "case about their call": lambda my: answer_case(case_id=my.case_about_them, **ANSWER, actor=my.staff),
    "own complaint": lambda my: answer_case(case_id=my.complaint, **ANSWER, actor=my.staff),
    "own phone after a 9": lambda my: allow_operators_phone(
        operator_id=my.operator.pk, reason="x", actor=my.staff
    ),
}  # fmt: skip


@pytest.mark.parametrize("deed", DEEDS)
def test_nobody_decides_about_themselves(deed: str) -> None:
    my = Story()
    if deed == "own approval":
        Operator.objects.filter(pk=my.operator.pk).update(approval_status=ApprovalStatus.PENDING)
    before = Transaction.objects.count(), FreeMinutesPackage.objects.count(), AuditRecord.objects.count()
    with pytest.raises(DomainError) as refused:
        DEEDS[deed](my)
    assert refused.value.error_code == "own_account"
    assert before == (
        Transaction.objects.count(), FreeMinutesPackage.objects.count(), AuditRecord.objects.count(),
    )  # fmt: skip


def test_what_staff_do_for_others_and_operators_for_their_customers_goes_on() -> None:
    my = Story()
    credit_wallet(
        customer=my.answered.customer, amount_minor=1, source=CreditSource.PROMO, reason="x", actor=my.staff,
        idempotency_key="k",
    )  # fmt: skip
    package = grant_as_operator(
        operator=my.operator, customer=my.answered.customer, minutes=1, idempotency_key="o"
    )
    assert package.funded_by == FundedBy.OPERATOR
    refund_reference(
        reference=my.called.call_id, reason="a promise of ours", actor=None, idempotency_key="job"
    )


def test_the_pages_say_so() -> None:
    my = Story()
    desk: Client = logged_in(my.staff, ADMIN)
    form = {"customer": my.customer.pk, "what": "promo", "amount": "1", "reason": "x", "key": "k"}
    assert "your own account" in desk.post(page("ledger_transaction_book"), form).content.decode()
    paid = {"amount": "1.00", "key": "p", "confirmed": "1", "reason": "x"}
    answer = desk.post(f"/backoffice/operators/{my.operator.pk}/payout/", paid, follow=True)
    assert "your own account" in answer.content.decode()
    assert Account.objects.get(customer=my.customer).balance_minor < 4500
    assert earned(my.operator) > 0


def test_nobody_sets_their_own_share() -> None:
    my = Story()
    desk = logged_in(my.staff, ADMIN)
    other = given_operator()
    sent = shown(desk, f"/operators/operator/{other.pk}/change/") | {"share_bps": "10000"}
    assert desk.post(f"/operators/operator/{my.operator.pk}/change/", sent).status_code == 403
    my.operator.refresh_from_db()
    assert my.operator.share_bps == 8000


def test_nobody_approves_their_own_photo() -> None:
    my = Story()
    photo = my.operator.photos.create(digest="d" * 32, state="waiting", offered_at=clock.now())
    with pytest.raises(DomainError) as refused:
        approve_photo(photo_id=photo.pk, actor=my.staff)
    assert refused.value.error_code == "own_account"
