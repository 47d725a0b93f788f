"""The call that tests of telephony begin with."""

import pytest

from telephony.models import Call
from tests.scenario import given_customer, given_operator, when_called


@pytest.fixture
def call(db: None) -> Call:
    """A call of a customer with 45.00, accepted and not heard of since."""
    return when_called(given_customer(balance="45.00"), given_operator())
