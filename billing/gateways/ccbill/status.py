"""What CCBill says of one sale when it is asked by its number (`viewSubscriptionStatus`). It tells no amount. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.gateways.ccbill.amounts import amount_named_by

# Codes of ccbill.com/doc/ccbill-api-guide: no such sale; a sale of another account.
NO_SUCH_SALE = frozenset({"-2", "-3"})
OF_ANOTHER_ACCOUNT = "-4"
# After these nothing was done. All but -7, an error of any kind, after which nobody knows.
REFUSALS = {
    "0": "CCBill says that the action failed.",
    "-1": "CCBill does not know our login.",
    "-2": "CCBill does not do this for this sale.",
    "-3": "CCBill does not know this sale.",
    "-4": "This sale is of another account at CCBill.",
    "-5": "CCBill did not understand the request.",
    "-6": "CCBill does not know this action.",
    "-8": "CCBill does not take requests from our address.",
    "-9": "CCBill does not allow us this action.",
    "-10": "Our account is not set up for CCBill's Data Link.",
    "-12": "CCBill closed our login for an hour.",
    "-15": "CCBill's limit of refunds is reached.",
    "-16": "CCBill's limit of voids is reached.",
    "-23": "CCBill's limit of transactions is reached.",
    "-24": "CCBill's limit of purchases is reached.",
}


@dataclass(frozen=True, slots=True)
class Status:
    """A sale that CCBill knows. `period_days`: from the day of the sale to the day when it ends, None where it does not say."""

    period_days: int | None
    refunds: int
    voids: int
    chargebacks: int

    @property
    def amount_minor(self) -> int | None:
        """The amount that the length of the period names."""
        return amount_named_by(self.period_days) if self.period_days is not None else None


def status_in(values: Mapping[str, str]) -> Status | None:
    """None where the answer is none about a sale."""
    if values.get("subscriptionStatus") not in ("0", "1", "2"):
        return None
    began, ends = (_day(values.get(name, "")) for name in ("signupDate", "expirationDate"))
    try:
        counts = [int(values[name]) for name in ("refundsIssued", "voidsIssued", "chargebacksIssued")]
    except (KeyError, ValueError):
        return None
    return Status((ends - began).days if began and ends else None, *counts)


def _day(text: str) -> datetime | None:
    """The day in `YYYYMMDD` or `YYYYMMDDHHMMSS` of CCBill's own clock."""
    try:
        return datetime.strptime(text[:8], "%Y%m%d")  # noqa: DTZ007 - days of one clock, compared with each other alone
    except ValueError:
        return None
