"""Book what another system owed: the balances of its customers, and what its operators had earned and weren't paid."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser

from billing import conf
from billing.ledger import accounts
from billing.ledger.posting import Posting, Side, post
from billing.ledger.states import AccountKind, TransactionKind
from core.db import transactional
from core.errors import Invalid

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Opening:
    """What one person brings over, minor units, more than zero. `key` books it once, and names them as the other system did."""

    key: str
    amount_minor: int
    customer_id: int | None = None
    operator_id: int | None = None


@transactional
def book_opening_balances(openings: Sequence[Opening], *, actor: AbstractBaseUser, reason: str) -> None:
    """Put each into its wallet, as paid money, or on what is owed to its operator, against the account of what was brought over.

    Raises Invalid for an amount of zero or less, Conflict `idempotency_conflict`.
    """
    postings = [_posting(opening, actor, reason) for opening in openings]
    for start in range(0, len(postings), _BATCH):
        post(*postings[start : start + _BATCH])


def _posting(opening: Opening, actor: AbstractBaseUser, reason: str) -> Posting:
    if opening.amount_minor <= 0:
        raise Invalid("The amount must be more than zero.")
    currency = conf.currency()
    if opening.customer_id is not None:
        account_id = accounts.wallet(customer_id=opening.customer_id, currency=currency).pk
    else:
        assert opening.operator_id is not None, "of a customer or of an operator"
        account_id = accounts.payable_id(operator_id=opening.operator_id, currency=currency)
    return Posting(
        kind=TransactionKind.OPENING,
        key=opening.key,
        amount_minor=opening.amount_minor,
        currency=currency,
        customer_id=opening.customer_id,
        operator_id=opening.operator_id,
        description="Balance brought over",
        actor_id=actor.pk,
        reason=reason,
        sides=(
            Side(opening.amount_minor, account_id=account_id),
            Side(-opening.amount_minor, kind=AccountKind.OPENING),
        ),
    )
