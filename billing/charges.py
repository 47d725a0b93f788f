"""What a card processor says of one payment, and what that changes in the books. Pure.

Amounts are cumulative and only grow, so that two answers may be taken in either order, and any number of times: the books
follow what is more than before.
"""

from dataclasses import dataclass, fields
from enum import StrEnum

from billing.states import PaymentProblem, PaymentState


class ChargeStatus(StrEnum):
    """What became of an attempt to charge a card."""

    NONE = "none"  # the processor knows no attempt
    PENDING = "pending"
    PAID = "paid"
    DECLINED = "declined"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class Totals:
    """Minor units, each since the beginning: taken from the card, given back to it, disputed, won back of that."""

    captured_minor: int = 0
    refunded_minor: int = 0
    charged_back_minor: int = 0
    won_back_minor: int = 0

    def merged(self, other: "Totals") -> "Totals":
        """The larger of each: an older answer takes nothing away."""
        return Totals(
            *(max(mine, theirs) for mine, theirs in zip(_values(self), _values(other), strict=True))
        )

    def since(self, before: "Totals") -> "Totals":
        """What was added since `before`, of which this is a merger."""
        return Totals(*(mine - old for mine, old in zip(_values(self), _values(before), strict=True)))

    @property
    def disputed_minor(self) -> int:
        """What is in dispute now."""
        return self.charged_back_minor - self.won_back_minor


@dataclass(frozen=True, slots=True)
class Charge:
    """The processor's word on one payment. No card data: `card` names the card to the processor alone.

    `reference`: the processor's number of the charge; `others`: of further charges for the same payment. `account`: the
    merchant account it was paid to. `card_kind` is credit, debit, or prepaid where the processor says so. `card_label` is
    what the customer knows the card by, like `Visa •••• 4242`. `reason`: why it was declined, in words for the customer.
    """

    status: ChargeStatus
    reference: str = ""
    account: str = ""
    currency: str = ""
    totals: Totals = Totals()
    others: tuple[str, ...] = ()
    card: str = ""
    card_label: str = ""
    card_kind: str = ""
    reason: str = ""


_ENDED_WITHOUT_MONEY = {
    ChargeStatus.DECLINED: PaymentState.DECLINED,
    ChargeStatus.CANCELED: PaymentState.CANCELED,
    ChargeStatus.PENDING: PaymentState.PENDING,
}


def state_after(state: PaymentState, status: ChargeStatus, totals: Totals) -> PaymentState:
    """The state of a payment about which the processor says `status`, with the merged `totals`.

    Money decides before words: what was captured is captured, whatever an older answer says.
    """
    if totals.disputed_minor > 0:
        return PaymentState.DISPUTED
    if totals.captured_minor:
        is_all_back = totals.refunded_minor >= totals.captured_minor
        return PaymentState.REFUNDED if is_all_back else PaymentState.CAPTURED
    return _ENDED_WITHOUT_MONEY.get(status, state)


def problem_with(charge: Charge, *, amount_minor: int, currency: str, account: str) -> PaymentProblem:
    """Why a charge that was paid is not the payment we asked for; NONE if it is."""
    if charge.currency != currency:
        return PaymentProblem.WRONG_CURRENCY
    if charge.account != account:
        return PaymentProblem.WRONG_ACCOUNT
    if charge.totals.captured_minor != amount_minor:
        return PaymentProblem.WRONG_AMOUNT
    return PaymentProblem.NONE


def _values(totals: Totals) -> tuple[int, ...]:
    return tuple(getattr(totals, part.name) for part in fields(totals))
