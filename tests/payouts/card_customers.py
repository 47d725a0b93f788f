"""Customers who load by card at the sandbox, and their banks: what the processor reports reaches us by its webhook, as in production."""

from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

from billing.deeds import COLLUSION
from billing.gateways import gateway_named
from billing.gateways.sandbox import processor
from billing.gateways.sandbox.cards import CardKind, SandboxCard
from billing.gateways.sandbox.models import SandboxCharge
from billing.gateways.sandbox.order import Order
from billing.models import CollusionFinding, Payment, PaymentNotice
from billing.services.carry_out import carry_out
from billing.services.check_payment import check_payment
from billing.services.decide_approval import approve
from billing.services.record_collusion import operators_of, talk_of
from billing.services.settle_dispute import settle_dispute
from billing.services.start_payment import start_payment
from billing.states import PaymentState
from core import clock
from customers.models import Customer, User
from operators.models import Operator
from tests.billing.sandbox import RETURN_URL, deliver_due, given_merchant_account
from tests.scenario import given_customer

LOADED = 30_000  # cents


def given_card_customer() -> Payment:
    """Whose card just paid for a load at the processor."""
    customer: Customer = given_customer(balance=0)
    joined_at = clock.now() - timedelta(days=30)  # new ones load less
    Customer.objects.filter(pk=customer.pk).update(created_at=joined_at)
    customer.refresh_from_db()
    given_merchant_account(customer.home_brand)
    payment = start_payment(customer=customer, brand=customer.home_brand, amount_minor=LOADED)
    address = gateway_named("sandbox").start(payment, return_url=RETURN_URL)
    order = Order.read(dict(parse_qsl(urlsplit(address).query)))
    processor.pay(order, behavior=SandboxCard.SUCCESS, kind=CardKind.CREDIT, key=f"form {payment.pk}")
    return _as_reported(payment)


def _as_reported(payment: Payment) -> Payment:
    """The webhook hears what happened, and we ask about each payment that it named, as the worker does."""
    before = set(PaymentNotice.objects.values_list("pk", flat=True))
    assert deliver_due()
    named = PaymentNotice.objects.exclude(pk__in=before).values_list("payment", flat=True)
    assert set(named) == {payment.pk}
    return check_payment(payment_id=payment.pk)


@dataclass
class Bank:
    """Charges loads back, and decides: lost, lost because an operator colluded, won, or won after we had settled it as lost."""

    staff: User
    colleague: User
    ends: list[str] = field(default_factory=list)  # how each dispute ended
    written_off_minor: int = 0
    taken_back_minor: int = 0

    def charge_back(self, payment: Payment) -> Payment:
        """All of the load, whether or not it was spent."""
        processor.charge_back(SandboxCharge.objects.get(payment=payment.public_id), LOADED)
        payment = _as_reported(payment)
        assert (payment.state, payment.totals.disputed_minor) == (PaymentState.DISPUTED, LOADED)
        return payment

    def decide(self, payment: Payment) -> None:
        """The next of the ways in which a dispute ends."""
        end = ("lost", "collusion", "won", "won late")[len(self.ends) % 4]
        self.ends.append(end)
        if end == "collusion":
            earners = operators_of(payment)
            self._collude(payment, next(one for one in earners if talk_of(payment, one).amount_minor))
        if end != "won":
            payment = settle_dispute(payment_id=payment.pk, reason="lost at the bank", actor=self.staff)
            self.written_off_minor += payment.written_off_minor
        if end.startswith("won"):
            processor.win_back(SandboxCharge.objects.get(payment=payment.public_id), LOADED)
            written_off_minor = payment.written_off_minor
            payment = _as_reported(payment)
            assert (payment.state, payment.written_off_minor) == (PaymentState.CAPTURED, 0)
            self.written_off_minor -= written_off_minor

    def _collude(self, payment: Payment, operator: Operator) -> None:
        asked = carry_out(
            COLLUSION, payment=payment.pk, operator=operator.pk, reason="the same flat", actor=self.staff,
            idempotency_key=f"collusion {payment.pk}",
        )  # fmt: skip
        assert asked.request is not None, "one alone takes nothing"
        approve(request_id=asked.request.pk, reason="seen", actor=self.colleague)
        self.taken_back_minor += CollusionFinding.objects.get(payment=payment).amount_minor
