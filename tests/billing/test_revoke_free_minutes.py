"""Staff take back what is unused of free minutes; a running call keeps what is reserved for it."""

from datetime import timedelta

import pytest
from django.test import Client

from billing import selectors
from billing.auditing import run, scope_since
from billing.services.authorize import authorize
from billing.services.revoke_free_minutes import revoke_free_minutes
from billing.services.settle import settle
from core import clock
from core.errors import Conflict, Invalid, NotFound
from core.models import AuditRecord
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, given_free_minutes, given_operator

pytestmark = pytest.mark.django_db


def test_what_is_unused_is_taken_back_once_with_a_reason() -> None:
    customer, staff = given_customer(), StaffFactory()
    package = given_free_minutes(customer, 10)
    with pytest.raises(Invalid):
        revoke_free_minutes(package_id=package.pk, reason=" ", actor=staff)
    revoke_free_minutes(package_id=package.pk, reason="Given to the wrong person", actor=staff)
    package.refresh_from_db()
    assert (package.seconds_remaining, package.seconds_expired) == (0, 600)
    assert selectors.free_seconds_of(customer.pk, clock.now()) == 0
    record = AuditRecord.objects.get(action="free_minutes.revoke")
    assert (record.actor, record.reason, record.details["seconds"]) == (
        staff,
        "Given to the wrong person",
        600,
    )
    with pytest.raises(Conflict):
        revoke_free_minutes(package_id=package.pk, reason="again", actor=staff)
    with pytest.raises(NotFound):
        revoke_free_minutes(package_id=10**9, reason="which?", actor=staff)


def test_a_running_call_keeps_what_is_reserved_and_leaves_nothing_usable() -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    package = given_free_minutes(customer, 10)
    call = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    revoke_free_minutes(package_id=package.pk, reason="Given to the wrong person", actor=None)
    outcome = settle(authorization_id=call.pk, joined_ms=120_000)
    package.refresh_from_db()
    assert (outcome.free_used_seconds, package.seconds_used) == (120, 120)
    assert selectors.free_seconds_of(customer.pk, clock.now() + timedelta(seconds=1)) == 0
    assert list(run(scope_since(None))) == []


def test_free_minutes_of_a_running_call_are_not_said_to_be_none() -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    package = given_free_minutes(customer, 10)
    authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    assert selectors.free_minutes_of(customer.pk, clock.now()) == [package]
    client = Client(headers={"host": "flirts.localhost"})
    client.force_login(customer.user)
    page = client.get("/dashboard/").content.decode()
    assert "for your current call" in page
    assert "any free minutes right now" not in page


def test_staff_revoke_on_the_customers_page(settings: object) -> None:
    settings.ADMIN_HOSTS = ["testserver"]  # type: ignore[attr-defined]
    customer = given_customer()
    package = given_free_minutes(customer, 10)
    client = Client()
    client.force_login(StaffFactory())
    address = f"/backoffice/free-minutes/{package.pk}/revoke/"
    assert address in client.get(f"/backoffice/customers/{customer.pk}/").content.decode()
    assert client.post(address, {"reason": "A slip"}).status_code == 302
    package.refresh_from_db()
    assert package.seconds_remaining == 0
    assert address not in client.get(f"/backoffice/customers/{customer.pk}/").content.decode()
