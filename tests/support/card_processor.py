"""A card processor in memory, for tests of what the product does with its word: totals are set by hand, answers can fail."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

import pytest
from django.http import HttpRequest

from billing import gateways
from billing.charges import Charge, ChargeStatus, Totals
from billing.gateways.base import Ability, Forged, Gateway, Limits, Listed, NoAnswer, Notice, Refused
from billing.models import MerchantAccount, PayBack, Payment
from billing.services.check_payment import check_payment
from billing.services.start_payment import start_payment
from billing.states import ReportKind
from customers.models import Customer

NAME, ACCOUNT = "memory", "900000-0000"


@dataclass
class Processor:
    """What the card company holds: a charge for each payment that was tried, by our number of it."""

    charges: dict[str, Charge] = field(default_factory=lambda: defaultdict(lambda: Charge(ChargeStatus.NONE)))
    answers: bool = True  # whether `confirm` does
    refuses: str = ""  # why refunds and charges of saved cards are refused
    cuts_off: bool = False  # the charge or refund is made, and the answer is lost
    sent: list[str] = field(default_factory=list)  # charges of saved cards that arrived

    def pay(self, payment: Payment, **changes: object) -> None:
        """The customer's card is charged on the processor's page."""
        paid = Charge(
            ChargeStatus.PAID, reference=f"T-{payment.pk}", account=ACCOUNT, currency=payment.currency,
            totals=Totals(captured_minor=payment.amount_minor), card=f"card-{payment.customer_id}",
            card_label="Visa •••• 4242", card_kind="credit",
        )  # fmt: skip
        self.charges[str(payment.public_id)] = replace(paid, **changes)  # type: ignore[arg-type]

    def decline(self, payment: Payment) -> None:
        self.charges[str(payment.public_id)] = Charge(ChargeStatus.DECLINED, reason="Your bank said no.")

    def add(self, payment: Payment, **minor: int) -> None:
        """More was refunded, charged back, or won back."""
        charge = self.charges[str(payment.public_id)]
        grown = {name: getattr(charge.totals, name) + more for name, more in minor.items()}
        self.charges[str(payment.public_id)] = replace(charge, totals=replace(charge.totals, **grown))


class MemoryGateway(Gateway):
    """Speaks for `processor`, which the fixture makes anew for each test."""

    title = "Memory"
    abilities = frozenset(Ability)
    unheard_of_after = timedelta(minutes=5)
    lists_charges = True
    processor: ClassVar[Processor]

    def limits(self) -> Limits:
        return Limits(100, 50_000)

    def form_origins(self) -> tuple[str, ...]:
        return ("https://pay.example",)

    def start(self, payment: Payment, *, return_url: str) -> str:
        return f"https://pay.example/{payment.public_id}"

    def verify(self, request: HttpRequest, secret_path: str) -> Notice:
        if secret_path != "secret":
            raise Forged
        return Notice(request.POST["key"], "paid", payment=request.POST["payment"])

    def confirm(self, payment: Payment) -> Charge:
        if not self.processor.answers:
            raise NoAnswer
        return self.processor.charges[str(payment.public_id)]

    def report(self, since: datetime, until: datetime) -> list[Listed]:
        if not self.processor.answers:
            raise NoAnswer
        return [
            Listed(f"{kind}:{charge.reference}", kind, charge.reference, charge.account, amount_minor, number, number)
            for number, charge in self.processor.charges.items()
            for kind, amount_minor in (
                (ReportKind.SALE, charge.totals.captured_minor), (ReportKind.REFUND, charge.totals.refunded_minor)
            )
            if amount_minor
        ]  # fmt: skip

    def refund(self, pay_back: PayBack) -> None:
        if self.processor.refuses:
            raise Refused(self.processor.refuses)
        self.processor.add(pay_back.payment, refunded_minor=pay_back.amount_minor)
        if self.processor.cuts_off:
            raise NoAnswer

    def charge_saved(self, payment: Payment) -> None:
        if self.processor.refuses:
            raise Refused(self.processor.refuses)
        self.processor.sent.append(str(payment.public_id))
        self.processor.pay(payment)
        if self.processor.cuts_off:
            raise NoAnswer


@pytest.fixture
def processor(monkeypatch: pytest.MonkeyPatch) -> Iterator[Processor]:
    """The processor of every payment of this test."""
    monkeypatch.setitem(gateways.GATEWAYS, NAME, f"{__name__}.{MemoryGateway.__name__}")
    MemoryGateway.processor = Processor()
    yield MemoryGateway.processor
    gateways.gateway_named.cache_clear()


def given_payment(customer: Customer, amount_minor: int = 2500) -> Payment:
    """A payment of this customer that was begun on the processor's page."""
    brand = customer.home_brand
    MerchantAccount.objects.get_or_create(
        brand=brand, gateway=NAME, account=ACCOUNT,
        defaults={"statement_text": "NYCF*SUPPORT", "support_phone": "+12125550123"},
    )  # fmt: skip
    return start_payment(customer=customer, brand=brand, amount_minor=amount_minor)


def given_paid(processor: Processor, customer: Customer, amount_minor: int = 2500) -> Payment:
    """A payment that was captured."""
    payment = given_payment(customer, amount_minor)
    processor.pay(payment)
    return check_payment(payment_id=payment.pk)
