"""What would come of a request for approval if it were approved now, in figures."""

from datetime import datetime

from billing import deeds
from billing.ledger.models import Transaction
from billing.models import ApprovalRequest
from billing.selectors import payable_minor, wallet_of
from billing.states import FundedBy
from core.days import BOOKS_ZONE
from core.money import format_money


def effect_of(request: ApprovalRequest) -> str:
    """One or two sentences; the figures are of this moment."""
    if request.deed == deeds.GRANT:
        return _minutes(request)
    if request.deed == deeds.PAYOUT:
        assert request.operator_id is not None, "an operator is paid out"
        owed = payable_minor(request.operator_id)
        return f"Owed: {_change(owed, -request.amount_minor)}. It must have been paid outside."
    if request.deed == deeds.WRITE_OFF:
        assert request.operator_id is not None, "an operator owes it"
        owed = payable_minor(request.operator_id)
        return f"Owed: {_change(owed, request.amount_minor)}. The platform bears the difference."
    if request.deed == deeds.COLLUSION:
        return "It is taken back from the operator, who sees the reason and can contest it."
    assert request.customer_id is not None, "the wallet is a customer's"
    balance = wallet_of(request.customer_id).balance_minor
    if request.deed == deeds.PAY_BACK:
        return f"Balance: {_change(balance, -request.amount_minor)}. It goes back to the card."
    if request.deed in (deeds.RETURN, deeds.RETURN_RECEIVED):
        return f"Balance: {_change(balance, -request.amount_minor)}. It must have been paid back outside."
    words = f"Balance: {_change(balance, request.amount_minor)}."
    if request.deed == deeds.WITHDRAW:
        return f"{words} The operator gives back what was held."
    return f"{words} {_who_pays(request)}" if request.deed == deeds.REFUND else words


def _change(before_minor: int, change_minor: int) -> str:
    return f"{format_money(before_minor)} → {format_money(before_minor + change_minor)}"


def _minutes(request: ApprovalRequest) -> str:
    until = datetime.fromisoformat(request.arguments["expires_at"]).astimezone(BOOKS_ZONE)
    paid = request.arguments["funded_by"] == FundedBy.PLATFORM
    operator = "The operator is paid for them." if paid else "The operator earns nothing on them."
    return f"They can be used until {until:%Y-%m-%d %H:%M} ET. {operator}"


def _who_pays(request: ApprovalRequest) -> str:
    number = request.arguments.get("transaction_id")
    reference = request.arguments.get("reference") or (
        Transaction.objects.filter(pk=number).values_list("reference", flat=True).first()
    )
    if request.arguments.get("claws_back", True):
        return f"For {reference}; the operator gives back their share."
    return f"For {reference}; the platform pays all of it."
