"""The bank that sends payouts, for all tests of them."""

import pytest
from pytest_django.fixtures import Settings

ORIGINATOR = {
    "BANK_ROUTING": "021000021", "BANK_NAME": "Example", "COMPANY_NAME": "AEIMS", "COMPANY_ID": "1234567890"
}  # fmt: skip


@pytest.fixture(autouse=True)
def _bank(settings: Settings) -> None:
    settings.BILLING = settings.BILLING | {"PAYOUTS": settings.BILLING["PAYOUTS"] | ORIGINATOR}
