"""Settings and prices that would give talk away do not pass: at start-up, by `check`, and in forms."""

from typing import Any

import pytest
from django.core.checks import run_checks

from aeims.checks import refuse_unsafe
from billing.checks import prices_cost_something, settings_give_nothing_away
from billing.rating import Tariff, least_required
from core import money
from core.errors import Invalid
from operators.admin import OperatorForm
from operators.pricing import PRICE_COLUMNS, RATE_COLUMNS
from operators.services.change_settings import change_prices
from tests.scenario import given_operator


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GRACE_SECONDS", 61),
        ("GRACE_SECONDS", -1),
        ("FIRST_INCREMENT_SECONDS", 0),
        ("NEXT_INCREMENT_SECONDS", 0),
        ("MAX_CALL_SECONDS", 59),
        ("PROMO_PAY_BPS", 10_001),
        ("GRANT_STEP_SECONDS", 0),
        ("FREE_MINUTES_ORDER", "newest"),
    ],
)
def test_an_unsound_setting_is_an_error_and_no_server_starts(settings: Any, name: str, value: object) -> None:
    assert settings_give_nothing_away() == []
    refuse_unsafe()
    settings.BILLING = settings.BILLING | {name: value}
    [error] = [e for e in run_checks() if (e.id or "").startswith("billing.")]
    assert f"AEIMS_{name}" in error.msg or name == "NEXT_INCREMENT_SECONDS"
    with pytest.raises(RuntimeError, match="AEIMS_"):
        refuse_unsafe()


@pytest.mark.parametrize("block", [1, 2, 6, 7, 30, 60, 90])
def test_the_least_rate_is_the_first_at_which_a_block_costs_something(block: int) -> None:
    least = money.least_rate_minor(block)
    assert least_required(Tariff(least, 0, block, block), 0) >= 1
    assert least_required(Tariff(least - 1, 0, block, block), 0) == 0


@pytest.mark.django_db
def test_a_rate_that_rounds_to_nothing_is_refused_in_the_portal_and_in_the_admin(settings: Any) -> None:
    operator = given_operator(min_rate_minor=0)
    settings.BILLING = settings.BILLING | {"FIRST_INCREMENT_SECONDS": 1, "NEXT_INCREMENT_SECONDS": 1}
    free = dict.fromkeys(PRICE_COLUMNS, 0)
    for column in RATE_COLUMNS:
        with pytest.raises(Invalid, match=r"\$0.30"):
            change_prices(operator_id=operator.pk, **free | {column: 29})
    change_prices(operator_id=operator.pk, **free | dict.fromkeys(RATE_COLUMNS, 30))
    form = OperatorForm({"rate_per_minute_minor": "29", "share_bps": "10001"}, instance=operator)
    assert {"rate_per_minute_minor", "share_bps"} <= set(form.errors)


@pytest.mark.django_db
def test_a_rate_that_rounds_to_nothing_under_new_settings_is_an_error_of_the_check(settings: Any) -> None:
    operator = given_operator(rate=29)
    assert prices_cost_something(databases=["default"]) == []
    settings.BILLING = settings.BILLING | {"FIRST_INCREMENT_SECONDS": 1}
    errors = prices_cost_something(databases=["default"])
    assert [error.msg.split(":")[0] for error in errors] == [f"Operator {operator.pk}"] * len(RATE_COLUMNS)
