"""Money left on closed accounts: who is to be paid back, and writing down that it was."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import render_staff_page, staff_page
from backoffice.giving import ask_and_give
from billing.deeds import RETURN
from billing.selectors import balances_to_return, wallet_of
from billing.services.carry_out import CarriedOut, carry_out
from core.confirm import Confirmation
from core.ids import new_id
from core.money import format_money
from core.money_pages import moves_money
from customers.models import Customer, User
from web.forms import parse_amount

SHOWN = 200


@require_GET
@staff_page("ledger.view_transaction")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """Closed accounts with money on them, the one closed first on top."""
    rows = [(wallet, new_id("return")) for wallet in balances_to_return()[:SHOWN]]
    return render_staff_page(request, "backoffice/balances.html", title="Balances to pay back", rows=rows)


@require_POST
@staff_page("ledger.record_payout")
@moves_money
def pay_back(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Record that the balance of a closed account was paid back."""
    person = get_object_or_404(Customer.objects.select_related("user"), pk=number)

    then = reverse("backoffice:balances")

    def record(reason: str) -> CarriedOut:
        return carry_out(
            RETURN,
            customer=person.pk,
            amount_minor=parse_amount(request.POST.get("amount", "")),
            reason=reason,
            actor=staff,
            idempotency_key=f"return:{person.pk}:{request.POST.get('key', '')[:100]}",
        )

    def question(expected: CarriedOut) -> Confirmation:
        amount_minor, before = parse_amount(request.POST["amount"]), wallet_of(person.pk).balance_minor
        amount = format_money(amount_minor)
        facts = (
            ("Customer", f"{person.alias}, {person.user.email}"),
            ("Paid back", amount),
            ("Balance", f"{format_money(before)} → {format_money(before - amount_minor)}"),
        )
        effect = (
            "This moves no money: pay it back first. The balance is lowered, and the customer gets an email."
        )
        label = "How it was paid back (the customer reads it)"
        title = f"Record {amount} paid back to {person.alias}?"
        return Confirmation(title, facts, effect, "Record", then, reason_label=label)

    return ask_and_give(request, record, question, then=then, done="Recorded.")
