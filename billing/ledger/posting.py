"""The one door into the books: `post`. Everything else only reads them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError, connection
from django.utils.translation import gettext as _

from billing.ledger.rows import PLACES, as_rows
from billing.ledger.states import ONCE_PER_PAYMENT, AccountKind, Funds, TransactionKind
from core.db import sqlstate
from core.errors import Conflict, InsufficientCredit

NOT_ENOUGH, KEY_REUSED, UNIQUE_VIOLATION = "AE402", "AE409", "23505"
_POST = f"SELECT ids, is_new FROM ledger_post_rows({PLACES}, NULL, 0)"  # noqa: S608 (places)


@dataclass(frozen=True, slots=True)
class Side:
    """One entry to be: a signed amount on an account, or on the platform's account of a kind (made when first used).

    `funds` is for wallets: which of their two kinds of money moves.
    """

    amount_minor: int
    account_id: int | None = None
    kind: AccountKind | None = None
    name: str = ""
    funds: Funds | None = None

    def body(self) -> dict[str, Any]:
        if self.account_id is not None:
            funds = {} if self.funds is None else {"funds": self.funds}
            return {**funds, "amount": self.amount_minor, "account": self.account_id}
        return {"kind": self.kind, "name": self.name, "amount": self.amount_minor}


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A transaction to be. Sides of zero are left out; the rest must sum to zero, which the database enforces.

    `key` makes it happen once: the same key with the same content is a repeat, with other content an error.
    """

    kind: TransactionKind
    key: str
    amount_minor: int
    sides: Sequence[Side] = field(default_factory=tuple)
    currency: str
    customer_id: int | None = None
    operator_id: int | None = None
    brand_id: int | None = None
    reference: str = ""
    operator_minor: int = 0
    platform_minor: int = 0
    seconds: int | None = None
    rate_minor: int | None = None
    description: str = ""
    actor_id: int | None = None
    reason: str = ""
    reverses_id: int | None = None

    def body(self) -> dict[str, Any]:
        """What makes it the same as another: all of it, in the order in which `jsonb` writes keys (`billing.ledger.rows`)."""
        return {
            "key": self.key,
            "kind": self.kind,
            "rate": self.rate_minor,
            "actor": self.actor_id,
            "brand": self.brand_id,
            "amount": self.amount_minor,
            "reason": self.reason,
            "entries": [side.body() for side in self.sides if side.amount_minor],
            "seconds": self.seconds,
            "currency": self.currency,
            "customer": self.customer_id,
            "operator": self.operator_id,
            "reverses": self.reverses_id,
            "reference": self.reference,
            "description": self.description,
            "operator_amount": self.operator_minor,
            "platform_amount": self.platform_minor,
        }


@dataclass(frozen=True, slots=True)
class Posted:
    """What became of one posting. `is_new` is False for a repeat."""

    transaction_id: int
    is_new: bool


def post(*postings: Posting) -> list[Posted]:
    """Post all or none, in one database call; wallets and payables are updated under guard. Nothing to post is nothing posted.

    Raises InsufficientCredit when a wallet would fall below what is held on it, Conflict when a key was used for
    something else, and Conflict `booked_before` for a top-up whose payment is booked already. Either leaves the current transaction fit only to be rolled back.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(_POST, as_rows(postings))
            ids, is_new = cursor.fetchone()
    except DatabaseError as error:
        refused = refusal(error)
        if refused is None:
            raise
        raise refused from error
    return [Posted(transaction_id, is_new) for transaction_id in ids or ()]


def refusal(error: DatabaseError) -> InsufficientCredit | Conflict | None:
    """The expected failure behind an error of the ledger's functions, or None if it is no expected one."""
    state = sqlstate(error)
    if state == NOT_ENOUGH:
        available, required = (int(n) for n in error.__cause__.diag.message_detail.split())  # type: ignore[union-attr]
        return InsufficientCredit(
            _("The balance doesn’t cover this."), balance_minor=available, required_minor=required
        )
    if state == KEY_REUSED:
        return Conflict(_("This key was used before for something else."), code="idempotency_conflict")
    if state == UNIQUE_VIOLATION and _constraint(error) == ONCE_PER_PAYMENT:
        return Conflict(_("This payment was booked before."), code="booked_before")
    return None


def _constraint(error: DatabaseError) -> str | None:
    return getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
