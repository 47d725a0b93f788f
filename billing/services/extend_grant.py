"""Update: while a call runs, grant more of it and hold what it may cost."""

from billing import conf, rating
from billing.budget import budget_of
from billing.ledger import accounts
from billing.ledger.models import Account
from billing.models import Authorization
from billing.rating import Grant
from billing.states import AuthorizationState
from core import clock
from core.db import transactional
from core.errors import NotFound

CALL_OVER = Grant(granted_seconds=0, is_final=True)


@transactional
def extend_grant(*, authorization_id: int, elapsed_seconds: int) -> Grant:
    """The grant after `elapsed_seconds` of talk: a total from joining, never less than before.

    The hold becomes the cost of the whole grant (replaced, not added to). `is_final` says that nothing more can be
    granted as things stand; with more money it may be again. On an authorization that is over: 0 seconds.
    Raises NotFound.
    """
    rows = Authorization.objects.select_for_update(of=("self",)).select_related("customer__user")
    authorization = rows.filter(pk=authorization_id).first()
    if authorization is None:
        raise NotFound("There is no such authorization.")
    if authorization.state != AuthorizationState.OPEN:
        return CALL_OVER
    wallet = Account.objects.select_for_update().get(pk=authorization.wallet_id)

    grant = rating.next_grant(
        authorization.tariff,
        elapsed_seconds,
        authorization.granted_seconds,
        _affordable(authorization, wallet),
        conf.steps(),
    )
    if grant != Grant(authorization.granted_seconds, authorization.is_final):
        _extend(authorization, wallet, grant)
    return grant


def _affordable(authorization: Authorization, wallet: Account) -> int:
    """Seconds the customer can pay for in all, this call's own hold included."""
    budget = budget_of(authorization.customer, wallet, clock.now(), own_hold_minor=authorization.held_minor)
    return rating.affordable(
        authorization.tariff,
        budget.spendable_minor,
        authorization.free_reserved_seconds,
        authorization.cap_seconds,
    )


def _extend(authorization: Authorization, wallet: Account, grant: Grant) -> None:
    held = rating.cost(authorization.tariff, grant.granted_seconds, authorization.free_reserved_seconds)
    if held != authorization.held_minor:
        accounts.change_hold(wallet, held - authorization.held_minor)
    authorization.granted_seconds = grant.granted_seconds
    authorization.is_final = grant.is_final
    authorization.held_minor = held
    authorization.save(update_fields=["granted_seconds", "is_final", "held_minor"])
