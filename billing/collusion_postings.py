"""What a finding of collusion posts to the ledger. Pure: builds postings, posts nothing."""

from billing.ledger.posting import Posting, Side
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import CollusionFinding


def for_taken_back(finding: CollusionFinding, *, payable_id: int, is_restored: bool = False) -> Posting:
    """The operator's earnings of the talk bear a part of the loss; or are restored, and the platform bears it again."""
    change_minor = finding.amount_minor if is_restored else -finding.amount_minor
    return Posting(
        kind=TransactionKind.ADJUSTMENT,
        key=f"{finding.reference}:restored" if is_restored else finding.reference,
        amount_minor=finding.amount_minor,
        operator_minor=change_minor,
        currency=finding.payment.currency,
        operator_id=finding.operator_id,
        brand_id=finding.payment.merchant_account.brand_id,
        reference=finding.reference,
        description="Earnings restored" if is_restored else "Earnings taken back after a dispute",
        reason=finding.decision if is_restored else finding.reason,
        sides=(
            Side(change_minor, account_id=payable_id),
            Side(-change_minor, kind=AccountKind.DISPUTE_LOSSES),
        ),
    )
