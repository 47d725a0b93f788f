"""A worker whose clock is an hour ahead, or a database's, ends nothing before its time."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from billing.models import FreeMinutesPackage
from billing.tasks import expire_unused_free_minutes
from core import clock, deadlines
from core.deadlines import deadline_now
from messaging.models import Message
from messaging.tasks import refund_unanswered
from operators.models import Operator
from operators.states import Presence
from operators.tasks import sweep_presence
from telephony.models import Call
from telephony.services.sweep import sweep
from tests.messaging.scenario import text
from tests.scenario import given_customer, given_free_minutes, given_operator, the_call, when_called

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
Ahead = Callable[[], AbstractContextManager[None]]


@pytest.fixture(params=["the worker", "the database"])
def ahead(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Ahead:
    """Within: this one's clock is an hour ahead."""

    @contextmanager
    def worker() -> Iterator[None]:
        with time_machine.travel(datetime.now(UTC) + HOUR):
            yield

    @contextmanager
    def database() -> Iterator[None]:
        with monkeypatch.context() as patch:
            patch.setattr(deadlines, "DATABASE_TIME", "SELECT clock_timestamp() + interval '1 hour'")
            yield

    return worker if request.param == "the worker" else database


def test_a_set_clock_is_the_only_one() -> None:
    later = datetime(2040, 1, 1, tzinfo=UTC)
    with clock.using(lambda: later):
        assert deadline_now() == later


def test_free_minutes_last_until_their_time(ahead: Ahead) -> None:
    package = given_free_minutes(given_customer(), 10)
    for expires_at, expired in ((clock.now() + HOUR / 2, 0), (clock.now() - MINUTE, 600)):
        FreeMinutesPackage.objects.update(granted_at=expires_at - HOUR, expires_at=expires_at)
        with ahead():
            expire_unused_free_minutes(timestamp=0)
        package.refresh_from_db()
        assert package.seconds_expired == expired


def test_an_operator_stays_online_until_her_time(ahead: Ahead) -> None:
    given_operator()
    for until, presence in ((clock.now() + HOUR / 2, Presence.ONLINE), (clock.now() - MINUTE, Presence.AWAY)):
        Operator.objects.update(online_until=until)
        with ahead():
            sweep_presence(timestamp=0)
        assert Operator.objects.get().presence == presence


def test_a_text_may_be_answered_until_its_time(ahead: Ahead) -> None:
    message = text(given_customer(), given_operator()).message
    for answer_by, is_refunded in ((clock.now() + HOUR / 2, False), (clock.now() - MINUTE, True)):
        Message.objects.filter(pk=message.pk).update(answer_by=answer_by)
        with ahead():
            refund_unanswered(timestamp=0)
        message.refresh_from_db()
        assert (message.refunded_at is not None) == is_refunded


def test_a_silent_call_is_given_up_after_an_hour(ahead: Ahead, no_phone_system: None) -> None:
    call = when_called(given_customer(), given_operator())
    for heard_at, is_live in ((clock.now() - HOUR / 2, True), (clock.now() - HOUR - MINUTE, False)):
        Call.objects.update(heard_at=heard_at)
        with ahead():
            sweep()
        assert the_call(call).is_live == is_live
