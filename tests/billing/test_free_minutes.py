"""Packages of free minutes: given, kept, used, expired; every second in one place."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from billing import selectors
from billing.models import FreeMinutesPackage
from billing.services.authorize import authorize
from billing.services.expire_free_minutes import expire_free_minutes
from billing.services.release import release
from billing.services.settle import settle
from billing.states import FundedBy
from core import clock
from core.errors import Conflict, Invalid
from core.models import AuditRecord
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_free_minutes, given_operator

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def places(package: FreeMinutesPackage) -> tuple[int, int, int, int]:
    package.refresh_from_db()
    return (
        package.seconds_remaining,
        package.seconds_reserved,
        package.seconds_used,
        package.seconds_expired,
    )


def test_a_grant_is_on_record_and_happens_once() -> None:
    customer, operator, staff = given_customer(balance=0), given_operator(), StaffFactory()
    asked = {
        "operator": operator,
        "reason": "sorry",
        "actor": staff,
        "idempotency_key": "g1",
        "expires_at": NOON.replace(year=2100),
    }
    package = given_free_minutes(customer, 10, **asked)
    assert given_free_minutes(customer, 10, **asked) == package
    assert (package.seconds_granted, package.granted_by, package.funded_by) == (600, staff, FundedBy.PLATFORM)
    record = AuditRecord.objects.get(action="free_minutes.grant")
    assert (record.actor, record.reason, record.details["minutes"]) == (staff, "sorry", 10)
    a_span_read_again = asked | {"expires_at": NOON.replace(year=2100) + timedelta(seconds=40)}
    assert given_free_minutes(customer, 10, **a_span_read_again) == package
    with pytest.raises(Conflict):
        given_free_minutes(customer, 11, **asked)
    with pytest.raises(Conflict):
        given_free_minutes(customer, 10, **asked | {"expires_at": NOON.replace(year=2101)})


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 0},
        {"minutes": 10_001},
        {"reason": " "},
        {"reason": "x" * 301},
        {"days": 0},
        {"days": -1},
        {"funded_by": FundedBy.OPERATOR},
    ],
)
def test_a_grant_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        given_free_minutes(given_customer(balance=0), **{"minutes": 10, **wrong})
    assert not FreeMinutesPackage.objects.exists()


def test_an_expired_package_is_not_used() -> None:
    customer, operator = given_customer(balance=5000), given_operator()
    with clock.using(lambda: NOON):
        given_free_minutes(customer, 10, days=1)
    with clock.using(lambda: NOON + timedelta(days=1)):
        assert selectors.quote(customer, operator, BrandFactory()).free_seconds == 0
        authorization = authorize(
            customer=customer, operator=operator, brand=BrandFactory(), reference="call_1"
        )
    assert authorization.free_reserved_seconds == 0


def test_what_is_kept_for_a_call_does_not_expire_under_it_and_the_rest_goes_back_first() -> None:
    customer, operator = given_customer(balance=5000), given_operator()
    with clock.using(lambda: NOON):
        package = given_free_minutes(customer, 10, days=1)
        authorization = authorize(
            customer=customer, operator=operator, brand=BrandFactory(), reference="call_1"
        )
    later = NOON + timedelta(days=2)
    assert expire_free_minutes(at=later) == 0
    assert places(package) == (0, 600, 0, 0)
    bill = settle(authorization_id=authorization.pk, joined_ms=100_000)
    assert bill.free_used_seconds == 120
    assert places(package) == (480, 0, 120, 0)
    assert expire_free_minutes(at=later) == 1
    assert places(package) == (0, 0, 120, 480)
    assert expire_free_minutes(at=later) == 0


def test_expiry_is_at_the_moment_said() -> None:
    with clock.using(lambda: NOON):
        given_free_minutes(given_customer(balance=0), 10, days=1)
    assert expire_free_minutes(at=NOON + timedelta(days=1, microseconds=-1)) == 0
    assert expire_free_minutes(at=NOON + timedelta(days=1)) == 1


def test_no_more_is_kept_than_a_call_can_use(settings: object) -> None:
    settings.BILLING = {**settings.BILLING, "MAX_CALL_SECONDS": 330}
    customer, operator = given_customer(balance=5000), given_operator()
    first, second = given_free_minutes(customer, 4), given_free_minutes(customer, 4)
    authorization = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    assert authorization.free_reserved_seconds == 300
    assert (places(first)[1], places(second)[1]) == (240, 60)
    release(authorization_id=authorization.pk)
    assert (places(first)[0], places(second)[0]) == (240, 240)


def test_the_operator_hears_whether_free_minutes_pay() -> None:
    customer, operator = given_customer(balance=5000), given_operator()
    for funders, expected in (
        ([], None),
        ([FundedBy.OPERATOR], False),
        ([FundedBy.OPERATOR, FundedBy.PLATFORM], True),
    ):
        for funder in funders:
            given_free_minutes(customer, 1, operator=operator, funded_by=funder)
        reference = f"call_{len(funders)}"
        authorization = authorize(
            customer=customer, operator=operator, brand=BrandFactory(), reference=reference
        )
        assert selectors.free_minutes_pay(authorization) is expected
        settle(authorization_id=authorization.pk, joined_ms=10**6)


@pytest.mark.parametrize(
    "change",
    [
        "seconds_remaining = seconds_remaining + 1",
        "seconds_used = 601, seconds_remaining = -1",
        "seconds_remaining = 0",
        "expires_at = granted_at",
        "funded_by = 'operator'",
    ],
)
def test_the_database_refuses_a_package_that_does_not_add_up(change: str) -> None:
    given_free_minutes(given_customer(balance=0), 10)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE billing_freeminutespackage SET {change}")
