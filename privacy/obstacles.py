"""Why a person's data can't be erased now: something of theirs is not settled yet."""

from collections.abc import Iterator
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.models import (
    UNSETTLED_STATES,
    ApprovalRequest,
    Case,
    EarningsHold,
    FundsRequest,
    PayBack,
    Payment,
)
from billing.models.cases import WAITING_STATES
from billing.payouts.models import PayoutItem
from billing.payouts.states import IN_TRANSIT
from billing.selectors import payable_minor, wallet_of
from billing.states import ApprovalState, FundsRequestState, HoldState, PayBackState
from customers.models import Customer
from messaging.models import Message, Report
from operators.models import Operator
from operators.states import ApprovalStatus
from privacy.ownership import Person
from telephony.models import Correction
from telephony.selectors import live_call_of, live_call_of_operator
from telephony.states import CorrectionState


class ErasureObstacle(StrEnum):
    """Stable words; `describe` says them to a person."""

    STAFF = "staff"
    LIVE_CALL = "live_call"
    MONEY_LEFT = "money_left"
    FUNDS_REQUEST = "funds_request"
    OPEN_REFUND = "open_refund"
    OPEN_DISPUTE = "open_dispute"
    OPEN_PAYMENT = "open_payment"
    OPEN_PAYOUT = "open_payout"
    OPEN_APPROVAL = "open_approval"
    STILL_WORKING = "still_working"


_TEXTS = {
    ErasureObstacle.STAFF: gettext_noop(
        "This is a staff account. A superuser has to remove its rights first."
    ),
    ErasureObstacle.LIVE_CALL: gettext_noop("There’s a call in progress. Hang up first."),
    ErasureObstacle.MONEY_LEFT: gettext_noop(
        "There’s still money in the account. Close it first, and we’ll pay it back."
    ),
    ErasureObstacle.FUNDS_REQUEST: gettext_noop("A request to add funds is waiting for our answer."),
    ErasureObstacle.OPEN_REFUND: gettext_noop(
        "A message may still be answered or refunded. Try again tomorrow."
    ),
    ErasureObstacle.OPEN_DISPUTE: gettext_noop(
        "A charge or a report is being looked into. Try again when that’s decided."
    ),
    ErasureObstacle.OPEN_PAYMENT: gettext_noop(
        "A card payment isn’t settled yet, or money is on its way back to a card."
    ),
    ErasureObstacle.OPEN_PAYOUT: gettext_noop("Earnings haven’t been paid out yet."),
    ErasureObstacle.OPEN_APPROVAL: gettext_noop(
        "A second person still has to decide about money for this account."
    ),
    ErasureObstacle.STILL_WORKING: gettext_noop("This operator is still approved. Suspend them first."),
}


def describe(obstacle: ErasureObstacle) -> str:
    """The sentence for whoever asks."""
    return _(_TEXTS[obstacle])


def obstacles(person: Person, *, closes_account: bool = False) -> list[ErasureObstacle]:
    """Everything in the way, the most pressing first; empty: nothing. `closes_account`: they ask for it themselves, which
    ends their work as an operator, too.
    """
    found = list(_obstacles(person))
    return [one for one in found if one != ErasureObstacle.STILL_WORKING] if closes_account else found


def _obstacles(person: Person) -> Iterator[ErasureObstacle]:
    if person.user.is_staff:
        yield ErasureObstacle.STAFF
    if person.customer is not None:
        yield from _of_customer(person.customer)
    if person.operator is not None:
        yield from _of_operator(person.operator)


def _of_customer(customer: Customer) -> Iterator[ErasureObstacle]:
    if live_call_of(customer) is not None:
        yield ErasureObstacle.LIVE_CALL
    wallet = wallet_of(customer.pk)
    if wallet.paid_minor or wallet.held_minor:
        yield ErasureObstacle.MONEY_LEFT
    if FundsRequest.objects.filter(customer=customer, state=FundsRequestState.WAITING).exists():
        yield ErasureObstacle.FUNDS_REQUEST
    open_payments = Payment.objects.filter(customer=customer, state__in=UNSETTLED_STATES)
    on_its_way = PayBack.objects.filter(customer=customer, state=PayBackState.IN_TRANSIT)
    if open_payments.exists() or on_its_way.exists():
        yield ErasureObstacle.OPEN_PAYMENT
    if ApprovalRequest.objects.filter(customer=customer, state=ApprovalState.WAITING).exists():
        yield ErasureObstacle.OPEN_APPROVAL
    if Message.objects.filter(conversation__customer=customer, answer_by__isnull=False).exists():
        yield ErasureObstacle.OPEN_REFUND
    corrections = Correction.objects.filter(call__customer=customer, state=CorrectionState.WAITING)
    reports = Report.objects.filter(conversation__customer=customer, handled_at=None)
    holds = EarningsHold.objects.filter(customer=customer, state=HoldState.OPEN)
    cases = Case.objects.filter(customer=customer, state__in=WAITING_STATES)
    if corrections.exists() or reports.exists() or holds.exists() or cases.exists():
        yield ErasureObstacle.OPEN_DISPUTE


def _of_operator(operator: Operator) -> Iterator[ErasureObstacle]:
    if operator.approval_status == ApprovalStatus.APPROVED:
        yield ErasureObstacle.STILL_WORKING
    if live_call_of_operator(operator) is not None:
        yield ErasureObstacle.LIVE_CALL
    on_its_way = PayoutItem.objects.filter(operator=operator, state__in=IN_TRANSIT)
    if payable_minor(operator.pk) or on_its_way.exists():
        yield ErasureObstacle.OPEN_PAYOUT
    if ApprovalRequest.objects.filter(operator=operator, state=ApprovalState.WAITING).exists():
        yield ErasureObstacle.OPEN_APPROVAL
    if Message.objects.filter(conversation__operator=operator, answer_by__isnull=False).exists():
        yield ErasureObstacle.OPEN_REFUND
    corrections = Correction.objects.filter(call__operator=operator, state=CorrectionState.WAITING)
    reports = Report.objects.filter(conversation__operator=operator, handled_at=None)
    holds = EarningsHold.objects.filter(operator=operator, state=HoldState.OPEN)
    if corrections.exists() or reports.exists() or holds.exists():
        yield ErasureObstacle.OPEN_DISPUTE
