"""The queue of held earnings: why, since when, for which calls and texts; staff release them or give the money back."""

from functools import partial

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from backoffice.decided import DecidedRow
from backoffice.decorators import ask_staff, render_staff_page, staff_page
from backoffice.giving import ask_and_give
from backoffice.held_rows import HeldRow, held_row, held_rows
from billing.deeds import WITHDRAW
from billing.earnings import open_holds
from billing.models import EarningsHold
from billing.selectors import wallet_of
from billing.services.carry_out import CarriedOut, carry_out
from billing.services.decide_hold import Withdrawn, release_earnings
from billing.services.hold_earnings import withdrawal_key
from billing.states import HoldState
from core.confirm import Confirmation, is_confirmed, preview
from core.errors import DomainError, NotFound
from core.money import format_money
from core.money_pages import moves_money
from customers.models import User
from operators.pages import STAFF_PROFILE
from web.actions import refuse, run_service
from web.forms import reason_of

SHOWN = 50


@require_GET
@staff_page("billing.view_earningshold")
def queue(request: HttpRequest, staff: User) -> HttpResponse:
    """What is held, the longest first; and what was decided last."""
    decided = EarningsHold.objects.exclude(state=HoldState.OPEN).select_related("operator", "decided_by")
    return render_staff_page(
        request,
        "backoffice/held.html",
        title="Held earnings",
        holds=held_rows(open_holds()[:SHOWN]),
        decided=[
            _decided(hold) for hold in decided.prefetch_related("earnings").order_by("-decided_at")[:20]
        ],
    )


@require_POST
@staff_page("billing.decide_earnings")
def release(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then let the operator keep it."""
    decide = partial(release_earnings, hold_id=number, actor=staff)
    if is_confirmed(request):
        return run_service(
            request,
            lambda: decide(reason=reason_of(request)),
            then=_queue_url(),
            message="Released: it can be paid out.",
        )
    try:
        preview(lambda reason: decide(reason=reason))
    except DomainError as error:
        return refuse(request, error, then=_queue_url())
    row = _row(number)
    amount = format_money(row.amount_minor)
    effect = (
        f"{amount} can be paid out. For some time, nothing more between these two is held for the same reason. "
        "The operator gets an email."
    )
    title = f"Release {amount} of {row.hold.operator.stage_name}?"
    return ask_staff(request, Confirmation(title, _facts(row), effect, "Release", _queue_url()))


@require_POST
@staff_page("billing.decide_earnings", "ledger.refund_sale")
@moves_money
def give_back(request: HttpRequest, staff: User, number: int) -> HttpResponse:
    """Ask, then refund the calls and texts to the customer, or request a second person's approval."""

    def withdraw(reason: str) -> CarriedOut:
        return carry_out(
            WITHDRAW, hold=number, reason=reason, actor=staff, idempotency_key=withdrawal_key(number)
        )

    return ask_and_give(
        request,
        withdraw,
        lambda expected: _question(number, expected.result),
        then=_queue_url(),
        done="Refunded.",
    )


def _question(number: int, expected: Withdrawn) -> Confirmation:
    row = _row(number)
    customer, operator = row.hold.customer, row.hold.operator
    amount, before = format_money(expected.refunded_minor), wallet_of(customer.pk).balance_minor
    facts = (
        *_facts(row),
        ("Refund", amount),
        (f"Taken back from {operator.stage_name}", format_money(expected.operator_minor)),
        ("Free-minute pay taken back", format_money(expected.promo_minor)),
        ("Balance", f"{format_money(before)} → {format_money(before + expected.refunded_minor)}"),
    )
    effect = "The money can be spent right away. The customer and the operator get an email."
    title = f"Refund {amount} to {customer.alias}?"
    return Confirmation(title, facts, effect, "Refund", _queue_url())


def _facts(row: HeldRow) -> tuple[tuple[str, str], ...]:
    return (
        ("Operator", row.hold.operator.stage_name),
        ("Customer", row.hold.customer.alias),
        ("Reason", row.why),
        ("Calls and texts", str(row.count)),
    )


def _row(number: int) -> HeldRow:
    rows = EarningsHold.objects.select_related("operator", "customer").prefetch_related("earnings")
    hold = rows.filter(pk=number).first()
    if hold is None:
        raise NotFound("Hold not found.")
    return held_row(hold)


def _decided(hold: EarningsHold) -> DecidedRow:
    return DecidedRow(
        at=hold.decided_at,
        url=STAFF_PROFILE.path(hold.operator_id),
        subject=hold.operator.stage_name,
        amount=format_money(sum(one.amount_minor for one in hold.earnings.all())),
        decision=hold.get_state_display(),
        by=str(hold.decided_by or ""),
        reason=hold.reason,
    )


def _queue_url() -> str:
    return reverse("backoffice:held")
