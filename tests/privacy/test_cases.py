"""Cases of people: a copy shows theirs, erasing empties them, and an open one is in the way."""

import json

import pytest

from billing.models import Case
from billing.services.answer_case import answer_case
from billing.services.open_case import open_complaint
from customers.models import Customer, User
from privacy.export import tables_of
from privacy.obstacles import ErasureObstacle, obstacles
from privacy.ownership import Person
from tests.billing.test_cases import ANSWER, given_case
from tests.factories import BrandFactory, StaffFactory
from tests.privacy.test_erasure import erase
from tests.scenario import given_customer, given_debit, wallet

pytestmark = pytest.mark.django_db


@pytest.fixture
def customer() -> Customer:
    person = given_customer(balance="45.00", user__email="anna@example.test")
    case = given_case(person)
    open_complaint(brand=BrandFactory(), email="anna@example.test", words="Too loud")
    given_debit(person, wallet(person)[0])
    assert case.customer == person
    User.objects.filter(pk=person.user_id).update(email="Anna@example.test")
    person.user.refresh_from_db()
    return person


def person_of(customer: Customer) -> Person:
    return Person.of(customer.user)


def answered() -> None:
    for case in Case.objects.all():
        answer_case(case_id=case.pk, **ANSWER, actor=StaffFactory())


def test_an_open_case_is_in_the_way(customer: Customer) -> None:
    assert obstacles(person_of(customer)) == [ErasureObstacle.OPEN_DISPUTE]
    answered()
    assert obstacles(person_of(customer)) == []


def test_erasing_empties_cases_and_complaints_of_the_address(customer: Customer) -> None:
    open_complaint(brand=BrandFactory(), email="bert@example.test", words="Mine stays")
    answered()
    erase(customer.user)
    own, complaint, other = Case.objects.order_by("id")
    for case in (own, complaint):
        assert (case.words, case.answer, case.email, case.evidence) == ("", "", "", {})
        assert case.outcome == "granted", "how many there were and what came of them is counted"
    assert (other.words, other.email) == ("Mine stays", "bert@example.test")


def test_a_copy_shows_them_without_staff(customer: Customer) -> None:
    answered()
    open_complaint(brand=BrandFactory(), email="bert@example.test", words="Somebody else")
    rows = tables_of(person_of(customer))["billing.Case"]
    assert [row["words"] for row in rows] == ["Cut off after two minutes", "Too loud"]
    assert rows[0]["evidence"]["call"]["end_reason"] == "hangup"
    assert not {"handled_by", "decided_by"} & set(rows[0])
    assert "Somebody else" not in json.dumps(rows)
