"""The card of an operator in lists: a picture first, and what one wants to know before a tap."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from core import clock
from demo.people import OPERATORS
from operators.drawn_portraits import DrawnAs
from operators.models import Operator
from operators.models.operator import NEWCOMER_DAYS
from tests.factories import OperatorFactory
from tests.scenario import BRAND_HOST

pytestmark = pytest.mark.django_db


def card_of(name: str) -> str:
    """What a visitor's directory says of them."""
    visitor = Client(headers={"Host": BRAND_HOST})
    visitor.cookies["adult"] = "yes"
    html = visitor.get("/operators/").content.decode()
    cards = re.findall(r"<article.*?</article>", html, re.DOTALL)
    return next(" ".join(card.split()) for card in cards if f">{name}</a>" in card)


def test_a_card_has_rating_count_and_two_topics() -> None:
    OperatorFactory(
        stage_name="Mira", rating_count=37, rating_sum=178, specialties=["Listening", "Books", "Travel"]
    )
    card = card_of("Mira")
    assert "Rated 4.8 of 5 by 37" in card
    assert "<li>Listening</li><li>Books</li></ul>" in card
    assert "Travel" not in re.sub(r"<svg.*?</svg>", "", card)
    assert 'role="img" aria-label="Drawing: ' in card, "the drawing is not hidden behind a link"


def test_newcomers_are_marked_for_a_month_until_they_are_rated() -> None:
    new = OperatorFactory(stage_name="Nell")
    assert ">New</p>" in card_of("Nell")
    Operator.objects.filter(pk=new.pk).update(
        created_at=clock.now() - timedelta(days=NEWCOMER_DAYS, seconds=1)
    )
    assert ">New</p>" not in card_of("Nell")


def test_a_page_full_of_drawings_asks_for_one_file() -> None:
    for _ in range(5):
        OperatorFactory()
    visitor = Client(headers={"Host": BRAND_HOST})
    visitor.cookies["adult"] = "yes"
    html = visitor.get("/operators/").content.decode()
    assert len(re.findall('class="portrait drawing', html)) == 5
    assert len(set(re.findall(r'href="([^"#]*portraits[^"#]*)#', html))) == 1


def test_the_men_of_the_demo_are_drawn_as_men() -> None:
    men = {demo.stage_name for demo in OPERATORS if demo.drawn_as is DrawnAs.MAN}
    assert men == {"Jonah", "Theo", "Caleb", "August"}
