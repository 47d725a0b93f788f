"""What each wallet and payable moved within each quarter hour: as it is kept, and counted from the entries by another way."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from billing.ledger.models import AccountQuarterHour, Entry
from billing.ledger.states import EARNS_NOTHING, SALES, AccountKind

Sums = dict[tuple[int, datetime], int]


def kept() -> Sums:
    rows = AccountQuarterHour.objects.values_list("account_id", "begins_at", "amount_minor")
    return {(account, begins_at): minor for account, begins_at, minor in rows}


def counted() -> Sums:
    sums: Counter[tuple[int, datetime]] = Counter()
    for entry in Entry.objects.select_related("account", "transaction"):
        kind, at = entry.transaction.kind, entry.transaction.created_at.astimezone(UTC)
        is_sold = entry.account.kind == AccountKind.WALLET and kind in SALES
        is_earned = entry.account.kind == AccountKind.PAYABLE and kind not in EARNS_NOTHING
        if is_sold or is_earned:
            begins_at = at.replace(second=0, microsecond=0) - timedelta(minutes=at.minute % 15)
            sums[entry.account_id, begins_at] += entry.amount_minor
    return dict(sums)
