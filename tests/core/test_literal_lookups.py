"""A query that means a partial index says the index's condition itself, so that a plan for all values still finds the index."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import Model, Q

from billing.ledger.models import Account
from core.literal_lookups import literal


def partial_indexes() -> Iterator[Any]:
    for model in apps.get_models():
        for item in (*model._meta.indexes, *model._meta.constraints):
            if item.name and isinstance(getattr(item, "condition", None), Q) and hasattr(item, "fields"):
                yield pytest.param(model, item.condition, id=item.name)


@pytest.mark.parametrize(("model", "condition"), partial_indexes())
def test_the_condition_of_a_partial_index_is_said_without_values(model: type[Model], condition: Q) -> None:
    _, values = model._base_manager.filter(condition).query.get_compiler(connection=connection).as_sql()
    assert list(values) == []


def test_what_somebody_types_stays_a_value() -> None:
    kind, name = Account._meta.get_field("kind"), Account._meta.get_field("name")
    assert literal(kind, "wallet") == "'wallet'"
    assert literal(kind, "wallet' OR true --") is None
    assert literal(name, "wallet") is None
    assert literal(name, "") == "''"
    assert literal(Account._meta.get_field("balance_minor"), 0) == "0"
    assert literal(Account._meta.get_field("balance_minor"), 5) is None
