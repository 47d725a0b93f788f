"""The demo's notes on the product's pages: right where they are needed, and nowhere but in the demo."""

import copy
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.test import Client

from customers.models import Customer, CustomerPhone, PhoneVerification
from demo.people import PASSWORD
from tests.factories import BrandFactory, UserFactory
from tests.scenario import BRAND_HOST, customer_client, given_customer
from tests.storefront.test_arriving import sign_up
from tools.environment import ROOT

pytestmark = pytest.mark.django_db
PROCESSOR = "demo.help.demo_help"
FILL = re.compile(r'<form method="post" action="([^"]+)">(.*?)</form>', re.DOTALL)
PAGES = ("/accounts/login/", "/accounts/signup/", "/accounts/login/code/", "/account/phones/")


@pytest.fixture(autouse=True)
def _no_tries_yet() -> None:
    cache.clear()


@pytest.fixture
def demo(settings: Any, tmp_path: Path) -> Path:
    """Settings as `make run` has them; where the simulated phones write what they hear."""
    templates = copy.deepcopy(settings.TEMPLATES)
    templates[0]["OPTIONS"]["context_processors"].append(PROCESSOR)
    settings.TEMPLATES, settings.IS_DEMO = templates, True
    settings.SIMULATED_PHONES_HEARD = str(tmp_path / "heard.jsonl")
    settings.TELEPHONY_LAB_PREFIXES = ["+1999"]
    return tmp_path / "heard.jsonl"


def note_of(client: Client, path: str) -> str:
    page = client.get(path).content.decode()
    found = re.search(r"<aside class=\"note note--info demo-note\".*?</aside>", page, re.DOTALL)
    return found[0] if found else ""


def press(client: Client, note: str) -> Any:
    """The first button of the note, as a browser without JavaScript does it."""
    found = FILL.search(note)
    assert found, note
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', found[2]))
    return client.post(found[1], fields)


def test_one_click_logs_in_as_the_customer_and_links_lead_to_the_others(demo: Path) -> None:
    BrandFactory()
    user = UserFactory(email="customer@aeims.test", password=PASSWORD)
    visitor = Client(headers={"Host": f"{BRAND_HOST}:8000"})
    note = note_of(visitor, "/accounts/login/")
    assert "http://portal.localhost:8000/accounts/login/" in note
    assert "http://admin.localhost:8000/accounts/login/" in note
    press(visitor, note)
    assert visitor.session["_auth_user_id"] == str(user.pk)


def test_the_mailed_code_is_on_the_page_and_one_click_enters_it(demo: Path) -> None:
    BrandFactory()
    visitor = Client(headers={"Host": BRAND_HOST})
    sign_up(visitor)
    answer = press(visitor, note_of(visitor, "/accounts/confirm-email/"))
    assert answer.headers["Location"] == "/account/phones/"
    assert Customer.objects.filter(user__email="new@example.test").exists()


def test_a_login_code_is_on_the_page_and_none_of_an_address_without_an_account(demo: Path) -> None:
    BrandFactory()
    user = UserFactory(email="known@example.test")
    visitor = Client(headers={"Host": BRAND_HOST})
    visitor.post("/accounts/login/code/", {"email": "nobody@example.test"})
    note = note_of(visitor, "/accounts/login/code/confirm/")
    assert "has no code" in note
    assert "<form" not in note
    visitor = Client(headers={"Host": BRAND_HOST})
    visitor.post("/accounts/login/code/", {"email": user.email})
    press(visitor, note_of(visitor, "/accounts/login/code/confirm/"))
    assert visitor.session["_auth_user_id"] == str(user.pk)


def test_a_simulated_phone_is_given_called_and_its_code_entered_by_clicks(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer = given_customer()
    CustomerPhone.objects.all().delete()
    monkeypatch.setattr("telephony.services.spoken_codes.new_code", lambda: "482913")
    monkeypatch.setattr("telephony.services.spoken_codes.speak", lambda *_, **__: None)
    client = customer_client(customer)
    path = press(client, note_of(client, "/account/phones/")).headers["Location"]
    verification = PhoneVerification.objects.select_related("phone_number").get()
    number = verification.phone_number.e164
    assert number.startswith("+1999101")

    note = note_of(client, path)
    assert "data-is-waiting" in note
    hear(demo, number, "111111")
    assert "data-is-waiting" in note_of(client, path), "a code of before"
    hear(demo, "+19991010001", "222222")
    hear(demo, number, "482913")
    press(client, note_of(client, path))
    assert customer.phones.get().verified_at is not None


def hear(file: Path, number: str, digits: str) -> None:
    names = ["common/your-code-is", *(f"numbers/{digit}" for digit in digits)] * 2
    with file.open("a") as heard:
        heard.writelines(
            json.dumps({"number": number, "sound": f"sound:aeims/{name}"}) + "\n" for name in names
        )


def test_another_customer_sees_no_code(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("telephony.services.spoken_codes.speak", lambda *_, **__: None)
    client = customer_client(given_customer())
    path = client.post("/account/phones/", {"number": "+19991014001"}).headers["Location"]
    assert note_of(client, path)
    assert customer_client(given_customer()).get(path).status_code == 302


@pytest.mark.parametrize("path", PAGES)
def test_outside_the_demo_pages_say_nothing_of_it(path: str) -> None:
    client = (
        customer_client(given_customer())
        if path == "/account/phones/"
        else Client(headers={"Host": BRAND_HOST})
    )
    BrandFactory()
    page = client.get(path)
    assert page.status_code == 200
    assert "demo" not in page.content.decode().lower()
    assert PROCESSOR not in django_settings.TEMPLATES[0]["OPTIONS"]["context_processors"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("setting", [{"IS_PRODUCTION": True}, {"IS_DEMO": False}])
def test_the_notes_stay_away_even_where_somebody_registers_them(
    demo: Path, settings: Any, path: str, setting: dict[str, bool]
) -> None:
    client = (
        customer_client(given_customer())
        if path == "/account/phones/"
        else Client(headers={"Host": BRAND_HOST})
    )
    BrandFactory()
    for name, value in setting.items():
        setattr(settings, name, value)
    assert note_of(client, path) == ""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"AEIMS_ENV": "development", "AEIMS_DEMO": "1"}, "True"),
        ({"AEIMS_ENV": "production", "AEIMS_DEMO": "1"}, "False"),
    ],
)
def test_the_notes_are_registered_in_the_demo_alone(environment: dict[str, str], expected: str) -> None:
    said = subprocess.run(
        [sys.executable, "-c",
         f"from aeims.settings import TEMPLATES; print({PROCESSOR!r} in TEMPLATES[0]['OPTIONS']['context_processors'])"],
        cwd=ROOT, env={"PATH": os.environ["PATH"]} | environment, capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    assert said == expected
