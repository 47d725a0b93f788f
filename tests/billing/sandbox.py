"""The sandbox processor for tests: a customer at its page, its banks, and its webhook."""

from datetime import datetime
from urllib.parse import parse_qsl, urlsplit

from django.http import HttpResponse
from django.test import Client

from billing.gateways.sandbox import webhook
from billing.gateways.sandbox.cards import CardKind, SandboxCard
from billing.gateways.sandbox.models import SandboxEvent
from billing.gateways.sandbox.webhook import Post
from billing.models import MerchantAccount, Payment
from brands.models import Brand
from core import clock
from customers.models import Customer
from tests.factories import BrandFactory
from tests.scenario import cents

HOST = "pay.localhost"
RETURN_URL = "http://flirts.localhost:8000/funds/back/"


def given_merchant_account(brand: Brand | None = None) -> MerchantAccount:
    """Card payments of this brand, flirts.nyc's if none is named, go to the sandbox."""
    brand = brand or BrandFactory()
    account, _ = MerchantAccount.objects.get_or_create(
        brand=brand,
        gateway="sandbox",
        account=brand.slug,
        defaults={"statement_text": "NYCF*SUPPORT", "support_phone": "+12125550110"},
    )
    return account


def given_payment(
    customer: Customer, amount: str | int = "25.00", *, saved_from: Payment | None = None
) -> Payment:
    """A payment as it is before the customer is sent to the page."""
    account, at = given_merchant_account(), clock.now()
    return Payment.objects.create(
        customer=customer, merchant_account=account, amount_minor=cents(amount), currency="USD",
        statement_text=account.statement_text, saved_from=saved_from, created_at=at, changed_at=at,
    )  # fmt: skip


def shown(address: str) -> HttpResponse:
    """What the page at an address answers."""
    parts = urlsplit(address)
    return Client(headers={"Host": HOST}).get(f"{parts.path}?{parts.query}")  # type: ignore[return-value]


def pay(address: str, behavior: SandboxCard = SandboxCard.SUCCESS, **changes: str) -> HttpResponse:
    """Pay on the page, with this test card; `changes` of the form's fields. The answer, which leads back to us."""
    page = shown(address)
    assert page.status_code == 200, page.content
    order = dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
    key = page.context["form"].initial["key"]  # type: ignore[attr-defined]
    form = {**order, "behavior": behavior, "kind": CardKind.CREDIT, "key": key, **changes}
    path = urlsplit(address).path
    return Client(headers={"Host": HOST}, enforce_csrf_checks=True).post(path, form)  # type: ignore[return-value]


def by_client(post: Post) -> int:
    """The webhook's answer, without a server between."""
    client = Client(headers={"Host": "127.0.0.1"}, raise_request_exception=False)
    return client.post(
        post.path, post.body, content_type=post.headers["Content-Type"],
        headers={webhook.SIGNATURE_HEADER: post.headers[webhook.SIGNATURE_HEADER]},
    ).status_code  # fmt: skip


def deliver_due(at: datetime | None = None) -> int:
    """Report what is due by then, as the worker does; how many events."""
    waiting = SandboxEvent.objects.filter(delivered_at=None, due_at__lte=at or clock.now())
    events = list(waiting.select_related("charge").order_by("due_at", "id"))
    for event in events:
        assert webhook.deliver(event, by=by_client), event
    return len(events)
