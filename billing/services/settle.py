"""Settle: turn what was held into what was used, once.

Two database turns: lock and read, then one function that posts, frees and marks (`billing/sql`); the price is computed
between them by the same `rating.bill` that the timer and the audit use.
"""

import json

from django.db import connection
from django.db.models import Func, JSONField, OuterRef, Subquery

from billing import postings
from billing.ledger.posting import as_batch
from billing.models import Authorization, Reservation
from billing.rating import Bill, Reserved, bill
from billing.states import AuthorizationState, FundedBy
from core import clock
from core.db import transactional
from core.errors import NotFound

_PARTS = Subquery(
    Reservation.objects.filter(authorization=OuterRef("pk"))
    .order_by()
    .values("authorization")
    .values(
        parts=Func(
            "seconds",
            "funded_by",
            template='jsonb_agg(jsonb_build_array(%(expressions)s) ORDER BY "order")',
            output_field=JSONField(),
        )
    )
)


@transactional
def settle(*, authorization_id: int, joined_ms: int | None) -> Bill:
    """Charge for a call that was joined for `joined_ms` (None or 0: never) and free everything kept for it.

    Once: a repeat changes nothing and returns the Bill of the first time, whatever it says. Never charges beyond the
    grant, so the hold always covers it. Raises NotFound.
    """
    authorization = (
        Authorization.objects.select_for_update().annotate(parts=_PARTS).filter(pk=authorization_id).first()
    )
    if authorization is None:
        raise NotFound("There is no such authorization.")
    reserved = [
        Reserved(seconds, funded_by == FundedBy.PLATFORM) for seconds, funded_by in authorization.parts or ()
    ]
    if authorization.state != AuthorizationState.OPEN:
        return bill(authorization.tariff, authorization.joined_ms, authorization.granted_seconds, reserved)
    outcome = bill(authorization.tariff, joined_ms, authorization.granted_seconds, reserved)
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
