"""What people want to be told: by which way, when, one email a day, and turned off from the mail itself."""

import re
from datetime import datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.test import Client

from core import clock
from customers.models import Customer
from messaging.services.read_state import mark_read
from messaging.services.tell_waiting import tell_waiting
from messaging.states import Side
from notices.kinds import RULES, mail_groups
from notices.models import DeliverySettings, Notice
from notices.selectors import channels_that_arrive, choices_of
from notices.services.digest import next_digest_at
from notices.services.enqueue import enqueue
from notices.services.open_pages import note_open_pages
from notices.services.preferences import save_delivery, save_preferences, turn_mail_off
from notices.services.send import send
from notices.services.tell_minutes import tell_minutes_ending
from notices.states import CUSTOMER_GROUPS, Channel, NoticeKind, NoticeState, PreferenceGroup
from tests.factories import BrandFactory
from tests.messaging.scenario import answer, between, text
from tests.scenario import (
    BRAND_HOST,
    given_customer,
    given_free_minutes,
    given_limit,
    given_operator,
    logged_in,
    tell,
    when_called,
)
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db
TEMPLATES = Path(settings.BASE_DIR) / "templates/notices"
NIGHT = datetime(2027, 3, 3, 23, 30, tzinfo=ZoneInfo("America/New_York"))
OFF = re.compile(r"/emails/off/[^\s>]+")


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="20.00")


def refund_notice(customer: Customer, key: str = "refund:1") -> Notice:
    texts = {"amount": "$3.99", "what": "a call on March 3", "balance": "$20.00", "url": "", "receipt": ""}
    return enqueue(NoticeKind.REFUND, recipient=customer.user, brand=BrandFactory(), key=key, **texts)


def quiet(customer: Customer, start: int = 22, end: int = 8) -> None:
    save_delivery(
        customer.user, quiet_hours=(time(start), time(end)), has_digest=False, names_people=False
    )  # fmt: skip


# -- which way


def test_what_is_turned_off_is_not_mailed_and_its_event_counts_as_told(
    customer: Customer, mail_sink: MailSink
) -> None:
    save_preferences(customer.user, {(PreferenceGroup.MONEY, Channel.MAIL): False})
    first, again = refund_notice(customer), refund_notice(customer)
    assert first == again
    assert (first.state, first.payload) == (NoticeState.SKIPPED, {})
    deliver_mail()
    assert mail_sink.mails == []


def test_what_is_turned_off_while_it_waits_is_not_mailed(customer: Customer, mail_sink: MailSink) -> None:
    refund_notice(customer)
    save_preferences(customer.user, {(PreferenceGroup.MONEY, Channel.MAIL): False})
    deliver_mail()
    assert mail_sink.mails == []
    assert Notice.objects.get().state == NoticeState.SKIPPED


def test_codes_and_card_payments_cannot_be_turned_off(customer: Customer) -> None:
    save_preferences(customer.user, {(group, Channel.MAIL): False for group in PreferenceGroup})
    code = enqueue(NoticeKind.LOGIN_CODE, recipient=customer.user, code="ABCD-EFGH")
    paid = enqueue(NoticeKind.PAYMENT_RECEIVED, recipient=customer.user, amount="$20.00")
    assert {code.state, paid.state} == {NoticeState.QUEUED}
    assert mail_groups(NoticeKind.PAYMENT_RECEIVED) == mail_groups(NoticeKind.LOGIN_CODE) == ()


def test_channels_that_arrive(customer: Customer) -> None:
    kind = NoticeKind.MESSAGE_WAITING
    assert channels_that_arrive(customer.user, kind) == {Channel.MAIL}
    turn_mail_off(customer.user, [PreferenceGroup.MESSAGES])
    assert channels_that_arrive(customer.user, kind) == set()
    assert channels_that_arrive(customer.user, NoticeKind.LOGIN_CODE) == {Channel.MAIL}


# -- when


def test_quiet_hours_hold_a_mail_until_the_morning_and_a_code_comes_at_once(
    customer: Customer, mail_sink: MailSink
) -> None:
    quiet(customer)
    with clock.using(lambda: NIGHT):
        held = refund_notice(customer)
        code = enqueue(NoticeKind.LOGIN_CODE, recipient=customer.user, code="ABCD-EFGH")
        assert [send(notice_id=held.pk), send(notice_id=code.pk)] == [NoticeState.QUEUED, NoticeState.SENT]
    held.refresh_from_db()
    assert held.due_at.astimezone(NIGHT.tzinfo) == datetime(2027, 3, 4, 8, 0, tzinfo=NIGHT.tzinfo)
    assert held.attempts == 0
    deliver_mail()
    assert [mail["Subject"] for mail in mail_sink.mails] == ["Your code", "Your balance"]


def test_one_email_a_day_holds_all_that_can_wait(customer: Customer, mail_sink: MailSink) -> None:
    save_delivery(customer.user, quiet_hours=None, has_digest=True, names_people=False)
    with clock.using(lambda: NIGHT):
        refund_notice(customer)
        refund_notice(customer, "refund:2")
        digest = Notice.objects.get(kind=NoticeKind.DIGEST)
        assert digest.due_at == next_digest_at(NIGHT, "America/New_York")
    deliver_mail()
    [mail] = mail_sink.mails
    line = "Wednesday, 11:30 PM: We refunded $3.99 for a call on March 3."
    assert text_of(mail).count(line) == 2


# -- from the mail itself


def test_a_mail_is_turned_off_by_one_post_without_a_login_and_on_again(
    customer: Customer, mail_sink: MailSink
) -> None:
    refund_notice(customer)
    deliver_mail()
    [mail] = mail_sink.mails
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    path = OFF.search(mail["List-Unsubscribe"]).group()  # type: ignore[union-attr]
    assert path in text_of(mail)
    stranger = Client(headers={"Host": "flirts.localhost"}, enforce_csrf_checks=True)

    assert "Turn off these emails?" in stranger.get(path).content.decode()
    assert choices_of(customer.user).is_on(PreferenceGroup.MONEY, Channel.MAIL)
    page = stranger.post(path, {"List-Unsubscribe": "One-Click"})
    assert page.status_code == 200
    assert not choices_of(customer.user).is_on(PreferenceGroup.MONEY, Channel.MAIL)
    undo = OFF.search(page.content.decode().partition("<form")[2]).group().rstrip('"')  # type: ignore[union-attr]
    stranger.post(undo, {"undo": "yes"})
    assert choices_of(customer.user).is_on(PreferenceGroup.MONEY, Channel.MAIL)
    assert stranger.get(path[:-2] + "/").status_code == 404


def test_mails_that_always_come_have_no_such_link(customer: Customer, mail_sink: MailSink) -> None:
    enqueue(NoticeKind.LOGIN_CODE, recipient=customer.user, brand=BrandFactory(), code="ABCD-EFGH")
    deliver_mail()
    assert mail_sink.mails[0]["List-Unsubscribe"] is None


def test_turning_off_the_daily_email_and_undoing_it_leaves_what_was_off(customer: Customer) -> None:
    save_preferences(customer.user, {(PreferenceGroup.ACCOUNT, Channel.MAIL): False})
    were_on = turn_mail_off(customer.user, mail_groups(NoticeKind.DIGEST))
    assert set(were_on) == {PreferenceGroup.MESSAGES, PreferenceGroup.MONEY}


# -- the page


def test_the_page_keeps_what_is_chosen(customer: Customer) -> None:
    client = logged_in(customer.user, BRAND_HOST)
    page = client.get("/account/notifications/").content.decode()
    assert page.count(" checked") == 2 * (len(CUSTOMER_GROUPS) - 1) + 1, "all but receipts; may be written to"
    client.post(
        "/account/notifications/",
        {"mail_receipts": "on", "has_quiet_hours": "on", "quiet_from": "21:00", "quiet_until": "09:30"},
    )
    customer.refresh_from_db()
    choices = choices_of(customer.user)
    assert customer.mails_receipts
    assert not choices.is_on(PreferenceGroup.MESSAGES, Channel.MAIL)
    assert (choices.settings.quiet_from, choices.settings.quiet_until) == (time(21), time(9, 30))
    client.post("/account/notifications/", {"mail_messages": "on"})
    choices = choices_of(customer.user)
    assert choices.is_on(PreferenceGroup.MESSAGES, Channel.MAIL)
    assert choices.settings.quiet_from is None


def test_quiet_hours_need_two_different_times(customer: Customer) -> None:
    client = logged_in(customer.user, BRAND_HOST)
    data = {"has_quiet_hours": "on", "quiet_from": "21:00", "quiet_until": "21:00"}
    assert "start and end at the same time" in client.post("/account/notifications/", data).content.decode()
    data = {"has_quiet_hours": "on", "quiet_from": "", "quiet_until": "8:00"}
    assert "Enter a time." in client.post("/account/notifications/", data).content.decode()
    assert not DeliverySettings.objects.filter(quiet_from__isnull=False).exists()


# -- what is new


def waiting_message(customer: Customer) -> dict[str, int]:
    operator = given_operator()
    text(customer, operator)
    answer(operator, customer)
    conversation = between(customer, operator)
    return {"conversation_id": conversation.pk, "number": conversation.last_number}


def test_a_message_that_waits_is_told_once_and_names_nobody(customer: Customer, mail_sink: MailSink) -> None:
    waiting = waiting_message(customer)
    assert tell_waiting(**waiting)
    tell_waiting(**waiting)
    deliver_mail()
    [mail] = mail_sink.mails
    assert mail["Subject"] == "A new message"
    name = between(customer, customer.conversations.get().operator).operator.stage_name
    assert name not in mail.as_string().partition("http")[0]


def test_a_message_is_not_told_that_was_read_or_that_a_page_shows_or_the_phone_told(
    customer: Customer,
) -> None:
    waiting = waiting_message(customer)
    note_open_pages([customer.user_id])
    assert not tell_waiting(**waiting)
    later = clock.now() + timedelta(minutes=5)
    with clock.using(lambda: later):
        assert tell_waiting(**waiting), "the page was closed"
    mark_read(conversation_id=waiting["conversation_id"], side=Side.CUSTOMER, up_to=waiting["number"])
    with clock.using(lambda: later):
        assert not tell_waiting(**waiting)


def test_free_minutes_that_expire_soon_are_told_once(customer: Customer, mail_sink: MailSink) -> None:
    package = given_free_minutes(customer, 10)
    soon = package.expires_at - timedelta(days=2)
    with clock.using(lambda: soon):
        assert [tell_minutes_ending(), tell_minutes_ending()] == [1, 1]
    deliver_mail()
    [mail] = mail_sink.mails
    assert "You have 10 free minutes to use by" in text_of(mail)


def test_a_call_that_ends_at_a_limit_is_told(customer: Customer, mail_sink: MailSink) -> None:
    given_limit(customer, 1000)
    call = when_called(customer, given_operator())
    tell(call, "started", at=10)
    tell(call, "ended", at=130, why="credit_exhausted", ended_by="platform", joined_ms="120000")
    deliver_mail()
    [mail] = [mail for mail in mail_sink.mails if mail["Subject"] == "Your limit"]
    assert "ended because you reached your daily spending limit" in text_of(mail)


def test_words_are_made_from_what_a_notice_is_given() -> None:
    for kind, rules in RULES.items():
        if rules.is_for_operators:
            assert not rules.words
            continue
        names = set(re.findall(r"{(\w+)}", rules.words))
        head = (TEMPLATES / f"{kind}.mjml").read_text().partition("\n")[0]
        assert all(f"{name}" in head for name in names - {"operator"}), (kind, names)
