"""The rows that a quote is made of, read by statements that are composed once a process."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal

from django.db.models import BigIntegerField, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from billing import conf, free_minutes
from billing.budget import with_wallet
from billing.models import FreeMinutesPackage
from billing.tax_terms import tax_day
from brands.models import Brand
from core.composed_query import ComposedPair, ComposedQuery
from customers.models import Customer
from operators.models import Operator
from operators.selectors import composed_listed_operator

_By = Literal["pk", "user"]
_SAMPLE_AT = datetime(1901, 1, 1, 12, tzinfo=UTC)
_SAMPLES = {
    "person": 8_000_000_000_000_000_001,
    "operator": 8_000_000_000_000_000_002,
    "brand": 8_000_000_000_000_000_003,
    "at": _SAMPLE_AT,
    "day": tax_day(_SAMPLE_AT),
}


def read_customer(
    by: _By, person: int | None, operator: Operator, brand: Brand | None, at: datetime
) -> Customer | None:
    """The customer of this id, or of the user with it, with what `budget_read_along` takes on `brand`, and for a call to `operator`
    at `at`: `free` seconds, `fee_coverage`, and `reserved_free` seconds.
    """
    return _customers(by, *_shape(brand)).first(**_values(person, operator.pk, brand, at))


def read_operator_and_customer(
    user_id: int | None, operator_id: int, brand: Brand | None, at: datetime
) -> tuple[Operator | None, Customer | None]:
    """The operator if `brand` lists them (any, without one), and the user's customer as above; one statement."""
    return _pair(*_shape(brand)).first(**_values(user_id, operator_id, brand, at))


def _shape(brand: Brand | None) -> tuple[bool, str, bool]:
    """What the text of the statements depends on."""
    return brand is not None, conf.currency(), conf.soonest_expiry_first()


def _values(person: int | None, operator_id: int, brand: Brand | None, at: datetime) -> dict[str, Any]:
    brand_id = None if brand is None else brand.pk
    return {"person": person, "operator": operator_id, "brand": brand_id, "at": at, "day": tax_day(at)}


@lru_cache(maxsize=32)
def _customers(by: _By, is_on_brand: bool, currency: str, soonest_first: bool) -> ComposedQuery[Customer]:
    def compose(person: int, operator: int, brand: int, at: datetime, **_: Any) -> Any:
        customers = with_wallet(
            Customer.objects.filter(**{by: person}), Brand(pk=brand) if is_on_brand else None, at
        )
        return customers.annotate(
            free=_free_seconds(operator, at),
            fee_coverage=free_minutes.coverage_read_along(operator, at),
            reserved_free=_reserved_free_seconds(operator),
        )

    return ComposedQuery(compose, **_SAMPLES)


@lru_cache(maxsize=32)
def _pair(is_on_brand: bool, currency: str, soonest_first: bool) -> ComposedPair[Operator, Customer]:
    customers = _customers("user", is_on_brand, currency, soonest_first)
    return ComposedPair(composed_listed_operator(is_on_brand), customers)


def _free_seconds(operator_id: int, at: datetime) -> Coalesce:
    """For a query of customers: the free seconds each could use with this operator."""
    usable = free_minutes.left_for(OuterRef("pk"), operator_id).filter(expires_at__gt=at)
    total = usable.values("customer").values(total=Sum("seconds_remaining"))
    return Coalesce(Subquery(total, output_field=BigIntegerField()), Value(0))


def _reserved_free_seconds(operator_id: int) -> Coalesce:
    """For a query of customers: the free seconds for this operator or any that a running call has set aside."""
    packages = FreeMinutesPackage.objects.filter(customer=OuterRef("pk"), seconds_reserved__gt=0)
    usable = packages.filter(Q(operator=operator_id) | Q(operator=None))
    total = usable.order_by().values("customer").values(total=Sum("seconds_reserved"))
    return Coalesce(Subquery(total, output_field=BigIntegerField()), Value(0))
