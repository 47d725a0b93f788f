"""Letters about money given back: several refunds by a rule are one letter; a corrected charge and a credit by staff write one."""

import re
from datetime import timedelta

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from billing.models import Authorization
from billing.services.adjust_settlement import adjust_settlement
from billing.services.credit_wallet import credit_wallet
from billing.states import CreditSource
from core import clock
from customers.models import Customer
from messaging.services.block import block
from messaging.services.refund_unanswered import refund_unanswered
from messaging.services.send import send
from messaging.states import Side
from notices.models import Notice
from notices.money_letters import texts_refunded
from notices.services.send import send as send_notice
from notices.states import NoticeKind
from operators.models import Operator
from tests.factories import StaffFactory
from tests.notices.test_letters import letter
from tests.scenario import given_customer, given_operator, when_called, when_talked
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="45.00")


def texts(customer: Customer, operator: Operator, count: int, *, days_ago: float = 2) -> None:
    at = clock.now() - timedelta(days=days_ago)
    with clock.using(lambda: at):
        for number in range(count):
            send(customer=customer, operator_id=operator.pk, text=f"Are you there? {number}")


def test_texts_to_several_people_that_nobody_answered_are_one_letter(
    mail_sink: MailSink, customer: Customer
) -> None:
    texts(customer, given_operator(), 2)
    texts(customer, given_operator(), 1)
    other = given_customer(balance="45.00")
    texts(other, given_operator(), 1)
    assert refund_unanswered(at=clock.now()) == 4
    deliver_mail()
    to_customer, to_other = sorted(mail_sink.mails, key=lambda mail: mail["To"] != customer.user.email)
    text = text_of(to_customer)
    assert re.search(r"We refunded \$1\.50 for 3 texts on \w+ \d+, \d{4}\.", text), text
    assert "You now have $45.00." in text
    assert re.search(r"We refunded \$0\.50 for a text on \w+ \d+, \d{4}\.", text_of(to_other))


def test_texts_of_several_days_name_no_day() -> None:
    assert texts_refunded(2, {"March 3, 2027", "March 4, 2027"}) == "2 texts"
    assert texts_refunded(2, {"March 3, 2027"}) == "2 texts on March 3, 2027"
    assert texts_refunded(1, {"March 3, 2027"}) == "a text on March 3, 2027"


def test_an_operator_who_blocks_somebody_causes_one_letter(mail_sink: MailSink, customer: Customer) -> None:
    operator = given_operator()
    texts(customer, operator, 3, days_ago=0)
    block(customer_id=customer.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=operator.user)
    assert "$1.50 for 3 texts" in letter(mail_sink, customer.user)


def test_the_letter_waits_for_more_and_not_for_ever(customer: Customer) -> None:
    operator, at = given_operator(), clock.now()
    texts(customer, operator, 1)
    refund_unanswered(at=at)
    notice = Notice.objects.get()
    assert send_notice(notice_id=notice.pk) is None, "not yet"
    assert ProcrastinateJob.objects.get(args={"notice_id": notice.pk}).scheduled_at == notice.due_at
    texts(customer, operator, 1)
    refund_unanswered(at=at)
    again = Notice.objects.get()
    assert again.due_at == notice.due_at < at + timedelta(minutes=5)


def test_what_is_refunded_after_the_letter_left_is_a_letter_of_its_own(
    mail_sink: MailSink, customer: Customer
) -> None:
    operator = given_operator()
    for _ in range(2):
        texts(customer, operator, 1)
        refund_unanswered(at=clock.now())
        deliver_mail()
    assert ["$0.50 for a text" in text_of(mail) for mail in mail_sink.mails] == [True, True]


# -- corrections and credits


def corrected(customer: Customer, joined_ms: int) -> None:
    call = when_called(customer, given_operator())
    when_talked(call, 127_000)
    reference = Authorization.objects.get(reference=call.call_id)
    for _ in range(2):
        adjust_settlement(authorization_id=reference.pk, joined_ms=joined_ms)


def test_a_charge_that_is_lowered_afterwards_says_what_came_back(
    mail_sink: MailSink, customer: Customer
) -> None:
    corrected(customer, 30_000)
    text = letter(mail_sink, customer.user)
    assert re.search(
        r"We corrected the charge for a call on \w+ \d+, \d{4} and returned \$7\.98 to your balance\.", text
    ), text
    assert "You now have $40.02." in text


def test_a_charge_that_is_raised_afterwards_returns_nothing_and_says_nothing(customer: Customer) -> None:
    corrected(customer, 181_000)
    assert not Notice.objects.filter(kind=NoticeKind.CHARGE_CORRECTED).exists()


def test_what_staff_credit_without_a_request_is_a_letter(mail_sink: MailSink, customer: Customer) -> None:
    actor = StaffFactory()
    for _ in range(2):
        credit_wallet(
            customer=customer, amount_minor=500, source=CreditSource.ADJUSTMENT, reason="bad line",
            actor=actor, idempotency_key="k",
        )  # fmt: skip
    text = letter(mail_sink, customer.user)
    assert ("We added $5.00 to your balance. You now have $50.00." in text, "bad line" in text) == (
        True, False,
    )  # fmt: skip
