"""The terms a call would have now: the operator's prices and the house's rules."""

from django.conf import settings

from billing import conf
from billing.rating import Tariff
from operators.models import Operator


def tariff_for(operator: Operator) -> Tariff:
    """Today's terms of a call to `operator`, the same on every brand. An authorization freezes them."""
    house = settings.BILLING
    first, following = conf.increments()
    return Tariff(
        rate_per_minute_minor=operator.rate_per_minute_minor,
        connect_fee_minor=operator.connect_fee_minor,
        first_increment_seconds=first,
        next_increment_seconds=following,
        grace_seconds=house["GRACE_SECONDS"],
        operator_share_bps=operator.share_bps,
        promo_pay_bps=house["PROMO_PAY_BPS"],
    )
