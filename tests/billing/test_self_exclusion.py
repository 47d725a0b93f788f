"""Self-exclusion: nothing can be spent, added, or offered, nobody shortens it, it follows the person, and it is said in words."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.utils.html import strip_tags

from billing.services.credit_wallet import credit_wallet
from billing.services.grant_free_minutes import grant_free_minutes
from billing.services.request_funds import request_funds
from billing.services.tip import tip
from billing.states import CreditSource
from core import clock
from core.errors import Invalid, NotAllowed
from core.models import AuditRecord
from customers.exclusion import FOR_GOOD
from customers.models import Customer, CustomerPhone
from customers.services.follow_person import share_break
from customers.services.limits import exclude_oneself, take_break
from messaging.services.send import send
from notices.models import Notice
from telephony.services.initiate import create_call
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import (
    customer_client,
    given_customer,
    given_operator,
    logged_in,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db(transaction=True)


def excluded(length: str = "1-year", **fields: object) -> Customer:
    customer = given_customer(**fields)  # type: ignore[arg-type]
    exclude_oneself(customer=customer, length=length, reason="enough")
    customer.refresh_from_db()
    return customer


def test_no_call_text_tip_load_or_offer() -> None:
    operator, customer = given_operator(rate_per_message_minor=50), given_customer()
    call = when_called(customer, operator)
    when_talked(call, 30_000)
    exclude_oneself(customer=customer, length="6-months")
    customer.refresh_from_db()
    brand = BrandFactory()
    for act in (
        lambda: create_call(customer=customer, operator_id=operator.pk, brand=brand),
        lambda: send(customer=customer, operator_id=operator.pk, text="Hello"),
        lambda: tip(customer=customer, operator_id=operator.pk, brand=brand, amount_minor=500,
                    call_reference=call.call_id, idempotency_key="one"),
        lambda: request_funds(customer=customer, brand=brand, amount_minor=2000),
        lambda: credit_wallet(customer=customer, amount_minor=500, reason="promotion", source=CreditSource.PROMO,
                              actor=None, idempotency_key="two"),
        lambda: grant_free_minutes(customer=customer, operator=None, minutes=3, reason="a gift", actor=None,
                                   expires_at=clock.now() + timedelta(days=9), idempotency_key="three"),
    ):  # fmt: skip
        with pytest.raises(NotAllowed) as refusal:
            act()
        assert refusal.value.error_code == "self_excluded"
    credit_wallet(
        customer=customer, amount_minor=500, reason="charged twice", source=CreditSource.ADJUSTMENT, actor=None,
        idempotency_key="four",
    )  # fmt: skip


def test_nobody_shortens_it_and_it_ends_by_itself() -> None:
    customer = excluded("1-year")
    until = customer.excluded_until
    assert until is not None
    exclude_oneself(customer=customer, length="6-months")
    take_break(customer=customer, length="day")
    customer.refresh_from_db()
    assert (customer.excluded_until, customer.paused_until) == (until, until)
    for shorter in (None, until - timedelta(seconds=1)):
        with pytest.raises(DatabaseError, match="never shortened"), transaction.atomic():
            Customer.objects.filter(pk=customer.pk).update(excluded_until=shorter)
    assert not customer.is_excluded(until + timedelta(seconds=1))
    with pytest.raises(Invalid):
        exclude_oneself(customer=customer, length="a day")


def test_for_good_has_no_end() -> None:
    customer = excluded("for-good")
    assert customer.excluded_until == FOR_GOOD
    page = customer_client(customer).get("/account/limits/").content.decode()
    assert "You’re self-excluded <strong>for good</strong>" in page


def test_it_follows_to_a_new_account_with_the_same_phone() -> None:
    customer, other = excluded("5-years"), given_customer(phone=False)
    number = customer.phones.get().phone_number
    customer.phones.update(verified_at=None)
    CustomerPhone.objects.create(customer=other, phone_number=number, verified_at=clock.now())
    with transaction.atomic():
        share_break(other, clock.now())
    other.refresh_from_db()
    assert (other.excluded_until, other.paused_until) == (customer.excluded_until, customer.excluded_until)
    assert AuditRecord.objects.filter(action="customer.exclusion_goes_on").count() == 1


def test_a_second_step_says_what_it_means_and_a_letter_confirms_it() -> None:
    customer = given_customer(balance="29.00")
    client, path = customer_client(customer), "/account/limits/exclusion/"
    question = " ".join(strip_tags(client.post(path, {"length": "1-year"}).content.decode()).split())
    for words in (
        "Exclude yourself for 1 year?", "Calls, texts, tips, adding funds, and offers", "including new ones",
        "No one can shorten it, not even our staff",
    ):  # fmt: skip
        assert words in question
    customer.refresh_from_db()
    assert (customer.excluded_until, Notice.objects.count()) == (None, 0)
    client.post(path, {"length": "1-year", "confirmed": "1", "reason": "enough"})
    customer.refresh_from_db()
    assert customer.excluded_until is not None
    assert AuditRecord.objects.get(action="customer.exclude").reason == "enough"
    assert Notice.objects.get().kind == "self_excluded"
    assert client.post(path, {"length": "forever", "confirmed": "1"}).status_code == 302


def test_staff_see_it_and_have_no_way_to_end_it() -> None:
    customer = excluded("for-good")
    desk = logged_in(StaffFactory(), "admin.localhost")
    page = " ".join(desk.get(f"/backoffice/customers/{customer.pk}/").content.decode().split())
    assert "<dt>Self-excluded</dt> <dd>for good</dd>" in page
    form = desk.get(f"/customers/customer/{customer.pk}/change/").content.decode()
    assert 'name="excluded_until' not in form
