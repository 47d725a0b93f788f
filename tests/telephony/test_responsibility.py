"""Every way a call can end has a side that caused it: a new one must state whose."""

from telephony.responsibility import CAUSE_OF, Cause, caused_by
from telephony.states import EndReason


def test_every_end_reason_states_who_caused_it() -> None:
    assert set(CAUSE_OF) == set(EndReason), "add the new reason to telephony/responsibility.py"


def test_nothing_that_an_operator_did_or_the_line_counts_against_the_customer() -> None:
    customers = caused_by(Cause.CUSTOMER)
    assert EndReason.CUSTOMER_NO_ANSWER in customers
    assert all(reason.startswith("customer_") for reason in customers)
