"""Which tax applies to a customer on a brand now: read with other rows, or alone. What is taxed is data (`billing.models.taxes`)."""

import json
import time
from datetime import date, datetime
from typing import Any, ClassVar

from django.db import connection
from django.db.models import DateField, F, Func, JSONField, Value

from billing.models.taxes import TaxRate
from billing.taxes import NO_TAX, TaxTerms
from brands.models import Brand
from core import clock
from core.days import BOOKS_ZONE
from customers.models import Customer

MAX_AGE_SECONDS = 5.0  # of what visitors are shown


def tax_terms(customer: Customer, brand: Brand, at: datetime) -> TaxTerms:
    """The terms at `at`, to be frozen by what is sold now; one statement."""
    return _read(customer.zip_code, brand.pk, at)


def tax_read_along(brand: Brand, at: datetime) -> Func:
    """For a query of customers: what `as_tax_terms` takes, of `at`."""
    day = Value(tax_day(at), output_field=DateField())
    return Func(F("zip_code"), Value(brand.pk), day, function="billing_tax_terms", output_field=JSONField())


def as_tax_terms(stored: dict[str, Any] | None) -> TaxTerms:
    """What `billing_tax_terms` answered."""
    return TaxTerms(**stored) if stored else NO_TAX


def is_anything_taxed() -> bool:
    """Whether there is any rate, so that where customers live matters."""
    return TaxRate.objects.exists()


class _Home:
    """The terms of visitors by brand, and when they were read (monotonic seconds)."""

    terms: ClassVar[dict[int, tuple[float, TaxTerms]]] = {}


def visitors_tax_terms(brand: Brand) -> TaxTerms:
    """What the prices for people without an account are shown with: those of the brand's home. At most
    `MAX_AGE_SECONDS` behind the rows, because every push to their pages asks.
    """
    at = time.monotonic()
    read_at, terms = _Home.terms.get(brand.pk, (float("-inf"), NO_TAX))
    if at - read_at >= MAX_AGE_SECONDS:
        terms = _read("", brand.pk, clock.now())
        _Home.terms[brand.pk] = (at, terms)
    return terms


def forget() -> None:
    """Read them again at the next question (after a change, and between tests)."""
    _Home.terms.clear()


def _read(zip_code: str, brand_id: int, at: datetime) -> TaxTerms:
    with connection.cursor() as cursor:
        cursor.execute("SELECT billing_tax_terms(%s, %s, %s)", [zip_code, brand_id, tax_day(at)])
        [stored] = cursor.fetchone()
    return as_tax_terms(json.loads(stored) if stored else None)


def tax_day(at: datetime) -> date:
    """The day of the books at `at`, whose rates apply."""
    return at.astimezone(BOOKS_ZONE).date()
