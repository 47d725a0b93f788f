"""Where a card payment stands, in the words of the page that follows it. With what came with it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.models import Payment
from billing.states import PaymentState
from core.money import format_money
from storefront.offers import given_with

_WAITING = (
    gettext_noop("Waiting for your card company"),
    gettext_noop("This usually takes a few seconds. This page updates by itself."),
)
_WORDS = {
    PaymentState.CREATED: _WAITING,
    PaymentState.REDIRECTED: _WAITING,
    PaymentState.PENDING: (
        gettext_noop("Waiting for your card company"),
        gettext_noop(
            "It hasn’t confirmed this payment yet, which can take up to an hour. You don’t need to wait here."
        ),
    ),
    PaymentState.UNKNOWN: (
        gettext_noop("Waiting for your card company"),
        gettext_noop(
            "It hasn’t answered yet. We’ll check until it does, and we won’t charge anything else before then. You don’t need to wait here."
        ),
    ),
    PaymentState.DECLINED: (gettext_noop("Your card was declined"), gettext_noop("Nothing was charged.")),
    PaymentState.CANCELED: (gettext_noop("Payment canceled"), gettext_noop("Nothing was charged.")),
    PaymentState.REFUNDED: (
        gettext_noop("Paid back"),
        gettext_noop("The full amount went back to your card."),
    ),
    PaymentState.DISPUTED: (
        gettext_noop("In dispute"),
        gettext_noop(
            "Your card company took this payment back. Until that’s settled, you can’t spend anything."
        ),
    ),
}
_PROBLEM = (
    gettext_noop("We’re checking this payment"),
    gettext_noop(
        "What your card company reported isn’t what we asked for, so nothing was added yet. Our staff are sorting it out with them."
    ),
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
        title, words = _("%(amount)s added") % {"amount": amount}, _("It’s in your balance now.")
    elif payment.problem and not payment.captured_minor:
        title, words = (_(text) for text in _PROBLEM)
    else:
        title, words = (_(text) for text in _WORDS[state])
        if state == PaymentState.DECLINED and payment.reason:
            words = f"{_(payment.reason)} {words}"
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
