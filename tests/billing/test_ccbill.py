"""CCBill: a price that only we can set, webhooks that are hints, and a credit by what CCBill answers when it is asked."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.urls import reverse

from billing.checks import settings_give_nothing_away
from billing.gateways import gateway_named
from billing.gateways.base import NoAnswer
from billing.gateways.ccbill import client
from billing.gateways.ccbill.amounts import amount_named_by, minor_of, period_for, price_of
from billing.gateways.ccbill.data_link import lines_in
from billing.gateways.ccbill.digest import form_digest, is_sale_digest
from billing.gateways.ccbill.notices import EVENTS
from billing.gateways.secret_path import secret_path
from billing.ledger.models import Account, Transaction
from billing.models import MerchantAccount, Payment, PaymentNotice, ReportLine
from billing.services.charge_saved_card import charge_saved_card
from billing.services.check_payment import check_payment
from billing.services.pay_back import pay_back, send_pay_back
from billing.services.read_report import read_report
from billing.services.start_payment import start_saved_card_payment
from billing.states import PayBackState, PaymentState
from core import clock
from core.errors import Conflict, LimitReached, NotFound, Unavailable
from customers.models import Customer
from tests.scenario import given_customer
from tests.support.ccbill import (
    ADDRESS,
    CLIENT,
    OTHER_SUB,
    SALT,
    FakeCcbill,
    FakeSale,
    form_of,
    given_payment,
    post,
    webhook,
)
from tests.support.threads import counted, in_parallel

pytestmark = pytest.mark.django_db

MANAGEMENT, BILLING, DATA_LINK = (
    "/utils/subscriptionManagement.cgi",
    "/jpost/billingApi.cgi",
    "/data/main.cgi",
)


@pytest.fixture(autouse=True)
def _use_ccbill(ccbill: FakeCcbill) -> None:
    """Each test has an account at CCBill."""


def balance(customer: Customer) -> int:
    return Account.objects.get(kind="wallet", customer=customer).balance_minor


def given_reported(ccbill: FakeCcbill, payment: Payment, **changed: str) -> FakeSale:
    """The customer paid on the form, and CCBill reported it."""
    sale = ccbill.pay(form_of(payment), **changed)
    assert post(webhook(sale, "NewSaleSuccess")) == 200
    return sale


def given_captured(
    ccbill: FakeCcbill, customer: Customer, amount_minor: int = 2500
) -> tuple[Payment, FakeSale]:
    payment = given_payment(customer, amount_minor)
    sale = given_reported(ccbill, payment)
    payment = check_payment(payment_id=payment.pk)
    assert payment.state == PaymentState.CAPTURED
    return payment, sale


def read() -> int:
    return read_report(gateway_name="ccbill", at=clock.now())


# -- The form


def test_the_documented_example_of_a_forms_digest() -> None:
    assert form_digest("10.00", 30, "840", "7d901dad245fd0ff6bc20d06") == "a7459445d0e5dc0963fe736dc5cf900b"


def test_a_sales_digest_covers_the_number_of_the_sale() -> None:
    digest = "48f0b12e4307e64edb781c479665c899"
    assert not is_sale_digest(digest, "1000000000", SALT)
    assert not is_sale_digest("", "1000000000", SALT)
    assert not is_sale_digest("é", "1000000000", SALT)


def test_prices_are_written_with_two_decimals_and_read_strictly() -> None:
    assert [price_of(minor) for minor in (295, 1000, 10_000, 1)] == ["2.95", "10.00", "100.00", "0.01"]
    assert [minor_of(text) for text in ("2.95", " 10.00 ", "10", "10.0", "1,000.00", "-1.00", "1e3", "")] == [
        295, 1000, None, None, None, None, None, None,
    ]  # fmt: skip


def test_no_two_amounts_have_a_period_that_names_the_wrong_one() -> None:
    assert period_for(1000) == 30
    for minor in range(295, 36_600):
        period = period_for(minor)
        assert 2 <= period <= 365
        named = amount_named_by(period)
        assert named in (minor, None)
        assert (named == minor) == (minor % 100 == 0 and 300 <= minor <= 12_100)
    assert {
        amount_named_by(period_for(minor) + off) for minor in range(300, 12_101, 100) for off in (1, -1)
    } == {None}


def test_the_form_gets_our_price_our_payment_and_nothing_about_the_customer() -> None:
    payment = given_payment(given_customer(balance=0), 1000)
    fields = {name: value for name, [value] in parse_qs(urlsplit(form_of(payment)).query).items()}
    assert fields == {
        "clientSubacc": "0000",
        "initialPrice": "10.00",
        "initialPeriod": "30",
        "currencyCode": "840",
        "formDigest": "a7459445d0e5dc0963fe736dc5cf900b",
        "aeimsPayment": str(payment.public_id),
        "username": payment.public_id.hex[:16],
    }
    assert gateway_named("ccbill").form_origins() == ("https://api.ccbill.com",)


def test_each_sub_account_may_have_its_own_form_and_salt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CCBILL_FLEXFORM_ID", "0000=first, 0001=second")
    monkeypatch.setenv("CCBILL_SALT_KEY", "0001=other,0002=third")
    payment = given_payment(given_customer(balance=0), 1000)
    with pytest.raises(Unavailable) as refused:
        form_of(payment)
    assert refused.value.error_code == "no_cards"
    MerchantAccount.objects.update(account=f"{CLIENT}-{OTHER_SUB}")
    address = form_of(Payment.objects.get())
    assert "/flexforms/second?" in address
    assert form_digest("10.00", 30, "840", "other") in address


def test_amounts_are_within_ccbills_bounds_or_what_it_agreed_to(monkeypatch: pytest.MonkeyPatch) -> None:
    customer = given_customer(balance=0)
    with pytest.raises(LimitReached):
        given_payment(customer, 10_001)
    limits = gateway_named("ccbill").limits()
    assert (limits.smallest_minor, limits.largest_minor) == (295, 10_000)
    monkeypatch.setenv("CCBILL_LARGEST_MINOR", "15000")
    assert given_payment(customer, 12_500).amount_minor == 12_500


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CCBILL_SALT_KEY", ""), ("CCBILL_DATALINK_USER", ""), ("CCBILL_CLIENT_ACCOUNT", "900100-0000"), ("CCBILL_NETWORKS", "CCBill"),
        ("CCBILL_NETWORKS", "64.38.212.0/24;64.38.215.0/24"), ("CCBILL_LARGEST_MINOR", "many"), ("CCBILL_LARGEST_MINOR", "100"),
    ],
)  # fmt: skip
def test_settings_that_are_not_sound_are_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert settings_give_nothing_away() == []
    monkeypatch.setenv(name, value)
    [error] = settings_give_nothing_away()
    assert name in error.msg


# -- The webhook


def test_a_sale_is_credited_once_by_what_ccbill_answers(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    payment = given_payment(customer)
    with pytest.raises(NoAnswer):
        gateway_named("ccbill").confirm(payment)
    sale = given_reported(ccbill, payment)
    assert not Transaction.objects.exists(), "a webhook credits nothing"
    for _ in range(3):
        assert post(webhook(sale, "NewSaleSuccess")) == 200
        payment = check_payment(payment_id=payment.pk)
    assert (payment.state, payment.processor_reference, balance(customer)) == (
        PaymentState.CAPTURED,
        sale.number,
        2500,
    )
    assert PaymentNotice.objects.get().charge == sale.number
    assert Transaction.objects.count() == 1


@pytest.mark.parametrize("as_json", [False, True], ids=["form", "json"])
@pytest.mark.parametrize("event", [*sorted(EVENTS), "SomethingNew"])
def test_every_event_is_on_record_once(ccbill: FakeCcbill, event: str, as_json: bool) -> None:
    payment = given_payment(given_customer(balance=0))
    sale = ccbill.pay(form_of(payment))
    for _ in range(2):
        assert post(webhook(sale, event), as_json=as_json) == 200
    notice = PaymentNotice.objects.get()
    names_payment = event in ("NewSaleSuccess", "NewSaleFailure", "UpSaleSuccess", "UpSaleFailure")
    assert notice.payment == (payment if names_payment else None)
    assert notice.event.split()[0] == event
    assert notice.charge == ("" if event.endswith("Failure") else sale.number)
    assert not Transaction.objects.exists()


def test_what_happens_to_a_sale_later_is_known_by_its_number(ccbill: FakeCcbill) -> None:
    payment = given_payment(given_customer(balance=0))
    sale = given_reported(ccbill, payment)
    assert post(webhook(sale, "Refund")) == 200
    assert PaymentNotice.objects.get(event="Refund").payment == payment


@pytest.mark.parametrize("address", ["64.38.213.7", "203.0.113.9", "::1", "", "64.38.240.7, 10.0.0.1"])
def test_a_post_from_another_address_is_forged(ccbill: FakeCcbill, address: str) -> None:
    sale = ccbill.pay(form_of(given_payment(given_customer(balance=0))))
    assert post(webhook(sale, "NewSaleSuccess"), address=address) == 404
    assert not PaymentNotice.objects.exists()


@pytest.mark.parametrize("address", ["64.38.212.1", "64.38.215.254", "64.38.240.1", "64.38.241.254"])
def test_ccbills_documented_networks_are_taken(ccbill: FakeCcbill, address: str) -> None:
    sale = ccbill.pay(form_of(given_payment(given_customer(balance=0))))
    assert post(webhook(sale, "NewSaleSuccess"), address=address) == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"dynamicPricingValidationDigest": "48f0b12e4307e64edb781c479665c899"},
        {"dynamicPricingValidationDigest": ""},
        {"subscriptionId": "09121911010000099999"},
        {"subscriptionId": ""},
        {"subscriptionId": "1 or 1"},
        {"clientAccnum": "900101"},
        {"clientAccnum": ""},
        {"eventType": ""},
        {"eventType": "New Sale"},
        {"eventType": "x" * 31},
    ],
)
def test_a_post_that_is_not_of_our_sale_is_forged(ccbill: FakeCcbill, changed: dict[str, str]) -> None:
    sale = ccbill.pay(form_of(given_payment(given_customer(balance=0))))
    assert post(webhook(sale, "NewSaleSuccess", **changed)) == 404
    assert not PaymentNotice.objects.exists()


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"[]", "application/json"), (b"{", "application/json"), (b"\xff", "application/json"), (b"[" * 100_000, "application/json"),
        (b'{"eventType": {"a": 1}}', "application/json"), (b"\xff\x00=%00", "application/x-www-form-urlencoded"), (b"", "text/xml"),
        (b"eventType=Refund&clientAccnum=900100&subscriptionId=1&transactionId=%00", "application/x-www-form-urlencoded"),
        (b"eventType=Refund&clientAccnum=900100&subscriptionId=1&timestamp=" + b"9" * 101, "application/x-www-form-urlencoded"),
        (b"eventType=NewSale\xc3\xa9&clientAccnum=900100&subscriptionId=1", "application/x-www-form-urlencoded"),
    ],
    ids=range(10),
)  # fmt: skip
def test_a_body_that_is_none_of_ccbills_is_forged(body: bytes, kind: str) -> None:
    path = reverse("payment-notice", args=["ccbill", secret_path("ccbill")])
    sender = Client(headers={"Host": "flirts.localhost"})
    assert sender.post(path, body, content_type=kind, REMOTE_ADDR=ADDRESS).status_code == 404
    assert not PaymentNotice.objects.exists()


def test_without_the_secret_path_or_a_salt_nothing_is_taken(
    ccbill: FakeCcbill, monkeypatch: pytest.MonkeyPatch
) -> None:
    sale = ccbill.pay(form_of(given_payment(given_customer(balance=0))))
    assert post(webhook(sale, "Refund"), secret="0" * 40) == 404
    monkeypatch.delenv("CCBILL_SALT_KEY")
    assert post(webhook(sale, "NewSaleSuccess")) == 404
    monkeypatch.delenv("CCBILL_CLIENT_ACCOUNT")
    assert post(webhook(sale, "Refund", clientAccnum="")) == 404
    assert not PaymentNotice.objects.exists()


def test_an_upgrade_with_a_wrong_digest_is_forged(ccbill: FakeCcbill) -> None:
    sale = ccbill.pay(form_of(given_payment(given_customer(balance=0))))
    assert post(webhook(sale, "UpgradeSuccess", dynamicPricingValidationDigest="0" * 32)) == 404


def test_a_decline_is_taken_as_reported_and_a_later_sale_counts(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    payment = given_payment(customer)
    sale = ccbill.pay(form_of(payment))
    assert post(webhook(sale, "NewSaleFailure", transactionId="1")) == 200
    declined = check_payment(payment_id=payment.pk)
    assert (declined.state, declined.reason) == (
        PaymentState.DECLINED,
        "The card company declined this card.",
    )
    assert post(webhook(sale, "NewSaleSuccess")) == 200
    assert check_payment(payment_id=payment.pk).state == PaymentState.CAPTURED


# -- What CCBill is asked


def test_a_cheaper_form_of_ours_does_not_pay_for_a_dearer_payment(ccbill: FakeCcbill) -> None:
    """The customer pays $10.00, with the number of a payment of $100.00 in the address."""
    customer = given_customer(balance=0)
    cheap, dear = given_payment(customer, 1000), given_payment(customer, 10_000)
    given_reported(ccbill, dear, **{name: value[0] for name, value in parse_qs(urlsplit(form_of(cheap)).query).items()} | {
        "aeimsPayment": str(dear.public_id),
    })  # fmt: skip
    assert check_payment(payment_id=dear.pk).state == PaymentState.PENDING
    assert read() == 1
    wrong = check_payment(payment_id=dear.pk)
    assert (wrong.state, wrong.problem, wrong.captured_minor) == (PaymentState.PENDING, "amount", 0)
    assert not Transaction.objects.exists()


def test_another_price_than_ours_has_no_digest(ccbill: FakeCcbill) -> None:
    address = form_of(given_payment(given_customer(balance=0)))
    for changed in ({"initialPrice": "1.00"}, {"initialPeriod": "30"}, {"currencyCode": "978"}):
        with pytest.raises(AssertionError, match="CCBill shows an error"):
            ccbill.pay(address, **changed)


def test_a_sale_in_another_currency_waits_for_staff(ccbill: FakeCcbill) -> None:
    payment = given_payment(given_customer(balance=0))
    sale = ccbill.pay(form_of(payment))
    sale.currency = "978"
    assert post(webhook(sale, "NewSaleSuccess")) == 200
    wrong = check_payment(payment_id=payment.pk)
    assert (wrong.problem, wrong.captured_minor) == ("currency", 0)


def test_a_sale_on_another_sub_account_waits_for_staff(ccbill: FakeCcbill) -> None:
    payment = given_payment(given_customer(balance=0))
    given_reported(ccbill, payment, clientSubacc=OTHER_SUB)
    assert check_payment(payment_id=payment.pk).state == PaymentState.PENDING
    assert read() == 1
    wrong = check_payment(payment_id=payment.pk)
    assert (wrong.problem, wrong.captured_minor) == ("account", 0)


def test_an_account_that_the_webhook_names_is_enough_to_hold_back(ccbill: FakeCcbill) -> None:
    """Should CCBill answer about a sale of any sub-account: what was reported keeps it from being credited."""
    payment = given_payment(given_customer(balance=0))
    sale = ccbill.pay(form_of(payment))
    assert post(webhook(sale, "NewSaleSuccess", clientSubacc=OTHER_SUB)) == 200
    assert check_payment(payment_id=payment.pk).problem == "account"


def test_an_amount_with_cents_waits_for_the_report(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    payment = given_payment(customer, 2550)
    given_reported(ccbill, payment)
    assert check_payment(payment_id=payment.pk).state == PaymentState.PENDING
    assert read() == 1
    assert check_payment(payment_id=payment.pk).state == PaymentState.CAPTURED
    assert balance(customer) == 2550


@pytest.mark.parametrize(
    "answer",
    [
        "", "1", "-7", "<results>-7</results>", "<results>-1</results>", "<results>-8</results>", "<results>1</results>",
        "<html><body>Service unavailable</body></html>", "Error:Authentication failed",
        "<results><subscriptionStatus>9</subscriptionStatus></results>",
        "<results><subscriptionStatus>1</subscriptionStatus><refundsIssued>x</refundsIssued></results>",
    ],
)  # fmt: skip
def test_an_answer_that_says_nothing_is_none(ccbill: FakeCcbill, answer: str) -> None:
    payment = given_payment(given_customer(balance=0))
    given_reported(ccbill, payment)
    ccbill.answers[MANAGEMENT] = answer
    with pytest.raises(NoAnswer):
        gateway_named("ccbill").confirm(payment)
    assert check_payment(payment_id=payment.pk).captured_minor == 0


@pytest.mark.parametrize("ends", ["", "20261229", "not a day"])
def test_a_sale_without_the_day_of_its_end_waits_for_the_report(ccbill: FakeCcbill, ends: str) -> None:
    payment = given_payment(given_customer(balance=0))
    given_reported(ccbill, payment)
    ccbill.answers[MANAGEMENT] = (
        f"<results><subscriptionStatus>1</subscriptionStatus><signupDate>20261129101500</signupDate><expirationDate>{ends}"
        "</expirationDate><refundsIssued>0</refundsIssued><voidsIssued>0</voidsIssued><chargebacksIssued>0</chargebacksIssued></results>"
    )
    assert check_payment(payment_id=payment.pk).state == PaymentState.PENDING
    read()
    assert check_payment(payment_id=payment.pk).state == PaymentState.CAPTURED


def test_a_sale_that_ccbill_does_not_know_credits_nothing(ccbill: FakeCcbill) -> None:
    payment = given_payment(given_customer(balance=0))
    sale = given_reported(ccbill, payment)
    del ccbill.sales[sale.number]
    assert check_payment(payment_id=payment.pk).state == PaymentState.PENDING


def test_silence_and_refused_connections_are_no_answer(
    ccbill: FakeCcbill, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = given_payment(given_customer(balance=0))
    given_reported(ccbill, payment)
    ccbill.silent.add(MANAGEMENT)
    with pytest.raises(NoAnswer):
        gateway_named("ccbill").confirm(payment)
    monkeypatch.setattr(client, "DATALINK", "http://127.0.0.1:9")
    with pytest.raises(NoAnswer):
        gateway_named("ccbill").confirm(payment)
    monkeypatch.delenv("CCBILL_DATALINK_USER")
    with pytest.raises(NoAnswer):
        gateway_named("ccbill").confirm(payment)


def test_no_password_stands_in_an_address(ccbill: FakeCcbill) -> None:
    given_captured(ccbill, given_customer(balance=0))
    assert [asked["path"] for asked in ccbill.asked] == [MANAGEMENT]


def test_a_second_sale_for_one_payment_is_for_staff(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    payment, _ = given_captured(ccbill, customer)
    given_reported(ccbill, payment)
    twice = check_payment(payment_id=payment.pk)
    assert (twice.problem, balance(customer)) == ("charged_twice", 2500)


# -- Money that goes back


def test_a_whole_refund_is_known_as_a_void_at_once(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    given_captured(ccbill, customer)
    with transaction.atomic():
        [row] = pay_back(customer=customer, expected_minor=2500)
    for _ in range(2):
        send_pay_back(pay_back_id=row.pk)
    row.refresh_from_db()
    row.payment.refresh_from_db()
    assert (row.state, row.payment.state, balance(customer)) == (PayBackState.DONE, PaymentState.REFUNDED, 0)
    assert [asked["action"] for asked in ccbill.asked].count("voidOrRefundTransaction") == 1


def test_a_part_is_refunded_and_known_by_the_report(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    payment, sale = given_captured(ccbill, customer)
    sale.move("REFUND", "10.00")
    read()
    payment = check_payment(payment_id=payment.pk)
    assert (payment.refunded_minor, balance(customer)) == (1000, 1500)
    with transaction.atomic():
        [row] = pay_back(customer=customer, expected_minor=1500)
    send_pay_back(pay_back_id=row.pk)
    assert ccbill.asked[-2]["action"] == "refundTransaction"
    assert ccbill.asked[-2]["amount"] == "15.00"
    row.refresh_from_db()
    assert row.state == PayBackState.IN_TRANSIT
    with time_machine.travel(clock.now() + timedelta(minutes=62), tick=True):
        assert read() == 1
        check_payment(payment_id=payment.pk)
    row.refresh_from_db()
    assert row.state == PayBackState.DONE


@pytest.mark.parametrize(
    ("code", "state"), [("-15", "refused"), ("0", "refused"), ("-7", "in_transit"), ("?", "in_transit")]
)
def test_a_refund_is_taken_back_only_where_nothing_was_done(
    ccbill: FakeCcbill, code: str, state: str
) -> None:
    customer = given_customer(balance=0)
    given_captured(ccbill, customer)
    with transaction.atomic():
        [row] = pay_back(customer=customer, expected_minor=2500)
    ccbill.answers[MANAGEMENT] = f"<results>{code}</results>"
    send_pay_back(pay_back_id=row.pk)
    row.refresh_from_db()
    assert (row.state, balance(customer)) == (state, 2500 if state == "refused" else 0)


def test_a_chargeback_freezes_the_wallet(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    payment, sale = given_captured(ccbill, customer)
    with time_machine.travel(clock.now() + timedelta(days=20), tick=True):
        sale.move("CHARGEBACK")
        assert post(webhook(sale, "Chargeback", timestamp="later")) == 200
        read()
        disputed = check_payment(payment_id=payment.pk)
    assert (disputed.state, disputed.charged_back_minor, balance(customer)) == (
        PaymentState.DISPUTED,
        2500,
        0,
    )


def test_a_sale_that_went_back_before_it_was_credited_waits_for_the_report(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    payment = given_payment(customer)
    given_reported(ccbill, payment).move("REFUND", "20.00")
    assert check_payment(payment_id=payment.pk).state == PaymentState.PENDING
    assert read() == 2
    payment = check_payment(payment_id=payment.pk)
    assert (payment.captured_minor, payment.refunded_minor, balance(customer)) == (2500, 2000, 500)


# -- The Data Link


def test_a_payment_that_nobody_reported_is_found_by_the_report(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    payment = given_payment(customer)
    sale = ccbill.pay(form_of(payment))
    assert check_payment(payment_id=payment.pk).state == PaymentState.REDIRECTED
    assert read() == 1
    assert PaymentNotice.objects.get().payment == payment
    assert check_payment(payment_id=payment.pk).processor_reference == sale.number
    assert balance(customer) == 2500
    assert ReportLine.objects.get().payment == payment


def test_a_sale_of_nobody_is_on_record_for_staff(ccbill: FakeCcbill) -> None:
    given_payment(given_customer(balance=0))
    ccbill.sell("0000", "25.00", 75, "840", {}, username="johndoe")
    assert read() == 1
    assert PaymentNotice.objects.get().payment is None
    assert not Transaction.objects.exists()


def test_the_report_is_asked_for_once_in_an_hour_by_all_processes(ccbill: FakeCcbill) -> None:
    payment = given_payment(given_customer(balance=0))
    start = clock.now()
    for minutes in (0, 10, 30, 59, 60, 61, 62, 100, 121, 122):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            read()
    assert [round((at - start) / timedelta(minutes=1)) for at in ccbill.reports] == [0, 61, 122]
    assert sum(asked["path"] == DATA_LINK for asked in ccbill.asked) == 3
    sale = ccbill.pay(form_of(payment))
    sale.move("REFUND", "1.00")
    with time_machine.travel(start + timedelta(hours=5), tick=False):
        assert read() == 2
    with time_machine.travel(start + timedelta(hours=7), tick=False):
        assert read() == 0, "a line counts once, though two reports list it"


@pytest.mark.django_db(transaction=True)
def test_of_many_processes_one_asks_for_the_report(ccbill: FakeCcbill) -> None:
    payment = given_payment(given_customer(balance=0))
    read()
    with time_machine.travel(clock.now() + timedelta(minutes=61), tick=True):
        ccbill.pay(form_of(payment))
        assert counted(in_parallel(*[read] * 6)) == {1: 1, 0: 5}
    assert sum(asked["path"] == DATA_LINK for asked in ccbill.asked) == 2


def test_a_report_without_an_answer_counts_as_asked_and_is_read_later(ccbill: FakeCcbill) -> None:
    ccbill.pay(form_of(given_payment(given_customer(balance=0))))
    ccbill.silent.add(DATA_LINK)
    assert read() == 0
    assert read() == 0
    assert len(ccbill.reports) == 1
    ccbill.silent.clear()
    ccbill.answers[DATA_LINK] = "Error:Authentication failed"
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=False):
        assert read() == 0
    ccbill.answers.clear()
    with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
        assert read() == 1, "days that were missed are read, one at a time"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0), ("1", 0), ('"NEW"', None), ("Error:Authentication failed, try later", None), ("<html></html>", None),
        ('"REFUND","900100","0000","1","2026-11-29 10:00:00","5.00"', 1), ('"REFUND","900100","1","1","20261129100000","-5.00"\n\n', 1),
        ('"REFUND","900100","0000","1; 2","2026-11-29 10:00:00","5.00"', 0), ('"REFUND","x","0000","1","","5.00"', 0),
        ('"REFUND","900100","0000","1","2026-11-29 10:00:00","five"', 0), ('"NEW","900100","0000","1","2026-11-29","5.00"', 0),
        ('"EXPIRE","900100","0000","1","2026-11-29","2026-11-29"', 0), ("x" * 200_000, None), (f'"{"9" * 150_000}"', None),
    ],
    ids=range(14),
)  # fmt: skip
def test_a_list_is_read_strictly(text: str, count: int | None) -> None:
    lines = lines_in(text)
    assert (None if lines is None else len(lines)) == count


# -- A saved card


def test_a_saved_card_is_charged_by_the_earlier_sale(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    _, first = given_captured(ccbill, customer)
    again = start_saved_card_payment(customer=customer, brand=customer.home_brand, amount_minor=1000)
    again = charge_saved_card(payment_id=again.pk)
    assert (again.state, balance(customer)) == (PaymentState.CAPTURED, 3500)
    asked = next(asked for asked in ccbill.asked if asked["path"] == BILLING)
    assert (asked["subscriptionId"], asked["initialPrice"], asked["initialPeriod"], asked["rebills"]) == (
        first.number, "10.00", "30", "0",
    )  # fmt: skip


def test_a_declined_saved_card_is_declined(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    given_captured(ccbill, customer)
    ccbill.declines = True
    again = start_saved_card_payment(customer=customer, brand=customer.home_brand, amount_minor=1000)
    again = charge_saved_card(payment_id=again.pk)
    assert (again.state, again.reason) == (PaymentState.DECLINED, "The card company declined this card.")


def test_a_charge_that_ccbill_does_not_take_is_declined_without_its_words(ccbill: FakeCcbill) -> None:
    customer = given_customer(balance=0)
    given_captured(ccbill, customer)
    ccbill.answers[BILLING] = "<results>-9</results>"
    again = start_saved_card_payment(customer=customer, brand=customer.home_brand, amount_minor=1000)
    again = charge_saved_card(payment_id=again.pk)
    assert (again.state, again.reason) == (PaymentState.DECLINED, "This card can’t be charged right now.")


@pytest.mark.parametrize(
    "answer", [None, "<results>-7</results>", "<results><approved>1</approved></results>"]
)
def test_a_charge_without_an_answer_is_never_sent_again(ccbill: FakeCcbill, answer: str | None) -> None:
    customer = given_customer(balance=0)
    given_captured(ccbill, customer)
    ccbill.silent.add(BILLING)
    if answer:
        ccbill.silent.clear()
        ccbill.answers[BILLING] = answer
    again = start_saved_card_payment(customer=customer, brand=customer.home_brand, amount_minor=1000)
    for days in range(3):
        with time_machine.travel(clock.now() + timedelta(days=days), tick=True):
            assert charge_saved_card(payment_id=again.pk).state == PaymentState.UNKNOWN
            with pytest.raises(Conflict), transaction.atomic():
                start_saved_card_payment(customer=customer, brand=customer.home_brand, amount_minor=1000)
    assert sum(asked["path"] == BILLING for asked in ccbill.asked) == 1
    charged = list(ccbill.sales.values())[1:]
    assert len(charged) == 1
    assert post(webhook(charged[0], "UpSaleSuccess")) == 200
    assert check_payment(payment_id=again.pk).state == PaymentState.CAPTURED
    assert balance(customer) == 3500


def test_saved_cards_are_charged_where_ccbill_allows_it(
    ccbill: FakeCcbill, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = given_customer(balance=0)
    given_captured(ccbill, customer)
    monkeypatch.delenv("CCBILL_SAVED_CARDS")
    gateway_named.cache_clear()
    with pytest.raises(NotFound):
        start_saved_card_payment(customer=customer, brand=customer.home_brand, amount_minor=1000)
