"""Whose ratings count in an operator's mean: one for each customer, for what was paid and not given back."""

import re
from typing import Any

import pytest

from billing.services.rate_paid import rate_paid
from billing.services.refund import refund_reference
from core.errors import Invalid, NotFound
from customers.models import Customer
from operators.models import Operator, Rating
from operators.review_names import review_name
from operators.selectors import ratings_of
from operators.services.profile_texts import change_profile
from operators.services.rate import answer_rating, change_rating, moderate_rating, withdraw_rating
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
from tests.support.html import compact

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


# -- said otherwise, and taken back


def figures(operator: Operator) -> tuple[int, int, tuple[int, ...] | None]:
    """Count, sum, and how many gave each number of stars; None if those don't add up."""
    operator.refresh_from_db()
    return operator.rating_count, operator.rating_sum, operator.star_counts


def the_rating(call: Call) -> Rating:
    return Rating.objects.get(reference=call.call_id)


def test_the_figures_follow_every_change(customer: Customer, operator: Operator) -> None:
    first, other = rated_call(customer, operator, 5), rated_call(given_customer(balance="50.00"), operator, 2)
    assert figures(operator) == (2, 7, (0, 1, 0, 0, 1))
    change_rating(customer_id=customer.pk, rating_id=the_rating(first).pk, stars=3, review="Fine")
    assert figures(operator) == (2, 5, (0, 1, 1, 0, 0))
    second = rated_call(customer, operator, 1)
    assert figures(operator) == (2, 3, (1, 1, 0, 0, 0))
    change_rating(customer_id=customer.pk, rating_id=the_rating(first).pk, stars=4, review="")
    assert figures(operator) == (2, 3, (1, 1, 0, 0, 0)), "it is not the last one"
    withdraw_rating(customer_id=customer.pk, rating_id=the_rating(second).pk)
    assert figures(operator) == (2, 6, (0, 1, 0, 1, 0)), "the one before counts again"
    moderate_rating(rating_id=the_rating(first).pk, is_hidden=True, reason="Rude", actor=StaffFactory())
    assert figures(operator) == (1, 2, (0, 1, 0, 0, 0))
    rate_paid(customer=customer, reference=second.call_id, stars=5)
    assert figures(operator) == (2, 7, (0, 1, 0, 0, 1)), "given again"
    withdraw_rating(customer_id=the_rating(other).customer_id, rating_id=the_rating(other).pk)
    assert figures(operator) == (1, 5, (0, 0, 0, 0, 1))


def test_a_hidden_rating_stays_hidden_whatever_its_author_does(
    customer: Customer, operator: Operator
) -> None:
    call = rated_call(customer, operator, 5)
    rating = the_rating(call)
    moderate_rating(rating_id=rating.pk, is_hidden=True, reason="Rude", actor=StaffFactory())
    change_rating(customer_id=customer.pk, rating_id=rating.pk, stars=4, review="Nicer")
    withdraw_rating(customer_id=customer.pk, rating_id=rating.pk)
    rate_paid(customer=customer, reference=call.call_id, stars=5, review="The same again")
    assert the_rating(call).is_hidden
    assert figures(operator) == (0, 0, (0, 0, 0, 0, 0))
    assert not ratings_of(operator).exists()


def test_an_answer_goes_with_the_words_it_answered(customer: Customer, operator: Operator) -> None:
    rating = the_rating(rated_call(customer, operator, 5))
    answer_rating(operator_id=operator.pk, rating_id=rating.pk, text="Thank you")
    change_rating(customer_id=customer.pk, rating_id=rating.pk, stars=4, review="")
    rating.refresh_from_db()
    assert rating.answer == "Thank you", "the words are the same"
    change_rating(customer_id=customer.pk, rating_id=rating.pk, stars=4, review="Call me at 917-555-0199")
    rating.refresh_from_db()
    assert rating.answer == ""
    assert "555" not in rating.review
    assert rating.edited_at is not None


def test_what_is_withdrawn_is_gone_and_nobody_elses_can_be_touched(
    customer: Customer, operator: Operator
) -> None:
    rating = the_rating(rated_call(customer, operator, 5))
    stranger = given_customer()
    with pytest.raises(NotFound):
        withdraw_rating(customer_id=stranger.pk, rating_id=rating.pk)
    with pytest.raises(NotFound):
        change_rating(customer_id=stranger.pk, rating_id=rating.pk, stars=1, review="")
    withdraw_rating(customer_id=customer.pk, rating_id=rating.pk)
    with pytest.raises(NotFound):
        change_rating(customer_id=customer.pk, rating_id=rating.pk, stars=1, review="")
    rating.refresh_from_db()
    assert (rating.review, rating.is_counted) == ("", False)


def test_figures_that_an_older_version_left_behind_are_put_right(
    customer: Customer, operator: Operator
) -> None:
    rated_call(customer, operator, 5)
    Operator.objects.filter(pk=operator.pk).update(rated_5=0)  # as the version before wrote it
    assert figures(operator) == (1, 5, None)
    rated_call(given_customer(balance="50.00"), operator, 3)
    assert figures(operator) == (2, 8, (0, 0, 1, 0, 1))


def test_a_topic_is_one_of_the_operators(customer: Customer, operator: Operator) -> None:
    Operator.objects.filter(pk=operator.pk).update(specialties=["Books"])
    call = when_called(customer, operator)
    when_talked(call, 200_000)
    with pytest.raises(Invalid):
        rate_paid(customer=customer, reference=call.call_id, stars=5, topic="Fishing")
    assert rate_paid(customer=customer, reference=call.call_id, stars=5, topic="Books").topic == "Books"


def test_a_customer_has_another_name_with_each_operator(customer: Customer, operator: Operator) -> None:
    others = [given_operator() for _ in range(5)]
    names = {review_name(customer.pk, each.pk) for each in [operator, *others]}
    assert len(names) > 1
    assert review_name(customer.pk, operator.pk) == review_name(customer.pk, operator.pk)
    assert not any(word in customer.alias for name in names for word in name.split())


def test_on_the_pages_a_review_is_changed_and_withdrawn(customer: Customer, operator: Operator) -> None:
    Operator.objects.filter(pk=operator.pk).update(specialties=["Books"])
    call = rated_call(customer, operator, 5)
    rating, client = the_rating(call), logged_in(customer.user, BRAND_HOST)
    page = client.get(f"/operators/{operator.slug}/").content.decode()
    assert f'href="/ratings/{rating.pk}/"' in page
    assert rating.public_name in page
    assert customer.alias not in page.partition('class="reviews')[2]
    receipt = f"/calls/{call.call_id}/"
    assert f'href="/ratings/{rating.pk}/?next=' in client.get(receipt).content.decode()

    form = {"stars": "2", "review": "Too short", "topic": "Books", "next": receipt}
    assert client.post(f"/ratings/{rating.pk}/", form).headers["Location"] == receipt
    shown = compact(client.get(f"/operators/{operator.slug}/"))
    assert "2 of 5 · Books" in shown
    assert "(edited)" in shown
    assert (
        re.search(r">\d+ \w+ 20\d\d<|\w{3} \d{1,2}, 20\d\d", shown.partition('class="reviews')[2]) is None
    ), "the month alone"

    withdraw = f"/ratings/{rating.pk}/withdraw/"
    assert "Withdraw your review?" in client.post(withdraw, {"next": receipt}).content.decode()
    assert client.post(withdraw, {"next": receipt, "confirmed": "1"}).headers["Location"] == receipt
    assert "How was it with" in client.get(receipt).content.decode()
    assert "Too short" not in client.get(f"/operators/{operator.slug}/").content.decode()
    assert logged_in(given_customer().user, BRAND_HOST).get(f"/ratings/{rating.pk}/").status_code == 404
