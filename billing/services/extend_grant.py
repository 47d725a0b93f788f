"""Update: while a call runs, grant more of it and hold what it may cost."""

from billing import conf, rating
from billing.budget import LongestCall, budget_of
from billing.grants import Grant, next_grant
from billing.ledger import accounts
from billing.ledger.models import Account
from billing.models import Authorization
from billing.states import AuthorizationState, GrantBound
from core import clock
from core.db import transactional
from core.errors import NotFound
from core.planned_query import PlannedQuery
from operators.eligibility import account_obstacle, is_working
from operators.models import LONG_TEXTS

CALL_OVER = Grant(granted_seconds=0, is_final=True)
_LOCKED = PlannedQuery(
    Authorization.objects.select_related("customer__user", "operator", "brand").defer(
        *(f"operator__{name}" for name in LONG_TEXTS)
    ),
    "pk",
    lock="SELECT FROM billing_authorization WHERE id = %s FOR UPDATE",
)
GRANT_FIELDS = ("granted_seconds", "is_final", "bound_by", "held_minor")  # what `extend_grant` writes


@transactional
def extend_grant(*, authorization_id: int, elapsed_seconds: int) -> Grant:
    """The grant after `elapsed_seconds` of talk: a total from joining, never less than before.

    The hold becomes the cost of the whole grant (replaced, not added to). `is_final` says that nothing more can be
    granted as things stand; with more money it may be again. A customer who takes a break or closed the account, a
    suspended operator, and a brand that is switched off get no more time: the call keeps what it was granted.
    On an authorization that is over: 0 seconds. Raises NotFound.
    """
    authorization = _LOCKED.first(authorization_id)
    if authorization is None:
        raise NotFound("Authorization not found.")
    if authorization.state != AuthorizationState.OPEN:
        return CALL_OVER
    wallet = accounts.locked(authorization.wallet_id)

    longest = _longest_call(authorization, wallet, elapsed_seconds)
    grant = next_grant(
        authorization.tariff,
        elapsed_seconds,
        authorization.granted_seconds,
        longest.seconds,
        conf.steps(),
    )
    bound_by = longest.bound_by if grant.is_final else ""
    if (grant, bound_by) != (
        Grant(authorization.granted_seconds, authorization.is_final),
        authorization.bound_by,
    ):
        _save(authorization, wallet, grant, bound_by)
    return grant


def _longest_call(authorization: Authorization, wallet: Account, elapsed_seconds: int) -> LongestCall:
    """How long the call may last in all; what it holds itself is its to use."""
    at = clock.now()
    if account_obstacle(authorization.customer, at) is not None:
        return LongestCall(0, GrantBound.ACCOUNT)
    if not (is_working(authorization.operator) and authorization.brand.is_active):
        return LongestCall(0, GrantBound.UNAVAILABLE)
    budget = budget_of(authorization.customer, wallet, at, own_call=authorization)
    return budget.longest_call(
        authorization.tariff,
        authorization.free_reserved_seconds,
        authorization.cap_seconds,
        cap_minor=authorization.cap_minor,
        end_seconds=authorization.cap.seconds_at(at, elapsed_seconds),
    )


def _save(authorization: Authorization, wallet: Account, grant: Grant, bound_by: str) -> None:
    held = rating.cost(authorization.tariff, grant.granted_seconds, authorization.free_reserved_seconds)
    if held != authorization.held_minor:
        accounts.change_hold(wallet, held - authorization.held_minor)
    authorization.granted_seconds = grant.granted_seconds
    authorization.is_final = grant.is_final
    authorization.bound_by = bound_by
    authorization.held_minor = held
    authorization.save(update_fields=GRANT_FIELDS)
