"""When the two parted is what the phone system says of it, not when it said so."""

import pytest

from tests.scenario import epoch, given_customer, given_operator, tell, the_call, when_called

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("names_both", [True, False])
def test_a_call_whose_end_was_reported_late_is_charged_to_the_moment_they_parted(names_both: bool) -> None:
    call = when_called(given_customer(balance="45.00"), given_operator())
    tell(call, "started", at=10)
    ends = {"left_at": epoch(call, 70)} | ({"joined_at": epoch(call, 10)} if names_both else {})
    tell(call, "ended", at=190, ended_by="customer", **ends)
    row = the_call(call)
    assert (row.joined_ms, row.charged_seconds) == (60_000, 60)
