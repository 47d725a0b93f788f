"""Money left on closed accounts: who is to be paid back, and writing down that it was."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from billing.selectors import balances_to_return, wallet_of
from billing.services.return_balance import return_balance
from core.confirm import Confirmation, is_confirmed, preview
from core.errors import DomainError
from core.ids import new_id
from core.money import format_money
from core.money_pages import moves_money
from customers.models import Customer, User
from web.actions import refuse, run_service
from web.forms import parse_amount, reason_of

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

    def record(reason: str) -> object:
        return return_balance(
            customer=person,
            amount_minor=parse_amount(request.POST.get("amount", "")),
            reason=reason,
            actor=staff,
            idempotency_key=f"return:{person.pk}:{request.POST.get('key', '')[:100]}",
        )

    then = reverse("backoffice:balances")
    if is_confirmed(request):
        return run_service(request, lambda: record(reason_of(request)), then=then, message="Recorded.")
    try:
        preview(record)
    except DomainError as error:
        return refuse(request, error, then=then)
    amount_minor, before = parse_amount(request.POST["amount"]), wallet_of(person.pk).balance_minor
    amount = format_money(amount_minor)
    facts = (
        ("Customer", f"{person.alias}, {person.user.email}"),
        ("Paid back", amount),
        ("Balance", f"{format_money(before)} → {format_money(before - amount_minor)}"),
    )
    effect = "This moves no money: pay it back first. The balance is lowered, and the customer gets an email."
    label = "How it was paid back (the customer reads it)"
    title = f"Record {amount} paid back to {person.alias}?"
    return ask_staff(request, Confirmation(title, facts, effect, "Record", then, reason_label=label))
