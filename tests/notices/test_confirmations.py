"""Deeds that cannot be undone ask first: nothing happens until the page that repeats the figures is sent with a reason."""

from typing import Any

import pytest
from django.test import Client

from billing.ledger.models import Transaction
from core.models import AuditRecord
from core.money import format_money
from customers.models import Customer
from operators.models import Operator
from telephony.models import Call, Correction
from telephony.services.reconcile_talks import reconcile_talks
from telephony.states import CorrectionState
from tests.factories import StaffFactory
from tests.scenario import earned, given_customer, given_operator, logged_in, wallet, when_called, when_talked
from tests.support.html import compact
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(), "admin.localhost")


@pytest.fixture
def call() -> Call:
    call = when_called(given_customer(balance="45.00"), given_operator())
    when_talked(call, 127_000)
    return call


def test_a_refund_shows_both_shares_and_the_new_balance_and_does_what_it_showed(
    desk: Client, call: Call
) -> None:
    sale = Transaction.objects.get(reference=call.call_id, kind="call")
    address, before = f"/backoffice/transactions/{sale.pk}/refund/", wallet(call.customer)
    fields = {"scope": "all", "amount": "", "funded_by": "operator", "key": "k"}
    page = compact(desk.post(address, fields))
    for words in (call.customer.alias, "$12.96", "$10.37", "$2.59", "$32.04 → $45.00"):
        assert words in page, words
    assert (wallet(call.customer), Transaction.objects.filter(kind="refund").count()) == (before, 0)
    assert AuditRecord.objects.filter(action="transaction.refund").count() == 0
    assert 'name="amount" value="12.96"' in page, "what was shown is what is refunded"
    desk.post(address, {**fields, "amount": "12.96", "confirmed": "1", "reason": ""})
    assert wallet(call.customer) == before, "not without a reason"
    desk.post(address, {**fields, "amount": "12.96", "confirmed": "1", "reason": "bad line"})
    assert wallet(call.customer) == (4500, 0)
    assert AuditRecord.objects.get(action="transaction.refund").reason == "bad line"


def test_what_would_be_refused_is_refused_before_it_is_asked(desk: Client, call: Call) -> None:
    sale = Transaction.objects.get(reference=call.call_id, kind="call")
    page = desk.post(
        f"/backoffice/transactions/{sale.pk}/refund/",
        {"scope": "all", "amount": "99", "key": "k"},
        follow=True,
    )
    assert "At most $12.96 can still be refunded" in page.content.decode()


def test_a_payout_shows_what_will_be_owed(desk: Client, call: Call) -> None:
    address = f"/backoffice/operators/{call.operator_id}/payout/"
    fields = {"amount": "10.00", "early": "on", "key": "k"}
    page = compact(desk.post(address, fields))
    assert ("$10.37 → $0.37" in page, call.operator.stage_name in page) == (True, True)
    assert earned(call.operator) == 1037
    desk.post(address, {**fields, "confirmed": "1", "reason": "wire 7"})
    assert earned(call.operator) == 37


@pytest.mark.parametrize(("what", "words"), [("credit", "$45.00 → $57.50"), ("debit", "$45.00 → $32.50")])
def test_a_credit_and_a_debit_show_the_new_balance(desk: Client, what: str, words: str) -> None:
    customer = given_customer(balance="45.00")
    fields = {"customer": str(customer.pk), "what": what, "amount": "12.50", "reason": "because", "key": "k"}
    page = compact(desk.post("/ledger/transaction/book/", fields))
    assert (words in page, customer.alias in page, 'value="because"' in page) == (True, True, True)
    assert wallet(customer) == (4500, 0)
    desk.post("/ledger/transaction/book/", {**fields, "confirmed": "1"})
    assert wallet(customer)[0] in (5750, 3250)


def test_a_suspension_shows_what_stays_theirs(desk: Client, call: Call) -> None:
    address = f"/backoffice/operators/{call.operator_id}/standing/"
    page = compact(desk.post(address, {"decision": "suspend"}))
    assert ("$10.37, stays theirs" in page, "the operator reads it" in page) == (True, True)
    assert Operator.objects.get().approval_status == "approved"
    desk.post(address, {"decision": "suspend", "confirmed": "1", "reason": ""})
    assert Operator.objects.get().approval_status == "approved"


def customers_page(customer: Customer) -> Client:
    return logged_in(customer.user, "flirts.localhost")


@pytest.mark.parametrize("length", ["day", "half-year"])
def test_a_break_says_until_when_before_it_begins(length: str) -> None:
    customer = given_customer(balance="29.00")
    client = customers_page(customer)
    page = compact(client.post("/account/limits/break/", {"length": length}))
    for words in (
        customer.user.email,
        "$29.00, stays yours",
        "be shortened, even by us",
        f'value="{length}"',
    ):
        assert words in page, words
    customer.refresh_from_db()
    assert customer.paused_until is None
    client.post("/account/limits/break/", {"length": length, "confirmed": "1", "reason": "exams"})
    customer.refresh_from_db()
    assert customer.paused_until is not None
    assert AuditRecord.objects.get(action="customer.break").reason == "exams"


def test_closing_says_what_is_paid_back_before_it_is_done() -> None:
    customer = given_customer(balance="29.00")
    client = customers_page(customer)
    fields: dict[str, Any] = {"sure": "on"}
    page = compact(client.post("/account/close/", fields))
    assert ("$29.00" in page, customer.user.email in page) == (True, True)
    customer.refresh_from_db()
    assert customer.closed_at is None
    client.post("/account/close/", {**fields, "confirmed": "1", "reason": ""})
    customer.refresh_from_db()
    assert customer.closed_at is not None


@pytest.fixture
def correction(phone_system: PhoneSystem) -> Correction:
    """A call of 3 seconds in the books and of 183 in Asterisk's record."""
    call = when_called(given_customer(balance="45.00"), given_operator())
    when_talked(call, 3_000)
    joined_at = call.initiated_at.timestamp()
    talk = {"call_id": call.call_id, "joined_at": joined_at, "joined_ms": 183_000, "left_first": "customer"}
    phone_system.talks.append(talk)
    reconcile_talks()
    return Correction.objects.get(call=call)


def test_a_correction_shows_both_balances_and_does_what_it_showed(
    desk: Client, correction: Correction
) -> None:
    customer, address = correction.call.customer, f"/backoffice/corrections/{correction.pk}/approve/"
    before = wallet(customer)[0]
    page = compact(desk.post(address))
    after = before - correction.change_minor
    for words in (customer.alias, correction.call.operator.stage_name, "183 seconds", "3 seconds"):
        assert words in page, words
    assert f"{format_money(before)} → {format_money(after)}" in page
    assert f"Charge {customer.alias} {format_money(correction.change_minor)} more?" in page
    assert wallet(customer)[0] == before, "asked, not done"
    desk.post(address, {"confirmed": "1", "reason": ""})
    assert wallet(customer)[0] == before, "not without a reason"
    done = desk.post(address, {"confirmed": "1", "reason": "they talked on"}, follow=True)
    assert "Charged as recorded." in done.content.decode()
    assert wallet(customer)[0] == after
    assert "Someone has already decided this." in desk.post(address, follow=True).content.decode()


def test_leaving_a_charge_is_asked_first_and_named_for_good(desk: Client, correction: Correction) -> None:
    customer, address = correction.call.customer, f"/backoffice/corrections/{correction.pk}/decline/"
    page = compact(desk.post(address))
    assert f"stays at {format_money(wallet(customer)[0])}" in page
    correction.refresh_from_db()
    assert correction.state == CorrectionState.WAITING
    done = desk.post(address, {"confirmed": "1", "reason": "our fault"}, follow=True).content.decode()
    assert "The charge stays as it is." in done
    assert "our fault" in done
