"""The people who send the fuzz, and enough history that pages have something to show and forms something to change."""

from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.models import Group
from django.test import Client

from billing.models import FundsRequest
from billing.services.request_funds import request_funds
from customers.models import Customer
from operators.models import Operator
from tests.factories import BrandFactory, StaffFactory
from tests.messaging.scenario import answer, text
from tests.scenario import (
    BRAND_HOST,
    given_customer,
    given_operator,
    logged_in,
    tell,
    when_called,
    when_talked,
)

PORTAL_HOST, ADMIN_HOST, INTERNAL_HOST = "portal.localhost", "admin.localhost", "127.0.0.1"
SANDBOX_HOST = "pay.localhost"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at one of the sites. Each request is made in a browser of its own with the same session."""

    name: str
    site: str
    host: str
    cookies: dict[str, str]

    def client(self) -> Client:
        client = Client(headers={"Host": self.host})
        for name, value in self.cookies.items():
            client.cookies[name] = value
        return client


@dataclass(frozen=True, slots=True)
class World:
    people: list[Person]
    customer: Customer
    operator: Operator
    values: dict[str, list[str]]  # converter or parameter → values that exist


def made() -> World:
    """Customers, operators, and staff, with calls that ended and one that runs, messages, a request for funds."""
    BrandFactory()
    customer = given_customer(balance="200.00", free_minutes=10)
    operator = given_operator(slug="sarah", stage_name="Sarah")
    ended = when_called(customer, operator)
    when_talked(ended, 127_000)
    text(customer, operator)
    answer(operator, customer)
    text(customer, operator, "And you?")
    funds: FundsRequest = request_funds(customer=customer, brand=BrandFactory(), amount_minor=2000)
    Group.objects.create(name="Helpers")
    other = given_customer()
    running = when_called(other, given_operator(slug="noor"))
    tell(running, "started", at=10)
    staff = StaffFactory()
    session = settings.SESSION_COOKIE_NAME

    def person(name: str, site: str, host: str, user: object = None) -> Person:
        cookies = {"adult": "yes"}
        if user is not None:
            cookies[session] = logged_in(user, host).cookies[session].value  # type: ignore[arg-type]
        return Person(name, site, host, cookies)

    people = [
        person("visitor", "brand", BRAND_HOST),
        person("customer", "brand", BRAND_HOST, customer.user),
        person("caller", "brand", BRAND_HOST, other.user),
        person("stranger", "portal", PORTAL_HOST),
        person("operator", "portal", PORTAL_HOST, operator.user),
        person("talker", "portal", PORTAL_HOST, running.operator.user),
        person("staff", "admin", ADMIN_HOST, staff),
        person("staff again", "admin", ADMIN_HOST, staff),
        person("nobody", "admin", ADMIN_HOST),
        person("process", "internal", INTERNAL_HOST),
        person("payer", "sandbox", SANDBOX_HOST),
    ]
    values = {
        "slug": ["sarah", "noor"],
        "call_id": [ended.call_id, running.call_id],
        "int": ["1", str(customer.pk), str(operator.pk), str(ended.pk), str(funds.pk)],
    }
    return World(people, customer, operator, values)
