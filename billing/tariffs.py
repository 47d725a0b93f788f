"""The terms a call would have now: the operator's prices and the platform's rules."""

from billing import conf
from billing.shares import Share
from billing.taxes import NO_TAX, Taxed, TaxTerms, taxed
from billing.terms import NOBODY, Tariff
from operators.models import Operator


def tariff_for(
    operator: Operator, tax: TaxTerms = NO_TAX, fee_covered_by: str = NOBODY, share: Share | None = None
) -> Tariff:
    """Today's terms of a call to `operator`, the same on every brand but for tax. An authorization freezes them.

    `fee_covered_by`: who gave the caller the free minutes that cover the fee (`billing.free_minutes.fee_coverage`).
    `share`: which one applies to the caller (`billing.shares`); None, where only prices are asked for: the ordinary one.
    """
    return Tariff(
        rate_per_minute_minor=operator.rate_now_minor,
        connect_fee_minor=operator.connect_fee_minor,
        operator_share_bps=operator.share_bps if share is None else share.bps,
        talk_tax_millionths=tax.voice_millionths,
        fee_tax_millionths=tax.fee_millionths,
        is_tax_included=tax.is_included,
        fee_covered_by=fee_covered_by,
        **conf.platform_terms(),
    )


def text_price(operator: Operator, tax: TaxTerms) -> Taxed:
    """What a text to `operator` costs now, and the tax in it."""
    return taxed(operator.rate_per_message_minor, tax.text_millionths, is_included=tax.is_included)


def tip_price(amount_minor: int, tax: TaxTerms) -> Taxed:
    """What a tip of `amount_minor` costs now, and the tax in it."""
    return taxed(amount_minor, tax.tip_millionths, is_included=tax.is_included)
