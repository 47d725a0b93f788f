"""Days are counted where people live: a zone that nobody knows is refused by the database."""

import pytest
from django.db import DataError, transaction

from customers.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_time_zone_that_nobody_knows_cannot_be_written() -> None:
    user = UserFactory()
    with pytest.raises(DataError), transaction.atomic():
        User.objects.filter(pk=user.pk).update(time_zone="Atlantis/Poseidonis")
    User.objects.filter(pk=user.pk).update(time_zone="Europe/Berlin")
