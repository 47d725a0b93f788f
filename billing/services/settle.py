"""Settle: turn what was held into what was used, once.

Two database turns: read, then one function that locks, posts, frees and marks (`billing/sql`). The price is computed
between them by the same `rating.bill` that the timer and the audit use; should the grant change in that moment, the
function does nothing and the price is computed again. Every ended call comes through here, so the reading is written
out as well: building its query anew would cost more than both turns.
"""

import json

from django.db import connection

from billing import postings
from billing.ledger.posting import as_batch
from billing.models import Authorization
from billing.outcome import Outcome
from billing.states import AuthorizationState
from core import clock
from core.errors import NotFound

_FIELDS = [field.attname for field in Authorization._meta.concrete_fields]
_READ = f"""
SELECT {", ".join(f"a.{field.column}" for field in Authorization._meta.concrete_fields)},
       (SELECT jsonb_agg(jsonb_build_array(r.seconds, r.funded_by) ORDER BY r."order")
          FROM billing_reservation r WHERE r.authorization_id = a.id)
  FROM billing_authorization a
 WHERE a.id = %s
"""  # noqa: S608 (the names of our own columns)
_ATTEMPTS = 10


def settle(*, authorization_id: int, joined_ms: int | None) -> Outcome:
    """Charge for a call that was joined for `joined_ms` (None or 0: never) and free everything kept for it.

    Once: a repeat changes nothing and returns the Outcome of the first time, whatever it says. Never charges beyond the
    grant, so the hold always covers it. All or nothing by itself, or part of the caller's transaction. Raises NotFound.
    """
    for _ in range(_ATTEMPTS):
        authorization = _read(authorization_id)
        if authorization.state != AuthorizationState.OPEN:
            return authorization.bill_for(authorization.joined_ms)
        outcome = authorization.bill_for(joined_ms)
        if _finish(authorization, joined_ms, outcome):
            return outcome
    raise RuntimeError(f"authorization {authorization_id} changes faster than it can be settled")


def _read(authorization_id: int) -> Authorization:
    """The authorization with its reserved free seconds. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [authorization_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound("Authorization not found.")
    authorization = Authorization.from_db(connection.alias, _FIELDS, row[:-1])
    authorization.parts = json.loads(row[-1]) if row[-1] else []
    return authorization


def _finish(authorization: Authorization, joined_ms: int | None, outcome: Outcome) -> bool:
    """Carry it out; False if the authorization is no longer what it was when it was read."""
    result = {
        "state": AuthorizationState.SETTLED if joined_ms else AuthorizationState.RELEASED,
        "joined_ms": joined_ms,
        "settled_at": clock.now().isoformat(),
        # The function takes amounts by their bare names.
        **{column.removesuffix("_minor"): value for column, value in outcome.columns().items()},
    }
    batch = as_batch(postings.for_call(authorization, outcome))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT billing_settle(%s, %s, %s, %s::int[], %s)",
            [
                authorization.pk,
                authorization.granted_seconds,
                json.dumps(result),
                list(outcome.used_seconds),
                batch,
            ],
        )
        return bool(cursor.fetchone()[0])
