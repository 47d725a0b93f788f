"""Settle: turn what was held into what was used, once.

Two database turns: lock and read, then one function that posts, frees and marks (`billing/sql`); the price is computed
between them by the same `rating.bill` that the timer and the audit use.
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


@transactional
def settle(*, authorization_id: int, joined_ms: int | None) -> Bill:
    """Charge for a call that was joined for `joined_ms` (None or 0: never) and free everything kept for it.

    Once: a repeat changes nothing and returns the Bill of the first time, whatever it says. Never charges beyond the
    grant, so the hold always covers it. Raises NotFound.
    """
    authorization = (
        Authorization.objects.with_reserved().select_for_update().filter(pk=authorization_id).first()
    )
    if authorization is None:
        raise NotFound("There is no such authorization.")
    if authorization.state != AuthorizationState.OPEN:
        return authorization.bill_for(authorization.joined_ms)
    outcome = authorization.bill_for(joined_ms)
    _finish(authorization, joined_ms, outcome)
    return outcome


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
