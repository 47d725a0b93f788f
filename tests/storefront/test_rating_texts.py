"""Rating what was written: offered beside the conversation, once, when a paid text was answered."""

import pytest
from django.test import Client

from billing.services.rate_paid import paid_texting
from billing.services.refund import refund_reference
from customers.models import Customer
from operators.models import Operator, Rating
from tests.messaging.scenario import answer, text
from tests.scenario import BRAND_HOST, given_customer, given_operator, logged_in, when_called, when_talked

pytestmark = pytest.mark.django_db

OFFER = "Rate texting with Mira"


@pytest.fixture
def customer() -> Customer:
    return given_customer()


@pytest.fixture
def mira() -> Operator:
    return given_operator(stage_name="Mira", slug="mira", rate_per_message_minor=200)


@pytest.fixture
def page(customer: Customer) -> Client:
    return logged_in(customer.user, BRAND_HOST)


def seen(page: Client) -> str:
    return page.get("/messages/mira/").content.decode()


def test_it_is_offered_once_a_paid_text_was_answered(
    page: Client, customer: Customer, mira: Operator
) -> None:
    assert OFFER not in seen(page)
    text(customer, mira)
    assert OFFER not in seen(page)  # nobody has answered yet
    answer(mira, customer)
    assert OFFER in seen(page)
    assert 'action="/ratings/"' in seen(page)


def test_a_rating_of_texting_counts_and_stands_there_with_its_answer(
    page: Client, customer: Customer, mira: Operator
) -> None:
    sent = text(customer, mira)
    answer(mira, customer)
    told = {"reference": sent.message.message_id, "stars": "4", "review": "Witty", "next": "/messages/mira/"}
    assert "Thank you. Your rating helps others" in page.post("/ratings/", told, follow=True).content.decode()
    rating = Rating.objects.get()
    assert (rating.thing, rating.stars, rating.operator) == ("message", 4, mira)
    mira.refresh_from_db()
    assert mira.rating == 4.0
    logged_in(mira.user, "portal.localhost").post(f"/ratings/{rating.pk}/answer/", {"answer": "You too"})
    shown = seen(page)
    assert "Your rating: 4 of 5" in shown
    assert "Mira replied: You too" in shown
    assert OFFER not in shown


@pytest.mark.django_db(transaction=True)
def test_texting_is_rated_once_and_beside_a_call(page: Client, customer: Customer, mira: Operator) -> None:
    call = when_called(customer, mira)
    when_talked(call, 61_000)
    first, second = text(customer, mira), text(customer, mira, "And another")
    for reference in (call.call_id, first.message.message_id, second.message.message_id):
        page.post("/ratings/", {"reference": reference, "stars": "5", "next": "/"})
    assert sorted(Rating.objects.values_list("thing", flat=True)) == ["call", "message"]


def test_a_text_that_was_given_back_or_cost_nothing_is_no_ground(
    page: Client, customer: Customer, mira: Operator
) -> None:
    given_back = text(customer, mira).message.message_id
    answer(mira, customer)
    refund_reference(
        reference=given_back, reason="a test", claws_back=True, actor=None, idempotency_key="once"
    )
    assert OFFER not in seen(page)
    page.post("/ratings/", {"reference": given_back, "stars": "1", "next": "/"})
    assert not Rating.objects.exists()
    Operator.objects.filter(pk=mira.pk).update(rate_per_message_minor=0)
    free = text(customer, mira, "A free word").message.message_id
    page.post("/ratings/", {"reference": free, "stars": "1", "next": "/"})
    assert not Rating.objects.exists()
    assert paid_texting(customer.pk, mira.pk) is None


def test_nobody_rates_with_somebody_elses_text(page: Client, mira: Operator) -> None:
    theirs = text(given_customer(), mira).message.message_id
    page.post("/ratings/", {"reference": theirs, "stars": "1", "next": "/"})
    assert not Rating.objects.exists()
