"""Customers who come back move an operator up the directory: counted at night, so nobody reads one customer off the list."""

import pytest

from core import clock
from operators.directory import DirectoryFilters, search
from operators.models import Interaction, Operator
from operators.services.count_returning import count_returning
from tests.factories import CustomerFactory
from tests.scenario import given_operator

pytestmark = pytest.mark.django_db


def given_contacts(operator: Operator, *contacts: int) -> None:
    """One customer each, with so many joined calls and chats."""
    for number in contacts:
        Interaction.objects.create(
            customer=CustomerFactory(),
            operator=operator,
            calls=number // 2,
            chats=number - number // 2,
            last_at=clock.now(),
        )


def order() -> list[str]:
    names, after = list[str](), ""
    while True:  # one on each page: the place where a page begins is as exact as the order
        found = search(None, DirectoryFilters(), after=after, limit=1)
        names += [operator.stage_name for operator in found.items]
        if found.next_after is None:
            return names
        after = found.next_after


def points_of(operator: Operator) -> int:
    return Operator.objects.values_list("returning_points", flat=True).get(pk=operator.pk)


def test_among_equally_rated_whoever_customers_come_back_to_is_first_after_the_night() -> None:
    once, again, new = (given_operator(stage_name=name) for name in ("Once", "Again", "New"))
    given_contacts(once, *[1] * 12)
    given_contacts(again, 3, 2, 2, 1)
    assert order() == ["Once", "Again", "New"]  # as they signed up: nothing is counted by a call
    assert count_returning() == 2
    assert (points_of(once), points_of(again), points_of(new)) == (14, 43, 30)
    assert order() == ["Again", "New", "Once"]
    assert count_returning() == 0


def test_what_comes_back_adds_one_star_at_most() -> None:
    loved = given_operator(stage_name="Loved")
    given_contacts(loved, *[2] * 30)
    Operator.objects.filter(pk=loved.pk).update(rating_count=20, rating_sum=60)
    given_operator(stage_name="Rated", rating_count=20, rating_sum=100)
    count_returning()
    assert points_of(loved) == 83
    loved.refresh_from_db()
    assert loved.standing - loved.weighted_rating - loved.answer_points == 83
    assert order() == ["Rated", "Loved"]


def test_one_customer_is_not_read_off_the_figure() -> None:
    operator = given_operator()
    given_contacts(operator, *[1] * 90)
    count_returning()
    before = points_of(operator)
    given_contacts(operator, 2)
    count_returning()
    assert abs(points_of(operator) - before) <= 1


def test_texts_alone_that_began_no_chat_count_for_nothing() -> None:
    operator = given_operator()
    given_contacts(operator, 0, 0, 0)
    assert count_returning() == 0
