"""Statements of card processors: read a file, decide what differs, confirm what arrived at the bank."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from billing import reconciliation
from billing.gateways import GATEWAYS, gateway_named
from billing.gateways.statement_file import LARGEST_BYTES
from billing.ledger.models import Transaction
from billing.models import Difference, StatementLine
from billing.services.read_statement import read_statement
from billing.services.reconcile import confirm_deposit, confirm_received, decide_difference
from billing.states import StatedKind
from core.confirm import Confirmation, is_confirmed, preview
from core.errors import DomainError, Invalid
from core.money import format_money
from core.money_pages import moves_money
from customers.models import User
from web.actions import refuse, run_service
from web.forms import parse_amount, reason_of

SHOWN, LAST = 50, 20


@require_GET
@staff_page("billing.view_difference")
def page(request: HttpRequest, staff: User) -> HttpResponse:
    """What differs and what waits for the bank, the oldest first; the last statements."""
    return render_staff_page(
        request,
        "backoffice/reconcile.html",
        title="Reconciliation",
        differences=reconciliation.open_differences()[:SHOWN],
        deposits=reconciliation.waiting_deposits()[:SHOWN],
        received=reconciliation.received_outside()[:SHOWN],
        decided=reconciliation.decided_differences()[:LAST],
        statements=reconciliation.statements()[:LAST],
        gateways=[(name, gateway_named(name).title) for name in sorted(GATEWAYS)],
    )


@require_POST
@staff_page("billing.reconcile")
def upload(request: HttpRequest, staff: User) -> HttpResponse:
    """Read a file; the same one again changes nothing."""
    file = request.FILES.get("file")
    try:
        if file is None:
            raise Invalid("Choose a file.")
        read = read_statement(
            gateway_name=request.POST.get("gateway", ""), name=file.name or "", data=file.read(LARGEST_BYTES + 1),
            actor=staff,
        )  # fmt: skip
    except DomainError as error:
        return refuse(request, error, then=_page_url())
    if not read.is_new:
        messages.info(request, "This file was read before. Nothing was booked.")
    else:
        count = read.differences
        messages.success(request, f"Imported. {count or 'No'} difference{'' if count == 1 else 's'}.")
    return HttpResponseRedirect(_page_url())


@require_POST
@staff_page("billing.reconcile")
@moves_money
def decide(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then book a line as it was stated, or not at all."""
    is_accepted = request.POST.get("decision") == "accept"

    def run(reason: str) -> Difference:
        return decide_difference(difference_id=number, is_accepted=is_accepted, reason=reason, actor=staff)

    if is_confirmed(request):
        return run_service(request, lambda: run(reason_of(request)), then=_page_url(), message="Decided.")
    try:
        row = preview(run)
    except DomainError as error:
        return refuse(request, error, then=_page_url())
    return ask_staff(request, _decision_question(row, is_accepted))


@require_POST
@staff_page("billing.reconcile")
@moves_money
def deposit(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then book that a deposit arrived."""
    line = get_object_or_404(StatementLine, pk=number, kind=StatedKind.DEPOSIT)
    reference = request.POST.get("bank_reference", "")

    def run(_: str) -> StatementLine:
        amount_minor = parse_amount(request.POST.get("amount", ""))
        return confirm_deposit(
            line_id=number, amount_minor=amount_minor, bank_reference=reference, actor=staff
        )

    if is_confirmed(request):
        return run_service(request, lambda: run(""), then=_page_url(), message="Confirmed.")
    try:
        kept = preview(run)
    except DomainError as error:
        return refuse(request, error, then=_page_url())
    facts = (
        ("Stated", format_money(line.gross_minor, line.currency)),
        ("Arrived", format_money(kept.banked_minor or 0, line.currency)),
        ("Bank’s reference", kept.bank_reference),
    )
    agrees = kept.banked_minor == line.gross_minor
    effect = (
        "It is booked from the processor to the bank."
        if agrees
        else "The amounts differ: nothing is booked yet."
    )
    title = f"Confirm deposit {line.number}?"
    question = Confirmation(title, facts, effect, "Confirm", _page_url(), is_reason_needed=False)
    return ask_staff(request, question)


@require_POST
@staff_page("billing.reconcile")
@moves_money
def received(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then book that money received outside is at the bank."""
    top_up = get_object_or_404(Transaction.objects.select_related("customer"), pk=number)
    reference = request.POST.get("bank_reference", "")

    def run(_: str) -> object:
        return confirm_received(transaction_id=number, bank_reference=reference, actor=staff)

    if is_confirmed(request):
        return run_service(request, lambda: run(""), then=_page_url(), message="Confirmed.")
    try:
        preview(run)
    except DomainError as error:
        return refuse(request, error, then=_page_url())
    amount = format_money(top_up.amount_minor, top_up.currency)
    facts = (
        ("Customer", top_up.customer.alias if top_up.customer else ""),
        ("Payment", top_up.reference),
        ("Bank’s reference", reference),
    )
    title, effect = (
        f"Confirm that {amount} is at the bank?",
        "It is booked from “received outside” to the bank.",
    )
    question = Confirmation(title, facts, effect, "Confirm", _page_url(), is_reason_needed=False)
    return ask_staff(request, question)


def _decision_question(row: Difference, is_accepted: bool) -> Confirmation:
    """`row`: as it would be once decided."""
    facts = (
        ("Difference", row.get_kind_display().capitalize()),
        ("Ours", format_money(row.ours_minor, row.currency)),
        ("Theirs", format_money(row.theirs_minor, row.currency)),
    )
    if not is_accepted:
        return Confirmation(
            "Dismiss this difference?", facts, "Nothing is booked for it.", "Dismiss", _page_url()
        )
    line = row.line
    if line is not None and line.kind == StatedKind.DEPOSIT:
        booked = f"{format_money(line.banked_minor or 0, row.currency)} is booked to the bank."
    else:
        booked = f"The fee of {format_money(line.fee_minor if line else 0, row.currency)} is booked."
    effect = f"{booked} No customer’s balance changes."
    return Confirmation("Accept what the processor stated?", facts, effect, "Accept", _page_url())


def _page_url() -> str:
    return reverse("backoffice:reconcile")
