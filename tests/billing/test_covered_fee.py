"""Free minutes that cover the connection fee: what is quoted, promised, charged, paid, and shown."""

from typing import Any

import pytest
from django.db.models import Sum

from billing.auditing import run, scope_since
from billing.ledger.models import Entry
from billing.ledger.states import AccountKind
from billing.models import Authorization
from billing.selectors import quote
from billing.states import FundedBy
from portal.console import ConsoleCall
from telephony.snapshots import operator_snapshot
from tests.factories import BrandFactory
from tests.scenario import (
    api,
    assert_books_are_whole,
    assert_everything_released,
    customer_client,
    earned,
    given_customer,
    given_free_minutes,
    given_operator,
    ledger_of,
    tell,
    the_call,
    wallet,
    when_called,
    when_talked,
)
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db

THREE_MINUTES = 958  # 80% of 3 × 3.99
FEE = 79  # 80% of 0.99


def promo_minor() -> int:
    """What the platform gave away so far, cents."""
    entries = Entry.objects.filter(account__kind=AccountKind.PROMO)
    return -(entries.aggregate(total=Sum("amount_minor"))["total"] or 0)


def test_with_nothing_on_the_wallet_three_welcome_minutes_make_a_call_that_costs_nothing() -> None:
    customer, operator = given_customer(balance=0), given_operator()
    given_free_minutes(customer, 3, covers_fee=True)

    quoted = quote(customer, operator, BrandFactory())
    assert (quoted.may_start, quoted.required_minor, quoted.total_minutes) == (True, 0, 3)
    balance = api(customer).get("/api/balance/check/", {"operator_id": operator.pk}).json()
    assert (balance["can_call"], balance["connect_fee"], balance["required_balance"]) == (True, 0, 0)
    assert [(fee["kind"], fee["amount"]) for fee in balance["fees"]] == [("connect_fee", 0)]
    page = customer_client(customer).get(f"/operators/{operator.slug}/").content.decode()
    assert "Connection fee, covered by free minutes" in page

    call = when_called(customer, operator)
    tell(call, "started", at=10)
    promised = operator_snapshot(the_call(call))
    assert promised["free_pay_minor"] == THREE_MINUTES + FEE
    assert ConsoleCall(promised).free_pay == "up to $10.37, fee included"
    tell(call, "ended", at=160)  # 2:30

    assert wallet(customer) == (0, 0)
    assert earned(operator) == promised["free_pay_minor"] == promo_minor()
    assert ledger_of(call) == {"promo": (1037, 1037, 0)}
    receipt = customer_client(customer).get(f"/calls/{call.call_id}/").content.decode()
    assert "Connection fee, covered by free minutes" in receipt
    assert_everything_released(call)
    assert_books_are_whole()


def test_minutes_of_the_operator_that_cover_the_fee_pay_her_nothing() -> None:
    customer, operator = given_customer(balance=0), given_operator()
    given_free_minutes(customer, 3, operator=operator, funded_by=FundedBy.OPERATOR, covers_fee=True)
    call = when_called(customer, operator)
    when_talked(call, 150_000)
    assert (wallet(customer), earned(operator), promo_minor()) == ((0, 0), 0, 0)
    assert ledger_of(call) == {}
    assert_books_are_whole()


@pytest.mark.parametrize(("is_first", "cost"), [(True, 0), (False, 99)])
def test_the_minutes_that_are_used_first_decide_about_the_fee(is_first: bool, cost: int) -> None:
    customer, operator = given_customer(balance=5000), given_operator()
    given_free_minutes(customer, 2, operator=operator, covers_fee=is_first)
    given_free_minutes(customer, 2, covers_fee=not is_first)
    assert quote(customer, operator, BrandFactory()).tariff.charged_fee_minor == cost
    call = when_called(customer, operator)
    when_talked(call, 150_000)
    assert wallet(customer) == (5000 - cost, 0)
    assert_books_are_whole()


def test_minutes_of_the_platform_are_paid_at_the_highest_rate_it_set_when_the_call_began(
    settings: Any,
) -> None:
    settings.BILLING = settings.BILLING | {"PROMO_MAX_RATE_MINOR": 200}
    customer, operator = given_customer(balance=99), given_operator()
    given_free_minutes(customer, 3)
    call = when_called(customer, operator)
    settings.BILLING = settings.BILLING | {"PROMO_MAX_RATE_MINOR": 0}
    when_talked(call, 150_000)
    assert (earned(operator), promo_minor()) == (480 + FEE, 480)
    assert wallet(customer) == (0, 0)
    assert_books_are_whole()


@pytest.mark.parametrize("forged", ["platform", ""])
def test_the_audit_names_a_fee_that_was_covered_by_nothing_or_charged_though_covered(forged: str) -> None:
    customer, operator = given_customer(balance=5000), given_operator()
    given_free_minutes(customer, 3, covers_fee=not forged)
    when_talked(when_called(customer, operator), 150_000)
    with as_owner():
        Authorization.objects.update(fee_covered_by=forged)
    names = {found.check for found in run(scope_since(None))}
    assert "fee_is_covered_by_its_first_package" in names
