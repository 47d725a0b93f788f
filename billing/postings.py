"""What each verb posts to the ledger (docs/accounting.md). Pure: builds postings, posts nothing."""

from billing.ledger.models import Transaction
from billing.ledger.posting import Posting, Side
from billing.ledger.states import AccountKind, Funds, TransactionKind
from billing.models import Authorization
from billing.outcome import Component, Outcome
from billing.rating import as_minutes, paid_rate
from billing.terms import PLATFORM
from core.money import Split


def for_call(authorization: Authorization, outcome: Outcome) -> list[Posting]:
    """One transaction for each component of what a call came to."""
    return [
        _promo_pay(authorization, component)
        if component.promo_minor
        else _sale(authorization, component, _describe(component, outcome))
        for component in outcome.components
    ]


def _describe(component: Component, outcome: Outcome) -> str:
    """What a customer reads about this part of the bill."""
    if component.kind != TransactionKind.CALL:
        return TransactionKind(component.kind).label.capitalize()
    description = f"Call, {as_minutes(outcome.paid_seconds)} min"
    if outcome.free_used_seconds:
        description += f" and {as_minutes(outcome.free_used_seconds)} free min"
    return description


def credit(
    *, key: str, kind: TransactionKind, source: AccountKind, wallet_id: int, customer_id: int, currency: str,
    amount_minor: int, actor_id: int | None, reason: str, description: str, funds: Funds | None = None,
    reference: str = "",
) -> Posting:  # fmt: skip
    """Money into a wallet out of one of the platform's accounts; out of the wallet when `amount_minor` is negative."""
    return Posting(
        kind=kind,
        key=key,
        amount_minor=abs(amount_minor),
        currency=currency,
        customer_id=customer_id,
        reference=reference,
        description=description,
        actor_id=actor_id,
        reason=reason,
        sides=(Side(amount_minor, account_id=wallet_id, funds=funds), Side(-amount_minor, kind=source)),
    )


def adjustment_keys(authorization: Authorization) -> tuple[str, str]:
    """The keys under which a settlement is adjusted: the customer's charge, and the pay for free minutes."""
    return f"adjust-{authorization.reference}", f"adjust-promo-{authorization.reference}"


def for_adjustment(
    authorization: Authorization, outcome: Outcome, *, uncollected_minor: int
) -> list[Posting]:
    """What is missing between what was charged and `outcome`, either way; nothing where they agree.

    The platform bears `uncollected_minor` of it, or, where that is negative, has so much back of what it bore. The parts carry the sign of the change; the amount is its size, tax included.
    """
    key, promo_key = adjustment_keys(authorization)
    charged_operator_minor = authorization.operator_minor - authorization.promo_minor
    operator_minor = outcome.operator_minor - outcome.promo_minor - charged_operator_minor
    platform_minor = outcome.platform_minor - authorization.platform_minor
    tax_minor = outcome.tax_minor - authorization.outcome.tax_minor
    promo_minor = outcome.promo_minor - authorization.promo_minor
    postings = []
    if change_minor := operator_minor + platform_minor + tax_minor:
        postings.append(
            _adjustment(
                authorization,
                TransactionKind.ADJUSTMENT,
                key,
                abs(change_minor),
                Split(operator_minor=operator_minor, platform_minor=platform_minor),
                (
                    _charged_or_returned(uncollected_minor - change_minor, authorization.wallet_id),
                    Side(-uncollected_minor, kind=_who_bears(uncollected_minor)),
                    Side(operator_minor, account_id=authorization.payable_id),
                    Side(platform_minor, kind=AccountKind.REVENUE),
                    _tax(tax_minor, authorization.tax_jurisdiction),
                ),
            )
        )
    if promo_minor:
        postings.append(
            _adjustment(
                authorization,
                TransactionKind.PROMO,
                promo_key,
                abs(promo_minor),
                Split(operator_minor=promo_minor, platform_minor=0),
                (
                    Side(-promo_minor, kind=AccountKind.PROMO),
                    Side(promo_minor, account_id=authorization.payable_id),
                ),
            )
        )
    return postings


def _adjustment(
    authorization: Authorization, kind: TransactionKind, key: str, amount_minor: int, parts: Split,
    sides: tuple[Side, ...],
) -> Posting:  # fmt: skip
    return Posting(
        kind=kind,
        key=key,
        amount_minor=amount_minor,
        operator_minor=parts.operator_minor,
        platform_minor=parts.platform_minor,
        currency=authorization.currency,
        customer_id=authorization.customer_id,
        operator_id=authorization.operator_id,
        brand_id=authorization.brand_id,
        reference=authorization.reference,
        description="Correction of a call",
        reason="The true length of the call became known after it was settled.",
        sides=sides,
    )


def _who_bears(uncollected_minor: int) -> AccountKind:
    """What a correction can't collect is on the account of corrections; what it returns is on the one that bore it."""
    return AccountKind.ADJUSTMENT if uncollected_minor > 0 else AccountKind.UNCOLLECTED


def _charged_or_returned(amount_minor: int, wallet_id: int) -> Side:
    """What a correction takes from a wallet, or returns to it as it was spent."""
    return Side(amount_minor, account_id=wallet_id, funds=Funds.RESTORE if amount_minor > 0 else None)


def for_refund(
    sale: Transaction, parts: Split, *, tax_minor: int = 0, jurisdiction: str = "", key: str, wallet_id: int, payable_id: int | None,
    actor_id: int | None, reason: str,
) -> Posting:  # fmt: skip
    """Part of a sale back into the wallet: `parts` say how much of it the operator and the platform give back.

    The amount is what the customer gets: the parts, and the tax that is owed no more. `payable_id` may be None where the
    operator gives nothing.
    """
    amount_minor = parts.amount_minor + tax_minor
    clawed_back = [Side(-parts.operator_minor, account_id=payable_id)] if payable_id is not None else []
    return Posting(
        kind=TransactionKind.REFUND,
        key=key,
        amount_minor=amount_minor,
        operator_minor=parts.operator_minor,
        platform_minor=parts.platform_minor,
        currency=sale.currency,
        customer_id=sale.customer_id,
        operator_id=sale.operator_id,
        brand_id=sale.brand_id,
        reference=sale.reference,
        description=f"Refund: {sale.description}"[:200],
        actor_id=actor_id,
        reason=reason,
        reverses_id=sale.pk,
        sides=(
            Side(amount_minor, account_id=wallet_id, funds=Funds.RESTORE),
            *clawed_back,
            Side(-parts.platform_minor, kind=AccountKind.REVENUE),
            _tax(-tax_minor, jurisdiction),
        ),
    )


def for_refund_taken_back(
    refund: Transaction, *, jurisdiction: str, wallet_id: int, payable_id: int
) -> Posting:
    """A refund undone, to be given anew on a bill that was corrected."""
    return Posting(
        kind=TransactionKind.ADJUSTMENT,
        key=f"adjust-refund-{refund.pk}",
        amount_minor=refund.amount_minor,
        operator_minor=refund.operator_minor,
        platform_minor=refund.platform_minor,
        currency=refund.currency,
        customer_id=refund.customer_id,
        operator_id=refund.operator_id,
        brand_id=refund.brand_id,
        reference=refund.reference,
        description="Refund taken back to correct it",
        reason="The call was corrected; the refund is given again on what it came to.",
        reverses_id=refund.pk,
        sides=(
            Side(-refund.amount_minor, account_id=wallet_id, funds=Funds.RESTORE),
            Side(refund.operator_minor, account_id=payable_id),
            Side(refund.platform_minor, kind=AccountKind.REVENUE),
            _tax(refund.refunded_tax_minor, jurisdiction),
        ),
    )


def for_promo_taken_back(
    pay: Transaction, *, key: str, payable_id: int, actor_id: int | None, reason: str
) -> Posting:
    """Pay for free minutes undone: the platform has it back. The parts carry the sign of the change."""
    return Posting(
        kind=TransactionKind.ADJUSTMENT,
        key=key,
        amount_minor=pay.amount_minor,
        operator_minor=-pay.operator_minor,
        currency=pay.currency,
        customer_id=pay.customer_id,
        operator_id=pay.operator_id,
        brand_id=pay.brand_id,
        reference=pay.reference,
        description="Pay for free minutes taken back",
        actor_id=actor_id,
        reason=reason,
        reverses_id=pay.pk,
        sides=(
            Side(-pay.operator_minor, account_id=payable_id),
            Side(pay.operator_minor, kind=AccountKind.PROMO),
        ),
    )


def _sale(authorization: Authorization, component: Component, description: str) -> Posting:
    return Posting(
        kind=TransactionKind(component.kind),
        key=f"{component.kind}:{authorization.reference}",
        amount_minor=component.amount_minor,
        operator_minor=component.operator_minor,
        platform_minor=component.platform_minor,
        currency=authorization.currency,
        customer_id=authorization.customer_id,
        operator_id=authorization.operator_id,
        brand_id=authorization.brand_id,
        reference=authorization.reference,
        seconds=component.seconds,
        rate_minor=None if component.seconds is None else authorization.rate_per_minute_minor,
        description=description,
        sides=(
            Side(-component.charged_minor, account_id=authorization.wallet_id),
            Side(component.operator_minor, account_id=authorization.payable_id),
            Side(component.platform_minor, kind=AccountKind.REVENUE),
            _tax(component.tax_minor, authorization.tax_jurisdiction),
        ),
    )


def _tax(amount_minor: int, jurisdiction: str) -> Side:
    """What is owed, or owed no more, to those who tax there."""
    return Side(amount_minor, kind=AccountKind.TAX, name=jurisdiction)


def _describe_promo(component: Component, authorization: Authorization) -> str:
    """What an operator is paid for by the platform."""
    minutes = as_minutes(component.seconds or 0)
    covered = " and the connection fee" if authorization.fee_covered_by == PLATFORM else ""
    return f"Pay for {minutes} free min{covered}"


def _promo_pay(authorization: Authorization, component: Component) -> Posting:
    return Posting(
        kind=TransactionKind.PROMO,
        key=f"{TransactionKind.PROMO}:{authorization.reference}",
        amount_minor=component.promo_minor,
        operator_minor=component.promo_minor,
        currency=authorization.currency,
        customer_id=authorization.customer_id,
        operator_id=authorization.operator_id,
        brand_id=authorization.brand_id,
        reference=authorization.reference,
        seconds=component.seconds,
        rate_minor=paid_rate(authorization.tariff),
        description=_describe_promo(component, authorization),
        sides=(
            Side(-component.promo_minor, kind=AccountKind.PROMO),
            Side(component.promo_minor, account_id=authorization.payable_id),
        ),
    )
