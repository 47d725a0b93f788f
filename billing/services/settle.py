"""Settle: turn what was held into what was used, once.

Two database turns: read, then one function that locks, posts, frees and marks (`billing/sql`). The price is computed
between them by the same `rating.bill` that the timer and the audit use; should the grant change in that moment, the
function does nothing and the price is computed again. Every ended call comes through here, so the reading is written
out as well: building its query anew would cost more than both turns.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from billing import postings
from billing.ledger.rows import PLACES, as_rows
from billing.models import Authorization, FreeMinutesPackage
from billing.outcome import Outcome
from billing.states import AuthorizationState, FundedBy
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
_OUTCOME_ARGUMENTS = (
    "charged_seconds", "billable_seconds", "free_used_seconds", "talk_minor", "fee_minor", "operator_minor", "platform_minor",
    "promo_minor", "components",
)  # fmt: skip
ARGUMENTS = ", ".join(["%s"] * (7 + len(_OUTCOME_ARGUMENTS))) + f", {PLACES}"
_END = f"SELECT billing_end_authorization({ARGUMENTS})"
_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Settlement:
    """What ending an authorization comes to, computed and not yet carried out.

    `arguments` are those of the SQL function `billing_end_authorization`, which does nothing should the grant have changed since; empty for
    an authorization that is over: the rest is of the first time then.
    """

    authorization: Authorization
    outcome: Outcome
    settled_at: datetime
    arguments: tuple[Any, ...] = ()


def settle(*, authorization_id: int, joined_ms: int | None) -> Outcome:
    """Charge for a call that was joined for `joined_ms` (None or 0: never) and free everything kept for it.

    Once: a repeat changes nothing and returns the Outcome of the first time, whatever it says. Never charges beyond the
    grant, so the hold always covers it. All or nothing by itself, or part of the caller's transaction. Raises NotFound.
    """
    return carry_out(read_for_settling(authorization_id), joined_ms, _settle_alone).outcome


def carry_out(
    authorization: Authorization, joined_ms: int | None, write: Callable[[Settlement], bool]
) -> Settlement:
    """Settle `authorization` by `write`, which runs `billing_end_authorization` or a function around it, if there are arguments for it.

    `write` returns what `billing_end_authorization` does: False if the authorization is no longer as it was read. Then it is read again
    and the bill computed anew.
    """
    for _attempt in range(_ATTEMPTS):
        settlement = _settlement_of(authorization, joined_ms)
        if write(settlement):
            is_first_time = bool(settlement.arguments)
            if is_first_time and joined_ms:
                _end_first_minutes(authorization)
            return settlement
        authorization = read_for_settling(authorization.pk)
    raise RuntimeError(f"authorization {authorization.pk} changes faster than it can be settled")


def read_for_settling(authorization_id: int) -> Authorization:
    """The authorization with its reserved free seconds. Raises NotFound."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [authorization_id])
        row = cursor.fetchone()
    if row is None:
        raise NotFound("Authorization not found.")
    authorization = Authorization.from_db(connection.alias, _FIELDS, row[:-1])
    authorization.parts = json.loads(row[-1]) if row[-1] else []
    return authorization


def _settlement_of(authorization: Authorization, joined_ms: int | None) -> Settlement:
    if authorization.state != AuthorizationState.OPEN:
        assert authorization.settled_at is not None, "it is over"
        return Settlement(
            authorization, authorization.bill_for(authorization.joined_ms), authorization.settled_at
        )
    outcome, at = authorization.bill_for(joined_ms), clock.now()
    # Texts: PostgreSQL takes the types from the function (`billing.ledger.rows`).
    arguments = (
        str(authorization.pk),
        str(authorization.granted_seconds),
        str(authorization.held_minor),
        "{" + ",".join(map(str, outcome.used_seconds)) + "}",
        (AuthorizationState.SETTLED if joined_ms else AuthorizationState.RELEASED).value,
        None if joined_ms is None else str(joined_ms),
        *(value if isinstance(value, str) else str(value) for value in _written(outcome)),
        at.isoformat(),
        *as_rows(postings.for_call(authorization, outcome)),
    )
    return Settlement(authorization, outcome, at, arguments)


def _written(outcome: Outcome) -> Iterator[Any]:
    columns = outcome.columns()
    columns["components"] = json.dumps(columns["components"])
    return (columns[name] for name in _OUTCOME_ARGUMENTS)


def _settle_alone(settlement: Settlement) -> bool:
    if not settlement.arguments:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_END, settlement.arguments)
        return bool(cursor.fetchone()[0])


def _end_first_minutes(authorization: Authorization) -> None:
    """They were for this call: what it left of them expires now (`billing.first_minutes`)."""
    if not any(funder == FundedBy.OPERATOR for _, funder in authorization.parts or ()):
        return
    at = clock.now()
    left = FreeMinutesPackage.objects.filter(
        reservations__authorization=authorization.pk,
        is_first_minutes=True,
        expires_at__gt=at,
        granted_at__lt=at,
    )
    left.update(expires_at=at)
