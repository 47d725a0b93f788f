"""What an operator has of each call and text by the books, and how much of it is held."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BigIntegerField, Case, F, QuerySet, Sum, When

from billing.earnings_rules import Earned
from billing.ledger.models import Transaction
from billing.ledger.states import SALES, TransactionKind
from billing.models import EarningsHold
from billing.payouts.balances import held_lines
from billing.selectors import payable_minor
from billing.states import HoldState
from customers.models import LoginNetwork
from operators.models import Operator

_KINDS = (*SALES, TransactionKind.PROMO, TransactionKind.REFUND, TransactionKind.ADJUSTMENT)
# A refund's row says what the operator gives back, all others what the operator gets.
_NET = Sum(
    Case(
        When(kind=TransactionKind.REFUND, then=-1 * F("operator_minor")),
        default=F("operator_minor"),
        output_field=BigIntegerField(),
    )
)


def earned_from(operator_id: int, customer_id: int, references: Collection[str]) -> list[Earned]:
    """What the operator has of these calls and texts of the customer; those that earned nothing are left out."""
    rows = Transaction.objects.filter(
        operator=operator_id, customer=customer_id, reference__in=list(references)
    )
    return [one for one in _earned(rows) if one.amount_minor > 0]


def earned_since(since: datetime) -> list[Earned]:
    """What all operators have of the calls and texts with a posting since then."""
    return _earned(Transaction.objects.filter(created_at__gte=since))


def held_minor(operator_id: int) -> int:
    """What of the operator's earnings is held now, minor units: what is left of each call, text, and tip, once each.

    A payout pays at most what is owed less this.
    """
    return sum(line.amount_minor for line in held_lines(operator_id))


def open_holds() -> QuerySet[EarningsHold]:
    """What waits for staff, the longest first, people and what is held loaded."""
    rows = EarningsHold.objects.filter(state=HoldState.OPEN).select_related("operator", "customer")
    return rows.prefetch_related("earnings").order_by("id")


@dataclass(frozen=True, slots=True)
class OperatorBalance:
    """What is owed to an operator, minor units: what is held of it, and what can be paid out."""

    owed_minor: int
    held_minor: int

    @property
    def available_minor(self) -> int:
        return max(0, self.owed_minor - self.held_minor)


def balance_of_operator(operator_id: int) -> OperatorBalance:
    """As it is now."""
    return OperatorBalance(payable_minor(operator_id), held_minor(operator_id))


@dataclass(frozen=True, slots=True)
class SharedNetwork:
    """When an operator and a customer last logged in from one network that both did."""

    operator_at: datetime
    customer_at: datetime


def shared_networks(since: datetime) -> dict[tuple[int, int], SharedNetwork]:
    """Operators and customers (ids) who both logged in from one network since then."""
    operators = dict(Operator.objects.values_list("user", "pk"))
    lately = LoginNetwork.objects.filter(last_seen_at__gte=since)
    networks: dict[bytes, list[tuple[int, datetime]]] = defaultdict(list)
    rows = lately.filter(user__in=operators).values_list("network_hash", "user", "last_seen_at")
    for digest, user_id, at in rows:
        networks[bytes(digest)].append((operators[user_id], at))
    others = lately.filter(network_hash__in=list(networks), user__customer__isnull=False)
    return {
        (operator_id, customer_id): SharedNetwork(operator_at, at)
        for digest, customer_id, at in others.values_list("network_hash", "user__customer", "last_seen_at")
        for operator_id, operator_at in networks[bytes(digest)]
    }


def _earned(rows: QuerySet[Transaction, Any]) -> list[Earned]:
    sums = rows.filter(kind__in=_KINDS, operator__isnull=False, customer__isnull=False).exclude(reference="")
    groups = sums.order_by().values_list("operator", "customer", "reference").annotate(net=_NET)
    return [Earned(*group) for group in groups]
