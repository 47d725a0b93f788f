"""The owner's three switches: new calls, card payments, and payouts, paused on all brands and resumed, each with a reason."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from billing.models import MerchantAccount, Payment
from billing.services.record_payout import record_payout
from brands.models import PausedService
from brands.states import Service
from core.errors import Unavailable
from core.models import AuditRecord
from customers.models import User
from telephony.models import Call
from tests.factories import StaffFactory
from tests.scenario import (
    BRAND_HOST,
    api,
    customer_client,
    earned,
    given_customer,
    given_operator,
    logged_in,
    tell,
    the_authorization,
    the_call,
    wallet,
    when_called,
    when_talked,
)
from tests.support.card_processor import ACCOUNT, NAME, Processor
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    person: User = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name="Administrator"))
    return logged_in(person, "admin.localhost")


def switch(desk: Client, service: Service, deed: str) -> None:
    answer = desk.post(
        f"/backoffice/services/{service}/{deed}/", {"confirmed": "1", "reason": "The trunk is down"}
    )
    assert answer.status_code == 302


def test_new_calls_are_paused_and_the_running_one_goes_on(desk: Client, phone_system: PhoneSystem) -> None:
    talking, operator = given_customer(balance="20.00"), given_operator()
    call = when_called(talking, operator)
    waiting, other = given_customer(balance="20.00"), given_operator()
    switch(desk, Service.CALLS, "pause")
    answer = api(waiting).post("/api/calls/initiate/", {"operator_id": other.pk})
    assert (answer.status_code, answer.json()["code"]) == (503, "paused")
    assert wallet(waiting)[1] == 0
    assert "paused new calls" in customer_client(waiting).get(f"/operators/{other.slug}/").content.decode()
    tell(call, "ringing", at=1)
    when_talked(call, 61_000)
    assert the_call(call).end_reason == "hangup"
    assert the_authorization(call).charged_minor > 0
    switch(desk, Service.CALLS, "resume")
    assert api(waiting).post("/api/calls/initiate/", {"operator_id": other.pk}).status_code == 200
    assert Call.objects.count() == 2


def test_card_payments_are_paused(desk: Client, processor: Processor) -> None:
    customer = given_customer(balance=0)
    MerchantAccount.objects.create(
        brand=customer.home_brand, gateway=NAME, account=ACCOUNT, statement_text="NYCF*SUPPORT",
        support_phone="+12125550123",
    )  # fmt: skip
    client = logged_in(customer.user, BRAND_HOST)
    assert "Continue to card payment" in client.get("/funds/").content.decode()
    switch(desk, Service.LOADS, "pause")
    page = client.post("/funds/", {"choice": "2500"}).content.decode()
    assert "paused card payments" in page
    assert "Continue to card payment" not in page
    assert not Payment.objects.exists()


def test_payouts_are_paused(desk: Client, phone_system: PhoneSystem) -> None:
    operator = given_operator()
    when_talked(when_called(given_customer(balance="20.00"), operator), 61_000)
    switch(desk, Service.PAYOUTS, "pause")
    owed = earned(operator)
    with pytest.raises(Unavailable):
        record_payout(
            operator=operator, amount_minor=100, reason="bank 1", actor=StaffFactory(), idempotency_key="p"
        )
    assert earned(operator) == owed


def test_it_is_on_record_and_on_the_home_page_until_it_is_resumed(desk: Client) -> None:
    assert "Pause new calls?" in desk.post("/backoffice/services/calls/pause/").content.decode()
    assert not PausedService.objects.exists()
    switch(desk, Service.CALLS, "pause")
    assert "Paused since" in desk.get("/").content.decode()
    shown = desk.get("/backoffice/services/").content.decode()
    assert "New calls: paused" in shown
    assert "The trunk is down" in shown
    switch(desk, Service.CALLS, "pause")  # a second click changes nothing
    switch(desk, Service.CALLS, "resume")
    records = AuditRecord.objects.filter(subject="service:calls").order_by("id")
    assert [row.action for row in records] == ["service.pause", "service.resume"]
    assert "Paused since" not in desk.get("/").content.decode()


def test_it_needs_a_reason_and_the_right(desk: Client) -> None:
    desk.post("/backoffice/services/calls/pause/", {"confirmed": "1", "reason": " "})
    desk.post("/backoffice/services/texts/pause/", {"confirmed": "1", "reason": "No such service"})
    for role in ("Support", "Finance", "Operations"):
        person: User = StaffFactory(is_superuser=False)
        person.groups.add(Group.objects.get(name=role))
        other = logged_in(person, "admin.localhost")
        answer = other.post("/backoffice/services/calls/pause/", {"confirmed": "1", "reason": "No right"})
        assert answer.status_code == 403
    assert not PausedService.objects.exists()
