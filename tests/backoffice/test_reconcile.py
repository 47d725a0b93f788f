"""Staff and statements of processors: a file is read, differences are decided with a reason, arrivals at the bank confirmed."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from billing.models import Difference, StatementLine
from billing.services.credit_wallet import credit_wallet
from billing.states import CreditSource
from core.models import AuditRecord
from customers.models import User
from tests.billing.test_statements import books, sale, stated
from tests.factories import StaffFactory
from tests.scenario import given_customer, logged_in
from tests.support.card_processor import NAME, Processor, given_paid
from tests.support.html import compact

pytestmark = pytest.mark.django_db
ADMIN, PAGE = "admin.localhost", "/backoffice/reconciliation/"


def member(role: str) -> User:
    person: User = StaffFactory(is_superuser=False)
    person.groups.add(Group.objects.get(name=role))
    return person


@pytest.fixture
def desk() -> Client:
    return logged_in(member("Finance"), ADMIN)


def upload(desk: Client, *rows: str, data: bytes = b"") -> str:
    file = SimpleUploadedFile("march.csv", data or stated(*rows), content_type="text/csv")
    answer = desk.post(f"{PAGE}upload/", {"gateway": NAME, "file": file}, follow=True)
    return compact(answer)


def confirm(desk: Client, address: str, **form: str) -> str:
    """Ask, then do: what the question says."""
    question: HttpResponse = desk.post(address, form)  # type: ignore[assignment]
    assert question.status_code == 200, question.headers
    desk.post(address, {**form, "confirmed": "1", "reason": "checked with them"})
    return compact(question)


def test_without_anything_the_page_says_so(desk: Client) -> None:
    page = compact(desk.get(PAGE))
    for words in (
        "No open differences",
        "No deposits are waiting",
        "Everything received is confirmed",
        "None yet",
    ):
        assert words in page


def test_a_file_is_read_once_and_what_is_none_is_refused(desk: Client, processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    assert "Imported. No differences." in upload(desk, sale(payment))
    assert "This file was read before" in upload(desk, sale(payment))
    assert "The first row has to be" in upload(desk, data=b"a,b")
    page = compact(desk.post(f"{PAGE}upload/", {"gateway": NAME}, follow=True))
    assert "Choose a file" in page
    assert "march.csv" in page
    assert books()["fees"] == -313


def test_a_difference_is_accepted_with_a_reason(desk: Client, processor: Processor) -> None:
    payment = given_paid(processor, given_customer(balance=0))
    page = upload(desk, sale(payment, gross="24.99"))
    assert "1 difference." in page
    assert "Sale, another amount or currency than ours" in page
    assert payment.customer.alias in page
    assert "Differences with processors" in compact(desk.get("/"))
    row = Difference.objects.get()
    question = confirm(desk, f"{PAGE}{row.pk}/decide/", decision="accept")
    assert "The fee of $3.13 is booked. No customer’s balance changes." in question
    assert books()["fees"] == -313
    assert "checked with them" in compact(desk.get(PAGE))
    assert AuditRecord.objects.filter(action="difference.decide", reason="checked with them").count() == 1


def test_a_difference_is_dismissed_and_never_without_a_reason(desk: Client, processor: Processor) -> None:
    upload(desk, "1,sale,T-none,,25.00,3.13,USD,2026-03-02")
    row = Difference.objects.get()
    desk.post(f"{PAGE}{row.pk}/decide/", {"decision": "dismiss", "confirmed": "1", "reason": " "})
    assert Difference.objects.get().state == "open"
    assert "Nothing is booked for it" in confirm(desk, f"{PAGE}{row.pk}/decide/", decision="dismiss")
    assert (Difference.objects.get().state, books()["fees"]) == ("dismissed", 0)


def test_arrivals_at_the_bank_are_confirmed(desk: Client, processor: Processor) -> None:
    upload(desk, "d1,deposit,,,21.87,,USD,2026-03-05")
    line = StatementLine.objects.get()
    address = f"{PAGE}deposits/{line.pk}/"
    assert "booked from the processor to the bank" in confirm(
        desk, address, amount="21.87", bank_reference="W7"
    )
    posted = credit_wallet(
        customer=given_customer(balance=0), amount_minor=4500, source=CreditSource.RECEIVED, reason="wire", actor=None,
        idempotency_key="w", payment_reference="W-1",
    )  # fmt: skip
    assert "W-1" in compact(desk.get(PAGE))
    assert "$45.00 is at the bank" in confirm(
        desk, f"{PAGE}received/{posted.transaction_id}/", bank_reference="B1"
    )
    assert books()["bank"] == -2187 - 4500
    assert "Everything received is confirmed" in compact(desk.get(PAGE))
    assert desk.post(f"{PAGE}received/{posted.transaction_id}/", {"bank_reference": "B1"}).status_code == 302


def test_another_amount_at_the_bank_is_a_difference(desk: Client, processor: Processor) -> None:
    upload(desk, "d1,deposit,,,21.87,,USD,2026-03-05")
    address = f"{PAGE}deposits/{StatementLine.objects.get().pk}/"
    assert "The amounts differ" in confirm(desk, address, amount="20.00", bank_reference="W7")
    row = Difference.objects.get()
    assert (row.kind, books()["bank"]) == ("bank", 0)
    assert "$20.00 is booked to the bank" in confirm(desk, f"{PAGE}{row.pk}/decide/", decision="accept")
    assert books()["bank"] == -2000


def test_support_does_not_see_it() -> None:
    desk = logged_in(member("Support"), ADMIN)
    assert desk.get(PAGE).status_code == 403
    assert desk.post(f"{PAGE}upload/").status_code == 403
