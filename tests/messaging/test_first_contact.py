"""When an operator may write first: to whom, how often in a row, and what it isn't (an SMS, an answer, a charge)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest

from core import clock
from core.errors import DomainError
from customers.models import Customer
from customers.services.limits import exclude_oneself, take_break
from messaging.first_contact import MOST_UNANSWERED
from messaging.models import Conversation, Message, Sms, SmsConsent
from messaging.services.allow_first import allow_first
from messaging.services.block import block, unblock
from messaging.services.record_consent import record_consent
from messaging.services.refund_unanswered import refund_unanswered
from messaging.services.reply import write_first
from messaging.services.tell_waiting import tell_waiting
from messaging.states import ConsentAction, ConsentSource, MessageType, Side, SmsMode
from notices.models import Notice
from notices.services.preferences import save_delivery
from notices.states import NoticeKind
from operators.models import Operator
from tests.factories import BrandFactory
from tests.messaging.scenario import answer, between, set_rules, text, with_sms
from tests.scenario import given_customer, given_operator, tell, when_called, when_talked
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db


class Time:
    def __init__(self) -> None:
        self.now: datetime = clock.now()

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def time() -> Iterator[Time]:
    time = Time()
    with clock.using(lambda: time.now):
        yield time


@pytest.fixture
def operator() -> Operator:
    return given_operator()


@pytest.fixture
def customer() -> Customer:
    return given_customer(alias="Amber Heron 482")


def talk(customer: Customer, operator: Operator) -> None:
    when_talked(when_called(customer, operator), 61_000)


def write(operator: Operator, customer: Customer, words: str = "How was your week?") -> Message:
    return write_first(operator=operator, customer=customer, brand=BrandFactory(), text=words)[0]


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(DomainError) as refused:
        act()
    return refused.value.error_code


def test_after_a_call_she_writes_first_for_free_and_the_conversation_begins(
    phone_system: PhoneSystem, operator: Operator, customer: Customer
) -> None:
    assert refusal(lambda: write(operator, customer)) == "no_recent_contact"
    assert not Message.objects.exists()
    talk(customer, operator)
    message = write(operator, customer)
    assert (message.sender_type, message.charged_minor, message.is_unprompted) == (Side.OPERATOR, 0, True)
    conversation = between(customer, operator)
    assert (conversation.customer_unread, conversation.waiting_since) == (1, None)


def test_a_call_that_was_not_joined_is_no_contact(
    phone_system: PhoneSystem, operator: Operator, customer: Customer
) -> None:
    call = when_called(customer, operator)
    tell(call, "no_answer", at=20, leg="operator", why="operator_no_answer", ended_by="operator")
    assert refusal(lambda: write(operator, customer)) == "no_recent_contact"


def test_thirty_days_after_the_last_contact_and_no_longer(
    time: Time, operator: Operator, customer: Customer
) -> None:
    text(customer, operator)
    answer(operator, customer)
    time.later(days=29, hours=23)
    assert write(operator, customer).is_unprompted
    time.later(hours=1)
    assert refusal(lambda: write(operator, customer)) == "no_recent_contact"


def test_an_answer_is_welcome_however_late_and_is_no_first_word(
    time: Time, operator: Operator, customer: Customer
) -> None:
    text(customer, operator)
    time.later(days=40)
    assert not answer(operator, customer).is_unprompted
    assert refusal(lambda: answer(operator, customer)) == "no_recent_contact"


def test_three_in_a_row_since_the_customers_own_text_or_call(
    phone_system: PhoneSystem, time: Time, operator: Operator, customer: Customer
) -> None:
    text(customer, operator)
    for _ in range(MOST_UNANSWERED + 1):
        time.later(minutes=1)
        assert not answer(operator, customer).is_unprompted, "they are at it"
    time.later(days=3)
    assert refusal(lambda: write(operator, customer)) == "wait_for_answer"
    talk(customer, operator)
    time.later(days=3)
    for _ in range(MOST_UNANSWERED):
        time.later(minutes=1)
        assert write(operator, customer).is_unprompted
    assert refusal(lambda: write(operator, customer)) == "wait_for_answer"
    text(customer, operator)
    time.later(minutes=1)
    assert not answer(operator, customer).is_unprompted


@pytest.mark.parametrize("side", [Side.CUSTOMER, Side.OPERATOR])
def test_never_after_a_block_of_either(operator: Operator, customer: Customer, side: Side) -> None:
    text(customer, operator)
    answer(operator, customer)
    block(customer_id=customer.pk, operator_id=operator.pk, side=side, actor=None)
    assert refusal(lambda: write(operator, customer)) == "blocked"
    unblock(customer_id=customer.pk, operator_id=operator.pk, side=side, actor=None)
    write(operator, customer)


def test_never_to_who_takes_a_break_excluded_themselves_or_closed_the_account(
    time: Time, operator: Operator
) -> None:
    for leave in (
        lambda one: take_break(customer=one, length="week"),
        lambda one: exclude_oneself(customer=one, length="6-months"),
        lambda one: Customer.objects.filter(pk=one.pk).update(closed_at=time.now),
    ):
        customer = given_customer()
        text(customer, operator)
        answer(operator, customer)
        leave(customer)
        customer.refresh_from_db()
        assert refusal(lambda one=customer: write(operator, one)) == "not_reachable"  # type: ignore[misc]


def test_the_customer_can_refuse_everybody_or_one_operator_and_is_still_answered(
    time: Time, operator: Operator, customer: Customer
) -> None:
    text(customer, operator)
    answer(operator, customer)
    time.later(days=2)
    allow_first(customer=customer, operator=operator, is_allowed=False)
    assert refusal(lambda: write(operator, customer)) == "not_wanted"
    text(customer, operator)
    answer(operator, customer)
    time.later(days=2)
    allow_first(customer=customer, operator=operator, is_allowed=True)
    save_delivery(
        customer.user, quiet_hours=None, has_digest=False, names_people=False, takes_first_texts=False
    )
    assert refusal(lambda: write(operator, customer)) == "not_wanted"
    save_delivery(customer.user, quiet_hours=None, has_digest=False, names_people=False)
    assert write(operator, customer).is_unprompted


def test_never_by_sms_and_the_notice_comes_though_the_phone_takes_alerts(
    time: Time, operator: Operator, customer: Customer
) -> None:
    with_sms(SmsMode.FULL)
    phone = customer.phones.get()
    record_consent(
        phone_number=phone.phone_number, action=ConsentAction.START, source=ConsentSource.SITE, said="yes",
        actor=customer.user,
    )  # fmt: skip
    assert SmsConsent.objects.exists()
    text(customer, operator)
    answer(operator, customer)
    conversation = between(customer, operator)
    Conversation.objects.update(customer_unread=0, customer_read=conversation.last_number)
    Conversation.objects.update(customer_channel=MessageType.SMS)
    time.later(days=2)
    before = Sms.objects.count()
    message = write(operator, customer)
    assert (message.message_type, Sms.objects.count()) == (MessageType.CHAT, before)
    assert tell_waiting(conversation_id=conversation.pk, number=message.number)
    assert Notice.objects.filter(kind=NoticeKind.MESSAGE_WAITING).count() == 1


def test_a_paid_text_is_refunded_or_answered_as_before(
    time: Time, operator: Operator, customer: Customer
) -> None:
    set_rules(answer_within_hours=24)
    sent = text(customer, operator).message
    time.later(hours=25)
    assert refund_unanswered(at=time.now) == 1
    late = answer(operator, customer)
    assert not late.is_unprompted, "the text still waited for it"
    again = text(customer, operator).message
    time.later(hours=1)
    answer(operator, customer)
    time.later(hours=30)
    assert refund_unanswered(at=time.now) == 0, "it was answered in time"
    write(operator, customer)
    assert Message.objects.filter(pk__in=[sent.pk, again.pk], answer_by__isnull=False).count() == 0


def test_masked_and_asked_about_as_every_text(
    phone_system: PhoneSystem, operator: Operator, customer: Customer
) -> None:
    talk(customer, operator)
    assert refusal(lambda: write(operator, customer, "Call me at 212 555 0134")) == "contacts_hidden"
    message = write_first(
        operator=operator,
        customer=customer,
        brand=BrandFactory(),
        text="Call me at 212 555 0134",
        accepts_hiding=True,
    )[0]
    assert "555" not in message.text
