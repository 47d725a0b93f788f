"""Look through what was earned lately for weak links between a customer and an operator, and hold it.

A job does it, so that a posting pays nothing. Whoever else knows of a link calls `hold_earnings` (telephony: silent calls).
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from billing import conf
from billing.earnings import earned_since, shared_networks
from billing.earnings_rules import SHARE_DAYS, HoldRules, large_shares
from billing.services.hold_earnings import hold_earnings
from billing.states import HoldKind
from core import clock
from core.money import BPS
from customers.persons import persons_of


def find_weak_links() -> int:
    """Hold what is not held yet, each pair of people in a transaction of its own; how many holds have something new."""
    rules, at = conf.held_earnings(), clock.now()
    return _hold_shared_networks(rules, at) + _hold_large_shares(rules, at)


def _hold_shared_networks(rules: HoldRules, at: datetime) -> int:
    if not rules.network_days:
        return 0
    since = at - timedelta(days=rules.network_days)
    shared = shared_networks(since)
    references: dict[tuple[int, int], list[str]] = defaultdict(list)
    for one in earned_since(since) if shared else ():
        references[one.operator_id, one.customer_id].append(one.reference)
    count = 0
    for pair in shared.keys() & references.keys():
        seen = shared[pair]
        evidence = {"operator_at": seen.operator_at.isoformat(), "customer_at": seen.customer_at.isoformat()}
        count += _hold(*pair, HoldKind.SHARED_NETWORK, references[pair], evidence)
    return count


def _hold_large_shares(rules: HoldRules, at: datetime) -> int:
    if rules.share_bps >= BPS:
        return 0
    earned = earned_since(at - timedelta(days=SHARE_DAYS))
    persons = persons_of({one.customer_id for one in earned})
    count = 0
    for share in large_shares(earned, persons, rules):
        evidence: dict[str, Any] = {
            "amount_minor": share.amount_minor,
            "total_minor": share.total_minor,
            "days": SHARE_DAYS,
        }
        if len(share.accounts) > 1:
            evidence["accounts"] = share.accounts
        count += _hold(share.operator_id, share.customer_id, HoldKind.LARGE_SHARE, share.references, evidence)
    return count


def _hold(
    operator_id: int, customer_id: int, kind: HoldKind, references: Collection[str], evidence: dict[str, Any]
) -> bool:
    hold = hold_earnings(
        operator_id=operator_id,
        customer_id=customer_id,
        kind=kind,
        references=references,
        evidence=evidence,
    )
    return hold is not None
