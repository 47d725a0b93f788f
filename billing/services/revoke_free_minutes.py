"""Staff take back what is unused of free minutes that were given by mistake. On record, with the reason."""

from django.contrib.auth.models import AbstractBaseUser

from billing import conf
from billing.ledger import accounts
from billing.models import FreeMinutesPackage
from billing.push import push_wallet
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason


@transactional
def revoke_free_minutes(
    *, package_id: int, reason: str, actor: AbstractBaseUser | None
) -> FreeMinutesPackage:
    """Write off what remains and let nothing more of it be used. What is reserved for a running call stays with that call;
    what the call leaves of it expires.

    Raises NotFound, Invalid (no reason), Conflict `nothing_left`.
    """
    reason = checked_reason(reason, "it is kept with the free minutes")
    found = FreeMinutesPackage.objects.filter(pk=package_id).first()
    if found is None:
        raise NotFound("Free minutes not found.")
    accounts.wallet(customer_id=found.customer_id, currency=conf.currency())  # locked first, as calls do
    package = FreeMinutesPackage.objects.select_for_update().get(pk=package_id)
    at = clock.now()
    if package.expires_at <= at or not package.seconds_remaining + package.seconds_reserved:
        raise Conflict("None of these free minutes are left.", code="nothing_left")
    revoked_seconds = package.seconds_remaining
    package.seconds_expired += revoked_seconds
    package.seconds_remaining = 0
    package.expires_at = at
    package.save(update_fields=["seconds_expired", "seconds_remaining", "expires_at"])
    audit.record(
        actor=actor,
        action="free_minutes.revoke",
        subject=package.customer,
        reason=reason,
        package=package.pk,
        seconds=revoked_seconds,
    )
    push_wallet(package.customer_id)
    return package
