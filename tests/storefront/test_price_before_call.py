"""A card's Call shows what it costs and what one has, and starts nothing; its one button does."""

import re
from html import unescape

import pytest
from django.test import Client

from operators.states import Presence
from telephony.models import Call
from tests.scenario import BRAND_HOST, customer_client, given_customer, given_operator, when_called
from tests.support.phone_system import PhoneSystem

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = "/operators/sarah/call/"


def words_of(client: Client, path: str) -> str:
    """What a page says in its main part, or all that a fragment says."""
    response = client.get(path)
    assert response.status_code == 200
    html = response.content.decode()
    main = html[html.index("<main") : html.index("</main")] if "<main" in html else html
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


@pytest.mark.parametrize("path", [PRICE, PRICE + "?sheet="])
def test_rate_fee_balance_and_minutes_are_beside_the_button(phone_system: PhoneSystem, path: str) -> None:
    given_operator(slug="sarah", stage_name="Sarah")
    words = words_of(customer_client(given_customer(balance="45.00")), path)
    for told in ("$3.99/min", "$0.99", "$45.00", "about 11 minutes", "Set a limit for this call"):
        assert told in words, told
    assert "Call Sarah · $3.99/min + $0.99" in words
    assert not Call.objects.exists()
    assert not phone_system.plans


def test_a_card_starts_nothing_and_says_the_fee(phone_system: PhoneSystem) -> None:
    given_operator(slug="sarah", stage_name="Sarah")
    html = customer_client(given_customer()).get("/operators/").content.decode()
    card = html.split('<article class="operator-card"')[1]
    assert f'href="{PRICE}" data-sheet' in card
    assert f'action="{PRICE}"' not in card
    assert "$0.99" in card


def test_the_limit_of_the_sheet_bounds_the_call(phone_system: PhoneSystem) -> None:
    given_operator(slug="sarah", stage_name="Sarah")
    client = customer_client(given_customer(balance="45.00"))
    html = client.get(PRICE + "?sheet=").content.decode()
    form = re.search(r'<form id="([^"]+)"[^>]*action="/operators/sarah/call/"([^>]*)>', html)
    assert form, html
    assert "data-live-form" not in form[2], "the page would stay where it is"
    assert html.count(f'form="{form[1]}"') == 2
    client.post(PRICE, {"key": "form_1", "amount": "10.00"})
    assert Call.objects.get().terms.cap_minor == 1000


@pytest.mark.parametrize(
    ("balance", "presence", "words"),
    [
        ("1.00", Presence.ONLINE, "You need $4.98 for the first minute with Sarah."),
        ("45.00", Presence.AWAY, "Sarah is away"),
        ("45.00", Presence.OFFLINE, "Sarah is offline"),
    ],
)
def test_without_a_call_to_be_had_it_says_why(
    phone_system: PhoneSystem, balance: str, presence: Presence, words: str
) -> None:
    given_operator(slug="sarah", stage_name="Sarah", presence=presence)
    html = customer_client(given_customer(balance=balance)).get(PRICE + "?sheet=").content.decode()
    assert words in re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", html)))
    assert "call-btn" not in html


def test_a_visitor_sees_the_price_and_the_way_to_an_account(phone_system: PhoneSystem) -> None:
    given_operator(slug="sarah", stage_name="Sarah")
    client = Client(headers={"Host": BRAND_HOST})
    client.post("/enter/", {"next": "/"})
    words = words_of(client, PRICE + "?sheet=")
    assert "$3.99/min" in words
    assert "Sign up free to call" in words
    assert "Balance" not in words


def test_in_a_call_with_her_it_leads_to_that_call(phone_system: PhoneSystem) -> None:
    customer, sarah = given_customer(), given_operator(slug="sarah")
    when_called(customer, sarah)
    response = customer_client(customer).get(PRICE)
    assert response.headers["Location"] == "/operators/sarah/"
