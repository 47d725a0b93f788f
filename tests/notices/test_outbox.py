"""The outbox: written with the change, sent once, tried again, given up where staff see it, and empty of secrets afterwards."""

import socket
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from core import clock
from core.errors import Conflict
from customers.models import User
from notices.models import Notice
from notices.retry import LOST_AFTER, MAX_ATTEMPTS, WAITS
from notices.services.enqueue import enqueue
from notices.services.recover import OVERDUE_AFTER, recover
from notices.services.send import send
from notices.services.send_again import send_again
from notices.states import NoticeKind, NoticeState
from tests.factories import BrandFactory, StaffFactory, UserFactory
from tests.support.smtp_sink import MailSink, deliver_mail, text_of

pytestmark = pytest.mark.django_db
EMAIL = "person@example.test"


def person() -> User:
    user: User = UserFactory(email=EMAIL)
    return user


def queued(kind: NoticeKind = NoticeKind.FUNDS_DECLINED, **options: object) -> Notice:
    texts = {"code": "ABCD-EFGH"} if kind == NoticeKind.LOGIN_CODE else {"amount": "$5.00", "reason": "no"}
    return enqueue(kind, recipient=person(), brand=BrandFactory(), **(texts | options))  # type: ignore[arg-type]


def jobs() -> list[tuple[str, int, bool]]:
    """Queue, notice, and whether it is for later, of the jobs that wait."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT queue_name, (args->>'notice_id')::bigint, scheduled_at IS NOT NULL FROM procrastinate_jobs"
            " WHERE task_name = 'notices.send' ORDER BY id"
        )
        return list(cursor.fetchall())


def test_a_notice_is_there_if_the_change_is(mail_sink: MailSink) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        queued()
        raise ZeroDivisionError
    assert (Notice.objects.count(), jobs()) == (0, [])
    notice = queued()
    assert jobs() == [("mail", notice.pk, False)]


def test_what_was_sent_is_not_sent_again_and_the_row_forgets_the_words(mail_sink: MailSink) -> None:
    notice = queued()
    assert [send(notice_id=notice.pk), send(notice_id=notice.pk)] == [NoticeState.SENT, None]
    [mail] = mail_sink.mails
    assert (mail["To"], mail["Subject"], mail["Message-ID"]) == (EMAIL, "Your request", notice.message_id)
    notice.refresh_from_db()
    assert (notice.payload, notice.recipient.email, notice.attempts) == ({}, EMAIL, 1)
    assert notice.finished_at is not None


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_sends(mail_sink: MailSink) -> None:
    notice, states = queued(), []

    def work() -> None:
        states.append(send(notice_id=notice.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, states)) == ["None"] * 5 + ["sent"]
    assert len(mail_sink.mails) == 1


def test_one_event_is_one_notice(mail_sink: MailSink) -> None:
    user = person()
    first, second = (
        enqueue(NoticeKind.FUNDS_DECLINED, recipient=user, key="request:7", amount="$5.00", reason="no")
        for _ in range(2)
    )
    assert first == second
    deliver_mail()
    enqueue(NoticeKind.FUNDS_DECLINED, recipient=user, key="request:7", amount="$5.00", reason="no")
    deliver_mail()
    assert len(mail_sink.mails) == 1


@pytest.mark.parametrize("answer", ["451 try later", "554 not from you"])
def test_a_server_that_refuses_is_asked_again_and_then_given_up(mail_sink: MailSink, answer: str) -> None:
    mail_sink.refuse_data = answer
    notice, at = queued(), clock.now()
    states = []
    for wait in [timedelta(0), *WAITS]:
        at += wait + timedelta(seconds=1)
        with clock.using(lambda now=at: now):  # type: ignore[misc]
            states.append(send(notice_id=notice.pk))
            assert send(notice_id=notice.pk) is None, "not due"
    assert states == [NoticeState.FAILED] * (MAX_ATTEMPTS - 1) + [NoticeState.GIVEN_UP]
    notice.refresh_from_db()
    assert notice.error == f"SMTPDataError {answer[:3]}"
    assert [later for _, _, later in jobs()] == [False] + [True] * (MAX_ATTEMPTS - 1)
    mail_sink.refuse_data = ""
    send_again(notice_id=notice.pk, actor=StaffFactory())
    deliver_mail()
    assert "$5.00" in text_of(mail_sink.mails[0])


def test_mail_goes_out_within_a_minute_of_the_end_of_a_long_outage(
    mail_sink: MailSink, settings: Settings
) -> None:
    """Nobody answers for six hours: what waits is tried every minute, and not given up for it."""
    port = settings.EMAIL_PORT
    with socket.create_server(("127.0.0.1", 0)) as free:
        settings.EMAIL_PORT = free.getsockname()[1]  # where nobody listens afterwards
    notice, at = queued(), clock.now()
    with clock.using(lambda: at):
        while at < notice.created_at + timedelta(hours=6):
            assert send(notice_id=notice.pk) == NoticeState.FAILED
            notice.refresh_from_db()
            assert timedelta(0) < notice.due_at - at <= timedelta(seconds=60)
            at = notice.due_at
        settings.EMAIL_PORT = port
        assert send(notice_id=notice.pk) == NoticeState.SENT
    assert "$5.00" in text_of(mail_sink.mails[0])


def test_an_address_that_does_not_exist_is_given_up_at_once(mail_sink: MailSink) -> None:
    mail_sink.refuse_recipients = "550 no such user: person@example.test"
    notice = queued()
    assert send(notice_id=notice.pk) == NoticeState.GIVEN_UP
    notice.refresh_from_db()
    assert notice.error == "SMTPRecipientsRefused 550", "the answer's words are not kept"


def test_a_full_mailbox_is_tried_again(mail_sink: MailSink) -> None:
    mail_sink.refuse_recipients = "452 full"
    assert send(notice_id=queued().pk) == NoticeState.FAILED


def test_no_mail_server_is_waited_for_without_end(settings: Settings) -> None:
    assert 0 < settings.EMAIL_TIMEOUT <= 30
    assert settings.ANYMAIL["REQUESTS_TIMEOUT"] == settings.EMAIL_TIMEOUT


def test_a_silent_server_costs_no_more_than_the_timeout(
    stalled_mail_server: socket.socket, settings: Settings
) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    notice, began = queued(), time.monotonic()
    assert send(notice_id=notice.pk) == NoticeState.FAILED
    assert time.monotonic() - began < 20
    notice.refresh_from_db()
    assert "timeout" in notice.error.lower() or "SMTPServerDisconnected" in notice.error


def test_a_code_is_erased_when_sent_and_when_given_up(mail_sink: MailSink) -> None:
    sent = queued(NoticeKind.LOGIN_CODE, address=EMAIL)
    deliver_mail()
    mail_sink.refuse_data = "451 try later"
    lost = enqueue(NoticeKind.LOGIN_CODE, address="new@example.test", code="WXYZ-WXYZ")
    at = clock.now()
    send(notice_id=lost.pk)
    with clock.using(lambda: at + timedelta(minutes=11)):
        assert send(notice_id=lost.pk) == NoticeState.GIVEN_UP, "a code that has expired is not sent"
    rows = Notice.objects.filter(pk__in=[sent.pk, lost.pk]).order_by("pk")
    assert [(row.state, row.payload, row.address) for row in rows] == [("sent", {}, ""), ("given_up", {}, "")]
    with pytest.raises(Conflict, match="expired"):
        send_again(notice_id=lost.pk, actor=StaffFactory())


def test_a_worker_that_died_while_sending_loses_nothing(mail_sink: MailSink) -> None:
    notice, at = queued(), clock.now()
    Notice.objects.filter(pk=notice.pk).update(state=NoticeState.SENDING, attempts=1, claimed_at=at)
    assert (recover(), send(notice_id=notice.pk)) == (0, None)
    with clock.using(lambda: at + LOST_AFTER + timedelta(seconds=1)):
        assert (recover(), recover()) == (1, 0)
        assert send(notice_id=notice.pk) == NoticeState.SENT
    assert mail_sink.mails[0]["Message-ID"] == notice.message_id


def test_a_lost_job_is_made_anew(mail_sink: MailSink) -> None:
    notice, at = queued(), clock.now()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs")
    with clock.using(lambda: at + OVERDUE_AFTER + timedelta(seconds=1)):
        assert recover() == 1
    assert jobs() == [("mail", notice.pk, False)]


def test_who_moved_gets_mail_at_the_new_address(mail_sink: MailSink) -> None:
    notice = queued()
    User.objects.update(email="moved@example.test")
    send(notice_id=notice.pk)
    assert mail_sink.recipients == ["moved@example.test"]


def test_whoever_is_gone_gets_none(mail_sink: MailSink) -> None:
    notice = queued()
    Notice.objects.update(recipient=None)
    assert send(notice_id=notice.pk) == NoticeState.GIVEN_UP
