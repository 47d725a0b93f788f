"""When the two parted is what the phone system says of it, not when it said so."""

import pytest

from tests.scenario import epoch, given_customer, given_operator, tell, the_call, when_called

pytestmark = pytest.mark.django_db


def test_a_call_whose_end_was_reported_late_is_charged_to_the_moment_they_parted() -> None:
    call = when_called(given_customer(balance="45.00"), given_operator())
    tell(call, "started", at=10)
    tell(call, "ended", at=190, joined_at=epoch(call, 10), left_at=epoch(call, 70), ended_by="customer")
    row = the_call(call)
    assert (row.joined_ms, row.charged_seconds) == (60_000, 60)
