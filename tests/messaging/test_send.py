"""A customer writes, an operator answers: the money, the counters, the guards."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.db.models import Sum

from billing import selectors as money
from billing.ledger.models import Transaction
from billing.models import Authorization
from billing.services.authorize import authorize
from billing.services.extend_grant import extend_grant
from billing.services.refund import refund_reference
from billing.services.settle import settle
from core import clock
from core.errors import DomainError, InsufficientCredit, LimitReached, NotAllowed, NotFound
from customers.models import Customer, User
from customers.services.limits import close_account, take_break
from messaging import errors
from messaging.models import ChatSession, Message, ReplyWait
from messaging.selectors import page_of, usual_reply
from messaging.serialization import describe_refund
from messaging.services.block import block, unblock
from messaging.services.refund_unanswered import refund_unanswered
from messaging.services.report import close_report, report
from messaging.states import MessageType, Side
from operators.models import Interaction, Operator, OperatorDay
from tests.factories import BrandFactory, StaffFactory
from tests.messaging.scenario import answer, between, key, set_rules, text
from tests.scenario import given_customer, given_operator
from tests.support.threads import counted, in_parallel

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 22, 18, tzinfo=UTC)


def test_a_text_is_one_charge_one_message_and_one_posting() -> None:
    customer, operator = given_customer(balance=2600), given_operator()
    sent = text(customer, operator, "  Hey, are you available?  ")
    message = sent.message
    sale = Transaction.objects.get(reference=message.message_id)
    assert (message.text, message.charged_minor, message.number) == ("Hey, are you available?", 50, 1)
    assert message.transaction == sale
    assert message.message_id.startswith("msg_")
    assert (sale.kind, sale.amount_minor, sale.operator_minor, sale.platform_minor) == ("message", 50, 40, 10)
    assert sent.available_minor == money.wallet_of(customer.pk).available_minor == 2550


def test_an_answer_is_free_and_earns_nothing() -> None:
    customer, operator = given_customer(balance=100), given_operator()
    text(customer, operator)
    before = Transaction.objects.count()
    message = answer(operator, customer)
    assert (message.charged_minor, message.number, message.sender_type) == (0, 2, "operator")
    assert Transaction.objects.count() == before


def test_the_same_key_is_one_message_and_another_text_under_it_is_refused() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    first = text(customer, operator, "Hello", client_key="k")
    again = text(customer, operator, "Hello", client_key="k")
    assert (again.message, again.is_new, again.available_minor) == (first.message, False, 950)
    with pytest.raises(errors.KeyReused):
        text(customer, operator, "Something else", client_key="k")
    one = answer(operator, customer, "Yes", client_key="k")
    assert answer(operator, customer, "Yes", client_key="k") == one
    assert money.wallet_of(customer.pk).balance_minor == 950


@pytest.mark.parametrize(
    ("words", "error"),
    [("", errors.EmptyText), (" \n ", errors.EmptyText), ("x" * 1001, errors.TextTooLong)],
)
def test_what_cannot_be_sent_is_refused_before_it_is_charged(words: str, error: type[DomainError]) -> None:
    customer, operator = given_customer(balance=100), given_operator()
    with pytest.raises(error):
        text(customer, operator, words)
    assert money.wallet_of(customer.pk).balance_minor == 100
    assert not Message.objects.exists()


def test_without_funds_nothing_is_sent_and_what_is_missing_is_said() -> None:
    customer, operator = given_customer(balance=49), given_operator()
    with pytest.raises(InsufficientCredit) as refused:
        text(customer, operator)
    assert refused.value.extra == {"balance_minor": 49, "required_minor": 50}
    assert not Message.objects.exists()


def test_money_held_for_a_running_call_is_not_spent_on_texts() -> None:
    customer, operator = given_customer(balance=3 * 399 + 99 + 49), given_operator()
    authorize(customer=customer, operator=given_operator(), brand=BrandFactory(), reference="call_1")
    assert money.wallet_of(customer.pk).available_minor == 49
    with pytest.raises(InsufficientCredit):
        text(customer, operator)


def test_a_daily_limit_counts_texts() -> None:
    customer, operator = given_customer(balance=1000, daily_limit_minor=120), given_operator()
    text(customer, operator), text(customer, operator)
    with pytest.raises(LimitReached):
        text(customer, operator)


def test_a_price_that_was_not_shown_is_not_charged() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    with pytest.raises(errors.PriceChanged) as refused:
        text(customer, operator, expected_price_minor=40)
    assert refused.value.extra["price_minor"] == 50
    assert text(customer, operator, expected_price_minor=50).is_new


def test_free_texts_leave_no_trace_in_the_books() -> None:
    customer, operator = given_customer(balance=0), given_operator(rate_per_message_minor=0)
    message = text(customer, operator).message
    assert (message.charged_minor, message.transaction, message.answer_by) == (0, None, None)


def test_blocked_closed_paused_and_strangers_cannot_write() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    text(customer, operator)
    conversation = between(customer, operator)
    block(customer_id=customer.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=None)
    with pytest.raises(NotAllowed, match="can’t"):
        text(customer, operator)
    with pytest.raises(NotAllowed, match="can’t"):
        answer(operator, customer)
    unblock(customer_id=customer.pk, operator_id=operator.pk, side=Side.CUSTOMER, actor=None)
    with pytest.raises(NotAllowed, match="can’t"):
        text(customer, operator)
    unblock(customer_id=customer.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=None)
    assert text(customer, operator).is_new
    with pytest.raises(errors.NoSuchConversation):
        answer_as_stranger(conversation.pk)
    with pytest.raises(errors.NotTakingMessages):
        text(customer, given_operator(takes_messages=False))
    with pytest.raises(NotFound):
        text(customer, Operator(pk=987_654))


def test_who_takes_a_break_or_closed_the_account_cannot_write() -> None:
    for stop, code in ((on_a_break, "taking_a_break"), (close, "account_closed")):
        customer, operator = given_customer(balance=1000), given_operator()
        stop(customer)
        customer.refresh_from_db()
        with pytest.raises(NotAllowed) as refused:
            text(customer, operator)
        assert refused.value.error_code == code
        assert money.wallet_of(customer.pk).balance_minor == 1000


def on_a_break(customer: Customer) -> None:
    take_break(customer=customer, length="day")


def close(customer: Customer) -> None:
    close_account(customer=customer)


def answer_as_stranger(conversation_id: int) -> None:
    from messaging.services.reply import reply

    reply(operator=given_operator(), conversation_id=conversation_id, text="Hello")


def test_too_much_in_one_minute_waits(settings: object) -> None:
    customer, operator = given_customer(balance=100_00), given_operator()
    with clock.using(lambda: START):
        for _ in range(30):
            text(customer, operator)
        with pytest.raises(errors.TooFast) as refused:
            text(customer, operator)
    assert 0 < refused.value.extra["retry_after_seconds"] <= 61
    with clock.using(lambda: START + timedelta(minutes=1, seconds=1)):
        assert text(customer, operator).is_new


def test_what_would_give_a_number_away_is_masked_unless_the_brand_lets_it() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    sent = text(customer, operator, "ring 212 555 0100", accepts_hiding=True)
    assert sent.message.text == "ring (number hidden)"
    assert answer(operator, customer, "me@example.com", accepts_hiding=True).text == "(address hidden)"
    set_rules(masks_contacts=False)
    assert text(customer, operator, "ring 212 555 0100").message.text == "ring 212 555 0100"
    assert answer(operator, customer, "4242424242424242", accepts_hiding=True).text == "(card number hidden)"


@pytest.mark.parametrize(
    ("words", "sentence", "preview"),
    [
        (" ring 212 555 0100 ", "We’ll hide the phone number in your message.", "ring (number hidden)"),
        (
            "a@b.com, c@d.com",
            "We’ll hide the email addresses in your message.",
            "(address hidden), (address hidden)",
        ),
        ("4242424242424242", "We’ll hide the card number in your message.", "(card number hidden)"),
        ("212 555 0100, a@b.com", "We’ll hide parts of your message.", "(number hidden), (address hidden)"),
    ],
)
def test_what_would_be_hidden_is_asked_about_before_it_is_charged_or_stored(
    words: str, sentence: str, preview: str
) -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    for _ in range(2):
        with pytest.raises(errors.ContactsHidden, match=sentence) as refused:
            text(customer, operator, words, client_key="k")
        assert refused.value.extra == {"preview": preview}
    assert money.wallet_of(customer.pk).balance_minor == 1000
    assert not Message.objects.exists()
    sent = text(customer, operator, words, client_key="k", accepts_hiding=True)
    assert sent.message.text == preview
    assert text(customer, operator, words, client_key="k").message == sent.message, "a repeat asks nothing"
    with pytest.raises(errors.ContactsHidden, match=sentence):
        answer(operator, customer, words)
    assert Message.objects.count() == 1
    assert money.wallet_of(customer.pk).balance_minor == 950


def totals(operator: Operator) -> dict[str, int]:
    """Of all days: what is written today and what the ledger keeps may lie on different ones."""
    sums = {name: Sum(name) for name in ("messages", "chats", "earned_minor")}
    return OperatorDay.objects.filter(operator=operator).aggregate(**sums)


def test_counters_windows_and_waits_are_kept() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    for minutes, who in (
        (0, "c"),
        (1, "c"),
        (3, "o"),
        (60, "c"),
        (61, "o"),
        (62, "o"),
        (120, "c"),
        (122, "o"),
    ):
        with clock.using(lambda m=minutes: START + timedelta(minutes=m)):
            _ = text(customer, operator) if who == "c" else answer(operator, customer)
    conversation = between(customer, operator)
    interaction = Interaction.objects.get(customer=customer, operator=operator)
    assert (interaction.messages, interaction.chats) == (4, 3)
    assert (conversation.last_number, conversation.operator_unread, conversation.customer_unread) == (8, 0, 1)
    assert (conversation.operator_read, conversation.customer_read) == (7, 6), "who writes has read"
    assert list(ReplyWait.objects.order_by("id").values_list("waited_seconds", flat=True)) == [180, 60, 120]
    assert usual_reply(operator.pk) == "usually replies within a few minutes"
    sessions = ChatSession.objects.order_by("id").values_list(
        "customer_messages", "operator_messages", "charged_minor"
    )
    assert list(sessions) == [(2, 1, 100), (1, 2, 50), (1, 1, 50)]
    assert totals(operator) == {"messages": 4, "chats": 3, "earned_minor": 160}


def test_an_unanswered_text_is_refunded_after_a_day_and_not_before() -> None:
    customer, operator = given_customer(balance=100), given_operator()
    with clock.using(lambda: START):
        message = text(customer, operator).message
    assert refund_unanswered(at=START + timedelta(hours=23, minutes=59)) == 0
    assert refund_unanswered(at=START + timedelta(hours=24)) == 1
    assert refund_unanswered(at=START + timedelta(hours=25)) == 0
    message.refresh_from_db()
    assert (message.refund_reason, message.refunded_at) == ("unanswered", START + timedelta(hours=24))
    assert money.wallet_of(customer.pk).balance_minor == 100
    assert totals(operator)["earned_minor"] == 0


def test_what_staff_gave_back_is_shown_to_both_sides_in_part_and_in_full() -> None:
    customer, operator, staff = given_customer(balance=100), given_operator(), StaffFactory()
    message = text(customer, operator).message
    assert notes(customer, operator) == ("", "")
    give_back_by_staff(message, staff, 20)
    assert notes(customer, operator) == (
        "$0.20 of $0.50 refunded by our staff",
        "Refunded to the customer in part by our staff",
    )
    give_back_by_staff(message, staff)
    assert notes(customer, operator) == (
        "$0.50 refunded by our staff",
        "Refunded to the customer by our staff",
    )
    assert money.wallet_of(customer.pk).balance_minor == 100


def test_an_unanswered_text_of_which_staff_gave_back_a_part_gives_back_the_rest_alone() -> None:
    customer, operator, staff = given_customer(balance=100), given_operator(), StaffFactory()
    with clock.using(lambda: START):
        part, full = text(customer, operator).message, text(customer, operator).message
    give_back_by_staff(part, staff, 20)
    give_back_by_staff(full, staff)
    assert refund_unanswered(at=START + timedelta(hours=24)) == 1
    assert not Message.objects.filter(answer_by__isnull=False).exists(), "neither is looked at again"
    assert money.wallet_of(customer.pk).balance_minor == 100
    shown = [describe_refund(m, Side.CUSTOMER) for m in page_of(between(customer, operator)).items]
    assert shown == ["$0.50 refunded: no reply in time", "$0.50 refunded by our staff"]
    assert totals(operator)["earned_minor"] == 0


def give_back_by_staff(message: Message, staff: User, amount_minor: int | None = None) -> None:
    refund_reference(
        reference=message.message_id,
        amount_minor=amount_minor,
        reason="Complaint",
        actor=staff,
        idempotency_key=key(),
    )


def notes(customer: Customer, operator: Operator) -> tuple[str, str]:
    """What the customer and the operator read beside the one message."""
    [message] = page_of(between(customer, operator)).items
    return describe_refund(message, Side.CUSTOMER), describe_refund(message, Side.OPERATOR)


def test_one_answer_counts_for_all_that_waited() -> None:
    customer, operator = given_customer(balance=200), given_operator()
    with clock.using(lambda: START):
        text(customer, operator), text(customer, operator)
        answer(operator, customer)
    assert refund_unanswered(at=START + timedelta(days=9)) == 0
    assert money.wallet_of(customer.pk).balance_minor == 100


def test_each_brand_sets_its_time_and_zero_means_never() -> None:
    customer, operator = given_customer(balance=200), given_operator()
    set_rules(answer_within_hours=2)
    with clock.using(lambda: START):
        text(customer, operator)
        set_rules(answer_within_hours=0)
        text(customer, operator)
    assert refund_unanswered(at=START + timedelta(hours=2)) == 1
    assert refund_unanswered(at=START + timedelta(days=99)) == 0


def test_who_ends_it_decides_what_becomes_of_unanswered_texts() -> None:
    customer, operator, other = given_customer(balance=200), given_operator(), given_operator()
    text(customer, operator), text(customer, other)
    block(customer_id=customer.pk, operator_id=operator.pk, side=Side.OPERATOR, actor=None)
    assert money.wallet_of(customer.pk).balance_minor == 150
    block(customer_id=customer.pk, operator_id=other.pk, side=Side.CUSTOMER, actor=None)
    assert refund_unanswered(at=clock.now() + timedelta(days=9)) == 0
    assert money.wallet_of(customer.pk).balance_minor == 150


def test_a_report_reaches_staff_once_and_is_closed_with_an_outcome() -> None:
    customer, operator, staff = given_customer(balance=200), given_operator(), StaffFactory()
    text(customer, operator)
    conversation = between(customer, operator)
    made = report(conversation_id=conversation.pk, side=Side.OPERATOR, reason="Asked for my address")
    assert report(conversation_id=conversation.pk, side=Side.OPERATOR, reason="Again") == made
    closed = close_report(report_id=made.pk, outcome="Warned", actor=staff)
    assert (closed.handled_by, closed.up_to_number) == (staff, 1)
    with pytest.raises(DomainError):
        close_report(report_id=made.pk, outcome="Twice", actor=staff)


def test_sms_is_refused_where_the_brand_has_none() -> None:
    customer, operator = given_customer(balance=200), given_operator()
    with pytest.raises(errors.SmsNotAvailable):
        text(customer, operator, message_type=MessageType.SMS)
    assert money.wallet_of(customer.pk).balance_minor == 200


@pytest.mark.django_db(transaction=True)
def test_a_hundred_parallel_sends_on_funds_for_seven_are_seven() -> None:
    customer, operator = given_customer(balance=7 * 50 + 49), given_operator()
    jobs = [lambda n=n: text(customer, operator, f"Message {n}").message.charged_minor for n in range(100)]
    assert counted(in_parallel(*jobs, refusals=DomainError)) == {50: 7, "InsufficientCredit": 93}
    assert Message.objects.count() == Transaction.objects.filter(kind="message").count() == 7
    assert money.wallet_of(customer.pk).balance_minor == 49
    assert sorted(Message.objects.values_list("number", flat=True)) == [1, 2, 3, 4, 5, 6, 7]
    conversation = between(customer, operator)
    assert (conversation.last_number, conversation.operator_unread) == (7, 7)


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_twenty_times_at_once_is_one_message() -> None:
    customer, operator = given_customer(balance=1000), given_operator()
    jobs = [lambda: text(customer, operator, "Hello", client_key="same").message.pk] * 20
    assert len(set(in_parallel(*jobs))) == 1
    assert money.wallet_of(customer.pk).balance_minor == 950


@pytest.mark.django_db(transaction=True)
def test_texts_that_race_a_calls_grants_leave_the_wallet_exact() -> None:
    customer, operator = (
        given_customer(balance=5000),
        given_operator(rate_per_minute_minor=100, connect_fee_minor=0),
    )
    other = given_operator()
    call = authorize(customer=customer, operator=operator, brand=BrandFactory(), reference="call_1")

    def act(n: int) -> object:
        if n % 2:
            return text(customer, other, f"Message {n}", client_key=key()).message.charged_minor
        return extend_grant(authorization_id=call.pk, elapsed_seconds=30 * n).granted_seconds

    in_parallel(*(partial(act, n) for n in range(80)), refusals=DomainError)
    charged = sum(Transaction.objects.filter(kind="message").values_list("amount_minor", flat=True))
    wallet, authorization = money.wallet_of(customer.pk), Authorization.objects.get(pk=call.pk)
    assert charged == 50 * Message.objects.count() > 0
    assert wallet.balance_minor == 5000 - charged
    assert wallet.held_minor == authorization.held_minor <= wallet.balance_minor
    bill = settle(authorization_id=call.pk, joined_ms=authorization.granted_seconds * 1000)
    assert money.wallet_of(customer.pk) == money.Wallet(5000 - charged - bill.cost_minor, 0, 0, "USD")
