"""Staff and cases: the queue with ages, the evidence, the answer, appeals for somebody else, and the list of a month."""

import csv
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from billing.ledger.models import Transaction
from billing.models import Case
from billing.services.answer_case import answer_case
from billing.services.appeal_case import appeal_case
from billing.services.open_case import open_complaint
from core import clock
from core.models import AuditRecord
from customers.models import User
from tests.billing.test_cases import ANSWER, given_case
from tests.factories import BrandFactory, StaffFactory
from tests.scenario import given_customer, logged_in

pytestmark = pytest.mark.django_db
ADMIN = "admin.localhost"


def clerk(role: str = "Support") -> User:
    person: User = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def staff() -> User:
    return clerk()


@pytest.fixture
def desk(staff: User) -> Client:
    return logged_in(staff, ADMIN)


def page(desk: Client, case: Case) -> str:
    return str(desk.get(f"/backoffice/cases/{case.pk}/").content.decode())


def test_the_queue_shows_age_and_what_may_miss_its_day(desk: Client) -> None:
    given_case(given_customer())
    case = open_complaint(brand=BrandFactory(), email="carl@example.test", words="Loud")
    shown = desk.get("/backoffice/cases/").content.decode()
    assert case.number in shown
    assert "urgent" not in shown
    assert "carl@example.test" not in shown
    Case.objects.filter(pk=case.pk).update(opened_at=clock.now() - timedelta(days=7))
    assert "5, urgent" in desk.get("/backoffice/cases/").content.decode()
    assert "2, 1 of them urgent" in desk.get("/").content.decode()


def test_a_case_shows_its_evidence_and_leads_to_the_refund(desk: Client) -> None:
    case = given_case(given_customer(balance="45.00"))
    shown = page(desk, case)
    for words in (
        "Cut off after two minutes",
        "End reason: hangup",
        "Talk: 127000 ms",
        "ended by customer, because of hangup",
        "Rate per minute: $3.99",
        "connection fee, amount $0.99",
        "terms, edition 2026-11",
    ):
        assert words in shown
    charge = Transaction.objects.get(reference=case.reference, kind="call")
    assert f'href="/backoffice/transactions/{charge.pk}/"' in shown
    found = desk.post("/backoffice/transactions/", {"q": case.number}, follow=True)
    assert found.redirect_chain[-1][0] == f"/backoffice/cases/{case.pk}/"


def test_an_answer_is_sent_from_the_page(desk: Client, staff: User) -> None:
    case = given_case(given_customer())
    address = f"/backoffice/cases/{case.pk}/answer/"
    refused = desk.post(address, {**ANSWER, "reason": ""}, follow=True)
    assert "Enter a reason of at most" in refused.content.decode()
    answered = desk.post(address, ANSWER, follow=True).content.decode()
    assert "on its way by email" in answered
    assert Case.objects.get().handled_by == staff
    assert AuditRecord.objects.get(action="case.answer").reason == "the line was bad"
    assert "answer/" not in page(desk, case)


def test_an_appeal_is_for_somebody_else(desk: Client, staff: User) -> None:
    case = given_case(given_customer())
    answer_case(case_id=case.pk, **ANSWER, actor=staff)
    appeal_case(case_id=case.pk, words="No refund here")
    assert "Someone else decides" in page(desk, case)
    address = f"/backoffice/cases/{case.pk}/decide/"
    assert "You answered this case" in desk.post(address, ANSWER, follow=True).content.decode()
    assert Case.objects.get().state == "appealed"
    other = clerk("Finance")
    assert "No refund here" in page(logged_in(other, ADMIN), case)
    logged_in(other, ADMIN).post(address, ANSWER)
    assert (Case.objects.get().state, Case.objects.get().decided_by) == ("closed", other)


def test_operations_sees_no_case(desk: Client) -> None:
    case = given_case(given_customer())
    operations = logged_in(clerk("Operations"), ADMIN)
    for address in ("/backoffice/cases/", "/backoffice/cases.csv", f"/backoffice/cases/{case.pk}/"):
        assert operations.get(address).status_code == 403
    assert operations.post(f"/backoffice/cases/{case.pk}/answer/", ANSWER).status_code == 403
    assert desk.get("/backoffice/cases/999999/").status_code == 404


def test_a_month_as_csv_without_what_anybody_wrote(desk: Client, staff: User) -> None:
    customer = given_customer()
    case, other = (
        given_case(customer),
        open_complaint(brand=BrandFactory(), email="c@example.test", words="Loud"),
    )
    answer_case(case_id=case.pk, **ANSWER, actor=staff)
    Case.objects.filter(pk=case.pk).update(
        opened_at=datetime(2026, 11, 1, 4, tzinfo=UTC)
    )  # midnight in New York
    Case.objects.filter(pk=other.pk).update(opened_at=datetime(2026, 11, 1, 3, 59, tzinfo=UTC))
    months = {}
    for month in ("2026-10", "2026-11", "2026-12"):
        answer = desk.get(f"/backoffice/cases.csv?month={month}")
        assert answer["Content-Disposition"] == f'attachment; filename="cases-{month}.csv"'
        months[month] = list(csv.DictReader(b"".join(answer.streaming_content).decode().splitlines()))  # type: ignore[attr-defined]
    [row] = months["2026-11"]
    assert (row["number"], row["opened"]) == (case.number, "2026-11-01 00:00:00-04:00")
    assert (row["kind"], row["problem"], row["state"], row["outcome"]) == (
        "call",
        "cut_off",
        "answered",
        "granted",
    )
    assert (row["customer"], row["answered_by"], row["due"]) == (
        str(customer.pk),
        staff.email,
        str(case.due_on),
    )
    assert [line["number"] for line in months["2026-10"]] == [other.number]
    assert months["2026-12"] == []
    everything = str(months)
    for hidden in ("Cut off", "Loud", "refunded", "c@example.test"):
        assert hidden not in everything
    for month in ("", "2026", "2026-13", "x", "9999-12", "0000-01"):
        assert desk.get(f"/backoffice/cases.csv?month={month}").status_code == 400
