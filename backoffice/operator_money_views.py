"""What staff do with one operator's money: record a payout made outside, and write off what they owe us."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from backoffice.decorators import staff_page
from backoffice.giving import ask_and_give
from backoffice.payout_questions import write_off_question
from backoffice.questions import payout_question
from billing.deeds import PAYOUT, WRITE_OFF, outside_arguments
from billing.services.carry_out import CarriedOut, carry_out
from core.confirm import Confirmation
from core.money_pages import moves_money
from customers.models import User
from operators.models import Operator
from web.filters import parse_day
from web.forms import parse_amount


@require_POST
@staff_page("ledger.record_payout")
@moves_money
def payout(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Record that the operator was paid outside."""
    person = get_object_or_404(Operator, pk=number)
    then = reverse("backoffice:operator", args=[number])

    def pay(reason: str) -> CarriedOut:
        return _carry_out(PAYOUT, request, staff, person, reason, **outside_arguments(**_outside(request)))

    def question(expected: CarriedOut) -> Confirmation:
        return payout_question(person, parse_amount(request.POST["amount"]), then, **_outside(request))

    return ask_and_give(request, pay, question, then=then, done="The payout is recorded.")


@require_POST
@staff_page("payouts.approve_payouts")
@moves_money
def write_off(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Request a second person's approval to take off what the operator owes us."""
    person = get_object_or_404(Operator.objects.select_related("user"), pk=number)
    then = reverse("backoffice:operator", args=[number])

    def give(reason: str) -> CarriedOut:
        return _carry_out(WRITE_OFF, request, staff, person, reason)

    def question(expected: CarriedOut) -> Confirmation:
        return write_off_question(person, parse_amount(request.POST["amount"]), then)

    return ask_and_give(request, give, question, then=then, done="Written off.")


def _outside(request: HttpRequest) -> dict[str, Any]:
    """On which day it was paid, and whether that was before it was payable. Raises Invalid."""
    return {"paid_on": parse_day(request.POST.get("paid_on")), "is_early": "early" in request.POST}


def _carry_out(
    deed: str, request: HttpRequest, staff: User, person: Operator, reason: str, **arguments: Any
) -> CarriedOut:
    name = "payout" if deed == PAYOUT else "write-off"
    return carry_out(
        deed,
        **arguments,
        operator=person.pk,
        amount_minor=parse_amount(request.POST.get("amount", "")),
        reason=reason,
        actor=staff,
        idempotency_key=f"{name}:{person.pk}:{request.POST.get('key', '')[:100]}",
    )
