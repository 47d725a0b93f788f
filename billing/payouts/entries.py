"""What of an operator's balance is payable, pending, and held, entry by entry and day by day: the figures of `Balance`, explained."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from billing.ledger.models import Entry, Transaction
from billing.ledger.states import EARNS_NOTHING
from billing.payouts.balances import LINES, balance_of, hold_days, parameters
from billing.payouts.maturity import Balance, held_back_since
from billing.payouts.states import EntryStatus

_RECENT = f"""{LINES}
SELECT coalesce(nullif(t.reference, ''), 'transaction ' || t.id), (t.created_at AT TIME ZONE 'America/New_York')::date,
       sum(e.amount_minor)::bigint
  FROM payable p
  JOIN ledger_transaction t ON t.operator_id = p.operator_id AND t.created_at >= %(since)s
                           AND t.kind <> ALL (%(earns_nothing)s)
  JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = p.id
 GROUP BY 1, 2
"""  # noqa: S608 (constants of ours)
_CONTESTED = f"{LINES} SELECT reference, minor::bigint FROM held"  # noqa: S608 (constants of ours)


@dataclass(frozen=True, slots=True)
class Statuses:
    """How entries count on a day. `recent`: what each call, text, or tip earned from `since` on, minor units; `contested`:
    all that is left of those that are held.
    """

    since: datetime
    recent: Mapping[str, int]
    contested: Mapping[str, int]
    balance: Balance

    def status_of(self, entry: Entry) -> EntryStatus:
        """The entry's part. Sums of entries by status are those of `balance`, which counts all entries up to now."""
        parts, transaction = self.balance, entry.transaction
        if parts.balance_minor < parts.disputed_minor or parts.balance_minor < 0:
            return EntryStatus.HELD if parts.balance_minor > 0 else EntryStatus.PENDING
        recent_minor = max(0, self.recent.get(key_of(transaction), 0))
        if recent_minor and self._is_recent(transaction):
            return EntryStatus.PENDING
        if self.contested.get(transaction.reference, 0) > recent_minor:
            return EntryStatus.HELD
        is_made_up_for = parts.balance_minor < parts.unripe_minor + parts.disputed_minor
        return EntryStatus.PENDING if is_made_up_for else EntryStatus.PAYABLE

    def _is_recent(self, transaction: Transaction) -> bool:
        return transaction.created_at >= self.since and transaction.kind not in EARNS_NOTHING


def key_of(transaction: Transaction) -> str:
    """What entries have in common that count together: those of one call, text, or tip."""
    return transaction.reference or f"transaction {transaction.pk}"


def statuses_on(operator_id: int, day: date) -> Statuses:
    """How each entry that is posted by now counts on `day`, today or later, as far as nothing is held or released."""
    since = held_back_since(day, hold_days())
    recent: dict[str, int] = defaultdict(int)
    for key, _on, minor in _recent(operator_id, since):
        recent[key] += minor
    return Statuses(since, recent, _contested(operator_id, since), balance_of(operator_id, day))


def ripening(operator_id: int, day: date) -> list[tuple[date, int]]:
    """On which of the days after `day` how much more becomes payable (less, where a correction is newer), minor units."""
    days, since = hold_days(), held_back_since(day, hold_days())
    balance, contested = balance_of(operator_id, day), _contested(operator_id, since)
    lines: dict[str, list[tuple[date, int]]] = defaultdict(list)
    for key, on, minor in _recent(operator_id, since):
        lines[key].append((on, minor))
    found, before = [], balance.payable_minor
    for later in (day + timedelta(days=n) for n in range(1, days + 2)):
        first = later - timedelta(days=days)
        recent = {key: sum(minor for on, minor in some if on >= first) for key, some in lines.items()}
        unripe = {key: max(0, minor) for key, minor in recent.items()}
        disputed = sum(max(0, minor - unripe.get(key, 0)) for key, minor in contested.items())
        after = Balance(balance.balance_minor, sum(unripe.values()), disputed).payable_minor
        if after != before:
            found.append((later, after - before))
        before = after
    return found


def _recent(operator_id: int, since: datetime) -> list[tuple[str, date, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, parameters(since, operator_id))
        return [(key, on, minor) for key, on, minor in cursor.fetchall()]


def _contested(operator_id: int, since: datetime) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_CONTESTED, parameters(since, operator_id))
        return dict(cursor.fetchall())
