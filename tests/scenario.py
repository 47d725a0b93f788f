"""Scenarios in given / when / then: the people, the money and the calls of all tests.

    customer, operator = given_customer(balance="45.00", free_minutes=10), given_operator()
    call = when_called(customer, operator)
    tell(call, "started", at=10)
    tell(call, "ended", at=137)
    assert ledger_of(call) == {...}

Times are seconds after the click. Amounts are given as text (`"45.00"`) or as whole cents. Events go through the real
webhook, signed; money comes through the services.
"""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db.models import Sum
from django.test import Client
from rest_framework.test import APIClient

from billing.ledger.models import Account, Entry, Transaction
from billing.ledger.states import AccountKind
from billing.models import Authorization, FreeMinutesPackage
from billing.services.credit_wallet import credit_wallet
from billing.services.debit_wallet import debit_wallet
from billing.services.grant_free_minutes import grant_free_minutes
from billing.states import CreditSource, FundedBy
from core import clock
from core.money import parse
from customers.models import Customer, SpendingLimit, User
from customers.services.limits import set_limit
from customers.states import LimitMeasure, LimitPeriod
from operators.models import Operator, Referral
from operators.pricing import RATE_COLUMNS
from operators.referrals import end_of
from telephony import wire
from telephony.models import Call
from telephony.services.initiate import create_call
from telephony.states import ENDINGS, EventState
from tests.factories import BrandFactory, CustomerFactory, CustomerPhoneFactory, OperatorFactory

WEBHOOK = "/api/telephony/events/"
INTERNAL_HOST = "127.0.0.1"
BRAND_HOST = "flirts.localhost"
JOINS_AT = 10.0  # seconds from the click to both parties talking, where a story does not say

_serial = itertools.count(1)


# -- given


def cents(amount: str | int) -> int:
    """An amount as tests write it, in cents."""
    return amount if isinstance(amount, int) else parse(amount)


def given_customer(
    *, balance: str | int = "45.00", free_minutes: int = 0, phone: bool = True,
    daily_limit_minor: int | None = None, **fields: Any,
) -> Customer:  # fmt: skip
    """A customer with money, free minutes for any operator, a verified phone, and, if wanted, a limit."""
    customer: Customer = CustomerFactory(**fields)
    if daily_limit_minor is not None:
        given_limit(customer, daily_limit_minor)
    if phone:
        CustomerPhoneFactory(customer=customer)
    if cents(balance):
        given_credit(customer, balance)
    if free_minutes:
        given_free_minutes(customer, free_minutes)
    return customer


def given_limit(customer: Customer, amount: int | None, period: str = "day", measure: str = "money") -> None:
    """A limit of so many cents or minutes that holds at once, whatever it was."""
    SpendingLimit.objects.update_or_create(
        customer=customer, period=period, measure=measure,
        defaults={"amount": amount, "next_amount": None, "next_at": None},
    )  # fmt: skip
    customer.has_limits = True


def set_daily_limit(*, customer: Customer, limit_minor: int | None) -> bool:
    """As the customer does it."""
    return set_limit(
        customer=customer, period=LimitPeriod.DAY, measure=LimitMeasure.MONEY, amount=limit_minor
    )


def given_operator(
    *, rate: str | int = "3.99", fee: str | int = "0.99", share_bps: int = 8000, **fields: Any
) -> Operator:
    """An operator who is online and may be rung."""
    prices = dict.fromkeys(RATE_COLUMNS, cents(rate)) | {"connect_fee_minor": cents(fee)}
    operator: Operator = OperatorFactory(**prices | {"share_bps": share_bps} | fields)
    return operator


def given_referral(customer: Customer, operator: Operator, began_at: datetime | None = None) -> Referral:
    """The customer signed up through the operator's link, a day ago if nothing else is said."""
    at = began_at or clock.now() - timedelta(days=1)
    return Referral.objects.create(
        customer=customer, operator=operator, brand=BrandFactory(), first_touch_at=at, created_at=at, ends_at=end_of(at)
    )  # fmt: skip


def given_credit(customer: Customer, amount: str | int) -> None:
    """Money into the wallet, by staff."""
    credit_wallet(
        customer=customer,
        amount_minor=cents(amount),
        source=CreditSource.ADJUSTMENT,
        reason="for a test",
        actor=None,
        idempotency_key=f"test-credit-{next(_serial)}",
    )


def given_debit(customer: Customer, amount: str | int) -> None:
    """Money out of the wallet, by staff."""
    debit_wallet(
        customer=customer,
        amount_minor=cents(amount),
        reason="for a test",
        actor=None,
        idempotency_key=f"test-debit-{next(_serial)}",
    )


def given_free_minutes(
    customer: Customer,
    minutes: int,
    *,
    operator: Operator | None = None,
    funded_by: FundedBy = FundedBy.PLATFORM,
    days: float = 30,
    **fields: Any,
) -> FreeMinutesPackage:
    """Free minutes by staff, for one operator or for any. `fields` replace other arguments of the service."""
    terms = {
        "customer": customer,
        "operator": operator,
        "minutes": minutes,
        "expires_at": clock.now() + timedelta(days=days),
        "reason": "for a test",
        "funded_by": funded_by,
        "actor": None,
        "idempotency_key": f"test-free-{next(_serial)}",
    }
    return grant_free_minutes(**terms | fields)


# -- when


def when_called(customer: Customer, operator: Operator) -> Call:
    """The customer clicked Call and everything is accepted: the next word is the phone system's."""
    call, _ = create_call(customer=customer, operator_id=operator.pk, brand=BrandFactory())
    return call


def when_talked(call: Call, milliseconds: int, *, ended_by: str = "customer") -> "Answer":
    """Both were joined for so long: `started`, a question whenever the adapter would ask, and `ended`."""
    tell(call, "started", at=JOINS_AT, joined_at=epoch(call, JOINS_AT))
    granted = the_authorization(call).granted_seconds
    while granted * 1000 < milliseconds:
        elapsed = granted - settings.BILLING["ASK_AHEAD_SECONDS"]
        answer = tell(call, "progress", at=JOINS_AT + elapsed, elapsed_ms=str(elapsed * 1000))
        if answer["granted_seconds"] == granted:
            break
        granted = answer["granted_seconds"]
    left = JOINS_AT + milliseconds / 1000
    return tell(
        call, "ended", at=left, why="hangup", ended_by=ended_by, joined_ms=str(milliseconds),
        joined_at=epoch(call, JOINS_AT), left_at=epoch(call, left),
    )  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """What the webhook said."""

    status: int
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    def __getitem__(self, name: str) -> Any:
        return self.json[name]


def tell(call: Call, state: str, *, at: float, **metadata: str) -> Answer:
    """The adapter reports `state`, `at` seconds after the click, in the seed's shape. It must be taken."""
    answer = send(event_of(call, state, at=at, **metadata), now=call.initiated_at + timedelta(seconds=at))
    assert answer.status == 200, answer.body
    return answer


def event_of(call: Call, state: str, *, at: float, **metadata: str) -> wire.CallEvent:
    """An event about `call`; each has an id of its own. Not sent."""
    number = next(_serial)
    return wire.CallEvent(
        event_id=f"event-{number}",
        sequence=number,
        call_id=call.call_id,
        direction="outbound",
        ts=call.initiated_at.timestamp() + at,
        state=EventState(state),
        account_id=str(call.customer_id),
        operator_id=call.operator_id,
        metadata=metadata,
    )


def send(
    event: wire.CallEvent | bytes | dict[str, Any],
    *,
    now: datetime | None = None,
    signed_at: float | None = None,
    key: str | None = None,
    host: str = INTERNAL_HOST,
    path: str = WEBHOOK,
    content_type: str = "application/json",
    headers: dict[str, str] | None = None,
) -> Answer:
    """POST one event as the adapter does. `now` is the server's time meanwhile, `signed_at` the sender's."""
    if isinstance(event, wire.CallEvent):
        body = event.to_json()
    else:
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
    at = now or clock.now()
    stamp = f"{at.timestamp() if signed_at is None else signed_at:.3f}"
    signed = {
        wire.TIMESTAMP_HEADER: stamp,
        wire.SIGNATURE_HEADER: wire.sign(settings.AEIMS_API_KEY if key is None else key, stamp, body),
    }
    with clock.using(lambda: at):
        response = Client(headers={"Host": host}).post(
            path, body, content_type=content_type, headers=signed if headers is None else headers
        )
    return Answer(response.status_code, response.content)


@contextmanager
def its_time(call: Call, at: float) -> Iterator[None]:
    """Within: the clock stands `at` seconds after the click."""
    moment = call.initiated_at + timedelta(seconds=at)
    with clock.using(lambda: moment):
        yield


def epoch(call: Call, at: float) -> str:
    """A time of the story as events carry it."""
    return f"{call.initiated_at.timestamp() + at:.3f}"


# -- then


def customer_client(customer: Customer, host: str = BRAND_HOST) -> Client:
    """A browser in which this customer is logged in."""
    return logged_in(customer.user, host)


def api(customer: Customer, host: str = BRAND_HOST) -> APIClient:
    """The same as a program: what it posts is JSON."""
    client = APIClient(HTTP_HOST=host)
    client.force_login(customer.user)
    return client


def logged_in(user: User, host: str) -> Client:
    """A browser in which this person is logged in, on one of the sites; on the list of logins, as by the form."""
    client = Client(headers={"Host": host})
    client.force_login(user)
    UserSession.objects.create(user=user, session_key=client.session.session_key, ip="127.0.0.1")
    return client


def the_call(call: Call) -> Call:
    """The call as it is in the database now."""
    return Call.objects.select_related(
        "operator", "customer", "brand", "authorization", "customer_phone"
    ).get(pk=call.pk)


def the_authorization(call: Call) -> Authorization:
    """Its authorization as it is now."""
    authorization = the_call(call).authorization
    assert authorization is not None
    return authorization


def wallet(customer: Customer) -> tuple[int, int]:
    """Balance and hold, cents."""
    account = Account.objects.filter(kind=AccountKind.WALLET, customer=customer).first()
    return (account.balance_minor, account.held_minor) if account else (0, 0)


def earned(operator: Operator) -> int:
    """What the operator is owed, cents."""
    account = Account.objects.filter(kind=AccountKind.PAYABLE, operator=operator).first()
    return account.balance_minor if account else 0


def ledger_of(call: Call) -> dict[str, tuple[int, int, int]]:
    """Kind → (amount, operator's part, platform's part) of all transactions of a call."""
    rows = Transaction.objects.filter(reference=call.call_id)
    return {row.kind: (row.amount_minor, row.operator_minor, row.platform_minor) for row in rows}


def assert_books_are_whole() -> None:
    """The ledger sums to zero, balances are the sums of their entries, and holds are those of open authorizations."""
    assert (Entry.objects.aggregate(total=Sum("amount_minor"))["total"] or 0) == 0
    for account in Account.objects.filter(kind__in=[AccountKind.WALLET, AccountKind.PAYABLE]):
        entries = Entry.objects.filter(account=account).aggregate(total=Sum("amount_minor"))["total"] or 0
        assert account.balance_minor == entries
        held = Authorization.objects.filter(wallet=account, state="open").aggregate(total=Sum("held_minor"))
        assert account.held_minor == (held["total"] or 0)


def assert_everything_released(call: Call) -> None:
    """The call is over: no hold, no reserved free minutes, the operator free, the books whole."""
    now = the_call(call)
    assert not now.is_live
    assert now.ended_at is not None
    assert now.end_reason
    assert wallet(now.customer)[1] == 0
    assert not FreeMinutesPackage.objects.filter(customer=now.customer, seconds_reserved__gt=0).exists()
    assert not Operator.objects.get(pk=now.operator_id).in_call
    assert_books_are_whole()


def assert_no_call_was_made() -> None:
    """Nothing is left of a refused click."""
    assert not Call.objects.exists()
    assert not Authorization.objects.exists()
    assert not Account.objects.filter(held_minor__gt=0).exists()
    assert not Operator.objects.filter(in_call=True).exists()


def assert_has(answer: dict[str, Any], expected: dict[str, Any]) -> None:
    """`answer` has these fields with these values; others may be there too."""
    assert {name: answer.get(name) for name in expected} == expected


def is_ending(state: str) -> bool:
    return EventState(state) in ENDINGS
