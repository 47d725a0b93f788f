"""The runbook's entries about calls as web sees them, staff's work, mail, and pages, each followed from the fault to the alarm at rest."""

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import psycopg
import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings

from billing.models import FreeMinutesPackage
from billing.services.request_funds import request_funds
from core import clock
from core.dialing import may_dial
from customers.models import User
from notices.models import Notice
from notices.services.enqueue import enqueue
from notices.states import NoticeKind, NoticeState
from storefront import views
from telephony.originate_request import originate_plan
from telephony.services.watch_exchanges import watch_exchanges
from tests.backoffice.test_admin_forms import shown
from tests.backoffice.test_doctor import doctor
from tests.backoffice.test_rights import change, forged
from tests.factories import BrandFactory, StaffFactory
from tests.lab.ports import free_ports
from tests.messaging.scenario import give_phone
from tests.scenario import (
    api,
    customer_client,
    given_customer,
    given_operator,
    its_time,
    logged_in,
    tell,
    the_call,
    when_called,
    when_talked,
)
from tests.support.html import compact
from tests.support.phone_system import NOBODY, PhoneSystem
from tests.support.smtp_sink import MailSink, deliver_mail
from tests.watching.rules import fires
from tests.watching.test_runbook_money import asked
from tests.watching.web import metrics, value

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("metrics_are_on")]


@pytest.fixture
def desk() -> Client:
    return logged_in(StaffFactory(), "admin.localhost")


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


# -- SilentCalls


@pytest.mark.django_db(transaction=True)
def test_calls_are_silent_until_the_adapter_is_back_and_is_asked(
    desk: Client, phone_system: PhoneSystem, settings: Settings
) -> None:
    call = when_called(given_customer(), given_operator())
    tell(call, "started", at=10)
    before = metrics()
    there, settings.ASTERISK_ADAPTER_URL = settings.ASTERISK_ADAPTER_URL, NOBODY
    with its_time(call, 300):
        after = metrics()
        assert call.customer.alias in compact(desk.get("/backoffice/live-calls/"))
        assert "asked about 0" in swept()
        settings.ASTERISK_ADAPTER_URL = there
        phone_system.says(
            call.call_id, state="joined", joined_at=call.initiated_at.timestamp() + 10, elapsed_ms=290_000
        )
        assert "asked about 1" in swept()
        assert fires("SilentCalls", before, after, metrics())


@pytest.mark.django_db(transaction=True)
def test_a_call_that_nobody_knows_of_for_an_hour_is_ended_for_staff_to_review(
    desk: Client, settings: Settings
) -> None:
    call = when_called(given_customer(), given_operator())
    tell(call, "started", at=10)
    before = metrics()
    settings.ASTERISK_ADAPTER_URL = NOBODY
    with its_time(call, 300):
        after = metrics()
    with its_time(call, 3_700):
        assert "presumed over 1" in swept()
        assert fires("SilentCalls", before, after, metrics())
        assert "Calls to review</a>: needs attention" in compact(desk.get("/"))
    assert the_call(call).needs_review


def swept() -> str:
    out = io.StringIO()
    call_command("sweep_calls", stdout=out)
    return out.getvalue()


# -- CallsFail: new calls are paused in `tests/backoffice/test_pause_services.py`; CallsCutOff


def test_who_was_cut_off_is_given_free_minutes(desk: Client) -> None:
    call = when_called(given_customer(), given_operator())
    when_talked(call, 61_000)
    assert call.customer.alias in compact(
        desk.post("/backoffice/transactions/", {"q": call.call_id}, follow=True)
    )
    out = io.StringIO()
    call_command(
        "grant_free_minutes", "--actor", StaffFactory().email, "--customer", call.customer.user.email, "--minutes", "5",
        "--expires", "+30d", "--reason", f"{call.call_id} was cut off", stdout=out,
    )  # fmt: skip
    assert "5 free minutes" in out.getvalue()
    assert FreeMinutesPackage.objects.get(customer=call.customer).seconds_remaining == 300


# -- AnswerRateLow, PhoneLinesFull


def test_the_number_that_ends_in_these_digits_is_found_and_the_brand_gets_another(desk: Client) -> None:
    brand = BrandFactory()
    old, new = brand.caller_id, "+12125550177"
    assert old != new
    assert old in compact(desk.get("/brands/brand/"))
    address = f"/brands/brand/{brand.pk}/change/"
    assert desk.post(address, {**shown(desk, address), "caller_id": new}).status_code == 302
    plan = originate_plan(when_called(given_customer(), given_operator()))
    assert plan.customer.caller_id == new


def test_a_call_that_should_be_over_is_ended_on_the_page_of_live_calls(
    desk: Client, phone_system: PhoneSystem
) -> None:
    call = when_called(given_customer(), given_operator())
    tell(call, "started", at=10)
    phone_system.says(
        call.call_id, state="joined", joined_at=call.initiated_at.timestamp() + 10, elapsed_ms=1
    )
    address = f"/backoffice/live-calls/{call.call_id}/hang-up/"
    assert address in desk.get("/backoffice/live-calls/").content.decode()
    assert desk.post(address, {"confirmed": "1", "reason": "It does not end"}).status_code == 302
    assert phone_system.asked_for(f"/call/{call.call_id}/hangup")


# -- UnusualExchange


def test_an_exchange_is_refused_by_a_setting_and_the_alarm_stays_for_a_day(
    desk: Client, settings: Settings, phone_system: PhoneSystem
) -> None:
    settings.EXCHANGE_ALARM = {"SHARE_BPS": 5_000, "LEAST_MINUTES": 1}
    settings.OWNER_EMAILS = ["owner@example.test"]
    before = metrics()
    customer = given_customer(phone=False)
    give_phone(customer, "+17125501234")
    call = when_called(customer, given_operator())
    tell(call, "answered", at=2, leg="customer")
    tell(call, "answered", at=8, leg="operator")
    when_talked(call, 100_000)
    watch_exchanges()
    after = metrics()
    assert "712-550: 51% of the minutes of a day" in compact(desk.get("/"))
    deliver_mail()
    assert any("712-550" in str(letter.body) for letter in mail.outbox)
    settings.TELEPHONY_ALLOWED_PREFIXES = ["+1", "-1712550"]
    assert not may_dial("+17125501234", settings.TELEPHONY_ALLOWED_PREFIXES)
    assert may_dial("+17125511234", settings.TELEPHONY_ALLOWED_PREFIXES)
    phone_system.refuse(422, "number_not_allowed")  # as the adapter does with the same setting
    operator = given_operator()
    answer = api(customer).post("/api/calls/initiate/", {"operator_id": operator.pk})
    assert answer.status_code >= 400, answer.content
    phone_system.refusal = None
    with clock.using(at(clock.now() + timedelta(hours=25))):
        assert fires("UnusualExchange", before, after, metrics())


# -- StaffWorkWaiting


def test_a_queue_is_worked_on_by_somebody_who_is_given_the_right_to(desk: Client) -> None:
    customer = given_customer(balance=0)
    before = metrics()
    waiting = request_funds(customer=customer, brand=customer.home_brand, amount_minor=2_000)
    after = metrics()
    assert value(after, "aeims_waiting_for_staff", kind="requests_for_funds") == 1
    assert '<a href="/backoffice/funds/">Requests for funds</a>: needs attention' in compact(desk.get("/"))
    person: User = StaffFactory(is_superuser=False)
    theirs = logged_in(person, "admin.localhost")
    assert theirs.get("/backoffice/funds/").status_code == 403
    finance = Group.objects.get(name="Finance").pk
    desk.post(change(person), forged(desk, person, is_staff="on", groups=[finance], user_permissions=[]))
    assert theirs.get("/backoffice/funds/").status_code == 200
    fields = {"confirmed": "1", "reason": "No card of ours"}
    assert theirs.post(f"/backoffice/funds/{waiting.pk}/decline/", fields).status_code == 302
    assert fires("StaffWorkWaiting", before, after, metrics())


# -- MailStopped


def test_mail_stops_until_its_server_is_at_the_address_that_is_set(
    desk: Client, mail_sink: MailSink, settings: Settings
) -> None:
    """What waits leaves by itself at its next try."""
    before = metrics()
    right, settings.EMAIL_PORT = settings.EMAIL_PORT, free_ports().http
    enqueue(NoticeKind.NO_ACCOUNT, address="a@aeims.test")
    deliver_mail()
    after = metrics()
    assert "<td>ConnectionRefusedError</td>" in compact(desk.get("/backoffice/mail/"))
    found = doctor("--mail", "owner@aeims.test")[1]
    assert {found[part]["level"] for part in ("Mail", "Mail server", "Test mail")} == {"problem"}
    assert "EMAIL_URL" in found["Mail server"]["cure"]
    settings.EMAIL_PORT = right
    assert doctor("--mail", "owner@aeims.test")[1]["Test mail"]["level"] == "ok"
    waiting = Notice.objects.get()
    assert waiting.due_at <= clock.now() + timedelta(seconds=60)
    deliver_mail()
    assert Notice.objects.get().state == NoticeState.SENT
    assert fires("MailStopped", before, after, metrics())


def test_mail_that_was_given_up_is_sent_again_by_staff(desk: Client, mail_sink: MailSink) -> None:
    mail_sink.refuse_recipients = "550 over quota"
    enqueue(NoticeKind.NO_ACCOUNT, address="a@aeims.test")
    deliver_mail()
    notice = Notice.objects.get()
    assert notice.state == NoticeState.GIVEN_UP
    assert "Failed mail</a>: needs attention" in compact(desk.get("/"))
    mail_sink.refuse_recipients = ""
    assert "Send again" in compact(desk.get("/backoffice/mail/?state=given_up"))
    desk.post(f"/backoffice/mail/{notice.pk}/send-again/")
    deliver_mail()
    assert Notice.objects.get().state == NoticeState.SENT


# -- PagesFail, PagesSlow


def test_pages_fail_until_the_release_before_serves_again(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    """The fault of a new release; that going back brings the old code is shown by `tests/owner` and `tests/upgrade`."""
    settings.OWNER_EMAILS = ["owner@example.test"]
    visitor, address = customer_client(given_customer()), f"/operators/{given_operator().slug}/"
    visitor.raise_request_exception = False

    def visits(status: int) -> str:
        for _ in range(5):
            answer = visitor.get(address)
            assert answer.status_code == status, answer.content
        return str(answer.headers["X-Request-Id"])

    visits(200)
    before = metrics()

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("of a new release")

    with monkeypatch.context() as release:
        release.setattr(views, "render", broken)
        request_id = visits(500)
    after = metrics()
    deliver_mail()
    assert any("RuntimeError" in str(letter.body) for letter in mail.outbox)
    assert any(record.levelname == "ERROR" and "RuntimeError" in record.message for record in caplog.records)
    assert len(request_id) == 16
    visits(200)
    assert fires("PagesFail", before, after, metrics(), rests=15)


@pytest.mark.django_db(transaction=True)
def test_pages_are_slow_until_what_holds_the_lock_is_ended() -> None:
    """Found by the query of the runbook, and ended by its next one."""

    def log_in_page() -> None:
        client = Client(headers={"host": "portal.localhost"})
        client.cookies["sessionid"] = "of-nobody"  # so that the table of sessions is read
        assert client.get("/accounts/login/").status_code == 200

    for _ in range(3):
        log_in_page()
    before = metrics()
    for _ in range(25):
        log_in_page()
    for _ in range(3):
        with sessions_locked():
            ender = threading.Timer(1.2, end_who_blocks)
            ender.start()
            log_in_page()
            ender.join()
    after = metrics()
    assert value(after, "aeims_state_read_seconds") < 5
    log_in_page()
    assert fires("PagesSlow", before, after, metrics(), rests=30)


def end_who_blocks() -> None:
    try:
        [(pid, blocked_by)] = asked(
            "SELECT pid, pg_blocking_pids(pid) FROM pg_stat_activity WHERE cardinality(pg_blocking_pids(pid)) > 0"
        )
        assert pid not in blocked_by  # type: ignore[operator]
        for each in blocked_by:  # type: ignore[attr-defined]
            assert asked("SELECT pg_terminate_backend(%s)", each) == [(True,)]
    finally:
        connection.close()


@contextmanager
def sessions_locked() -> Iterator[None]:
    """By somebody who left a transaction open."""
    parameters = connection.get_connection_params()
    names = ("host", "dbname", "user", "port", "password")
    other = psycopg.connect(**{name: parameters[name] for name in names if name in parameters})
    other.execute("LOCK TABLE django_session IN ACCESS EXCLUSIVE MODE")
    try:
        yield
    finally:
        other.close()
