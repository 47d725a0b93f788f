"""A copy of everything about somebody: asked for by a recent login, made by a job, for whoever asked and for a week."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client

from core import clock
from core.encryption import is_encrypted
from core.errors import Conflict, Invalid, NotFound
from core.models import AuditRecord
from customers.models import Customer
from operators.models import Note, Operator
from privacy.export import tables_of
from privacy.models import DataExport
from privacy.ownership import Person
from privacy.retention import kind
from privacy.services.export_data import download_export, make_export, request_export
from tests.factories import StaffFactory
from tests.messaging.scenario import answer, text
from tests.scenario import (
    customer_client,
    given_customer,
    given_operator,
    logged_in,
    when_called,
    when_talked,
)
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db
encrypt_exports = import_module("privacy.migrations.0003_encrypt_exports").encrypt_exports


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah", stage_name="Sarah")


@pytest.fixture
def customer(sarah: Operator) -> Customer:
    """Who called, texted, and is remembered."""
    person = given_customer(user__email="anna@example.test")
    when_talked(when_called(person, sarah), 65_000)
    text(person, sarah, "=SUM(1) is what I wrote")
    answer(sarah, person, "And I answered")
    Note.objects.create(operator=sarah, customer=person, text="my private note", updated_at=clock.now())
    return person


def files_of(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def made(customer: Customer) -> DataExport:
    export = request_export(user=customer.user, actor=customer.user, brand=customer.home_brand)
    make_export(export_id=export.pk)
    export.refresh_from_db()
    return export


def test_the_file_holds_everything_as_json_and_as_csv(customer: Customer) -> None:
    export = made(customer)
    files = files_of(customer_client(customer).get(f"/account/data/{export.reference}/").content)
    document = json.loads(files["data.json"])
    tables = document["tables"]
    assert document["account"] == "anna@example.test"
    [call] = tables["telephony.Call"]
    assert (call["operator"], call["brand"], call["charged_seconds"]) == ("Sarah", "flirts.nyc", 65)
    assert [row["text"] for row in tables["messaging.Message"]] == [
        "=SUM(1) is what I wrote",
        "And I answered",
    ]
    assert [row["kind"] for row in tables["ledger.Transaction"]].count("call") == 1
    assert tables["customers.CustomerPhone"]
    assert {row["kind"] for row in tables["customers.Consent"]} == {"adult", "terms", "privacy", "prices"}
    assert set(files) == {"data.json", *(f"csv/{name}.csv" for name in tables)}
    rows = list(csv.DictReader(io.StringIO(files["csv/messaging.Message.csv"])))
    assert [row["text"] for row in rows] == ["'=SUM(1) is what I wrote", "And I answered"]


def test_nothing_of_others_and_no_secret_is_in_it(customer: Customer, sarah: Operator) -> None:
    other = given_customer()
    text(other, sarah, "somebody else's words")
    words = json.dumps(tables_of(Person.of(customer.user)), default=str)
    for foreign in (
        "my private note",
        "somebody else's words",
        sarah.user.email,
        sarah.phone,
        customer.user.password,
    ):
        assert foreign not in words
    own = json.dumps(tables_of(Person.of(sarah.user)), default=str)
    assert "my private note" in own
    for foreign in (customer.user.email, customer.phones.get().number, other.user.email):
        assert foreign not in own


def test_the_database_holds_the_copy_encrypted(customer: Customer, settings: Any) -> None:
    """It is compressed, so that a search of a dump for what is in it would find nothing."""
    export = made(customer)
    assert is_encrypted(bytes(export.data).decode())
    settings.DATA_KEYS = ["another key that came in its place, long enough"]
    with pytest.raises(NotFound):
        download_export(reference=export.reference, actor=customer.user)


def test_copies_made_in_clear_are_encrypted_by_the_upgrade(customer: Customer) -> None:
    export = made(customer)
    in_clear = download_export(reference=export.reference, actor=customer.user)
    DataExport.objects.update(data=in_clear)
    for _ in range(2):
        encrypt_exports(apps, None)
    assert is_encrypted(bytes(DataExport.objects.get().data).decode())
    assert download_export(reference=export.reference, actor=customer.user) == in_clear


def test_the_link_is_the_persons_alone_and_expires(customer: Customer) -> None:
    export = made(customer)
    path = f"/account/data/{export.reference}/"
    assert Client(headers={"Host": "flirts.localhost"}).get(path).status_code == 302
    assert customer_client(given_customer()).get(path).status_code == 404
    response = customer_client(customer).get(path)
    assert (response.status_code, response.headers["Content-Type"]) == (200, "application/zip")
    assert "no-store" in response.headers["Cache-Control"]
    assert AuditRecord.objects.filter(action="person.export_downloaded").count() == 1
    kept_for = kind("exports").kept_for
    assert kept_for is not None
    DataExport.objects.update(requested_at=clock.now() - kept_for - timedelta(seconds=1))
    assert customer_client(customer).get(path).status_code == 404


def test_the_letter_comes_when_it_is_ready(customer: Customer) -> None:
    export = made(customer)
    deliver_mail()
    letter = mail.outbox[-1]
    assert (letter.to, letter.subject) == (["anna@example.test"], "Your account")
    assert f"/account/data/{export.reference}/" in str(letter.body)
    make_export(export_id=export.pk)
    deliver_mail()
    assert len(mail.outbox) == 1, "once"


def test_asking_needs_a_password_or_code_given_lately(customer: Customer, settings: Any) -> None:
    settings.STAFF_RECENT_LOGIN_SECONDS = 600
    customer.user.set_password("a long walk by the river")
    customer.user.save()
    client = Client(headers={"Host": "flirts.localhost"})
    client.post("/accounts/login/", {"login": customer.user.email, "password": "a long walk by the river"})
    session = client.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 601
    session.save()
    assert client.post("/account/data/").headers["Location"].startswith("/accounts/reauthenticate/")
    assert not DataExport.objects.exists()
    client.post("/accounts/reauthenticate/", {"password": "a long walk by the river"})
    assert client.post("/account/data/").headers["Location"] == "/account/data/"
    assert "we’re putting it together" in client.get("/account/data/").content.decode()
    with pytest.raises(Conflict):
        request_export(user=customer.user, actor=customer.user)
    make_export(export_id=DataExport.objects.get().pk)
    assert "Download" in client.get("/account/data/").content.decode()


def test_an_operator_has_one_too(sarah: Operator) -> None:
    client = logged_in(sarah.user, "portal.localhost")
    assert client.post("/data/").headers["Location"] == "/data/"
    export = DataExport.objects.get()
    make_export(export_id=export.pk)
    assert "Download" in client.get("/data/").content.decode()
    files = files_of(client.get(f"/data/{export.reference}/").content)
    assert json.loads(files["data.json"])["tables"]["operators.Operator"][0]["stage_name"] == "Sarah"
    deliver_mail()
    assert f"/data/{export.reference}/" in str(mail.outbox[-1].body)


def test_staff_have_one_made_with_a_reason_for_themselves_alone(customer: Customer) -> None:
    staff = StaffFactory()
    client = logged_in(staff, "admin.localhost")
    path = f"/backoffice/people/{customer.user_id}/export/"
    assert "Export the data of anna@example.test?" in client.post(path).content.decode()
    with pytest.raises(Invalid):
        request_export(user=customer.user, actor=staff)
    client.post(path, {"confirmed": "1", "reason": "asked by mail"})
    record = AuditRecord.objects.get(action="person.export")
    assert (record.actor, record.reason) == (staff, "asked by mail")
    export = DataExport.objects.get()
    make_export(export_id=export.pk)
    file = f"/backoffice/people/exports/{export.reference}/"
    assert file in client.get(f"/backoffice/customers/{customer.pk}/").content.decode()
    assert client.get(file).status_code == 200
    assert logged_in(StaffFactory(), "admin.localhost").get(file).status_code == 404
    assert customer_client(customer).get(f"/account/data/{export.reference}/").status_code == 404
    deliver_mail()
    assert mail.outbox == []


def test_staff_without_the_right_export_nobody(customer: Customer) -> None:
    client = logged_in(StaffFactory(is_superuser=False), "admin.localhost")
    assert client.post(f"/backoffice/people/{customer.user_id}/export/").status_code == 403
