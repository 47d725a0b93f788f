"""Puts the demo's people in, once: what exists already is left as it is."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache, partial

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction

from billing import conf
from billing.gateways import SANDBOX
from billing.models import Offer
from billing.services.count_hours import count_hours
from billing.services.grant_free_minutes import grant_free_minutes
from billing.states import OfferKind
from brands.models import Brand
from brands.selectors import forget
from core import clock
from customers.legal import SHIPPED_EDITIONS
from customers.models import Customer, User
from customers.states import AccessBasis
from demo.calls import list_price, past_call, stay
from demo.funds import add_funds
from demo.history import DAYS, history_of
from demo.payouts import payouts_of
from demo.people import (
    BRANDS,
    CUSTOMERS,
    OPERATORS,
    PASSWORD,
    REGULARS,
    DemoBrand,
    DemoCustomer,
    DemoOperator,
    customer_number,
    operator_number,
)
from demo.replay import PastEvent, evening, replay
from notices.models import Notice
from notices.states import NoticeState
from operators.models import Operator
from operators.pricing import RATE_COLUMNS
from operators.states import ApprovalStatus
from phones.services.store_number import store_number


@transaction.atomic
def load_demo(*, with_past: bool = False) -> None:
    """Brands, operators, customers with balances, free minutes and past calls, and a staff member.

    `with_past`: also the month before, when others called, wrote and rated.
    """
    brands = {demo.slug: _brand(demo) for demo in BRANDS}
    forget()
    staff = _user("staff@aeims.test", is_staff=True, is_superuser=True)
    _offers()
    operators = [_operator(index, demo, brands) for index, demo in enumerate(OPERATORS)]
    past_events: list[PastEvent] = []
    for index, demo in enumerate((*CUSTOMERS, *REGULARS)):
        past_events += _customer(index, demo, brands["flirts"], operators, staff)
    if with_past:
        past_events += history_of(operators)
        past_events += payouts_of(
            operators, staff, _user("finance@aeims.test", is_staff=True, is_superuser=True)
        )
    replay(past_events)
    if past_events:
        _drop_old_letters()
        count_hours()


def _offers() -> None:
    """What newcomers are given, and a code to try."""
    gift = {"name": "Welcome gift", "minutes": 3, "covers_fee": True, "daily_budget_minor": 50_000}
    Offer.objects.get_or_create(kind=OfferKind.WELCOME, brand=None, defaults=gift)
    code = {"kind": OfferKind.CODE, "name": "Demo bonus", "bonus_minor": 500, "daily_budget_minor": 10_000}
    Offer.objects.get_or_create(code="DEMO5", defaults=code)


def _drop_old_letters() -> None:
    """What was written to people in the past is too old to be sent, which staff would be told of as lost mail."""
    Notice.objects.filter(state=NoticeState.QUEUED, expires_at__lte=clock.now()).delete()


def _brand(demo: DemoBrand) -> Brand:
    brand, _ = Brand.objects.get_or_create(
        slug=demo.slug,
        defaults={
            "name": demo.name,
            "spoken_name": demo.spoken_name,
            "theme": demo.theme,
            "tagline": demo.tagline,
            "description": demo.description,
            "caller_id": demo.caller_id,
            "operator_caller_id": demo.operator_caller_id,
            "support_email": f"support@{demo.name}",
            "mail_from": f"support@{demo.name}",
            "app_name": demo.app_name,
        },
    )
    for host in demo.hosts:
        brand.hosts.get_or_create(host=host)
    _merchant_account(brand, demo)
    return brand


def _merchant_account(brand: Brand, demo: DemoBrand) -> None:
    """Card payments go to the sandbox, unless they go elsewhere by now."""
    if not brand.merchant_accounts.filter(is_active=True).exists():
        brand.merchant_accounts.get_or_create(
            gateway=SANDBOX,
            account=demo.slug,
            defaults={"statement_text": demo.statement_text, "support_phone": demo.caller_id},
        )


@cache
def _hashed() -> str:
    """Of the one password of them all: hashing is slow on purpose."""
    return make_password(PASSWORD)


def _user(email: str, **fields: bool) -> User:
    existing = User.objects.filter(email=email).first()
    if existing:
        return existing
    user = User.objects.create(email=email, password=_hashed(), **fields)
    EmailAddress.objects.create(
        user=user, email=email, verified=True, primary=True
    )  # or a code would be asked for
    return user


def _operator(index: int, demo: DemoOperator, brands: dict[str, Brand]) -> Operator:
    slug = demo.stage_name.lower()
    existing = Operator.objects.filter(slug=slug).first()
    if existing:
        return existing
    operator = Operator.objects.create(
        user=_user("operator@aeims.test" if index == 0 else f"{slug}@aeims.test"),
        stage_name=demo.stage_name,
        slug=slug,
        headline=demo.headline,
        bio=demo.bio,
        languages=list(demo.languages),
        specialties=list(demo.specialties),
        portrait_seed=demo.portrait_seed or slug,
        drawn_as=demo.drawn_as,
        **dict.fromkeys(RATE_COLUMNS, demo.rate_minor),
        connect_fee_minor=demo.fee_minor,
        phone_number=store_number(operator_number(index)),
        phone_verified_at=clock.now(),
        approval_status=ApprovalStatus.APPROVED,
        identified_at=clock.now(),
    )
    for brand in demo.brands:
        operator.listings.create(brand=brands[brand])
    stay(operator, demo.presence)
    return operator


def _customer(
    index: int, demo: DemoCustomer, brand: Brand, operators: list[Operator], staff: User
) -> Iterator[PastEvent]:
    """A customer, and what past_events to them; nothing if they are there already."""
    if Customer.objects.filter(user__email=demo.email).exists():
        return
    customer = Customer.objects.create(
        user=_user(demo.email),
        alias=demo.alias,
        home_brand=brand,
        adult_access_basis=AccessBasis.CARD if demo.balance_minor else AccessBasis.NONE,
    )
    customer.phones.create(phone_number=store_number(customer_number(index)), verified_at=clock.now())
    for kind, edition in SHIPPED_EDITIONS.items():
        customer.consents.create(kind=kind, version=edition, brand=brand)
    # Here before the first day that is told of: who is new may add little.
    Customer.objects.filter(pk=customer.pk).update(created_at=evening(DAYS + 10, 12))
    spent = sum(list_price(operators[which], seconds) for _, which, seconds in demo.calls)
    for number, amount_minor in enumerate(_loads(demo.balance_minor + spent)):
        yield evening(DAYS + 1 - number, 12, index), partial(add_funds, customer, brand, amount_minor)
    for days, which, seconds in demo.calls:
        yield evening(days, 21), partial(past_call, customer, operators[which], brand, seconds)
    for minutes in demo.free_minutes:
        yield clock.now(), partial(_welcome, customer, minutes, staff)


def _loads(total_minor: int) -> Iterator[int]:
    """Card payments of $50 each, and one of the rest, which is enough for a payment of its own."""
    while total_minor >= 5_000 + conf.card_rules().smallest_minor:
        yield 5_000
        total_minor -= 5_000
    if total_minor:
        yield total_minor


def _welcome(customer: Customer, minutes: int, staff: User) -> None:
    grant_free_minutes(
        customer=customer,
        operator=None,
        minutes=minutes,
        expires_at=clock.now() + timedelta(days=30),
        reason="Welcome gift",
        actor=staff,
        idempotency_key=f"demo-welcome-{customer.user.email}-{minutes}",
    )
