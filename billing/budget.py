"""How much a customer may spend now. Quote, estimate, authorize, extend, text, tip, page, and API ask this and nothing else.

The budget is the smaller of what the wallet has and what the customer's daily limit leaves; money held for a running
call counts as spent in both. For a running call its own hold is given back: it is what the call may use up.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from billing import conf, rating, spending_limit
from billing.ledger.models import Account
from billing.ledger.states import AccountKind
from billing.states import GrantBound
from billing.tax_terms import as_tax_terms, tax_read_along
from billing.taxes import NO_TAX, TaxTerms
from brands.models import Brand
from core import clock
from core.errors import InsufficientCredit, NotAllowed
from customers.models import Customer

FROZEN = "A card payment of yours is in dispute. Until that is settled, nothing can be spent here; please write to us."


@dataclass(frozen=True, slots=True)
class LongestCall:
    """How long a call may last in all, in seconds, and what keeps it from lasting longer."""

    seconds: int
    bound_by: GrantBound


@dataclass(frozen=True, slots=True)
class Budget:
    """In minor units. `held_minor` is held for calls other than the one that asks; `limit_left_minor` is None without
    a limit. `is_frozen`: a card payment is in dispute, and nothing may be spent. `tax`: what is bought now is taxed at, where
    the budget was read for a brand.
    """

    available_minor: int
    held_minor: int = 0
    limit_left_minor: int | None = None
    is_frozen: bool = False
    tax: TaxTerms = NO_TAX

    @property
    def spendable_minor(self) -> int:
        """What may be spent now; never more than is available."""
        if self.is_frozen:
            return 0
        return (
            self.available_minor
            if self.limit_left_minor is None
            else min(self.available_minor, self.limit_left_minor)
        )

    @property
    def is_limited(self) -> bool:
        """Whether the limit, not the wallet, is what bounds it."""
        return self.spendable_minor < self.available_minor

    def longest_call(self, tariff: rating.Tariff, free_seconds: int, cap_seconds: int) -> LongestCall:
        """The longest call on these terms that may be paid for; 0 seconds if not even the first increment."""
        if self.is_frozen:
            return LongestCall(0, GrantBound.ACCOUNT)
        seconds = rating.affordable(tariff, self.spendable_minor, free_seconds, cap_seconds)
        if seconds >= rating.grid_floor(tariff, cap_seconds):
            return LongestCall(seconds, GrantBound.LONGEST_CALL)
        if not self.is_limited:
            return LongestCall(seconds, GrantBound.BALANCE)
        without_limit = rating.affordable(tariff, self.available_minor, free_seconds, cap_seconds)
        return LongestCall(seconds, GrantBound.DAILY_LIMIT if without_limit > seconds else GrantBound.BALANCE)

    def require(self, amount_minor: int, customer: Customer, *, what: str) -> None:
        """Raise InsufficientCredit if the wallet lacks `amount_minor`, LimitReached if the limit is in the way.

        NotAllowed `account_frozen` if a payment is in dispute. `what` is what it is for, as in "Your balance is too low for
        this call."
        """
        if self.is_frozen:
            raise NotAllowed(FROZEN, code="account_frozen")
        if self.available_minor < amount_minor:
            raise InsufficientCredit(
                f"Your balance is too low for {what}.",
                balance_minor=self.available_minor,
                required_minor=amount_minor,
            )
        if self.spendable_minor < amount_minor:
            raise spending_limit.reached(customer, clock.now())


def budget_of(customer: Customer, wallet: Account, at: datetime, *, own_hold_minor: int = 0) -> Budget:
    """The budget with the (locked) `wallet` at hand. `own_hold_minor`: what is held for the call that asks.

    Needs the customer's user loaded where there is a limit.
    """
    is_frozen = wallet.overdraft_minor > 0
    return _budget(customer, wallet.balance_minor, wallet.held_minor, at, own_hold_minor, is_frozen=is_frozen)


def read_budget(customer_id: int, *, own_hold_minor: int = 0, brand: Brand | None = None) -> Budget:
    """The budget as it stands: one statement, one more where there is a limit. `brand`: where something is to be bought."""
    customer = with_wallet(Customer.objects.filter(pk=customer_id), brand).get()
    return budget_read_along(customer, own_hold_minor=own_hold_minor)


def with_wallet(customers: QuerySet[Customer], brand: Brand | None = None) -> QuerySet[Customer]:
    """Customers with `balance`, `held`, and `overdraft` of their wallet, and their `tax` on `brand`, for `budget_read_along`."""
    wallet = Account.objects.filter(
        kind=AccountKind.WALLET, customer=OuterRef("pk"), currency=conf.currency()
    )
    return customers.select_related("user").annotate(
        balance=Coalesce(Subquery(wallet.values("balance_minor")), Value(0), output_field=BigIntegerField()),
        held=Coalesce(Subquery(wallet.values("held_minor")), Value(0), output_field=BigIntegerField()),
        overdraft=Coalesce(
            Subquery(wallet.values("overdraft_minor")), Value(0), output_field=BigIntegerField()
        ),
        **({"tax": tax_read_along(brand)} if brand is not None else {}),
    )


def budget_read_along(customer: Customer, *, own_hold_minor: int = 0) -> Budget:
    """The budget of a customer read by `with_wallet`."""
    balance: int = getattr(customer, "balance")  # noqa: B009 (annotated)
    held: int = getattr(customer, "held")  # noqa: B009
    overdraft: int = getattr(customer, "overdraft")  # noqa: B009
    tax = as_tax_terms(getattr(customer, "tax", None))
    budget = _budget(customer, balance, held, clock.now(), own_hold_minor, is_frozen=overdraft > 0)
    return replace(budget, tax=tax)


def _budget(
    customer: Customer,
    balance_minor: int,
    held_minor: int,
    at: datetime,
    own_hold_minor: int,
    *,
    is_frozen: bool,
) -> Budget:
    held_elsewhere = held_minor - own_hold_minor
    left = spending_limit.left_today_minor(customer, at)
    return Budget(
        available_minor=balance_minor - held_elsewhere,
        held_minor=held_elsewhere,
        limit_left_minor=None if left is None else max(0, left - held_elsewhere),
        is_frozen=is_frozen,
    )
