"""Rows of composed statements are the same as those that Django makes."""

import pytest
from django.db import connection
from django.db.models import Model
from django.db.models.signals import post_init

from core.planned_query import PlannedQuery
from core.row_reader import _is_plain, loaded
from customers.models import Customer, CustomerPhone, User
from tests.scenario import given_customer

pytestmark = pytest.mark.django_db


def state(row: Model) -> tuple[dict[str, object], bool, str | None]:
    values = {name: value for name, value in vars(row).items() if name != "_state"}
    return values, row._state.adding, row._state.db


def test_a_row_is_that_of_django_deferred_columns_too() -> None:
    customer = given_customer()
    names, values = ["id", "alias"], [customer.pk, customer.alias]
    ours, djangos = loaded(Customer, names, values), Customer.from_db(connection.alias, names, values)
    assert _is_plain(Customer)
    assert state(ours) == state(djangos)
    assert ours.get_deferred_fields() == djangos.get_deferred_fields() != set()
    assert ours.user_id == customer.user_id  # reads what was deferred
    ours.alias = "Another"
    ours.save(update_fields=["alias"])
    assert Customer.objects.get().alias == "Another"


def test_related_rows_come_along() -> None:
    customer = given_customer()
    query = PlannedQuery(CustomerPhone.objects.select_related("customer__user"), "customer")
    [phone] = query.all(customer.pk)
    theirs = CustomerPhone.objects.select_related("customer__user").get()
    with connection.execute_wrapper(lambda *_: pytest.fail("nothing is read again")):
        assert state(phone.customer.user)[0] == state(theirs.customer.user)[0]
        assert phone.number == theirs.number


def test_who_listens_to_the_making_of_a_model_is_told() -> None:
    told: list[Model] = []

    def note(instance: Model, **_: object) -> None:
        told.append(instance)

    post_init.connect(note, sender=User)
    _is_plain.cache_clear()
    try:
        assert loaded(User, ["id"], [7]) in told
    finally:
        post_init.disconnect(note, sender=User)
        _is_plain.cache_clear()
