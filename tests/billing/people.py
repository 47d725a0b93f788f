"""A brand, customers and operators for tests of the money."""

from datetime import timedelta
from itertools import count
from typing import Any

from billing.models import FreeMinutesPackage
from billing.services.credit_wallet import credit_wallet
from billing.services.grant_free_minutes import grant_free_minutes
from billing.states import CreditSource, FundedBy
from brands.models import Brand
from core import clock
from customers.models import Customer, User
from operators.models import Listing, Operator
from operators.states import ApprovalStatus, Presence

_numbers = count(1)


def make_brand() -> Brand:
    brand, _ = Brand.objects.get_or_create(
        slug="flirts",
        defaults={"name": "flirts.nyc", "caller_id": "+12125550100", "operator_caller_id": "+12125550101"},
    )
    return brand


def make_staff() -> User:
    return User.objects.create_user(f"staff{next(_numbers)}@example.com", is_staff=True)


def make_customer(balance_minor: int = 0, **fields: Any) -> Customer:
    n = next(_numbers)
    customer = Customer.objects.create(
        user=User.objects.create_user(f"customer{n}@example.com"),
        alias=f"Amber Heron {n}",
        home_brand=make_brand(),
        **fields,
    )
    if balance_minor:
        give_money(customer, balance_minor)
    return customer


def make_operator(**fields: Any) -> Operator:
    n = next(_numbers)
    operator = Operator.objects.create(
        user=User.objects.create_user(f"operator{n}@example.com"),
        **{
            "stage_name": f"Sarah {n}",
            "slug": f"sarah-{n}",
            "approval_status": ApprovalStatus.APPROVED,
            "presence": Presence.ONLINE,
            **fields,
        },
    )
    Listing.objects.create(operator=operator, brand=make_brand())
    return operator


def give_money(customer: Customer, amount_minor: int) -> None:
    credit_wallet(
        customer=customer,
        amount_minor=amount_minor,
        source=CreditSource.ADJUSTMENT,
        reason="test",
        actor=None,
        idempotency_key=f"given-{next(_numbers)}",
    )


def give_minutes(
    customer: Customer, minutes: int, operator: Operator | None = None, days: int = 30, **fields: Any
) -> FreeMinutesPackage:
    return grant_free_minutes(
        **{
            "customer": customer,
            "operator": operator,
            "minutes": minutes,
            "expires_at": clock.now() + timedelta(days=days),
            "reason": "test",
            "funded_by": FundedBy.PLATFORM,
            "actor": None,
            "idempotency_key": f"minutes-{next(_numbers)}",
            **fields,
        }
    )
