"""The terms a call would have now: the operator's prices and the platform's rules."""

from billing import conf
from billing.rating import Tariff
from operators.models import Operator


def tariff_for(operator: Operator) -> Tariff:
    """Today's terms of a call to `operator`, the same on every brand. An authorization freezes them."""
    return Tariff(
        rate_per_minute_minor=operator.rate_now_minor,
        connect_fee_minor=operator.connect_fee_minor,
        operator_share_bps=operator.share_bps,
        **conf.platform_terms(),
    )
