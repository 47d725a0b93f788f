"""What the sandbox does with cards: its page, its interface for merchants, and, for tests, what banks and its staff do.

Each function is one transaction. Nothing here reads or writes our tables.
"""

import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from procrastinate.contrib.django import app as jobs

from billing.gateways.sandbox.cards import LABELS, REPORTS, SLOW_FOR, CardKind, Reports, SandboxCard
from billing.gateways.sandbox.models import Outcome, SandboxCharge, SandboxEvent, SandboxRefund
from billing.gateways.sandbox.order import Order
from billing.states import ReportKind
from core import clock

SEND_EVENT = "sandbox.send_event"
NO_ANSWER_FOR = timedelta(seconds=20)
_CENTS_TOO_MUCH = 100
_OTHER_CURRENCY, _OTHER_ACCOUNT = "EUR", "somebody-else"


class Impossible(Exception):
    """The sandbox refuses; the message says why, in a few words."""


class AnswerLost(Exception):
    """It was done, and the answer didn't arrive."""


def pay(order: Order, *, behavior: SandboxCard, kind: CardKind, key: str) -> SandboxCharge:
    """Take the payment from a card; the same attempt for the same `key`, another one for another."""
    outcome = Outcome.DECLINED if behavior == SandboxCard.DECLINED else Outcome.PAID
    return _charge(order, outcome=outcome, card=_new("card"), behavior=behavior, kind=kind, key=f"page:{key}")


def cancel(order: Order, *, key: str) -> SandboxCharge:
    """The customer went back without paying."""
    return _charge(
        order, outcome=Outcome.CANCELED, card="", behavior=SandboxCard.SUCCESS, kind=CardKind.CREDIT, key=f"page:{key}"
    )  # fmt: skip


def charge_again(order: Order, *, card: str) -> SandboxCharge:
    """Charge a card that was charged before, once for each payment. Raises Impossible, AnswerLost."""
    known = SandboxCharge.objects.filter(card=card, outcome=Outcome.PAID).order_by("id").first()
    if not card or known is None:
        raise Impossible("The card isn't known.")
    behavior, kind = SandboxCard(known.behavior), CardKind(known.card_kind)
    if behavior == SandboxCard.DECLINED_AGAIN:
        raise Impossible("The card was declined.")
    is_lost = behavior == SandboxCard.UNKNOWN
    charge = _charge(
        order, outcome=Outcome.PAID, card=card, behavior=behavior, kind=kind, key=f"again:{order.payment}",
        answers_after=NO_ANSWER_FOR if is_lost else timedelta(0),
    )  # fmt: skip
    if is_lost:
        raise AnswerLost
    return charge


def charges_of(payment: str) -> list[SandboxCharge]:
    """All attempts for a merchant's payment, first settled first."""
    return list(SandboxCharge.objects.filter(payment=payment).order_by("settles_at", "id"))


def moved_between(since: datetime, until: datetime) -> Iterator[tuple[str, ReportKind, SandboxCharge, int]]:
    """What a merchant's list of these times says: a name for the line, what happened, to which charge, cents."""
    paid = SandboxCharge.objects.filter(outcome=Outcome.PAID, created_at__gte=since, created_at__lt=until)
    for charge in paid.order_by("id"):
        yield f"sale:{charge.number}", ReportKind.SALE, charge, charge.amount_minor
    refunds = SandboxRefund.objects.filter(created_at__gte=since, created_at__lt=until)
    for row in refunds.select_related("charge").order_by("id"):
        yield f"refund:{row.pk}", ReportKind.REFUND, row.charge, row.amount_minor
    disputes = SandboxEvent.objects.filter(event="charge.disputed", due_at__gte=since, due_at__lt=until)
    for event in disputes.select_related("charge").order_by("id"):
        yield f"dispute:{event.pk}", ReportKind.CHARGEBACK, event.charge, event.charge.charged_back_minor


def refund(number: str, minor: int, *, key: str) -> None:
    """Give money of a charge back, once for each `key`. Raises Impossible, AnswerLost."""
    with transaction.atomic():
        charge = SandboxCharge.objects.select_for_update().filter(number=number).first()
        if charge is None or not charge.is_paid(clock.now()):
            raise Impossible("Charge not found.")
        if not SandboxRefund.objects.filter(key=key).exists():
            _give_back(charge, minor, key=key)
    if charge.behavior == SandboxCard.UNKNOWN:
        raise AnswerLost


def refund_at_processor(charge: SandboxCharge, minor: int) -> SandboxEvent | None:
    """Somebody gives money back on the processor's own pages, which we didn't ask for. Raises Impossible."""
    with transaction.atomic():
        return _give_back(_locked(charge), minor, key=_new("refund"))


def charge_back(charge: SandboxCharge, minor: int) -> SandboxEvent | None:
    """The customer's bank takes money back. Raises Impossible."""
    with transaction.atomic():
        locked = _locked(charge)
        if not 0 < minor <= locked.refundable_minor:
            raise Impossible("That is more than is left of the charge.")
        locked.charged_back_minor += minor
        locked.save(update_fields=["charged_back_minor"])
        return _report(locked, "charge.disputed")


def win_back(charge: SandboxCharge, minor: int) -> SandboxEvent | None:
    """The bank decides for us, and returns what it took. Raises Impossible."""
    with transaction.atomic():
        locked = _locked(charge)
        if not 0 < minor <= locked.charged_back_minor - locked.won_back_minor:
            raise Impossible("That is more than was disputed.")
        locked.won_back_minor += minor
        locked.save(update_fields=["won_back_minor"])
        return _report(locked, "charge.dispute_won")


def _give_back(charge: SandboxCharge, minor: int, *, key: str) -> SandboxEvent | None:
    if not 0 < minor <= charge.refundable_minor:
        raise Impossible("That is more than is left of the charge.")
    SandboxRefund.objects.create(charge=charge, key=key, amount_minor=minor, created_at=clock.now())
    charge.refunded_minor += minor
    charge.save(update_fields=["refunded_minor"])
    return _report(charge, "charge.refunded")


def _locked(charge: SandboxCharge) -> SandboxCharge:
    return SandboxCharge.objects.select_for_update().get(pk=charge.pk)


def _charge(
    order: Order, *, outcome: Outcome, card: str, behavior: SandboxCard, kind: CardKind, key: str,
    answers_after: timedelta = timedelta(0),
) -> SandboxCharge:  # fmt: skip
    at = clock.now()
    account, amount_minor, currency = _made_wrong(order, behavior)
    charge = SandboxCharge(
        number=_new("charge"), key=key, payment=order.payment, account=account, amount_minor=amount_minor,
        currency=currency, outcome=outcome, card=card, behavior=behavior, card_kind=kind, card_label=LABELS[kind],
        created_at=at, settles_at=at + SLOW_FOR if behavior == SandboxCard.SLOW else at, answers_at=at + answers_after,
    )  # fmt: skip
    try:
        with transaction.atomic():
            charge.save()
            _report(charge, f"charge.{outcome}", payment=order.payment)
    except IntegrityError:  # the same request again
        return SandboxCharge.objects.get(key=key)
    return charge


def _made_wrong(order: Order, behavior: SandboxCard) -> tuple[str, int, str]:
    """Account, amount, and currency that the card is charged with."""
    match behavior:
        case SandboxCard.WRONG_AMOUNT:
            return order.account, order.amount_minor + _CENTS_TOO_MUCH, order.currency
        case SandboxCard.WRONG_CURRENCY:
            return order.account, order.amount_minor, _OTHER_CURRENCY
        case SandboxCard.WRONG_ACCOUNT:
            return _OTHER_ACCOUNT, order.amount_minor, order.currency
    return order.account, order.amount_minor, order.currency


def _report(charge: SandboxCharge, event: str, *, payment: str = "") -> SandboxEvent | None:
    """Queue what the webhook is told, in the transaction of what happened; None for a card that is never reported."""
    reports = REPORTS.get(SandboxCard(charge.behavior), Reports())
    if not reports.copies:
        return None
    row = SandboxEvent.objects.create(
        key=_new("event"), event=event, charge=charge, payment=payment, copies=reports.copies,
        due_at=max(charge.settles_at, clock.now()) + reports.after,
    )  # fmt: skip
    send_later(row, row.due_at)
    return row


def send_later(event: SandboxEvent, at: datetime) -> None:
    """Have the worker tell the webhook at this time."""
    when = {"schedule_at": at} if at > clock.now() else {}
    jobs.configure_task(SEND_EVENT, allow_unknown=True, **when).defer(event_id=event.pk)


def _new(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
