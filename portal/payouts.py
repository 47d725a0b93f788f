"""What the page about payouts shows of one operator."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from billing import conf
from billing.payouts.accounts import account_in_effect, account_to_come
from billing.payouts.balances import balance_of
from billing.payouts.entries import ripening
from billing.payouts.maturity import Balance, books_day, next_payday, week_of
from billing.payouts.models import PayoutAccount, PayoutItem
from billing.payouts.obstacles import BELOW_MINIMUM, NO_ACCOUNT, NOTHING, obstacle_of, waits_for_approval
from billing.payouts.states import ItemState
from operators.models import Operator
from operators.standing import payout_obstacle
from operators.states import ApprovalStatus
from portal.held import ShownLine, lines_of
from portal.payout_words import ShownObstacle, account_words, shown_obstacle, state_words


@dataclass(frozen=True, slots=True)
class NextPayout:
    """What is paid on the next payday of what is earned by now, minor units."""

    on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ShownPayout:
    """One payout of the history, with its state and account in words."""

    item: PayoutItem
    state: str
    account: str

    @property
    def is_outside(self) -> bool:
        """Whether it was made without a run (`portal.payout_history`)."""
        return False

    @property
    def is_returned(self) -> bool:
        """Whether everything went back to the balance."""
        return self.item.state == ItemState.RETURNED

    @property
    def is_open(self) -> bool:
        """Whether nothing was taken off the balance so far."""
        return self.item.state == ItemState.PREPARED


@dataclass(frozen=True, slots=True)
class PaidTo:
    """Where the operator is paid now, and the change that waits; in words, which are empty where there is none."""

    account: PayoutAccount | None
    words: str
    waiting: PayoutAccount | None
    waiting_words: str


@dataclass(frozen=True, slots=True)
class Payouts:
    """The upper part of the page, minor units. `later`: what becomes payable on which day; `fee_minor`: None where one can't ask."""

    balance: Balance
    next: NextPayout
    obstacles: list[ShownObstacle]
    later: list[tuple[date, int]]
    held: list[ShownLine]
    paid_to: PaidTo
    hold_days: int
    fee_minor: int | None

    @property
    def later_held_minor(self) -> int:
        """What of `pending` will be held when it would be payable."""
        if self.balance.balance_minor < 0:
            return 0
        return self.balance.pending_minor - sum(minor for _on, minor in self.later)


def next_payout(operator_id: int, at: datetime) -> NextPayout:
    """Without what is in a run that is being prepared."""
    payday = next_payday(books_day(at))
    waiting = PayoutItem.objects.filter(
        operator=operator_id, state=ItemState.PREPARED, obstacle="", run__approved_at=None, run__canceled_at=None
    )  # fmt: skip
    prepared_minor = max((item.debited_minor for item in waiting), default=0)
    return NextPayout(payday, max(0, balance_of(operator_id, payday).payable_minor - prepared_minor))


def payouts_of(operator: Operator, at: datetime) -> Payouts:
    """As it is at `at`."""
    day = books_day(at)
    rules, coming = conf.payout_rules(), next_payout(operator.pk, at)
    return Payouts(
        balance=balance_of(operator.pk, day),
        next=coming,
        obstacles=[shown_obstacle(word) for word in _obstacles(operator, coming)],
        later=ripening(operator.pk, day),
        held=lines_of(operator.pk),
        paid_to=paid_to(operator.pk, at),
        hold_days=rules.hold_days,
        fee_minor=rules.at_once_fee_minor,
    )


def paid_to(operator_id: int, at: datetime) -> PaidTo:
    """As it is at `at`."""
    account, waiting = account_in_effect(operator_id, at), account_to_come(operator_id, at)
    words = [account_words(one) if one else "" for one in (account, waiting)]
    return PaidTo(account, words[0], waiting, words[1])


def obstacle_now(operator: Operator, balance: Balance, fee_minor: int, at: datetime) -> str:
    """What keeps the operator from being paid at once; empty if nothing does."""
    if waits_for_approval(operator.pk):
        return "already_asked"
    return obstacle_of(operator, balance.payable_minor, at, least_minor=fee_minor + 1)


def shown_payouts(items: Sequence[PayoutItem]) -> list[ShownPayout]:
    """For the history. Needs run and account loaded."""
    return [
        ShownPayout(item, state_words(item), account_words(item.account) if item.account else "")
        for item in items
    ]


def _obstacles(operator: Operator, coming: NextPayout) -> list[str]:
    """Everything that keeps the next payout back, on the day it is due; that nothing is earned yet is none."""
    at, _end = week_of(coming.on)
    found = []
    if operator.approval_status == ApprovalStatus.SUSPENDED:
        found.append(obstacle_of(operator, coming.amount_minor, at))
    if (standing := payout_obstacle(operator, at)) is not None:
        found.append(str(standing))
    if account_in_effect(operator.pk, at) is None:
        found.append(NO_ACCOUNT)
    amount_obstacle = obstacle_of(operator, coming.amount_minor, at)
    if amount_obstacle in (BELOW_MINIMUM, NOTHING) and coming.amount_minor > 0:
        found.append(amount_obstacle)
    return found
