"""Roles and the rights to money, minutes, and numbers: each opens its own pages and no other."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission

from billing.ledger.models import Transaction
from billing.services.request_funds import request_funds
from core import clock
from core.models import AuditRecord
from customers.models import Customer, CustomerPhone, User
from customers.selectors import same_person
from customers.states import PhoneBlockReason
from telephony.models import Call
from tests.backoffice.test_rights import ADMIN, clerk_with, shown
from tests.billing.test_staff import page
from tests.factories import BrandFactory, CustomerPhoneFactory, UserFactory
from tests.scenario import (
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db
roles = import_module("backoffice.migrations.0001_roles")
WRITES = [
    "credit",
    "refund",
    "payout",
    "pay back",
    "free minutes",
    "revoke",
    "funds",
    "verify",
    "operator's phone",
]
MAY = {
    "Support": ["refund", "free minutes", "revoke", "verify", "operator's phone"],
    "Finance": ["credit", "refund", "payout", "pay back", "funds"],
    "Operations": ["verify", "operator's phone"],
    "Administrator": WRITES,
}


@pytest.fixture
def call() -> Call:
    call = when_called(given_customer(balance="45.00"), given_operator())
    when_talked(call, 127_000)
    return call


def addresses(call: Call) -> dict[str, str]:
    """Where each deed is done; all of them are refused for other reasons than rights when nothing is sent."""
    customer, operator = call.customer, call.operator
    sale = Transaction.objects.get(reference=call.call_id, kind="call")
    request = request_funds(customer=customer, brand=BrandFactory(), amount_minor=500)
    package = given_free_minutes(customer, 10)
    return {
        "credit": page("ledger_transaction_book"),
        "refund": f"/backoffice/transactions/{sale.pk}/refund/",
        "payout": f"/backoffice/operators/{operator.pk}/payout/",
        "pay back": f"/backoffice/balances/{customer.pk}/pay-back/",
        "free minutes": page("billing_freeminutespackage_add"),
        "revoke": f"/backoffice/free-minutes/{package.pk}/revoke/",
        "funds": f"/backoffice/funds/{request.pk}/credit/",
        "verify": f"/backoffice/phones/{customer.phones.get().pk}/verify/",
        "operator's phone": f"/backoffice/operators/{operator.pk}/allow-phone/",
    }


def in_role(name: str) -> User:
    roles.make_roles(apps)  # a test that committed has emptied the tables
    clerk = UserFactory(is_staff=True)
    clerk.groups.add(Group.objects.get(name=name))
    return clerk


@pytest.mark.parametrize("role", MAY)
def test_each_role_does_its_own_deeds_and_no_other(role: str, call: Call) -> None:
    desk = logged_in(in_role(role), ADMIN)
    answers = {deed: desk.post(address, {}).status_code for deed, address in addresses(call).items()}
    assert [deed for deed in WRITES if answers[deed] != 403] == MAY[role]


def test_who_may_see_everything_writes_nothing(call: Call) -> None:
    clerk = UserFactory(is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    desk = logged_in(clerk, ADMIN)
    assert {desk.post(address, {}).status_code for address in addresses(call).values()} == {403}
    phone = CustomerPhoneFactory(customer=call.customer, verified_at=None, is_primary=False)
    form = {"action": "verify_phones", "_selected_action": [call.customer_id]}
    desk.post("/customers/customer/", form)
    phone.refresh_from_db()
    assert phone.verified_at is None


@pytest.mark.parametrize("through", ["user", "group"])
def test_who_had_a_right_that_was_split_has_its_parts(through: str) -> None:
    clerk, role = UserFactory(is_staff=True), Group.objects.create(name="cashiers")
    former = Permission.objects.get(codename="add_transaction")
    if through == "user":
        clerk.user_permissions.add(former)
    else:
        role.permissions.add(former)
        clerk.groups.add(role)
    roles.make_roles(apps)
    rights = User.objects.get(pk=clerk.pk).get_all_permissions()
    assert set(roles.SPLIT["ledger.add_transaction"]) < rights
    assert "billing.give_free_minutes" not in rights


def test_a_role_that_was_changed_stays_as_it_is() -> None:
    roles.make_roles(apps)
    Group.objects.get(name="Support").permissions.clear()
    roles.make_roles(apps)
    assert Group.objects.get(name="Support").permissions.count() == 0


def test_a_phone_is_verified_with_a_reason_and_on_record(call: Call) -> None:
    clerk = clerk_with("customers.view_customer", "customers.manage_phones")
    desk = logged_in(clerk, ADMIN)
    phone = CustomerPhoneFactory(
        customer=call.customer, verified_at=None, is_primary=False,
        blocked_at=clock.now(), block_reason=PhoneBlockReason.DO_NOT_CALL,
    )  # fmt: skip
    address = f"/backoffice/phones/{phone.pk}/verify/"
    assert address in desk.get(f"/backoffice/customers/{call.customer_id}/").content.decode()
    assert "Enter a reason of at most" in desk.post(address, {"reason": ""}, follow=True).content.decode()
    assert "Verified" in desk.post(address, {"reason": "called them"}, follow=True).content.decode()
    phone.refresh_from_db()
    assert (phone.verified_at is not None, phone.blocked_at) == (True, None)
    record = AuditRecord.objects.get(action="phone.verify")
    assert (record.actor, record.reason) == (clerk, "called them")
    assert "already verified" in desk.post(address, {"reason": "again"}, follow=True).content.decode()


def test_a_number_that_another_customer_verified_is_refused_in_words(call: Call) -> None:
    desk = logged_in(clerk_with("customers.view_customer", "customers.manage_phones"), ADMIN)
    taken = call.customer.phones.get().number
    phone = CustomerPhoneFactory(customer=given_customer(), number=taken, verified_at=None, is_primary=False)
    answer = desk.post(f"/backoffice/phones/{phone.pk}/verify/", {"reason": "called"}, follow=True)
    assert "This number is already verified for another customer." in answer.content.decode()
    phone.refresh_from_db()
    assert phone.verified_at is None


def test_a_number_that_the_customer_has_already_is_refused_beside_the_field(call: Call) -> None:
    desk = logged_in(in_role("Administrator"), ADMIN)
    path = f"/customers/customer/{call.customer_id}/change/"
    number = call.customer.phones.get().number
    form = shown(desk, path) | {"phones-TOTAL_FORMS": "2", "phones-1-new_number": number, "phones-1-id": ""}
    answer = desk.post(path, form | {"phones-1-customer": str(call.customer_id), "phones-1-is_primary": "on"})
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "already has this number" in text
    assert "Another phone is the primary one" in text
    assert CustomerPhone.objects.filter(customer=call.customer).count() == 1


def test_a_phone_that_staff_take_away_is_remembered_and_one_that_was_only_typed_goes() -> None:
    """Else a blocked caller asks support to delete the phone, and comes back with it."""
    customer, desk = given_customer(), logged_in(in_role("Administrator"), ADMIN)
    typed = CustomerPhoneFactory(customer=customer, verified_at=None, is_primary=False)
    verified = customer.phones.get(is_primary=True)
    path = f"/customers/customer/{customer.pk}/change/"
    for _ in range(2):  # the second time it is no longer verified
        form = shown(desk, path)
        total = int(form["phones-TOTAL_FORMS"])
        ticks = {f"phones-{number}-DELETE": "on" for number in range(total)}
        assert desk.post(path, form | ticks).status_code == 302
        assert not CustomerPhone.objects.filter(pk=typed.pk).exists()
        verified.refresh_from_db()
        assert (verified.verified_at, verified.is_primary) == (None, False)
    another = given_customer(phone=False)
    CustomerPhoneFactory(customer=another, number=verified.number)
    assert Customer.objects.filter(same_person(another.pk, "pk")).count() == 2
    record = AuditRecord.objects.filter(action="customer.change").earliest("pk")
    assert {row["deed"] for row in record.details["rows"]} == {"delete"}


@pytest.mark.parametrize("may", [True, False])
def test_only_who_may_manage_phones_gives_an_operator_another(may: bool) -> None:
    names = ["operators.view_operator", "operators.change_operator"] + ["customers.manage_phones"] * may
    desk = logged_in(clerk_with(*names), ADMIN)
    operator = given_operator()
    before, path = operator.phone, f"/operators/operator/{operator.pk}/change/"
    form = shown(desk, path)
    assert ("new_phone" in form) is may
    assert desk.post(path, {**form, "new_phone": "+19991110012"}).status_code == 302
    operator.refresh_from_db()
    assert operator.phone == ("+19991110012" if may else before)
