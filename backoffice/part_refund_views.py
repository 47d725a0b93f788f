"""Staff send back what is unused of one payment: to its card, or as it came outside of the product."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_POST

from backoffice.decorators import staff_page
from backoffice.giving import ask_and_give
from billing.deeds import PAY_BACK, RETURN_RECEIVED
from billing.ledger.models import Transaction
from billing.models import Payment
from billing.selectors import wallet_of
from billing.services.carry_out import CarriedOut, carry_out
from core.confirm import Confirmation
from core.errors import NotFound
from core.money import format_money
from core.money_pages import moves_money
from customers.models import Customer, User
from web.forms import parse_amount


@require_POST
@staff_page("ledger.record_payout")
@moves_money
def to_card(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then send a part or all of what is unused of a payment back to its card."""
    payment = get_object_or_404(Payment.objects.select_related("customer"), pk=number)
    effect = (
        "It leaves the balance now and goes to the card it came from. If the card company refuses it, it goes back to "
        "the balance. The customer gets an email either way."
    )
    label = "Reason (kept on record)"
    return _ask(
        request,
        staff,
        payment.customer,
        PAY_BACK,
        {"payment": number},
        f"payment-pay-back:{number}",
        effect,
        label,
    )


@require_POST
@staff_page("ledger.record_payout")
@moves_money
def outside(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then book that money received outside was sent back."""
    top_up = get_object_or_404(Transaction.objects.select_related("customer"), pk=number)
    if top_up.customer is None:
        raise NotFound("Payment not found.")
    effect = (
        "This moves no money: send it back first. The balance is lowered, and the customer gets an email."
    )
    label = "How it was sent back (the customer reads it)"
    return _ask(
        request,
        staff,
        top_up.customer,
        RETURN_RECEIVED,
        {"transaction": number},
        f"return:{number}",
        effect,
        label,
    )


def _ask(
    request: HttpRequest, staff: User, person: Customer, deed: str, of: dict[str, int], key: str, effect: str, label: str
) -> HttpResponse:  # fmt: skip
    then = reverse("backoffice:customer", args=[person.pk])

    def send(reason: str) -> CarriedOut:
        return carry_out(
            deed, **of, amount_minor=parse_amount(request.POST.get("amount", "")), reason=reason, actor=staff,
            idempotency_key=f"{key}:{request.POST.get('key', '')[:80]}",
        )  # fmt: skip

    def question(_: CarriedOut) -> Confirmation:
        amount_minor, before = parse_amount(request.POST["amount"]), wallet_of(person.pk).balance_minor
        facts = (
            ("Customer", person.alias),
            ("Sent back", format_money(amount_minor)),
            ("Balance", f"{format_money(before)} → {format_money(before - amount_minor)}"),
        )
        title = f"Send {format_money(amount_minor)} back to {person.alias}?"
        return Confirmation(title, facts, effect, "Send back", then, reason_label=label)

    return ask_and_give(request, send, question, then=then, done="Sent back.")
