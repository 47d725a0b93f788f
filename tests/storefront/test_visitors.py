"""Whoever passed the age gate looks around without an account: prices and people, the way to an account and back."""

import re
from decimal import Decimal
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from billing import rating
from billing.services.rate_paid import rate_paid
from billing.tariffs import tariff_for
from operators.models import Favourite, Operator
from operators.states import Presence
from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST, given_customer, given_operator, when_called, when_talked
from tests.support.smtp_sink import deliver_mail

pytestmark = pytest.mark.django_db
OPEN = ["/", "/operators/", "/operators/sarah/"]
CODE = re.compile(r"^([A-Z]{4}-[A-Z]{4})$", re.MULTILINE)


@pytest.fixture
def sarah() -> Operator:
    return given_operator(slug="sarah", stage_name="Sarah")


@pytest.fixture
def stranger() -> Client:
    """Somebody who has not been here before."""
    BrandFactory()
    cache.clear()
    return Client(headers={"Host": BRAND_HOST})


@pytest.fixture
def visitor(stranger: Client) -> Client:
    """Somebody who passed the gate."""
    stranger.post("/enter/", {"next": "/"})
    return stranger


def html_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def ways(html: str, door: str) -> set[str]:
    """Where the links to `door` go on to."""
    links = re.findall(rf'href="(/accounts/{door}/[^"]*)"', unescape(html))
    return {parse_qs(urlsplit(link).query).get("next", [""])[0] for link in links}


# -- the gate stands before them


@pytest.mark.parametrize("path", OPEN)
def test_before_the_gate_nobody_is_shown(stranger: Client, sarah: Operator, path: str) -> None:
    html = html_of(stranger, path)
    assert "Are you 18 or older?" in html
    assert "Sarah" not in html
    assert f'name="next" value="{path}"' in html


@pytest.mark.parametrize("path", OPEN)
def test_after_the_gate_people_and_prices_are_there(visitor: Client, sarah: Operator, path: str) -> None:
    html = html_of(visitor, path)
    assert "Sarah" in html
    assert "$3.99" in html
    assert 'data-live="visitor"' in html


def test_a_person_who_is_not_listed_here_is_not_shown(visitor: Client) -> None:
    given_operator(slug="elsewhere", stage_name="Elsa", brands=[BrandFactory(slug="nycflirts")])
    assert "Elsa" not in html_of(visitor, "/operators/")
    assert visitor.get("/operators/elsewhere/").status_code == 404


# -- what a visitor sees


def test_the_landing_page_shows_who_can_talk_now_and_a_bill_that_is_true(
    visitor: Client, sarah: Operator
) -> None:
    given_operator(slug="noor", stage_name="Noor", presence=Presence.OFFLINE)
    html = html_of(visitor, "/")
    shown = re.findall(r'<article class="[\w-]+" data-operator-id="(\d+)"', html)
    assert shown == [str(sarah.pk)]
    minor = rating.cost(tariff_for(sarah), 600, 0)
    assert "10 minutes with Sarah" in html
    assert f"${Decimal(minor) / 100:.2f}" in html
    assert re.search(r'href="/operators/"\s+class="button button--primary"', html)


def test_the_landing_page_says_so_when_nobody_can_talk(visitor: Client) -> None:
    given_operator(presence=Presence.OFFLINE)
    assert "No one’s available right now" in html_of(visitor, "/")


def test_the_directory_searches_and_filters_for_a_visitor(visitor: Client, sarah: Operator) -> None:
    given_operator(slug="theo", stage_name="Theo", presence=Presence.OFFLINE)
    assert 'href="/operators/theo/"' not in html_of(visitor, "/operators/?online=on")
    assert 'href="/operators/theo/"' in html_of(visitor, "/operators/?q=theo")
    assert "How this list is sorted" in html_of(visitor, "/operators/")


def test_the_operators_page_says_what_a_call_costs_and_what_a_silent_phone_costs(
    visitor: Client, sarah: Operator
) -> None:
    html = html_of(visitor, "/operators/sarah/")
    assert re.search(r'<call-module[^>]* data-state="visitor"', html)
    minor = rating.cost(tariff_for(sarah), 600, 0)
    for words in ("$3.99/min", "$0.99", "10 minutes, fee included", f"${minor / 100:.2f}", "$0.00"):
        assert words in html
    assert "(212) 555-0110" in html


def test_reviews_and_hours_are_open_and_say_nothing_of_who_rated(visitor: Client, sarah: Operator) -> None:
    customer = given_customer()
    call = when_called(customer, sarah)
    when_talked(call, 5_000)
    rate_paid(customer=customer, reference=call.call_id, stars=5, review="A calm hour")
    sarah.schedule.create(weekday=4, starts="20:00", ends="23:30")
    html = html_of(visitor, "/operators/sarah/")
    assert "A calm hour" in html
    assert "Friday" in html
    for private in (customer.alias, customer.user.email, call.call_id, str(sarah.phone)[1:]):
        assert private not in html


@pytest.mark.parametrize(
    ("presence", "state"),
    [(Presence.ONLINE, "visitor"), (Presence.AWAY, "away"), (Presence.OFFLINE, "offline")],
)
def test_whoever_takes_calls_or_not_there_is_one_way_on(
    visitor: Client, presence: Presence, state: str
) -> None:
    given_operator(slug="sarah", presence=presence)
    html = html_of(visitor, "/operators/sarah/")
    assert re.search(rf'<call-module[^>]* data-state="{state}"', html)
    assert len(re.findall(r'class="button button--primary', html)) == 1
    assert "/operators/sarah/" in ways(html, "signup")


@pytest.mark.parametrize("path", OPEN)
def test_no_page_of_a_visitor_holds_a_form_that_needs_an_account_or_an_empty_balance(
    visitor: Client, sarah: Operator, path: str
) -> None:
    html = html_of(visitor, path)
    assert set(re.findall(r'<form[^>]* action="([^"]*)"', html)) <= {"/operators/", "/scheme/"}
    for words in ("data-wallet", "Your account", "wallet-snapshot", "active-call-bar"):
        assert words not in html


# -- the way to an account and back


def test_every_wish_for_an_account_comes_back_to_where_it_was(visitor: Client, sarah: Operator) -> None:
    directory = html_of(visitor, "/operators/?q=sarah")
    assert ways(directory, "signup") == {"/operators/?q=sarah"}
    assert ways(html_of(visitor, "/operators/sarah/call/"), "signup") == {"/operators/sarah/"}
    page = html_of(visitor, "/operators/sarah/")
    assert ways(page, "signup") == {"/operators/sarah/", "/messages/sarah/"}
    assert ways(page, "login") == {"/operators/sarah/"}


def sign_up(visitor: Client, target: str) -> str:
    """From the form to the e-mailed code; where one arrives."""
    html = html_of(visitor, f"/accounts/signup/?next={target}")
    hidden = re.search(r'name="next" value="([^"]*)"', html.partition("<main")[2])
    assert hidden
    fields = {
        "email": "new@example.test",
        "password1": "a long walk by the river",
        "born_on": "03/07/1990",
        "is_adult": "on",
        "agrees": "on",
    }
    visitor.post("/accounts/signup/", fields | {"next": unescape(hidden[1])})
    deliver_mail()
    code = CODE.search(str(mail.outbox[-1].body))
    assert code
    return visitor.post("/accounts/confirm-email/", {"code": code[1]}).headers["Location"]


def test_signing_up_comes_back_to_the_operator_and_so_does_the_phone(
    visitor: Client, sarah: Operator
) -> None:
    assert sign_up(visitor, "/operators/sarah/") == "/operators/sarah/"
    html = html_of(visitor, "/operators/sarah/")
    assert re.search(r'<call-module[^>]* data-state="unready"', html)
    assert 'href="/account/phones/?next=%2Foperators%2Fsarah%2F"' in html
    phones = html_of(visitor, "/account/phones/?next=%2Foperators%2Fsarah%2F")
    assert 'name="next" value="/operators/sarah/"' in phones


@pytest.mark.parametrize(
    "target",
    ["https://elsewhere.example/", "//elsewhere.example/", "/%5Celsewhere.example/", "javascript:alert(1)"],
)
def test_signing_up_leads_to_no_other_site(visitor: Client, target: str) -> None:
    assert sign_up(visitor, target) == "/account/phones/"


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example/", "//elsewhere.example/", "/\\elsewhere.example/"]
)
def test_a_verified_phone_leads_to_no_other_site(visitor: Client, target: str) -> None:
    sign_up(visitor, "/operators/")
    assert "elsewhere" not in html_of(visitor, f"/account/phones/?next={target}")


def test_both_ways_to_log_in_keep_where_one_wanted_to_go(visitor: Client) -> None:
    html = html_of(visitor, "/accounts/login/?next=/operators/sarah/")
    for door in ("signup", "login/code"):
        assert ways(html, door) == {"/operators/sarah/"}
    assert ways(html_of(visitor, "/accounts/signup/?next=/messages/sarah/"), "login") >= {"/messages/sarah/"}


@pytest.mark.parametrize("path", ["/operators/sarah/favourite/", "/operators/sarah/call/"])
def test_a_form_sent_after_the_session_ended_leads_to_a_page_that_can_be_opened(
    visitor: Client, sarah: Operator, path: str
) -> None:
    answer = visitor.post(path, headers={"Referer": f"http://{BRAND_HOST}/operators/?q=sarah"})
    assert answer.headers["Location"] == "/accounts/login/?next=/operators/%3Fq%3Dsarah"
    answer = visitor.post(path, headers={"Referer": "https://elsewhere.example/operators/"})
    assert answer.headers["Location"] == "/accounts/login/?next=/"
    assert not Favourite.objects.exists()


# -- what it costs us


def test_a_visitors_pages_cost_the_same_few_queries_whoever_is_there(
    visitor: Client, sarah: Operator
) -> None:
    def queries() -> dict[str, int]:
        counts = {}
        for path in OPEN:
            visitor.get(path)
            with CaptureQueriesContext(connection) as captured:
                visitor.get(path)
            counts[path] = len(captured)
        return counts

    few = queries()
    for _ in range(30):
        given_operator()
    assert queries() == few
    assert max(few.values()) <= 6


def test_a_page_that_was_cut_off_asks_how_those_on_it_stand(visitor: Client, sarah: Operator) -> None:
    elsewhere = given_operator(brands=[BrandFactory(slug="nycflirts")])
    given_operator()
    answer = visitor.get(f"/api/operators/?ids={sarah.pk},{elsewhere.pk},999").json()
    assert [(one["id"], one["presence"]) for one in answer["operators"]] == [(sarah.pk, "online")]
    assert "phone" not in answer["operators"][0]


@pytest.mark.parametrize("ids", ["", "x", "1,,2", "1;2", "9" * 19, ",".join(["1"] * 101)])
def test_only_a_list_of_ids_is_understood(visitor: Client, ids: str) -> None:
    answer = visitor.get("/api/operators/", {"ids": ids})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
