"""What an operator's own link brings: who came through it pays a larger share."""

from datetime import datetime

from django.db import connection

from operators.models import Operator

# Of each sale: the operator's part less what the ordinary share would have given; of pay for free minutes, which is in no
# proportion to what somebody paid, the same part of it.
_EXTRA = """
WITH referred AS (
    SELECT t.*, a.operator_share_bps AS share, a.usual_share_bps AS usual
      FROM billing_authorization a
      JOIN ledger_transaction t ON t.reference = a.reference AND t.reference <> ''
     WHERE a.operator_id = %(operator)s AND a.usual_share_bps IS NOT NULL AND a.settled_at >= %(since)s
       AND t.kind IN ('call', 'connect_fee', 'promo')
    UNION ALL
    SELECT t.*, s.share_bps, s.usual_share_bps
      FROM billing_referredsale s
      JOIN ledger_transaction t ON t.id = s.transaction_id
     WHERE t.operator_id = %(operator)s AND t.created_at >= %(since)s
)
SELECT coalesce(sum(operator_minor - CASE
           WHEN kind = 'promo' THEN (2 * operator_minor * usual + share) / (2 * share)
           ELSE (2 * amount_minor * usual + 10000) / 20000 END), 0)::bigint
  FROM referred
"""


def extra_minor(operator: Operator, since: datetime) -> int:
    """What calls, texts, and tips since then earned beyond the ordinary share, before refunds, in minor units. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_EXTRA, {"operator": operator.pk, "since": since})
        extra: int = cursor.fetchone()[0]
        return extra
