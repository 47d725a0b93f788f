"""Checks of the daily closes: each follows the one before and says what the entries of its day say."""

from collections.abc import Iterator

from billing.auditing.findings import Check, Scope, Violation, by_query
from billing.ledger.models import Seal
from billing.ledger.seals import NO_SEAL
from billing.models import DailyClose
from billing.services.close_days import digest_of, rows_of
from billing.trial_balance import PARTS

# The entries of each closed day, by another way than the job: all days at once, by the calendar of New York.
_MOVED = f"""
WITH moved AS (
    SELECT (t.created_at AT TIME ZONE 'America/New_York')::date AS day, a.kind, part.name, a.currency,
           sum(greatest(-part.minor, 0)) AS debits, sum(greatest(part.minor, 0)) AS credits
      FROM ledger_transaction t
      JOIN ledger_entry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id
{PARTS}
     WHERE part.minor <> 0 AND (%(all)s OR t.created_at >= date_trunc('day', %(since)s::timestamptz - interval '1 day'))
     GROUP BY 1, 2, 3, 4
), kept AS (
    SELECT c.day, b.* FROM billing_dailybalance b JOIN billing_dailyclose c ON c.id = b.close_id
     WHERE %(all)s OR c.day > (%(since)s::timestamptz AT TIME ZONE 'America/New_York')::date
)
SELECT coalesce(kept.day, moved.day) || ' ' || coalesce(kept.kind, moved.kind),
       format('debits %%s, credits %%s', coalesce(moved.debits, 0), coalesce(moved.credits, 0)),
       format('debits %%s, credits %%s', kept.debits_minor, kept.credits_minor)
  FROM kept
  FULL JOIN (SELECT m.* FROM moved m JOIN billing_dailyclose c ON c.day = m.day
              WHERE %(all)s OR c.day > (%(since)s::timestamptz AT TIME ZONE 'America/New_York')::date) AS moved
    ON (moved.day, moved.kind, moved.name, moved.currency) = (kept.day, kept.kind, kept.name, kept.currency)
 WHERE (coalesce(kept.debits_minor, 0), coalesce(kept.credits_minor, 0))
       <> (coalesce(moved.debits, 0), coalesce(moved.credits, 0))
"""  # noqa: S608 (constants of ours)

# An account opens as it closed the day before, and none is left out.
_OPENINGS = """
SELECT coalesce(now.day, before.day + 1) || ' ' || coalesce(now.kind, before.kind),
       coalesce(before.closing_minor, 0), coalesce(now.opening_minor::text, 'no row')
  FROM (SELECT c.day, b.* FROM billing_dailyclose c JOIN billing_dailybalance b ON b.close_id = c.id) AS now
  FULL JOIN (SELECT c.day, b.* FROM billing_dailyclose c JOIN billing_dailybalance b ON b.close_id = c.id
              WHERE c.day < (SELECT max(day) FROM billing_dailyclose)) AS before
    ON (now.day, now.kind, now.name, now.currency)
       = (before.day + 1, before.kind, before.name, before.currency)
 WHERE coalesce(now.opening_minor, -1) <> coalesce(before.closing_minor, 0)
"""


def _chain(scope: Scope) -> Iterator[Violation]:
    """Each close follows the one before it, names a seal that is there, and says what its digest says."""
    seals = {number: bytes(digest) for number, digest in Seal.objects.values_list("number", "digest")}
    day, digest = None, NO_SEAL
    for close in DailyClose.objects.order_by("day").prefetch_related("balances").iterator(chunk_size=500):
        expected = digest_of(close, rows_of(close), seals.get(close.seal_number, b""))
        follows = day is None or (close.day - day).days == 1
        if not follows or bytes(close.previous) != digest or bytes(close.digest) != expected:
            yield Violation(
                "close_follows_the_one_before", f"billing.dailyclose:{close.day}",
                f"after {day}, {expected.hex()}", f"{bytes(close.previous).hex()}, {bytes(close.digest).hex()}",
            )  # fmt: skip
        day, digest = close.day, bytes(close.digest)


CHECKS: list[Check] = [
    _chain,
    by_query("close_is_what_the_entries_say", "billing.dailybalance", _MOVED),
    by_query("close_opens_as_the_day_before_closed", "billing.dailybalance", _OPENINGS),
]
