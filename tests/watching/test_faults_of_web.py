"""What web says of itself and of the product, and the alarms that real faults in it raise."""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connection, connections
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from backoffice.backup import status
from backoffice.books_audit import EXPECTED_WITHIN
from backoffice.health import SEALED_WITHIN
from billing import conf
from billing.ledger.models import Account
from billing.ledger.posting import Posting, Side, post
from billing.ledger.states import AccountKind, TransactionKind
from billing.services.audit_books import audit_books
from billing.services.seal_ledger import seal_ledger
from core import clock
from core.metrics import WORKER_SOCKET, served
from customers.models import Customer
from notices.states import NoticeState
from telephony.models import Call, ExchangeAlarm
from tests.backoffice.test_health import job, mail
from tests.factories import BrandFactory
from tests.lab.ports import HOST, free_ports
from tests.scenario import JOINS_AT, epoch, event_of, given_customer, given_operator, send, tell, when_called
from tests.support.backed_up import recorded, shipped_now
from tests.support.database_owner import as_owner_past_guards
from tests.support.phone_system import PhoneSystem
from tests.watching.rules import fires, series_of

pytestmark = pytest.mark.django_db
_serial = itertools.count(1)
KEY = "key-of-the-metrics-in-tests-0123456789"


@pytest.fixture(autouse=True)
def _metrics_are_on(settings: Settings, phone_system: PhoneSystem) -> None:
    settings.METRICS_KEY = KEY
    BrandFactory()


def ask(address: str = "/metrics", *, key: str = KEY, host: str = "localhost") -> tuple[int, str]:
    answer = Client(headers={"host": host, "Authorization": f"Bearer {key}"}).get(address)
    return answer.status_code, answer.content.decode()


def metrics() -> str:
    status, text = ask()
    assert status == 200
    return text


def value(text: str, name: str, **labels: str) -> float:
    """Of the one series with these labels."""
    [found] = [
        figure for (series, having), figure in series_of(text, "web").items()
        if series == name and labels.items() <= dict(having).items()
    ]  # fmt: skip
    return found


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


def test_a_mail_server_that_takes_nothing() -> None:
    before = metrics()
    mail(NoticeState.FAILED, 30, "ConnectionRefusedError")
    after = metrics()
    mail(NoticeState.SENT, 10)
    assert fires("MailStopped", before, after, metrics())


def test_work_that_staff_leave() -> None:
    call = when_called(given_customer(), given_operator())
    before = metrics()
    Call.objects.filter(pk=call.pk).update(needs_review=True)
    after = metrics()
    Call.objects.filter(pk=call.pk).update(needs_review=False)
    assert fires("StaffWorkWaiting", before, after, metrics())


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


@pytest.mark.django_db(transaction=True)
def test_pages_that_wait_for_a_lock() -> None:
    def log_in_page() -> None:
        client = Client(headers={"host": "portal.localhost"})
        client.cookies["sessionid"] = "of-nobody"  # so that the table of sessions is read
        assert client.get("/accounts/login/").status_code == 200

    before = metrics()
    for _ in range(25):
        log_in_page()
    for _ in range(3):
        with _sessions_locked(1.2):
            log_in_page()
    assert fires("PagesSlow", before, metrics())


@contextmanager
def _sessions_locked(seconds: float) -> Iterator[None]:
    parameters = connection.get_connection_params()
    with psycopg.connect(
        **{
            name: parameters[name]
            for name in ("host", "dbname", "user", "port", "password")
            if name in parameters
        }
    ) as other:
        other.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
        release = threading.Timer(seconds, other.rollback)
        release.start()
        yield
        release.join()


# -- calls


def test_live_calls_that_nothing_is_heard_of() -> None:
    call = when_called(given_customer(), given_operator())
    before = metrics()
    Call.objects.filter(pk=call.pk).update(heard_at=clock.now() - timedelta(minutes=5))
    after = metrics()
    Call.objects.filter(pk=call.pk).update(heard_at=clock.now())
    assert fires("SilentCalls", before, after, metrics())


def test_a_node_without_sound(phone_system: PhoneSystem) -> None:
    before = metrics()
    phone_system.health |= {"silent_seconds_ago": 5, "silent_calls": 3}
    after = metrics()
    phone_system.health.clear()
    assert fires("SoundLost", before, after, metrics())


def test_an_exchange_that_takes_the_trunk() -> None:
    before = metrics()
    ExchangeAlarm.objects.create(
        exchange="212555",
        window="day",
        minutes=900,
        share_bps=6_000,
        raised_at=clock.now(),
        day=clock.now().date(),
    )
    assert fires("UnusualExchange", before, metrics())


def test_a_call_that_is_billed_long_after_its_end(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    call = when_called(given_customer(), given_operator())
    before = metrics()
    tell(call, "started", at=JOINS_AT, joined_at=epoch(call, JOINS_AT))
    left = JOINS_AT + 30
    ended = event_of(
        call, "ended", at=left, why="hangup", ended_by="customer", joined_ms="30000",
        joined_at=epoch(call, JOINS_AT), left_at=epoch(call, left),
    )  # fmt: skip
    with clock.using(_minutes_after(call, 4)), django_capture_on_commit_callbacks(execute=True):
        assert send(ended, now=_minutes_after(call, 4)()).status == 200
    assert fires("SettleLate", before, metrics())


def _minutes_after(call: Call, minutes: int) -> Callable[[], datetime]:
    moment = call.initiated_at + timedelta(minutes=minutes)
    return lambda: moment


# -- the books


@pytest.mark.django_db(transaction=True)
def test_a_balance_that_somebody_changed() -> None:
    customer = given_customer(balance="10.00")
    assert audit_books(at=clock.now()) == 0
    before = metrics()
    assert value(before, "aeims_audit_findings") == 0
    with as_owner_past_guards() as cursor:
        cursor.execute(
            "UPDATE ledger_account SET balance_minor = balance_minor + 1 WHERE id = %s", [_wallet(customer)]
        )
    assert audit_books(at=clock.now()) > 0
    after = metrics()
    with as_owner_past_guards() as cursor:
        cursor.execute(
            "UPDATE ledger_account SET balance_minor = balance_minor - 1 WHERE id = %s", [_wallet(customer)]
        )
    assert audit_books(at=clock.now()) == 0
    assert fires("BooksWrong", before, after, metrics())


def test_money_that_is_held_for_no_call() -> None:
    customer = given_customer(balance="10.00")
    before = metrics()
    with as_owner_past_guards() as cursor:
        cursor.execute("UPDATE ledger_account SET held_minor = 100 WHERE id = %s", [_wallet(customer)])
    assert fires("BooksWrong", before, metrics())


@pytest.mark.django_db(transaction=True)
def test_nights_without_an_audit() -> None:
    audit_books(at=clock.now())
    before = series_of(metrics(), "web")
    later = clock.now() + EXPECTED_WITHIN + timedelta(hours=1)
    with clock.using(lambda: later):
        after = metrics()
        assert value(after, "aeims_check_ok", check="audit_of_the_books") == 0
        assert fires("AuditOverdue", before, after)


def test_transactions_that_nobody_seals() -> None:
    given_customer(balance="10.00")
    before = metrics()
    later = clock.now() + 2 * SEALED_WITHIN
    with clock.using(lambda: later):
        after = metrics()
        seal_ledger()
        assert fires("SealsLate", before, after, metrics())


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


def test_more_money_back_than_comes_in(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    customer = given_customer(balance="10.00")
    before = metrics()
    with django_capture_on_commit_callbacks(execute=True):
        _book(TransactionKind.REFUND, customer, 30_000)
        seal_ledger()
    after = metrics()
    gained = value(after, "aeims_ledger_minor_units_total", kind="refund") - value(
        before, "aeims_ledger_minor_units_total", kind="refund"
    )
    assert gained == 30_000
    assert fires("MoneyBackHigh", before, after)


def test_a_day_on_which_nobody_adds_funds(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    customer = given_customer(balance="10.00")
    before = metrics()
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(5):
            _book(TransactionKind.TOP_UP, customer, 2_000)
        seal_ledger()
    assert fires("MoneyInStopped", before, metrics(), lasts=24 * 60 + 120)


def _book(kind: TransactionKind, customer: Customer, amount_minor: int) -> None:
    post(
        Posting(
            kind=kind, key=f"watching-{next(_serial)}", amount_minor=amount_minor, currency=conf.currency(),
            customer_id=customer.pk, reference=f"watching-{next(_serial)}",
            sides=[
                Side(-amount_minor, kind=AccountKind.ADJUSTMENT, name="test"),
                Side(amount_minor, account_id=_wallet(customer)),
            ],
        )
    )  # fmt: skip


def _wallet(customer: Customer) -> int:
    return Account.objects.get(kind=AccountKind.WALLET, customer=customer).pk
