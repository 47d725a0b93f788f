"""Connections that serve send values beside the statement and keep plans, unless the environment says that they can't."""

from pathlib import Path
from typing import Any

import environ
import pytest
from django.db import DataError, connection, transaction
from django.db.models import F, Value

from aeims.database_settings import database
from core.server_binding import MOST_VALUES, ServingCursor
from customers.models import Customer, User
from operators.models import Operator
from tests.factories import CustomerFactory, OperatorFactory


def options(monkeypatch: pytest.MonkeyPatch, after: str | None) -> dict[str, Any]:
    monkeypatch.setenv("DATABASE_URL", "postgresql://web@db:5432/aeims")
    monkeypatch.setenv("DATABASE_OWNER_URL", "postgresql://owner@db:5432/aeims")
    if after is not None:
        monkeypatch.setenv("DATABASE_PREPARE_AFTER", after)
    entry = database(environ.Env(), Path("/nowhere"))
    assert "server_side_binding" not in entry["ROLES"]["owner"]["OPTIONS"]  # DDL takes no values
    given: dict[str, Any] = entry["OPTIONS"]
    return given


def test_plans_are_kept_but_behind_a_pooler(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("server_side_binding", "prepare_threshold", "cursor_factory")
    usual, behind_a_pooler = options(monkeypatch, None), options(monkeypatch, "0")
    assert [usual[name] for name in names] == [True, 5, ServingCursor]
    assert not set(names) & set(behind_a_pooler)


@pytest.mark.django_db
def test_what_is_asked_again_and_again_is_planned_once() -> None:
    for number in range(8):
        Customer.objects.filter(pk=number, alias="of this test").exists()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s",
            ["%customers_customer%alias%"],
        )
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db
@pytest.mark.parametrize("number", [2**15, 2**31, 2**63 - 1, -(2**63)])
def test_a_number_that_does_not_fit_is_never_cut(number: int) -> None:
    customer = CustomerFactory()
    rows = Customer.objects.filter(pk=customer.pk)
    assert rows.filter(pk__lt=Value(number)).exists() == (customer.pk < number)
    assert rows.annotate(given=Value(number)).values_list("given", flat=True).get() == number
    if abs(number) < 2**40:
        assert rows.annotate(sum=F("pk") + number).values_list("sum", flat=True).get() == customer.pk + number


@pytest.mark.django_db
def test_a_column_refuses_a_number_that_it_cannot_hold() -> None:
    operator = OperatorFactory()
    for number in (2**15, 2**33):
        with pytest.raises(DataError, match="out of range"), transaction.atomic():
            OperatorFactory(missed_in_row=number)  # beside numbers that fit
        with pytest.raises(DataError, match="out of range"), transaction.atomic():
            Operator.objects.filter(pk=operator.pk).update(missed_in_row=number)


@pytest.mark.django_db
def test_a_list_and_a_bulk_of_more_values_than_a_statement_takes() -> None:
    pk = CustomerFactory().pk
    numbers = [*range(pk + 1, pk + MOST_VALUES + 10), pk]
    assert Customer.objects.filter(pk__in=numbers).count() == 1
    assert not Customer.objects.exclude(pk__in=numbers).exists()
    assert len(Customer.objects.in_bulk(numbers)) == 1
    users = [User(email=f"bulk{number}@example.test", password="!") for number in range(6000)]
    assert len(User.objects.bulk_create(users)) == 6000
    assert 6000 * len(User._meta.concrete_fields) > MOST_VALUES
