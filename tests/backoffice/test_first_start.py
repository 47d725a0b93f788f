"""From an empty database to an owner who logs in, a site that answers, and an operator, by command and by page."""

import html
import io
import json
from pathlib import Path

import pytest
import time_machine
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django.fixtures import Settings

from backoffice import first_start
from backoffice.doctor.findings import Finding, ok
from backoffice.first_start_form import FirstStartForm
from billing.models import BrandTax, MerchantAccount, TaxRate, TaxZip
from brands.models import Brand
from brands.selectors import forget
from core import clock
from core.errors import Conflict
from customers.models import User
from operators.models import Operator
from operators.states import ApprovalStatus
from tests.support.threads import in_parallel

pytestmark = pytest.mark.django_db
ANSWERS = {
    "owner_email": "Owner@example.test",
    "owner_password": "a long enough passphrase",
    "brand_name": "example.test",
    "brand_host": "www.example.test",
    "brand_theme": "neutral",
    "support_email": "support@example.test",
    "caller_id": "+12125550100",
    "processor": "ccbill",
    "processor_account": "0000",
    "statement_text": "EXAMPLE*SUPPORT",
    "support_phone": "+12125550101",
    "operator_name": "Anna Lee",
    "operator_email": "anna@example.test",
    "operator_phone": "212 555 0147",
    "operator_rate": "3.99",
    "tax_jurisdiction": "NY-NYC",
    "tax_zips": "100, 101 112",
    "tax_percent": "8.875",
}


@pytest.fixture(autouse=True)
def _empty() -> None:
    forget()


def page() -> Client:
    return Client(headers={"host": "admin.localhost"})


def assert_is_set_up() -> None:
    owner = User.objects.get(email="owner@example.test")
    assert (owner.is_superuser, owner.check_password(ANSWERS["owner_password"])) == (True, True)
    brand = Brand.objects.get()
    assert (brand.name, brand.operator_caller_id) == ("example.test", "+12125550100")
    assert [row.host for row in brand.hosts.all()] == ["www.example.test"]
    assert MerchantAccount.objects.get(brand=brand).statement_text == "EXAMPLE*SUPPORT"
    operator = Operator.objects.get()
    assert (operator.approval_status, operator.phone) == (ApprovalStatus.APPROVED, "+12125550147")
    assert operator.rate_per_minute_minor == 399
    assert operator.phone_verified_at is None, "they verify it themselves"
    rate = TaxRate.objects.get(jurisdiction__code="NY-NYC")
    assert (rate.voice_millionths, rate.fee_millionths, rate.tip_millionths) == (88_750, 88_750, 0)
    assert list(TaxZip.objects.values_list("prefix", flat=True)) == ["100", "101", "112"]
    assert not BrandTax.objects.get(brand=brand).is_included


def test_by_a_file_of_answers(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(json.dumps(ANSWERS))
    call_command("setup", answers=str(path), stdout=io.StringIO())
    assert_is_set_up()
    answer = Client(headers={"host": "www.example.test"}).get("/")
    assert answer.status_code == 200
    with pytest.raises(CommandError, match="has an administrator"):
        call_command("setup", answers=str(path), stdout=io.StringIO())


def test_what_is_wrong_is_named_and_nothing_is_made(tmp_path: Path) -> None:
    path = tmp_path / "answers.json"
    path.write_text(
        json.dumps({**ANSWERS, "brand_host": "https://x", "owner_password": "1234", "operator_email": ""})
    )
    with pytest.raises(CommandError) as refused:
        call_command("setup", answers=str(path), stdout=io.StringIO())
    assert all(name in str(refused.value) for name in ("brand_host", "owner_password", "operator_email"))
    assert not User.objects.exists()


def test_asked_one_by_one_what_is_wrong_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(
        ["owner@example.test", "example.test", "localhost:80", "www.example.test", "", "neutral",
         "support@example.test", "+12125550100", "", "", "", "XX", "NY-NYC", "1O0", "100", "8.875", "yes", "no", ""]
    )  # fmt: skip
    monkeypatch.setattr("builtins.input", lambda _: next(typed))
    monkeypatch.setattr(
        f"{first_start.__package__}.management.commands.setup.getpass", lambda _: ANSWERS["owner_password"]
    )
    out = io.StringIO()
    call_command("setup", stdout=out)
    assert "without a port" in out.getvalue()
    assert Brand.objects.get().hosts.get().host == "www.example.test"
    assert not Operator.objects.exists()
    assert BrandTax.objects.get().is_included
    assert mail.outbox == []
    assert "WRONG  Phone system" in out.getvalue()


def test_the_page_calls_a_phone_for_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[str] = []

    def call(number: str, heard: object) -> list[Finding]:
        called.append(number)
        return [ok("Test call", "The phone was answered.")]

    monkeypatch.setattr(first_start, "call_a_phone", call)
    answers = {**ANSWERS, "token": first_start.new_token(), "test_phone": "(212) 555-0148"}
    assert b"The phone was answered." in page().post("/backoffice/setup/", answers).content
    assert called == ["+12125550148"]


def test_by_the_page_and_its_token(settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = True
    out = io.StringIO()
    call_command("setup", "--page", stdout=out)
    token = out.getvalue().split("Token: ")[1].strip()
    assert "Set up this installation" in page().get("/backoffice/setup/").content.decode()
    answer = page().post("/backoffice/setup/", {**ANSWERS, "token": token, "test_mail": "on"})
    words = html.unescape(answer.content.decode())
    assert "owner@example.test is its administrator." in words
    assert "Phone system: to fix" in words, "there is none in this test"
    assert [sent.to for sent in mail.outbox if sent.subject == "Test of mail"] == [["owner@example.test"]]
    assert_is_set_up()
    assert page().get("/backoffice/setup/").status_code == 404
    assert page().post("/backoffice/setup/", {**ANSWERS, "token": token}).status_code == 404
    client = page()
    client.post("/accounts/login/", {"login": "owner@example.test", "password": ANSWERS["owner_password"]})
    assert client.get("/")["Location"] == "/accounts/2fa/totp/activate/"


@pytest.mark.parametrize("token", ["", "setup", "InNldHVwIg:1:forged"])
def test_without_its_token_nothing_is_made(token: str) -> None:
    answer = page().post("/backoffice/setup/", {**ANSWERS, "token": token}).content.decode()
    assert "more than an hour old" in answer
    assert ANSWERS["owner_password"] not in answer
    assert not User.objects.exists()


def test_an_operator_needs_an_address_of_their_own_if_there_is_one() -> None:
    form = FirstStartForm({**ANSWERS, "operator_email": "OWNER@example.test"})
    assert list(form.errors) == ["operator_email"]
    assert "operator_email" not in FirstStartForm({}).errors


def test_a_token_is_good_for_an_hour_and_tries_are_limited() -> None:
    token = first_start.new_token()
    with time_machine.travel(clock.now().timestamp() + first_start.TOKEN_SECONDS + 5):
        assert not first_start.is_token(token)
    statuses = [page().post("/backoffice/setup/", {"token": "x"}).status_code for _ in range(12)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert page().post("/backoffice/setup/", {"token": token}).status_code == 200, (
        "who has the token may try on"
    )


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_is_refused() -> None:
    forms = [FirstStartForm({**ANSWERS, "owner_email": f"{name}@example.test"}) for name in "ab"]
    assert all(form.is_valid() for form in forms)
    results = in_parallel(
        *(lambda answers=form.cleaned_data: first_start.set_up(answers) for form in forms), refusals=Conflict
    )
    assert [result.error_code for result in results if isinstance(result, Conflict)] == ["set_up_already"]
    assert User.objects.filter(is_superuser=True).count() == Brand.objects.count() == 1
