"""What a minute costs now is one rule: everything that shows, sorts by, or charges a rate reads it."""

from datetime import UTC, datetime, timedelta

import pytest

from billing.tariffs import tariff_for
from operators import pricing
from operators.directory import DirectoryFilters, Sort, search
from operators.models import Operator
from storefront.cards import card_of
from tests.factories import BrandFactory
from tests.scenario import BRAND_HOST, api, given_customer, given_operator


def test_each_rate_that_may_apply_is_ordered_by_an_index_of_its_own() -> None:
    indexed = {tuple(index.fields) for index in Operator._meta.indexes}
    monday = datetime(2026, 3, 2, tzinfo=UTC)
    for hour in range(7 * 24):
        rate = pricing.rate_field(monday + timedelta(hours=hour))
        assert ("availability_rank", rate, "id") in indexed


def test_the_list_of_prices_is_what_the_row_holds() -> None:
    columns = {field.name for field in Operator._meta.concrete_fields}
    assert {*pricing.PRICE_COLUMNS, *pricing.BOUND_COLUMNS} == {
        name for name in columns if name.endswith("_minor")
    }
    assert all(price.index_name for price in pricing.PRICES if price.unit is pricing.PriceUnit.MINUTE)
    shown = {price.api_name: price.column for price in pricing.PRICES if price.api_name}
    assert shown == {"connect_fee": "connect_fee_minor", "rate_per_message": "rate_per_message_minor"}


@pytest.mark.django_db
def test_another_rate_is_followed_by_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lowest rate that staff allow stands in for the rate of another hour."""
    brand = BrandFactory()
    first = given_operator(rate="3.99", min_rate_minor=299)
    second = given_operator(rate="2.99", min_rate_minor=399)
    client = api(given_customer(balance="50.00"), BRAND_HOST)

    def seen() -> list[tuple[int, int, int, str]]:
        page = search(brand, DirectoryFilters(sort=Sort.PRICE))
        return [
            (
                operator.pk,
                card_of(operator, "USD").rate_minor,
                tariff_for(operator).rate_per_minute_minor,
                str(client.get(f"/api/operators/{operator.pk}/").json()["rate_per_minute"]),
            )
            for operator in page.items
        ]

    monkeypatch.setattr(pricing, "rate_field", lambda at: "rate_per_minute_minor")
    assert seen() == [(second.pk, 299, 299, "2.99"), (first.pk, 399, 399, "3.99")]
    monkeypatch.setattr(pricing, "rate_field", lambda at: "min_rate_minor")
    assert seen() == [(first.pk, 299, 299, "2.99"), (second.pk, 399, 399, "3.99")]
    within = search(brand, DirectoryFilters(max_rate_minor=300, sort=Sort.PRICE))
    assert [operator.pk for operator in within.items] == [first.pk]
    page = search(brand, DirectoryFilters(sort=Sort.PRICE), limit=1)
    after = search(brand, DirectoryFilters(sort=Sort.PRICE), after=page.next_after or "", limit=1)
    assert [operator.pk for operator in after.items] == [second.pk]
