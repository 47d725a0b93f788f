"""Ask the processor what became of a payment, and bring the books to what it says. Nothing else credits a card payment."""

from datetime import datetime, timedelta

from billing import payment_postings
from billing.charges import Charge, ChargeStatus, Totals, problem_with, state_after
from billing.domain_events import (
    funds_available,
    pay_back_ended,
    payment_captured,
    payment_declined,
    payment_disputed,
)
from billing.gateways import GATEWAYS, gateway_named
from billing.gateways.base import NoAnswer
from billing.ledger import accounts
from billing.ledger.models import Account
from billing.ledger.posting import Posting, post
from billing.ledger.states import TransactionKind
from billing.models import PayBack, Payment
from billing.push import push_payment, push_wallet
from billing.services.claim_offer import take_back_bonus, welcome_payment
from billing.services.freeze import refreeze
from billing.states import PayBackState, PaymentProblem, PaymentState
from core import audit, clock
from core.db import transactional
from customers.services.access_basis import note_card_payment

# How old a payment is → after how long it is asked for again. Older ones are asked for when a notice comes, and by staff.
_INTERVALS = (
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(hours=1), timedelta(minutes=10)),
    (timedelta(days=1), timedelta(hours=1)),
    (timedelta(days=14), timedelta(days=1)),
)
ABANDONED_AFTER = timedelta(hours=2)  # nothing was begun on the processor's page


def check_payment(*, payment_id: int) -> Payment:
    """Ask, outside of any transaction, and write down the answer. Without one the payment stays and is asked for later."""
    payment = Payment.objects.select_related("merchant_account__brand", "saved_from").get(pk=payment_id)
    charge: Charge | None = None
    if payment.merchant_account.gateway in GATEWAYS:
        try:
            charge = gateway_named(payment.merchant_account.gateway).confirm(payment)
        except NoAnswer:
            charge = None
    return apply_charge(payment_id=payment_id, charge=charge)


@transactional
def apply_charge(*, payment_id: int, charge: Charge | None) -> Payment:
    """Post what the processor's totals have more than the books. Any order of answers, and repeats, come to the same.

    A charge that is not the payment we asked for (amount, currency, account, a charge used before) credits nothing, and staff
    see it. None: there was no answer.
    """
    customer_id, currency = Payment.objects.values_list("customer", "currency").get(pk=payment_id)
    wallet = accounts.wallet(
        customer_id=customer_id, currency=currency
    )  # locked before the payment, everywhere
    payment = (
        Payment.objects.select_for_update(of=("self",))
        .select_related("merchant_account__brand", "customer__user")
        .get(pk=payment_id)
    )
    at, before, totals_before = clock.now(), (payment.state, payment.problem), payment.totals
    if charge is not None:
        _take(payment, charge, wallet, at)
    payment.next_check_at = _next_check(payment, at)
    if (payment.state, payment.problem) != before:
        payment.changed_at = at
        push_payment(customer_id, payment.pk)
        if payment.state == PaymentState.DECLINED != before[0]:
            payment_declined.after_commit(payment_id=payment.pk)
    payment.save()
    if payment.totals != totals_before:
        refreeze(wallet)
    return payment


def _take(payment: Payment, charge: Charge, wallet: Account, at: datetime) -> None:
    problem = _problem(payment, charge)
    if problem:
        _report(payment, problem, charge)
        if not payment.captured_minor:
            payment.state = PaymentState.PENDING
        return
    if charge.others:
        _report(payment, PaymentProblem.CHARGED_TWICE, charge)
    before, totals = payment.totals, payment.totals.merged(charge.totals)
    if totals.captured_minor and not before.captured_minor:
        payment.processor_reference, payment.captured_at = charge.reference, at
        payment.card, payment.card_label, payment.card_kind = charge.card, charge.card_label, charge.card_kind
    _post(payment, totals, wallet)
    payment.state = state_after(PaymentState(payment.state), charge.status, totals)
    if charge.status == ChargeStatus.NONE and _was_never_made(payment, at):
        payment.state = PaymentState.CANCELED
    payment.reason = charge.reason if payment.state == PaymentState.DECLINED else ""
    if totals.disputed_minor > before.disputed_minor:
        payment.dispute_closed_at = None
    if totals.disputed_minor != before.disputed_minor:
        payment_disputed.tell(payment=payment, disputed_minor=totals.disputed_minor)


def _was_never_made(payment: Payment, at: datetime) -> bool:
    """Whether a charge that the processor doesn't know would be known by now if it had arrived there."""
    known_after = gateway_named(payment.merchant_account.gateway).unheard_of_after
    return (
        payment.state == PaymentState.UNKNOWN
        and known_after is not None
        and payment.sent_at is not None
        and at - payment.sent_at > known_after
    )


def _problem(payment: Payment, charge: Charge) -> PaymentProblem:
    """Why what was captured is not credited; NONE while nothing was."""
    if not charge.totals.captured_minor:
        return PaymentProblem.NONE
    if payment.processor_reference and charge.reference != payment.processor_reference:
        return PaymentProblem.USED_TWICE
    used_by = Payment.objects.filter(
        merchant_account=payment.merchant_account_id, processor_reference=charge.reference
    ).exclude(pk=payment.pk)
    if used_by.exists():
        return PaymentProblem.USED_TWICE
    return problem_with(
        charge,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        account=payment.merchant_account.account,
    )


def _report(payment: Payment, problem: PaymentProblem, charge: Charge) -> None:
    """Put it in front of staff, and on record what the processor said; once."""
    if payment.problem == problem:
        return
    payment.problem = problem
    audit.record(
        actor=None,
        action="payment.problem",
        subject=payment.customer,
        reason=PaymentProblem(problem).label,
        payment=str(payment.public_id),
        charges=[charge.reference, *charge.others],
        captured_minor=charge.totals.captured_minor,
        currency=charge.currency,
        account=charge.account,
    )


def _post(payment: Payment, totals: Totals, wallet: Account) -> None:
    """One posting for each amount that grew, and the totals that the books hold then."""
    grown, bookings = totals.since(payment.totals), list[Posting]()
    if grown.captured_minor:
        bookings.append(payment_postings.for_captured(payment, wallet_id=wallet.pk))
    if grown.refunded_minor:
        bookings += _refunded(payment, grown.refunded_minor, totals.refunded_minor, wallet)
    if grown.charged_back_minor:
        bookings.append(
            payment_postings.for_charged_back(
                payment, grown.charged_back_minor, totals.charged_back_minor, wallet_id=wallet.pk
            )
        )
    if grown.won_back_minor:
        bookings.append(
            payment_postings.for_won_back(
                payment, grown.won_back_minor, totals.won_back_minor, wallet_id=wallet.pk
            )
        )
        if payment.written_off_minor:
            bookings.append(_recovered(payment, grown.won_back_minor, totals, wallet))
    taken = sum(booking.amount_minor for booking in bookings if booking.kind == TransactionKind.CHARGEBACK)
    if taken:
        accounts.allow_overdraft(wallet, wallet.overdraft_minor + taken)
    posted = post(*bookings) if bookings else []
    payment.captured_minor, payment.refunded_minor = totals.captured_minor, totals.refunded_minor
    payment.charged_back_minor, payment.won_back_minor = totals.charged_back_minor, totals.won_back_minor
    if grown.captured_minor:
        payment_captured.tell(payment=payment, transaction_id=posted[0].transaction_id)
        note_card_payment(customer=payment.customer, card_kind=payment.card_kind)
        welcome_payment(payment)
    if grown.charged_back_minor or grown.refunded_minor:
        take_back_bonus(payment)
    if bookings:
        push_wallet(payment.customer_id)
        funds_available.after_commit(customer_id=payment.customer_id)


def _recovered(payment: Payment, won_minor: int, totals: Totals, wallet: Account) -> Posting:
    """A dispute that the platform had borne was won: the platform has back what it bore, at most what was won."""
    part = min(payment.written_off_minor, won_minor)
    payment.written_off_minor -= part
    return payment_postings.for_loss_recovered(payment, part, totals.won_back_minor, wallet_id=wallet.pk)


def _refunded(payment: Payment, grown_minor: int, total_minor: int, wallet: Account) -> list[Posting]:
    """What we had sent on its way has arrived; what nobody asked for comes off the wallet."""
    bookings, arrived_minor = list[Posting](), 0
    in_transit = payment.pay_backs.filter(state=PayBackState.IN_TRANSIT).order_by("id")
    for pay_back in in_transit.select_related("payment__merchant_account__brand", "customer__user"):
        if arrived_minor + pay_back.amount_minor > grown_minor:
            break
        arrived_minor += pay_back.amount_minor
        end_pay_back(pay_back, PayBackState.DONE)
    if arrived_minor:
        bookings.append(payment_postings.for_arrived(payment, arrived_minor, total_minor))
    if unasked_minor := grown_minor - arrived_minor:
        bookings.append(
            payment_postings.for_refunded_unasked(payment, unasked_minor, total_minor, wallet_id=wallet.pk)
        )
    return bookings


def end_pay_back(pay_back: PayBack, state: PayBackState) -> None:
    """Write down what became of it, and tell the customer."""
    pay_back.state, pay_back.ended_at = state, clock.now()
    pay_back.save(update_fields=["state", "ended_at"])
    pay_back_ended.tell(pay_back=pay_back)


def _next_check(payment: Payment, at: datetime) -> datetime | None:
    """When to ask again by ourselves; None: a notice, or staff, will."""
    age = at - payment.created_at
    if payment.state == PaymentState.REDIRECTED and age > ABANDONED_AFTER:
        payment.state = PaymentState.CANCELED
    if payment.problem and not payment.captured_minor:
        return None
    waits = payment.state not in (PaymentState.CAPTURED, PaymentState.REFUNDED, PaymentState.DISPUTED)
    if not waits and not payment.pay_backs.filter(state=PayBackState.IN_TRANSIT).exists():
        return None
    for limit, interval in _INTERVALS:
        if age < limit:
            return at + interval
    return at + _INTERVALS[-1][1] if payment.state == PaymentState.UNKNOWN else None
