"""The queue of customers who asked for funds: staff write how to pay, credit, or decline. Each answer is a letter."""

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decided import DecidedRow
from backoffice.decorators import ask_staff, render_staff_page, staff_page
from backoffice.giving import ask_and_give
from billing.deeds import FUNDS, payment_argument
from billing.models import FundsRequest
from billing.selectors import wallet_of
from billing.services.carry_out import CarriedOut, carry_out
from billing.services.request_funds import ANSWER, answer_request, decline_request
from billing.states import CreditSource, FundsRequestState
from core.confirm import Confirmation, is_confirmed, preview
from core.errors import DomainError, Invalid, NotFound
from core.models import AuditRecord
from core.money import format_money
from core.money_pages import moves_money
from customers.models import User
from web.actions import refuse, run_service
from web.forms import parse_amount, reason_of

SHOWN = 100


@require_GET
@staff_page("billing.view_fundsrequest")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """Open requests, the longest waiting first, with what was written to them; and what was answered last."""
    rows = FundsRequest.objects.select_related("customer", "brand", "handled_by")
    waiting = list(rows.filter(state=FundsRequestState.WAITING).order_by("id")[:SHOWN])
    handled = rows.exclude(state=FundsRequestState.WAITING).order_by("-id")[:20]
    subjects = {f"{FundsRequest._meta.label_lower}:{row.pk}": row.pk for row in waiting}
    answers: dict[int, list[AuditRecord]] = {}
    for record in AuditRecord.objects.filter(action=ANSWER, subject__in=subjects).order_by("id"):
        answers.setdefault(subjects[record.subject], []).append(record)
    return render_staff_page(
        request, "backoffice/funds.html", title="Requests for funds",
        waiting=[(row, answers.get(row.pk, [])) for row in waiting],
        decided=[_decided(row) for row in handled], sources=CreditSource.choices,
    )  # fmt: skip


@require_POST
@staff_page("billing.change_fundsrequest")
def answer(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Write to the customer how to pay; the request stays open."""
    return run_service(
        request,
        lambda: answer_request(request_id=number, text=request.POST.get("text", ""), actor=staff),
        then=reverse("backoffice:funds"),
        message="Sent. The request stays open until you credit or decline it.",
    )


@require_POST
@staff_page("ledger.credit_wallet")
@moves_money
def credit(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Credit the wallet of who asked."""
    then = reverse("backoffice:funds")

    def give(reason: str) -> CarriedOut:
        source = request.POST.get("source", "")
        if source not in CreditSource.values:
            raise Invalid("Choose where the money comes from.")
        return carry_out(
            FUNDS,
            request_id=number,
            amount_minor=parse_amount(request.POST.get("amount", "")),
            source=source,
            **payment_argument(request.POST.get("payment_reference", "")),
            reason=reason,
            actor=staff,
            idempotency_key=f"funds-request:{number}",
        )

    def question(expected: CarriedOut) -> Confirmation:
        row = _request(number)
        amount = parse_amount(request.POST.get("amount", ""))
        before = wallet_of(row.customer_id).balance_minor
        source, reference = CreditSource(request.POST["source"]), request.POST.get("payment_reference", "")
        facts = (
            ("Customer", row.customer.alias),
            ("Requested", format_money(row.amount_minor)),
            ("Credit", format_money(amount)),
            ("From", source.label.capitalize()),
            *([("Reference", reference)] if source == CreditSource.RECEIVED else []),
            ("Balance", f"{format_money(before)} → {format_money(before + amount)}"),
        )
        effect = "The money can be spent right away. The customer gets an email with the amount."
        title = f"Credit {format_money(amount)} to {row.customer.alias}?"
        return Confirmation(title, facts, effect, "Credit", then)

    return ask_and_give(request, give, question, then=then, done="Credited.")


@require_POST
@staff_page("billing.change_fundsrequest")
def decline(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Say no, with a reason that the customer reads."""

    def refuse_it(reason: str) -> FundsRequest:
        return decline_request(request_id=number, reason=reason, actor=staff)

    then = reverse("backoffice:funds")
    if is_confirmed(request):
        return run_service(request, lambda: refuse_it(reason_of(request)), then=then, message="Declined.")
    try:
        preview(refuse_it)
    except DomainError as error:
        return refuse(request, error, then=then)
    row = _request(number)
    amount = format_money(row.amount_minor)
    balance = format_money(wallet_of(row.customer_id).balance_minor)
    facts = (("Customer", row.customer.alias), ("Requested", amount), ("Balance", f"stays at {balance}"))
    return ask_staff(
        request,
        Confirmation(
            f"Decline {amount} for {row.customer.alias}?", facts,
            "The request is closed. The customer gets an email with your reason.",
            "Decline", then, reason_label="Reason (the customer reads it)",
        ),
    )  # fmt: skip


def _decided(row: FundsRequest) -> DecidedRow:
    return DecidedRow(
        at=row.handled_at,
        url=reverse("backoffice:customer", args=[row.customer_id]),
        subject=row.customer.alias,
        amount=format_money(row.amount_minor),
        decision=row.get_state_display(),
        by=str(row.handled_by or ""),
        reason=row.answer,
    )


def _request(number: int) -> FundsRequest:
    row = FundsRequest.objects.select_related("customer").filter(pk=number).first()
    if row is None:
        raise NotFound("Request not found.")
    return row
