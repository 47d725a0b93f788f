"""Cases: opened with the evidence attached and a day for the answer, answered once, appealed to somebody else, closed in time."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError

from billing.case_rules import APPEAL_WITHIN, checked_words
from billing.cases import case_of, complaint_by_link, link_token, red_cases
from billing.ledger.models import Transaction
from billing.models import Case
from billing.receipt_numbers import ReceiptOf, read_receipt_number, receipt_number
from billing.services.answer_case import answer_case, close_unappealed, decide_appeal
from billing.services.appeal_case import appeal_case
from billing.services.check_payment import check_payment
from billing.services.open_case import COMPLAINTS_A_DAY, OPEN_AT_MOST, open_case, open_complaint
from core import clock
from core.errors import Conflict, Invalid, LimitReached, NotAllowed, NotFound
from core.models import AuditRecord
from customers.models import Customer, User
from telephony.models import Call
from tests.factories import BrandFactory, StaffFactory
from tests.messaging.scenario import answer as reply
from tests.messaging.scenario import text
from tests.scenario import given_customer, given_operator, tell, when_called, when_talked
from tests.support.card_processor import Processor, given_paid

pytestmark = pytest.mark.django_db
ANSWER = {"text": "We refunded it.", "outcome": "granted", "reason": "the line was bad"}
NUMBER = "+12125550142"


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="45.00")


@pytest.fixture
def staff() -> User:
    person: User = StaffFactory()
    return person


def given_call(customer: Customer) -> Call:
    call = when_called(customer, given_operator())
    when_talked(call, 127_000)
    return call


def given_case(customer: Customer, call: Call | None = None, **changes: Any) -> Case:
    call = call or given_call(customer)
    what = {"problem": "cut_off", "words": "Cut off after two minutes", "call_id": call.call_id}
    receipt = receipt_number(ReceiptOf.CALL, call.pk)
    return open_case(customer=customer, brand=call.brand, **{"receipt": receipt, **what, **changes})


def at(moment: datetime) -> Any:
    return clock.using(lambda: moment)


# -- opening


def test_a_case_has_a_number_with_check_digits_and_a_day_for_the_answer(customer: Customer) -> None:
    call = given_call(customer)
    with at(datetime(2026, 10, 2, 15, tzinfo=UTC)):  # a Friday
        case = given_case(customer, call)
    assert read_receipt_number(case.number).id == case.pk
    assert case.number.startswith("P-")
    assert (case.kind, case.state, case.due_on) == ("call", "open", date(2026, 10, 13))
    assert (case.reference, case.operator) == (call.call_id, call.operator)
    assert AuditRecord.objects.get(action="case.open").subject == f"billing.case:{case.pk}"


def test_the_day_is_that_of_new_york(customer: Customer) -> None:
    call = given_call(customer)
    with at(datetime(2026, 10, 6, 2, tzinfo=UTC)):  # there it is still Monday
        assert given_case(customer, call).due_on == date(2026, 10, 14)


@pytest.mark.parametrize(
    ("days", "is_red"), [(4, False), (6, False), (7, True)]
)  # after a Friday; the 7th day is the fifth business day
def test_a_case_is_red_from_the_fifth_business_day(customer: Customer, days: int, is_red: bool) -> None:
    call, friday = given_call(customer), datetime(2026, 10, 2, 15, tzinfo=UTC)
    with at(friday):
        case = given_case(customer, call)
    with at(friday + timedelta(days=days)):
        assert case.is_red is is_red
        assert red_cases(clock.now()).filter(pk=case.pk).exists() is is_red


def test_what_is_on_record_about_a_call_is_kept_with_it(customer: Customer) -> None:
    case = given_case(customer)
    evidence = case.evidence
    assert evidence["call"]["end_reason"] == "hangup"
    assert evidence["call"]["joined_ms"] == 127_000
    assert [event["state"] for event in evidence["events"]] == ["started", "ended"]
    assert [line["kind"] for line in evidence["bill"]] == ["connect_fee", "call"]
    assert {consent["kind"] for consent in evidence["consents"]} >= {"terms", "privacy"}
    Call.objects.update(end_reason="failed")
    assert Case.objects.get().evidence == evidence, "later changes don't change it"


def test_evidence_holds_no_number_and_nothing_that_was_written(customer: Customer) -> None:
    """Whatever an adapter reports, and whatever the two wrote."""
    call = when_called(customer, given_operator())
    tell(call, "ringing", at=1, leg="customer", caller="(212) 555-0108", to=NUMBER, note="sip:12125550142@a")
    when_talked(call, 65_000)
    sent = text(customer, call.operator, "My secret wish").message
    reply(call.operator, customer, "And mine")
    written = Transaction.objects.get(kind="message")
    cases = [
        given_case(customer, call),
        given_case(
            customer, receipt=receipt_number(ReceiptOf.FUNDS, written.pk), call_id="", problem="other"
        ),
    ]
    kept = json.dumps([case.evidence for case in cases])
    assert "replied_at" in kept
    assert sent.message_id in cases[1].reference
    phone = customer.phones.get().phone_number.e164
    for hidden in ("555", phone, phone[-4:], "sip:", "secret", "mine", customer.user.email, "caller", "note"):
        assert hidden not in kept, hidden


def test_words_lose_numbers_and_keep_receipts(customer: Customer) -> None:
    words = "Call 212 555 0142 or 4111 1111 1111 1111 about F-48211-11 and C-0012-"
    receipt = receipt_number(ReceiptOf.FUNDS, 48211)
    case = given_case(customer, words=words.replace("F-48211-11", receipt))
    assert "0142" not in case.words
    assert "1111 1111" not in case.words
    assert receipt in case.words
    with pytest.raises(Invalid):
        checked_words("x" * 1001)
    with pytest.raises(Invalid):
        checked_words(" \x00 ")


def test_somebody_elses_receipt_is_not_found(customer: Customer) -> None:
    other = given_customer()
    call = given_call(other)
    credit = Transaction.objects.filter(customer=other).earliest("pk")
    for changes in (
        {"receipt": receipt_number(ReceiptOf.CALL, call.pk), "call_id": call.call_id},
        {"receipt": receipt_number(ReceiptOf.FUNDS, credit.pk), "call_id": ""},
        {"receipt": receipt_number(ReceiptOf.CALL, call.pk), "call_id": ""},
    ):
        with pytest.raises(NotFound):
            given_case(customer, call, **changes)
    case = given_case(other, call)
    with pytest.raises(NotFound):
        case_of(customer, case.number)
    assert case_of(other, case.number.lower().replace("-", " ")) == case


def test_one_open_case_for_a_receipt_and_another_after_the_answer(customer: Customer, staff: User) -> None:
    call = given_call(customer)
    case = given_case(customer, call)
    with pytest.raises(Conflict):
        given_case(customer, call)
    answer_case(case_id=case.pk, **ANSWER, actor=staff)
    assert given_case(customer, call) != case


def test_a_problem_is_chosen_and_something_else_needs_words(customer: Customer) -> None:
    call = given_call(customer)
    for changes in ({"problem": ""}, {"problem": "bad"}, {"problem": "other", "words": ""}):
        with pytest.raises(Invalid):
            given_case(customer, call, **changes)


def test_the_open_cases_of_one_customer_are_bounded(customer: Customer) -> None:
    call = given_call(customer)
    receipts = [receipt_number(ReceiptOf.CALL, number) for number in range(1000, 1001 + OPEN_AT_MOST)]
    for receipt in receipts[:-1]:
        given_case(customer, call, receipt=receipt)
    with pytest.raises(LimitReached):
        given_case(customer, call, receipt=receipts[-1])


def test_a_complaint_needs_no_account_and_is_found_by_its_link() -> None:
    case = open_complaint(brand=BrandFactory(), email=" Carl@Example.test ", words="Too loud")
    assert (case.kind, case.customer, case.email, case.evidence) == (
        "complaint",
        None,
        "carl@example.test",
        {},
    )
    assert complaint_by_link(case.number, link_token(case)) == case
    other = open_complaint(brand=BrandFactory(), email="dora@example.test", words="Too loud")
    for number, token in (
        (case.number, link_token(other)),
        (case.number, ""),
        ("P-0001-00", link_token(case)),
    ):
        with pytest.raises(NotFound):
            complaint_by_link(number, token)


def test_one_address_complains_a_few_times_a_day() -> None:
    for _ in range(COMPLAINTS_A_DAY):
        open_complaint(brand=BrandFactory(), email="carl@example.test", words="Too loud")
    with pytest.raises(LimitReached):
        open_complaint(brand=BrandFactory(), email="CARL@example.test", words="Too loud")


def test_a_chargeback_opens_one_case_for_its_payment(processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    for total in (1000, 2500):
        processor.add(payment, charged_back_minor=total)
        check_payment(payment_id=payment.pk)
    processor.add(payment, won_back_minor=2500)
    check_payment(payment_id=payment.pk)
    case = Case.objects.get()
    assert (case.kind, case.customer, case.reference) == ("dispute", payment.customer, payment.reference)
    assert [line["amount_minor"] for line in case.evidence["payments"]] == [2500]
    assert "4242" not in json.dumps(case.evidence)


# -- answers and appeals


def test_an_answer_is_given_once_with_a_reason(customer: Customer, staff: User) -> None:
    case = given_case(customer)
    for changes in ({"text": " "}, {"outcome": ""}, {"outcome": "maybe"}, {"reason": ""}):
        with pytest.raises(Invalid):
            answer_case(case_id=case.pk, **ANSWER | changes, actor=staff)
    answered = answer_case(case_id=case.pk, **ANSWER, actor=staff)
    assert (answered.state, answered.outcome, answered.handled_by) == ("answered", "granted", staff)
    record = AuditRecord.objects.get(action="case.answer")
    assert (record.actor, record.reason) == (staff, "the line was bad")
    with pytest.raises(Conflict):
        answer_case(case_id=case.pk, **ANSWER, actor=staff)


def test_an_appeal_is_decided_by_somebody_else_and_closes_the_case(customer: Customer, staff: User) -> None:
    case = given_case(customer)
    with pytest.raises(Conflict):
        appeal_case(case_id=case.pk, words="Too early")
    answer_case(case_id=case.pk, **ANSWER, actor=staff)
    with pytest.raises(Conflict):
        decide_appeal(case_id=case.pk, **ANSWER, actor=StaffFactory())
    with at(datetime(2026, 12, 4, 15, tzinfo=UTC)):  # a Friday
        appealed = appeal_case(case_id=case.pk, words="Not refunded")
    assert (appealed.state, appealed.due_on) == ("appealed", date(2026, 12, 15))
    with pytest.raises(NotAllowed) as refusal:
        decide_appeal(case_id=case.pk, **ANSWER, actor=staff)
    assert refusal.value.error_code == "appeal_needs_another"
    decided = decide_appeal(case_id=case.pk, **ANSWER | {"outcome": "partly"}, actor=StaffFactory())
    assert (decided.state, decided.outcome, decided.closed_at) == ("closed", "partly", decided.decided_at)
    with pytest.raises(Conflict):
        appeal_case(case_id=case.pk, words="Again")


def test_the_database_keeps_an_appeal_from_who_answered(customer: Customer, staff: User) -> None:
    case = given_case(customer)
    answer_case(case_id=case.pk, **ANSWER, actor=staff)
    with pytest.raises(IntegrityError):
        Case.objects.filter(pk=case.pk).update(decided_by=staff)


def test_an_answer_is_appealed_in_time_or_the_case_is_closed(customer: Customer, staff: User) -> None:
    early, late = given_case(customer), given_case(customer)
    answered = answer_case(case_id=early.pk, **ANSWER, actor=staff).answered_at
    assert answered is not None
    with at(answered + timedelta(days=1)):
        answer_case(case_id=late.pk, **ANSWER, actor=staff)
    end = answered + APPEAL_WITHIN
    assert close_unappealed(at=end - timedelta(seconds=1)) == 0
    assert close_unappealed(at=end) == 1
    assert list(Case.objects.filter(state="closed")) == [early]
    with at(end + timedelta(days=1, seconds=1)), pytest.raises(Conflict):
        appeal_case(case_id=late.pk, words="Too late")
