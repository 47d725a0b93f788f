"""What a page promises binds staff: a break, a limit and a closed account can't be edited away."""

from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from core.errors import DomainError
from core.models import AuditRecord
from customers.models import Customer
from customers.services.limits import close_account, take_break
from customers.services.staff_decisions import reopen_account, set_access_basis
from tests.backoffice.test_admin_forms import shown
from tests.factories import StaffFactory, UserFactory
from tests.scenario import given_customer, logged_in, set_daily_limit

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(), "admin.localhost")


def test_a_superuser_cannot_edit_what_a_customer_decided(desk: Client) -> None:
    customer = given_customer()
    owner = customer.user
    take_break(customer=customer, length="month")
    set_daily_limit(customer=customer, limit_minor=500)
    close_account(customer=customer)
    before = Customer.objects.filter(pk=customer.pk).values().get()
    path = f"/customers/customer/{customer.pk}/change/"
    tomorrow = clock.now() + timedelta(days=1)
    sent = shown(desk, path) | {
        "alias": "Blue Crane", "user": UserFactory().pk, "adult_access_basis": "card",
        "paused_until_0": str(tomorrow.date()), "paused_until_1": "00:00:00",
        "closed_at_0": "", "closed_at_1": "",
    }  # fmt: skip
    assert desk.post(path, sent).status_code == 302
    after = Customer.objects.filter(pk=customer.pk).values().get()
    assert after == before | {"alias": "Blue Crane"}
    assert Customer.objects.get(pk=customer.pk).user == owner
    record = AuditRecord.objects.get(action="customer.change")
    assert record.details["changes"] == {"alias": [before["alias"], "Blue Crane"]}
    assert desk.post(f"/customers/customer/{customer.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_closed_account_is_opened_with_a_reason_and_its_break_goes_on(desk: Client) -> None:
    customer = given_customer()
    take_break(customer=customer, length="month")
    close_account(customer=customer)
    paused_until = Customer.objects.get(pk=customer.pk).paused_until
    address = f"/backoffice/customers/{customer.pk}/reopen/"
    assert "Reopen the account of" in desk.post(address, {}).content.decode()
    no_reason = desk.post(address, {"confirmed": "1", "reason": ""}, follow=True)
    assert "Enter a reason of at most" in no_reason.content.decode()
    assert Customer.objects.get(pk=customer.pk).closed_at is not None
    desk.post(address, {"confirmed": "1", "reason": "they wrote from their address"})
    row = Customer.objects.get(pk=customer.pk)
    assert (row.closed_at, row.paused_until) == (None, paused_until)
    assert AuditRecord.objects.get(action="customer.reopen").reason == "they wrote from their address"
    again = desk.post(address, {"confirmed": "1", "reason": "again"}, follow=True)
    assert "This account isn’t closed." in again.content.decode()


def test_how_somebody_is_known_to_be_an_adult_is_said_with_a_reason(desk: Client) -> None:
    customer = given_customer()
    address = f"/backoffice/customers/{customer.pk}/access-basis/"
    assert address in desk.get(f"/backoffice/customers/{customer.pk}/").content.decode()
    for form in (
        {"basis": "", "reason": ""},
        {"basis": "age", "reason": "x"},
        {"basis": "card", "reason": "x"},
    ):
        desk.post(address, form)
        assert Customer.objects.get(pk=customer.pk).adult_access_basis == "card"
    desk.post(address, {"basis": "", "reason": "the card was somebody else's"})
    assert Customer.objects.get(pk=customer.pk).adult_access_basis == ""
    record = AuditRecord.objects.get(action="customer.access_basis")
    assert record.details == {"changes": {"adult_access_basis": ["card", ""]}}
    clerk = logged_in(UserFactory(is_staff=True), "admin.localhost")
    assert clerk.post(address, {"basis": "card", "reason": "x"}).status_code == 403


def test_nobody_decides_this_about_themselves() -> None:
    staff = StaffFactory()
    own = given_customer(user=staff)
    close_account(customer=own)
    for decide in (
        lambda: reopen_account(customer_id=own.pk, actor=staff, reason="x"),
        lambda: set_access_basis(customer_id=own.pk, basis="", actor=staff, reason="x"),
    ):
        with pytest.raises(DomainError) as refused:
            decide()
        assert refused.value.error_code == "own_account"
