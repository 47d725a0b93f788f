"""Reads about money: wallet, free minutes, what a call would cost, statement and receipts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import BigIntegerField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from billing import conf, first_minutes, rating
from billing.budget import Budget, budget_read_along, read_budget
from billing.fees import Fee, fees_of
from billing.kept_seconds import kept_seconds
from billing.ledger.models import Account, Entry, Transaction
from billing.ledger.states import SALES, AccountKind, TransactionKind
from billing.limit_names import bound_name
from billing.models import Authorization, FreeMinutesPackage, Reservation
from billing.quote_reads import read_customer, read_operator_and_customer
from billing.refundable import TAX_ENTERED, is_correction
from billing.states import FundedBy, GrantBound
from billing.tariffs import tariff_for
from brands.models import Brand
from core import clock
from core.errors import NotAllowed, NotFound
from customers.models import Customer, User
from operators.models import Operator

_FREE_SECONDS = """
SELECT coalesce(sum(seconds_remaining), 0) FROM billing_freeminutespackage
 WHERE customer_id = %s AND seconds_remaining > 0 AND expires_at > %s
"""


@dataclass(frozen=True, slots=True)
class Wallet:
    """What a customer has, in minor units. `available_minor` is what can be spent: not held for a running call.

    `promo_minor` of the balance was given by the platform: it is spent first and never paid back.
    """

    balance_minor: int
    held_minor: int
    promo_minor: int
    currency: str

    @property
    def available_minor(self) -> int:
        return self.balance_minor - self.held_minor

    @property
    def paid_minor(self) -> int:
        """What the customer paid of the balance; below zero only after a chargeback."""
        return self.balance_minor - self.promo_minor


def wallet_of(customer_id: int) -> Wallet:
    """The customer's wallet; an empty one if no money ever came in."""
    row = (
        Account.objects.filter(kind=AccountKind.WALLET, customer=customer_id, currency=conf.currency())
        .values_list("balance_minor", "held_minor", "promo_minor")
        .first()
    )
    return Wallet(*(row or (0, 0, 0)), currency=conf.currency())


@dataclass(frozen=True, slots=True)
class Quote:
    """What a call to one operator would cost this customer now, and how long it could last.

    Every figure follows from `Budget.longest_call` with the same arguments that an authorization would use.
    """

    tariff: rating.Tariff
    currency: str
    budget: Budget
    free_seconds: int  # usable with this operator
    affordable_seconds: int
    bound_by: GrantBound  # what keeps the call from lasting longer
    reserved_free_seconds: int = 0  # of this operator's or any, set aside for a running call
    first_minutes: int = 0  # of the free ones: what the operator gives a new caller when the call begins

    @property
    def fees(self) -> tuple[Fee, ...]:
        """What is paid once beside the rate."""
        return fees_of(self.tariff)

    @property
    def balance_minor(self) -> int:
        """What is available: not held for a running call."""
        return self.budget.available_minor

    @property
    def may_start(self) -> bool:
        return self.affordable_seconds >= self.tariff.first_increment_seconds

    @property
    def required_minor(self) -> int:
        """The least that must be available for a call to start."""
        return rating.least_required(self.tariff, self.free_seconds)

    @property
    def is_stopped_by_limit(self) -> bool:
        """Whether the customer's limits alone keep a call from starting."""
        return not self.may_start and self.budget.available_minor >= self.required_minor

    @property
    def is_shortened_by_limit(self) -> bool:
        """Whether a call may start, but a limit of the customer's ends it before the balance would."""
        return self.may_start and bool(bound_name(self.bound_by))

    @property
    def total_minutes(self) -> int:
        """Whole minutes a call could last."""
        return self.affordable_seconds // 60

    @property
    def free_minutes_of_call(self) -> int:
        """The free ones among them; 0 if the fee cannot be paid."""
        return min(self.free_seconds, self.affordable_seconds) // 60

    @property
    def paid_minutes_of_call(self) -> int:
        return self.total_minutes - self.free_minutes_of_call

    @property
    def free_minutes(self) -> int | float:
        return rating.as_minutes(self.free_seconds)

    @property
    def free_minutes_reserved(self) -> int | float:
        return rating.as_minutes(self.reserved_free_seconds)


def quote(customer: Customer, operator: Operator, brand: Brand | None) -> Quote:
    """What a call to `operator` would cost `customer` on `brand` now: one statement, two more where there is a limit, and those of `first_minutes`."""
    at = clock.now()
    return _quote(read_customer("pk", customer.pk, operator, brand, at), operator, at)


def quote_for_user(user: User | AnonymousUser, operator: Operator, brand: Brand | None) -> Quote:
    """The same for the customer behind a login. Raises NotAllowed for staff and operators."""
    at = clock.now()
    return _quote(read_customer("user", user.pk, operator, brand, at), operator, at)


def quote_of_listed(user: User | AnonymousUser, operator_id: int, brand: Brand | None) -> Quote:
    """The same for the operator of this id, read by the same statement. Raises NotFound if `brand` doesn't list them."""
    at = clock.now()
    operator, customer = read_operator_and_customer(user.pk, operator_id, brand, at)
    if operator is None:
        raise NotFound(_("Operator not found."))
    return _quote(customer, operator, at)


def _quote(customer: Any, operator: Operator, at: datetime) -> Quote:
    if customer is None:
        raise NotAllowed(_("This is for customers. Please log in with a customer’s account."))
    first = first_minutes.promised_seconds(customer, operator, at)
    quote = make_quote(operator, budget_read_along(customer), customer.free + first, customer.fee_coverage)
    return replace(quote, reserved_free_seconds=customer.reserved_free, first_minutes=first // 60)


def make_quote(operator: Operator, budget: Budget, free_seconds: int, fee_covered_by: str = "") -> Quote:
    """The quote for this budget and these free seconds; `fee_covered_by` as in the terms."""
    tariff, cap = tariff_for(operator, budget.tax, fee_covered_by), conf.max_call_seconds()
    usable = min(free_seconds, rating.grid_floor(tariff, cap))
    longest = budget.longest_call(tariff, usable, cap)
    return Quote(
        tariff=tariff,
        currency=conf.currency(),
        budget=budget,
        free_seconds=free_seconds,
        affordable_seconds=longest.seconds,
        bound_by=longest.bound_by,
    )


def estimated_minutes(
    authorization: Authorization, budget: Budget | None = None, *, end_seconds: int | None = None
) -> int:
    """Whole minutes the call of an open authorization can last within what the customer may spend now.

    If a break, a closed account, or staff stopped further grants, what was granted is all. `budget`: as it was just read
    for this call, its own hold given back; without one it is read here. `end_seconds`: the length at which the end time that the
    customer chose comes.
    """
    if authorization.bound_by in (GrantBound.ACCOUNT, GrantBound.UNAVAILABLE):
        return authorization.granted_seconds // 60
    budget = budget or read_budget(authorization.customer_id, own_call=authorization)
    longest = budget.longest_call(
        authorization.tariff,
        authorization.free_reserved_seconds,
        authorization.cap_seconds,
        cap_minor=authorization.cap_minor,
        end_seconds=end_seconds,
    )
    most = max(longest.seconds, authorization.granted_seconds)
    return (most if end_seconds is None else min(most, end_seconds)) // 60


def free_minutes_pay(authorization: Authorization, kept: Sequence[Reservation] | None = None) -> bool | None:
    """What the operator is told before accepting: whether the caller's free minutes pay, any of them; None if there are none.

    `kept`: its `kept_seconds`, where they were just read.
    """
    funders = {row.funded_by for row in (kept_seconds(authorization) if kept is None else kept)}
    if not funders:
        return None
    return FundedBy.PLATFORM in funders and authorization.promo_pay_bps > 0


def free_seconds_of(customer_id: int, at: datetime) -> int:
    """Free seconds the customer has at `at`, with whomever. By hand, because every push of a wallet asks."""
    with connection.cursor() as cursor:
        cursor.execute(_FREE_SECONDS, [customer_id, at])
        return int(cursor.fetchone()[0])


def free_minutes_of(customer_id: int, at: datetime) -> list[FreeMinutesPackage]:
    """Packages with seconds left at `at` or reserved for a running call, the next to expire first, operators loaded."""
    is_left = Q(seconds_remaining__gt=0, expires_at__gt=at) | Q(seconds_reserved__gt=0)
    left = FreeMinutesPackage.objects.filter(is_left, customer=customer_id)
    return list(left.select_related("operator").order_by("expires_at", "id"))


def statement_of(customer_id: int) -> QuerySet[Entry]:
    """What went in and out of a customer's wallet, newest first, transactions loaded; for keyset pages.

    One account, as a value: so a page is one range of the index however long the account's history is.
    """
    wallet = Account.objects.filter(kind=AccountKind.WALLET, customer=customer_id, currency=conf.currency())
    entries = Entry.objects.filter(account_id=Subquery(wallet.values("id")[:1]))
    return entries.select_related("transaction__operator").order_by("-id")


def earnings_of(operator_id: int) -> QuerySet[Entry]:
    """What an operator earned and was paid, newest first, transactions loaded; for keyset pages."""
    payable = Account.objects.filter(kind=AccountKind.PAYABLE, operator=operator_id, currency=conf.currency())
    entries = Entry.objects.filter(account_id=Subquery(payable.values("id")[:1]))
    return entries.select_related("transaction").order_by("-id")


def payable_minor(operator_id: int) -> int:
    """What is owed to an operator now, cents."""
    payable = Account.objects.filter(kind=AccountKind.PAYABLE, operator=operator_id, currency=conf.currency())
    return payable.values_list("balance_minor", flat=True).first() or 0


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one call or message came to, from the books: its transactions, oldest first, each with its `tax`."""

    reference: str
    transactions: Sequence[Any]

    @property
    def charged_minor(self) -> int:
        """All that was charged; what the platform paid the operator for free minutes is not among it."""
        charges = [t for t in self.transactions if t.kind in SALES or is_correction(t)]
        return sum(
            t.operator_minor + t.platform_minor + t.tax for t in charges
        )  # a correction's carry its sign


def receipt_of(reference: str) -> Receipt:
    """The receipt for a call id or message id; without transactions if nothing was charged."""
    found = Transaction.objects.filter(reference=reference).exclude(reference="").order_by("id")
    return Receipt(reference, list(found.annotate(tax=TAX_ENTERED)))


def refunded_of(column: str) -> Coalesce:
    """For a query of what was sold: how much of the sale in `column` was given back, minor units."""
    refunds = Transaction.objects.filter(reverses=OuterRef(column), kind=TransactionKind.REFUND)
    total = refunds.order_by().values("reverses").values(total=Sum("amount_minor"))
    return Coalesce(Subquery(total, output_field=BigIntegerField()), Value(0))


def balances_to_return() -> QuerySet[Account]:
    """Wallets of closed accounts with paid money on them, the account that was closed first on top."""
    wallets = Account.objects.filter(
        kind=AccountKind.WALLET, balance_minor__gt=F("promo_minor"), customer__closed_at__isnull=False
    )
    return wallets.select_related("customer__user", "customer__home_brand").order_by(
        "customer__closed_at", "pk"
    )
