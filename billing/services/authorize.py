"""Authorize: freeze the terms of a call, keep its free minutes, hold its money, grant its first minutes."""

from dataclasses import replace
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from billing import conf, first_minutes, free_minutes, rating
from billing.budget import LongestCall, budget_of
from billing.call_caps import NO_CAP, CallCap
from billing.grants import first_grant
from billing.ledger import accounts
from billing.ledger.models import Account
from billing.models import Authorization, FreeMinutesPackage, Reservation
from billing.services.grant_first_minutes import grant_first_minutes
from billing.shares import share_of
from billing.states import AuthorizationState
from billing.tariffs import tariff_for
from billing.tax_terms import tax_terms
from brands.models import Brand
from core import clock
from core.db import transactional
from core.errors import Conflict, Invalid
from core.money import format_money
from core.planned_query import PlannedQuery, parameter
from customers.models import Customer
from operators.models import Operator


@transactional
def authorize(
    *, customer: Customer, operator: Operator, brand: Brand, reference: str, cap_seconds: int | None = None,
    chosen: CallCap = NO_CAP, expected_first_seconds: int = 0,
) -> Authorization:  # fmt: skip
    """Leave to talk for as long as the money lasts, granted step by step. `reference` is the call id.

    `cap_seconds` shortens the longest call the platform allows, `chosen` is what the customer chose for this one. Raises InsufficientCredit (nothing is held),
    LimitReached (one of the customer's limits), Invalid (a cap below the first increment, `end_too_near`), Conflict `already_in_call` (another authorization is open),
    FirstMinutesGone (`expected_first_seconds`, which the page promised, are not to be had any more).
    """
    wallet = accounts.wallet(customer_id=customer.pk, currency=conf.currency())
    locked = _locked_free_minutes(customer, operator)
    at = clock.now()  # after the locks: a package may have expired while we waited for them
    packages = free_minutes.in_order(locked, at)
    first_minutes.require_promised(expected_first_seconds, packages, operator)
    tax = tax_terms(customer, brand, at)
    share = share_of(customer, operator, at)
    # Without free minutes; who covers the fee follows from them.
    tariff = tariff_for(operator, tax, share=share)
    cap = min(conf.max_call_seconds(), cap_seconds if cap_seconds is not None else conf.max_call_seconds())
    if cap < tariff.first_increment_seconds:
        raise Invalid(_("A call can’t be shorter than the first charged increment."))
    used = free_minutes.choose(packages, rating.grid_floor(tariff, cap), at)
    tariff = replace(tariff, fee_covered_by=free_minutes.fee_coverage(used))
    free_seconds = sum(seconds for _, seconds in used)
    chosen.check_ahead(at)
    longest = _longest_call(customer, wallet, tariff, free_seconds, cap, at, chosen)
    grant = first_grant(tariff, longest.seconds, conf.steps())

    authorization = Authorization.objects.create(
        customer=customer,
        operator=operator,
        brand=brand,
        reference=reference,
        wallet=wallet,
        payable_id=accounts.payable_id(operator_id=operator.pk, currency=wallet.currency),
        currency=wallet.currency,
        **tariff.columns(),
        usual_share_bps=share.usual_bps,
        tax_jurisdiction=tax.jurisdiction,
        cap_seconds=cap,
        cap_minor=chosen.amount_minor,
        ends_at=chosen.ends_at,
        free_reserved_seconds=free_seconds,
        granted_seconds=grant.granted_seconds,
        is_final=grant.is_final,
        bound_by=longest.bound_by if grant.is_final else "",
        held_minor=rating.cost(tariff, grant.granted_seconds, free_seconds),
    )
    accounts.change_hold(wallet, authorization.held_minor)
    _reserve(authorization, used)
    return authorization


def _locked_free_minutes(customer: Customer, operator: Operator) -> list[FreeMinutesPackage]:
    """The packages with seconds left for this call, first minutes that are given now among them; the wallet is locked.

    Whoever gives minutes, or gives seconds back, locks the wallet first. So where there are none to begin with, none has come since.
    Raises Conflict.
    """
    before = _BEFORE.first(customer.pk, operator.pk)
    assert before is not None, "a customer is never deleted"
    if before.is_calling:  # type: ignore[attr-defined]
        raise Conflict(_("You’re already on a call."), code="already_in_call")
    first = grant_first_minutes(customer=customer, operator=operator)
    if first is None and not before.has_free_minutes:  # type: ignore[attr-defined]
        return []
    return list(free_minutes.for_call(customer.pk, operator.pk).select_for_update())


def _longest_call(
    customer: Customer,
    wallet: Account,
    tariff: rating.Tariff,
    free_seconds: int,
    cap_seconds: int,
    at: datetime,
    chosen: CallCap,
) -> LongestCall:
    """What the customer can pay for, at least the first increment. Raises InsufficientCredit or LimitReached."""
    budget = budget_of(customer, wallet, at)
    end_seconds = chosen.seconds_at(at, 0)
    longest = budget.longest_call(
        tariff, free_seconds, cap_seconds, cap_minor=chosen.amount_minor, end_seconds=end_seconds
    )
    if longest.seconds < tariff.first_increment_seconds:
        least_minor = rating.least_required(tariff, free_seconds)
        budget.require_call(least_minor, tariff.first_increment_seconds, customer)
        least = format_money(least_minor, wallet.currency)
        raise Invalid(
            _("The first minutes of this call cost %(least)s. Choose at least that.") % {"least": least},
            code="cap_too_low",
        )
    return longest


def _reserve(authorization: Authorization, chosen: list[tuple[FreeMinutesPackage, int]]) -> None:
    """Move the chosen seconds from remaining to reserved, and note them on the authorization."""
    for package, seconds in chosen:
        package.seconds_remaining -= seconds
        package.seconds_reserved += seconds
    FreeMinutesPackage.objects.bulk_update([p for p, _ in chosen], ["seconds_remaining", "seconds_reserved"])
    Reservation.objects.bulk_create(
        Reservation(
            authorization=authorization,
            package=package,
            order=order,
            seconds=seconds,
            funded_by=package.funded_by,
        )
        for order, (package, seconds) in enumerate(chosen, start=1)
    )


_OPEN = Authorization.objects.filter(customer=OuterRef("pk"), state=AuthorizationState.OPEN)
_BEFORE = PlannedQuery(
    Customer.objects.only("pk").annotate(
        is_calling=Exists(_OPEN),
        has_free_minutes=Exists(free_minutes.left_for(OuterRef("pk"), parameter(2))),
    ),
    "pk",
)
