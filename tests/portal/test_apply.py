"""Becoming an operator by the pages: the front page, the application, the decision, and the first day."""

import re
from datetime import time, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group
from django.core import mail
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from billing import rating
from billing.payouts.services.change_account import change_account
from billing.rating import Tariff
from billing.services.record_payout import record_payout
from core import clock
from core.money import format_money
from customers.models import Customer, User
from notices.services.tell_new_operators import tell_new_operators
from operators.models import Application, DocumentFile, Operator
from operators.services.change_settings import Hours, change_schedule
from operators.services.greetings import upload_greeting
from operators.services.photos import upload_photo
from phones.services.store_number import store_number
from tests.factories import BrandFactory, StaffFactory
from tests.operators.applicants import NAME, TAXPAYER, W9, given_applicant
from tests.operators.photographs import from_a_phone
from tests.operators.recordings import wav
from tests.payouts.scenario import BANK
from tests.scenario import given_customer, given_operator, logged_in, when_called, when_talked
from tests.support.html import compact
from tests.support.phone_system import PhoneSystem
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db
PORTAL, ADMIN = "portal.localhost", "admin.localhost"
OWN_PHONE = "+19991020778"
CODE = re.compile(r"^([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)
FACTS = {
    "legal_name": NAME,
    "born_on": "03/07/1990",
    "region": "NY",
    "stage_name": "Luna",
    "languages": "English, Spanish",
    "topics": "Movies",
}


@pytest.fixture(autouse=True)
def _no_tries_yet() -> None:
    cache.clear()


def letters() -> list[str]:
    mail.outbox.clear()
    deliver_mail()
    return [str(message.body) for message in mail.outbox]


def id_photo() -> SimpleUploadedFile:
    return SimpleUploadedFile("id.jpg", from_a_phone(), "image/jpeg")


def test_visitors_read_what_one_earns_by_the_rule_of_every_call() -> None:
    page = compact(Client(headers={"Host": PORTAL}).get("/"))
    tariff = Tariff(rate_per_minute_minor=399, connect_fee_minor=99, operator_share_bps=8000)
    for amount in (rating.earned(tariff, 1200, ()), rating.cost(tariff, 1200, 0), 399, 99):
        assert format_money(amount) in page
    assert ("80%" in page, "/accounts/signup/" in page, "/accounts/login/" in page) == (True, True, True)


def test_who_wants_to_apply_gets_a_login_and_no_customer_account() -> None:
    BrandFactory()
    visitor = Client(headers={"Host": PORTAL})
    visitor.post("/accounts/signup/", {"email": "new@example.test", "password1": ""})
    deliver_mail()
    found = CODE.search(str(mail.outbox[-1].body))
    assert found
    answer = visitor.post("/accounts/confirm-email/", {"code": found[1]})
    assert answer["Location"] == "/apply/"
    user = User.objects.get(email="new@example.test")
    assert EmailAddress.objects.get(user=user).verified
    assert not Customer.objects.filter(user=user).exists()
    assert "About you" in compact(visitor.get("/apply/"))


def test_from_application_to_the_first_statement_with_each_letter(phone_system: PhoneSystem) -> None:
    BrandFactory()
    applicant = given_applicant(submitted=False, signed=False).user
    Application.objects.all().delete()
    client, desk = logged_in(applicant, PORTAL), logged_in(StaffFactory(), ADMIN)
    assert client.post("/apply/", FACTS).status_code == 302
    until = clock.now() + timedelta(days=300)
    sent = {"kind": "license", "expires_on": f"{until:%m/%d/%Y}", "front": id_photo(), "back": id_photo()}
    assert client.post("/apply/document/", sent).status_code == 302
    signed = W9 | {"typed_name": NAME, "agrees": "on"}
    assert client.post("/tax-form/w9/", signed).headers["Location"] == "/apply/"
    page = compact(client.get("/contract/"))
    digest = re.search(r'name="digest" value="(\w+)"', page)
    assert digest
    signed = {"digest": digest[1], "typed_name": NAME, "agrees": "on"}
    assert client.post("/contract/", signed)["Location"] == "/apply/"
    page = compact(client.get("/tax-form/"))
    assert ("Ends in 6789" in page, "123456789" in page, TAXPAYER in page) == (True, False, False)
    client.post("/apply/submit/")
    assert any("We have your application" in text for text in letters())
    application = Application.objects.get()
    path = f"/backoffice/applications/{application.pk}/"
    desk.post(f"{path}decide/", {"decision": "ask", "reason": "The back is dark"})
    assert any("The back is dark" in text for text in letters())
    assert "The back is dark" in compact(client.get("/apply/"))
    client.post("/apply/submit/")
    desk.post(f"{path}decide/", {"decision": "approve", "reason": "On video"})
    text = "".join(letters())
    assert ("verify your phone" in text, "On video" in text) == (True, False)
    operator = Operator.objects.get(user=applicant)
    assert operator.listings.count() == 1
    console = compact(client.get("/"))
    assert ("Your first day" in console, "Record a greeting" in console) == (True, True)
    assert 'href="/payouts/account/">Say how you’re paid' in console
    assert console.partition("Fill in your tax form")[2].partition("</li>")[0].count("Done") == 1
    _first_day(operator)
    assert "Take a test call" in compact(client.get("/"))
    client.post(f"/settings/phones/{store_number(OWN_PHONE).pk}/test/")
    assert phone_system.asked_for("/verification")[0].body["number"] == OWN_PHONE
    assert client.post("/presence/", {"presence": "online"}).status_code == 302
    operator.refresh_from_db()
    assert operator.presence == "online"
    assert "Your first day" not in compact(client.get("/"))
    _first_call(operator, client)


def _first_call(operator: Operator, client: Client) -> None:
    """It is told once, stands on the statement, and once the day is over, that is told, too."""
    assert tell_new_operators() == 0
    when_talked(when_called(given_customer(), operator), 65_000)  # (2 × 3.99 + 0.99) × 80 %
    assert (tell_new_operators(), tell_new_operators()) == (1, 0)
    [text] = [text for text in letters() if "You took your first call" in text]
    assert "So far you’ve earned $7.17." in text
    assert "$7.17" in compact(client.get("/statement/"))
    tomorrow = clock.now() + timedelta(days=1)
    with clock.using(lambda: tomorrow):
        assert (tell_new_operators(), tell_new_operators()) == (1, 0)
        [text] = [text for text in letters() if "Your first day is on your statement" in text]
    assert "1 call on " in text
    assert "and $7.17 earned" in text
    record_payout(
        operator=operator,
        amount_minor=717,
        reason="wire",
        actor=StaffFactory(),
        idempotency_key="first",
        is_early=True,
    )


def _first_day(operator: Operator) -> None:
    Operator.objects.filter(pk=operator.pk).update(
        phone_number=store_number(OWN_PHONE), phone_verified_at=clock.now()
    )
    upload_photo(operator_id=operator.pk, data=from_a_phone())
    upload_greeting(operator_id=operator.pk, data=wav(1.2))
    change_schedule(operator_id=operator.pk, hours=[Hours(0, time(9), time(17))])
    change_account(operator_id=operator.pk, method="ach", given=BANK)


def test_a_declined_applicant_reads_why() -> None:
    application, desk = given_applicant(), logged_in(StaffFactory(), ADMIN)
    letters()
    desk.post(
        f"/backoffice/applications/{application.pk}/decide/",
        {"decision": "decline", "reason": "Blurred twice"},
    )
    assert any("Blurred twice" in text for text in letters())
    assert "Blurred twice" in compact(logged_in(application.user, PORTAL).get("/apply/"))


def test_a_wrong_file_is_said_beside_the_form() -> None:
    user = given_applicant(submitted=False).user
    until = f"{clock.now() + timedelta(days=300):%m/%d/%Y}"
    front = SimpleUploadedFile("id.jpg", b"%PDF-1.7", "image/jpeg")
    answer = logged_in(user, PORTAL).post(
        "/apply/document/", {"kind": "license", "expires_on": until, "front": front}
    )
    assert answer.status_code == 400
    assert "JPEG, PNG, or WebP" in compact(answer)


def test_an_operator_of_before_is_asked_to_sign_and_goes_on_working() -> None:
    operator = given_operator(presence="offline")
    client = logged_in(operator.user, PORTAL)
    page = compact(client.get("/"))
    assert ("sign our contract" in page, "You have until" in page, "Your first day" in page) == (
        True, True, False,
    )  # fmt: skip
    assert client.post("/presence/", {"presence": "online"}).status_code == 302
    operator.refresh_from_db()
    assert operator.presence == "online"


def test_the_contract_is_nobodys_who_has_not_begun() -> None:
    assert logged_in(given_customer().user, PORTAL).get("/contract/").status_code == 404
    assert Client(headers={"Host": PORTAL}).get("/contract/").status_code == 302


@pytest.mark.parametrize("role", ["Support", "Finance"])
def test_support_opens_no_document_whether_it_exists_or_not(role: str) -> None:
    given_applicant()
    clerk = StaffFactory(is_superuser=False)
    clerk.groups.add(Group.objects.get(name=role))
    desk = logged_in(clerk, ADMIN)
    file = DocumentFile.objects.get()
    for number in (file.pk, 987654):
        answer = desk.post(f"/backoffice/documents/{number}/open/", {"reason": "Curious"})
        assert answer.status_code == 403
    assert desk.get("/backoffice/applications/").status_code == 403


def test_operations_opens_a_document_which_no_cache_keeps() -> None:
    application = given_applicant()
    clerk = StaffFactory(is_superuser=False)
    clerk.groups.add(Group.objects.get(name="Operations"))
    desk = logged_in(clerk, ADMIN)
    path = f"/backoffice/documents/{DocumentFile.objects.get().pk}/open/"
    assert desk.post(path, {"reason": ""}).status_code == 400
    assert desk.get(path).status_code == 405
    answer = desk.post(path, {"reason": "Check the name"})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert 'src="data:image/webp;base64,UklGR' in answer.content.decode()  # RIFF
    page = compact(desk.get(f"/backoffice/applications/{application.pk}/"))
    assert ("document.view" in page, "Check the name" in page) == (True, True)


def test_an_operator_of_before_with_a_draft_sees_the_console() -> None:
    operator = given_operator(presence="offline", user=given_applicant(submitted=False).user)
    assert logged_in(operator.user, PORTAL).get("/").status_code == 200
