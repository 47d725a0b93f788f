"""Letters about cases: the number and the day, our answer, and what came of an appeal; with a link to the case."""

import re

import pytest
from django.test import Client

from billing.services.answer_case import answer_case, decide_appeal
from billing.services.appeal_case import appeal_case
from billing.services.check_payment import check_payment
from billing.services.open_case import open_complaint
from core.days import write_date
from notices.models import Notice
from notices.states import NoticeKind
from tests.billing.test_cases import ANSWER, given_case
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import BRAND_HOST, customer_client, given_customer
from tests.support.card_processor import Processor, given_paid
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db


def letters(mail_sink: MailSink) -> list[str]:
    deliver_mail()
    return [" ".join(text_of(mail).split()) for mail in mail_sink.mails]


def test_each_step_of_a_case_is_a_letter(mail_sink: MailSink) -> None:
    customer = given_customer()
    case = given_case(customer)
    answer_case(case_id=case.pk, **ANSWER, actor=StaffFactory())
    appeal_case(case_id=case.pk, words="No")
    decide_appeal(case_id=case.pk, **ANSWER | {"text": "It stays."}, actor=StaffFactory())
    opened, answered, decided = letters(mail_sink)
    day = write_date(case.due_on)
    assert f"will answer by {day}" in opened
    assert all(case.number in letter for letter in (opened, answered, decided))
    assert "We refunded it." in answered
    assert "someone else takes a fresh look" in answered
    assert "It stays. This closes your case." in decided
    assert "the line was bad" not in opened + answered + decided, "the reason is for staff"
    [link] = set(re.findall(r"http://\S+(/cases/\S+/)", opened))
    assert customer_client(customer).get(link).status_code == 200
    assert set(mail_sink.recipients) == {customer.user.email}


def test_whoever_complains_without_an_account_gets_a_link_of_their_own(mail_sink: MailSink) -> None:
    case = open_complaint(brand=BrandFactory(), email="carl@example.test", words="Too loud")
    [letter] = letters(mail_sink)
    assert mail_sink.recipients == ["carl@example.test"]
    assert "Too loud" not in letter, "nobody sends their words to others through us"
    [link] = set(re.findall(r"http://\S+(/complaints/\S+/)", letter))
    answer = Client(headers={"Host": BRAND_HOST}).get(link)
    assert (answer.status_code, case.number in answer.content.decode()) == (200, True)


def test_the_letter_of_a_dispute_is_enough(processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    processor.add(payment, charged_back_minor=2500)
    check_payment(payment_id=payment.pk)
    kinds = list(Notice.objects.order_by("id").values_list("kind", flat=True))
    assert kinds == [NoticeKind.PAYMENT_RECEIVED, NoticeKind.PAYMENT_DISPUTED]
