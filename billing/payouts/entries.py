"""What of an operator's balance is payable, pending, and held, entry by entry and day by day: the figures of `Balance`, explained."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from billing.earned import earned_by_day
from billing.ledger.models import Entry, Transaction
from billing.ledger.states import EARNS_NOTHING
from billing.payouts.balances import CONTESTED, PAYABLE, TAKEN, balance_of, hold_days, parameters
from billing.payouts.maturity import Balance, held_back_since
from billing.payouts.states import EntryStatus
from core.days import BOOKS_ZONE

_BOOKS_DAY = "(t.created_at AT TIME ZONE 'America/New_York')::date"
# Of each call, text, or tip of which something was taken since then, or that is held: what of it is posted since then on which day.
_TOLD_APART = f"""{PAYABLE}{TAKEN}{CONTESTED}
SELECT reference, {_BOOKS_DAY}, sum(amount_minor)::bigint, true
  FROM taken_lines t GROUP BY 1, 2
 UNION ALL
SELECT reference, {_BOOKS_DAY}, sum(amount_minor)::bigint, false
  FROM held_lines t
 WHERE is_recent AND reference NOT IN (SELECT reference FROM taken_lines)
 GROUP BY 1, 2
"""  # noqa: S608 (constants of ours)
_HELD = f"{PAYABLE}{CONTESTED} SELECT reference, minor::bigint FROM held"  # noqa: S608 (constants of ours)
_OF_REFERENCES = f"""{PAYABLE}
SELECT t.reference, sum(e.amount_minor)::bigint
  FROM payable p
  JOIN ledger_transaction t ON t.reference = ANY(%(references)s) AND t.reference <> '' AND t.operator_id = p.operator_id
                           AND t.created_at >= %(since)s AND t.kind <> ALL (%(earns_nothing)s)
  JOIN ledger_entry e ON e.transaction_id = t.id AND e.account_id = p.id
 GROUP BY 1
"""  # noqa: S608 (constants of ours)


@dataclass(frozen=True, slots=True)
class Statuses:
    """How an operator's entries count on a day. What was earned from `since` on waits; `contested`: all that is left of each call,
    text, or tip that is held, minor units.
    """

    operator_id: int
    since: datetime
    contested: Mapping[str, int]
    balance: Balance

    def of(self, entries: Sequence[Entry]) -> list[EntryStatus]:
        """The part of each, whose transactions are loaded: one query. Sums of entries by status are those of `balance`, which
        counts all entries up to now.
        """
        recent = self._recent_of(entries)
        return [self._status_of(entry, recent) for entry in entries]

    def _status_of(self, entry: Entry, recent: Mapping[str, int]) -> EntryStatus:
        parts, transaction = self.balance, entry.transaction
        if parts.balance_minor < parts.disputed_minor or parts.balance_minor < 0:
            return EntryStatus.HELD if parts.balance_minor > 0 else EntryStatus.PENDING
        recent_minor = max(0, recent.get(key_of(transaction), 0))
        if recent_minor and self._is_recent(transaction):
            return EntryStatus.PENDING
        if self.contested.get(transaction.reference, 0) > recent_minor:
            return EntryStatus.HELD
        is_made_up_for = parts.balance_minor < parts.unripe_minor + parts.disputed_minor
        return EntryStatus.PENDING if is_made_up_for else EntryStatus.PAYABLE

    def _recent_of(self, entries: Sequence[Entry]) -> dict[str, int]:
        """What each call, text, or tip of these earned since then, minor units."""
        alone = {
            key_of(entry.transaction): entry.amount_minor
            for entry in entries
            if not entry.transaction.reference and self._is_recent(entry.transaction)
        }
        references = sorted({entry.transaction.reference for entry in entries} - {""})
        values = {**parameters(self.since, self.operator_id), "references": references}
        with connection.cursor() as cursor:
            cursor.execute(_OF_REFERENCES, values)
            return {**alone, **dict(cursor.fetchall())}

    def _is_recent(self, transaction: Transaction) -> bool:
        return transaction.created_at >= self.since and transaction.kind not in EARNS_NOTHING


def key_of(transaction: Transaction) -> str:
    """What entries have in common that count together: those of one call, text, or tip."""
    return transaction.reference or f"transaction {transaction.pk}"


def statuses_on(operator_id: int, day: date) -> Statuses:
    """How each entry that is posted by now counts on `day`, today or later, as far as nothing is held or released."""
    since = held_back_since(day, hold_days())
    return Statuses(operator_id, since, _contested(operator_id, since), balance_of(operator_id, day))


def ripening(operator_id: int, day: date) -> list[tuple[date, int]]:
    """On which of the days after `day` how much more becomes payable (less, where a correction is newer), minor units."""
    days, since = hold_days(), held_back_since(day, hold_days())
    balance, contested = balance_of(operator_id, day), _contested(operator_id, since)
    earned = earned_by_day(operator_id, since, None, BOOKS_ZONE)
    taken, held = _told_apart(operator_id, since)
    found, before = [], balance.payable_minor
    for later in (day + timedelta(days=n) for n in range(1, days + 2)):
        first = later - timedelta(days=days)
        recent = _sums(held, first) | (nets := _sums(taken, first))
        unripe_minor = sum(minor for on, minor in earned.items() if on >= first)
        unripe_minor += sum(max(0, -minor) for minor in nets.values())
        disputed = sum(max(0, minor - max(0, recent.get(key, 0))) for key, minor in contested.items())
        after = Balance(balance.balance_minor, unripe_minor, disputed).payable_minor
        if after != before:
            found.append((later, after - before))
        before = after
    return found


_Lines = Mapping[str, Sequence[tuple[date, int]]]


def _sums(lines: _Lines, first: date) -> dict[str, int]:
    """Of each, what is posted on `first` or later."""
    return {key: sum(minor for on, minor in some if on >= first) for key, some in lines.items()}


def _told_apart(operator_id: int, since: datetime) -> tuple[_Lines, _Lines]:
    """What is posted since then, by reference: where something was taken, and what else is held."""
    lines: tuple[dict[str, list[tuple[date, int]]], ...] = (defaultdict(list), defaultdict(list))
    with connection.cursor() as cursor:
        cursor.execute(_TOLD_APART, parameters(since, operator_id))
        for key, on, minor, is_taken in cursor.fetchall():
            lines[0 if is_taken else 1][key].append((on, minor))
    return lines[0], lines[1]


def _contested(operator_id: int, since: datetime) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(_HELD, parameters(since, operator_id))
        return dict(cursor.fetchall())
