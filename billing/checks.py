"""Settings and prices that would give talk away are refused: at start-up, by `check`, and where prices are set."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register
from django.db import connections

from billing import conf
from billing.gateways import GATEWAYS, gateway_named
from billing.payouts.routing import is_routing_number
from billing.payouts.states import Method
from core import money
from operators.models import Operator
from operators.pricing import RATE_COLUMNS

_PREFIX = "AEIMS_"
_LONGEST_HOLD = 90  # days that earnings wait


def complaints() -> Iterator[str]:
    """What is wrong with the settings of money, in words; nothing if they are sound."""
    billing = settings.BILLING
    first, following = billing["FIRST_INCREMENT_SECONDS"], billing["NEXT_INCREMENT_SECONDS"]
    rules = (
        (min(first, following) >= 1, "FIRST_INCREMENT_SECONDS", "and AEIMS_NEXT_INCREMENT_SECONDS must be at least 1"),
        (0 <= billing["GRACE_SECONDS"] <= first, "GRACE_SECONDS", "must lie between 0 and the first block of talk"),
        (first <= billing["MAX_CALL_SECONDS"], "MAX_CALL_SECONDS", "must be at least the first block of talk"),
        (billing["GRANT_STEP_SECONDS"] >= 1, "GRANT_STEP_SECONDS", "must be at least 1"),
        (billing["ASK_AHEAD_SECONDS"] >= 1, "ASK_AHEAD_SECONDS", "must be at least 1"),
        *((amount >= 0, name, "must be at least 0") for name, amount in billing.items() if name.endswith("_MINOR")),
        (min(billing["TRUNK"].values()) >= 0, "TRUNK_CUSTOMER_LEG_MILLIONTHS", "and AEIMS_TRUNK_OPERATOR_LEG_MILLIONTHS must be at least 0"),
        (0 <= billing["PROMO_PAY_BPS"] <= money.BPS, "PROMO_PAY_BPS", f"must lie between 0 and {money.BPS}"),
        (_are_limits_sound(), "STAFF_LIMITS", "must be a list of role:cents:minutes, none below 0"),
        (not billing["SOLE_ADMINISTRATOR"] or bool(settings.OWNER_EMAILS), "SOLE_ADMINISTRATOR", "needs OWNER_EMAIL"),
        (billing["FREE_MINUTES_ORDER"] in ("granted", "expiry"), "FREE_MINUTES_ORDER", "must be granted or expiry"),
    )  # fmt: skip
    for is_sound, name, words in rules:
        if not is_sound:
            yield f"{_PREFIX}{name} {words}."
    yield from _about_payouts(billing["PAYOUTS"])
    for gateway in GATEWAYS:
        yield from gateway_named(gateway).complaints()


def _about_payouts(payouts: dict[str, Any]) -> Iterator[str]:
    named = ("BANK_ROUTING", "BANK_NAME", "COMPANY_NAME", "COMPANY_ID")
    is_set_up = [bool(payouts[name]) for name in named]
    rules = (
        (0 <= payouts["HOLD_DAYS"] <= _LONGEST_HOLD, "HOLD_DAYS", f"must lie between 0 and {_LONGEST_HOLD}"),
        (payouts["LEAST_MINOR"] >= 1, "LEAST_MINOR", "must be at least 1"),
        (payouts["AT_ONCE_FEE_MINOR"] >= -1, "AT_ONCE_FEE_MINOR", "must be at least -1"),
        (payouts["ACCOUNT_WAIT_HOURS"] >= 0, "ACCOUNT_WAIT_HOURS", "must be at least 0"),
        (set(payouts["METHODS"]) <= set(Method.values), "METHODS", f"may have {', '.join(Method.values)}"),
        (all(is_set_up) or not any(is_set_up), "BANK_ROUTING", "needs the bank's name, ours, and our number, too"),
        (not payouts["BANK_ROUTING"] or is_routing_number(payouts["BANK_ROUTING"]), "BANK_ROUTING", "is no routing number"),
    )  # fmt: skip
    for is_sound, name, words in rules:
        if not is_sound:
            yield f"{_PREFIX}PAYOUT_{name} {words}."


def _are_limits_sound() -> bool:
    try:
        limits = conf.staff_limits().values()
    except ValueError:
        return False
    return all(limit.amount_minor >= 0 and limit.seconds >= 0 for limit in limits)


@register()
def settings_give_nothing_away(**_: Any) -> list[Error]:
    """An error for each setting of money that is not sound."""
    return [Error(message, id=f"billing.E{number:03}") for number, message in enumerate(complaints(), 1)]


@register(Tags.database)
def prices_cost_something(databases: Sequence[str] | None = None, **_: Any) -> list[Error]:
    """An error if the first block of talk of an operator costs nothing once it is rounded, though a rate is set."""
    least = money.least_rate_minor(max(1, settings.BILLING["FIRST_INCREMENT_SECONDS"]))
    return [
        Error(
            f"Operator {number}: at {money.format_money(rate)} a minute the first block of talk costs nothing.",
            hint=f"Set a rate of at least {money.format_money(least)}, or longer blocks (AEIMS_FIRST_INCREMENT_SECONDS).",
            id="billing.E100",
        )
        for alias in databases or ()
        if Operator._meta.db_table in connections[alias].introspection.table_names()
        for column in RATE_COLUMNS
        for number, rate in Operator.objects.using(alias)
        .filter(**{f"{column}__gt": 0, f"{column}__lt": least})
        .values_list("pk", column)[:20]
    ]
