"""Settle: turn what was held into what was used, once.

Two database turns: lock and read, then one function that posts, frees and marks (`billing/sql`); the price is computed
between them by the same `rating.bill` that the timer and the audit use. Every ended call comes through here, so the first
turn is written out too: building its query anew would cost more than the two turns.
"""

import json

from django.db import connection

from billing import postings
from billing.ledger.posting import as_batch
from billing.models import Authorization
from billing.rating import Bill
from billing.states import AuthorizationState
from core import clock
from core.db import transactional
from core.errors import NotFound

_FIELDS = [field.attname for field in Authorization._meta.concrete_fields]
_LOCK_AND_READ = f"""
SELECT {", ".join(f"a.{field.column}" for field in Authorization._meta.concrete_fields)},
       (SELECT jsonb_agg(jsonb_build_array(r.seconds, r.funded_by) ORDER BY r."order")
          FROM billing_reservation r WHERE r.authorization_id = a.id)
  FROM billing_authorization a
 WHERE a.id = %s
   FOR UPDATE
"""  # noqa: S608 (the names of our own columns)


@transactional
def settle(*, authorization_id: int, joined_ms: int | None) -> Bill:
    """Charge for a call that was joined for `joined_ms` (None or 0: never) and free everything kept for it.

    Once: a repeat changes nothing and returns the Bill of the first time, whatever it says. Never charges beyond the
    grant, so the hold always covers it. Raises NotFound.
    """
    authorization = _locked(authorization_id)
    if authorization.state != AuthorizationState.OPEN:
        return authorization.bill_for(authorization.joined_ms)
    outcome = authorization.bill_for(joined_ms)
    _finish(authorization, joined_ms, outcome)
    return outcome


def _locked(authorization_id: int) -> Authorization:
    """The authorization, locked, with its reserved free seconds. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_AND_READ, [authorization_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound("There is no such authorization.")
    authorization = Authorization.from_db(connection.alias, _FIELDS, row[:-1])
    authorization.parts = json.loads(row[-1]) if row[-1] else []
    return authorization


def _finish(authorization: Authorization, joined_ms: int | None, outcome: Bill) -> None:
    state = AuthorizationState.SETTLED if joined_ms else AuthorizationState.RELEASED
    result = {
        "state": state,
        "joined_ms": joined_ms,
        "charged_seconds": outcome.charged_seconds,
        "billable_seconds": outcome.billable_seconds,
        "free_used_seconds": outcome.free_used_seconds,
        "talk": outcome.talk_minor,
        "fee": outcome.fee_minor,
        "operator": outcome.operator_minor,
        "platform": outcome.platform_minor,
        "promo": outcome.promo_minor,
        "settled_at": clock.now().isoformat(),
    }
    batch = as_batch(postings.for_call(authorization, outcome))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT billing_settle(%s, %s, %s::int[], %s)",
            [authorization.pk, json.dumps(result), list(outcome.used_seconds), batch],
        )
