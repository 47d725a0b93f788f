"""After the database was restored: an authorization that it has never seen, or knew with less granted, as it was issued.

Nothing is posted here but what a wallet lacks; the bill itself is posted by `settle`, as always. Runs in the transaction that
ends the call.
"""

from datetime import datetime, timedelta

from billing.issued import Issued, IssuedSeconds
from billing.ledger import accounts
from billing.ledger.posting import post
from billing.models import Authorization, FreeMinutesPackage, Reservation
from billing.states import AuthorizationState
from billing.uncollected_postings import for_uncollected
from core import clock
from core.errors import NotFound

_PACKAGE_LIVES = timedelta(days=30)  # one that is made anew; what a call leaves of it


def restore_authorization(issued: Issued, *, issued_at: datetime) -> Authorization:
    """The open authorization with these terms and its free seconds, without a hold: it is about to be settled."""
    wallet = accounts.wallet(customer_id=issued.customer_id, currency=issued.currency)
    authorization = Authorization.objects.create(
        customer_id=issued.customer_id,
        operator_id=issued.operator_id,
        brand_id=issued.brand_id,
        reference=issued.reference,
        wallet=wallet,
        payable_id=accounts.payable_id(operator_id=issued.operator_id, currency=wallet.currency),
        currency=wallet.currency,
        **issued.tariff.columns(),
        usual_share_bps=issued.usual_share_bps,
        tax_jurisdiction=issued.tax_jurisdiction,
        cap_seconds=issued.cap_seconds,
        cap_minor=issued.cap_minor,
        ends_at=issued.ends_at,
        free_reserved_seconds=sum(part.seconds for part in issued.free_seconds),
        granted_seconds=issued.granted_seconds,
        is_final=True,
        held_minor=0,
    )
    _reserve(authorization, issued, issued_at)
    return authorization


def raise_grant(*, authorization_id: int, granted_seconds: int) -> Authorization:
    """The open authorization, locked, with what the adapter was granted: never less than is known, never beyond the longest call.

    The hold stays as it is: the authorization is about to be settled. Raises NotFound.
    """
    rows = Authorization.objects.select_for_update().filter(
        pk=authorization_id, state=AuthorizationState.OPEN
    )
    authorization = rows.first()
    if authorization is None:
        raise NotFound("Open authorization not found.")
    granted = max(authorization.granted_seconds, min(granted_seconds, authorization.cap_seconds))
    if granted != authorization.granted_seconds:
        authorization.granted_seconds = granted
        authorization.save(update_fields=["granted_seconds"])
    return authorization


def bear_shortfall(authorization: Authorization, joined_ms: int | None) -> int:
    """Post what the wallet lacks for the bill of a call that was joined for so long; how much that is, in minor units."""
    if not joined_ms:
        return 0
    wallet = accounts.locked(authorization.wallet_id)
    covered = max(0, wallet.available_minor + authorization.held_minor)
    lacking = max(0, authorization.bill_for(joined_ms).cost_minor - covered)
    if lacking:
        post(for_uncollected(authorization, lacking))
    return lacking


def _reserve(authorization: Authorization, issued: Issued, issued_at: datetime) -> None:
    """Keep the free seconds as they were kept: of their packages as far as these still have them, else of one made anew."""
    wanted = [part.package_id for part in issued.free_seconds]
    known = {
        package.pk: package
        for package in FreeMinutesPackage.objects.filter(pk__in=wanted, customer=issued.customer_id)
        .select_for_update()
        .order_by("pk")
    }
    order = 0
    for part in issued.free_seconds:
        package = known.get(part.package_id)
        here = min(part.seconds, package.seconds_remaining) if package else 0
        parts = [(package, here)] if package and here else []
        if here < part.seconds:
            parts.append((_anew(part, issued, part.seconds - here, order, issued_at), part.seconds - here))
        for source, seconds in parts:
            order += 1
            source.seconds_remaining -= seconds
            source.seconds_reserved += seconds
            source.save(update_fields=["seconds_remaining", "seconds_reserved"])
            Reservation.objects.create(
                authorization=authorization, package=source, order=order, seconds=seconds, funded_by=part.funded_by
            )  # fmt: skip


def _anew(
    part: IssuedSeconds, issued: Issued, seconds: int, order: int, issued_at: datetime
) -> FreeMinutesPackage:
    """A package for free minutes that were given after the moment that the database was restored to."""
    return FreeMinutesPackage.objects.create(
        customer_id=issued.customer_id,
        operator_id=issued.operator_id if part.is_for_operator else None,
        seconds_granted=seconds,
        seconds_remaining=seconds,
        funded_by=part.funded_by,
        covers_fee=bool(order == 0 and issued.tariff.fee_covered_by),
        reason="Given again: the books were restored to a time before.",
        granted_at=issued_at,
        expires_at=max(clock.now(), issued_at) + _PACKAGE_LIVES,
        idempotency_key=f"restored:{issued.reference}:{order}",
    )
