"""What a call came to is one value: a new kind of component goes everywhere without a column or a line of SQL."""

from dataclasses import replace
from typing import Any

import pytest

from billing import rating
from billing.auditing import run, scope_since
from billing.fees import fees_of, spoken_fees_of
from billing.ledger.models import Entry, Transaction
from billing.ledger.states import CALL_SALES, SALES, AccountKind, TransactionKind
from billing.models import Authorization
from billing.outcome import CONNECT_FEE, TALK, Component, Outcome
from billing.rating import Usage
from billing.tariffs import tariff_for
from core.money import split
from storefront.call_panels import price_example_of
from telephony import sounds
from telephony.models import Call
from telephony.originate_request import originate_plan
from telephony.services.correct_ended_call import ActualOutcome, correct_ended_call
from telephony.snapshots import customer_snapshot
from telephony.states import CallStatus, EndedBy, EndReason
from tests.factories import BrandFactory
from tests.scenario import (
    BRAND_HOST,
    api,
    assert_books_are_whole,
    assert_has,
    customer_client,
    earned,
    given_customer,
    given_operator,
    ledger_of,
    the_authorization,
    the_call,
    wallet,
    when_called,
    when_talked,
)
from tests.support.html import compact
from web.increments import price_example

pytestmark = pytest.mark.django_db(transaction=True)

SERVICE_MINOR = 25


def service_component(usage: Usage) -> Component:
    """A flat quarter for every call that is charged at all; posted as a kind that nothing else uses yet."""
    amount_minor = SERVICE_MINOR if usage.billable_seconds else 0
    return Component.sale(TransactionKind.TIP, split(amount_minor, usage.tariff.operator_share_bps))


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rating, "COMPONENTS", (*rating.COMPONENTS, service_component))


@pytest.fixture
def call(service: None) -> Call:
    return when_called(given_customer(balance="45.00"), given_operator(rate="3.99", fee="0.99"))


def test_a_new_component_is_held_charged_posted_shown_and_audited(call: Call) -> None:
    assert wallet(call.customer)[1] == 99 + 3 * 399 + SERVICE_MINOR
    answer = when_talked(call, 127_000)
    assert_has(answer.json, {"total_amount": 11.97, "connect_fee": 0.99, "charged": 13.21})
    assert ledger_of(call) == {"connect_fee": (99, 79, 20), "call": (1197, 958, 239), "tip": (25, 20, 5)}
    assert wallet(call.customer) == (4500 - 1321, 0)
    assert earned(call.operator) == 79 + 958 + 20
    assert [c.kind for c in the_authorization(call).outcome.components] == [CONNECT_FEE, TALK, "tip"]
    assert list(run(scope_since(None))) == []
    assert_books_are_whole()

    summary = customer_snapshot(the_call(call))["summary"]
    assert summary["others"] == [{"label": "Tip", "amount_minor": 25}]
    assert summary["total_minor"] == 1321
    page = customer_client(call.customer).get(f"/calls/{call.call_id}/").content.decode()
    assert ">Tip<" in page.replace("</span>", "<").replace("</dt>", "<")
    assert "$0.25" in page
    assert "$13.21" in page
    listed = api(call.customer, BRAND_HOST).get("/api/calls/status/", {"call_id": call.call_id}).json()
    assert_has(listed, {"charged": 13.21, "estimated_charges": 13.21})


def test_a_correction_moves_it_too(call: Call) -> None:
    when_talked(call, 127_000)
    truth = ActualOutcome(CallStatus.ENDED, EndReason.HANGUP, EndedBy.CUSTOMER, joined_ms=30_000)
    adjusted = correct_ended_call(the_call(call), truth, because="the record says so")
    assert adjusted is not None
    assert adjusted.change_minor == -2 * 399
    assert the_authorization(call).charged_minor == 99 + 399 + 25
    assert list(run(scope_since(None))) == []


def test_tax_is_held_charged_on_top_corrected_and_audited(monkeypatch: pytest.MonkeyPatch) -> None:
    def taxed(usage: Usage) -> Component:
        return replace(service_component(usage), tax_minor=usage.billable_seconds // 60)

    monkeypatch.setattr(rating, "COMPONENTS", (*rating.COMPONENTS, taxed))
    call = when_called(given_customer(balance="45.00"), given_operator(rate="3.99", fee="0.99"))
    assert wallet(call.customer)[1] == 99 + 3 * 399 + SERVICE_MINOR + 3
    when_talked(call, 127_000)
    assert wallet(call.customer) == (4500 - 1321 - 3, 0)
    assert ledger_of(call)["tip"] == (25, 20, 5)
    assert tax_owed() == 3
    truth = ActualOutcome(CallStatus.ENDED, EndReason.HANGUP, EndedBy.CUSTOMER, joined_ms=30_000)
    correct_ended_call(the_call(call), truth, because="the record says so")
    assert wallet(call.customer) == (4500 - 99 - 399 - SERVICE_MINOR - 1, 0)
    assert the_authorization(call).charged_minor == 99 + 399 + SERVICE_MINOR + 1
    assert tax_owed() == 1
    assert list(run(scope_since(None))) == []
    assert_books_are_whole()


def tax_owed() -> int:
    return sum(Entry.objects.filter(account__kind=AccountKind.TAX).values_list("amount_minor", flat=True))


def test_what_fits_into_the_budget_counts_it(service: None) -> None:
    tariff = rating.Tariff(399, 99)
    assert rating.affordable(tariff, 99 + 399 + 24, 0, 600) == 0
    assert rating.affordable(tariff, 99 + 399 + 25, 0, 600) == 60


def test_the_examples_of_the_price_page_and_the_operators_page_count_it(service: None) -> None:
    operator, brand = given_operator(rate="3.99", fee="0.99"), BrandFactory()
    assert price_example(tariff_for(operator), 61, "USD").total == "$9.22"
    assert price_example_of(operator, brand).total_words == "$41.14"


def test_it_is_told_before_the_call_wherever_fees_are(service: None) -> None:
    """Quote, pages, API, and voice: none of them knows the kinds."""
    customer, operator = given_customer(balance="45.00"), given_operator(rate="3.99", fee="0.99")
    assert [(fee.label, fee.amount_minor) for fee in fees_of(tariff_for(operator))] == [
        ("Connection fee", 99), ("Tip", 25),
    ]  # fmt: skip
    client = customer_client(customer)
    page = compact(client.get(f"/operators/{operator.slug}/"))
    assert "Tip (one-time)" in page
    prices = client.get("/help/pricing/").content.decode()
    assert ">The tip</h2>" in prices
    fees = [
        {"kind": "connect_fee", "name": "Connection fee", "amount": 0.99},
        {"kind": "tip", "name": "Tip", "amount": 0.25},
    ]
    balance = api(customer, BRAND_HOST).get("/api/balance/check/", {"operator_id": operator.pk}).json()
    assert balance["fees"] == fees
    connecting = originate_plan(when_called(customer, operator)).customer.prompts["connecting"]
    assert connecting[-4:-1] == [f"{sounds.fee('tip').content_name}|common/fee", "numbers/25", "common/cents"]


def test_what_grows_with_time_is_no_fee_and_a_fee_of_nothing_is_the_connect_fee_alone() -> None:
    fees = fees_of(rating.Tariff(399, 0))
    assert spoken_fees_of(rating.Tariff(399, 99)) == {"connect fee": 99}, "as nodes have it"
    assert [(fee.kind, fee.amount_minor) for fee in fees] == [(CONNECT_FEE, 0)]
    assert spoken_fees_of(rating.Tariff(0, 0)) == {}
    assert [fee.kind for fee in fees_of(rating.Tariff(1, 5, 1, 1, 40))] == [CONNECT_FEE]


def test_a_term_that_the_platform_sets_is_the_setting_of_its_name(settings: Any) -> None:
    settings.BILLING = settings.BILLING | {
        "PROMO_PAY_BPS": 9000,
        "GRACE_SECONDS": 7,
        "NEXT_INCREMENT_SECONDS": 6,
    }
    tariff = tariff_for(given_operator())
    assert (tariff.promo_pay_bps, tariff.grace_seconds, tariff.next_increment_seconds) == (9000, 7, 6)


def test_each_term_is_frozen_in_the_column_of_its_name() -> None:
    tariff = rating.Tariff(399, 99, 30, 6, 5, 7500, 5000)
    assert set(tariff.columns()) <= {field.name for field in Authorization._meta.fields}
    assert Authorization(**tariff.columns()).tariff == tariff


def test_the_books_know_each_component_of_a_bill() -> None:
    """What the audit and the database's constraint hold for sales, they hold for every kind of component."""
    every_term = replace(rating.Tariff(399, 99), talk_tax_millionths=60_000, fee_tax_millionths=60_000)
    whole_bill = rating.bill(every_term, 127_000, 180, [rating.Reserved(60, True)])
    sold = [component.kind for component in whole_bill.components if component.charged_minor]
    assert set(sold) == set(CALL_SALES)
    [adds_up] = [c for c in Transaction._meta.constraints if c.name == "transaction_parts_add_up"]
    assert all(repr(kind.value) in repr(adds_up) for kind in SALES)


def test_the_one_mapping_names_every_column_and_leads_back() -> None:
    outcome = rating.bill(rating.Tariff(399, 99), 127_000, 180, [rating.Reserved(60, True)])
    columns = outcome.columns()
    assert set(columns) <= {field.name for field in Authorization._meta.fields}
    assert Outcome.from_columns(columns).columns() == columns
    assert columns["operator_minor"] == outcome.operator_minor == 79 + 638 + 319


def test_a_call_settled_before_components_were_kept_reads_the_same() -> None:
    call = when_called(given_customer(balance="45.00", free_minutes=1), given_operator())
    when_talked(call, 127_000)
    now = the_authorization(call).outcome
    Authorization.objects.update(components=[])
    before = the_authorization(call)
    assert before.outcome.components == now.components
    assert before.charged_minor == now.cost_minor
    assert list(run(scope_since(None))) == []
