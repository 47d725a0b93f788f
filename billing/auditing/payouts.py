"""Checks of payouts: the books hold of each item what its state says, what is in transit is what was sent, files are their items, and what staff
recorded outside of runs is money paid outside, which comes back once.
"""

from collections.abc import Iterator

from billing.auditing.findings import Check, Scope, Violation, by_query
from billing.payouts.files import AlteredFile, opened_file
from billing.payouts.models import PayoutFile

# Of each item: what its operator's account lost, what is in transit, left the bank, is withheld, and was our fee.
_IN_THE_BOOKS = """
SELECT i.id, i.state || ' ' || expected.amounts::text, booked.amounts::text
  FROM payouts_payoutitem i
 CROSS JOIN LATERAL (
    SELECT CASE WHEN i.state IN ('approved', 'exported')
                THEN ARRAY[-i.amount_minor - i.withheld_minor - i.fee_minor, i.amount_minor, 0, i.withheld_minor, i.fee_minor]
                WHEN i.state = 'paid'
                THEN ARRAY[-i.amount_minor - i.withheld_minor - i.fee_minor, 0, i.amount_minor, i.withheld_minor, i.fee_minor]
                ELSE ARRAY[0, 0, 0, 0, 0] END AS amounts
 ) AS expected
 CROSS JOIN LATERAL (
    SELECT ARRAY[
             coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'payable' AND a.operator_id = i.operator_id), 0)::bigint,
             coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'out_transit'), 0)::bigint,
             coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'bank'), 0)::bigint,
             coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'withheld'), 0)::bigint,
             coalesce(sum(e.amount_minor) FILTER (WHERE a.kind = 'revenue'), 0)::bigint] AS amounts
      FROM ledger_transaction t
      JOIN ledger_entry e ON e.transaction_id = t.id
      JOIN ledger_account a ON a.id = e.account_id
     WHERE t.reference = 'payout-' || i.id
 ) AS booked
 WHERE (%(all)s OR greatest(i.approved_at, i.exported_at, i.paid_at, i.returned_at) >= %(since)s)
   AND expected.amounts <> booked.amounts
"""

_OF_AN_ITEM = """
SELECT t.id, 'an item, or a payout made outside, of operator ' || coalesce(t.operator_id::text, 'nobody'), t.reference
  FROM ledger_transaction t
 WHERE t.id >= %(first)s AND t.kind IN ('payout_paid', 'payout_back', 'payout_fee', 'withholding')
   AND NOT EXISTS (SELECT FROM payouts_payoutitem i
                    WHERE t.reference = 'payout-' || i.id AND i.operator_id = t.operator_id AND i.state <> 'prepared')
   AND NOT EXISTS (SELECT FROM ledger_transaction p
                    WHERE t.kind = 'payout_back' AND t.reference = '' AND p.id = t.reverses_id AND p.kind = 'payout'
                      AND p.reference = '' AND p.operator_id = t.operator_id)
"""

_IN_TRANSIT = """
SELECT a.id, coalesce(sent.minor, 0), booked.minor
  FROM ledger_account a
 CROSS JOIN LATERAL (SELECT coalesce(sum(e.amount_minor), 0) AS minor FROM ledger_entry e WHERE e.account_id = a.id) AS booked
 CROSS JOIN LATERAL (
    SELECT sum(i.amount_minor) AS minor FROM payouts_payoutitem i WHERE i.state IN ('approved', 'exported')
 ) AS sent
 WHERE a.kind = 'out_transit' AND coalesce(sent.minor, 0) <> booked.minor
"""

_FILES = """
SELECT f.id, format('%%s entries, %%s', of_items.entries, of_items.minor), format('%%s entries, %%s', f.entries, f.total_minor)
  FROM payouts_payoutfile f
 CROSS JOIN LATERAL (
    SELECT count(*) AS entries, coalesce(sum(i.amount_minor), 0)::bigint AS minor
      FROM payouts_payoutitem i
     WHERE i.run_id = f.run_id AND i.exported_at IS NOT NULL
       AND i.method = CASE f.format WHEN 'nacha' THEN 'ach' ELSE 'transfer' END
 ) AS of_items
 WHERE (%(all)s OR f.made_at >= %(since)s) AND (of_items.entries, of_items.minor) <> (f.entries, f.total_minor)
"""

# What staff recorded is on the account of money paid outside, and the day it names is of such a payout.
_OUTSIDE = """
SELECT t.id, format('%%s to the operator, outside of a run', t.amount_minor), format('%%s %%s', t.kind, coalesce(booked.minor, 0))
  FROM ledger_transaction t
  LEFT JOIN payouts_outsidepayout o ON o.transaction_id = t.id
 CROSS JOIN LATERAL (
    SELECT sum(e.amount_minor) AS minor FROM ledger_entry e JOIN ledger_account a ON a.id = e.account_id
     WHERE e.transaction_id = t.id AND a.kind = 'payout'
 ) AS booked
 WHERE t.id >= %(first)s AND (t.kind = 'payout' AND t.reference = '' OR o.id IS NOT NULL)
   AND (t.kind, t.reference, t.operator_id IS NOT NULL, booked.minor) IS DISTINCT FROM ('payout', '', true, t.amount_minor::numeric)
"""

# One that came back did so once, and all of it.
_OUTSIDE_BACK = """
SELECT p.id, format('%%s back, once', p.amount_minor), format('%%s back in %%s', coalesce(-sum(e.amount_minor), 0), count(DISTINCT b.id))
  FROM ledger_transaction p
  JOIN ledger_transaction b ON b.reverses_id = p.id AND b.kind = 'payout_back'
  LEFT JOIN (ledger_entry e JOIN ledger_account a ON a.id = e.account_id AND a.kind = 'payout') ON e.transaction_id = b.id
 WHERE p.id IN (SELECT reverses_id FROM ledger_transaction WHERE id >= %(first)s AND kind = 'payout_back')
 GROUP BY p.id, p.amount_minor
HAVING (count(DISTINCT b.id), coalesce(-sum(e.amount_minor), 0)) <> (1, p.amount_minor)
"""


def _files_are_as_made(scope: Scope) -> Iterator[Violation]:
    files = PayoutFile.objects.order_by("pk")
    if scope.since is not None:
        files = files.filter(made_at__gte=scope.since)
    for file in files.iterator():
        try:
            opened_file(file)
        except AlteredFile as error:
            yield Violation(
                "payout_file_is_as_made", f"payouts.payoutfile:{file.pk}", file.digest, str(error)
            )


CHECKS: list[Check] = [
    by_query("payout_is_in_the_books", "payouts.payoutitem", _IN_THE_BOOKS),
    by_query("payout_posting_is_of_an_item", "ledger.transaction", _OF_AN_ITEM),
    by_query("outside_payout_is_in_the_books", "ledger.transaction", _OUTSIDE),
    by_query("outside_payout_comes_back_once", "ledger.transaction", _OUTSIDE_BACK),
    by_query("payouts_in_transit_are_what_was_sent", "ledger.account", _IN_TRANSIT),
    by_query("payout_file_is_its_items", "payouts.payoutfile", _FILES),
    _files_are_as_made,
]
