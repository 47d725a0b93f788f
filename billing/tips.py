"""Reads about tips: to whom they may go, which ones there were, and for how long they can be refunded.

A tip is a sale and a bill of its own. Its reference names the call it was given for and counts the tips of that call, so that
neither a correction nor a refund of the call touches it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from billing import conf
from billing.ledger.models import Transaction
from billing.ledger.states import CALL_SALES, TransactionKind
from billing.models import Case
from brands.models import Brand
from core.errors import Conflict, NotAllowed, NotFound
from customers.models import Customer
from operators.eligibility import Obstacle, may_spend
from operators.models import Operator
from operators.selectors import listed_operator

MOST_FOR_ONE_CALL = 20
_MARK = ".tip"
_ID_MARGIN = timedelta(minutes=5)  # ids and times of transactions grow together but for moments


def tip_reference(call_reference: str, number: int) -> str:
    """The reference of a call's first, second, … tip."""
    return f"{call_reference}{_MARK}{number}"


def call_reference_of(reference: str) -> str:
    """The id of the call that a tip was given for; any other reference as it is."""
    return reference.rpartition(_MARK)[0] or reference


def tip_references(call_reference: str) -> list[str]:
    """The references that tips for this call have, or may still get."""
    return [tip_reference(call_reference, number) for number in range(1, MOST_FOR_ONE_CALL + 1)]


def tips_for(call_reference: str) -> list[Transaction]:
    """The tips that were given for a call, oldest first, refunded ones among them."""
    rows = Transaction.objects.filter(reference__in=tip_references(call_reference), kind=TransactionKind.TIP)
    return list(rows.order_by("id"))


def latest_tips_to(operator_id: int, since: datetime, limit: int) -> Sequence[Transaction]:
    """The last tips to an operator since then that were not refunded, newest first, customers (for their alias) loaded."""
    # From the first id of that time on: else all that the operator ever sold might be read.
    first = (
        Transaction.objects.filter(created_at__gte=since - _ID_MARGIN).order_by("created_at").values("id")[:1]
    )
    rows = Transaction.objects.filter(
        operator=operator_id, kind=TransactionKind.TIP, created_at__gte=since, id__gte=Subquery(first)
    )
    kept = rows.exclude(Exists(Transaction.objects.filter(reverses=OuterRef("pk"))))
    return list(kept.select_related("customer").order_by("-id")[:limit])


def operator_to_tip(customer: Customer, operator_id: int, brand: Brand, at: datetime) -> Operator:
    """The operator, if the customer may give them anything on this brand.

    Raises NotFound: not on this brand, or one of the two wants no contact; nobody can tell which. Raises NotAllowed for what is
    in the way of the customer's own account.
    """
    operator = listed_operator(brand, operator_id)
    try:
        may_spend(customer, operator, brand, at)
    except NotAllowed as refusal:
        if refusal.error_code != Obstacle.BLOCKED:
            raise
        raise NotFound(_("Operator not found.")) from None
    return operator


def paid_lately(customer_id: int, operator_id: int, at: datetime) -> bool:
    """Whether the customer paid this operator in the last days that count, for a call or for a text that was not refunded."""
    since = at - timedelta(days=conf.tip_rules().paid_days)
    given_back = Exists(Transaction.objects.filter(reverses=OuterRef("pk")))
    kinds = Q(kind__in=CALL_SALES) | Q(kind=TransactionKind.MESSAGE) & ~given_back
    rows = Transaction.objects.filter(kinds, customer=customer_id, operator=operator_id)
    return rows.filter(created_at__gte=since).exists()


def refundable_until(tip: Transaction) -> datetime:
    """Until when staff can refund it, or the customer can ask for that."""
    return tip.created_at + timedelta(hours=conf.tip_rules().refund_hours)


def require_refundable(sale: Transaction, at: datetime) -> None:
    """Raise Conflict `tip_too_old` for a tip that can't be refunded any more. Anything else that was sold passes, and a tip
    about which the customer opened a case in time.
    """
    until = refundable_until(sale)
    if sale.kind != TransactionKind.TIP or at <= until:
        return
    if not Case.objects.filter(reference=sale.reference, opened_at__lte=until).exists():
        hours = conf.tip_rules().refund_hours
        raise Conflict(
            _("A tip can be refunded for %(hours)s hours. This one is older.") % {"hours": hours},
            code="tip_too_old",
        )
