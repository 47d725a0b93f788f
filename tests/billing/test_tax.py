"""A row with a rate is all it takes: tax is held, ticks, is charged, shown, refunded, owed to its jurisdiction, and audited."""

import contextlib
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.questions import refund_question
from backoffice.tax_report import tax_report
from billing import selectors, tax_terms
from billing.auditing import run, scope_since
from billing.budget import read_budget
from billing.ledger.models import Account, Transaction
from billing.ledger.posting import Posting, Side, post
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.models import Authorization, TaxJurisdiction, TaxRate
from billing.services.adjust_settlement import adjust_settlement
from billing.services.authorize import authorize
from billing.services.charge_message import charge_message
from billing.services.debit_wallet import debit_wallet
from billing.services.extend_grant import extend_grant
from billing.services.refund import Refund, refund_reference, refund_transaction, refundable_minor
from billing.services.settle import settle
from billing.tax_terms import visitors_tax_terms
from core import clock
from core.days import BOOKS_ZONE
from core.errors import Conflict, InsufficientCredit, LimitReached
from core.models import AuditRecord
from customers.models import Customer
from messaging.models import Conversation
from operators.models import Operator
from storefront.call_panels import price_example_of
from telephony.snapshots import customer_snapshot
from tests.billing.taxed import LONG_AGO, RATE, given_tax, owed_to
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import (
    BRAND_HOST,
    api,
    assert_books_are_whole,
    customer_client,
    earned,
    given_customer,
    given_operator,
    ledger_of,
    logged_in,
    set_daily_limit,
    the_authorization,
    the_call,
    wallet,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db(transaction=True)


def violations() -> list[Any]:
    return list(run(scope_since(None)))


def a_settled_call(customer: Customer, operator: Operator, joined_ms: int) -> Authorization:
    call = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    for elapsed in range(90, 600, 90):
        extend_grant(authorization_id=call.pk, elapsed_seconds=elapsed)
    settle(authorization_id=call.pk, joined_ms=joined_ms)
    return Authorization.objects.get(pk=call.pk)


def refund(amount_minor: int | None = None, *, key: str = "k", claws_back: bool = True) -> int:
    return refund_reference(
        reference="call_1", amount_minor=amount_minor, reason="asked for it", actor=None,
        claws_back=claws_back, idempotency_key=key,
    ).amount_minor  # fmt: skip


def test_a_rate_of_13_875_percent_shows_in_hold_timer_receipt_refund_and_trial_balance() -> None:
    given_tax()
    call = when_called(given_customer(balance="45.00"), given_operator(rate="3.99", fee="0.99"))
    assert wallet(call.customer)[1] == 99 + 14 + 1197 + 166
    snapshot = customer_snapshot(the_call(call))
    when_talked(call, 127_000)
    assert ledger_of(call) == {"connect_fee": (99, 79, 20), "call": (1197, 958, 239)}
    assert wallet(call.customer) == (4500 - 1476, 0)
    assert earned(call.operator) == 79 + 958
    assert owed_to() == 14 + 166
    summary = customer_snapshot(the_call(call))["summary"]
    assert summary["others"] == [{"label": "Tax", "amount_minor": 180}]
    assert (summary["talk_minor"], summary["connect_fee_minor"], summary["total_minor"]) == (1197, 99, 1476)
    page = customer_client(call.customer).get(f"/calls/{call.call_id}/").content.decode()
    assert "Tax" in page
    assert "$1.80" in page
    assert "$14.76" in page
    listed = api(call.customer, BRAND_HOST).get("/api/calls/status/", {"call_id": call.call_id}).json()
    assert (listed["tax"], listed["charged"], listed["total_amount"]) == (1.8, 14.76, 11.97)
    assert snapshot["summary"] is None
    assert violations() == []

    whole = refund_reference(reference=call.call_id, reason="asked for it", actor=None, idempotency_key="all")
    assert (whole.amount_minor, whole.operator_minor, whole.platform_minor) == (1476, 1037, 259)
    assert (wallet(call.customer), earned(call.operator), owed_to()) == ((4500, 0), 0, 0)
    assert violations() == []
    assert_books_are_whole()


def test_without_a_rate_nothing_is_taxed_or_shown() -> None:
    call = when_called(given_customer(balance="45.00"), given_operator(rate="3.99", fee="0.99"))
    assert the_authorization(call).tax_jurisdiction == ""
    when_talked(call, 127_000)
    assert customer_snapshot(the_call(call))["summary"]["others"] == []
    listed = api(call.customer, BRAND_HOST).get("/api/calls/status/", {"call_id": call.call_id}).json()
    assert "tax" not in listed
    assert not Account.objects.filter(kind=AccountKind.TAX).exists()


def test_the_timer_the_quote_and_the_budget_count_it() -> None:
    given_tax()
    customer, operator = given_customer(balance=99 + 14 + 399 + 54), given_operator(rate="3.99", fee="0.99")
    assert selectors.quote(customer, operator, BrandFactory()).may_start is False  # 55 is the tax on 3.99
    richer = given_customer(balance=99 + 14 + 399 + 55)
    quote = selectors.quote(richer, operator, BrandFactory())
    assert (quote.total_minutes, quote.required_minor) == (1, 567)
    call = authorize(customer=richer, operator=operator, brand=BrandFactory(), reference="call_1")
    assert call.held_minor == call.cost_minor(60) == 567
    with pytest.raises(InsufficientCredit):
        authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_2")


def test_included_tax_changes_no_price_and_leaves_the_operator_a_share_of_the_rest() -> None:
    given_tax(is_included=True)
    call = when_called(given_customer(balance="45.00"), given_operator(rate="3.99", fee="0.99"))
    assert wallet(call.customer)[1] == 99 + 1197
    when_talked(call, 127_000)
    assert wallet(call.customer) == (4500 - 1296, 0)
    assert ledger_of(call) == {"connect_fee": (87, 70, 17), "call": (1051, 841, 210)}
    assert owed_to() == 12 + 146
    summary = customer_snapshot(the_call(call))["summary"]
    assert (summary["talk_minor"], summary["connect_fee_minor"], summary["total_minor"]) == (1197, 99, 1296)
    assert summary["others"] == [{"label": "Tax, included", "amount_minor": 158}]
    assert violations() == []


def test_the_terms_are_frozen_when_the_call_is_authorized() -> None:
    given_tax()
    customer, operator = given_customer(balance=100_000), given_operator(rate="3.99", fee="0.99")
    call = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")
    TaxRate.objects.update(voice_millionths=0, fee_millionths=0)
    settle(authorization_id=call.pk, joined_ms=30_000)
    assert wallet(customer) == (100_000 - 99 - 14 - 399 - 55, 0)
    assert violations() == []


def test_the_customers_zip_decides_then_the_brands_home_and_the_longest_beginning_wins() -> None:
    given_tax("NY", ("10", "11"), voice=40_000)
    given_tax("NY-NYC", ("100",), voice=88_750)
    given_tax("NJ", ("07",), voice=66_250)
    brand = BrandFactory()
    found = {
        zip_code: read_budget(_living_at(zip_code).pk, brand=brand).tax
        for zip_code in ("", "10001", "11201", "07001", "90210")
    }
    assert {zip_code: (tax.jurisdiction, tax.voice_millionths) for zip_code, tax in found.items()} == {
        "": ("NY-NYC", 88_750),
        "10001": ("NY-NYC", 88_750),
        "11201": ("NY", 40_000),
        "07001": ("NJ", 66_250),
        "90210": ("", 0),
    }
    assert visitors_tax_terms(brand).jurisdiction == "NY-NYC"
    assert read_budget(given_customer().pk, brand=BrandFactory(slug="second")).tax.jurisdiction == ""


def _living_at(zip_code: str) -> Customer:
    customer = given_customer()
    Customer.objects.filter(pk=customer.pk).update(zip_code=zip_code)
    return customer


def test_a_rate_holds_on_its_days_and_no_two_on_one() -> None:
    today = date(2026, 11, 29)
    place = given_tax(starts_on=LONG_AGO, ends_on=today, voice=10_000)
    TaxRate.objects.create(jurisdiction=place, starts_on=today + timedelta(days=1), voice_millionths=20_000)
    for starts_on in (LONG_AGO, today, today + timedelta(days=400)):
        with pytest.raises(IntegrityError), transaction.atomic():
            TaxRate.objects.create(jurisdiction=place, starts_on=starts_on)
    with connection.cursor() as cursor:
        rates = []
        for day in (LONG_AGO - timedelta(days=1), LONG_AGO, today, today + timedelta(days=1)):
            cursor.execute(
                "SELECT (billing_tax_terms('10001', %s, %s) ->> 'voice_millionths')::int",
                [BrandFactory().pk, day],
            )
            rates.append(cursor.fetchone()[0])
    assert rates == [None, 10_000, 10_000, 20_000]


def test_a_text_is_taxed_guarded_and_refunded() -> None:
    given_tax()
    customer, operator = given_customer(balance=57), given_operator()
    charge = charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id="msg_1")
    assert (charge.charged_minor, charge.operator_minor) == (57, 40)
    again = charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id="msg_1")
    assert (again.charged_minor, again.transaction_id) == (57, charge.transaction_id)
    assert (wallet(customer), owed_to()) == ((0, 0), 7)
    assert refundable_minor("msg_1") == 57
    assert charge.transaction_id is not None
    refund_transaction(
        transaction_id=charge.transaction_id, reason="no answer", actor=None, idempotency_key="r"
    )
    assert (wallet(customer), owed_to(), earned(operator)) == ((57, 0), 0, 0)
    assert violations() == []
    debit_wallet(customer=customer, amount_minor=1, reason="spent", actor=None, idempotency_key="d")
    with pytest.raises(InsufficientCredit):
        charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id="msg_2")


def test_a_daily_limit_counts_tax() -> None:
    given_tax()
    customer, operator = given_customer(balance=100_000), given_operator(rate="3.99", fee="0.99")
    set_daily_limit(customer=customer, limit_minor=2000)
    customer.refresh_from_db()
    a_settled_call(customer, operator, 30_000)
    assert read_budget(customer.pk).limit_left_minor == 2000 - 567


def test_a_text_does_not_exceed_the_daily_limit_by_its_tax() -> None:
    given_tax()
    customer, operator = given_customer(balance=100_000), given_operator()
    set_daily_limit(customer=customer, limit_minor=56)
    customer.refresh_from_db()
    with pytest.raises(LimitReached):
        charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id="msg_1")
    assert wallet(customer) == (100_000, 0)


def test_the_page_for_writing_says_what_a_text_costs_with_tax_and_agrees_to_the_price() -> None:
    given_tax()
    customer, operator = given_customer(balance=56), given_operator(slug="sarah")
    page = customer_client(customer).get("/messages/sarah/")
    assert "$0.57" in page.content.decode()
    assert page.context["is_short"] is True
    richer = given_customer(balance=100)
    client = customer_client(richer)
    form = {"message_text": "Hello", "price": "50", "agreed": "on"}
    assert client.post("/messages/sarah/", form).status_code == 302
    conversation = Conversation.objects.get(customer=richer)
    assert conversation.agreed_price_minor == 57
    assert wallet(richer) == (43, 0)
    del form["agreed"]
    TaxRate.objects.update(text_millionths=200_000)  # 0.60 now: who agreed to 0.57 is asked again
    assert client.post("/messages/sarah/", form).status_code == 400
    assert earned(operator) == 40


def test_the_audit_names_tax_that_stays_owed_for_what_was_given_back_in_full() -> None:
    given_tax()
    customer, operator = given_customer(balance=100_000), given_operator(rate="3.99", fee="0.00")
    call = a_settled_call(customer, operator, 30_000)
    sale = Transaction.objects.get(reference="call_1", kind="call")
    post(
        Posting(
            kind=TransactionKind.REFUND, key="by-hand", amount_minor=454, operator_minor=319, platform_minor=135,
            currency="USD", customer_id=customer.pk, operator_id=operator.pk, reference="call_1",
            reverses_id=sale.pk, description="Refund", reason="by hand",
            sides=(
                Side(454, account_id=call.wallet_id, funds=Funds.RESTORE),
                Side(-319, account_id=call.payable_id),
                Side(-135, kind=AccountKind.REVENUE),
            ),
        )
    )  # fmt: skip
    assert [(violation.check, violation.found) for violation in violations()] == [
        ("given_back_in_full_is_nobodys_income", "operator 0, platform -55, tax 55")
    ]


def test_staff_who_refund_are_told_of_the_tax() -> None:
    given_tax()
    call = when_called(given_customer(balance="45.00"), given_operator(rate="3.99", fee="0.99"))
    when_talked(call, 127_000)
    sale = Transaction.objects.get(reference=call.call_id, kind="call")
    expected = Refund((1,), 1363, 958, 239, is_new=True)
    facts = dict(refund_question(sale, expected, "/").facts)
    assert facts["Tax that is no longer owed"] == "$1.66"


def test_the_platform_that_refunds_alone_owes_no_tax_either() -> None:
    given_tax()
    customer, operator = given_customer(balance=100_000), given_operator(rate="3.99", fee="0.99")
    a_settled_call(customer, operator, 127_000)
    assert refund(claws_back=False) == 1476
    assert (wallet(customer), owed_to(), earned(operator)) == ((100_000, 0), 0, 1037)
    assert violations() == []


def test_a_correction_moves_tax_and_what_could_not_be_collected_is_the_platforms() -> None:
    given_tax()
    customer, operator = given_customer(balance=100_000), given_operator(rate="3.99", fee="0.99")
    call = a_settled_call(customer, operator, 30_000)
    debit_wallet(
        customer=customer, amount_minor=wallet(customer)[0] - 200, reason="spent", actor=None,
        idempotency_key="d",
    )  # fmt: skip
    adjusted = adjust_settlement(authorization_id=call.pk, joined_ms=127_000)
    assert (adjusted.change_minor, adjusted.uncollected_minor) == (909, 709)  # 1476 - 567, 2.00 was left
    assert (wallet(customer), owed_to(), earned(operator)) == ((0, 0), 180, 1037)
    assert violations() == []
    assert refund() == 567 + 200
    assert (wallet(customer), owed_to(), earned(operator)) == ((767, 0), 0, 0)
    assert violations() == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    talk=st.integers(0, 300_000), fee=st.integers(0, 300_000), share=st.integers(0, 10_000),
    is_included=st.booleans(), first_ms=st.integers(1, 500_000), then_ms=st.integers(1, 500_000),
    parts=st.lists(st.tuples(st.integers(1, 900), st.booleans()), max_size=5), before=st.integers(0, 5),
    balance=st.sampled_from([100_000, 3000, 1200]),
)  # fmt: skip
def test_refunds_in_parts_and_a_correction_among_them_leave_nothing_behind(
    talk: int, fee: int, share: int, is_included: bool, first_ms: int, then_ms: int,
    parts: list[tuple[int, bool]], before: int, balance: int,
) -> None:  # fmt: skip
    """Whatever the rates and the order: the audit finds nothing, and a call given back in full leaves no tax."""
    with transaction.atomic():
        given_tax(is_included=is_included, voice=talk, fee=fee)
        customer, operator = given_customer(balance=balance), given_operator(share_bps=share)
        call = a_settled_call(customer, operator, first_ms)
        for number, (amount, claws_back) in enumerate(parts):
            if number == before:
                adjust_settlement(authorization_id=call.pk, joined_ms=then_ms)
            left = refundable_minor("call_1")
            if left:
                refund(min(left, amount), key=f"part {number}", claws_back=claws_back)
        assert violations() == []
        with contextlib.suppress(Conflict):
            refund(key="rest")
        assert refundable_minor("call_1") == 0
        assert wallet(customer) == (balance, 0)
        assert owed_to() == 0
        assert violations() == []
        transaction.set_rollback(True)
    tax_terms.forget()


def test_the_account_page_asks_for_the_zip_code_only_where_something_is_taxed() -> None:
    customer = given_customer()
    client = customer_client(customer)
    form = {"time_zone": "America/New_York", "zip_code": "07001"}
    assert "ZIP code" not in client.get("/account/").content.decode()
    client.post("/account/", form)
    customer.refresh_from_db()
    assert customer.zip_code == ""
    given_tax("NJ", ("07",), voice=66_250)
    assert "ZIP code" in client.get("/account/").content.decode()
    assert "Five digits" in client.post("/account/", form | {"zip_code": "7001"}).content.decode()
    assert client.post("/account/", form).status_code == 302
    customer.refresh_from_db()
    assert read_budget(customer.pk, brand=BrandFactory()).tax.jurisdiction == "NJ"


def test_prices_are_shown_with_the_tax_before_a_call() -> None:
    given_tax()
    operator = given_operator(rate="3.99", fee="0.99", slug="sarah")
    customer = given_customer(balance="45.00")
    panel = customer_client(customer).get(f"/operators/{operator.slug}/").content.decode()
    assert "13.875%" in panel
    visitors = price_example_of(operator, BrandFactory())
    assert (visitors.tax_minor, visitors.total_minor) == (554 + 14, 3990 + 99 + 554 + 14)
    assert visitors.label == "10 minutes, fee and tax included"
    with CaptureQueriesContext(connection) as queries:
        for _ in range(3):
            price_example_of(operator, customer.home_brand)
    assert len(queries) == 0, "every push to visitors asks"


def test_the_report_of_a_period_says_what_was_taxed_refunded_and_is_due() -> None:
    given_tax()
    customer, operator = given_customer(balance=100_000), given_operator(rate="3.99", fee="0.99")
    call = a_settled_call(customer, operator, 127_000)
    charge_message(customer=customer, operator=operator, brand=BrandFactory(), message_id="msg_1")
    refund(500)
    adjust_settlement(authorization_id=call.pk, joined_ms=30_000)  # 3.99 of talk; the refund is given again
    today = clock.now().astimezone(BOOKS_ZONE).date()
    lines = [line[:3] + [str(amount) for amount in line[3:]] for line in tax_report(today, today)]
    assert lines == [
        ["NY-TEST", "call", "USD", "3.99", "0.55", "3.99", "0.55", "0.00"],
        ["NY-TEST", "connection fee", "USD", "0.99", "0.14", "0.00", "0.00", "0.14"],
        ["NY-TEST", "message", "USD", "0.50", "0.07", "0.00", "0.00", "0.07"],
    ]
    assert sum(int(line[-1].replace(".", "")) for line in lines) == owed_to()
    assert list(tax_report(today - timedelta(days=2), today - timedelta(days=1))) == []
    client = logged_in(StaffFactory(), "admin.localhost")
    answer = client.get("/backoffice/tax.csv", {"from": today.isoformat(), "to": today.isoformat()})
    assert b"NY-TEST,call,USD,3.99,0.55" in b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert "tax.csv" in client.get("/backoffice/trial-balance/").content.decode()
    page = client.get("/backoffice/trial-balance/", {"day": today.isoformat()}).content.decode()
    assert "NY-TEST" in page


def test_a_rate_is_set_in_the_admin_on_record() -> None:
    client = logged_in(StaffFactory(), "admin.localhost")
    place = {
        "code": "NY-NYC", "name": "New York City", "zips-TOTAL_FORMS": "1", "zips-INITIAL_FORMS": "0",
        "zips-0-prefix": "100",
    }  # fmt: skip
    assert client.post("/billing/taxjurisdiction/add/", place).status_code == 302
    number = TaxJurisdiction.objects.get(code="NY-NYC").pk
    rate = {
        "jurisdiction": number, "starts_on": "2026-01-01", "voice_millionths": RATE, "text_millionths": 0,
        "fee_millionths": 0, "tip_millionths": 62_500,
    }  # fmt: skip
    assert client.post("/billing/taxrate/add/", rate).status_code == 302
    again = client.post("/billing/taxrate/add/", rate | {"starts_on": "2026-05-01"}).content.decode()
    assert "Another rate for this jurisdiction already covers one of these days." in again
    rates = client.get("/billing/taxrate/").content.decode()
    assert "13.875%" in rates
    assert "6.25%" in rates
    deeds = AuditRecord.objects.filter(action__startswith="tax_").order_by("pk")
    assert [deed.action for deed in deeds] == ["tax_jurisdiction.create", "tax_rate.create"]
    client.post(f"/billing/taxjurisdiction/{number}/change/", place | {"code": "OTHER", "name": "NYC"})
    assert TaxJurisdiction.objects.get(pk=number).code == "NY-NYC"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("XX", "XX isn’t a US state."),
        ("NEW-YORK", "A state such as NY"),
        ("ny", "A state such as NY"),
        ("NY-", "A state such as NY"),
    ],
)
def test_a_jurisdiction_is_a_state_or_a_place_in_one(code: str, words: str) -> None:
    client = logged_in(StaffFactory(), "admin.localhost")
    place = {"code": code, "name": "Somewhere", "zips-TOTAL_FORMS": "0", "zips-INITIAL_FORMS": "0"}
    assert words in client.post("/billing/taxjurisdiction/add/", place).content.decode()
    assert not TaxJurisdiction.objects.exists()
    for right in ("DC", "TX-TRAVIS-COUNTY"):
        assert client.post("/billing/taxjurisdiction/add/", place | {"code": right}).status_code == 302
