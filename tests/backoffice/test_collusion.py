"""Collusion in a dispute: never by one person alone; the operator reads why and may contest it; somebody else decides."""

from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.test import Client
from pytest_django.fixtures import Settings

from backoffice.revenue import revenue
from billing.auditing import collusion, run, scope_since
from billing.ledger.models import Account, Entry
from billing.models import ApprovalRequest, CollusionFinding, Payment
from billing.services.check_payment import check_payment
from billing.services.contest_collusion import contest_collusion, decide_contest
from billing.services.record_collusion import record_collusion
from billing.services.refund import refund_reference, refund_references
from billing.staff_limits import ApprovalNeeded
from core import clock
from core.days import BOOKS_ZONE
from core.errors import Conflict, DomainError, NotFound
from customers.models import User
from operators.models import Operator
from telephony.models import Call
from tests.factories import StaffFactory
from tests.scenario import given_customer, given_operator, logged_in, when_called, when_talked
from tests.support.card_processor import Processor, given_paid
from tests.support.database_owner import as_owner_past_guards
from tests.support.html import compact

pytestmark = pytest.mark.django_db
ADMIN, PORTAL = "admin.localhost", "portal.localhost"


def member() -> User:
    person: User = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name="Finance"))
    return person


@pytest.fixture
def disputed(processor: Processor) -> Payment:
    """Of $25.00, $12.96 were talked with Sarah, who earned $10.37; the bank took $15.00 back."""
    payment = given_paid(processor, given_customer(balance=0))
    when_talked(when_called(payment.customer, given_operator(stage_name="Sarah")), 127_000)
    processor.add(payment, charged_back_minor=1500)
    return check_payment(payment_id=payment.pk)


def sarah() -> Operator:
    return Operator.objects.select_related("user").get(stage_name="Sarah")


def owed() -> int:
    return Account.objects.get(kind="payable", operator=sarah()).balance_minor


def losses() -> int:
    return -sum(Entry.objects.filter(account__kind="disputes").values_list("amount_minor", flat=True))


def given_recorded(payment: Payment) -> tuple[CollusionFinding, User, User]:
    """By two, through the pages."""
    first, second = member(), member()
    form = {"operator": str(sarah().pk), "confirmed": "1", "reason": "Same flat, same card."}
    logged_in(first, ADMIN).post(f"/backoffice/payments/{payment.pk}/collusion/", form)
    request = ApprovalRequest.objects.get()
    assert owed() > 0 == CollusionFinding.objects.count(), "one alone takes nothing"
    for person in (first, second):  # the first may not confirm
        logged_in(person, ADMIN).post(
            f"/backoffice/approvals/{request.pk}/approve/", {"confirmed": "1", "reason": "I agree."}
        )
    return CollusionFinding.objects.get(), first, second


def test_two_people_take_back_what_was_earned_and_the_books_hold_it(disputed: Payment) -> None:
    desk = logged_in(member(), ADMIN)
    assert "Propose that they colluded" in compact(desk.get("/backoffice/payments/"))
    asked = compact(
        desk.post(f"/backoffice/payments/{disputed.pk}/collusion/", {"operator": str(sarah().pk)})
    )
    assert "Propose to take $10.37 back from Sarah?" in asked
    assert not ApprovalRequest.objects.exists()
    finding, first, second = given_recorded(disputed)
    assert (finding.proposed_by, finding.confirmed_by, finding.amount_minor) == (first, second, 1037)
    assert (owed(), losses()) == (0, -1037)
    [row] = revenue(clock.now().astimezone(BOOKS_ZONE).date().replace(day=1))
    assert (
        row.paid_minor + row.promo_minor + row.uncollected_minor
        == row.tax_minor + row.operator_minor + row.platform_minor
    )
    assert row.operator_minor == 0
    assert list(run(scope_since(None))) == []
    with pytest.raises(Conflict, match="recorded before"):
        record_collusion(
            payment_id=disputed.pk, operator=sarah(), reason="again", actor=first, idempotency_key="x"
        )


def test_no_more_than_is_in_dispute(processor: Processor, disputed: Payment) -> None:
    processor.add(disputed, won_back_minor=900)
    check_payment(payment_id=disputed.pk)
    with pytest.raises(ApprovalNeeded) as needed:
        record_collusion(
            payment_id=disputed.pk, operator=sarah(), reason="x", actor=member(), idempotency_key="x"
        )
    assert needed.value.gift.amount_minor == 600


def test_talk_that_two_disputed_payments_paid_for_is_taken_back_once(processor: Processor) -> None:
    """Sarah earned $10.37 after the first payment and $10.37 after the second; both banks take back more than that."""
    customer, operator = given_customer(balance=0), given_operator(stage_name="Sarah")
    payments = []
    for _ in range(2):
        payments.append(given_paid(processor, customer))
        when_talked(when_called(customer, operator), 127_000)
    for payment in payments:
        processor.add(payment, charged_back_minor=2500)
        check_payment(payment_id=payment.pk)
    given_recorded(payments[0])
    assert owed() == 0, "she talked twice since the first payment, for less than is in dispute"
    with pytest.raises(Conflict, match="earned nothing"):
        record_collusion(
            payment_id=payments[1].pk, operator=sarah(), reason="x", actor=member(), idempotency_key="x"
        )
    assert list(run(scope_since(None))) == []


def test_what_was_taken_back_is_refunded_at_the_platforms_expense_alone(disputed: Payment) -> None:
    given_recorded(disputed)
    reference = Call.objects.get().call_id
    refund = partial(refund_reference, reference=reference, reason="noise", actor=None)
    with pytest.raises(Conflict) as refused:
        refund(idempotency_key="at hers, too")
    assert refused.value.error_code == "taken_back"
    assert refund_references(references=[reference], reason="x", actor=None, idempotency_key="y") is None
    assert refund(idempotency_key="ours", claws_back=False).platform_minor == 1296
    assert owed() == 0
    assert list(run(scope_since(None))) == []


def test_a_delay_never_stands_in_for_the_second_person(disputed: Payment, settings: Settings) -> None:
    settings.BILLING = settings.BILLING | {"SOLE_ADMINISTRATOR": True}
    form = {"operator": str(sarah().pk), "confirmed": "1", "reason": "Same flat."}
    logged_in(member(), ADMIN).post(f"/backoffice/payments/{disputed.pk}/collusion/", form)
    assert ApprovalRequest.objects.get().due_at is None


def test_who_had_no_talk_or_no_dispute_is_refused(processor: Processor, disputed: Payment) -> None:
    def record(payment: Payment, operator: Operator) -> Any:
        return record_collusion(
            payment_id=payment.pk, operator=operator, reason="x", actor=member(), idempotency_key="x"
        )

    with pytest.raises(Conflict, match="earned nothing"):
        record(disputed, given_operator())
    with pytest.raises(Conflict, match="isn't in dispute"):
        record(given_paid(processor, given_customer(balance=0)), sarah())


def test_the_operator_reads_the_reason_contests_it_once_and_is_heard_by_somebody_else(
    disputed: Payment,
) -> None:
    finding, first, second = given_recorded(disputed)
    portal = logged_in(sarah().user, PORTAL)
    page = compact(portal.get("/taken-back/"))
    assert "Same flat, same card." in page
    assert disputed.customer.alias not in page
    for words in ("We never met. Call 212-555-0199.", "again"):
        portal.post(f"/taken-back/{finding.pk}/contest/", {"words": words})
    finding.refresh_from_db()
    assert finding.state == "contested"
    assert "We never met" in finding.contest
    assert "0199" not in finding.contest
    third = member()
    assert "We never met" in compact(logged_in(third, ADMIN).get("/backoffice/taken-back/"))
    form = {"decision": "restore", "confirmed": "1", "reason": "Two flats after all."}
    for person in (first, second, third):
        logged_in(person, ADMIN).post(f"/backoffice/taken-back/{finding.pk}/decide/", form)
    finding.refresh_from_db()
    assert (finding.state, finding.decided_by) == ("reversed", third)
    assert (owed(), losses()) == (1037, 0)
    assert "Two flats after all." in compact(portal.get("/taken-back/"))
    assert list(run(scope_since(None))) == []


def test_upheld_nothing_moves(disputed: Payment) -> None:
    finding, *_ = given_recorded(disputed)
    contest_collusion(finding_id=finding.pk, operator=sarah(), words="No")
    decide_contest(finding_id=finding.pk, is_restored=False, reason="It is so.", actor=member())
    assert (owed(), losses()) == (0, -1037)
    with pytest.raises(DomainError):
        decide_contest(finding_id=finding.pk, is_restored=True, reason="changed my mind", actor=member())


def test_nobody_sees_or_contests_what_is_anothers(disputed: Payment) -> None:
    finding, *_ = given_recorded(disputed)
    other = given_operator()
    with pytest.raises(NotFound):
        contest_collusion(finding_id=finding.pk, operator=other, words="No")
    assert "Nothing was taken back" in compact(logged_in(other.user, PORTAL).get("/taken-back/"))
    support: User = StaffFactory(is_superuser=False)
    support.groups.add(Group.objects.get(name="Support"))
    assert logged_in(support, ADMIN).get("/backoffice/taken-back/").status_code == 403


@pytest.mark.parametrize(
    ("statement", "check"),
    [
        ("UPDATE billing_collusionfinding SET amount_minor = 1", "collusion_is_in_the_books"),
        ("UPDATE billing_collusionfinding SET operator_id = 0", "earnings_are_taken_back_by_a_finding"),
    ],
)
def test_a_planted_row_is_found_and_the_database_refuses_it(
    disputed: Payment, statement: str, check: str
) -> None:
    given_recorded(disputed)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    with as_owner_past_guards() as cursor:
        cursor.execute(statement)
        assert check in {one.check for each in collusion.CHECKS for one in each(scope_since(None))}


def test_one_person_twice_is_refused_by_the_database(disputed: Payment) -> None:
    person: Client | User = member()
    with pytest.raises(DatabaseError), transaction.atomic():
        CollusionFinding.objects.create(
            payment=disputed, operator=sarah(), amount_minor=1, references=["x"], reason="x", proposed_by=person,
            confirmed_by=person, recorded_at=clock.now(),
        )  # fmt: skip
