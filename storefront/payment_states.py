"""Where a card payment stands, in the words of the page that follows it. With what came with it."""

from dataclasses import dataclass

from django.urls import reverse

from billing.models import Payment
from billing.states import PaymentState
from core.money import format_money
from storefront.offers import given_with

_WAITING = ("Waiting for your card company", "This usually takes a few seconds. This page updates by itself.")
_WORDS = {
    PaymentState.CREATED: _WAITING,
    PaymentState.REDIRECTED: _WAITING,
    PaymentState.PENDING: (
        "Waiting for your card company",
        "It hasn’t confirmed this payment yet, which can take up to an hour. You don’t need to wait here.",
    ),
    PaymentState.UNKNOWN: (
        "Waiting for your card company",
        "It hasn’t answered yet. We’ll check until it does, and we won’t charge anything else before then. You don’t need to wait here.",
    ),
    PaymentState.DECLINED: ("Your card was declined", "Nothing was charged."),
    PaymentState.CANCELED: ("Payment canceled", "Nothing was charged."),
    PaymentState.REFUNDED: ("Paid back", "The full amount went back to your card."),
    PaymentState.DISPUTED: (
        "In dispute",
        "Your card company took this payment back. Until that’s settled, you can’t spend anything.",
    ),
}
_PROBLEM = (
    "We’re checking this payment",
    "What your card company reported isn’t what we asked for, so nothing was added yet. Our staff are sorting it out with them.",
)


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """What the page says. `next_url`: where the customer came from; `retry_url`: to try again, if nothing was charged;
    `given_words`: what an offer gave with it.
    """

    payment: Payment
    title: str
    words: str
    next_url: str
    retry_url: str
    sequence: int
    given_words: str = ""

    @property
    def amount_words(self) -> str:
        return format_money(self.payment.amount_minor, self.payment.currency)

    @property
    def is_waiting(self) -> bool:
        return self.payment.is_open and not self.payment.problem

    @property
    def is_paid(self) -> bool:
        return self.payment.state == PaymentState.CAPTURED


def payment_status(payment: Payment) -> PaymentStatus:
    """Its state in words. Needs the merchant account loaded."""
    state = PaymentState(payment.state)
    amount = format_money(payment.amount_minor, payment.currency)
    if state == PaymentState.CAPTURED:
        title, words = f"{amount} added", "It’s in your balance now."
    elif payment.problem and not payment.captured_minor:
        title, words = _PROBLEM
    else:
        title, words = _WORDS[state]
        if state == PaymentState.DECLINED and payment.reason:
            words = f"{payment.reason} {words}"
    may_retry = state in (PaymentState.DECLINED, PaymentState.CANCELED) and not payment.problem
    return PaymentStatus(
        payment=payment,
        title=title,
        words=words,
        next_url=payment.return_path or reverse("dashboard"),
        retry_url=reverse("funds") if may_retry else "",
        sequence=int(payment.changed_at.timestamp() * 1_000_000),
        given_words=given_with(payment) if state == PaymentState.CAPTURED else "",
    )
