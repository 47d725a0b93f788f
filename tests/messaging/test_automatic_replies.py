"""An automatic reply is on the pages, once for each conversation and absence, and answers nothing."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from core import clock
from core.errors import LimitReached
from messaging.models import Conversation, Message, ReplyWait, Sms
from messaging.selectors import conversations_of, unread_of
from messaging.services.read_state import mark_read
from messaging.services.refund_unanswered import refund_unanswered
from messaging.states import Side
from notices.models import Notice
from operators.models import Operator
from operators.services.breaks import take_break
from operators.services.presence import set_presence
from operators.services.profile_texts import approve_profile_text, change_auto_reply
from operators.services.vacation import end_vacation, plan_vacation, turn_vacations
from operators.states import AwayReason, Presence
from tests.messaging.scenario import answer, between, set_rules, text, with_sms
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in
from tests.support.html import compact

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 30, 17, tzinfo=UTC)
HOUR = timedelta(hours=1)
PORTAL = "portal.localhost"


@pytest.fixture
def operator() -> Operator:
    operator: Operator = given_operator(presence=Presence.AWAY, stage_name="Sarah", slug="sarah")
    replies(operator)
    return operator


def replies(operator: Operator, words: str = "", *, when_away: bool = True) -> bool:
    return change_auto_reply(operator_id=operator.pk, text=words, when_away=when_away, on_vacation=True)


def automatic() -> list[str]:
    return list(Message.objects.filter(is_automatic=True).order_by("id").values_list("text", flat=True))


def test_it_answers_nothing(operator: Operator) -> None:
    customer = given_customer()
    set_rules(answer_within_hours=24)
    with clock.using(lambda: NOON):
        sent = text(customer, operator, "Are you there?").message
    assert automatic() == ["I’m away right now. I’ll read your message when I’m back."]
    conversation = between(customer, operator)
    sent.refresh_from_db()
    assert sent.answer_by == NOON + 24 * HOUR
    assert conversation.waiting_since == NOON
    assert (conversation.operator_unread, conversation.customer_unread) == (1, 0)
    assert (unread_of(operator), unread_of(customer)) == (1, 0)
    assert conversation.operator_read == 0
    assert not ReplyWait.objects.exists()
    [listed] = conversations_of(operator)
    assert listed.last_text == "Are you there?"  # type: ignore[attr-defined]
    assert conversation.sessions.get().operator_messages == 0
    assert not Notice.objects.exists()
    assert refund_unanswered(at=NOON + 25 * HOUR) == 1


def test_a_true_answer_after_it_counts_as_ever(operator: Operator) -> None:
    customer = given_customer()
    with clock.using(lambda: NOON):
        sent = text(customer, operator).message
    with clock.using(lambda: NOON + HOUR):
        answer(operator, customer)
    assert ReplyWait.objects.get().waited_seconds == 3600
    sent.refresh_from_db()
    assert sent.answer_by is None
    conversation = between(customer, operator)
    assert conversation.customer_unread == 1
    assert [message.number for message in conversation.messages.order_by("number")] == [1, 2, 3]
    mark_read(conversation_id=conversation.pk, side=Side.CUSTOMER, up_to=1)
    assert between(customer, operator).customer_unread == 1  # the automatic one waits for nobody


def test_it_is_none_of_the_texts_an_operator_may_send_in_a_row(operator: Operator) -> None:
    customer = given_customer()
    text(customer, operator)
    for _ in range(2):
        answer(operator, customer)
    in_two_days = clock.now() + timedelta(days=2)
    with clock.using(lambda: in_two_days):
        answer(operator, customer)
        with pytest.raises(LimitReached) as refused:
            answer(operator, customer)
    assert refused.value.error_code == "wait_for_answer"


def test_it_comes_once_for_each_conversation_and_absence(operator: Operator) -> None:
    customer, other = given_customer(), given_customer()
    for who in (customer, customer, other):
        text(who, operator)
    assert len(automatic()) == 2
    set_presence(operator_id=operator.pk, presence="offline")
    text(customer, operator)
    assert len(automatic()) == 2  # away, then offline: one absence
    set_presence(operator_id=operator.pk, presence="online")
    text(customer, operator)
    assert len(automatic()) == 2
    take_break(operator_id=operator.pk, minutes=10)
    text(customer, operator)
    assert len(automatic()) == 3


@pytest.mark.parametrize("reason", [AwayReason.MISSED, AwayReason.IDLE])
def test_who_did_not_choose_to_be_away_sends_none(operator: Operator, reason: AwayReason) -> None:
    Operator.objects.filter(pk=operator.pk).update(away_reason=reason)
    text(given_customer(), operator)
    assert automatic() == []


def test_who_did_not_turn_it_on_sends_none_but_on_vacation(operator: Operator) -> None:
    customer = given_customer()
    replies(operator, when_away=False)
    with clock.using(lambda: NOON):
        text(customer, operator)
        assert automatic() == []
        plan_vacation(operator_id=operator.pk, first=date(2026, 11, 30), last=date(2026, 12, 11))
        text(customer, operator)
        text(customer, operator)
    assert automatic() == ["I’m on vacation and back on Dec 12, 2026. I’ll read your message then."]


def test_a_vacation_says_nothing_of_how_soon_they_answer(operator: Operator) -> None:
    customer, other, third = given_customer(), given_customer(), given_customer()
    with clock.using(lambda: NOON):
        plan_vacation(operator_id=operator.pk, first=date(2026, 11, 30), last=date(2026, 12, 11))
        text(customer, operator)
        text(other, operator)
    with clock.using(lambda: NOON + HOUR):
        answer(operator, other)
        end_vacation(operator_id=operator.pk)
        turn_vacations(at=NOON + HOUR)
    with clock.using(lambda: NOON + 2 * HOUR):
        text(third, operator)
        answer(operator, customer)
        assert not ReplyWait.objects.exists()
    with clock.using(lambda: NOON + 3 * HOUR):
        answer(operator, third)
    assert ReplyWait.objects.get().waited_seconds == 3600


def test_their_own_words_are_masked_and_wait_for_staff(operator: Operator) -> None:
    assert replies(operator, "Back soon. Call 212-555-0123!")
    text(given_customer(), operator)
    approve_profile_text(text_id=operator.profile_texts.get(field="auto_reply").pk, actor=None)
    text(given_customer(), operator)
    ours, theirs = automatic()
    assert ours.startswith("I’m away")
    assert theirs.startswith("Back soon.")
    assert "555" not in theirs


def test_it_goes_by_no_sms(operator: Operator) -> None:
    with_sms()
    text(given_customer(), operator)
    assert len(automatic()) == 1
    assert not Sms.objects.exclude(message__sender_type=Side.CUSTOMER).exists()


def test_both_read_that_it_is_automatic(operator: Operator) -> None:
    customer = given_customer()
    text(customer, operator)
    page = compact(logged_in(customer.user, BRAND_HOST).get("/messages/sarah/"))
    assert page.count("Automatic reply") == 1
    conversation = Conversation.objects.get()
    portal: Client = logged_in(operator.user, PORTAL)
    assert compact(portal.get(f"/messages/{conversation.pk}/")).count("Automatic reply") == 1
    api = logged_in(customer.user, BRAND_HOST).get(
        "/api/messages/conversation/", {"operator_id": operator.pk}
    )
    assert [message["automatic"] for message in api.json()["messages"]] == [False, True]
