"""What the staff's home page and `/readyz` say of the parts beside this process."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from backoffice import service_health
from core import clock
from notices.models import Notice
from notices.services.enqueue import enqueue
from notices.states import NoticeKind, NoticeState
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import logged_in
from tests.support.html import compact
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db


def degraded() -> list[str]:
    """What `/readyz` names; there is no worker in these tests."""
    BrandFactory()
    answer = Client(headers={"host": "localhost"}).get("/readyz")
    assert answer.status_code == 200
    return [name for name in answer.json()["degraded"] if name != "Background workers"]


def mail(state: NoticeState, seconds_ago: int, error: str = "") -> Notice:
    """A letter whose last attempt was so long ago, and what came of it."""
    letter, at = enqueue(NoticeKind.NO_ACCOUNT, address="a@aeims.test"), clock.now()
    letter.state, letter.error = state, error
    letter.claimed_at = letter.finished_at = at - timedelta(seconds=seconds_ago)
    letter.save()
    return letter


def job(task: str, status: str, minutes_ago: int, *, has_worker: bool = True) -> None:
    """A job that was due, and begun if it was, so long ago, by a worker that is heard of or by one that died."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now()) RETURNING id")
        worker = cursor.fetchone()[0] if has_worker and status == "doing" else None
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id)"
            " VALUES ('money', %s, '{}', 'todo', NULL) RETURNING id",
            [task],
        )
        key = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = %s, worker_id = %s WHERE id = %s", [status, worker, key]
        )
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - make_interval(mins => %s) WHERE job_id = %s",
            [minutes_ago, key],
        )


def test_jobs_that_are_late_stuck_or_failed_are_named(phone_system: PhoneSystem, settings: Settings) -> None:
    """On the home page of staff, in `/readyz`, and in `/health`; what is under way or waits for a moment is not."""
    job("a.fresh", "todo", 1)
    job("a.running", "doing", 5)
    assert degraded() == []
    job("a.late", "todo", 3)
    job("a.dead", "doing", 1, has_worker=False)
    job("a.hanging", "doing", 11)
    job("a.failed", "failed", 1)
    words = "a.late late; a.dead, a.hanging stuck; a.failed failed."
    assert degraded() == ["Jobs"]
    page = compact(logged_in(StaffFactory(), "admin.localhost").get("/"))
    assert "Jobs: needs attention" in page
    assert words in page
    key = {"Authorization": f"Bearer {settings.AEIMS_API_KEY}"}
    answer = Client(headers={"host": "localhost", **key}).get("/health")
    assert answer.status_code == 200
    assert {"name": "Jobs", "ok": False, "text": words} in answer.json()["checks"]


def test_a_journal_that_cannot_be_written_is_shown(phone_system: PhoneSystem) -> None:
    assert degraded() == []
    phone_system.health |= {"journal_ok": True}
    assert degraded() == []
    phone_system.health |= {"journal_ok": False}
    assert degraded() == ["Journal of calls"]


def test_mail_that_does_not_get_out_is_shown_until_some_does(phone_system: PhoneSystem) -> None:
    mail(NoticeState.SENT, 60)
    assert degraded() == []
    late = mail(NoticeState.FAILED, 30, "ConnectionRefusedError")
    mail(NoticeState.FAILED, 20, "TimeoutError")
    assert degraded() == ["Mail"]
    words = {check.name: check.words for check in service_health.services(seconds=1)}["Mail"]
    assert words == "2 waiting for another try, and none was sent since the last."
    mail(NoticeState.SENT, 10)
    assert degraded() == []
    late.refresh_from_db()
    assert late.state == NoticeState.FAILED, "it waits for its own time"


def test_a_mailbox_that_refuses_is_no_trouble_of_the_mail_server(phone_system: PhoneSystem) -> None:
    mail(NoticeState.FAILED, 30, "SMTPRecipientsRefused 450")
    assert degraded() == []
