"""Card payments that need somebody: problems, disputes, what the processor hasn't answered, money long on its way."""

from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decorators import ask_staff, render_staff_page, staff_page
from billing.models import Payment
from billing.payment_queue import notices_of_nothing, payments_to_look_at
from billing.selectors import wallet_of
from billing.services.receive_notice import ask_soon
from billing.services.record_collusion import operators_of
from billing.services.settle_dispute import handle_problem, settle_dispute
from billing.states import PaymentProblem, PaymentState
from core.confirm import Confirmation, is_confirmed, preview
from core.errors import DomainError, NotFound
from core.money import format_money
from core.money_pages import moves_money
from customers.models import User
from operators.models import Operator
from web.actions import refuse, run_service
from web.forms import reason_of

SHOWN = 50


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment of the queue: what is wrong with it, and what can be done."""

    payment: Payment
    why: str
    is_problem: bool
    is_disputed: bool
    operators: list[Operator]  # who had talk from the customer since then

    @property
    def amount(self) -> str:
        return format_money(self.payment.amount_minor, self.payment.currency)


@require_GET
@staff_page("billing.view_payment")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """What needs somebody, the oldest first; and reports of charges that are none of ours."""
    return render_staff_page(
        request,
        "backoffice/payments.html",
        title="Card payments",
        rows=[_row(payment) for payment in payments_to_look_at()[:SHOWN]],
        strays=notices_of_nothing()[:SHOWN],
        all_url=reverse("admin:billing_payment_changelist"),
    )


@require_POST
@staff_page("billing.settle_payment")
def ask(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Have the processor asked what became of it."""
    if not Payment.objects.filter(pk=number).exists():
        raise NotFound("Payment not found.")
    return run_service(
        request, lambda: ask_soon(number), then=_queue_url(), message="Asked. Check again in a moment."
    )


@require_POST
@staff_page("billing.settle_payment")
def handled(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then take it off the queue: it was put right at the processor."""

    def handle(reason: str) -> Payment:
        return handle_problem(payment_id=number, reason=reason, actor=staff)

    return _ask_and_do(request, handle, _handled_question, "Marked as handled.")


@require_POST
@staff_page("billing.settle_payment")
@moves_money
def settle(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then bear what a lost dispute left below zero, and end the freeze."""

    def end(reason: str) -> Payment:
        return settle_dispute(payment_id=number, reason=reason, actor=staff)

    return _ask_and_do(request, end, _settle_question, "Settled. The account can be used again.")


def _ask_and_do(
    request: HttpRequest, do: Callable[[str], Payment], question: Callable[[Payment], Confirmation], done: str
) -> HttpResponse:
    if is_confirmed(request):
        return run_service(request, lambda: do(reason_of(request)), then=_queue_url(), message=done)
    try:
        expected = preview(do)
    except DomainError as error:
        return refuse(request, error, then=_queue_url())
    return ask_staff(request, question(expected))


def _handled_question(payment: Payment) -> Confirmation:
    amount = format_money(payment.amount_minor, payment.currency)
    facts = (
        ("Customer", payment.customer.alias),
        ("Payment", f"{amount}, {payment.public_id}"),
        ("What is wrong", PaymentProblem(payment.problem).label),
    )
    effect = "Nothing is credited by this. Refund it at the processor first, or credit it as received."
    return Confirmation(f"Mark this payment of {amount} as handled?", facts, effect, "Handled", _queue_url())


def _settle_question(payment: Payment) -> Confirmation:
    """`payment`: as it would be once settled."""
    borne = format_money(payment.written_off_minor, payment.currency)
    balance = wallet_of(payment.customer_id).balance_minor
    facts = (
        ("Customer", payment.customer.alias),
        ("In dispute", format_money(payment.totals.disputed_minor, payment.currency)),
        ("Balance", f"{format_money(balance)} → {format_money(balance + payment.written_off_minor)}"),
        ("Paid by the platform", borne),
    )
    effect = (
        "The account can be used again. If the dispute is won after all, the platform gets its money back."
    )
    return Confirmation(f"Settle this dispute and absorb {borne}?", facts, effect, "Settle", _queue_url())


def _row(payment: Payment) -> PaymentRow:
    is_problem = payment.problem != PaymentProblem.NONE and payment.problem_handled_at is None
    is_disputed = payment.state == PaymentState.DISPUTED and payment.dispute_closed_at is None
    if is_problem:
        why = PaymentProblem(payment.problem).label.capitalize()
    elif is_disputed:
        why = f"{format_money(payment.totals.disputed_minor, payment.currency)} in dispute; the account is frozen"
    elif payment.state == PaymentState.UNKNOWN:
        why = "The processor hasn’t said what happened to it"
    else:
        why = "Money has been on its way back to the card for days"
    return PaymentRow(payment, why, is_problem, is_disputed, operators_of(payment) if is_disputed else [])


def _queue_url() -> str:
    return reverse("backoffice:payments")
