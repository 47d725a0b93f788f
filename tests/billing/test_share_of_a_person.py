"""What one person pays an operator from several accounts counts together: no share is split to stay below the limit."""

from itertools import pairwise

import pytest

from billing.earnings import held_minor
from billing.earnings_rules import Earned, HoldRules, large_shares
from billing.models import EarningsHold
from billing.services.find_weak_links import find_weak_links
from customers.models import Customer
from customers.persons import group, persons_of
from customers.services.devices import note_device
from customers.services.phones import remove_phone
from operators.models import Operator
from tests.billing.test_held_earnings import called
from tests.factories import StaffFactory
from tests.messaging.scenario import give_phone
from tests.scenario import given_customer, given_operator, logged_in

pytestmark = pytest.mark.django_db
RULES = HoldRules(network_days=7, share_bps=4000, floor_minor=10_000, released_days=30)


def accounts_of_one_person(count: int) -> list[Customer]:
    """The second has the first one's phone, which that one removed; each later one the browser of the one before."""
    accounts = [given_customer(balance="200.00", phone=number != 1) for number in range(count)]
    phone = accounts[0].phones.get()
    remove_phone(customer=accounts[0], phone_id=phone.pk)
    give_phone(accounts[0], "+19991029977")
    give_phone(accounts[1], phone.number)
    for number, pair in enumerate(pairwise(accounts[1:])):
        for customer in pair:
            note_device(user_id=customer.user_id, marker=f"browser {number}")
    return accounts


def busy_operator() -> Operator:
    """Three minutes bring $48.00."""
    operator: Operator = given_operator(rate="20.00", fee="0.00", max_rate_minor=5000)
    return operator


def test_a_share_that_is_split_over_three_accounts_is_held_in_each() -> None:
    operator, accounts = busy_operator(), accounts_of_one_person(3)
    strangers = [given_customer(balance="200.00") for _ in range(4)]
    for customer in (*accounts, *strangers):
        called(customer, operator)
    assert find_weak_links() == 3
    assert held_minor(operator.pk) == 3 * 4800
    assert {hold.customer for hold in EarningsHold.objects.all()} == {*accounts}
    evidence = {
        "amount_minor": 14_400,
        "total_minor": 33_600,
        "days": 7,
        "accounts": [customer.pk for customer in accounts],
    }
    assert [hold.evidence for hold in EarningsHold.objects.all()] == [evidence] * 3
    page = logged_in(StaffFactory(), "admin.localhost").get("/backoffice/held-earnings/").content.decode()
    aliases = ", ".join(customer.alias for customer in accounts)
    assert (
        f"$144.00 of $336.00 earned in 7 days (42.85%) came from accounts that share a phone or a browser: {aliases}."
        in page
    )


def test_as_many_strangers_are_not_held() -> None:
    operator = busy_operator()
    for _ in range(7):
        called(given_customer(balance="200.00"), operator)
    assert find_weak_links() == 0


def test_accounts_are_linked_through_one_that_paid_nothing() -> None:
    first, between, last = accounts_of_one_person(3)
    stranger = given_customer()
    persons = persons_of([first.pk, last.pk, stranger.pk])
    assert persons == {first.pk: first.pk, last.pk: first.pk, stranger.pk: stranger.pk}
    assert persons_of([last.pk]) == {last.pk: first.pk}
    assert persons_of([between.pk, last.pk]) == {between.pk: first.pk, last.pk: first.pk}
    assert persons_of([]) == {}


def test_people_are_grouped_by_what_they_have_in_common() -> None:
    assert group([(5, "a"), (3, "a"), (9, "b"), (3, "c"), (7, "c"), (8, "d"), (7, "d")]) == {
        3: 3, 5: 3, 7: 3, 8: 3, 9: 9,
    }  # fmt: skip
    assert group([]) == {}


def test_the_sum_of_a_person_is_compared_with_the_limit() -> None:
    week = [
        Earned(1, customer, f"call-{customer}", amount)
        for customer, amount in ((7, 2000), (8, 2001), (9, 5999))
    ]
    persons = {7: 7, 8: 7}
    held = large_shares(week, persons, HoldRules(7, 4000, 10_000, 30))
    assert [
        (share.customer_id, share.amount_minor, share.accounts) for share in held if share.customer_id != 9
    ] == [
        (7, 4001, (7, 8)),
        (8, 4001, (7, 8)),
    ]
    assert {share.customer_id for share in large_shares(week, {}, RULES)} == {9}
