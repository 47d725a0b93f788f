"""What is kept for how long: the table, the nightly job, and the privacy pages say the same."""

from collections.abc import Callable
from datetime import datetime, timedelta
from html import unescape
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from asgiref.sync import async_to_sync
from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Model
from django.test import Client
from procrastinate.contrib.django import app

from billing.models import Case, FundsRequest, MerchantAccount, Payment
from billing.services.open_case import open_complaint
from billing.states import FundsRequestState
from core import clock
from core.jobs import CONCURRENCY, Queue
from core.models import IdempotentAnswer
from customers.models import Device, PhoneVerification
from messaging.models import Conversation, Message, Report, Sms
from notices.models import Notice
from notices.states import NoticeState
from phones.models import PhoneNumber
from phones.services.store_number import store_number
from privacy.kinds import YEAR, Audience, in_words
from privacy.retention import (
    FAILED_JOBS_KEPT_FOR,
    NOT_PERSONAL,
    TABLE,
    kind,
    kinds_for,
)
from privacy.services import delete_old_data as old
from privacy.services.delete_old_data import BY_THE_QUEUE, DELETIONS, delete_old_data
from privacy.tasks import delete_old_jobs
from telephony.models import CallEvent, GreetingCall
from tests.factories import BrandFactory, CustomerFactory, UserFactory
from tests.messaging.scenario import text
from tests.scenario import given_customer, given_operator, tell, when_called
from tests.support.html import compact

MINUTE = timedelta(minutes=1)
OLDEST = FAILED_JOBS_KEPT_FOR + 61 * MINUTE


def test_every_model_is_in_the_table_or_holds_nothing_about_people() -> None:
    every = apps.get_models(include_auto_created=True)
    models = {model._meta.label for model in every if not model._meta.proxy}  # a proxy has no table
    listed = [label for row in TABLE for label in row.models] + list(NOT_PERSONAL)
    assert sorted(listed) == sorted(set(listed)), "each once"
    assert models == set(listed)


def test_what_has_an_end_is_deleted_and_nothing_else() -> None:
    assert {row.key for row in TABLE if row.kept_for is not None} == set(DELETIONS) | BY_THE_QUEUE
    assert len({row.key for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(days=1), "1 day"),
        (timedelta(days=400), "400 days"),
        (YEAR, "1 year"),
        (2 * YEAR, "2 years"),
    ],
)
def test_a_length_of_time_in_words(length: timedelta, words: str) -> None:
    assert in_words(length) == words


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "path", "audience"),
    [
        ("flirts.localhost", "/help/privacy/", Audience.CUSTOMERS),
        ("portal.localhost", "/privacy/", Audience.OPERATORS),
    ],
)
def test_the_privacy_page_of_each_site_says_what_the_table_says(
    host: str, path: str, audience: Audience
) -> None:
    BrandFactory()
    html = unescape(compact(Client(headers={"Host": host}).get(path)))
    for row in kinds_for(audience):
        assert row.name in html
        assert row.what in html
        assert row.length in html
    others = [row for row in TABLE if not row.audience & audience]
    assert others
    assert not [row.name for row in others if f"<dt>{row.name}</dt>" in html]


# -- the nightly job


def test_every_task_is_in_a_queue_that_has_workers() -> None:
    ours = {
        name: task for name, task in app.tasks.items() if not name.startswith(("builtin:", "procrastinate."))
    }
    assert {task.queue for task in ours.values()} <= set(CONCURRENCY)
    assert set(CONCURRENCY) == set(Queue)


def test_jobs_that_an_earlier_version_queued_still_run() -> None:
    for earlier, name in (
        ("core.delete_old_rows", "privacy.delete_old_data"),
        ("core.delete_old_jobs", "privacy.delete_old_jobs"),
    ):
        assert app.tasks[earlier].name == name


@pytest.mark.django_db
def test_jobs_that_are_done_go_and_failed_ones_stay_longer() -> None:
    """What waits or is under way stays, however old."""
    insert = "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status) VALUES ('money', %s, '{}', 'todo') RETURNING id"
    kept_for = kind("jobs").kept_for
    assert kept_for is not None
    with connection.cursor() as cursor:
        for status in ("succeeded", "failed", "cancelled", "aborted", "doing", "todo"):
            for name, age in (
                ("young", kept_for - MINUTE),
                ("old", kept_for + 61 * MINUTE),
                ("oldest", OLDEST),
            ):
                cursor.execute(insert, [f"{name} {status}"])
                key = cursor.fetchone()[0]
                if status != "todo":
                    cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [key])
                if status not in ("todo", "doing"):
                    cursor.execute("UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [status, key])
                cursor.execute(
                    "UPDATE procrastinate_events SET at = now() - %s WHERE job_id = %s", [age, key]
                )
    async_to_sync(delete_old_jobs.func)(SimpleNamespace(app=app), 0)
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name FROM procrastinate_jobs WHERE task_name ~ ' '")
        left = {name for (name,) in cursor.fetchall()}
    running = {f"{name} {status}" for name in ("young", "old", "oldest") for status in ("doing", "todo")}
    done = {f"young {status}" for status in ("succeeded", "failed", "cancelled", "aborted")}
    assert left == running | done | {"old failed"}


def answer_at(at: datetime) -> Model:
    return IdempotentAnswer.objects.create(
        user=UserFactory(), key="key", fingerprint="", status=200, answer={}, created_at=at
    )


def code_at(at: datetime) -> Model:
    return PhoneVerification.objects.create(
        reference=f"code-{at}", customer=CustomerFactory(), phone_number=store_number("+19991010000"), code_hash="", created_at=at,
        expires_at=at, tries_left=0,
    )  # fmt: skip


def greeting_call_at(at: datetime) -> Model:
    return GreetingCall.objects.create(reference=f"greeting-{at}", operator=given_operator(), created_at=at)


def browser_at(at: datetime) -> Model:
    return Device.objects.create(user=UserFactory(), marker_hash="", first_seen_at=at, last_seen_at=at)


def event_at(at: datetime) -> Model:
    tell(when_called(given_customer(), given_operator()), "ringing", at=1)
    event = CallEvent.objects.latest("id")
    CallEvent.objects.filter(pk=event.pk).update(received_at=at)
    return event


def sms_at(at: datetime) -> Model:
    return Sms.objects.create(
        reference=f"sms-{at}", direction="out", kind="alert", phone_number=store_number("+19991010000"), our_number="", state="sent",
        body_sha256=b"", created_at=at, changed_at=at,
    )  # fmt: skip


def number_at(at: datetime) -> Model:
    number = store_number(f"+1999101{int(at.timestamp()) // 60 % 10_000:04}")
    PhoneNumber.objects.filter(pk=number.pk).update(created_at=at)
    return number


def mail_at(at: datetime) -> Model:
    return Notice.objects.create(
        kind="receipt", subject="Your receipt", state=NoticeState.SENT, message_id="<a@b>", created_at=at,
        due_at=at, expires_at=at,
    )  # fmt: skip


def case_at(at: datetime) -> Model:
    case = open_complaint(brand=BrandFactory(), email=f"{at:%S%f}@example.test", words="Too loud")
    Case.objects.filter(pk=case.pk).update(
        state="closed", closed_at=at, answered_at=at, handled_by=UserFactory()
    )
    return case


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "made_at"),
    [
        ("answers", answer_at),
        ("phone_codes", code_at),
        ("greeting_calls", greeting_call_at),
        ("browsers", browser_at),
        ("call_events", event_at),
        ("sms", sms_at),
        ("mail", mail_at),
        ("numbers", number_at),
        ("cases", case_at),
    ],
)
def test_old_rows_go_and_young_ones_stay(key: str, made_at: Callable[[datetime], Model]) -> None:
    kept_for = kind(key).kept_for
    assert kept_for is not None
    gone, stays = made_at(clock.now() - kept_for - MINUTE), made_at(clock.now() - kept_for + MINUTE)
    assert delete_old_data()[key] == 1
    rows = type(gone)._default_manager
    assert not rows.filter(pk=gone.pk).exists()
    assert rows.filter(pk=stays.pk).exists()


@pytest.mark.django_db
def test_mail_that_is_still_to_be_sent_stays() -> None:
    notice = mail_at(clock.now() - 2 * YEAR)
    Notice.objects.update(state=NoticeState.FAILED)
    delete_old_data()
    assert Notice.objects.filter(pk=notice.pk).exists()


def message_at(at: datetime) -> Model:
    message = text(given_customer(), given_operator()).message
    Message.objects.filter(pk=message.pk).update(created_at=at)
    return message


def draft_at(at: datetime) -> Model:
    message = text(given_customer(), given_operator()).message
    Conversation.objects.filter(pk=message.conversation_id).update(customer_draft="hm", last_message_at=at)
    return message.conversation


def payment_at(at: datetime) -> Model:
    customer = CustomerFactory()
    account = MerchantAccount.objects.create(
        brand=customer.home_brand, gateway="gone", account=f"{at}", statement_text="X", support_phone="",
        is_active=False,
    )  # fmt: skip
    return Payment.objects.create(
        customer=customer, merchant_account=account, amount_minor=1, currency="USD", network_hash=b"n" * 32,
        created_at=at, changed_at=at,
    )  # fmt: skip


def funds_request_at(at: datetime) -> Model:
    return FundsRequest.objects.create(
        customer=CustomerFactory(), brand=BrandFactory(), amount_minor=100, words="please", answer="done",
        state=FundsRequestState.DONE, created_at=at, handled_at=at,
    )  # fmt: skip


def report_at(at: datetime) -> Model:
    return Report.objects.create(
        conversation=text(given_customer(), given_operator()).message.conversation, reported_by="customer", reason="rude",
        up_to_number=1, created_at=at, handled_at=at, outcome="warned",
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("key", "made_at", "columns"),
    [
        ("messages", message_at, ["text"]),
        ("drafts", draft_at, ["customer_draft"]),
        ("payment_networks", payment_at, ["network_hash"]),
        ("funds_requests", funds_request_at, ["words", "answer"]),
        ("reports", report_at, ["reason", "outcome"]),
    ],
)
def test_what_stays_in_the_books_loses_its_words(
    key: str, made_at: Callable[[datetime], Any], columns: list[str]
) -> None:
    kept_for = kind(key).kept_for
    assert kept_for is not None
    emptied, stays = made_at(clock.now() - kept_for - MINUTE), made_at(clock.now() - kept_for + MINUTE)
    assert delete_old_data()[key] == 1
    emptied.refresh_from_db()
    stays.refresh_from_db()
    assert not any(getattr(emptied, column) for column in columns)
    assert all(getattr(stays, column) for column in columns)
    assert delete_old_data()[key] == 0, "nothing is emptied twice"


@pytest.mark.django_db
def test_many_rows_go_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(old, "BATCH", 2)
    for _ in range(5):
        mail_at(clock.now() - YEAR)
        message_at(clock.now() - 3 * YEAR)
    counts = delete_old_data()
    assert (counts["mail"], counts["messages"]) == (5, 5)


@pytest.mark.django_db
def test_expired_sessions_go_with_what_is_listed_of_them() -> None:
    user = UserFactory()
    for key, hours in (("expired", -1), ("alive", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=clock.now() + timedelta(hours=hours)
        )
        UserSession.objects.create(user=user, session_key=key, ip="127.0.0.1")
    assert delete_old_data()["logins"] == 1
    assert [session.session_key for session in Session.objects.all()] == ["alive"]
    assert [listed.session_key for listed in UserSession.objects.all()] == ["alive"]


@pytest.mark.django_db
def test_one_kind_that_fails_keeps_no_other_from_being_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(before: datetime) -> int:
        raise RuntimeError("as on a bad day")

    monkeypatch.setitem(DELETIONS, "phone_codes", broken)
    answer_at(clock.now() - YEAR)
    with pytest.raises(ExceptionGroup):
        delete_old_data()
    assert not IdempotentAnswer.objects.exists()
