"""The admin shows words and times that staff can read: no objects of the framework, no JSON, one time zone."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.test import Client

from billing.ledger.models import Transaction
from core import audit
from core.admin import in_words
from core.days import BOOKS_ZONE
from core.models import AuditRecord
from messaging.services.send import send
from telephony.models import Call
from tests.factories import StaffFactory
from tests.scenario import given_customer, given_operator, logged_in, when_called, when_talked
from tests.support.database_owner import as_owner

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"
JSON = re.compile(r'class="readonly">\s*[\[{]')
# A late evening in New York is the next day in UTC.
LATE = datetime(2026, 7, 2, 2, 30, tzinfo=UTC)


@pytest.fixture
def staff() -> Client:
    return logged_in(StaffFactory(is_superuser=True), ADMIN)


@pytest.fixture
def call() -> Call:
    customer, operator = given_customer(), given_operator()
    call = when_called(customer, operator)
    when_talked(call, 127_000)
    send(customer=customer, operator_id=operator.pk, text="Hello")
    audit.record(actor=None, action="a.test", subject=customer, reason="a test", amount_minor=399)
    return call


def test_no_form_of_a_new_row_shows_what_the_database_will_set(staff: Client) -> None:
    forms = [f"/{model._meta.app_label}/{model._meta.model_name}/add/" for model in admin.site._registry]
    pages = {path: response for path in forms if (response := staff.get(path)).status_code == 200}
    assert len(pages) > 5
    assert [path for path, response in pages.items() if "DatabaseDefault" in response.content.decode()] == []


def test_no_page_of_a_row_shows_json(staff: Client, call: Call) -> None:
    pages = {}
    for model in admin.site._registry:
        row = model._default_manager.order_by("-pk").first()
        if row is not None:
            path = f"/{model._meta.app_label}/{model._meta.model_name}/{row.pk}/change/"
            pages[path] = staff.get(path).content.decode()
    assert len(pages) > 8
    assert [path for path, page in pages.items() if JSON.search(page)] == []
    record = AuditRecord.objects.get(action="a.test")
    assert "amount: $3.99" in pages[f"/core/auditrecord/{record.pk}/change/"]


def test_json_in_words() -> None:
    parts = [{"kind": "talk", "seconds": 60, "amount_minor": 399}, {"kind": "fee", "amount_minor": 99}]
    assert in_words(parts) == "kind: talk, seconds: 60, amount: $3.99\nkind: fee, amount: $0.99"
    assert in_words({"of": {"package": 7}, "names": ["a", "b"], "none": None}) == (
        "of: package: 7, names: a\nb, none: "
    )


def test_pages_of_staff_tell_the_time_that_their_filters_mean(staff: Client, call: Call) -> None:
    with as_owner():
        AuditRecord.objects.create(created_at=LATE, action="wallet.credit", subject="x", reason="late")
    page = staff.get("/core/auditrecord/").content.decode()
    assert "July 1, 2026, 10:30 p.m." in page
    assert "Times are Eastern Time (New York)." in page
    sale = Transaction.objects.get(reference=call.call_id, kind="call")
    time = f"{sale.created_at.astimezone(BOOKS_ZONE):%Y-%m-%d %H:%M:%S}"
    assert time in staff.get("/backoffice/transactions/").content.decode()
    assert f"{time} ET" in staff.get(f"/backoffice/transactions/{sale.pk}/").content.decode()


def test_the_key_of_an_authenticator_app_is_shown_whole() -> None:
    """A field that can't be typed into cut its 32 characters on a phone, and on a desktop too."""
    client = logged_in(given_customer().user, "flirts.localhost")
    client.post("/accounts/reauthenticate/", {"password": "demo-only"})
    page = client.get("/accounts/2fa/totp/activate/", follow=True).content.decode()
    assert re.search(r'<code class="setup-key">[A-Z2-7]{32}</code>', page)
    assert not re.search(r'value="[A-Z2-7]{32}"', page)
