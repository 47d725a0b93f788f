"""Decide what differs between processors' statements and our books, and confirm what arrived at the bank."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Max, Min

from billing.ledger.models import Transaction
from billing.ledger.posting import Posted, post
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import Difference, Payment, ProcessorStatement, StatementLine
from billing.services.read_statement import book_fees, difference_of
from billing.statement_matching import OUR_TOTAL, Found, Matching, missing, our_minor, payments_named
from billing.statement_postings import banked_key, for_deposit, for_received
from billing.states import DifferenceKind, DifferenceState, StatedKind
from core import audit, clock
from core.db import transactional
from core.errors import Conflict, Invalid, NotFound
from core.parse import checked_reason

MISSING_AFTER = timedelta(days=5)  # before the last day that statements cover
_MAX_REFERENCE = 80
_BATCH = 1_000


@transactional
def decide_difference(
    *, difference_id: int, is_accepted: bool, reason: str, actor: AbstractBaseUser
) -> Difference:
    """Take a difference off the queue. Accepted, its fee (or what arrived at the bank) is booked as stated; else nothing is.

    No wallet changes by it. Raises Invalid (no reason, or nothing to book), NotFound, Conflict `already_decided`.
    """
    reason = checked_reason(reason)
    row = Difference.objects.select_for_update(of=("self",)).filter(pk=difference_id).first()
    if row is None:
        raise NotFound("Difference not found.")
    if row.state != DifferenceState.OPEN:
        raise Conflict("This difference was already decided.", code="already_decided")
    if is_accepted:
        line = row.line
        if line is None:
            raise Invalid("No statement has this payment: there is nothing to book.", code="nothing_to_book")
        if line.kind == StatedKind.DEPOSIT and not line.banked_minor:
            raise Invalid("Confirm the deposit first, with what arrived.", code="not_confirmed")
        if line.kind == StatedKind.DEPOSIT:
            _book_deposit(line, actor)
        else:
            book_fees([line])
    _close(row, DifferenceState.ACCEPTED if is_accepted else DifferenceState.DISMISSED, reason, actor)
    audit.record(actor=actor, action="difference.decide", subject=row, reason=reason, state=str(row.state))
    return row


@transactional
def confirm_deposit(
    *, line_id: int, amount_minor: int, bank_reference: str, actor: AbstractBaseUser
) -> StatementLine:
    """A deposit arrived at the bank: book it, or queue it where another amount arrived than was stated.

    Raises Invalid, NotFound, Conflict `already_confirmed`.
    """
    bank_reference = _checked_reference(bank_reference)
    if amount_minor <= 0:
        raise Invalid("The amount must be more than zero.")
    lines = StatementLine.objects.select_for_update(of=("self",))
    line = lines.filter(pk=line_id, kind=StatedKind.DEPOSIT).first()
    if line is None:
        raise NotFound("Deposit not found.")
    difference = Difference.objects.filter(line=line).first()
    is_waiting = difference is None or (
        difference.state == DifferenceState.OPEN and difference.kind == DifferenceKind.DUPLICATE
    )
    if line.posted_at is not None or not is_waiting:
        raise Conflict("This deposit was already confirmed.", code="already_confirmed")
    line.bank_reference, line.banked_minor = bank_reference, amount_minor
    line.save(update_fields=["bank_reference", "banked_minor"])
    if difference is None and amount_minor == line.gross_minor:
        _book_deposit(line, actor)
    elif difference is None:
        found = Found(DifferenceKind.BANK, amount_minor, line.gross_minor)
        difference_of(line, found).save()
    audit.record(
        actor=actor, action="statement.confirm_deposit", subject=line, amount_minor=amount_minor,
        bank_reference=bank_reference,
    )  # fmt: skip
    return line


@transactional
def confirm_received(*, transaction_id: int, bank_reference: str, actor: AbstractBaseUser) -> Posted:
    """Money that staff booked as received outside is at the bank. Once for each. Raises Invalid, NotFound, Conflict `already_confirmed`."""
    bank_reference = _checked_reference(bank_reference)
    top_up = Transaction.objects.filter(pk=transaction_id, kind=TransactionKind.TOP_UP).first()
    sides = top_up.entries.filter(account__kind=AccountKind.RECEIVED) if top_up else None
    minor = -sum(sides.values_list("amount_minor", flat=True)) if sides is not None else 0
    if top_up is None or minor <= 0:
        raise NotFound("Payment not found.")
    if Transaction.objects.filter(idempotency_key=banked_key(top_up.pk)).exists():
        raise Conflict("This payment was already confirmed.", code="already_confirmed")
    [posted] = post(for_received(top_up, minor=minor, bank_reference=bank_reference, actor_id=actor.pk))
    audit.record(
        actor=actor, action="statement.confirm_received", subject=top_up, amount_minor=minor,
        bank_reference=bank_reference,
    )  # fmt: skip
    return posted


def recheck_differences() -> int:
    """Close differences that agree by now, and queue what no statement has; how many were closed or opened. Run every night."""
    return _recheck_lines() + _recheck_missing() + _find_missing()


@transactional
def _recheck_lines() -> int:
    open_rows = Difference.objects.filter(
        state=DifferenceState.OPEN, kind__in=(DifferenceKind.AMOUNT, DifferenceKind.UNKNOWN)
    )
    rows = list(open_rows.select_for_update(of=("self",)).select_related("line").order_by("id")[:_BATCH])
    lines = [row.line for row in rows if row.line is not None]
    for gateway in {line.gateway for line in lines}:
        unknown = [
            line for line in lines if line.gateway == gateway and line.payment_id is None and line.charge
        ]
        known = payments_named(gateway, {line.charge for line in unknown}, set())
        for line in unknown:
            if line.charge in known:
                line.payment_id = known[line.charge]
                line.save(update_fields=["payment"])
    matching = Matching(lines)
    return _agree(rows, lambda row: row.line is not None and matching.difference(row.line) is None)


@transactional
def _recheck_missing() -> int:
    open_rows = Difference.objects.filter(state=DifferenceState.OPEN, kind=DifferenceKind.MISSING)
    rows = list(open_rows.select_for_update(of=("self",)).select_related("payment").order_by("id")[:_BATCH])
    stated = _stated_of([row.payment for row in rows if row.payment is not None])
    return _agree(
        rows,
        lambda row: (
            row.payment is not None
            and stated.get((row.payment.pk, row.stated), 0) >= our_minor(row.payment, row.stated)
        ),
    )


@transactional
def _find_missing() -> int:
    at, rows = clock.now(), list[Difference]()
    covered = ProcessorStatement.objects.values("gateway").annotate(Min("first_day"), Max("last_day"))
    for gateway, first_day, last_day in covered.values_list("gateway", "first_day__min", "last_day__max"):
        for kind in OUR_TOTAL:
            found = missing(
                gateway, kind, first_day=first_day + timedelta(days=1), last_day=last_day - MISSING_AFTER
            )
            rows += [
                Difference(
                    gateway=gateway, kind=DifferenceKind.MISSING, payment=payment, stated=kind, opened_at=at,
                    ours_minor=our_minor(payment, kind), theirs_minor=stated, currency=payment.currency,
                )
                for payment, stated in found
            ]  # fmt: skip
    before = Difference.objects.count()
    Difference.objects.bulk_create(rows, ignore_conflicts=True)
    return Difference.objects.count() - before


def _stated_of(payments: list[Payment]) -> dict[tuple[int, str], int]:
    stated = dict[tuple[int, str], int]()
    lines = StatementLine.objects.filter(payment__in=payments)
    lines = lines.exclude(difference__state=DifferenceState.DISMISSED)
    for payment_id, kind, minor in lines.values_list("payment", "kind", "gross_minor"):
        stated[payment_id, kind] = stated.get((payment_id, kind), 0) + minor
    return stated


def _agree(rows: list[Difference], agrees: Callable[[Difference], bool]) -> int:
    agreed = [row for row in rows if agrees(row)]
    book_fees(row.line for row in agreed if row.line is not None)
    for row in agreed:
        _close(row, DifferenceState.AGREED, "", None)
    return len(agreed)


def _close(row: Difference, state: DifferenceState, reason: str, actor: AbstractBaseUser | None) -> None:
    row.state, row.reason, row.decided_at = state, reason, clock.now()
    row.decided_by_id = actor.pk if actor else None
    row.save(update_fields=["state", "reason", "decided_at", "decided_by"])


def _book_deposit(line: StatementLine, actor: AbstractBaseUser) -> None:
    post(for_deposit(line, actor_id=actor.pk))
    line.posted_at = clock.now()
    line.save(update_fields=["posted_at"])


def _checked_reference(text: str) -> str:
    text = " ".join(text.replace("\x00", "").split())
    if not 1 <= len(text) <= _MAX_REFERENCE:
        raise Invalid(f"Give the bank's reference, up to {_MAX_REFERENCE} characters.", code="no_reference")
    return text
