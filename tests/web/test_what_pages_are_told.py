"""Pages and programs hear what counts for them: why one is suspended, reserved minutes, a limit that begins to hold."""

from datetime import timedelta
from typing import Any

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from brands.models import Brand
from customers.tasks import announce_limit
from operators.services.review_operator import approve_operator, suspend_operator
from tests.factories import StaffFactory
from tests.scenario import (
    customer_client,
    given_customer,
    given_free_minutes,
    given_operator,
    logged_in,
    set_daily_limit,
    tell,
    the_call,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db


def test_the_console_tells_a_suspended_operator_why_and_whom_to_write_to() -> None:
    operator, staff = given_operator(), StaffFactory()
    Brand.objects.update(support_email="help@flirts.test")
    client = logged_in(operator.user, "portal.localhost")
    assert "suspended" not in client.get("/").content.decode()
    suspend_operator(operator_id=operator.pk, actor=staff, reason="Numbers in your profile")
    page = " ".join(client.get("/").content.decode().split())
    assert "Reason: Numbers in your profile" in page
    assert 'write to <a href="mailto:help@flirts.test">' in page
    approve_operator(operator_id=operator.pk, actor=staff, reason="cleared")
    assert "suspended" not in client.get("/").content.decode()


def test_the_api_tells_minutes_that_a_running_call_has_set_aside() -> None:
    customer, operator = given_customer(balance="45.00"), given_operator()
    given_free_minutes(customer, 10)

    def balance() -> tuple[float, float]:
        answer = customer_client(customer).get(f"/api/balance/check/?operator_id={operator.pk}").json()
        return answer["free_minutes"], answer["free_minutes_reserved"]

    assert balance() == (10, 0)
    call = when_called(customer, operator)
    assert balance() == (0, 10)
    when_talked(call, 60_000)
    assert balance() == (9, 0)


def test_a_raised_limit_is_told_to_pages_and_call_when_it_begins_to_hold(
    django_capture_on_commit_callbacks: Any,
) -> None:
    customer = given_customer(balance="45.00")
    set_daily_limit(customer=customer, limit_minor=1500)
    assert not ProcrastinateJob.objects.filter(task_name="customers.announce_limit").exists()
    set_daily_limit(customer=customer, limit_minor=4000)
    limit = customer.spending_limits.get()
    assert limit.next_at is not None
    job = ProcrastinateJob.objects.get(task_name="customers.announce_limit")
    assert job.scheduled_at == limit.next_at + timedelta(seconds=1)
    call = when_called(customer, given_operator())
    tell(call, "started", at=0)
    before = the_call(call).sequence
    with django_capture_on_commit_callbacks(execute=True):
        announce_limit(**job.args)
    assert the_call(call).sequence == before + 1, "the new snapshot was pushed"
