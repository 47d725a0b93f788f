"""Cards of operators are drawn once for all that see them alike, and never show what was."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils.functional import SimpleLazyObject

from operators.models import Operator
from operators.pricing import RATE_COLUMNS
from operators.services.set_favorite import set_favorite
from operators.states import Presence
from storefront.cards import card_of
from tests.scenario import BRAND_HOST, customer_client, given_customer, given_operator
from web.drawn_parts import count_cards, count_parts, draw_card, forget_parts

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    forget_parts()


def directory(client: Client) -> str:
    answer = client.get("/operators/")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_parts_of_a_card_are_drawn_once_for_everybody() -> None:
    operators = [given_operator() for _ in range(3)]
    first, second = given_customer(), given_customer()
    set_favorite(customer_id=first.pk, operator_id=operators[0].pk, is_favourite=True)
    html = directory(customer_client(first))
    drawn = count_parts().misses
    assert drawn == 2 * len(operators)
    other = directory(customer_client(second))
    directory(Client(headers={"Host": BRAND_HOST, "Cookie": "adult=yes"}))
    assert count_parts().misses == drawn
    assert 'aria-pressed="true"' in html, "what is the viewer's own is not a part"
    assert 'aria-pressed="true"' not in other
    assert first.user.email not in other


def raise_the_price(operator: Operator) -> None:
    Operator.objects.filter(pk=operator.pk).update(**dict.fromkeys(RATE_COLUMNS, 777))


def rename(operator: Operator) -> None:
    Operator.objects.filter(pk=operator.pk).update(headline="Another headline")


def go_away(operator: Operator) -> None:
    Operator.objects.filter(pk=operator.pk).update(presence=Presence.OFFLINE)


@pytest.mark.parametrize(
    ("change", "words"), [(raise_the_price, "$7.77"), (rename, "Another headline"), (go_away, "Offline")]
)
def test_a_change_is_on_the_next_page_of_every_process(
    change: Callable[[Operator], None], words: str
) -> None:
    """Each process keeps its own, and nobody tells it of the change: the row alone does."""
    operator, client = given_operator(), customer_client(given_customer())
    assert words not in directory(client)
    change(operator)
    assert words in directory(client)
    forget_parts()  # a process that has drawn nothing yet
    assert words in directory(client)


def test_times_are_those_of_the_reader() -> None:
    at = datetime(2099, 1, 1, 17, tzinfo=UTC)
    given_operator(presence=Presence.AWAY, break_until=at)
    pages = {}
    for zone in ("America/New_York", "America/Los_Angeles"):
        customer = given_customer()
        customer.user.time_zone = zone
        customer.user.save()
        pages[zone] = directory(customer_client(customer))
    assert "Back at 12:00" in pages["America/New_York"]
    assert "Back at 9:00" in pages["America/Los_Angeles"]


@pytest.mark.parametrize("is_visitor", [False, True])
@pytest.mark.parametrize("is_favourite", [False, True])
@pytest.mark.parametrize("address", ['/operators/?q=a&b="<c>"', ""])
def test_a_kept_card_is_what_its_template_shows(is_favourite: bool, is_visitor: bool, address: str) -> None:
    card = card_of(given_operator(headline="Say & <hello>"), "USD", is_favourite=is_favourite)
    for token in ("one" * 20, "two" * 20):
        shown = {"operator": card, "next": address, "csrf_token": token, "is_visitor": is_visitor}
        kept = draw_card(
            "components/operator_card.html", card, next_url=address, csrf_token=token, is_visitor=is_visitor
        )
        assert kept == render_to_string("components/operator_card.html", shown)
    assert count_cards().misses == 1, "token and address are put in afterwards"


def test_the_token_of_another_is_on_no_page() -> None:
    given_operator()
    pages = [directory(customer_client(given_customer())) for _ in range(2)]
    tokens = [set(re.findall(r'csrfmiddlewaretoken" value="(\w+)"', page)) for page in pages]
    assert tokens[0]
    assert tokens[1]
    assert not tokens[0] & tokens[1]
    assert count_cards().misses == 1


def test_a_visitors_page_makes_no_token_for_its_cards() -> None:
    def made() -> str:
        raise AssertionError("no form of a visitor's card needs one")

    card = card_of(given_operator(), "USD")
    draw_card(
        "components/operator_card.html",
        card,
        next_url="/",
        csrf_token=SimpleLazyObject(made),
        is_visitor=True,
    )
