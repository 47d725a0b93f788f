"""Arriving: the gate, signing up, proving the address; and that nobody learns who has an account."""

import re
from datetime import date
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client

from core import clock
from customers.legal import SHIPPED_EDITIONS
from customers.models import Consent, Customer, User
from customers.services.sign_up import age_on
from tests.factories import BrandFactory, UserFactory
from tests.scenario import BRAND_HOST, given_operator
from tests.support.html import compact
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db
PASSWORD = "a long walk by the river"
CODE = re.compile(r"^([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _no_tries_yet() -> None:
    cache.clear()


@pytest.fixture
def visitor() -> Client:
    BrandFactory()
    return Client(headers={"Host": BRAND_HOST})


def fields(**changes: Any) -> dict[str, Any]:
    whole = {
        "email": "new@example.test",
        "password1": PASSWORD,
        "born_on": "03/07/1990",
        "is_adult": "on",
        "agrees": "on",
    }
    return {name: value for name, value in (whole | changes).items() if value is not None}


def sign_up(visitor: Client, **changes: Any) -> HttpResponse:
    response: HttpResponse = visitor.post("/accounts/signup/", fields(**changes))
    return response


def code() -> str:
    deliver_mail()
    found = CODE.search(str(mail.outbox[-1].body))
    assert found, mail.outbox[-1].body
    return found[1]


def errors_of(response: HttpResponse) -> list[str]:
    return re.findall(r'_error">(?:<svg.*?</svg><p>)?([^<]+)<', compact(response))


# -- the gate


def test_the_first_page_asks_whether_one_is_an_adult_and_shows_nobody_until_then(visitor: Client) -> None:
    given_operator(stage_name="Sarah")
    html = visitor.get("/").content.decode()
    assert "Are you 18 or older?" in html
    assert "Sarah" not in html


def test_a_yes_leads_back_and_is_remembered_by_this_host_alone(visitor: Client) -> None:
    answer = visitor.post("/enter/", {"next": "/?from=friend"})
    assert answer.headers["Location"] == "/?from=friend"
    cookie = answer.cookies["adult"]
    assert (cookie["domain"], cookie["httponly"], cookie["samesite"]) == ("", True, "Lax")
    assert "Are you 18" not in visitor.get("/").content.decode()


def test_the_gate_leads_nowhere_else(visitor: Client) -> None:
    assert visitor.post("/enter/", {"next": "https://elsewhere.example/"}).headers["Location"] == "/"


def test_who_says_no_is_told_kindly_and_not_remembered(visitor: Client) -> None:
    answer = visitor.get("/leave/")
    assert "988" in answer.content.decode()
    assert "adult" not in answer.cookies


@pytest.mark.parametrize(
    "path", ["/help/", "/help/pricing/", "/help/terms/", "/accounts/login/", "/accounts/signup/"]
)
def test_what_everybody_may_read_has_no_gate(visitor: Client, path: str) -> None:
    assert "Are you 18 or older?" not in visitor.get(path).content.decode()


# -- signing up


def test_an_account_is_open_after_one_form_and_one_code(visitor: Client) -> None:
    assert sign_up(visitor).headers["Location"] == "/accounts/confirm-email/"
    deliver_mail()
    assert mail.outbox[-1].subject == "Your code"
    answer = visitor.post("/accounts/confirm-email/", {"code": code()})
    assert answer.headers["Location"] == "/account/phones/"
    customer = Customer.objects.get(user__email="new@example.test")
    assert customer.born_on == date(1990, 3, 7)
    assert customer.home_brand.slug == "flirts"
    assert re.fullmatch(r"[A-Z][a-z]+ [A-Z][a-z]+ \d{3}", customer.alias)
    given = Consent.objects.filter(customer=customer).values_list("kind", "version", "brand__slug")
    assert set(given) == {(kind, edition, "flirts") for kind, edition in SHIPPED_EDITIONS.items()}


def test_without_a_password_one_logs_in_by_codes(visitor: Client) -> None:
    sign_up(visitor, password1="")
    visitor.post("/accounts/confirm-email/", {"code": code()})
    assert not User.objects.get(email="new@example.test").has_usable_password()
    visitor.post("/accounts/logout/")
    visitor.post("/accounts/login/code/", {"email": "new@example.test"})
    answer = visitor.post("/accounts/login/code/confirm/", {"code": code()})
    assert answer.headers["Location"] == "/operators/"


@pytest.mark.parametrize(
    ("told", "kept"),
    [("America/Denver", "America/Denver"), ("", "America/New_York"), ("../etc", "America/New_York")],
)
def test_an_account_begins_with_the_time_zone_of_the_browser(visitor: Client, told: str, kept: str) -> None:
    sign_up(visitor, time_zone=told)
    assert Customer.objects.get().user.time_zone == kept


@pytest.mark.parametrize("written", ["03/07/1990", "3/7/1990", "03071990", "1990-03-07", "3.7.1990"])
def test_a_date_of_birth_is_understood_however_it_is_written(visitor: Client, written: str) -> None:
    sign_up(visitor, born_on=written)
    assert Customer.objects.get().born_on == date(1990, 3, 7)


@pytest.mark.parametrize(
    ("missing", "word"),
    [
        ({"born_on": "tomorrow"}, "MM/DD/YYYY"),
        ({"born_on": f"01/01/{clock.now().year - 10}"}, "18 or older"),
        ({"born_on": "01/01/1850"}, "Check the year"),
        ({"is_adult": None}, "18 or older"),
        ({"agrees": None}, "need to agree"),
        ({"password1": "short"}, "short"),
        ({"email": "nobody"}, "email"),
    ],
)
def test_what_is_missing_is_said_beside_the_field_and_nothing_is_made(
    visitor: Client, missing: dict[str, Any], word: str
) -> None:
    answer = sign_up(visitor, **missing)
    assert answer.status_code == 200
    assert word in " ".join(errors_of(answer))
    assert not User.objects.exists()


def test_no_box_is_ticked_before(visitor: Client) -> None:
    assert " checked" not in visitor.get("/accounts/signup/").content.decode()


@pytest.mark.parametrize(("host", "users"), [("portal.localhost", 1), ("admin.localhost", 0)])
def test_customers_accounts_are_opened_on_customer_sites_alone(
    visitor: Client, host: str, users: int
) -> None:
    """On the operators' site it is the login of an applicant."""
    Client(headers={"Host": host}).post("/accounts/signup/", fields())
    assert (User.objects.count(), Customer.objects.count()) == (users, 0)


@pytest.mark.parametrize(
    ("born_on", "day", "age"),
    [
        (date(2008, 3, 7), date(2026, 3, 6), 17),
        (date(2008, 3, 7), date(2026, 3, 7), 18),
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
    ],
)
def test_one_is_eighteen_on_the_birthday(born_on: date, day: date, age: int) -> None:
    assert age_on(day, born_on) == age


# -- nobody learns who is here


def seen(response: HttpResponse) -> tuple[int, str, str]:
    """Everything of an answer that a stranger could compare; tokens and addresses out."""
    html = re.sub(
        r'(value|content)="[A-Za-z0-9]{64}"|nonce="[^"]+"|\S+@example.test', "", response.content.decode()
    )
    return response.status_code, response.headers.get("Location", ""), html


@pytest.fixture
def known(visitor: Client) -> str:
    user = UserFactory(email="known@example.test", password=PASSWORD)
    EmailAddress.objects.filter(user=user).update(verified=True)
    return "known@example.test"


def stranger() -> Client:
    return Client(headers={"Host": BRAND_HOST})


def test_signing_up_with_a_known_address_looks_the_same(known: str) -> None:
    answers = []
    for email in (known, "unknown@example.test"):
        client = stranger()
        first = client.post("/accounts/signup/", fields(email=email))
        answers.append((seen(first), seen(client.get("/accounts/confirm-email/"))))
        answers[-1] += (seen(client.post("/accounts/confirm-email/", {"code": "AAAAAA"})),)
    assert answers[0] == answers[1]
    deliver_mail()
    assert [message.to for message in mail.outbox] == [[known], ["unknown@example.test"]]
    assert "already have an account" in str(mail.outbox[0].body)


@pytest.mark.parametrize(
    ("path", "field", "then"),
    [
        ("/accounts/password/reset/", "email", "/accounts/password/reset/done/"),
        ("/accounts/login/code/", "email", "/accounts/login/code/confirm/"),
    ],
)
def test_reset_and_code_answer_alike_for_known_and_unknown(
    known: str, path: str, field: str, then: str
) -> None:
    answers = []
    for email in (known, "unknown@example.test"):
        client = stranger()
        answers.append((seen(client.post(path, {field: email})), seen(client.get(then))))
    assert answers[0] == answers[1]
    assert answers[0][0][1] == then
    deliver_mail()
    assert mail.outbox[0].subject in ("Your account", "Your code")


def test_a_wrong_password_answers_alike_for_known_and_unknown(known: str) -> None:
    answers = [
        seen(stranger().post("/accounts/login/", {"login": email, "password": "not this one"}))
        for email in (known, "unknown@example.test")
    ]
    assert answers[0] == answers[1]


# -- brute force


def test_passwords_of_one_account_are_not_tried_on_and_on(known: str) -> None:
    for _ in range(5):
        stranger().post("/accounts/login/", {"login": known, "password": "not this one"})
    answer = stranger().post("/accounts/login/", {"login": known, "password": PASSWORD})
    assert answer.status_code != 302


def test_a_code_is_not_tried_on_and_on(visitor: Client) -> None:
    sign_up(visitor)
    right = code()
    for _ in range(3):
        visitor.post("/accounts/confirm-email/", {"code": "AAAAAA"})
    visitor.post("/accounts/confirm-email/", {"code": right})
    assert not EmailAddress.objects.get(email="new@example.test").verified


def test_one_place_cannot_open_accounts_without_end(visitor: Client) -> None:
    answers = [sign_up(visitor, email=f"n{n}@example.test", born_on="x").status_code for n in range(22)]
    assert answers[0] == 200
    assert answers[-1] == 429


def test_one_place_cannot_ask_for_codes_without_end(known: str) -> None:
    for _ in range(5):
        stranger().post("/accounts/login/code/", {"email": known})
    assert deliver_mail() == len(mail.outbox) == 3
