"""A real worker over a mail server that says nothing: other jobs and pages go on, codes leave at once."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from messaging.tasks import refund_unanswered
from notices.models import Notice
from notices.services.enqueue import enqueue
from notices.states import NoticeKind, NoticeState
from tests.factories import BrandFactory, UserFactory
from tests.scenario import BRAND_HOST
from tests.support.environment import serving_url
from tests.support.smtp_sink import MailSink
from tools.environment import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@contextmanager
def worker(port: int) -> Iterator[None]:
    """`manage.py run_worker`, whose mail server is at `port`."""
    url = serving_url(connection.settings_dict["NAME"])
    process = subprocess.Popen(
        [sys.executable, "manage.py", "run_worker"],
        cwd=ROOT,
        env=os.environ
        | {"DATABASE_URL": url, "EMAIL_URL": f"smtp://127.0.0.1:{port}", "EMAIL_TIMEOUT_SECONDS": "5"},
    )
    try:
        yield
    finally:
        process.kill()
        process.wait()


def await_true(condition: Callable[[], bool], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


def letters(count: int) -> None:
    user, brand = UserFactory(), BrandFactory()
    for _ in range(count):
        enqueue(NoticeKind.FUNDS_DECLINED, recipient=user, brand=brand, amount="$1.00", reason="no")


def states() -> set[str]:
    return set(Notice.objects.values_list("state", flat=True))


def done(task: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'succeeded'", [task]
        )
        return int(cursor.fetchone()[0])


def test_a_silent_mail_server_stops_no_page_and_no_other_job(stalled_mail_server: socket.socket) -> None:
    port = stalled_mail_server.getsockname()[1]
    letters(60)  # more than workers of mail get through while we wait
    with worker(port):
        await_true(lambda: NoticeState.SENDING in states())
        page = Client(headers={"Host": BRAND_HOST}).post(
            "/accounts/login/code/", {"email": "new@example.test"}
        )
        assert page.status_code == 302
        before = done("messaging.refund_unanswered")
        refund_unanswered.configure(queueing_lock="of this test").defer(timestamp=0)
        await_true(lambda: done("messaging.refund_unanswered") > before)
        await_true(lambda: NoticeState.FAILED in states())
    assert NoticeState.SENT not in states()


def test_mail_leaves_as_soon_as_it_is_written(mail_sink: MailSink) -> None:
    with worker(settings.EMAIL_PORT):
        letters(1)
        await_true(lambda: len(mail_sink.mails) == 1)
        for number in range(3):
            enqueue(NoticeKind.LOGIN_CODE, address="new@example.test", code=f"ABCD-EFG{number}")
            await_true(lambda count=number + 2: len(mail_sink.mails) == count)  # type: ignore[misc]
        await_true(lambda: states() == {NoticeState.SENT})
