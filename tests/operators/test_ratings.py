"""Whose ratings count in an operator's mean: one for each customer, for what was paid and not given back."""

from typing import Any

import pytest

from billing.services.rate_paid import rate_paid
from billing.services.refund import refund_reference
from customers.models import Customer
from operators.models import Operator, Rating
from operators.services.profile_texts import change_profile
from operators.services.rate import answer_rating, moderate_rating
from telephony.models import Call
from tests.factories import StaffFactory
from tests.messaging.scenario import text
from tests.scenario import (
    BRAND_HOST,
    given_customer,
    given_operator,
    logged_in,
    when_called,
    when_talked,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    return given_customer(balance="200.00")


@pytest.fixture
def operator() -> Operator:
    return given_operator(rate_per_message_minor=100)


def rated_call(customer: Customer, operator: Operator, stars: int, *, seconds: int = 200) -> Call:
    call = when_called(customer, operator)
    when_talked(call, seconds * 1000)
    rate_paid(customer=customer, reference=call.call_id, stars=stars)
    return call


def mean(operator: Operator) -> tuple[float | None, int]:
    """The mean, and of how many."""
    operator.refresh_from_db()
    return operator.rating, operator.rating_count


def given_back(reference: str, callbacks: Any, amount_minor: int | None = None) -> None:
    with callbacks(execute=True):
        refund_reference(
            reference=reference, amount_minor=amount_minor, reason="a test", actor=None,
            idempotency_key=f"{reference} {amount_minor}",
        )  # fmt: skip


def test_one_customer_counts_once_by_the_last_rating(customer: Customer, operator: Operator) -> None:
    for stars in (5, 5, 2):
        rated_call(customer, operator, stars)
    assert mean(operator) == (2.0, 1)
    rated_call(given_customer(balance="50.00"), operator, 4)
    assert mean(operator) == (3.0, 2)
    assert Rating.objects.count() == 4, "all of them are kept"


def test_a_short_call_is_rated_and_does_not_count(customer: Customer, operator: Operator) -> None:
    rated_call(customer, operator, 5, seconds=179)
    assert mean(operator) == (None, 0)
    page = logged_in(customer.user, BRAND_HOST)
    assert "No average yet" in page.get(f"/operators/{operator.slug}/").content.decode()
    rated_call(customer, operator, 4, seconds=180)
    assert mean(operator) == (4.0, 1)
    assert "Rated 4.0 of 5" in page.get(f"/operators/{operator.slug}/").content.decode()


def test_texts_count_from_two_dollars_on(customer: Customer, operator: Operator) -> None:
    first = text(customer, operator).message.message_id
    rate_paid(customer=customer, reference=first, stars=5)
    assert mean(operator) == (None, 0)
    other = given_customer(balance="50.00")
    text(other, operator)
    second = text(other, operator, "And you?").message.message_id
    rate_paid(customer=other, reference=second, stars=3)
    assert mean(operator) == (3.0, 1)


def test_what_was_given_back_counts_no_more(
    customer: Customer, operator: Operator, django_capture_on_commit_callbacks: Any
) -> None:
    rated_call(customer, operator, 3)
    last = rated_call(customer, operator, 5)
    given_back(last.call_id, django_capture_on_commit_callbacks, amount_minor=1)
    assert mean(operator) == (5.0, 1), "a part given back leaves the rest paid"
    given_back(last.call_id, django_capture_on_commit_callbacks)
    assert mean(operator) == (3.0, 1)


def test_texts_given_back_count_no_more(
    customer: Customer, operator: Operator, django_capture_on_commit_callbacks: Any
) -> None:
    first, second = (text(customer, operator, words).message.message_id for words in ("One", "Two"))
    rate_paid(customer=customer, reference=second, stars=5)
    assert mean(operator) == (5.0, 1)
    given_back(first, django_capture_on_commit_callbacks)
    assert mean(operator) == (None, 0)


def test_reviews_answers_and_profiles_hold_no_contacts(customer: Customer, operator: Operator) -> None:
    call = when_called(customer, operator)
    when_talked(call, 200_000)
    words = "Ring me at 212-555-0147 or me@example.com"
    rating = rate_paid(customer=customer, reference=call.call_id, stars=5, review=words)
    answer_rating(operator_id=operator.pk, rating_id=rating.pk, text=words)
    change_profile(
        operator_id=operator.pk, headline=words, bio=words, languages=["212-555-0147"], specialties=[]
    )
    rating.refresh_from_db()
    hidden = "Ring me at (number hidden) or (address hidden)"
    assert [rating.review, rating.answer] == [hidden] * 2
    offered = dict(operator.profile_texts.values_list("field", "value"))
    assert offered == {"headline": hidden, "bio": hidden, "languages": ["(number hidden)"]}


def test_the_one_before_counts_while_staff_hide_the_last(customer: Customer, operator: Operator) -> None:
    rated_call(customer, operator, 2)
    rated_call(customer, operator, 5)
    last = Rating.objects.latest("pk")
    for is_hidden, expected in ((True, 2.0), (False, 5.0)):
        moderate_rating(rating_id=last.pk, is_hidden=is_hidden, reason="words", actor=StaffFactory())
        assert mean(operator) == (expected, 1)
