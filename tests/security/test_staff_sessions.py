"""Staff sessions end when idle, money needs a recent password, and logins are on record."""

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from billing.ledger.models import Transaction
from core.models import AuditRecord
from customers.models import User
from tests.billing.test_staff import page
from tests.factories import StaffFactory, UserFactory
from tests.scenario import customer_client, given_customer, given_operator, logged_in

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"
PASSWORD = "a-long-enough-password"
BY_SCRIPT = {"Sec-Fetch-Dest": "empty"}


@pytest.fixture
def staff() -> User:
    return StaffFactory(password=PASSWORD)


def entered(user: User, host: str = ADMIN) -> Client:
    """A browser in which somebody typed their password."""
    client = Client(headers={"Host": host})
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def ends_in(client: Client) -> timedelta:
    return Session.objects.get(pk=client.session.session_key).expire_date - timezone.now()


def grown_old(client: Client, seconds: float) -> None:
    """The session as if its last request had been so many seconds ago."""
    session, expires_at = client.session, timezone.now() + ends_in(client)
    session["_active_at"] -= seconds
    for record in session["account_authentication_methods"]:
        record["at"] -= seconds
    session.save()
    row = Session.objects.filter(pk=session.session_key)
    row.update(expire_date=expires_at - timedelta(seconds=seconds))


def test_a_staff_session_ends_when_nobody_does_anything(staff: User, settings: Settings) -> None:
    settings.STAFF_IDLE_SECONDS = 1800
    desk = entered(staff)
    assert timedelta(minutes=29) < ends_in(desk) <= timedelta(minutes=30)
    grown_old(desk, 1000)
    assert desk.get("/backoffice/live-calls/state/", headers=BY_SCRIPT).status_code == 200
    assert ends_in(desk) < timedelta(minutes=14)  # an open page keeps nothing alive
    assert desk.get("/").status_code == 200
    assert ends_in(desk) > timedelta(minutes=29)
    grown_old(desk, 1801)
    assert desk.get("/").status_code == 302


def test_the_sessions_of_customers_last_as_they_did() -> None:
    client = customer_client(given_customer())
    client.get("/")
    assert ends_in(client) > timedelta(days=13)


def test_money_needs_a_password_that_is_not_old(staff: User, settings: Settings) -> None:
    settings.STAFF_RECENT_LOGIN_SECONDS = 600
    desk, customer, operator = entered(staff), given_customer(balance="1.00"), given_operator()
    form = {
        "customer": customer.pk, "what": "credit", "amount": "1", "reason": "x", "key": "k", "confirmed": "1",
    }  # fmt: skip
    before = Transaction.objects.count()
    grown_old(desk, 601)
    money: dict[str, dict[str, Any]] = {
        page("ledger_transaction_book"): form,
        page("billing_freeminutespackage_add"): form,
        f"/backoffice/operators/{operator.pk}/payout/": {"amount": "1", "key": "k"},
    }
    for address, sent in money.items():
        assert desk.get(address).status_code in (200, 405)
        answer = desk.post(address, sent)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/reauthenticate/?next=")
    assert Transaction.objects.count() == before
    answer = desk.post("/accounts/reauthenticate/?next=/", {"password": PASSWORD})
    assert answer.status_code == 302
    assert desk.post(page("ledger_transaction_book"), form).status_code == 302
    assert Transaction.objects.count() == before + 1


def test_what_moves_no_money_asks_for_no_password(staff: User, settings: Settings) -> None:
    settings.STAFF_RECENT_LOGIN_SECONDS = 600
    desk = logged_in(staff, ADMIN)
    operator = given_operator()
    sent = {"decision": "suspend", "reason": "x", "confirmed": "1"}
    answer = desk.post(f"/backoffice/operators/{operator.pk}/standing/", sent)
    assert answer.headers["Location"] == f"/backoffice/operators/{operator.pk}/"


def test_logins_failures_and_factors_are_on_record(
    staff: User, django_capture_on_commit_callbacks: Any
) -> None:
    client = Client(headers={"Host": ADMIN})
    for email in (staff.email, "nobody@example.test"):
        client.post("/accounts/login/", {"login": email, "password": "not it at all"})
    failed, unknown = AuditRecord.objects.filter(action="login.failed").order_by("id")
    assert (failed.subject, failed.actor) == (f"customers.user:{staff.pk}", None)
    assert failed.details == {"email": "s…@example.test", "site": "admin", "address": "127.0.0.1"}
    assert (unknown.subject, unknown.details) == (
        "unknown account", {"email": "n…@example.test", "site": "admin"},
    )  # fmt: skip
    desk = entered(staff)
    login = AuditRecord.objects.get(action="login")
    assert (login.actor, login.details) == (staff, {"site": "admin", "address": "127.0.0.1"})
    desk.post("/accounts/logout/")
    assert AuditRecord.objects.filter(action="login.end", actor=staff).count() == 1
    desk = entered(staff)
    desk.post("/accounts/reauthenticate/", {"password": PASSWORD})
    secret = desk.get("/accounts/2fa/totp/activate/").context["form"].secret
    desk.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    added = AuditRecord.objects.filter(action="factor.added", subject=f"customers.user:{staff.pk}")
    assert {record.details["kind"] for record in added} == {"totp", "recovery_codes"}
    assert secret not in str(list(AuditRecord.objects.values()))
    person = UserFactory(password=PASSWORD)
    entered(person, "portal.localhost")
    assert AuditRecord.objects.filter(action="login", actor=person).get().details == {"site": "portal"}
