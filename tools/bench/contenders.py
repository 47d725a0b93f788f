"""What is compared: calls prepared by the product's own services, and the ways to settle them."""

import time
from typing import Any

import psycopg

from billing.services.authorize import authorize
from billing.services.credit_wallet import credit_wallet
from billing.services.settle import settle
from billing.states import CreditSource
from brands.models import Brand
from customers.models import Customer
from operators.models import Operator
from telephony.services.handle_event import handle_event
from telephony.services.initiate import accept
from telephony.states import EventState
from telephony.wire import CallEvent
from tests.factories import BrandFactory, CustomerFactory, CustomerPhoneFactory, OperatorFactory
from tools.bench.load import Work

CALLS = 240  # settled by each contender in each round
TALKED_MS = 323_000
FIRST_DESIGN = """
CREATE TABLE first_design.calls (id bigserial PRIMARY KEY, call_id text UNIQUE, customer_id bigint, operator_id bigint, status text,
    duration_seconds float, free_minutes_used int, ended_at timestamptz);
CREATE TABLE first_design.transactions (id bigserial PRIMARY KEY, call_id bigint, customer_id bigint, operator_id bigint,
    transaction_type text, amount numeric(10,2), operator_amount numeric(10,2), platform_amount numeric(10,2),
    minutes int, rate_per_minute numeric(10,2), description text, status text);
"""


def make_first_design(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE SCHEMA first_design")
        connection.execute(FIRST_DESIGN)


class Prepared:
    """People with money, and calls of theirs that are about to end."""

    def __init__(self, first_design_url: str) -> None:
        self.first_design_url = first_design_url
        self.brand: Brand = BrandFactory.create()
        self.operators: list[Operator] = OperatorFactory.create_batch(CALLS)
        self.customers: list[Customer] = CustomerFactory.create_batch(CALLS)
        for customer in self.customers:
            CustomerPhoneFactory(customer=customer)
        self.rounds = 0

    def authorizations(self) -> list[int]:
        self._begin()
        pairs = zip(self.customers, self.operators, strict=True)
        return [
            authorize(
                customer=customer,
                operator=operator,
                brand=self.brand,
                reference=f"call_{self.rounds}_{customer.pk:08}",
            ).pk
            for customer, operator in pairs
        ]

    def ended_events(self) -> list[Any]:
        """What the adapter will send at the end of running calls."""
        self._begin()
        events, joined = [], time.time() - TALKED_MS / 1000
        for customer, operator in zip(self.customers, self.operators, strict=True):
            call, _ = accept(customer=customer, operator_id=operator.pk, brand=self.brand)

            def event(
                sequence: int, state: EventState, ts: float, call_id: str = call.call_id, **metadata: str
            ) -> CallEvent:
                return CallEvent(
                    f"{call_id}-{sequence}", sequence, call_id, "outbound", ts, state, "", metadata=metadata
                )

            handle_event(event(1, EventState.STARTED, joined, joined_at=f"{joined:.3f}"))
            left = joined + TALKED_MS / 1000
            figures = {"joined_at": f"{joined:.3f}", "left_at": f"{left:.3f}", "joined_ms": str(TALKED_MS)}
            events.append(event(2, EventState.ENDED, left, why="hangup", ended_by="customer", **figures))
        return events

    def calls_of_the_first_design(self) -> list[str]:
        self.rounds += 1
        ids = [f"call_{self.rounds}_{n}" for n in range(CALLS)]
        with psycopg.connect(self.first_design_url) as connection, connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO first_design.calls (call_id, customer_id, operator_id, status)"
                " VALUES (%s, %s, %s, 'answered')",
                [(call_id, n, n) for n, call_id in enumerate(ids)],
            )
        return ids

    def _begin(self) -> None:
        self.rounds += 1
        for customer in self.customers:
            credit_wallet(
                customer=customer, amount_minor=3000, source=CreditSource.ADJUSTMENT, reason="benchmark", actor=None,
                idempotency_key=f"bench-{self.rounds}-{customer.pk}",
            )  # fmt: skip


def settle_one(authorization_id: int) -> None:
    settle(authorization_id=authorization_id, joined_ms=TALKED_MS)


def handle_one(event: Any) -> None:
    handle_event(event)


def settle_as_first_designed(url: str) -> Work:
    def work(call_id: str) -> None:
        connection = psycopg.connect(url)
        cursor = connection.cursor()
        cursor.execute(
            "SELECT id, operator_id, customer_id FROM first_design.calls WHERE call_id = %s", [call_id]
        )
        row = cursor.fetchone()
        assert row
        cursor.execute(
            "UPDATE first_design.calls SET status = 'ended', duration_seconds = %s, free_minutes_used = 0,"
            " ended_at = CURRENT_TIMESTAMP WHERE id = %s",
            [TALKED_MS / 1000, row[0]],
        )
        cursor.execute(
            "INSERT INTO first_design.transactions (call_id, customer_id, operator_id, transaction_type, amount,"
            " operator_amount, platform_amount, minutes, rate_per_minute, description, status)"
            " VALUES (%s, %s, %s, 'call', 23.94, 19.15, 4.79, 6, 3.99, 'Call charges', 'completed')",
            [row[0], row[2], row[1]],
        )
        connection.commit()
        connection.close()

    return work
