"""The staff's pages: audit, refunds, reads on record, limits, the queue, payouts, the bookkeeper's day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from billing.ledger.models import Transaction
from billing.models import FundsRequest
from billing.services.request_funds import request_funds
from core import clock
from core.days import BOOKS_ZONE
from core.models import AuditRecord
from messaging.services.send import send
from operators.models import Operator, OperatorDay
from operators.states import ApprovalStatus, Presence
from telephony.models import Call
from tests.factories import BrandFactory, StaffFactory, UserFactory
from tests.scenario import (
    assert_books_are_whole,
    earned,
    given_customer,
    given_operator,
    logged_in,
    wallet,
    when_called,
    when_talked,
)
from tests.support.html import compact
from tests.support.phone_system import PhoneSystem
from web.filters import start_of_day

pytestmark = pytest.mark.django_db

ADMIN = "admin.localhost"
PAGES = [
    "/", "/backoffice/live-calls/", "/backoffice/transactions/", "/backoffice/funds/", "/backoffice/trial-balance/",
    "/backoffice/corrections/",
    "/backoffice/transactions.csv", "/backoffice/journal.csv",
]  # fmt: skip


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(), ADMIN)


@pytest.fixture
def call() -> Call:
    call = when_called(given_customer(balance="45.00"), given_operator())
    when_talked(call, 127_000)
    return call


def sale(call: Call, kind: str = "call") -> Transaction:
    return Transaction.objects.get(reference=call.call_id, kind=kind)


@pytest.mark.parametrize("address", PAGES)
def test_staff_see_it_and_nobody_else(desk: Client, call: Call, address: str) -> None:
    assert desk.get(address).status_code == 200
    for person in (call.customer.user, call.operator.user):
        assert logged_in(person, ADMIN).get(address).status_code in (302, 403)
    assert Client(headers={"Host": ADMIN}).get(address).status_code == 302


def test_staff_without_the_permission_see_nothing_of_money() -> None:
    clerk = logged_in(UserFactory(is_staff=True), ADMIN)
    assert clerk.get("/backoffice/transactions/").status_code == 403


@pytest.mark.parametrize("search", ["call id", "e-mail"])
def test_a_transaction_is_found_and_everything_of_it_is_on_one_page(
    desk: Client, call: Call, search: str
) -> None:
    words = call.call_id if search == "call id" else call.customer.user.email
    assert call.call_id in desk.post("/backoffice/transactions/", {"q": words}, follow=True).content.decode()
    page = desk.get(f"/backoffice/transactions/{sale(call).pk}/").content.decode()
    for expected in ("$11.97", "$9.58", "connection fee", "Both were connected", "started", "revenue"):
        assert expected in page


def test_the_sums_are_those_of_the_selection(desk: Client, call: Call) -> None:
    page = compact(desk.get("/backoffice/transactions/", {"kind": "call", "operator": call.operator.slug}))
    assert '<td class="num">$11.97</td><td class="num">$9.58</td><td class="num">$2.39</td>' in page


def test_a_text_is_found_by_its_message_id(desk: Client, call: Call) -> None:
    sent = send(customer=call.customer, operator_id=call.operator_id, text="Secret words").message
    page = desk.get("/backoffice/transactions/", {"q": sent.message_id}).content.decode()
    assert f"/backoffice/transactions/{sent.transaction_id}/" in page
    assert call.call_id not in page
    one = desk.get(f"/backoffice/transactions/{sent.transaction_id}/").content.decode()
    assert "Number 1 of its conversation" in one
    assert "Secret words" not in one


def found(desk: Client, **filters: str) -> int:
    """How many lines the CSV of a selection has, which must be what the page says of it."""
    answer = desk.get("/backoffice/transactions.csv", filters)
    assert answer.streaming
    return len(b"".join(answer.streaming_content).decode().splitlines()) - 1  # type: ignore[attr-defined]


def test_the_audit_is_filtered_by_new_yorks_days_site_kind_and_operator(desk: Client, call: Call) -> None:
    today = sale(call).created_at.astimezone(BOOKS_ZONE).date()
    yesterday, tomorrow = (str(today + timedelta(days=days)) for days in (-1, 1))
    assert found(desk) == 3  # the opening credit, the fee, the talk
    assert found(desk, **{"from": str(today), "to": str(today)}) == 3
    assert found(desk, **{"from": tomorrow}) == found(desk, to=yesterday) == 0
    assert found(desk, brand="flirts") == found(desk, operator=call.operator.stage_name) == 2
    assert found(desk, brand="nycflirts") == found(desk, operator="nobody") == 0
    assert found(desk, kind="connect_fee", operator=call.operator.slug) == 1
    assert desk.get("/backoffice/transactions/", {"kind": "theft"}).status_code == 400


def test_a_sale_at_eleven_at_night_in_new_york_is_of_that_day(desk: Client) -> None:
    late = datetime(2026, 3, 7, 23, 30, tzinfo=BOOKS_ZONE)  # the night before the clocks change
    assert (start_of_day(date(2026, 3, 8), BOOKS_ZONE), start_of_day(date(2026, 3, 9), BOOKS_ZONE)) == (
        datetime(2026, 3, 8, 5, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC),
    )  # fmt: skip
    assert start_of_day(date(2026, 3, 7), BOOKS_ZONE) <= late < start_of_day(date(2026, 3, 8), BOOKS_ZONE)
    assert desk.get("/backoffice/trial-balance/", {"day": "2026-03-08"}).status_code == 200


def test_an_operator_is_approved_and_suspended_with_a_reason(desk: Client) -> None:
    operator = given_operator(
        approval_status=ApprovalStatus.PENDING, identified_at=None, presence=Presence.OFFLINE
    )
    address = f"/backoffice/operators/{operator.pk}/standing/"
    told = {"decision": "approve", "reason": "passport seen"}
    assert (
        "Enter a reason of at most"
        in desk.post(address, {**told, "reason": ""}, follow=True).content.decode()
    )
    desk.post(address, told)
    operator.refresh_from_db()
    assert (operator.approval_status, operator.identified_at is not None) == (ApprovalStatus.APPROVED, True)
    assert "already approved" in desk.post(address, told, follow=True).content.decode()
    Operator.objects.filter(pk=operator.pk).update(presence=Presence.ONLINE)
    desk.post(address, {"decision": "suspend", "reason": "a complaint", "confirmed": "1"})
    operator.refresh_from_db()
    assert (operator.approval_status, operator.presence) == (ApprovalStatus.SUSPENDED, Presence.OFFLINE)
    assert operator.availability == "offline"
    kept = AuditRecord.objects.filter(subject=f"operators.operator:{operator.pk}").order_by("id")
    assert [(row.action, row.reason) for row in kept] == [
        ("operator.approve", "passport seen"), ("operator.suspend", "a complaint"),
    ]  # fmt: skip
    assert desk.post(address, {"decision": "dance", "reason": "x"}).status_code == 400


def test_nobody_sees_second_factors_tokens_and_sessions_of_others(desk: Client) -> None:
    for address in ("/mfa/authenticator/", "/authtoken/tokenproxy/", "/usersessions/usersession/"):
        assert desk.get(address).status_code == 404


def test_a_refund_in_part_reaches_wallet_payable_and_the_operators_day(desk: Client, call: Call) -> None:
    told = {
        "scope": "all",
        "amount": "5.00",
        "reason": "bad line",
        "key": "once",
        "funded_by": "operator",
        "confirmed": "1",
    }
    before = earned(call.operator)
    for _ in range(2):  # the second is a repeat
        desk.post(f"/backoffice/transactions/{sale(call).pk}/refund/", told)
    assert earned(call.operator) == before - 400
    assert sum(day.earned_minor for day in OperatorDay.objects.all()) == earned(call.operator)
    assert AuditRecord.objects.filter(action="transaction.refund").count() == 1
    assert_books_are_whole()


def test_a_refund_the_platform_pays_leaves_the_operator_theirs(desk: Client, call: Call) -> None:
    before = earned(call.operator)
    told = {
        "scope": "all",
        "amount": "",
        "reason": "kindness",
        "key": "k",
        "funded_by": "platform",
        "confirmed": "1",
    }
    desk.post(f"/backoffice/transactions/{sale(call).pk}/refund/", told)
    assert earned(call.operator) == before
    assert wallet(call.customer) == (4500, 0)


def test_nobody_gives_away_more_than_their_day_allows(desk: Client, call: Call, settings: Any) -> None:
    settings.BILLING = {**settings.BILLING, "STAFF_DAILY_MINOR": 600}
    address = f"/backoffice/transactions/{sale(call).pk}/refund/"
    desk.post(address, {"scope": "all", "amount": "5.00", "reason": "a", "key": "1", "confirmed": "1"})
    more = {"scope": "all", "amount": "5.00", "reason": "a", "key": "2"}
    assert "can give at most $6.00 a day" in desk.post(address, more).content.decode()
    requested = desk.post(address, more | {"confirmed": "1"}, follow=True)
    assert "Not done yet. Someone else has to approve it" in requested.content.decode()
    colleague = logged_in(StaffFactory(), ADMIN)
    colleague.post(address, {"scope": "all", "amount": "5.00", "reason": "a", "key": "3", "confirmed": "1"})
    assert Transaction.objects.filter(kind="refund").count() == 2


def test_a_number_is_shown_only_for_a_reason_and_on_record(desk: Client, call: Call) -> None:
    phone = call.customer.phones.get()
    page = desk.get(f"/backoffice/customers/{call.customer_id}/").content.decode()
    assert phone.number not in page
    refused = desk.post(f"/backoffice/phones/{phone.pk}/", {"reason": " "}, follow=True)
    assert phone.number not in refused.content.decode()
    shown = desk.post(f"/backoffice/phones/{phone.pk}/", {"reason": "a threat was reported"})
    assert phone.number in shown.content.decode()
    record = AuditRecord.objects.get(action="phone.read")
    assert record.reason == "a threat was reported"
    assert phone.number not in str(record.details)


def test_a_conversation_is_read_for_a_reason_with_what_was_charged_and_given_back(
    desk: Client, call: Call
) -> None:
    sent = send(customer=call.customer, operator_id=call.operator_id, text="Secret words").message
    refund = {
        "scope": "all",
        "amount": "0.20",
        "reason": "kindness",
        "key": "k",
        "funded_by": "platform",
        "confirmed": "1",
    }
    desk.post(f"/backoffice/transactions/{sent.transaction_id}/refund/", refund)
    address = f"/backoffice/conversations/{sent.conversation_id}/"
    assert "Secret words" not in desk.post(address, {"reason": ""}, follow=True).content.decode()
    page = compact(desk.post(address, {"reason": "a complaint"}))
    assert '<td>Secret words</td><td class="num">$0.50</td><td class="num">$0.20</td>' in page
    assert AuditRecord.objects.get(action="conversation.read").reason == "a complaint"


def test_the_page_of_an_operator_has_figures_but_no_number(desk: Client, call: Call) -> None:
    page = desk.get(f"/backoffice/operators/{call.operator_id}/").content.decode()
    assert "$10.37" in page
    assert call.operator.phone not in page


def test_a_payout_lowers_what_is_owed_and_never_below_nothing(desk: Client, call: Call) -> None:
    address = f"/backoffice/operators/{call.operator_id}/payout/"
    for _ in range(2):
        desk.post(
            address, {"amount": "10.00", "early": "on", "reason": "wire 77", "key": "once", "confirmed": "1"}
        )
    assert earned(call.operator) == 37
    refused = desk.post(address, {"amount": "0.38", "reason": "wire 78", "key": "more"}, follow=True)
    assert "Only $0.37 is owed" in refused.content.decode()
    assert sum(day.earned_minor for day in OperatorDay.objects.all()) == 1037  # a payout earns nothing
    assert_books_are_whole()


def test_the_queue_of_funds_credits_once(desk: Client) -> None:
    customer = given_customer(balance="0.00")
    asked = request_funds(customer=customer, brand=BrandFactory(), amount_minor=2550, words="please")
    page = compact(desk.get("/backoffice/funds/"))
    assert "requests $25.50" in page
    assert 'value="25.50"' in page  # to the cent, not rounded
    told = {"amount": "25.50", "source": "promo", "reason": "welcome", "confirmed": "1"}
    for _ in range(2):
        desk.post(f"/backoffice/funds/{asked.pk}/credit/", told)
    assert wallet(customer) == (2550, 0)
    assert FundsRequest.objects.get().state == "done"
    again = request_funds(customer=customer, brand=BrandFactory(), amount_minor=100)
    desk.post(f"/backoffice/funds/{again.pk}/decline/", {"reason": "not today", "confirmed": "1"})
    assert wallet(customer) == (2550, 0)


def test_the_trial_balance_of_today_sums_to_zero_and_yesterdays_knows_nothing(
    desk: Client, call: Call
) -> None:
    today = clock.now().date() + timedelta(days=1)  # New York is behind UTC: covers both
    page = desk.get("/backoffice/trial-balance/", {"day": today.isoformat()}).content.decode()
    assert '<td class="num" data-sum="total">$0.00</td>' in page
    assert "$10.37" in page
    before = desk.get("/backoffice/trial-balance/", {"day": "2020-01-01"}).content.decode()
    assert "Nothing was booked" in before


def test_the_admin_home_says_what_is_wrong(desk: Client) -> None:
    page = compact(desk.get("/"))
    assert "Phone system: needs attention" in page  # nothing listens at the adapter's address in tests
    assert "None: texts, mail, refunds, and sweeps are waiting" in page
    assert "transactions balance" in page


@pytest.mark.parametrize(
    ("off", "words"),
    [
        ({}, "They agree"),
        ({"django_date_off_seconds": 12.3}, "the adapter is 12 s behind"),
        ({"django_date_off_seconds": -3600, "switch_date_off_seconds": 3600}, "Asterisk is 3600 s ahead"),
    ],
)
def test_clocks_that_differ_are_shown(
    desk: Client, phone_system: PhoneSystem, off: dict[str, float], words: str
) -> None:
    phone_system.health |= off
    assert words in compact(desk.get("/"))


@pytest.mark.parametrize(
    ("calls", "new_ones", "words"),
    [
        (239, 15, "239 of 300 calls; at most 15 of 20 new ones a second lately."),
        (240, 3, "240 of 300 calls; at most 3 of 20 new ones a second lately: callers will be refused."),
        (10, 16, "10 of 300 calls; at most 16 of 20 new ones a second lately: callers will be refused."),
    ],
)
def test_staff_are_warned_before_the_phone_lines_are_full(
    desk: Client, phone_system: PhoneSystem, calls: int, new_ones: int, words: str
) -> None:
    phone_system.health |= {
        "calls": calls, "max_calls": 300, "calls_per_second": new_ones, "max_calls_per_second": 20,
    }  # fmt: skip
    assert words in compact(desk.get("/"))


def test_a_node_that_carries_no_sound_is_shown(desk: Client, phone_system: PhoneSystem) -> None:
    phone_system.health |= {"silent_seconds_ago": 130, "silent_calls": 12}
    assert f"12 calls on {phone_system.node} lost their sound at once 2 min ago" in compact(desk.get("/"))
    assert "Sound of calls" in Client(headers={"Host": "localhost"}).get("/readyz").json()["degraded"]


def test_staff_without_a_second_factor_are_sent_to_set_one_up(desk: Client, settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
    for address in PAGES:
        answer = desk.get(address)
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/2fa/totp/activate/")
    assert desk.get("/accounts/2fa/totp/activate/").status_code in (200, 302)
