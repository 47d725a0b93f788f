"""How much a customer may spend now. Quote, estimate, authorize, extend, text, tip, page, and API ask this and nothing else.

The budget is the smallest of what the wallet has and what each of the customer's limits leaves; money held for a running
call counts as spent in all, its granted time as talked. For a running call both are given back: it may use them up.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing import conf, rating, spending_limit
from billing.ledger.models import Account
from billing.ledger.states import AccountKind
from billing.limit_names import bound_of, short_name
from billing.models import Authorization
from billing.spending_limit import LimitLeft
from billing.states import GrantBound
from billing.tax_terms import as_tax_terms, tax_read_along
from billing.taxes import NO_TAX, TaxTerms
from brands.models import Brand
from core import clock
from core.errors import InsufficientCredit, NotAllowed
from core.planned_query import PlannedQuery
from customers.models import Customer

FROZEN = gettext_noop(
    "One of your card payments is in dispute. You can’t spend your balance until that’s settled. Please contact us."
)


@dataclass(frozen=True, slots=True)
class LongestCall:
    """How long a call may last in all, in seconds, and what keeps it from lasting longer."""

    seconds: int
    bound_by: GrantBound


@dataclass(frozen=True, slots=True)
class Budget:
    """In minor units. `held_minor` is held for calls other than the one that asks; `limits` are the customer's own, each with
    what it leaves. `is_frozen`: a card payment is in dispute, and nothing may be spent. `tax`: what is bought now is taxed at,
    where the budget was read for a brand.
    """

    available_minor: int
    held_minor: int = 0
    limits: tuple[LimitLeft, ...] = ()
    is_frozen: bool = False
    tax: TaxTerms = NO_TAX

    @property
    def limit_left_minor(self) -> int | None:
        """What the limits on money leave; None without one."""
        return min((limit.left for limit in self.limits if limit.is_money), default=None)

    @property
    def spendable_minor(self) -> int:
        """What may be spent now; never more than is available."""
        if self.is_frozen:
            return 0
        left = self.limit_left_minor
        return self.available_minor if left is None else min(self.available_minor, left)

    @property
    def is_limited(self) -> bool:
        """Whether a limit, not the wallet, is what bounds it."""
        return self.spendable_minor < self.available_minor

    @property
    def tightest(self) -> LimitLeft | None:
        """The limit on money that leaves least, of two the one that lasts longer; None without one."""
        money = [limit for limit in self.limits if limit.is_money]
        return min(money, key=lambda limit: (limit.left, -limit.ends_at.timestamp()), default=None)

    def longest_call(
        self, tariff: rating.Tariff, free_seconds: int, cap_seconds: int, *,
        cap_minor: int | None = None, end_seconds: int | None = None,
    ) -> LongestCall:  # fmt: skip
        """The longest call on these terms that may be paid for; 0 seconds if not even the first increment.

        `cap_minor`, `end_seconds`: what the customer chose for it, an amount, and the length at which its end time comes. Only
        the latter is on no grid of increments: what has begun by then is within all that was paid for.
        """
        if self.is_frozen:
            return LongestCall(0, GrantBound.ACCOUNT)
        bounds = [
            *_chosen_bounds(tariff, free_seconds, cap_seconds, cap_minor, end_seconds),
            LongestCall(rating.grid_floor(tariff, cap_seconds), GrantBound.LONGEST_CALL),
            LongestCall(
                rating.affordable(tariff, self.available_minor, free_seconds, cap_seconds), GrantBound.BALANCE
            ),
        ]
        for limit in sorted(self.limits, key=lambda limit: limit.ends_at):
            within = (
                rating.affordable(tariff, limit.left, free_seconds, cap_seconds)
                if limit.is_money
                else rating.grid_floor(tariff, min(limit.left, cap_seconds))
            )
            bounds.append(LongestCall(within, bound_of(limit.period, limit.measure)))
        return min(bounds, key=lambda bound: bound.seconds)  # the first of equal ones

    def require(self, amount_minor: int, customer: Customer, *, what: str) -> None:
        """Raise InsufficientCredit if the wallet lacks `amount_minor`, LimitReached if a limit is in the way.

        NotAllowed `account_frozen` if a payment is in dispute. `what` is what it is for, as in "Your balance is too low for
        this call."
        """
        if self.is_frozen:
            raise NotAllowed(_(FROZEN), code="account_frozen")
        if self.available_minor < amount_minor:
            raise InsufficientCredit(
                _("Your balance is too low for %(what)s.") % {"what": what},
                balance_minor=self.available_minor,
                required_minor=amount_minor,
            )
        self._refuse_beyond(
            [limit for limit in self.limits if limit.is_money and limit.left < amount_minor], customer
        )

    def require_call(self, amount_minor: int, seconds: int, customer: Customer) -> None:
        """The same for a call of at least `seconds` that costs `amount_minor`."""
        self.require(amount_minor, customer, what=_("this call"))
        self._refuse_beyond(
            [limit for limit in self.limits if not limit.is_money and limit.left < seconds], customer
        )

    @staticmethod
    def _refuse_beyond(limits: list[LimitLeft], customer: Customer) -> None:
        """Raise LimitReached for the one of `limits` that is in the way longest, if there is any."""
        if limits:
            longest = max(limits, key=lambda limit: limit.ends_at)
            raise spending_limit.reached(customer, longest, clock.now())


def _chosen_bounds(
    tariff: rating.Tariff,
    free_seconds: int,
    cap_seconds: int,
    cap_minor: int | None,
    end_seconds: int | None,
) -> Iterator[LongestCall]:
    """What the customer chose for this call. First of all bounds: where others are equal, it is named."""
    if cap_minor is not None:
        within = rating.affordable(tariff, cap_minor, free_seconds, cap_seconds)
        yield LongestCall(within, GrantBound.CALL_AMOUNT)
    if end_seconds is not None:
        yield LongestCall(end_seconds, GrantBound.CALL_END)


def limit_in_the_way(budget: Budget) -> str:
    """The short name of the limit that leaves less money than the wallet has; empty where none does."""
    limit = budget.tightest
    return short_name(limit.period, limit.measure) if budget.is_limited and limit is not None else ""


def budget_of(
    customer: Customer, wallet: Account, at: datetime, *, own_call: Authorization | None = None
) -> Budget:
    """The budget with the (locked) `wallet` at hand. `own_call`: the call that asks, whose hold and time are its to use.

    Needs the customer's user loaded where there is a limit.
    """
    is_frozen = wallet.overdraft_minor > 0
    return _budget(customer, wallet.balance_minor, wallet.held_minor, at, own_call, is_frozen=is_frozen)


def budget_of_figures(
    customer: Customer, at: datetime, *, balance_minor: int, held_minor: int, overdraft_minor: int
) -> Budget:
    """The budget with the wallet's figures at hand: no statement, two where there is a limit."""
    return _budget(customer, balance_minor, held_minor, at, None, is_frozen=overdraft_minor > 0)


def read_budget(
    customer_id: int, *, own_call: Authorization | None = None, brand: Brand | None = None
) -> Budget:
    """The budget as it stands: one statement, two more where there is a limit. `brand`: where something is to be bought."""
    if brand is not None:
        customer = with_wallet(Customer.objects.filter(pk=customer_id), brand).get()
    else:
        found = _composed_wallet().first(customer_id)
        if found is None:
            raise Customer.DoesNotExist
        customer = found
    return budget_read_along(customer, own_call=own_call)


@cache
def _composed_wallet() -> PlannedQuery[Customer]:
    """The currency is the installation's: it never changes while a process runs."""
    return PlannedQuery(with_wallet(Customer.objects.all()), "pk")


def with_wallet(
    customers: QuerySet[Customer], brand: Brand | None = None, at: datetime | None = None
) -> QuerySet[Customer]:
    """Customers with `balance`, `held`, and `overdraft` of their wallet, and their `tax` on `brand` (at `at`, or now), for
    `budget_read_along`.
    """
    wallet = Account.objects.filter(
        kind=AccountKind.WALLET, customer=OuterRef("pk"), currency=conf.currency()
    )
    return customers.select_related("user").annotate(
        balance=Coalesce(Subquery(wallet.values("balance_minor")), Value(0), output_field=BigIntegerField()),
        held=Coalesce(Subquery(wallet.values("held_minor")), Value(0), output_field=BigIntegerField()),
        overdraft=Coalesce(
            Subquery(wallet.values("overdraft_minor")), Value(0), output_field=BigIntegerField()
        ),
        **({"tax": tax_read_along(brand, at or clock.now())} if brand is not None else {}),
    )


def budget_read_along(customer: Customer, *, own_call: Authorization | None = None) -> Budget:
    """The budget of a customer read by `with_wallet`."""
    balance: int = getattr(customer, "balance")  # noqa: B009 (annotated)
    held: int = getattr(customer, "held")  # noqa: B009
    overdraft: int = getattr(customer, "overdraft")  # noqa: B009
    tax = as_tax_terms(getattr(customer, "tax", None))
    budget = _budget(customer, balance, held, clock.now(), own_call, is_frozen=overdraft > 0)
    return replace(budget, tax=tax)


def _budget(
    customer: Customer,
    balance_minor: int,
    held_minor: int,
    at: datetime,
    own_call: Authorization | None,
    *,
    is_frozen: bool,
) -> Budget:
    held_elsewhere = held_minor - (own_call.held_minor if own_call is not None else 0)
    own_id = own_call.pk if own_call is not None else None
    return Budget(
        available_minor=balance_minor - held_elsewhere,
        held_minor=held_elsewhere,
        limits=spending_limit.limits_left(customer, at, held_elsewhere, own_id),
        is_frozen=is_frozen,
    )
