"""SMS: the number pool, what goes out, what comes in, what became of it."""

from datetime import UTC, datetime, timedelta

import pytest
import requests
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from billing import selectors as money
from core import clock
from customers.models import Customer
from messaging.gateways.base import Busy
from messaging.models import Message, PoolNumber, Sms, SmsConsent, SmsRoute
from messaging.serialization import delivery_of
from messaging.services.deliver_by_sms import ALERT
from messaging.services.read_state import mark_read
from messaging.services.receive_sms import NO_PICTURES, STOPPED, UNKNOWN
from messaging.services.record_consent import record_consent
from messaging.services.send_sms import send_sms
from messaging.services.sms_status import give_up_on_silence
from messaging.states import ConsentAction, ConsentSource, MessageType, Side, SmsMode, SmsState
from operators.models import Operator
from phones.services.store_number import store_number
from tests.factories import BrandFactory
from tests.messaging.conftest import Phones, run_jobs
from tests.messaging.fake_twilio import FakeTwilio, new_sid
from tests.messaging.scenario import (
    ALERTS_FROM,
    OURS,
    OURS_TOO,
    answer,
    between,
    give_phone,
    set_rules,
    text,
    with_sms,
)
from tests.scenario import given_customer, given_operator
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db
CUSTOMER, OPERATOR, STRANGER = "+12125550111", "+12125550122", "+12125550133"


def wants(number: str) -> None:
    record_consent(phone_number=store_number(number), action=ConsentAction.START, source=ConsentSource.SITE)


def texting(balance_minor: int = 1000) -> tuple[Customer, Operator]:
    """A customer and an operator who have begun to text by SMS."""
    with_sms()
    customer, operator = given_customer(balance=balance_minor, phone=False), given_operator(phone=OPERATOR)
    give_phone(customer, CUSTOMER)
    wants(CUSTOMER), wants(OPERATOR)
    text(customer, operator, "Hello by SMS", message_type=MessageType.SMS)
    answer(operator, customer, "Hello back")
    run_jobs()
    return customer, operator


def test_texts_go_out_by_sms_from_numbers_of_ours(twilio: FakeTwilio) -> None:
    texting()
    assert [(m["To"], m["From"], m["Body"]) for m in twilio.taken] == [
        (OPERATOR, OURS, "Hello by SMS"),
        (CUSTOMER, OURS, "Hello back"),
    ]
    assert set(Sms.objects.values_list("state", flat=True)) == {SmsState.SENT}


def test_an_incoming_text_reaches_its_operator_and_is_charged_by_the_same_rule(
    twilio: FakeTwilio, phones: Phones
) -> None:
    customer, operator = texting()
    assert phones.says(CUSTOMER, OURS, "Are you free tonight?") == ""
    message = Message.objects.order_by("-id")[0]
    assert (message.conversation, message.text) == (between(customer, operator), "Are you free tonight?")
    assert (message.message_type, message.charged_minor) == ("sms", 50)
    assert money.wallet_of(customer.pk).balance_minor == 900


def test_an_operator_answers_by_sms_for_free(twilio: FakeTwilio, phones: Phones) -> None:
    customer, _ = texting()
    assert phones.says(OPERATOR, OURS, "Tonight it is") == ""
    run_jobs()
    assert (twilio.taken[-1]["To"], twilio.taken[-1]["Body"]) == (CUSTOMER, "Tonight it is")
    assert money.wallet_of(customer.pk).balance_minor == 950


def test_each_operator_has_a_number_of_its_own_on_a_customers_phone(
    twilio: FakeTwilio, phones: Phones
) -> None:
    customer, operator = texting()
    other = given_operator()
    text(customer, other, "Hi", message_type=MessageType.SMS)
    answer(other, customer, "Hi you")
    run_jobs()
    assert (twilio.taken[-1]["From"], twilio.taken[-1]["Body"]) == (OURS_TOO, "Hi you")
    phones.says(CUSTOMER, OURS_TOO, "To the other one")
    assert between(customer, other).last_number == 3
    assert between(customer, operator).last_number == 2
    third = given_operator()
    text(customer, third, "Hi", message_type=MessageType.SMS)
    answer(third, customer, "Psst")
    run_jobs(at=clock.now() + timedelta(days=1))
    assert twilio.taken[-1]["Body"] == ALERT, "no number of the pool is left on this phone"


def test_the_database_keeps_a_pair_of_numbers_to_one_conversation(twilio: FakeTwilio) -> None:
    customer, _ = texting()
    other = given_operator()
    text(customer, other)
    with pytest.raises(IntegrityError):
        SmsRoute.objects.create(
            phone_number=store_number(CUSTOMER),
            pool_number=PoolNumber.objects.get(number=OURS),
            conversation=between(customer, other),
            side=Side.CUSTOMER,
        )


def test_an_unknown_number_is_answered_once_a_day_and_never_charged(
    twilio: FakeTwilio, phones: Phones, settings: object
) -> None:
    customer, _ = texting()
    assert phones.says(STRANGER, OURS, "Hello?") == UNKNOWN
    assert phones.says(STRANGER, OURS, "Anybody?") == ""
    assert phones.says(CUSTOMER, ALERTS_FROM, "To the alerts") == UNKNOWN
    settings.MESSAGING = settings.MESSAGING | {"ANSWERS_UNKNOWN_NUMBERS": False}  # type: ignore[attr-defined]
    assert phones.says("+12125550144", OURS, "Hello?") == ""
    assert money.wallet_of(customer.pk).balance_minor == 950
    assert Message.objects.count() == 2


def test_a_phone_that_is_no_longer_verified_is_an_unknown_number(twilio: FakeTwilio, phones: Phones) -> None:
    customer, _ = texting()
    customer.phones.update(verified_at=None)
    assert phones.says(CUSTOMER, OURS, "It is me") == UNKNOWN
    assert money.wallet_of(customer.pk).balance_minor == 950


def test_pictures_are_refused_politely_and_not_charged(twilio: FakeTwilio, phones: Phones) -> None:
    customer, _ = texting()
    more = {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/x", "MediaContentType0": "image/jpeg"}
    assert phones.says(CUSTOMER, OURS, "Look", **more) == NO_PICTURES
    assert money.wallet_of(customer.pk).balance_minor == 950


def test_without_funds_the_phone_is_told_the_price_and_nothing_is_sent(
    twilio: FakeTwilio, phones: Phones
) -> None:
    texting(balance_minor=60)
    assert phones.says(CUSTOMER, OURS, "One more") == (
        "Not sent: your balance doesn't cover $0.50. Nothing was charged."
    )
    assert Message.objects.count() == 2


def test_a_refusal_in_the_words_of_a_page_has_straight_apostrophes(
    twilio: FakeTwilio, phones: Phones
) -> None:
    _, operator = texting()
    Operator.objects.filter(pk=operator.pk).update(takes_messages=False)
    assert phones.says(CUSTOMER, OURS, "One more") == (
        f"Not sent: {operator.stage_name} isn't taking messages right now. Nothing was charged."
    )


def test_a_text_of_too_many_sms_is_refused_before_it_is_charged(twilio: FakeTwilio, phones: Phones) -> None:
    customer, _ = texting()
    assert "too long for SMS" in phones.says(CUSTOMER, OURS, "a" * (4 * 153 + 1))
    assert money.wallet_of(customer.pk).balance_minor == 950


def test_the_same_sid_counts_once(twilio: FakeTwilio, phones: Phones) -> None:
    customer, _ = texting()
    sid = new_sid()
    phones.says(CUSTOMER, OURS, "Once", MessageSid=sid)
    phones.says(CUSTOMER, OURS, "Once", MessageSid=sid)
    phones.says(CUSTOMER, OURS, "Changed", MessageSid=sid)
    assert money.wallet_of(customer.pk).balance_minor == 900
    assert Sms.objects.filter(sid=sid).count() == 1


# -- STOP, HELP, START


def test_stop_holds_across_brands_drops_what_waits_and_is_kept_as_evidence(
    twilio: FakeTwilio, phones: Phones
) -> None:
    customer, operator = texting()
    answer(operator, customer, "Still waiting to be sent")
    sid = new_sid()
    before = datetime.now(UTC)
    assert phones.says(CUSTOMER, OURS, " Stop. ", MessageSid=sid) == STOPPED
    assert datetime.now(UTC) - before < timedelta(seconds=1)
    run_jobs()
    assert [m["Body"] for m in twilio.taken] == ["Hello by SMS", "Hello back"]
    assert Sms.objects.filter(state=SmsState.DROPPED).count() == 1
    said = SmsConsent.objects.order_by("-id")[0]
    assert (said.action, said.said, said.sid, said.our_number) == ("stop", " Stop. ", sid, OURS)
    other = make_brand_two()
    set_rules(other, sms_mode=SmsMode.ALERTS)
    text(customer, operator, "From the site")
    between(customer, operator)
    answer(operator, customer, "Seen?")
    run_jobs(at=clock.now() + timedelta(days=1))
    assert len(twilio.taken) == 2
    assert phones.says(CUSTOMER, OURS, "A text after STOP") == ""
    assert money.wallet_of(customer.pk).balance_minor == 900, "only the text from the site was charged"


def make_brand_two() -> object:
    from brands.models import Brand

    return Brand.objects.create(
        slug="nycflirts", name="nycflirts.com", caller_id="+12125550200", operator_caller_id="+12125550201"
    )


def test_help_names_the_support_and_start_begins_again(twilio: FakeTwilio, phones: Phones) -> None:
    customer, operator = texting()
    brand = BrandFactory()
    brand.support_email = "support@flirts.nyc"
    brand.save()
    assert "support@flirts.nyc" in phones.says(CUSTOMER, OURS, "HELP")
    phones.says(CUSTOMER, OURS, "STOP")
    assert "messages again" in phones.says(CUSTOMER, OURS, "yes")
    answer(operator, customer, "Welcome back")
    run_jobs()
    assert twilio.taken[-1]["Body"] == "Welcome back"
    assert phones.says(CUSTOMER, OURS, "Yes") == "", "an ordinary word again, sent and charged"
    assert money.wallet_of(customer.pk).balance_minor == 900


def test_a_keyword_twilio_answered_is_obeyed_without_a_second_answer(
    twilio: FakeTwilio, phones: Phones
) -> None:
    texting()
    assert phones.says(CUSTOMER, OURS, "STOP", OptOutType="STOP") == ""
    assert SmsConsent.objects.order_by("-id")[0].action == "stop"


def test_keywords_of_strangers_are_obeyed_too(twilio: FakeTwilio, phones: Phones) -> None:
    with_sms()
    assert phones.says(STRANGER, ALERTS_FROM, "STOP") == STOPPED


def test_evidence_of_consent_cannot_be_changed(twilio: FakeTwilio) -> None:
    wants(CUSTOMER)
    with pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE messaging_smsconsent SET action = 'stop'")
    with pytest.raises(DatabaseError, match="Cannot update"), as_owner() as cursor:
        cursor.execute("UPDATE messaging_smsconsent SET action = 'stop'")


def test_nobody_gets_an_sms_who_did_not_ask_for_it(twilio: FakeTwilio) -> None:
    with_sms()
    customer, operator = given_customer(balance=1000, phone=False), given_operator(phone=OPERATOR)
    give_phone(customer, CUSTOMER)
    text(customer, operator, message_type=MessageType.SMS)
    answer(operator, customer)
    assert not Sms.objects.exists()


# -- alerts


def test_an_alert_says_nothing_waits_for_the_morning_and_is_dropped_once_read(twilio: FakeTwilio) -> None:
    with_sms(SmsMode.ALERTS)
    customer, operator = given_customer(balance=1000, phone=False), given_operator()
    give_phone(customer, CUSTOMER)
    wants(CUSTOMER)
    text(customer, operator)
    night = datetime(2026, 11, 23, 3, tzinfo=UTC)  # 22:00 where the customer lives
    with clock.using(lambda: night):
        answer(operator, customer, "Something personal"), answer(operator, customer, "More of it")
    [sms] = Sms.objects.all()
    assert scheduled_at(sms) == datetime(2026, 11, 23, 14, tzinfo=UTC)
    run_jobs()
    [sent] = twilio.taken
    assert (sent["Body"], sent["From"]) == (ALERT, ALERTS_FROM)
    mark_read(conversation_id=between(customer, operator).pk, side=Side.CUSTOMER, up_to=3)
    answer(operator, customer)
    mark_read(conversation_id=between(customer, operator).pk, side=Side.CUSTOMER, up_to=4)
    run_jobs()
    assert len(twilio.taken) == 1


def scheduled_at(sms: Sms) -> datetime:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT scheduled_at FROM procrastinate_jobs WHERE task_name = 'messaging.send_sms'"
            " AND (args->>'sms_id')::bigint = %s",
            [sms.pk],
        )
        [(at,)] = cursor.fetchall()
    return at  # type: ignore[no-any-return]


def test_a_message_and_its_job_are_one_transaction(twilio: FakeTwilio) -> None:
    texting()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE (args->>'sms_id')::bigint IN"
            " (SELECT id FROM messaging_sms)"
        )
        assert cursor.fetchone() == (2,)


# -- what became of it


def test_delivery_moves_forward_only(twilio: FakeTwilio, phones: Phones) -> None:
    customer, operator = texting()
    sms = Sms.objects.get(phone_number=store_number(OPERATOR))
    assert phones.reports(sms, "delivered", RawDlrDoneDate="2611221420") == 204
    for late in ("sent", "undelivered", "failed", "delivered"):
        assert phones.reports(sms, late) == 204
    sms.refresh_from_db()
    assert sms.state == SmsState.DELIVERED
    assert between(customer, operator).operator_delivered == 1


def test_a_paid_text_that_does_not_arrive_is_given_back_and_says_so(
    twilio: FakeTwilio, phones: Phones
) -> None:
    customer, _operator = texting()
    phones.says(CUSTOMER, OURS, "Lost on the way")
    run_jobs()
    sms = Sms.objects.filter(phone_number=store_number(OPERATOR)).order_by("-id")[0]
    assert money.wallet_of(customer.pk).balance_minor == 900
    for _ in range(2):
        assert phones.reports(sms, "undelivered", ErrorCode="30003") == 204
    message = Message.objects.get(text="Lost on the way")
    assert (message.refund_reason, message.failed_at is not None) == ("undelivered", True)
    assert money.wallet_of(customer.pk).balance_minor == 950


@pytest.mark.parametrize("second_first", [True, False])
def test_a_text_that_did_not_arrive_is_given_back_though_a_later_one_did(
    twilio: FakeTwilio, phones: Phones, second_first: bool
) -> None:
    customer, operator = texting()
    for words in ("Lost on the way", "Got through"):
        phones.says(CUSTOMER, OURS, words)
    run_jobs()
    lost, arrived = Sms.objects.filter(phone_number=store_number(OPERATOR)).order_by("-id")[:2][::-1]
    for sms, status in sorted(
        [(lost, "undelivered"), (arrived, "delivered")], key=lambda r: (r[0] == lost) == second_first
    ):
        if sms == lost and second_first:
            assert delivery(customer, operator, "Lost on the way") == "sent"
        assert phones.reports(sms, status, **({"ErrorCode": "30003"} if sms == lost else {})) == 204
    assert delivery(customer, operator, "Lost on the way") == "failed"
    assert delivery(customer, operator, "Got through") == "delivered"
    assert Message.objects.get(text="Lost on the way").refund_reason == "undelivered"
    assert Message.objects.get(text="Got through").refund_reason == ""
    assert money.wallet_of(customer.pk).balance_minor == 1000 - 3 * 50 + 50


def delivery(customer: Customer, operator: Operator, words: str) -> str:
    """What the conversation says of the way of a text."""
    return delivery_of(Message.objects.get(text=words), between(customer, operator))


def test_who_writes_on_the_site_has_read_and_who_answers_by_sms_may_not_have(
    twilio: FakeTwilio, phones: Phones
) -> None:
    customer, operator = texting()  # the operator answered on the site
    assert between(customer, operator).operator_read == 1
    phones.says(CUSTOMER, OURS, "On its way")
    phones.says(OPERATOR, OURS, "To what came before")
    conversation = between(customer, operator)
    assert (conversation.last_number, conversation.operator_read, conversation.customer_read) == (4, 1, 0)


def test_a_text_the_operator_has_read_on_the_site_stays_paid(twilio: FakeTwilio, phones: Phones) -> None:
    customer, operator = texting()
    sms = Sms.objects.get(phone_number=store_number(OPERATOR))
    mark_read(conversation_id=between(customer, operator).pk, side=Side.OPERATOR, up_to=1)
    phones.reports(sms, "undelivered", ErrorCode="30003")
    assert money.wallet_of(customer.pk).balance_minor == 950


def test_twilios_refusal_is_final_and_21610_means_stop(twilio: FakeTwilio, phones: Phones) -> None:
    customer, _ = texting()
    phones.says(CUSTOMER, OURS, "Will be refused")
    twilio.next_error = (400, 21610)
    run_jobs()
    sms = Sms.objects.filter(phone_number=store_number(OPERATOR)).order_by("-id")[0]
    assert (sms.state, sms.error_code) == (SmsState.FAILED, "21610")
    assert SmsConsent.objects.order_by("-id")[0].action == "stop"
    assert money.wallet_of(customer.pk).balance_minor == 950


def test_a_busy_twilio_is_tried_again_an_unclear_answer_never(twilio: FakeTwilio, phones: Phones) -> None:
    customer, _ = texting()
    phones.says(CUSTOMER, OURS, "Try this")
    sms = Sms.objects.filter(state=SmsState.QUEUED).get()
    twilio.next_error = (429, 20429)
    with pytest.raises(Busy):
        send_sms(sms_id=sms.pk)
    twilio.next_error = requests.ReadTimeout()
    run_jobs()
    run_jobs()
    sms.refresh_from_db()
    assert (sms.state, len(twilio.taken)) == (SmsState.SENDING, 2)
    assert give_up_on_silence(at=clock.now() + timedelta(minutes=59)) == 0
    assert give_up_on_silence(at=clock.now() + timedelta(minutes=61)) == 1
    assert money.wallet_of(customer.pk).balance_minor == 950


def test_a_callback_may_be_faster_than_the_answer(twilio: FakeTwilio, phones: Phones) -> None:
    texting()
    phones.says(CUSTOMER, OURS, "Quick")
    sms = Sms.objects.filter(state=SmsState.QUEUED).get()
    twilio.next_error = requests.ReadTimeout()
    run_jobs()
    assert phones.reports(sms, "delivered", MessageSid=(sid := new_sid()), SmsSid=sid) == 204
    sms.refresh_from_db()
    assert (sms.state, sms.sid) == (SmsState.DELIVERED, sid)


# -- machines that answer machines


def test_a_phone_that_answers_by_itself_is_not_charged_for_it(twilio: FakeTwilio, phones: Phones) -> None:
    customer, _ = texting()
    for _ in range(8):
        phones.says(CUSTOMER, OURS, "I am driving and will answer later.")
    assert money.wallet_of(customer.pk).balance_minor == 850, "two of eight"


def test_two_auto_responders_stop(twilio: FakeTwilio, phones: Phones) -> None:
    customer, _ = texting()
    for n in range(40):
        phones.says(CUSTOMER, OURS, f"I am away, ticket {n}.")
        phones.says(OPERATOR, OURS, f"So am I, reference {n}.")
    assert money.wallet_of(customer.pk).balance_minor == 950 - 10 * 50
    assert Message.objects.count() == 2 + 20
