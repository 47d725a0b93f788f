"""Objects for tests, made as staff would make them: complete, distinct, and with numbers no real phone has.

Money never appears by itself: balances and free minutes come through the services (`tests.scenario`).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import factory
from allauth.account.models import EmailAddress
from django.db import connection
from factory.django import DjangoModelFactory

from billing import tax_terms
from brands.models import Brand, BrandHost
from brands.selectors import forget
from brands.themes import THEMES
from customers.legal import SHIPPED_EDITIONS
from customers.models import Customer, CustomerPhone, User
from customers.states import AccessBasis
from operators.models import Listing, Operator
from operators.states import ApprovalStatus, Presence
from phones.services.store_number import store_number

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


class BrandFactory(DjangoModelFactory[Brand]):
    """A customer site under `{slug}.localhost`; the first is flirts.nyc."""

    class Meta:
        model = Brand
        django_get_or_create = ("slug",)
        skip_postgeneration_save = True

    slug = "flirts"
    name = factory.LazyAttribute(lambda brand: {"flirts": "flirts.nyc"}.get(brand.slug, f"{brand.slug}.com"))
    theme = factory.LazyAttribute(lambda brand: brand.slug if brand.slug in THEMES else "neutral")
    caller_id = "+12125550110"
    operator_caller_id = "+12125550120"

    @factory.post_generation
    def host(brand: Brand, create: bool, host: str | None, **_: Any) -> None:
        BrandHost.objects.get_or_create(host=host or f"{brand.slug}.localhost", brand=brand)
        forget()  # what an earlier test's hosts were
        tax_terms.forget()


class UserFactory(DjangoModelFactory[User]):
    """A person who can log in (tests log them in without a password)."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.test")

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **fields: Any) -> User:
        return model_class.objects.create_user(**fields)

    @factory.post_generation
    def address(user: User, create: bool, address: str | None, **_: Any) -> None:
        """Their e-mail address is proved: a login asks for no code."""
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)


class StaffFactory(UserFactory):
    """A member of staff who may do everything in the admin."""

    email = factory.Sequence(lambda n: f"staff{n}@example.test")
    is_staff = True
    is_superuser = True


def agreed_to(customer: Customer, editions: Mapping[str, str] = SHIPPED_EDITIONS) -> None:
    """The customer has agreed to these editions, by kind."""
    consents = [
        {
            "customer": customer.pk,
            "kind": kind,
            "version": edition,
            "brand": customer.home_brand_id,
            "user_agent": "",
        }
        for kind, edition in editions.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_record_consents(%s)", [json.dumps(consents)])


class CustomerFactory(DjangoModelFactory[Customer]):
    """A customer without money or phone; `tests.scenario.given_customer` gives both. Has agreed to what is shipped."""

    class Meta:
        model = Customer
        skip_postgeneration_save = True

    user = factory.SubFactory(UserFactory)
    alias = factory.Sequence(lambda n: f"Amber Heron {n}")
    home_brand = factory.SubFactory(BrandFactory)
    adult_access_basis = AccessBasis.CARD

    @factory.post_generation
    def agreements(customer: Customer, create: bool, agreements: dict[str, str] | None, **_: Any) -> None:
        """Kind → edition."""
        agreed_to(customer, SHIPPED_EDITIONS if agreements is None else agreements)


class CustomerPhoneFactory(DjangoModelFactory[CustomerPhone]):
    """A verified phone that presses 1 when it is rung (see the simulated phones)."""

    class Meta:
        model = CustomerPhone

    class Params:
        number = factory.Sequence(lambda n: f"+1999101{n % 10_000:04d}")

    customer = factory.SubFactory(CustomerFactory)
    phone_number = factory.LazyAttribute(lambda made: store_number(made.number))
    verified_at = LONG_AGO


class OperatorFactory(DjangoModelFactory[Operator]):
    """An approved operator who is online, listed on the first brand and reachable; the seed's prices."""

    class Meta:
        model = Operator
        skip_postgeneration_save = True

    class Params:
        phone = factory.Sequence(lambda n: f"+1999102{n % 10_000:04d}")

    user = factory.SubFactory(UserFactory)
    stage_name = factory.Sequence(lambda n: f"Sarah {n}")
    slug = factory.Sequence(lambda n: f"sarah-{n}")
    phone_number = factory.LazyAttribute(lambda made: store_number(made.phone) if made.phone else None)
    phone_verified_at = LONG_AGO
    approval_status = ApprovalStatus.APPROVED
    identified_at = LONG_AGO
    presence = Presence.ONLINE
    wrap_up_seconds = 0  # stories about the pause after a call set their own

    @factory.post_generation
    def brands(operator: Operator, create: bool, brands: list[Brand] | None, **_: Any) -> None:
        for brand in [BrandFactory()] if brands is None else brands:
            Listing.objects.create(operator=operator, brand=brand)
