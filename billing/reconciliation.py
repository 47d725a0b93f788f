"""What waits for staff between processors' statements and the bank, the oldest first. Reads only."""

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value
from django.db.models.fields import CharField
from django.db.models.functions import Cast, Concat

from billing.ledger.models import Transaction
from billing.ledger.states import AccountKind, TransactionKind
from billing.models import Difference, ProcessorStatement, StatementLine
from billing.states import DifferenceState, StatedKind


def open_differences() -> QuerySet[Difference]:
    """Differences that nobody decided."""
    rows = Difference.objects.filter(state=DifferenceState.OPEN)
    return rows.select_related("line__statement", "payment__customer").order_by("id")


def decided_differences() -> QuerySet[Difference]:
    """The last ones that were decided, or agreed by themselves."""
    rows = Difference.objects.exclude(state=DifferenceState.OPEN)
    return rows.select_related("decided_by", "line").order_by("-decided_at")


def waiting_deposits() -> QuerySet[StatementLine]:
    """Deposits that a processor stated and nobody confirmed."""
    rows = StatementLine.objects.filter(kind=StatedKind.DEPOSIT, posted_at=None, banked_minor=None)
    return (
        rows.exclude(difference__state=DifferenceState.DISMISSED).select_related("statement").order_by("id")
    )


def received_outside() -> QuerySet[Transaction]:
    """Money that staff booked as received and nobody confirmed at the bank."""
    key = Concat(Value("banked:"), Cast(OuterRef("pk"), CharField()))
    confirmed = Transaction.objects.filter(idempotency_key=key)
    rows = Transaction.objects.filter(
        kind=TransactionKind.TOP_UP, entries__account__kind=AccountKind.RECEIVED
    )
    return rows.filter(~Exists(confirmed)).select_related("customer", "actor").order_by("id")


def statements() -> QuerySet[ProcessorStatement]:
    """The newest first, with how many lines each has, how many were booked, and their fees."""
    booked = Q(lines__posted_at__isnull=False)
    rows = ProcessorStatement.objects.select_related("uploaded_by")
    return rows.annotate(
        count=Count("lines"), booked=Count("lines", filter=booked), fees=Sum(F("lines__fee_minor"), filter=booked, default=0)
    ).order_by("-id")  # fmt: skip
