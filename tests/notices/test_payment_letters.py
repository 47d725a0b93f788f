"""Letters about card payments name the statement's text, as the page did before paying."""

import pytest

from billing.services.check_payment import check_payment
from billing.services.pay_back import pay_back, send_pay_back
from notices.models import Notice
from notices.states import NoticeKind
from tests.notices.test_letters import letter
from tests.scenario import given_customer
from tests.support.card_processor import Processor, given_paid
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db


def kinds() -> list[str]:
    return list(Notice.objects.order_by("id").values_list("kind", flat=True))


def test_what_was_added_and_what_the_statement_says(mail_sink: MailSink, processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    for _ in range(2):
        check_payment(payment_id=payment.pk)
    assert kinds() == [NoticeKind.PAYMENT_RECEIVED]
    text = " ".join(letter(mail_sink, payment.customer.user).split())
    assert "$25.00 was added to your balance. You now have $25.00." in text
    assert "Your statement will say NYCF*SUPPORT." in text
    assert "(212) 555-0123" in text


def test_a_dispute_and_its_end(processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    processor.add(payment, charged_back_minor=2500)
    for _ in range(2):
        check_payment(payment_id=payment.pk)
    processor.add(payment, won_back_minor=2500)
    check_payment(payment_id=payment.pk)
    assert kinds() == [NoticeKind.PAYMENT_RECEIVED, NoticeKind.PAYMENT_DISPUTED, NoticeKind.PAYMENT_DISPUTED]


@pytest.mark.parametrize(
    ("refuses", "kind", "words"),
    [
        ("", NoticeKind.PAID_BACK, "We paid $25.00 back to Visa •••• 4242."),
        ("closed", NoticeKind.PAY_BACK_REFUSED, "The money is back in your balance."),
    ],
)
def test_money_back(
    mail_sink: MailSink, processor: Processor, refuses: str, kind: NoticeKind, words: str
) -> None:
    customer = given_customer(balance=0)
    given_paid(processor, customer)
    [row] = pay_back(customer=customer, expected_minor=2500)
    processor.refuses = refuses
    send_pay_back(pay_back_id=row.pk)
    assert kinds()[1:] == [kind]
    deliver_mail()
    assert words in " ".join(text_of(mail_sink.mails[-1]).split())
