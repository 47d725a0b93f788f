"""The webhook of card processors: what is theirs is taken once, what is not is answered as if there were no such address."""

import json
import logging
from typing import Any

import pytest
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from billing import gateways
from billing.gateways.sandbox import processor, tasks, webhook
from billing.gateways.sandbox.cards import SandboxCard
from billing.gateways.sandbox.models import SandboxCharge, SandboxEvent
from billing.gateways.sandbox.order import sign
from billing.gateways.secret_path import is_secret_path, secret_path
from billing.models import Payment, PaymentNotice
from core import clock
from tests.billing.sandbox import RETURN_URL, by_client, deliver_due, given_payment, pay
from tests.scenario import given_customer

pytestmark = pytest.mark.django_db


def paid(behavior: SandboxCard = SandboxCard.SUCCESS) -> Payment:
    payment = given_payment(given_customer(balance=0))
    pay(gateways.gateway_named("sandbox").start(payment, return_url=RETURN_URL), behavior)
    return payment


def posted(path: str, body: bytes, signature: str) -> int:
    client = Client(headers={"Host": "flirts.localhost"}, enforce_csrf_checks=True)
    return client.post(
        path, body, content_type="application/json", headers={"X-Sandbox-Signature": signature}
    ).status_code


def test_a_notice_is_taken_once_however_often_it_is_reported() -> None:
    payment = paid(SandboxCard.DUPLICATE)
    assert deliver_due() == 1
    event = SandboxEvent.objects.get()
    assert (event.tries, event.delivered_at is not None) == (1, True)
    [notice] = PaymentNotice.objects.all()
    assert (notice.gateway, notice.key, notice.event, notice.payment) == (
        "sandbox",
        event.key,
        "charge.paid",
        payment,
    )
    assert deliver_due() == 0


def test_what_happens_to_a_charge_later_is_reported_by_its_number() -> None:
    payment = paid()
    deliver_due()
    charge = SandboxCharge.objects.get()
    Payment.objects.filter(pk=payment.pk).update(processor_reference=charge.number)
    processor.charge_back(charge, 2500)
    deliver_due()
    notice = PaymentNotice.objects.latest("id")
    assert (notice.event, notice.payment) == ("charge.disputed", payment)


def test_a_forged_notice_is_answered_404_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    paid()
    post = webhook.post_of(SandboxEvent.objects.get())
    signature = post.headers[webhook.SIGNATURE_HEADER]
    other = json.dumps({**json.loads(post.body), "id": "event_2"}).encode()
    with caplog.at_level(logging.WARNING, logger="security"):
        forged = [
            posted(post.path, other, signature),
            posted(post.path, post.body, ""),
            posted(post.path, post.body, sign(other)),
            posted(post.path.replace(secret_path("sandbox"), "0" * 40), post.body, signature),
            posted(post.path.replace(secret_path("sandbox"), secret_path("other")), post.body, signature),
        ]
    assert forged == [404] * 5
    assert [record.getMessage() for record in caplog.records if record.name == "security"] == [
        "payment.forged_notice gateway=sandbox"
    ] * 5
    assert not PaymentNotice.objects.exists()
    assert posted(post.path, post.body, signature) == 200


def test_a_processor_that_there_is_not_is_answered_404(monkeypatch: pytest.MonkeyPatch) -> None:
    paid()
    post = webhook.post_of(SandboxEvent.objects.get())
    signature = post.headers[webhook.SIGNATURE_HEADER]
    assert posted(post.path.replace("/sandbox/", "/pigeon/"), post.body, signature) == 404
    assert posted(post.path.replace("/sandbox/", "/base/"), post.body, signature) == 404
    monkeypatch.delitem(gateways.GATEWAYS, "sandbox")  # as in production
    assert posted(post.path, post.body, signature) == 404
    assert not PaymentNotice.objects.exists()


def test_the_webhook_takes_posts_alone() -> None:
    paid()
    post = webhook.post_of(SandboxEvent.objects.get())
    assert Client(headers={"Host": "flirts.localhost"}).get(post.path).status_code == 405


def test_the_address_follows_the_hash_keys(settings: Any) -> None:
    old = secret_path("sandbox")
    assert len(old) == 40
    assert old != secret_path("other")
    settings.HASH_KEYS = ["another-key-that-is-new-and-long-enough", *settings.HASH_KEYS]
    assert secret_path("sandbox") != old
    assert is_secret_path("sandbox", old)
    assert is_secret_path("sandbox", secret_path("sandbox"))
    settings.HASH_KEYS = settings.HASH_KEYS[:1]
    assert not is_secret_path("sandbox", old)
    assert not is_secret_path("sandbox", "é")


def test_the_worker_tries_again_where_nobody_listens_and_not_for_ever(settings: Any) -> None:
    settings.PORT = 9
    paid()
    event = SandboxEvent.objects.get()
    for tries in range(1, webhook.MOST_TRIES + 2):
        tasks.send_event(event_id=event.pk)
        event.refresh_from_db()
        assert (event.tries, event.delivered_at) == (tries, None)
    assert waiting_jobs(event) == webhook.MOST_TRIES  # the first, and one after each try but the last
    assert webhook.deliver(event, by=by_client)
    tasks.send_event(event_id=event.pk)
    event.refresh_from_db()
    assert event.tries == webhook.MOST_TRIES + 2, "what arrived is not sent again"


def waiting_jobs(event: SandboxEvent) -> int:
    jobs = ProcrastinateJob.objects.filter(task_name=processor.SEND_EVENT, status="todo")
    return sum(job.args == {"event_id": event.pk} for job in jobs)


def test_what_is_late_waits_in_the_queue() -> None:
    paid(SandboxCard.LATE)
    event = SandboxEvent.objects.get()
    assert (event.due_at - clock.now()).days == 2
    assert (deliver_due(), deliver_due(event.due_at)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_the_worker_reports_over_http(live_server: Any, settings: Any) -> None:
    settings.PORT = int(live_server.url.rsplit(":", 1)[1])
    payment = paid()
    tasks.send_event(event_id=SandboxEvent.objects.get().pk)
    assert SandboxEvent.objects.get().delivered_at is not None
    assert PaymentNotice.objects.get().payment == payment
