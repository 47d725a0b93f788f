"""Collusion in disputes: two people record it, the operator may contest it, somebody else decides."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from backoffice.giving import ask_and_give
from billing.deeds import COLLUSION
from billing.models import CollusionFinding, Payment
from billing.services.carry_out import CarriedOut, carry_out
from billing.services.contest_collusion import decide_contest
from billing.states import CollusionState
from core.confirm import Confirmation, is_confirmed, preview
from core.errors import DomainError, Invalid
from core.money import format_money
from core.money_pages import moves_money
from core.parse import MAX_ID, whole_number
from customers.models import User
from web.actions import refuse, run_service
from web.forms import reason_of

LAST = 20


@require_GET
@staff_page("billing.view_collusionfinding")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """What operators contest, the longest first; and what was recorded last."""
    rows = CollusionFinding.objects.select_related(
        "operator", "payment", "proposed_by", "confirmed_by", "decided_by"
    )
    return render_staff_page(
        request, "backoffice/collusion.html", title="Earnings taken back",
        contested=rows.filter(state=CollusionState.CONTESTED).order_by("contested_at"),
        others=rows.exclude(state=CollusionState.CONTESTED).order_by("-id")[:LAST],
    )  # fmt: skip


@require_POST
@staff_page("billing.decide_collusion")
@moves_money
def propose(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then ask a second person to confirm that an operator colluded with the customer of a disputed payment."""
    payment = get_object_or_404(Payment.objects.select_related("customer"), pk=number)
    then = reverse("backoffice:payments")

    def record(reason: str) -> CarriedOut:
        operator = whole_number(request.POST.get("operator", ""), most=MAX_ID)
        if operator is None:
            raise Invalid("Choose an operator.")
        return carry_out(
            COLLUSION, payment=number, operator=operator, reason=reason, actor=staff,
            idempotency_key=f"collusion:{number}:{operator}",
        )  # fmt: skip

    def question(expected: CarriedOut) -> Confirmation:
        finding: CollusionFinding = expected.result
        amount = format_money(finding.amount_minor, payment.currency)
        facts = (
            ("Operator", finding.operator.stage_name),
            ("Customer", payment.customer.alias),
            ("In dispute", format_money(payment.totals.disputed_minor, payment.currency)),
            ("Calls, texts, and tips", str(len(finding.references))),
            ("Taken back", amount),
        )
        effect = "The operator sees the reason and can contest it."
        title = f"Propose to take {amount} back from {finding.operator.stage_name}?"
        label = "Reason (the operator reads it)"
        return Confirmation(title, facts, effect, "Propose", then, reason_label=label)

    return ask_and_give(request, record, question, then=then, done="Recorded.")


@require_POST
@staff_page("billing.decide_collusion")
@moves_money
def decide(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then uphold it or restore the earnings."""
    is_restored, then = request.POST.get("decision") == "restore", reverse("backoffice:collusion")

    def run(reason: str) -> CollusionFinding:
        return decide_contest(finding_id=number, is_restored=is_restored, reason=reason, actor=staff)

    if is_confirmed(request):
        return run_service(request, lambda: run(reason_of(request)), then=then, message="Decided.")
    try:
        finding = preview(run)
    except DomainError as error:
        return refuse(request, error, then=then)
    amount = format_money(finding.amount_minor, finding.payment.currency)
    facts = (("Operator", finding.operator.stage_name), ("Contested", finding.contest), ("Amount", amount))
    effect = (
        f"{amount} goes back to the operator."
        if is_restored
        else "Nothing moves. It can’t be contested again."
    )
    title = "Restore these earnings?" if is_restored else "Uphold this?"
    button = "Restore" if is_restored else "Uphold"
    label = "Reason (the operator reads it)"
    return ask_staff(request, Confirmation(title, facts, effect, button, then, reason_label=label))
