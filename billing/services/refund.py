"""Give a customer back what a call, a message, or a tip cost, in full or in part. For staff, and for rules that promise it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q, QuerySet

from billing import postings, staff_limits
from billing.collusion import not_taken_back, refuse_taken_back
from billing.domain_events import funds_available, refunded, sale_refunded
from billing.ledger import accounts
from billing.ledger.models import Transaction
from billing.ledger.posting import Posted, Posting, post
from billing.ledger.states import SALES, TransactionKind
from billing.push import push_tip, push_wallet
from billing.refundable import Line, bill_lines, lines_of
from billing.staff_limits import Approval, Gift
from billing.tips import require_refundable
from core import audit, clock, money
from core.db import transactional
from core.errors import Conflict, Invalid, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account

MAX_KEY_LENGTH = 150
# What a call that was charged only after it was over came to.
_CORRECTION = Q(kind=TransactionKind.ADJUSTMENT, reverses__isnull=True) & ~Q(reference="")


@dataclass(frozen=True, slots=True)
class Refund:
    """What was given back, in minor units, and who gave it. `is_new` is False for a repeat; `things`: calls and texts."""

    transaction_ids: tuple[int, ...]
    amount_minor: int
    operator_minor: int
    platform_minor: int
    is_new: bool
    things: int = 1


def refund_transaction(
    *,
    transaction_id: int,
    amount_minor: int | None = None,
    reason: str,
    claws_back: bool = True,
    actor: AbstractBaseUser | None,
    idempotency_key: str,
    approval: Approval | None = None,
) -> Refund:
    """Refund one sale: `amount_minor` of it, or (None) all that was not refunded yet. Otherwise as `refund_reference`."""
    return _refund(
        Transaction.objects.filter(pk=transaction_id),
        amount_minor=amount_minor,
        reason=reason,
        claws_back=claws_back,
        actor=actor,
        key=idempotency_key,
        approval=approval,
    )


def refund_reference(
    *,
    reference: str,
    amount_minor: int | None = None,
    reason: str,
    claws_back: bool = True,
    actor: AbstractBaseUser | None,
    idempotency_key: str,
    approval: Approval | None = None,
) -> Refund:
    """Refund everything charged for a call id or message id, or (with `amount_minor`) that much of it, talk before fee.

    `claws_back`: the operator gives back their share, in proportion; else the platform pays it all. Never more than
    was charged, corrections included, whoever refunds at the same time. Once for each `idempotency_key`. Raises NotFound (nothing was
    charged), Invalid, NotAllowed `own_account`, ApprovalNeeded, and Conflict: `nothing_left`, `tip_too_old`, `taken_back` (from the
    operator, after a dispute), `idempotency_conflict` (the key was used for something else).
    Pay for free minutes stays with the operator: the customer did not pay it.
    """
    if not reference:
        raise NotFound("Nothing was charged for this.")
    return _refund(
        Transaction.objects.exclude(reference="").filter(reference=reference),
        amount_minor=amount_minor,
        reason=reason,
        claws_back=claws_back,
        actor=actor,
        key=idempotency_key,
        approval=approval,
    )


def refund_references(
    *,
    references: Sequence[str],
    reason: str,
    actor: AbstractBaseUser | None,
    idempotency_key: str,
    approval: Approval | None = None,
) -> Refund | None:
    """Refund all that is left of several calls and texts of one customer as one gift: one limit, one approval, one letter.

    The operator gives back their share, once. None if nothing is left of any. In the caller's transaction. Raises as `refund_reference`.
    """
    rows = Transaction.objects.filter(Q(kind__in=SALES) | _CORRECTION, reference__in=references)
    sale = rows.select_related("customer").order_by("-id").first()
    if sale is None or sale.customer_id is None:
        return None
    accounts.wallet(customer_id=sale.customer_id, currency=sale.currency)  # before what is left is read
    references = not_taken_back(sale.customer_id, references)
    left = {reference: minor for reference in references if (minor := refundable_minor(reference))}
    if not left:
        return None
    gift = Gift(sum(left.values()), customer=sale.customer)
    record = staff_limits.check(actor, gift, approval)
    refunds = [
        _refund(
            Transaction.objects.exclude(reference="").filter(reference=reference),
            amount_minor=minor,
            reason=reason,
            claws_back=True,
            actor=actor,
            key=idempotency_key,
            approval=None,
            part_of=record,
        )
        for reference, minor in left.items()
    ]
    refund = Refund(
        transaction_ids=tuple(number for part in refunds for number in part.transaction_ids),
        amount_minor=sum(part.amount_minor for part in refunds),
        operator_minor=sum(part.operator_minor for part in refunds),
        platform_minor=sum(part.platform_minor for part in refunds),
        is_new=True,
        things=len(refunds),
    )
    refunded.tell(refund=refund, sale=sale, actor=actor)
    return refund


def refundable_minor(reference: str) -> int:
    """How much of what was charged for a call id or message id can still be given back, corrections included."""
    return sum(line.left_minor for line in bill_lines(reference))


@transactional
def _refund(
    reference_rows: QuerySet[Transaction],
    *,
    amount_minor: int | None,
    reason: str,
    claws_back: bool,
    actor: AbstractBaseUser | None,
    key: str,
    approval: Approval | None,
    part_of: Mapping[str, Any] | None = None,
) -> Refund:
    """`part_of`: what goes on record of a larger gift that was checked as a whole, and about which its caller tells."""
    reason = checked_reason(reason, "it is kept with the refund")
    if amount_minor is not None and not 1 <= amount_minor <= money.MAX_MINOR:
        raise Invalid("The amount must be more than zero.")
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise Invalid(f"Idempotency key: 1 to {MAX_KEY_LENGTH} characters.")
    rows = reference_rows.filter(Q(kind__in=SALES) | _CORRECTION).order_by("-id")
    first = _first_sale(rows, actor)
    assert first.customer_id is not None, "a customer paid for every sale"
    # The wallet's lock puts refunds and corrections in a row.
    wallet = accounts.wallet(customer_id=first.customer_id, currency=first.currency)
    row_ids = set(rows.values_list("pk", flat=True))
    earlier_refunds = list(Transaction.objects.filter(idempotency_key__in=[_key(key, pk) for pk in row_ids]))
    if earlier_refunds:
        return _same(earlier_refunds, amount_minor, reason)
    if part_of is None and approval is None:  # approved: it was asked for in time
        require_refundable(first, clock.now())
    refuse_taken_back(first.customer_id, first.reference, claws_back=claws_back)
    lines = [line for line in lines_of(first) if line.row.pk in row_ids]
    if not lines:
        raise NotFound("Nothing was charged for this.")

    postings = [
        _posting(
            line, amount, claws_back=claws_back, wallet_id=wallet.pk, actor=actor, reason=reason, key=key
        )
        for line, amount in _allocate(lines, amount_minor)
    ]
    total_minor = sum(posting.amount_minor for posting in postings)
    details = part_of
    if details is None:
        details = staff_limits.check(actor, Gift(total_minor, customer=first.customer), approval)
    posted = post(*postings)
    audit.record(
        actor=actor,
        action="transaction.refund",
        subject=first,
        reason=reason,
        reference=first.reference,
        amount_minor=total_minor,
        claws_back=claws_back,
        transactions=[row.transaction_id for row in posted],
        **details,
    )
    refund = _new(postings, posted)
    if part_of is None:
        refunded.tell(refund=refund, sale=first, actor=actor)
    _announce(first)
    return refund


def _announce(sale: Transaction) -> None:
    """To open pages, and to whoever follows what was sold."""
    push_wallet(sale.customer_id)
    if sale.kind == TransactionKind.TIP and sale.operator_id is not None:
        push_tip(sale.operator_id)
    funds_available.after_commit(customer_id=sale.customer_id)
    sale_refunded.after_commit(reference=sale.reference)


def _new(postings: Sequence[Posting], posted: Sequence[Posted]) -> Refund:
    return Refund(
        transaction_ids=tuple(row.transaction_id for row in posted),
        amount_minor=sum(posting.amount_minor for posting in postings),
        operator_minor=sum(posting.operator_minor for posting in postings),
        platform_minor=sum(posting.platform_minor for posting in postings),
        is_new=True,
    )


def _first_sale(rows: QuerySet[Transaction], actor: AbstractBaseUser | None) -> Transaction:
    """The last thing sold. Raises NotFound, and NotAllowed `own_account` for staff who paid for it or earned on it."""
    first = rows.select_related("customer", "operator").first()
    if first is None:
        raise NotFound("Nothing was charged for this.")
    refuse_own_account(actor, first.customer, first.operator)
    return first


def _allocate(lines: Sequence[Line], amount_minor: int | None) -> list[tuple[Line, int]]:
    """How much of each part of the bill to give back, the last sold (a call's talk) first. Raises Conflict, Invalid."""
    refundable_minor = sum(line.left_minor for line in lines)
    if refundable_minor == 0:
        raise Conflict("This was already refunded in full.", code="nothing_left")
    requested_minor = refundable_minor if amount_minor is None else amount_minor
    if requested_minor > refundable_minor:
        refundable_text = money.format_money(refundable_minor, lines[0].row.currency)
        raise Invalid(
            f"At most {refundable_text} can still be refunded.", code="too_much", left_minor=refundable_minor
        )
    parts = []
    for line in lines:
        part = min(line.left_minor, requested_minor)
        requested_minor -= part
        if part:
            parts.append((line, part))
    return parts


def _posting(
    line: Line, amount_minor: int, *, claws_back: bool, wallet_id: int, actor: AbstractBaseUser | None,
    reason: str, key: str,
) -> Posting:  # fmt: skip
    sale = line.row
    given = line.given_back(amount_minor, claws_back=claws_back)
    payable = None
    if given.operator_minor:
        assert sale.operator_id is not None, "an operator earned on it"
        payable = accounts.payable_id(operator_id=sale.operator_id, currency=sale.currency)
    return postings.for_refund(
        sale,
        given.parts,
        tax_minor=given.tax_minor,
        jurisdiction=line.jurisdiction,
        key=_key(key, sale.pk),
        wallet_id=wallet_id,
        payable_id=payable,
        actor_id=actor.pk if actor else None,
        reason=reason,
    )


def _key(key: str, sale_id: int) -> str:
    return f"refund:{key}:{sale_id}"


def _same(earlier_refunds: Sequence[Transaction], amount_minor: int | None, reason: str) -> Refund:
    """The refund of the first time. Raises Conflict if this one asks for something else."""
    total = sum(row.amount_minor for row in earlier_refunds)
    if any(row.reason != reason for row in earlier_refunds) or amount_minor not in (None, total):
        raise Conflict("This key was used before for another refund.", code="idempotency_conflict")
    return Refund(
        transaction_ids=tuple(row.pk for row in earlier_refunds),
        amount_minor=total,
        operator_minor=sum(row.operator_minor for row in earlier_refunds),
        platform_minor=sum(row.platform_minor for row in earlier_refunds),
        is_new=False,
    )
