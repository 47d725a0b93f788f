"""Exchanges (area code and the three digits after it) that take too large a part of the trunk's time. Pure.

Access stimulation lives on what the caller's carrier has to pay a rural exchange, and such calls are billed extra. What a
carrier charges for a call is not known here, so minutes on the trunk stand in for its cost: each leg that was answered counts.
An exchange is that of ten thousand numbers; beside the last two digits of one it would be that of a hundred, so it is stored
with no number.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.money import BPS

_NORTH_AMERICAN = re.compile(r"\+1([2-9][0-9]{2})([0-9]{3})[0-9]{4}")


@dataclass(frozen=True, slots=True)
class ExchangeRules:
    """The settings: the share that alarms (`BPS`: none does), and the minutes of one exchange below which it says nothing."""

    share_bps: int
    least_minutes: int


@dataclass(frozen=True, slots=True)
class BusyExchange:
    """An exchange above the share, as `712-432`."""

    exchange: str
    minutes: int
    share_bps: int


def exchange_of(number: str) -> str | None:
    """The exchange of a number in E.164, as `712-432`; None outside of the North American plan."""
    match = _NORTH_AMERICAN.fullmatch(number)
    return f"{match[1]}-{match[2]}" if match else None


def busy_exchanges(
    seconds: Mapping[str, int], total_seconds: int, rules: ExchangeRules
) -> list[BusyExchange]:
    """Those with more than the share of all seconds on the trunk, the busiest first. `seconds`: of each exchange."""
    busy = [
        BusyExchange(exchange, own // 60, own * BPS // total_seconds)
        for exchange, own in seconds.items()
        if own >= rules.least_minutes * 60 and own * BPS > rules.share_bps * total_seconds
    ]
    return sorted(busy, key=lambda one: (-one.minutes, one.exchange))
