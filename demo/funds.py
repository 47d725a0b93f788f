"""Card payments of the demo's past: through the sandbox processor, by the services that book real ones."""

from urllib.parse import parse_qsl, urlsplit

from django.urls import reverse

from billing import conf
from billing.gateways import SANDBOX, gateway_named
from billing.gateways.sandbox import processor
from billing.gateways.sandbox.cards import CardKind, SandboxCard
from billing.gateways.sandbox.models import SandboxEvent
from billing.gateways.sandbox.order import Order
from billing.ledger import accounts
from billing.models import Payment
from billing.services.check_payment import check_payment
from billing.services.start_payment import merchant_account_of, start_payment
from brands.models import Brand
from core import clock
from customers.models import Customer

OFFERED_MINOR = (2_500, 5_000, 10_000, 20_000)


def add_funds(customer: Customer, brand: Brand, amount_minor: int) -> None:
    """So much by card, at this moment of `core.clock`. Nothing where this brand's cards go elsewhere than to the sandbox."""
    if merchant_account_of(brand).gateway != SANDBOX:
        return
    payment = start_payment(
        customer=customer, brand=brand, amount_minor=amount_minor, return_path=reverse("funds")
    )
    charge = processor.pay(
        _order_of(payment), behavior=SandboxCard.SUCCESS, kind=_kind_of(customer), key=str(payment.public_id)
    )
    # Asked for below, so the webhook has nothing to learn.
    SandboxEvent.objects.filter(charge=charge).update(delivered_at=clock.now())
    check_payment(payment_id=payment.pk)


def has_enough(customer: Customer, amount_minor: int) -> bool:
    """Whether the wallet has so much that no call holds."""
    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    return wallet.available_minor >= amount_minor


def amount_for(amount_minor: int) -> int:
    """What a customer who needs so much would add: the smallest amount on offer that is enough."""
    return next((offered for offered in OFFERED_MINOR if offered >= amount_minor), amount_minor)


def _order_of(payment: Payment) -> Order:
    """As the sandbox's page has it from the address."""
    address = gateway_named(SANDBOX).start(payment, return_url=f"http://localhost{reverse('funds')}")
    return Order.read(dict(parse_qsl(urlsplit(address).query, keep_blank_values=True)))


def _kind_of(customer: Customer) -> CardKind:
    return CardKind.DEBIT if customer.pk % 2 else CardKind.CREDIT
