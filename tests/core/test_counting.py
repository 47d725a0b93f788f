"""Several lists are counted in one statement, none of them further than wanted."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from billing.payment_queue import payments_to_look_at
from core.counting import count_up_to
from customers.models import Customer, User
from tests.scenario import given_customer

pytestmark = pytest.mark.django_db


def test_lists_are_counted_in_one_statement_up_to_a_number() -> None:
    customers = [given_customer(balance=0) for _ in range(3)]
    with CaptureQueriesContext(connection) as captured:
        counts = count_up_to(
            2,
            all=Customer.objects.order_by("-id"),
            one=Customer.objects.filter(alias=customers[0].alias, pk=customers[0].pk),
            staff=User.objects.filter(is_staff=True, email__contains="%"),
            problems=payments_to_look_at(),
            nobody=Customer.objects.none(),
        )
    assert counts == {"all": 2, "one": 1, "staff": 0, "problems": 0, "nobody": 0}
    assert len(captured) == 1
