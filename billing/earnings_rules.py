"""When a person's part of an operator's week is so large that it waits for a decision of staff. Pure: amounts in minor units.

A login, phone, or browser in common refuses a call (`operators.account_links`). What holds earnings are weaker links: they
prove nothing and are often harmless.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from core.money import BPS

SHARE_DAYS = 7
# One person's share says nothing before an operator has more calls and texts than these in the days it is taken of.
NEWCOMER_SALES = 2


@dataclass(frozen=True, slots=True)
class HoldRules:
    """The settings. `network_days` 0 and `share_bps` 10000 switch their rule off."""

    network_days: int
    share_bps: int
    floor_minor: int
    released_days: int


@dataclass(frozen=True, slots=True)
class Earned:
    """What an operator has of one call or text, refunds and corrections taken off."""

    operator_id: int
    customer_id: int
    reference: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class LargeShare:
    """One person's part of what an operator earned in `SHARE_DAYS`: the figures, and the calls and texts of one of their accounts.

    `accounts`: all customer accounts of the person that paid, in order.
    """

    operator_id: int
    customer_id: int
    references: tuple[str, ...]
    amount_minor: int
    total_minor: int
    accounts: tuple[int, ...]


def large_shares(earned: Iterable[Earned], persons: Mapping[int, int], rules: HoldRules) -> list[LargeShare]:
    """People who paid more than `share_bps` of what an operator earned in all of `earned`, once that is `floor_minor`.

    `persons`: customer → person, so that what somebody pays from several accounts counts together. One result for each account.
    """
    sales: dict[int, list[Earned]] = defaultdict(list)
    for one in earned:
        if one.amount_minor > 0:
            sales[one.operator_id].append(one)
    return [share for own in sales.values() for share in _large_shares_of(own, persons, rules)]


def _large_shares_of(
    sales: list[Earned], persons: Mapping[int, int], rules: HoldRules
) -> Iterator[LargeShare]:
    """`sales` are all of one operator."""
    total_minor = sum(one.amount_minor for one in sales)
    if total_minor < rules.floor_minor or len(sales) <= NEWCOMER_SALES:
        return
    of_persons: dict[int, dict[int, list[Earned]]] = defaultdict(lambda: defaultdict(list))
    for one in sales:
        of_persons[persons.get(one.customer_id, one.customer_id)][one.customer_id].append(one)
    for accounts in of_persons.values():
        amount_minor = sum(one.amount_minor for own in accounts.values() for one in own)
        if amount_minor * BPS > rules.share_bps * total_minor:
            for customer_id, own in accounts.items():
                yield LargeShare(
                    operator_id=own[0].operator_id,
                    customer_id=customer_id,
                    references=tuple(one.reference for one in own),
                    amount_minor=amount_minor,
                    total_minor=total_minor,
                    accounts=tuple(sorted(accounts)),
                )
