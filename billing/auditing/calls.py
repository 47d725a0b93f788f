"""Checks of authorizations: each is priced again from its frozen terms, and compared with the books."""

from collections.abc import Iterator
from typing import Any

from billing import rating
from billing.auditing.findings import Check, Scope, Violation, by_query
from billing.models import Authorization
from billing.states import AuthorizationState

_TABLE = "billing.authorization"

# What an authorization says it charged must be what was posted for its call; the parts of a later adjustment carry
# its sign, so that fee and talk together, the operator's and the platform's part add up with it.
_POSTED = """
SELECT a.id,
       format('charged %%s, promo %%s, operator %%s, platform %%s',
              kept.charged, a.promo_minor, a.operator_minor, a.platform_minor),
       format('charged %%s (fee %%s, talk %%s), promo %%s, operator %%s, platform %%s',
              posted.charged, posted.fee, posted.talk, posted.promo, posted.operator, posted.platform)
  FROM billing_authorization a
 CROSS JOIN LATERAL (
    SELECT CASE WHEN a.components = '[]' THEN a.fee_minor + a.talk_minor
                ELSE (SELECT coalesce(sum((c->>'amount_minor')::bigint + (c->>'tax_minor')::bigint), 0)
                        FROM jsonb_array_elements(a.components) AS c) END AS charged
 ) AS kept
 CROSS JOIN LATERAL (
    SELECT coalesce(sum(t.amount_minor) FILTER (WHERE t.kind = 'connect_fee'), 0) AS fee,
           coalesce(sum(t.amount_minor) FILTER (WHERE t.kind = 'call'), 0) AS talk,
           coalesce(sum(t.operator_minor + t.platform_minor + taxed.minor) FILTER (WHERE t.kind <> 'promo'), 0) AS charged,
           coalesce(sum(t.operator_minor) FILTER (WHERE t.kind = 'promo'), 0) AS promo,
           coalesce(sum(t.operator_minor), 0) AS operator,
           coalesce(sum(t.platform_minor), 0) AS platform,
           coalesce(bool_or(t.kind = 'adjustment'), false) AS adjusted
      FROM ledger_transaction t
     CROSS JOIN LATERAL (
        SELECT coalesce(sum(e.amount_minor), 0) AS minor
          FROM ledger_entry e JOIN ledger_account tax ON tax.id = e.account_id AND tax.kind = 'tax'
         WHERE e.transaction_id = t.id
     ) AS taxed
     WHERE t.reference = a.reference AND t.reference <> ''
       AND t.kind NOT IN ('refund', 'payout', 'top_up', 'chargeback')
       AND NOT (t.kind = 'adjustment' AND t.reverses_id IS NOT NULL)  -- a refund taken back
 ) AS posted
 WHERE (%(all)s OR a.state = 'open' OR a.settled_at >= %(since)s)
   AND ((kept.charged, a.promo_minor, a.operator_minor, a.platform_minor)
        <> (posted.charged, posted.promo, posted.operator, posted.platform)
        OR NOT posted.adjusted AND (a.fee_minor, a.talk_minor) <> (posted.fee, posted.talk))
"""

_ORPHANS = """
SELECT t.id, 'a settled authorization', 'none'
  FROM ledger_transaction t
 WHERE t.id >= %(first)s AND t.kind = ANY(%(call_sales)s)
   AND NOT EXISTS (
        SELECT 1 FROM billing_authorization a
         WHERE a.reference = t.reference AND a.state = 'settled' AND a.customer_id = t.customer_id
   )
"""


def priced_again(scope: Scope) -> Iterator[Violation]:
    """The bill of each finished authorization, and the hold of each open one, computed afresh."""
    rows = Authorization.objects.with_reserved()
    if scope.since is not None:
        finished = rows.filter(settled_at__gte=scope.since)
        yield from _wrong(finished.iterator(chunk_size=2000))
        rows = rows.filter(state=AuthorizationState.OPEN)
    yield from _wrong(rows.iterator(chunk_size=2000))


def _wrong(authorizations: Iterator[Authorization]) -> Iterator[Violation]:
    for authorization in authorizations:
        expected, found = _figures(authorization)
        if expected != found:
            yield Violation(
                "authorization_priced_again", f"{_TABLE}:{authorization.pk}", str(expected), str(found)
            )


def _figures(authorization: Authorization) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the figures of one authorization must be, and what they are."""
    reserved = authorization.reserved()
    expected = {"free_reserved_seconds": sum(part.seconds for part in reserved)}
    if authorization.state == AuthorizationState.OPEN:
        free = authorization.free_reserved_seconds
        expected["held_minor"] = rating.cost(authorization.tariff, authorization.granted_seconds, free)
    else:
        columns = authorization.bill_for(authorization.joined_ms).columns()
        if not authorization.components:  # settled before they were kept
            del columns["components"]
        expected |= {"held_minor": 0, **columns}
    return expected, {name: getattr(authorization, name) for name in expected}


CHECKS: list[Check] = [
    priced_again,
    by_query("authorization_is_in_the_books", _TABLE, _POSTED),
    by_query("sale_has_an_authorization", "ledger.transaction", _ORPHANS),
]
