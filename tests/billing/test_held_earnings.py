"""Weak links between a customer and an operator hold what was earned until staff decide: found by jobs, once, and decided once."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import Error, connection, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from billing.auditing import held, run, scope_since
from billing.deeds import WITHDRAW
from billing.earnings import balance_of_operator, held_minor
from billing.ledger.models import Transaction
from billing.models import ApprovalRequest, EarningsHold, HeldEarning
from billing.payouts.balances import held_lines
from billing.services.carry_out import CarriedOut, carry_out
from billing.services.decide_approval import approve
from billing.services.decide_hold import release_earnings, withdraw_earnings
from billing.services.find_weak_links import find_weak_links
from billing.services.hold_earnings import hold_earnings, withdrawal_key
from billing.services.record_payout import record_payout
from billing.services.refund import refund_reference
from billing.states import HoldKind, HoldState
from core import clock
from core.errors import Conflict, DomainError
from customers.models import Customer, LoginNetwork
from customers.services.devices import note_device, note_network
from notices.models import Notice
from operators.models import Operator
from privacy.obstacles import ErasureObstacle, obstacles
from privacy.ownership import Person
from telephony.models import Call
from telephony.services.hold_silent_calls import hold_silent_calls
from tests.factories import StaffFactory
from tests.messaging.scenario import answer, text
from tests.scenario import (
    assert_books_are_whole,
    earned,
    epoch,
    given_customer,
    given_operator,
    tell,
    wallet,
    when_called,
    when_talked,
)
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db
HOME = "93.184.216.34"
# One call of 127 seconds: $3.99 a minute, fee $0.99, the operator's share 80%.
CHARGED, EARNED = 1296, 1037


def called(customer: Customer, operator: Operator) -> Call:
    call = when_called(customer, operator)
    when_talked(call, 127_000)
    return call


def at_home(*people: Customer | Operator, address: str = HOME) -> None:
    for person in people:
        note_network(user_id=person.user_id, address=address)


def configure(settings: Settings, **rules: int) -> None:
    held_earnings = settings.BILLING["HELD_EARNINGS"] | rules
    settings.BILLING = {**settings.BILLING, "HELD_EARNINGS": held_earnings}


def linked() -> tuple[Customer, Operator, Call]:
    """A call between two who log in from one network; not held yet."""
    customer, operator = given_customer(balance="200.00"), given_operator()
    at_home(customer, operator)
    return customer, operator, called(customer, operator)


def the_hold() -> EarningsHold:
    return EarningsHold.objects.get()


def reasons() -> list[str]:
    return sorted(EarningsHold.objects.values_list("kind", flat=True))


def withdraw(staff: Any, hold: EarningsHold, **more: Any) -> CarriedOut:
    arguments = {"hold": hold.pk, "reason": "one person", "idempotency_key": withdrawal_key(hold.pk)}
    return carry_out(WITHDRAW, actor=staff, **arguments | more)


# -- what is held


def test_earnings_of_two_in_one_network_are_held_and_the_money_stays_where_it_is() -> None:
    customer, operator, call = linked()
    assert find_weak_links() == 1
    hold = the_hold()
    assert (hold.kind, hold.customer, hold.operator) == (HoldKind.SHARED_NETWORK, customer, operator)
    assert [(one.reference, one.amount_minor) for one in hold.earnings.all()] == [(call.call_id, EARNED)]
    balance = balance_of_operator(operator.pk)
    assert (balance.owed_minor, balance.held_minor, balance.available_minor) == (EARNED, EARNED, 0)
    assert earned(operator) == EARNED
    assert list(run(scope_since(None))) == []


def test_who_logs_in_elsewhere_or_long_ago_is_not_held(settings: Settings) -> None:
    customer, operator = given_customer(), given_operator()
    at_home(customer)
    at_home(operator, address="93.184.216.35")
    called(customer, operator)
    assert find_weak_links() == 0
    moment = clock.now() - timedelta(days=8)
    with clock.using(lambda: moment):
        at_home(operator)
    assert find_weak_links() == 0
    at_home(operator)
    configure(settings, NETWORK_DAYS=0)
    assert find_weak_links() == 0


def test_a_login_notes_a_hash_of_its_network_and_nothing_of_a_private_one() -> None:
    customer = given_customer()
    customer.user.set_password("quite-a-long-pass-phrase")
    customer.user.save()
    for address in ("127.0.0.1", HOME):
        browser = Client(headers={"Host": "flirts.localhost"}, REMOTE_ADDR=address)
        form = {"login": customer.user.email, "password": "quite-a-long-pass-phrase"}
        assert browser.post("/accounts/login/", form).status_code == 302
    network = LoginNetwork.objects.get(user=customer.user)
    assert HOME.encode() not in bytes(network.network_hash)
    assert len(bytes(network.network_hash)) == 32


def test_a_large_share_of_the_week_is_held_but_not_a_newcomers_first_two_calls() -> None:
    operator, regular = (
        given_operator(rate="20.00", fee="0.00", max_rate_minor=5000),
        given_customer(balance="900.00"),
    )
    for _ in range(2):
        called(regular, operator)
    assert find_weak_links() == 0
    called(given_customer(balance="200.00"), operator)
    assert find_weak_links() == 1
    hold = the_hold()
    assert (hold.kind, hold.customer) == (HoldKind.LARGE_SHARE, regular)
    assert hold.evidence == {"amount_minor": 9600, "total_minor": 14_400, "days": 7}
    assert held_minor(operator.pk) == 9600


def test_a_call_that_was_mostly_silent_is_held() -> None:
    silent, heard = (
        when_called(given_customer(), given_operator()),
        when_called(given_customer(), given_operator()),
    )
    for call, joined_ms in ((silent, "5000"), (heard, "127000")):
        tell(call, "started", at=10, joined_at=epoch(call, 10))
        tell(
            call, "ended", at=10 + int(joined_ms) / 1000, why="media_lost", ended_by="customer", joined_ms=joined_ms
        )  # fmt: skip
    assert hold_silent_calls() == 1
    assert hold_silent_calls() == 0
    assert the_hold().earnings.get().reference == silent.call_id


def test_texts_are_held_too_and_what_earned_nothing_is_not() -> None:
    customer, operator = given_customer(), given_operator()
    at_home(customer, operator)
    text(customer, operator)
    answer(operator, customer)
    call = called(customer, operator)
    refund_reference(reference=call.call_id, reason="noise", actor=None, idempotency_key="r")
    find_weak_links()
    [one] = the_hold().earnings.all()
    assert one.amount_minor == 40
    assert one.reference != call.call_id


# -- once


def test_each_call_is_held_once_and_what_follows_is_added_without_another_letter() -> None:
    customer, operator, _ = linked()
    find_weak_links()
    assert find_weak_links() == 0
    called(customer, operator)
    assert find_weak_links() == 1
    assert the_hold().earnings.count() == 2
    letter = Notice.objects.get(kind="earnings_held")
    assert letter.recipient == operator.user
    assert letter.payload["amount"] == "$10.37"
    assert customer.alias not in str(letter.payload)
    assert held_minor(operator.pk) == 2 * EARNED


def test_a_call_that_is_held_for_two_reasons_counts_once() -> None:
    customer, operator, call = linked()
    find_weak_links()
    hold_earnings(
        operator_id=operator.pk, customer_id=customer.pk, kind=HoldKind.SILENT_LEG, references=[call.call_id],
        evidence={"talk_ms": 1, "silent_seconds": 30},
    )  # fmt: skip
    assert reasons() == ["shared_network", "silent_leg"]
    assert held_minor(operator.pk) == EARNED
    [line] = held_lines(operator.pk)
    assert len(line.reasons) == 2
    release_earnings(hold_id=EarningsHold.objects.earliest("pk").pk, reason="neighbors", actor=StaffFactory())
    assert held_minor(operator.pk) == EARNED


def test_what_is_given_back_meanwhile_is_not_held_any_more() -> None:
    _, operator, call = linked()
    find_weak_links()
    refund_reference(
        reference=call.call_id, amount_minor=CHARGED, reason="x", actor=None, idempotency_key="r"
    )
    assert held_minor(operator.pk) == 0
    assert list(run(scope_since(None))) == []


# -- decided


def test_released_earnings_are_available_and_the_same_reason_holds_no_more_for_a_while(
    settings: Settings,
) -> None:
    customer, operator, _ = linked()
    find_weak_links()
    release_earnings(hold_id=the_hold().pk, reason="they are neighbors", actor=StaffFactory())
    assert balance_of_operator(operator.pk).available_minor == EARNED
    assert Notice.objects.filter(kind="earnings_released", recipient=operator.user).count() == 1
    following = called(customer, operator)
    assert find_weak_links() == 0
    configure(settings, RELEASED_DAYS=0)
    assert find_weak_links() == 1  # what was never held; the first call stays released
    assert EarningsHold.objects.latest("pk").earnings.get().reference == following.call_id


def test_what_is_given_back_takes_the_operators_share_and_the_pay_for_free_minutes() -> None:
    customer, operator = given_customer(balance="45.00", free_minutes=2), given_operator()
    at_home(customer, operator)
    called(customer, operator)  # 3 minutes, 2 of them free
    before = wallet(customer)[0]
    find_weak_links()
    withdrawn = withdraw(StaffFactory(), the_hold()).result
    assert (withdrawn.refunded_minor, withdrawn.operator_minor, withdrawn.promo_minor) == (498, 398, 638)
    assert wallet(customer)[0] == before + 498
    assert earned(operator) == held_minor(operator.pk) == 0
    assert the_hold().state == HoldState.WITHDRAWN
    assert Notice.objects.filter(kind="refund").count() == 1
    assert Notice.objects.filter(kind="earnings_withdrawn", recipient=operator.user).count() == 1
    assert_books_are_whole()
    assert list(run(scope_since(None))) == []


def test_many_calls_count_as_one_gift_and_a_second_person_approves_them_together(settings: Settings) -> None:
    settings.BILLING = {**settings.BILLING, "STAFF_LIMITS": ["*:2000:20"]}
    customer, operator, _ = linked()
    called(customer, operator)
    find_weak_links()
    asked = withdraw(StaffFactory(), the_hold())
    assert asked.request is not None
    assert (asked.request.amount_minor, asked.request.customer) == (2 * CHARGED, customer)
    assert not Transaction.objects.filter(kind="refund").exists()
    called(customer, operator)
    assert find_weak_links() == 1  # a hold of its own: what is to be approved stays as it was asked
    approve(request_id=asked.request.pk, reason="checked", actor=StaffFactory())
    assert EarningsHold.objects.earliest("pk").state == HoldState.WITHDRAWN
    assert held_minor(operator.pk) == earned(operator) == EARNED
    assert [notice.payload["what"][:24] for notice in Notice.objects.filter(kind="refund")] == [
        "2 calls, texts, and tips"
    ]
    assert ApprovalRequest.objects.get().state == "approved"
    assert list(run(scope_since(None))) == []


def test_a_hold_is_decided_once_with_a_reason_by_nobody_whom_it_is_about() -> None:
    customer, operator, _ = linked()
    find_weak_links()
    hold, staff = the_hold(), StaffFactory()
    note_device(user_id=operator.user_id, marker="a browser")
    note_device(user_id=(friend := StaffFactory()).pk, marker="a browser")
    for actor, why, code in (
        (staff, " ", "invalid"),
        (customer.user, "x", "own_account"),
        (operator.user, "x", "own_account"),
        (friend, "x", "own_account"),
    ):
        for decide in (release_earnings, withdraw_earnings):
            more = {} if decide is release_earnings else {"idempotency_key": "k"}
            with pytest.raises(DomainError) as refused, transaction.atomic():
                decide(hold_id=hold.pk, reason=why, actor=actor, **more)
            assert refused.value.error_code == code
    release_earnings(hold_id=hold.pk, reason="neighbors", actor=staff)
    with pytest.raises(Conflict, match="already decided"):
        withdraw_earnings(hold_id=hold.pk, reason="no", actor=staff, idempotency_key="k")


def test_held_earnings_are_not_paid_out_and_keep_data_from_being_erased() -> None:
    customer, operator, _ = linked()
    stranger = given_customer()
    called(stranger, operator)
    find_weak_links()
    payout: dict[str, Any] = {"operator": operator, "reason": "bank 1", "actor": StaffFactory()}
    with pytest.raises(Conflict, match=r"At most \$10.37 can be paid out: \$10.37 is held"):
        record_payout(amount_minor=EARNED + 1, idempotency_key="a", is_early=True, **payout)
    record_payout(amount_minor=EARNED, idempotency_key="b", is_early=True, **payout)
    for user in (customer.user, operator.user):
        assert ErasureObstacle.OPEN_DISPUTE in obstacles(Person.of(user))
    assert ErasureObstacle.OPEN_DISPUTE not in obstacles(Person.of(stranger.user))


# -- guarded


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_heldearning SET amount_minor = 1",
        "DELETE FROM billing_heldearning",
        "UPDATE billing_earningshold SET evidence = '{}'",
        "UPDATE billing_earningshold SET state = 'released'",  # by nobody, for no reason
        "DELETE FROM billing_earningshold",
        (
            "INSERT INTO billing_heldearning (hold_id, operator_id, kind, reference, amount_minor, held_at)"
            " SELECT hold_id, operator_id, 'silent_leg', reference, amount_minor, held_at FROM billing_heldearning"
        ),
        (
            "INSERT INTO billing_heldearning (hold_id, operator_id, kind, reference, amount_minor, held_at)"
            " SELECT hold_id, operator_id, kind, reference, amount_minor, held_at FROM billing_heldearning"
        ),
    ],
)
def test_the_database_keeps_what_was_held_and_decided(statement: str) -> None:
    linked()
    find_weak_links()
    for role in (connection.cursor, as_owner):
        with pytest.raises(Error), transaction.atomic(), role() as cursor:
            cursor.execute(statement)


def test_a_decided_hold_takes_no_more() -> None:
    linked()
    find_weak_links()
    hold = the_hold()
    release_earnings(hold_id=hold.pk, reason="neighbors", actor=StaffFactory())
    for change in (
        "state = 'open', decided_at = NULL, decided_by_id = NULL, reason = ''",
        "reason = 'another'",
    ):
        with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"UPDATE billing_earningshold SET {change}")
    with pytest.raises(Error), transaction.atomic():
        HeldEarning.objects.create(
            hold=hold,
            operator=hold.operator,
            kind=hold.kind,
            reference="x",
            amount_minor=1,
            held_at=clock.now(),
        )


def test_the_audit_finds_what_is_held_of_nothing() -> None:
    _, operator, _ = linked()
    find_weak_links()
    hold = the_hold()
    assert [violation for check in held.CHECKS for violation in check(scope_since(None))] == []
    HeldEarning.objects.create(
        hold=hold,
        operator=operator,
        kind=hold.kind,
        reference="no-such-call",
        amount_minor=1,
        held_at=clock.now(),
    )
    EarningsHold.objects.create(
        operator=operator, customer=given_customer(), kind=hold.kind, evidence={}, opened_at=clock.now()
    )
    wrong = [violation.check for check in held.CHECKS for violation in check(scope_since(None))]
    assert wrong == ["held_earning_is_in_the_books", "hold_is_of_something"]
