"""The runbook's entries about money and the books, each followed: the fault, its first look, its cure, and the alarm at rest."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from billing.ledger.models import Account, Transaction
from billing.ledger.posting import post
from billing.ledger.states import AccountKind
from billing.models import MerchantAccount, Payment
from billing.services.audit_books import audit_books
from billing.services.check_payment import check_payment
from billing.services.seal_ledger import seal_ledger
from brands.models import PausedService
from brands.states import Service
from core import clock
from core.models import AuditRecord
from customers.models import User
from tests.backoffice.test_pause_services import switch
from tests.backoffice.test_rights import change, forged
from tests.billing.test_seals import another_session, post_in, posting
from tests.factories import StaffFactory
from tests.scenario import (
    BRAND_HOST,
    JOINS_AT,
    epoch,
    event_of,
    given_customer,
    given_operator,
    logged_in,
    send,
    tell,
    when_called,
    when_talked,
)
from tests.support.card_processor import ACCOUNT, NAME, Processor
from tests.support.database_owner import as_owner, as_owner_past_guards
from tests.support.html import compact
from tests.watching.rules import fires, series_of
from tests.watching.web import metrics, value

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("metrics_are_on")]
OF_A_DAY, OF_SIX_HOURS, OF_HALF_AN_HOUR = 1_500, 380, 45  # minutes until an alarm of that window rests
Commits = DjangoCaptureOnCommitCallbacks


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(), "admin.localhost")


def member(role: str) -> User:
    person: User = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name=role))
    return person


def audit() -> tuple[int, str]:
    """What `manage.py audit` says, and its exit code."""
    said = io.StringIO()
    try:
        call_command("audit", stdout=said)
    except SystemExit as end:
        return int(str(end.code)), said.getvalue()
    return 0, said.getvalue()


def asked(query: str, *parameters: object) -> list[tuple[object, ...]]:
    """What PostgreSQL's administrator reads in its own tables."""
    with as_owner() as cursor:
        cursor.execute(query, parameters)
        return list(cursor.fetchall())


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


# -- SettleLate


@pytest.mark.django_db(transaction=True)
def test_a_bill_comes_late_and_the_next_ones_do_not(django_capture_on_commit_callbacks: Commits) -> None:
    def billed(after_seconds: int) -> None:
        call = when_called(given_customer(), given_operator())
        tell(call, "started", at=JOINS_AT, joined_at=epoch(call, JOINS_AT))
        left = JOINS_AT + 30
        ended = event_of(
            call, "ended", at=left, why="hangup", ended_by="customer", joined_ms="30000",
            joined_at=epoch(call, JOINS_AT), left_at=epoch(call, left),
        )  # fmt: skip
        now = call.initiated_at + timedelta(seconds=left + after_seconds)
        with clock.using(at(now)), django_capture_on_commit_callbacks(execute=True):
            assert send(ended, now=now).status == 200

    before = metrics()
    billed(200)
    after = metrics()
    here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())"  # others' tests run, too
    assert asked(f"SELECT pid, relation::regclass, mode FROM pg_locks WHERE NOT granted AND {here}") == []
    assert value(after, "aeims_queue_oldest_seconds", queue="sweeps") == 0
    billed(1)
    assert audit()[0] == 0
    assert fires("SettleLate", before, after, metrics(), rests=OF_HALF_AN_HOUR)


# -- BooksWrong


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("column", "check"),
    [("balance_minor", "balance_is_sum_of_entries"), ("held_minor", "hold_is_that_of_open_authorizations")],
)
def test_a_row_is_wrong_until_it_is_put_back_and_audited(desk: Client, column: str, check: str) -> None:
    """Nothing that goes through the guards can make such a row, and no transaction can mend it: it is put back past them."""
    customer = given_customer(balance="10.00")
    seal_ledger()
    assert audit_books(at=clock.now()) == 0
    before = metrics()
    wallet = Account.objects.get(kind=AccountKind.WALLET, customer=customer)
    put = f"UPDATE ledger_account SET {column} = {column} %s 1 WHERE id = {wallet.pk}"
    with as_owner_past_guards() as cursor:
        cursor.execute(put % "+")
    audit_books(at=clock.now())
    after = metrics()
    code, said = audit()
    assert (code, f"ledger.account:{wallet.pk} {check}" in said) == (1, True)
    trail = desk.get("/core/auditrecord/?action=books.audited", follow=True).content.decode()
    assert "books.audited" in trail
    assert AuditRecord.objects.filter(action="books.audited").latest("id").details["rows"] == [
        f"ledger.account:{wallet.pk}"
    ]
    switch(desk, Service.PAYOUTS, "pause")
    assert PausedService.objects.filter(service=Service.PAYOUTS).exists()
    with as_owner_past_guards() as cursor:  # SET session_replication_role = replica, as the runbook writes it
        cursor.execute(put % "-")
    assert audit()[0] == 0
    cured = metrics()
    assert value(cured, "aeims_audit_findings") == 0
    assert fires("BooksWrong", before, after, cured)


# -- AuditOverdue


@pytest.mark.django_db(transaction=True)
def test_the_books_are_audited_by_hand_after_a_night_without(desk: Client) -> None:
    audit_books(at=clock.now())
    before = metrics()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)"
            " VALUES ('default', 'billing.tasks.audit_books_of_last_days', '{}', 'failed')"
        )
    with clock.using(at(clock.now() + timedelta(hours=27))):
        after = metrics()
        jobs = desk.get("/procrastinate/procrastinatejob/?status__exact=failed").content.decode()
        assert "billing.tasks.audit_books_of_last_days" in jobs
        assert "Audit of the books: needs attention" in compact(desk.get("/"))
    assert audit()[0] == 0
    assert value(metrics(), "aeims_check_ok", check="audit_of_the_books") == 1
    cured = {
        key: figure + 27 * 3600 * key[0].endswith("_timestamp_seconds")
        for key, figure in series_of(metrics(), "web").items()
    }
    assert fires("AuditOverdue", before, after, cured, lasts=27 * 60)


# -- SealsLate


@pytest.mark.django_db(transaction=True)
def test_seals_wait_for_a_transaction_that_is_open_for_long_and_is_ended() -> None:
    """As the query of the runbook finds it, and its next one ends it."""
    customers = [given_customer(balance="10.00") for _ in range(2)]
    seal_ledger()
    before = metrics()
    wallets = [Account.objects.get(kind=AccountKind.WALLET, customer=each) for each in customers]
    with another_session() as other:
        post_in(other, posting(wallets[0], "open"))
        post(posting(wallets[1], "after"))
        assert seal_ledger(wait_seconds=0) == 0
        late = at(clock.now() + timedelta(minutes=11))
        with clock.using(late):
            after = metrics()
            assert value(after, "aeims_check_ok", check="ledger_seals") == 0
        oldest = asked(
            "SELECT pid, now() - xact_start, state, left(query, 60) FROM pg_stat_activity"
            " WHERE datname = current_database() AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
            " ORDER BY xact_start LIMIT 5"
        )
        assert oldest[0][2] == "idle in transaction"
        assert asked("SELECT pg_terminate_backend(%s)", oldest[0][0]) == [(True,)]
        other.connection.close()
        other.connection = None
    assert seal_ledger() == 1
    with clock.using(late):
        assert fires("SealsLate", before, after, metrics())


# -- MoneyBackHigh


def test_much_goes_back_by_one_member_of_staff_whose_right_is_taken(
    desk: Client, django_capture_on_commit_callbacks: Commits
) -> None:
    generous = member("Finance")
    theirs = logged_in(generous, "admin.localhost")

    def refunds() -> int:
        with django_capture_on_commit_callbacks(execute=True):
            call = when_called(given_customer(balance="400.00"), given_operator(rate="39.99"))
            when_talked(call, 7 * 60_000)
        sale = Transaction.objects.get(reference=call.call_id, kind="call")
        with django_capture_on_commit_callbacks(execute=True):
            fields = {"confirmed": "1", "reason": "A friend", "key": f"key-{sale.pk}"}
            status = theirs.post(f"/backoffice/transactions/{sale.pk}/refund/", fields).status_code
            seal_ledger()
        return status

    with django_capture_on_commit_callbacks(execute=True):
        seal_ledger()
    before = metrics()
    assert refunds() == 302
    after = metrics()
    gone = value(after, "aeims_ledger_minor_units_total", kind="refund")
    page = compact(desk.post("/backoffice/transactions/", {"kind": "refund"}, follow=True))
    number = Transaction.objects.filter(kind="refund").earliest("id").pk
    assert f"/backoffice/transactions/{number}/" in page
    assert f"A friend ({generous.email})" in compact(desk.get(f"/backoffice/transactions/{number}/"))
    csv = b"".join(desk.get("/backoffice/transactions.csv?kind=refund").streaming_content).decode()  # type: ignore[attr-defined]
    assert ",A friend," in csv
    desk.post(change(generous), forged(desk, generous, is_staff="on", groups=[], user_permissions=[]))
    assert not generous.groups.exists()
    assert refunds() == 403
    cured = metrics()
    assert value(cured, "aeims_ledger_minor_units_total", kind="refund") == gone
    assert fires("MoneyBackHigh", before, after, cured, rests=OF_SIX_HOURS)


# -- MoneyInStopped


def test_nobody_adds_funds_while_that_is_paused_and_somebody_does_when_it_is_resumed(
    processor: Processor, django_capture_on_commit_callbacks: Commits
) -> None:
    administrator = logged_in(member("Administrator"), "admin.localhost")
    customer = given_customer(balance=0)
    MerchantAccount.objects.create(
        brand=customer.home_brand, gateway=NAME, account=ACCOUNT, statement_text="NYCF*SUPPORT",
        support_phone="+12125550123",
    )  # fmt: skip
    client = logged_in(customer.user, BRAND_HOST)

    def pays() -> None:
        with django_capture_on_commit_callbacks(execute=True):
            client.post("/funds/", {"choice": "2500"})
            payment = Payment.objects.latest("id")
            processor.pay(payment)
            check_payment(payment_id=payment.pk)
            seal_ledger()

    before = metrics()
    for _ in range(5):
        pays()
    switch(administrator, Service.LOADS, "pause")
    after = metrics()
    page = client.post("/funds/", {"choice": "2500"}).content.decode()
    assert "paused card payments" in page
    assert "Adding funds by card</a>: needs attention" in compact(administrator.get("/"))
    switch(administrator, Service.LOADS, "resume")
    pays()
    assert fires("MoneyInStopped", before, after, metrics(), lasts=24 * 60 + 120, rests=60)
