"""What the nightly jobs delete, and what they leave."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from procrastinate.contrib.django import app

from core import clock
from core.cleanup import ANSWERS_KEPT, delete_expired_sessions, delete_old_answers
from core.jobs import CONCURRENCY, Queue
from core.models import IdempotentAnswer
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_every_task_is_in_a_queue_that_has_workers() -> None:
    ours = {
        name: task for name, task in app.tasks.items() if not name.startswith(("builtin:", "procrastinate."))
    }
    assert {task.queue for task in ours.values()} <= set(CONCURRENCY)
    assert set(CONCURRENCY) == set(Queue)


def test_old_answers_go_and_young_ones_stay() -> None:
    user = UserFactory()
    for key, age in (
        ("old", ANSWERS_KEPT + timedelta(hours=1)),
        ("young", ANSWERS_KEPT - timedelta(hours=1)),
    ):
        IdempotentAnswer.objects.create(
            user=user, key=key, fingerprint="", status=200, answer={}, created_at=clock.now() - age
        )
    assert delete_old_answers() == 1
    assert [answer.key for answer in IdempotentAnswer.objects.all()] == ["young"]


def test_expired_sessions_go_with_what_is_listed_of_them() -> None:
    user = UserFactory()
    for key, hours in (("expired", -1), ("alive", 1)):
        Session.objects.create(
            session_key=key, session_data="", expire_date=clock.now() + timedelta(hours=hours)
        )
        UserSession.objects.create(user=user, session_key=key, ip="127.0.0.1")
    assert delete_expired_sessions() == 1
    assert [session.session_key for session in Session.objects.all()] == ["alive"]
    assert [listed.session_key for listed in UserSession.objects.all()] == ["alive"]
