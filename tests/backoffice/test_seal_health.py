"""The staff home page says when transactions stay unsealed."""

import pytest

from backoffice.health import SEALED_WITHIN, checks
from billing.ledger.models import Seal
from billing.services.seal_ledger import seal_ledger
from core import clock
from tests.scenario import given_customer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("aeims.urls.backoffice")]


def seals() -> tuple[bool, str]:
    [check] = [check for check in checks() if check.name == "Ledger seals"]
    return check.is_well, check.words


def test_transactions_that_stay_unsealed_need_attention() -> None:
    assert seals() == (True, "Nothing to seal yet.")
    given_customer(balance="10.00")
    assert seals()[0]
    later = clock.now() + 2 * SEALED_WITHIN
    with clock.using(lambda: later):
        assert not seals()[0]
        seal_ledger()
        assert seals() == (True, f"Up to transaction {Seal.objects.get().last_id}.")
