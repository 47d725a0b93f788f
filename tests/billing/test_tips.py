"""Tips: to somebody who was paid lately, within all limits, split like talk, once, and refundable for a day."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from backoffice.held_rows import held_row
from billing.auditing import run, scope_since
from billing.budget import read_budget
from billing.earnings import held_minor
from billing.ledger.models import Account, Entry, Transaction
from billing.models import EarningsHold
from billing.services.adjust_settlement import adjust_settlement
from billing.services.carry_out import carry_out
from billing.services.credit_wallet import credit_wallet
from billing.services.decide_approval import approve
from billing.services.decide_hold import withdraw_earnings
from billing.services.extend_grant import extend_grant
from billing.services.find_weak_links import find_weak_links
from billing.services.hold_earnings import withdrawal_key
from billing.services.refund import refund_reference, refundable_minor
from billing.services.settle import settle
from billing.services.tip import Tip
from billing.spending_limit import spent_this_month_minor
from billing.states import CreditSource
from billing.tips import latest_tips_to, paid_lately, tips_for
from core import clock
from core.errors import Conflict, DomainError, InsufficientCredit, Invalid, LimitReached, NotFound
from customers.models import Customer
from customers.services.devices import note_network
from customers.services.publish_legal_edition import publish_legal_edition
from customers.states import ConsentKind
from notices.models import Notice
from operators.models import Block, Operator, OperatorDay
from operators.selectors import today_figures
from operators.states import ApprovalStatus
from portal.held_views import lines_of as held_lines
from telephony.models import Call
from telephony.services.hold_silent_calls import hold_silent_calls
from telephony.services.tip_on_call import tip_on_call
from telephony.states import EndReason
from tests.factories import BrandFactory, StaffFactory
from tests.messaging.scenario import text
from tests.scenario import (
    JOINS_AT,
    assert_books_are_whole,
    earned,
    epoch,
    given_customer,
    given_operator,
    its_time,
    ledger_of,
    tell,
    the_authorization,
    wallet,
    when_called,
    when_talked,
)
from tests.support.database_owner import as_owner, as_owner_past_guards

pytestmark = pytest.mark.django_db
# A call of 59 seconds at $3.99 a minute with a fee of $0.99: what it costs, and 80% of each part.
CALL, CALL_EARNED = 498, 398


def give(customer: Customer, call: Call, minor: int = 1000, key: str = "k", **more: Any) -> Tip:
    return tip_on_call(
        customer=customer, call_id=call.call_id, amount_minor=minor, idempotency_key=key,
        **{"brand": BrandFactory(), **more},
    )  # fmt: skip


def talked(customer: Customer | None = None, **fields: Any) -> tuple[Customer, Operator, Call]:
    """A call that is over."""
    customer, operator = customer or given_customer(), given_operator(**fields)
    call = when_called(customer, operator)
    when_talked(call, 59_000)
    return customer, operator, call


def the_tip() -> Transaction:
    return Transaction.objects.get(kind="tip")


def refused_with(customer: Customer, call: Call, **more: Any) -> str:
    with pytest.raises(DomainError) as refusal:
        give(customer, call, **more)
    return refusal.value.error_code


def later(**span: float) -> Any:
    at = clock.now() + timedelta(**span)
    return clock.using(lambda: at)


def whole() -> None:
    assert_books_are_whole()
    assert list(run(scope_since(None))) == []


# -- the money


def test_a_tip_is_split_by_the_operators_share_and_is_a_bill_of_its_own() -> None:
    customer, operator, call = talked(share_bps=8000)
    given = give(customer, call, 999)
    assert (given.amount_minor, given.operator_minor, given.platform_minor) == (999, 799, 200)
    assert given.available_minor == 4500 - CALL - 999
    assert wallet(customer) == (4500 - CALL - 999, 0)
    assert earned(operator) == CALL_EARNED + 799
    assert sorted(ledger_of(call)) == ["call", "connect_fee"]
    tip = the_tip()
    assert tip.reference == f"{call.call_id}.tip1"
    assert (tip.customer, tip.operator, tip.brand) == (customer, operator, BrandFactory())
    assert [row.pk for row in tips_for(call.call_id)] == [tip.pk]
    whole()


def test_promotional_money_is_spent_first_and_comes_back_with_a_refund() -> None:
    customer, _, call = talked()
    credit_wallet(
        customer=customer, amount_minor=300, source=CreditSource.PROMO, reason="a gift", actor=None, idempotency_key="p"
    )  # fmt: skip
    give(customer, call, 500)
    entry = Entry.objects.get(transaction=the_tip(), account__customer=customer)
    assert (entry.amount_minor, entry.promo_minor) == (-500, -300)
    refund_reference(reference=the_tip().reference, reason="a slip", actor=None, idempotency_key="r")
    assert Account.objects.get(customer=customer).promo_minor == 300
    whole()


@pytest.mark.parametrize(
    ("forgery", "check"),
    [
        (
            "operator_minor = operator_minor + 1, platform_minor = platform_minor - 1",
            "sale_is_what_its_entries_did",
        ),
        ("customer_id = NULL", "accounts_are_those_of_its_people"),
    ],
)
def test_the_audit_finds_a_forged_tip(forgery: str, check: str) -> None:
    customer, _, call = talked()
    give(customer, call)
    whole()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with as_owner_past_guards() as cursor:
        cursor.execute(f"UPDATE ledger_transaction SET {forgery} WHERE kind = 'tip'")
    found = {(violation.check, violation.row) for violation in run(scope_since(None))}
    assert (check, f"ledger.transaction:{the_tip().pk}") in found


def test_a_double_click_is_one_tip_and_the_key_is_good_for_no_other() -> None:
    customer, operator, call = talked()
    first, again = give(customer, call), give(customer, call)
    assert (again.transaction_id, again.is_new, first.is_new) == (first.transaction_id, False, True)
    assert again.available_minor == first.available_minor
    assert refused_with(customer, call, minor=2000) == "idempotency_conflict"
    assert Transaction.objects.filter(kind="tip").count() == 1
    assert give(customer, call, key="another").reference == f"{call.call_id}.tip2"
    assert earned(operator) == CALL_EARNED + 1600


def test_a_repeat_is_answered_though_the_money_is_gone_and_the_operator_left() -> None:
    customer, operator, call = talked(given_customer(balance=CALL + 1000))
    first = give(customer, call)
    Operator.objects.filter(pk=operator.pk).update(approval_status=ApprovalStatus.SUSPENDED)
    assert give(customer, call).transaction_id == first.transaction_id


def test_one_customers_key_is_not_anothers() -> None:
    customer, _, call = talked()
    other, _, their_call = talked(given_customer())
    assert give(customer, call).transaction_id != give(other, their_call).transaction_id


def test_a_call_takes_so_many_tips_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("billing.tips.MOST_FOR_ONE_CALL", 2)
    customer, _, call = talked()
    give(customer, call, 100, "a")
    give(customer, call, 100, "b")
    assert refused_with(customer, call, minor=100, key="c") == "too_many_tips"


# -- what may be spent


@pytest.mark.parametrize("minor", [100, 20_000])
def test_the_smallest_and_the_largest_tip_are_taken(minor: int) -> None:
    customer, _, call = talked(given_customer(balance="300.00"))
    assert give(customer, call, minor).amount_minor == minor


@pytest.mark.parametrize("minor", [-500, 0, 99, 20_001, 10**12])
def test_amounts_out_of_bounds_are_refused(minor: int) -> None:
    customer, _, call = talked(given_customer(balance="300.00"))
    with pytest.raises(Invalid, match=r"^A tip can be \$1\.00 to \$200\.00\.$"):
        give(customer, call, minor)
    assert not Transaction.objects.filter(kind="tip").exists()


def test_no_more_than_the_wallet_has() -> None:
    customer, _, call = talked(given_customer(balance=CALL + 999))
    with pytest.raises(InsufficientCredit):
        give(customer, call, 1000)
    assert give(customer, call, 999).available_minor == 0


def test_no_more_than_the_daily_limit_leaves_and_a_tip_counts_as_spent() -> None:
    customer, _, call = talked(given_customer(balance="100.00", daily_limit_minor=CALL + 1500))
    give(customer, call, 1000)
    assert read_budget(customer.pk).limit_left_minor == 500
    assert spent_this_month_minor(customer, clock.now()) == CALL + 1000
    with pytest.raises(LimitReached):
        give(customer, call, 501, "b")
    give(customer, call, 500, "c")


def test_a_disputed_payment_freezes_tips_too() -> None:
    customer, _, call = talked()
    with as_owner() as cursor:
        cursor.execute("UPDATE ledger_account SET overdraft_minor = 1 WHERE customer_id = %s", [customer.pk])
    assert refused_with(customer, call) == "account_frozen"


def test_money_held_for_a_running_call_is_not_for_tips_and_its_grant_stays() -> None:
    customer, operator, call = talked(given_customer(balance="45.00"))
    running = when_called(customer, operator)
    tell(running, "started", at=JOINS_AT, joined_at=epoch(running, JOINS_AT))
    before = the_authorization(running)
    balance, held = wallet(customer)
    assert held == before.held_minor == 99 + 3 * 399
    with pytest.raises(InsufficientCredit):
        give(customer, call, balance - held + 1)
    give(customer, call, balance - held)
    assert wallet(customer) == (held, held)
    # All that was granted can still be talked and paid; more can't be granted.
    assert (
        extend_grant(authorization_id=before.pk, elapsed_seconds=100).granted_seconds
        == before.granted_seconds
    )
    assert settle(authorization_id=before.pk, joined_ms=before.granted_seconds * 1000).cost_minor == held
    assert wallet(customer) == (0, 0)


def test_in_the_first_call_a_tip_is_taken_once_the_call_costs_something(settings: Any) -> None:
    settings.BILLING = {**settings.BILLING, "GRACE_SECONDS": 3}
    customer, operator = given_customer(), given_operator()
    call = when_called(customer, operator)
    with its_time(call, JOINS_AT):
        assert refused_with(customer, call) == "not_paid"
    tell(call, "started", at=JOINS_AT, joined_at=epoch(call, JOINS_AT))
    with its_time(call, JOINS_AT + 1):  # within the grace
        assert refused_with(customer, call) == "not_paid"
    with its_time(call, JOINS_AT + 20):
        give(customer, call)
    when_talked(call, 59_000)
    assert earned(operator) == CALL_EARNED + 800
    whole()


# -- to whom


def test_not_to_somebody_who_was_not_paid_in_the_last_days() -> None:
    customer, operator, call = talked()
    with later(days=29):
        assert paid_lately(customer.pk, operator.pk, clock.now())
        give(customer, call)
    with later(days=30, seconds=5):
        assert not paid_lately(customer.pk, operator.pk, clock.now())
        assert refused_with(customer, call, key="late") == "not_paid"  # a tip is no pay for another one


def test_a_text_counts_as_paid_unless_it_was_refunded() -> None:
    customer, operator = given_customer(), given_operator()
    call = when_called(customer, operator)
    tell(call, "busy", at=5, why="operator_busy")
    assert refused_with(customer, call) == "not_paid"
    sent = text(customer, operator)
    give(customer, call)
    refund_reference(reference=sent.message.message_id, reason="no answer", actor=None, idempotency_key="r")
    assert refused_with(customer, call, key="b") == "not_paid"


def test_somebody_elses_call_is_a_missing_one() -> None:
    _, _, call = talked()
    stranger, _, _ = talked(given_customer())
    with pytest.raises(NotFound, match=r"^Call not found\.$"):
        give(stranger, call)


@pytest.mark.parametrize("reason", ["blocked", "suspended", "elsewhere", "one network of phones"])
def test_an_operator_who_is_out_of_reach_is_a_missing_one(reason: str) -> None:
    customer, operator, call = talked()
    brand = BrandFactory()
    if reason == "blocked":
        Block.objects.create(customer=customer, operator=operator, blocked_by="operator")
    elif reason == "suspended":
        Operator.objects.filter(pk=operator.pk).update(approval_status=ApprovalStatus.SUSPENDED)
    elif reason == "elsewhere":
        brand = BrandFactory(slug="nycflirts")
    else:
        phone = customer.phones.get()
        Operator.objects.filter(pk=operator.pk).update(phone_number=phone.phone_number_id)
    with pytest.raises(NotFound, match=r"^Operator not found\.$"):
        give(customer, call, brand=brand)


def test_a_closed_and_a_paused_account_give_nothing() -> None:
    customer, _, call = talked()
    Customer.objects.filter(pk=customer.pk).update(paused_until=clock.now() + timedelta(days=1))
    customer.refresh_from_db()
    assert refused_with(customer, call) == "taking_a_break"
    Customer.objects.filter(pk=customer.pk).update(paused_until=None, closed_at=clock.now())
    customer.refresh_from_db()
    assert refused_with(customer, call) == "account_closed"


def test_new_terms_are_agreed_to_first() -> None:
    customer, _, call = talked()
    publish_legal_edition(
        brand=BrandFactory(),
        kind=ConsentKind.TERMS,
        text="# Ours\n\nBe kind.",
        summary="Shorter.",
        actor=None,
    )
    assert refused_with(customer, call) == "terms_changed"


# -- refunds


def test_staff_refund_a_tip_within_a_day_and_the_operator_gives_back_what_they_got() -> None:
    customer, operator, call = talked()
    give(customer, call, 999)
    with later(hours=23):
        refund = carry_out(
            "refund", reference=the_tip().reference, reason="by mistake", actor=StaffFactory(), idempotency_key="r",
            amount_minor=None, claws_back=True,
        ).result  # fmt: skip
    assert (refund.amount_minor, refund.operator_minor, refund.platform_minor) == (999, 799, 200)
    assert wallet(customer)[0] == 4500 - CALL
    assert earned(operator) == CALL_EARNED
    notice = Notice.objects.get(kind="refund")
    assert notice.payload["what"].startswith("a tip on ")
    whole()


def test_after_a_day_a_tip_stays() -> None:
    customer, _, call = talked()
    give(customer, call)
    with later(hours=24, seconds=5), pytest.raises(Conflict) as refusal:
        refund_reference(
            reference=the_tip().reference, reason="late", actor=StaffFactory(), idempotency_key="r"
        )
    assert refusal.value.error_code == "tip_too_old"
    assert refusal.value.message == "A tip can be refunded for 24 hours. This one is older."
    with later(days=3):
        refund_reference(reference=call.call_id, reason="a call", actor=StaffFactory(), idempotency_key="c")


def test_what_was_asked_for_in_time_may_be_approved_later(settings: Any) -> None:
    settings.BILLING = {**settings.BILLING, "STAFF_LIMITS": ["*:100:20"]}
    customer, _, call = talked()
    give(customer, call)
    arguments = {
        "reference": the_tip().reference,
        "amount_minor": None,
        "claws_back": True,
        "reason": "a slip",
    }
    asked = carry_out("refund", **arguments, actor=StaffFactory(), idempotency_key="r")
    assert asked.request is not None
    with later(hours=26):
        approve(request_id=asked.request.pk, reason="right", actor=StaffFactory())
    assert wallet(customer)[0] == 4500 - CALL


def test_a_refund_in_time_is_the_same_one_when_it_is_sent_again_too_late() -> None:
    customer, _, call = talked()
    give(customer, call)
    staff, arguments = StaffFactory(), {"reference": the_tip().reference, "reason": "a slip"}
    first = refund_reference(**arguments, actor=staff, idempotency_key="r")
    with later(hours=30):
        again = refund_reference(**arguments, actor=staff, idempotency_key="r")
    assert (again.transaction_ids, again.is_new) == (first.transaction_ids, False)


def test_neither_a_refund_nor_a_correction_of_the_call_touches_its_tip() -> None:
    customer, _, call = talked()
    give(customer, call)
    authorization = the_authorization(call)
    assert refundable_minor(call.call_id) == CALL
    adjust_settlement(authorization_id=authorization.pk, joined_ms=130_000)
    refund_reference(reference=call.call_id, reason="all of it", actor=None, idempotency_key="r")
    assert refundable_minor(call.call_id) == 0
    assert refundable_minor(the_tip().reference) == 1000
    assert wallet(customer)[0] == 4500 - 1000
    whole()


# -- the operator's side


def test_the_operators_day_counts_tips_and_refunds_of_them() -> None:
    customer, operator, call = talked()
    give(customer, call)
    assert OperatorDay.objects.get(operator=operator).earned_minor == CALL_EARNED + 800
    assert today_figures(operator, clock.now())["calls"] == 1
    assert [row.pk for row in latest_tips_to(operator.pk, call.initiated_at, 3)] == [the_tip().pk]
    refund_reference(reference=the_tip().reference, reason="a slip", actor=None, idempotency_key="r")
    assert OperatorDay.objects.get(operator=operator).earned_minor == CALL_EARNED
    assert latest_tips_to(operator.pk, call.initiated_at, 3) == []


def test_tips_between_two_in_one_network_are_held_like_calls_and_go_back_at_any_time() -> None:
    customer, operator, call = talked(given_customer(balance="200.00"))
    for person in (customer, operator):
        note_network(user_id=person.user_id, address="93.184.216.34")
    give(customer, call, 5000)
    assert find_weak_links() == 1
    hold = EarningsHold.objects.get()
    assert {one.reference for one in hold.earnings.all()} == {call.call_id, f"{call.call_id}.tip1"}
    assert held_minor(operator.pk) == CALL_EARNED + 4000
    assert sorted((line.what, line.amount_minor) for line in held_lines(operator.pk)) == [
        ("Call", CALL_EARNED),
        ("Tip", 4000),
    ]
    assert sorted((line.what, line.length) for line in held_row(hold).lines) == [
        ("Call", "01:00"),
        ("Tip", ""),
    ]
    with later(days=3):
        withdraw_earnings(
            hold_id=hold.pk,
            reason="one person",
            actor=StaffFactory(),
            idempotency_key=withdrawal_key(hold.pk),
        )
    assert earned(operator) == 0
    assert wallet(customer)[0] == 20_000
    whole()


def test_a_large_share_of_a_week_counts_tips(settings: Any) -> None:
    customer, operator, call = talked(given_customer(balance="400.00"))
    when_talked(when_called(given_customer(), operator), 59_000)
    give(customer, call, 20_000)
    assert find_weak_links() == 1
    assert held_minor(operator.pk) == CALL_EARNED + 16_000


def test_tips_for_a_call_with_a_silent_side_are_held_with_it(settings: Any) -> None:
    customer, operator, call = talked(given_customer(balance="200.00"))
    give(customer, call)
    milliseconds = settings.RTP_TIMEOUT * 1000
    Call.objects.filter(pk=call.pk).update(end_reason=EndReason.MEDIA_LOST, joined_ms=milliseconds)
    assert hold_silent_calls() == 1
    assert held_minor(operator.pk) == CALL_EARNED + 800


# -- letters


def test_a_letter_is_written_to_whom_wants_receipts_once() -> None:
    customer, _, call = talked()
    give(customer, call)
    assert not Notice.objects.filter(kind="receipt").exists()
    Customer.objects.filter(pk=customer.pk).update(mails_receipts=True)
    customer.refresh_from_db()
    give(customer, call, 500, "b")
    give(customer, call, 500, "b")
    notice = Notice.objects.get(kind="receipt")
    assert (notice.payload["what"], notice.payload["total"]) == ("A tip", "$5.00")
    assert notice.payload["receipt"].startswith("F-")
    assert notice.payload["url"].endswith(f"/calls/{call.call_id}/")
