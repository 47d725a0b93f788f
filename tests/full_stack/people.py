"""Customers, operators and staff for a system, made through factories and services, each phone with a number of its own."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.test import Client

from customers.models import Customer, User
from operators.models import Operator
from tests.factories import BrandFactory, CustomerPhoneFactory, StaffFactory
from tests.lab.numbers import Kind, number
from tests.scenario import given_customer, given_operator

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
_serial = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a person's phone behaves (`tests.lab.numbers`)."""

    kind: Kind = Kind.ACCEPT
    ring_seconds: int = 0
    talk_seconds: int = 0


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a phone and a login."""

    number: str
    session_key: str


@dataclass(frozen=True, slots=True)
class Pair:
    """One customer and one operator."""

    customer: Customer
    customer_person: Person
    operator: Operator
    operator_person: Person


class People:
    """Everybody of the test run: the numbers go on counting, so that no two phones share one."""

    def pair(
        self,
        *,
        customer_phone: Manner = Manner(),
        operator_phone: Manner = Manner(),
        balance: str = "45.00",
        free_minutes: int = 0,
        **operator_fields: Any,
    ) -> Pair:
        """A customer with money and an operator who is online. `operator_fields`: rate, fee, share_bps, …"""
        BrandFactory()
        serial = next(_serial)
        # The last digits differ, and with them the tones of the two phones.
        caller_number = _number(customer_phone, 2 * serial)
        operator_number = _number(operator_phone, 2 * serial + 1)
        customer = given_customer(balance=balance, free_minutes=free_minutes, phone=False)
        CustomerPhoneFactory(customer=customer, number=caller_number, verified_at=LONG_AGO)
        operator = given_operator(phone=operator_number, **operator_fields)
        return Pair(
            customer,
            Person(caller_number, session_of(customer.user)),
            operator,
            Person(operator_number, session_of(operator.user)),
        )

    def staff(self) -> str:
        """The session of somebody who may see everything in the admin."""
        return session_of(StaffFactory())


def session_of(user: User) -> str:
    """A login of this person."""
    client = Client()
    client.force_login(user)
    return str(client.cookies["sessionid"].value)


def _number(manner: Manner, serial: int) -> str:
    return number(
        manner.kind,
        ring_seconds=manner.ring_seconds,
        talk_seconds=manner.talk_seconds,
        suffix=f"{serial:04d}",
    )
