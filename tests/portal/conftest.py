"""Fixtures of the portal's tests."""

import pytest

from tests.support.ledger_clock import make_settable


@pytest.fixture
def settable_ledger_clock(db: None) -> None:
    """`it_is(at)` also sets the stamps of the ledger."""
    make_settable()
