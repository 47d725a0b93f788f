"""Tax rates for tests."""

from datetime import date

from billing.ledger.models import Entry
from billing.ledger.states import AccountKind
from billing.models import BrandTax, TaxJurisdiction, TaxRate, TaxZip
from tests.factories import BrandFactory

RATE = 138_750  # 13.875 %
LONG_AGO = date(2020, 1, 1)


def given_tax(
    code: str = "NY-TEST", zips: tuple[str, ...] = ("1",), *, starts_on: date = LONG_AGO,
    ends_on: date | None = None, is_included: bool = False, **rates: int,
) -> TaxJurisdiction:  # fmt: skip
    """A jurisdiction with this rate, and what the brand decides: its home is 10001."""
    place, _ = TaxJurisdiction.objects.get_or_create(code=code, defaults={"name": code})
    for prefix in zips:
        TaxZip.objects.get_or_create(prefix=prefix, jurisdiction=place)
    rates = rates or {"voice": RATE, "text": RATE, "fee": RATE}
    millionths = {f"{kind}_millionths": rate for kind, rate in rates.items()}
    TaxRate.objects.create(jurisdiction=place, starts_on=starts_on, ends_on=ends_on, **millionths)
    BrandTax.objects.update_or_create(
        brand=BrandFactory(), defaults={"home_zip": "10001", "is_included": is_included}
    )
    return place


def owed_to(code: str = "NY-TEST") -> int:
    entries = Entry.objects.filter(account__kind=AccountKind.TAX, account__name=code)
    return sum(entries.values_list("amount_minor", flat=True))
