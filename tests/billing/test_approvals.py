"""Two persons above a limit: what one may give alone to one person in 24 hours, and what a second one decides."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import Error, connection, transaction
from pytest_django.fixtures import Settings

from billing.checks import complaints
from billing.deeds import CREDIT, FUNDS, GRANT, PAYOUT, REFUND, RETURN
from billing.ledger.models import Transaction
from billing.models import ApprovalRequest, FreeMinutesPackage, FundsRequest
from billing.selectors import wallet_of
from billing.services.carry_out import CarriedOut, carry_out
from billing.services.credit_wallet import credit_wallet
from billing.services.decide_approval import approve, decide_by_time, decline, withdraw
from billing.services.grant_free_minutes import grant_free_minutes
from billing.services.request_funds import request_funds
from billing.staff_limits import Approval, ApprovalNeeded, Gift
from billing.states import ApprovalState, CreditSource
from core import clock
from core.errors import Conflict, DomainError
from core.models import AuditRecord
from customers.models import Customer, User
from customers.services.limits import close_account
from operators.models import Operator
from telephony.approvals import CORRECTION
from telephony.models import Call, Correction
from tests.factories import BrandFactory, StaffFactory, UserFactory
from tests.scenario import (
    assert_books_are_whole,
    earned,
    given_customer,
    given_operator,
    when_called,
    when_talked,
)
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _limits(settings: Settings) -> None:
    """Superusers and others give one person $20.00 and 20 free minutes alone, Support $10.00 and 10."""
    settings.BILLING = {
        **settings.BILLING,
        "STAFF_LIMITS": ["Support:1000:10", "Finance:5000:0", "*:2000:20"],
    }


@pytest.fixture
def staff() -> User:
    member: User = StaffFactory()
    return member


@pytest.fixture
def colleague() -> User:
    member: User = StaffFactory()
    return member


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance=0)


@contextmanager
def travelled(*, hours: float) -> Iterator[None]:
    with clock.using(lambda: datetime.now(UTC) + timedelta(hours=hours)):
        yield


def give(staff: User, customer: Customer, amount_minor: int, key: str = "k") -> CarriedOut:
    return carry_out(
        CREDIT, actor=staff, reason="sorry", idempotency_key=key, customer=customer.pk, amount_minor=amount_minor,
        source="adjustment",
    )  # fmt: skip


def give_minutes(
    staff: User, customer: Customer, minutes: int, operator: Operator | None, key: str
) -> CarriedOut:
    return carry_out(
        GRANT, actor=staff, reason="sorry", idempotency_key=key, customer=customer.pk, minutes=minutes,
        operator=operator.pk if operator else None, expires_at=(clock.now() + WEEK).isoformat(), funded_by="platform",
    )  # fmt: skip


def requested(carried_out: CarriedOut) -> ApprovalRequest:
    assert carried_out.request is not None, carried_out
    return carried_out.request


def state_of(request: ApprovalRequest) -> str:
    return ApprovalRequest.objects.get(pk=request.pk).state


def refusal(deed: Any, **arguments: Any) -> str:
    with pytest.raises(DomainError) as refused:
        deed(reason="because", **arguments)
    return refused.value.error_code


# -- above the limit


def test_a_credit_split_into_small_parts_is_counted_together(staff: User, customer: Customer) -> None:
    for number in range(4):
        assert give(staff, customer, 500, f"part-{number}").request is None
    last = give(staff, customer, 1, "one cent more")
    assert requested(last).amount_minor == 1
    assert "at most $20.00 in 24 hours; $20.00 so far" in last.why
    assert wallet_of(customer.pk).balance_minor == 2000


def test_the_service_itself_refuses_what_is_above_the_limit(staff: User, customer: Customer) -> None:
    with pytest.raises(ApprovalNeeded):
        credit_wallet(
            customer=customer, amount_minor=2001, source=CreditSource.PROMO, reason="x", actor=staff, idempotency_key="k"
        )  # fmt: skip


def test_credits_refunds_and_what_is_paid_back_count_together(staff: User) -> None:
    call = when_called(given_customer(balance="45.00"), given_operator())
    when_talked(call, 127_000)
    assert give(staff, call.customer, 1500).request is None
    refund = carry_out(
        REFUND, actor=staff, reason="noise", idempotency_key="r", reference=call.call_id, amount_minor=None,
        claws_back=True,
    )  # fmt: skip
    request = requested(refund)
    assert request.arguments["amount_minor"] == request.amount_minor == 1296
    assert not Transaction.objects.filter(kind="refund").exists()


def test_a_person_counts_once_however_many_accounts_they_have(staff: User) -> None:
    """Two logins with one phone, also a removed one, and the operator behind the customer's login."""
    one, other = given_customer(balance=0), given_customer(balance=0)
    other.phones.all().delete()
    other.phones.create(phone_number=one.phones.get().phone_number, is_primary=False)
    assert give(staff, one, 1500, "one").request is None
    assert requested(give(staff, other, 501, "other"))
    assert give(staff, given_customer(balance=0), 1500, "stranger").request is None


def test_minutes_that_pay_one_operator_count_for_her_whoever_gets_them(staff: User) -> None:
    operator = given_operator()
    assert give_minutes(staff, given_customer(balance=0), 15, operator, "one").request is None
    assert requested(give_minutes(staff, given_customer(balance=0), 6, operator, "two"))
    assert give_minutes(staff, given_customer(balance=0), 6, given_operator(), "three").request is None


def test_a_payout_counts_and_what_the_same_person_gets_as_a_customer_too(staff: User) -> None:
    operator = given_operator()
    when_talked(when_called(given_customer(balance="45.00"), operator), 300_000)
    owed = earned(operator)
    own = given_customer(balance=0, user=operator.user)
    assert give(staff, own, 1000, "credit").request is None
    payout = carry_out(
        PAYOUT,
        actor=staff,
        reason="bank 1",
        idempotency_key="p",
        operator=operator.pk,
        amount_minor=1001,
        is_early=True,
    )
    assert requested(payout).operator == operator
    assert earned(operator) == owed


@pytest.mark.parametrize(
    ("role", "alone"), [("Support", 1000), ("Finance", 5000), ("Other", 2000), (None, 2000)]
)
def test_each_role_has_its_limit(role: str | None, alone: int, customer: Customer) -> None:
    clerk: User = UserFactory(is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="credit_wallet"))
    if role:
        clerk.groups.add(Group.objects.get_or_create(name=role)[0])
    assert give(clerk, customer, alone, "a").request is None
    assert requested(give(clerk, customer, 1, "b"))


def test_a_superuser_outside_of_staff_is_bound_too(customer: Customer) -> None:
    outsider: User = StaffFactory(is_staff=False)
    with pytest.raises(ApprovalNeeded):
        credit_wallet(
            customer=customer, amount_minor=2001, source=CreditSource.PROMO, reason="x", actor=outsider, idempotency_key="k"
        )  # fmt: skip
    for person in (outsider, UserFactory(), UserFactory(is_staff=True), StaffFactory(is_active=False)):
        with pytest.raises(DomainError, match="You don't have permission to do this"):
            give(person, customer, 1)


def test_what_was_given_a_day_ago_no_longer_counts(
    staff: User, customer: Customer, settings: Settings
) -> None:
    settings.BILLING = {**settings.BILLING, "STAFF_DAILY_MINOR": 10**6}
    give(staff, customer, 2000, "a")
    with travelled(hours=24):
        assert give(staff, customer, 2000, "b").request is None


def test_what_would_be_refused_anyway_makes_no_request(staff: User, customer: Customer) -> None:
    own = given_customer(balance=0, user=staff)
    for person, amount in ((own, 5000), (customer, 10**7), (customer, 0)):
        with pytest.raises(DomainError):
            give(staff, person, amount)
    assert not ApprovalRequest.objects.exists()


def test_the_same_form_twice_makes_one_request(staff: User, customer: Customer) -> None:
    first, second = (requested(give(staff, customer, 5000)) for _ in range(2))
    assert first == second
    with pytest.raises(Conflict):
        give(staff, customer, 5001)


# -- the decision


def test_a_colleague_approves_and_it_is_done_once(staff: User, colleague: User, customer: Customer) -> None:
    request = requested(give(staff, customer, 5000))
    approve(request_id=request.pk, reason="checked", actor=colleague)
    assert wallet_of(customer.pk).balance_minor == 5000
    posted = Transaction.objects.get(customer=customer)
    assert (posted.actor, posted.reason) == (staff, "sorry")
    record = AuditRecord.objects.get(action="wallet.credit")
    assert (record.details["approval"], record.details["approved_by"]) == (request.pk, colleague.pk)
    assert refusal(approve, request_id=request.pk, actor=colleague) == "already_decided"
    assert refusal(decline, request_id=request.pk, actor=colleague) == "already_decided"
    assert give(staff, customer, 5000).request is None  # the form once more: the same transaction
    assert Transaction.objects.filter(customer=customer).count() == 1
    assert_books_are_whole()


def test_nobody_approves_their_own_request_or_what_they_gain_by(staff: User, customer: Customer) -> None:
    request = requested(give(staff, customer, 5000))
    assert refusal(approve, request_id=request.pk, actor=staff) == "own_request"
    assert refusal(decline, request_id=request.pk, actor=staff) == "own_request"
    customer.user.is_staff = customer.user.is_superuser = True
    customer.user.save()
    assert refusal(approve, request_id=request.pk, actor=customer.user) == "own_account"
    alias: User = StaffFactory()
    given_customer(balance=0, user=alias, phone=False).phones.create(
        phone_number=customer.phones.get().phone_number
    )
    assert refusal(approve, request_id=request.pk, actor=alias) == "own_account"
    assert (state_of(request), wallet_of(customer.pk).balance_minor) == (ApprovalState.WAITING, 0)


def test_only_who_may_do_the_deed_decides_it(staff: User, customer: Customer) -> None:
    request = requested(give(staff, customer, 5000))
    clerk: User = UserFactory(is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="refund_sale"))
    assert refusal(approve, request_id=request.pk, actor=clerk) == "not_allowed"
    clerk.user_permissions.add(Permission.objects.get(codename="credit_wallet"))
    approve(request_id=request.pk, reason="checked", actor=clerk)
    assert wallet_of(customer.pk).balance_minor == 5000


def test_a_request_expires_after_72_hours(staff: User, colleague: User, customer: Customer) -> None:
    request = requested(give(staff, customer, 5000))
    with travelled(hours=73):
        assert refusal(approve, request_id=request.pk, actor=colleague) == "expired"
        assert decide_by_time(at=clock.now()) == 1
        assert state_of(request) == ApprovalState.EXPIRED
        again = requested(give(staff, customer, 5000))
    assert again != request
    assert wallet_of(customer.pk).balance_minor == 0


def test_what_changed_meanwhile_is_looked_at_again(staff: User, colleague: User, customer: Customer) -> None:
    """The wallet is nearly full when the credit is decided: refused, and nothing is decided."""
    request = requested(give(staff, customer, 5000))
    credit_wallet(
        customer=customer, amount_minor=99_000, source=CreditSource.PROMO, reason="x", actor=None, idempotency_key="full"
    )  # fmt: skip
    assert refusal(approve, request_id=request.pk, actor=colleague) == "balance_limit"
    assert state_of(request) == ApprovalState.WAITING


def test_a_balance_is_not_paid_back_once_the_account_is_open_again(staff: User, colleague: User) -> None:
    customer = given_customer(balance="45.00")
    close_account(customer=customer)
    back = carry_out(
        RETURN, actor=staff, reason="bank 2", idempotency_key="b", customer=customer.pk, amount_minor=4500
    )
    Customer.objects.filter(pk=customer.pk).update(closed_at=None)
    assert refusal(approve, request_id=requested(back).pk, actor=colleague) == "account_open"
    Customer.objects.filter(pk=customer.pk).update(closed_at=clock.now())
    approve(request_id=requested(back).pk, reason="checked", actor=colleague)
    assert wallet_of(customer.pk).balance_minor == 0


def test_who_was_dismissed_or_became_the_customer_gives_nothing(
    staff: User, colleague: User, customer: Customer
) -> None:
    request = requested(give(staff, customer, 5000))
    User.objects.filter(pk=staff.pk).update(is_active=False)
    assert refusal(approve, request_id=request.pk, actor=colleague) == "requester_left"
    User.objects.filter(pk=staff.pk).update(is_active=True)
    Customer.objects.filter(pk=customer.pk).update(user=staff)
    assert refusal(approve, request_id=request.pk, actor=colleague) == "own_account"
    assert wallet_of(customer.pk).balance_minor == 0


def test_a_credit_for_an_account_closed_meanwhile_is_refused(
    staff: User, colleague: User, customer: Customer
) -> None:
    credit, minutes = give(staff, customer, 5000), give_minutes(staff, customer, 30, None, "m")
    close_account(customer=customer)
    for carried_out in (credit, minutes):
        request = requested(carried_out)
        assert refusal(approve, request_id=request.pk, actor=colleague) == "account_closed"
    assert wallet_of(customer.pk).balance_minor == 0
    assert not FreeMinutesPackage.objects.exists()


def test_declined_and_withdrawn_requests_give_nothing(
    staff: User, colleague: User, customer: Customer
) -> None:
    first, second = (requested(give(staff, customer, 5000, key)) for key in "ab")
    decline(request_id=first.pk, reason="too much", actor=colleague)
    assert refusal(withdraw, request_id=second.pk, actor=colleague) == "not_allowed"
    withdraw(request_id=second.pk, reason="a mistake", actor=staff)
    assert [state_of(first), state_of(second)] == [ApprovalState.DECLINED, ApprovalState.WITHDRAWN]
    assert wallet_of(customer.pk).balance_minor == 0


def test_a_request_for_funds_is_credited_by_two(staff: User, colleague: User, customer: Customer) -> None:
    funds = request_funds(customer=customer, brand=BrandFactory(), amount_minor=5000)
    asked = carry_out(
        FUNDS, actor=staff, reason="wire 7", idempotency_key="f", request_id=funds.pk, amount_minor=5000,
        source="adjustment",
    )  # fmt: skip
    assert FundsRequest.objects.get().state == "waiting"
    approve(request_id=requested(asked).pk, reason="wire seen", actor=colleague)
    assert FundsRequest.objects.get().state == "done"
    assert wallet_of(customer.pk).balance_minor == 5000


def test_a_correction_that_gives_back_more_is_decided_by_two(staff: User, colleague: User) -> None:
    call: Call = when_called(given_customer(balance="45.00"), given_operator())
    when_talked(call, 300_000)
    correction = Correction.objects.create(
        call=call, joined_at=clock.now(), recorded_ms=0, booked_ms=300_000, change_minor=-2094, created_at=clock.now()
    )  # fmt: skip
    asked = carry_out(
        CORRECTION, actor=staff, reason="never joined", idempotency_key="c", correction_id=correction.pk
    )
    assert wallet_of(call.customer_id).balance_minor < 4500
    approve(request_id=requested(asked).pk, reason="record seen", actor=colleague)
    assert wallet_of(call.customer_id).balance_minor == 4500
    assert Correction.objects.get().state == "approved"


# -- where there is one administrator


def test_without_a_second_person_a_request_waits_for_a_day(
    staff: User, customer: Customer, settings: Settings
) -> None:
    settings.BILLING = {**settings.BILLING, "SOLE_ADMINISTRATOR": True}
    request = requested(give(staff, customer, 5000))
    with travelled(hours=23):
        assert decide_by_time(at=clock.now()) == 0
    with travelled(hours=25):
        assert decide_by_time(at=clock.now()) == 1
        assert decide_by_time(at=clock.now()) == 0
    assert (state_of(request), wallet_of(customer.pk).balance_minor) == (ApprovalState.APPROVED, 5000)


def test_what_is_refused_after_the_delay_is_closed_with_the_reason(
    staff: User, customer: Customer, settings: Settings
) -> None:
    settings.BILLING = {**settings.BILLING, "SOLE_ADMINISTRATOR": True}
    request = requested(give(staff, customer, 5000))
    User.objects.filter(pk=staff.pk).update(is_staff=False)
    with travelled(hours=25):
        assert decide_by_time(at=clock.now()) == 1
    request.refresh_from_db()
    assert request.state == ApprovalState.DECLINED
    assert "no longer has permission" in request.decision_reason
    assert wallet_of(customer.pk).balance_minor == 0


def test_the_delay_needs_an_owner_to_write_to(settings: Settings) -> None:
    settings.BILLING = {**settings.BILLING, "SOLE_ADMINISTRATOR": True}
    settings.OWNER_EMAILS = []
    assert "AEIMS_SOLE_ADMINISTRATOR needs OWNER_EMAIL." in list(complaints())
    settings.OWNER_EMAILS = ["owner@example.test"]
    assert list(complaints()) == []
    for wrong in (["Support"], ["Support:-1:0"], ["Support:a:b"]):
        settings.BILLING = {**settings.BILLING, "STAFF_LIMITS": wrong}
        assert any("AEIMS_STAFF_LIMITS" in complaint for complaint in complaints())


# -- past the services


def test_the_command_obeys_the_same_limit(staff: User, colleague: User, customer: Customer) -> None:
    options = [f"--actor={staff.email}", f"--customer={customer.pk}", "--expires=+30d", "--reason=sorry"]
    call_command("grant_free_minutes", "--minutes=20", "--key=a", *options)
    with pytest.raises(CommandError, match="needs approval"):
        call_command("grant_free_minutes", "--minutes=1", "--key=b", *options)
    assert FreeMinutesPackage.objects.count() == 1
    approve(request_id=ApprovalRequest.objects.get().pk, reason="checked", actor=colleague)
    assert FreeMinutesPackage.objects.count() == 2


def test_no_other_gift_goes_through_on_an_approval(staff: User, colleague: User, customer: Customer) -> None:
    request = requested(give(staff, customer, 5000))
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE billing_approvalrequest SET amount_minor = 1 WHERE id = %s", [request.pk])
    with pytest.raises(Error), transaction.atomic():
        ApprovalRequest.objects.filter(pk=request.pk).update(arguments={"amount_minor": 10**6})
    with pytest.raises(Error), transaction.atomic():
        ApprovalRequest.objects.filter(pk=request.pk).delete()
    with pytest.raises(Error), transaction.atomic(), as_owner():
        ApprovalRequest.objects.filter(pk=request.pk).delete()
    with pytest.raises(Error), transaction.atomic():  # the database knows who asked
        ApprovalRequest.objects.filter(pk=request.pk).update(
            state=ApprovalState.APPROVED, decided_by=staff, decided_at=clock.now()
        )
    decline(request_id=request.pk, reason="no", actor=colleague)
    with pytest.raises(Error), transaction.atomic():
        ApprovalRequest.objects.filter(pk=request.pk).update(
            state=ApprovalState.WAITING, decided_by=None, decided_at=None
        )


def test_a_service_is_not_called_with_the_approval_of_something_else(
    staff: User, colleague: User, customer: Customer
) -> None:
    approval = Approval(1, colleague.pk, Gift(seconds=3600, customer=customer))
    with pytest.raises(ApprovalNeeded):
        grant_free_minutes(
            customer=customer, operator=None, minutes=61, expires_at=clock.now() + WEEK, reason="x", actor=staff,
            idempotency_key="k", approval=approval,
        )  # fmt: skip
