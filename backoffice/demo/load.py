"""Puts the demo's people in, once: what exists already is left as it is."""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.db import transaction

from backoffice.demo.people import (
    BRANDS,
    CUSTOMERS,
    OPERATORS,
    PASSWORD,
    DemoBrand,
    DemoCustomer,
    DemoOperator,
    customer_number,
    operator_number,
)
from billing.services.credit_wallet import credit_wallet
from billing.services.grant_free_minutes import grant_free_minutes
from billing.states import CreditSource
from brands.models import Brand
from brands.selectors import forget
from core import clock
from customers.models import Customer, User
from customers.states import AccessBasis, ConsentKind
from operators.models import Operator
from operators.services.presence import set_presence
from operators.states import Standing
from telephony.services.handle_event import handle_event
from telephony.services.initiate import accept
from telephony.states import EndedBy, EndReason, EventState, Leg
from telephony.wire import CallEvent


@transaction.atomic
def load_demo() -> None:
    """Brands, operators, customers with balances, free minutes and past calls, and a staff member."""
    brands = {demo.slug: _brand(demo) for demo in BRANDS}
    forget()
    staff = _user("staff@aeims.test", is_staff=True, is_superuser=True)
    operators = [_operator(index, demo, brands) for index, demo in enumerate(OPERATORS)]
    for index, demo in enumerate(CUSTOMERS):
        _customer(index, demo, brands["flirts"], operators, staff)


def _brand(demo: DemoBrand) -> Brand:
    brand, _ = Brand.objects.get_or_create(
        slug=demo.slug,
        defaults={
            "name": demo.name,
            "tagline": demo.tagline,
            "description": demo.description,
            "caller_id": demo.caller_id,
            "operator_caller_id": demo.operator_caller_id,
            "support_email": f"support@{demo.name}",
        },
    )
    for host in demo.hosts:
        brand.hosts.get_or_create(host=host)
    return brand


def _user(email: str, **fields: bool) -> User:
    known = User.objects.filter(email=email).first()
    if known:
        return known
    user = User.objects.create_user(email, PASSWORD, **fields)
    EmailAddress.objects.create(
        user=user, email=email, verified=True, primary=True
    )  # or a code would be asked for
    return user


def _operator(index: int, demo: DemoOperator, brands: dict[str, Brand]) -> Operator:
    slug = demo.stage_name.lower()
    known = Operator.objects.filter(slug=slug).first()
    if known:
        return known
    operator = Operator.objects.create(
        user=_user("operator@aeims.test" if index == 0 else f"{slug}@aeims.test"),
        stage_name=demo.stage_name,
        slug=slug,
        headline=demo.headline,
        bio=demo.bio,
        languages=list(demo.languages),
        specialties=list(demo.specialties),
        portrait_seed=slug,
        rate_per_minute_minor=demo.rate_minor,
        connect_fee_minor=demo.fee_minor,
        phone=operator_number(index),
        standing=Standing.APPROVED,
        identified_at=clock.now(),
    )
    for brand in demo.brands:
        operator.listings.create(brand=brands[brand])
    _stay(operator, demo.presence)
    return operator


def _stay(operator: Operator, presence: str) -> None:
    """Demo operators stay as they are for as long as the demo runs, and need no pause after a call."""
    set_presence(operator_id=operator.pk, presence=presence)
    Operator.objects.filter(pk=operator.pk).update(online_until=None, wrap_up_until=None)
    operator.refresh_from_db()


def _customer(index: int, demo: DemoCustomer, brand: Brand, operators: list[Operator], staff: User) -> None:
    if Customer.objects.filter(user__email=demo.email).exists():
        return
    customer = Customer.objects.create(
        user=_user(demo.email),
        alias=demo.alias,
        home_brand=brand,
        adult_access_basis=AccessBasis.CARD if demo.balance_minor else AccessBasis.NONE,
    )
    customer.phones.create(number=customer_number(index), verified_at=clock.now())
    for kind in ConsentKind:
        customer.consents.create(kind=kind, version="2026-01", brand=brand)
    spent = sum(_list_price(operators[which], seconds) for which, seconds in demo.calls)
    if demo.balance_minor + spent:
        credit_wallet(
            customer=customer,
            amount_minor=demo.balance_minor + spent,
            source=CreditSource.ADJUSTMENT,
            reason="Opening balance of the demo",
            actor=staff,
            idempotency_key=f"demo-opening-{demo.email}",
        )
    for number, (which, seconds) in enumerate(demo.calls):
        _past_call(customer, operators[which], brand, seconds, number)
    for number, minutes in enumerate(demo.free_minutes):
        grant_free_minutes(
            customer=customer,
            operator=None,
            minutes=minutes,
            expires_at=clock.now() + timedelta(days=30),
            reason="Welcome gift",
            actor=staff,
            idempotency_key=f"demo-welcome-{demo.email}-{number}",
        )


def _list_price(operator: Operator, seconds: int) -> int:
    """What such a call will cost in the demo, where each started minute counts."""
    return operator.connect_fee_minor + operator.rate_per_minute_minor * -(-seconds // 60)


def _past_call(customer: Customer, operator: Operator, brand: Brand, seconds: int, number: int) -> None:
    """A call that ended just now, told by the same events that a phone system would send."""
    presence = operator.presence
    set_presence(operator_id=operator.pk, presence="online")
    operator.refresh_from_db()
    call, _ = accept(customer=customer, operator_id=operator.pk, brand=brand)
    ended = clock.now().timestamp()
    joined = ended - seconds

    def tell(sequence: int, state: EventState, ts: float, **metadata: str) -> None:
        handle_event(
            CallEvent(
                event_id=f"{call.call_id}-{sequence}",
                sequence=sequence,
                call_id=call.call_id,
                direction="outbound",
                ts=ts,
                state=state,
                account_id=str(customer.pk),
                operator_id=operator.pk,
                metadata=metadata,
            )
        )

    tell(1, EventState.RINGING, joined - 12, leg=Leg.CUSTOMER)
    tell(2, EventState.ANSWERED, joined - 8, leg=Leg.CUSTOMER)
    tell(3, EventState.STARTED, joined, joined_at=f"{joined:.3f}")
    for elapsed in range(90, seconds, 90):
        tell(4, EventState.PROGRESS, joined + elapsed, elapsed_ms=str(elapsed * 1000))
    tell(
        5, EventState.ENDED, ended, why=EndReason.HANGUP, ended_by=EndedBy.CUSTOMER,
        joined_at=f"{joined:.3f}", left_at=f"{ended:.3f}", joined_ms=str(seconds * 1000),
    )  # fmt: skip
    _stay(operator, presence)
