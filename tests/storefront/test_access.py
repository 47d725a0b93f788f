"""Access for customers who don't pay by card: told before the first call, applied for, decided by staff, entered once."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.test import Client

from brands.models import Brand
from core import clock
from core.errors import Conflict, DomainError, Invalid, NotAllowed
from core.models import AuditRecord
from customers.models import AccessRequest, Customer
from customers.services.access_basis import note_card_payment
from customers.services.access_requests import (
    CODE_LASTS,
    apply_for_access,
    approve_access,
    decline_access,
    enter_access_code,
)
from customers.services.staff_decisions import set_access_basis
from notices.models import Notice
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, api, given_customer, given_operator, logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def brand() -> Brand:
    made: Brand = BrandFactory()
    Brand.objects.update(asks_access_basis=True)
    made.refresh_from_db()
    return made


@pytest.fixture
def customer(brand: Brand) -> Customer:
    return given_customer(adult_access_basis="")


def basis(customer: Customer) -> str:
    return Customer.objects.get(pk=customer.pk).adult_access_basis


def applied(customer: Customer, brand: Brand) -> AccessRequest:
    return apply_for_access(customer=customer, brand=brand, words="I have no card.")


def mailed_code() -> str:
    """The code in the letter that waits to be sent."""
    return str(Notice.objects.get(kind="access_approved").payload["code"])


def page(client: Client, path: str) -> str:
    return " ".join(client.get(path).content.decode().split())


def test_what_is_needed_before_the_first_call_is_on_the_call_module_and_in_the_answer_of_the_api(
    customer: Customer, brand: Brand
) -> None:
    operator = given_operator(slug="sarah")
    shown = page(logged_in(customer.user, BRAND_HOST), "/operators/sarah/")
    assert "Before your first call, we need to confirm that you’re an adult." in shown
    assert "/account/access/" in shown
    refused = api(customer).post("/api/calls/initiate/", {"operator_id": operator.pk}).json()
    assert refused["code"] == "age_not_confirmed"
    assert "apply for an access code" in str(refused)


def test_a_customer_applies_staff_approve_and_the_mailed_code_lets_them_in_once(
    customer: Customer, brand: Brand
) -> None:
    client = logged_in(customer.user, BRAND_HOST)
    client.post("/account/access/", {"words": "I have no card."})
    assert "We have your application" in page(client, "/account/access/")
    staff = StaffFactory()
    staff.user_permissions.set(
        Permission.objects.filter(codename__in=["view_accessrequest", "decide_access"])
    )
    desk = logged_in(staff, "admin.localhost")
    assert "I have no card." in page(desk, "/backoffice/access/")
    request = AccessRequest.objects.get()
    desk.post(f"/backoffice/access/{request.pk}/approve/", {"reason": "Talked to them."})
    code = mailed_code()
    assert re.fullmatch(r"[A-Z2-9]{4}(-[A-Z2-9]{4}){2}", code)
    client.post("/account/access/code/", {"code": code.lower().replace("-", " ")})
    assert basis(customer) == "code"
    assert AuditRecord.objects.get(action="access.approved").actor == staff
    request.refresh_from_db()
    assert request.code_used_at is not None
    set_access_basis(customer_id=customer.pk, basis="", actor=staff, reason="A mistake.")
    with pytest.raises(Invalid):
        enter_access_code(customer=customer, code=code)
    assert basis(customer) == ""


def test_a_code_is_the_customers_alone_and_expires(customer: Customer, brand: Brand) -> None:
    approve_access(request_id=applied(customer, brand).pk, actor=StaffFactory(), reason="Fine.")
    code, other = mailed_code(), given_customer(adult_access_basis="")
    for wrong_customer, wrong_code, at in (
        (other, code, clock.now()),
        (customer, "AAAA-BBBB-CCCC", clock.now()),
        (customer, "", clock.now()),
        (customer, code, clock.now() + CODE_LASTS + timedelta(seconds=1)),
    ):
        with time_machine.travel(at, tick=False), pytest.raises(Invalid):
            enter_access_code(customer=wrong_customer, code=wrong_code)
    assert (basis(customer), basis(other)) == ("", "")
    enter_access_code(customer=customer, code=code)
    assert basis(customer) == "code"


def test_staff_decline_with_words_that_the_customer_reads_and_may_be_asked_again(
    customer: Customer, brand: Brand
) -> None:
    request = applied(customer, brand)
    with pytest.raises(Conflict):
        applied(customer, brand)
    decline_access(request_id=request.pk, actor=StaffFactory(), reason="Please call us first.")
    assert Notice.objects.get(kind="access_declined").payload["reason"] == "Please call us first."
    assert "Please call us first." in page(logged_in(customer.user, BRAND_HOST), "/account/access/")
    with pytest.raises(Conflict):
        approve_access(request_id=request.pk, actor=StaffFactory(), reason="After all.")
    applied(customer, brand)


def test_nobody_decides_about_themselves(brand: Brand) -> None:
    own = given_customer(adult_access_basis="", user=StaffFactory())
    request = applied(own, brand)
    for decide in (approve_access, decline_access):
        with pytest.raises(NotAllowed):
            decide(request_id=request.pk, actor=own.user, reason="Me.")
    with pytest.raises(NotAllowed):
        set_access_basis(customer_id=own.pk, basis="identity", actor=own.user, reason="Me.")


@pytest.mark.parametrize("claimed", ["card", "code", "other"])
def test_staff_say_that_they_checked_an_identity_and_nothing_else(customer: Customer, claimed: str) -> None:
    staff = StaffFactory()
    with pytest.raises(DomainError):
        set_access_basis(customer_id=customer.pk, basis=claimed, actor=staff, reason="x")
    with pytest.raises(Invalid):
        set_access_basis(customer_id=customer.pk, basis="identity", actor=staff, reason=" ")
    set_access_basis(customer_id=customer.pk, basis="identity", actor=staff, reason="Passport seen by video.")
    assert basis(customer) == "identity"


def test_access_that_staff_took_away_comes_back_by_no_payment_and_no_code(
    customer: Customer, brand: Brand, settings: Any
) -> None:
    staff = StaffFactory()
    approve_access(request_id=applied(customer, brand).pk, actor=staff, reason="Fine.")
    set_access_basis(customer_id=customer.pk, basis="identity", actor=staff, reason="Passport.")
    set_access_basis(customer_id=customer.pk, basis="", actor=staff, reason="The passport was forged.")
    assert not note_card_payment(customer=customer, card_kind="credit")
    with pytest.raises(Invalid):
        enter_access_code(customer=customer, code=mailed_code())
    assert basis(customer) == ""
