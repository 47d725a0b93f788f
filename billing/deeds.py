"""What staff may have to ask a second person for: each deed by its name, the right it takes, and how it is done.

A request keeps a deed's arguments as JSON; `run` gets them back with `reason`, `actor`, `idempotency_key`, and `approval`.
Higher apps register deeds of their own when Django starts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from billing.models import ApprovalRequest
from billing.payouts.services.write_off import write_off
from billing.services.credit_wallet import credit_wallet
from billing.services.decide_hold import withdraw_earnings
from billing.services.grant_free_minutes import grant_free_minutes
from billing.services.pay_back_part import pay_back_part, return_received
from billing.services.record_collusion import record_collusion
from billing.services.record_payout import record_payout
from billing.services.refund import refund_reference, refund_transaction
from billing.services.request_funds import credit_request
from billing.services.return_balance import return_balance
from billing.staff_limits import Approval, Gift
from billing.states import CreditSource, FundedBy
from core.errors import NotFound
from customers.models import Customer, User
from operators.models import Operator


@dataclass(frozen=True, slots=True)
class Deed:
    """`noun` is what is given: "$5.00 refund". `permissions` are needed by whoever asks for it and by whoever decides."""

    name: str
    noun: str
    permissions: tuple[str, ...]
    run: Callable[..., Any]
    pays_what_is_owed: bool = False
    needs_two: bool = False  # a delay never stands in for the second person


_deeds: dict[str, Deed] = {}


def register(deed: Deed) -> None:
    """Make a deed known under its name; the same one again changes nothing."""
    _deeds[deed.name] = deed


def deed_named(name: str) -> Deed:
    """The deed of a request."""
    return _deeds[name]


def may_do(user_id: int, deed: Deed) -> bool:
    """Whether this user is staff with the deed's rights now."""
    user = User.objects.filter(pk=user_id, is_active=True, is_staff=True).first()
    return user is not None and user.has_perms(deed.permissions)


def approval_of(request: ApprovalRequest, approved_by_id: int | None = None) -> Approval:
    """What lets the deed of this request pass the limits of who asked for it."""
    is_owed = deed_named(request.deed).pays_what_is_owed
    gift = Gift(request.amount_minor, request.seconds, request.customer, request.operator, is_owed)
    return Approval(request.pk, approved_by_id, gift)


def payment_argument(reference: str) -> dict[str, Any]:
    """The payment's reference as an argument of a credit; left out where there is none, as earlier requests do."""
    return {"payment_reference": reference.strip()} if reference.strip() else {}


def fee_argument(covers_fee: bool) -> dict[str, Any]:
    """Whether free minutes cover the connection fee as an argument; left out where not, as earlier requests do."""
    return {"covers_fee": True} if covers_fee else {}


def outside_arguments(paid_on: date | None, *, is_early: bool) -> dict[str, Any]:
    """The day of a payout made outside, and whether it came before it was payable; left out where not, as earlier requests do."""
    given: dict[str, Any] = {"paid_on": paid_on.isoformat()} if paid_on else {}
    return given | ({"is_early": True} if is_early else {})


def _customer(pk: int) -> Customer:
    customer = Customer.objects.select_related("user", "home_brand").filter(pk=pk).first()
    if customer is None:
        raise NotFound("Customer not found.")
    return customer


def _operator(pk: int) -> Operator:
    operator = Operator.objects.select_related("user").filter(pk=pk).first()
    if operator is None:
        raise NotFound("Operator not found.")
    return operator


def _credit(*, customer: int, source: str, **rest: Any) -> Any:
    return credit_wallet(customer=_customer(customer), source=CreditSource(source), **rest)


def _credit_request(*, source: str, idempotency_key: str, **rest: Any) -> Any:
    return credit_request(source=CreditSource(source), **rest)


def _refund(*, reference: str = "", transaction_id: int = 0, **rest: Any) -> Any:
    if reference:
        return refund_reference(reference=reference, **rest)
    return refund_transaction(transaction_id=transaction_id, **rest)


def _grant(*, customer: int, operator: int | None, expires_at: str, funded_by: str, **rest: Any) -> Any:
    return grant_free_minutes(
        customer=_customer(customer),
        operator=None if operator is None else _operator(operator),
        expires_at=datetime.fromisoformat(expires_at),
        funded_by=FundedBy(funded_by),
        **rest,
    )


def _pay_out(*, operator: int, paid_on: str = "", **rest: Any) -> Any:
    day = date.fromisoformat(paid_on) if paid_on else None
    return record_payout(operator=_operator(operator), paid_on=day, **rest)


def _write_off(*, operator: int, **rest: Any) -> Any:
    return write_off(operator=_operator(operator), **rest)


def _withdraw(*, hold: int, **rest: Any) -> Any:
    return withdraw_earnings(hold_id=hold, **rest)


def _return(*, customer: int, **rest: Any) -> Any:
    return return_balance(customer=_customer(customer), **rest)


def _pay_back(*, payment: int, **rest: Any) -> Any:
    return pay_back_part(payment_id=payment, **rest)


def _return_received(*, transaction: int, **rest: Any) -> Any:
    return return_received(transaction_id=transaction, **rest)


def _collusion(*, payment: int, operator: int, **rest: Any) -> Any:
    return record_collusion(payment_id=payment, operator=_operator(operator), **rest)


COLLUSION = "collusion"
PAY_BACK, RETURN_RECEIVED = "pay_back", "return_received"
CREDIT, FUNDS, REFUND, GRANT, PAYOUT, RETURN = "credit", "funds", "refund", "grant", "payout", "return"
WITHDRAW, WRITE_OFF = "withdraw_earnings", "write_off"
for deed in (
    Deed(CREDIT, "credit", ("ledger.credit_wallet",), _credit),
    Deed(FUNDS, "requested credit", ("ledger.credit_wallet",), _credit_request),
    Deed(REFUND, "refund", ("ledger.refund_sale",), _refund),
    Deed(GRANT, "free minutes", ("billing.give_free_minutes",), _grant),
    Deed(PAYOUT, "payout", ("ledger.record_payout",), _pay_out, pays_what_is_owed=True),
    Deed(WRITE_OFF, "debt written off", ("payouts.approve_payouts",), _write_off, needs_two=True),
    Deed(WITHDRAW, "refund of held earnings", ("billing.decide_earnings", "ledger.refund_sale"), _withdraw),
    Deed(PAY_BACK, "payback to a card", ("ledger.record_payout",), _pay_back, pays_what_is_owed=True),
    Deed(
        RETURN_RECEIVED,
        "returned payment",
        ("ledger.record_payout",),
        _return_received,
        pays_what_is_owed=True,
    ),
    Deed(
        COLLUSION,
        "of earnings taken back",
        ("billing.decide_collusion",),
        _collusion,
        pays_what_is_owed=True,
        needs_two=True,
    ),
    Deed(RETURN, "balance payback", ("ledger.record_payout",), _return, pays_what_is_owed=True),
):
    register(deed)
