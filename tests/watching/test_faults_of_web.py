"""What web says of itself and of the product, and the alarms that real faults in it raise."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection, connections
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from backoffice.backup import status
from billing.services.seal_ledger import seal_ledger
from core import clock
from core.metrics import WORKER_SOCKET, served
from tests.backoffice.test_health import job
from tests.lab.ports import HOST, free_ports
from tests.scenario import given_customer, given_operator, when_called
from tests.support.backed_up import recorded, shipped_now
from tests.support.phone_system import PhoneSystem
from tests.watching.rules import fires
from tests.watching.web import ask, metrics, value

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("metrics_are_on")]
_serial = itertools.count(1)


def test_nobody_reads_them_without_their_key_or_from_outside(settings: Settings) -> None:
    assert ask(key="")[0] == ask(key=settings.AEIMS_API_KEY)[0] == 401
    assert ask("/metrics/worker", key=settings.AEIMS_API_KEY)[0] == 401
    assert ask("/metrics/nothing")[0] == 404
    answers = [ask(host=host) for host in ("flirts.localhost", "portal.localhost", "admin.localhost")]
    assert [status for status, text in answers if status == 200 or "aeims_" in text] == []
    settings.METRICS_KEY = ""
    assert ask(key="")[0] == ask()[0] == 404


def test_what_is_told_and_what_it_is_called(phone_system: PhoneSystem) -> None:
    job("a.late", "todo", 3)
    text = metrics()
    assert value(text, "aeims_check_ok", check="phone_system") == 1
    assert value(text, "aeims_check_ok", check="jobs") == 0
    assert value(text, "aeims_jobs_troubled", how="late") == 1
    assert 180 <= value(text, "aeims_queue_oldest_seconds", queue="money") < 240
    assert value(text, "aeims_queue_oldest_seconds", queue="mail") == 0
    assert value(text, "aeims_calls_live", status="answered") == 0
    assert value(text, "aeims_database_up") == 1
    when_called(given_customer(), given_operator())
    assert value(metrics(), "aeims_calls_live", status="initiated") == 1


def test_a_job_for_a_later_time_is_not_late() -> None:
    job("a.later", "todo", 60)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'")
    assert value(metrics(), "aeims_queue_oldest_seconds", queue="money") == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() - interval '5 min'")
    assert value(metrics(), "aeims_queue_oldest_seconds", queue="money") >= 300


def test_no_label_tells_who_somebody_is(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    customer, operator = given_customer(), given_operator()
    with django_capture_on_commit_callbacks(execute=True):
        call = when_called(customer, operator)
        seal_ledger()
    text = metrics()
    for word in (customer.user.email, customer.alias, operator.stage_name, call.call_id, "+1"):
        assert word not in text


def test_the_worker_is_read_by_its_own_socket(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("/metrics/worker")[0] == 503, "there is no run directory"
    monkeypatch.setenv("AEIMS_RUN_DIR", str(tmp_path_factory.mktemp("r")))
    assert ask("/metrics/worker")[0] == 503
    for _ in range(2):
        with served(WORKER_SOCKET):
            status, text = ask("/metrics/worker")
            assert status == 200
            assert "aeims_ledger_transactions_total{" in text
            assert "aeims_workers" not in text, "the state of the product is web's to tell"
    assert ask("/metrics/worker")[0] == 503
    assert ask("/metrics/sockets")[0] == 503


# -- jobs


def test_a_queue_that_nobody_works_on() -> None:
    before = metrics()
    job("a.late", "todo", 3)
    after = metrics()
    _all_jobs("succeeded")
    assert fires("QueueLate", before, after, metrics())


def test_a_job_that_failed() -> None:
    before = metrics()
    job("a.failed", "failed", 1)
    after = metrics()
    _all_jobs("succeeded")
    assert fires("JobsFailed", before, after, metrics())


def _all_jobs(status: str) -> None:
    """As the worker leaves them when it is back, or staff have a failed one tried again."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = %s", [status])


def test_workers_that_died_without_a_word() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now())")
        before = metrics()
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 min'")
        after = metrics()
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now()")
    assert fires("WorkersSilent", before, after, metrics())


# -- what web stands on


def test_a_redis_that_is_gone(settings: Settings) -> None:
    before = metrics()
    settings.CACHES = {
        "default": {
            "BACKEND": "core.cache.OptionalRedisCache",
            "LOCATION": f"redis://{HOST}:{free_ports().http}/0",
        }
    }
    assert fires("RedisDown", before, metrics())


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_gone() -> None:
    before = metrics()
    with _database_gone():
        for _ in range(4):
            assert ask("/readyz")[0] == 503
        after = metrics()
    assert value(after, "aeims_database_up") == 0
    assert fires("DatabaseDown", before, after, metrics())
    assert fires("PagesFail", before, after)


@contextmanager
def _database_gone() -> Iterator[None]:
    database = connections["default"]
    database.close()
    address, database.settings_dict["HOST"] = database.settings_dict["HOST"], "/nowhere"
    try:
        yield
    finally:
        database.close()
        database.settings_dict["HOST"] = address


# -- calls


# -- the books


def test_an_archive_that_lags_backups_that_are_old_and_copies_that_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(status, "_ARCHIVER", "SELECT true, 5.0::float, false")
    recorded("full", hours=1)
    shipped_now()
    before = metrics()
    monkeypatch.setattr(status, "_ARCHIVER", "SELECT true, 61.0::float, false")
    assert fires("ArchiveLate", before, metrics())
    later = clock.now() + timedelta(hours=26)
    with clock.using(lambda: later):
        assert fires("CallCopiesOld", before, metrics())
        assert fires("BackupsOld", before, metrics())
