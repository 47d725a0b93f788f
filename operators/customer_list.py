"""Whom an operator spoke with: a list by keyset, and one of them. Of the person: the alias."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from core.errors import Invalid, NotFound
from core.parse import MAX_ID, whole_number
from operators.models import Block, Interaction, Note, Operator
from operators.states import BlockedBy

PAGE = 30
_MAX_MICROS = 10**17 - 1


@dataclass(frozen=True, slots=True)
class CustomerListPage:
    """Some customers, who was here last first, and where the next ones begin (None: there are none)."""

    items: Sequence[Interaction]
    next_before: str | None


def customers_of(operator: Operator, before: str | None = None, limit: int = PAGE) -> CustomerListPage:
    """One page, each with `note_text`, `note_at`, and `is_blocked`: one query. Raises Invalid."""
    rows = _interactions(operator)
    if before:
        last_at, pk = _parse_cursor(before)
        rows = rows.filter(Q(last_at__lt=last_at) | Q(last_at=last_at, pk__lt=pk))
    rows_found = list(rows.order_by("-last_at", "-pk")[: limit + 1])
    items = rows_found[:limit]
    if len(rows_found) <= limit:
        return CustomerListPage(items, None)
    last = items[-1]
    return CustomerListPage(items, f"{_micros(last.last_at)}-{last.pk}")


def get_interaction(operator: Operator, interaction_id: int) -> Interaction:
    """One of the operator's own, the same way. Raises NotFound, also for another operator's."""
    rows_found = _interactions(operator).filter(pk=interaction_id).first() if interaction_id < 2**63 else None
    if rows_found is None:
        raise NotFound("Customer not found.")
    return rows_found


def past_calls_with(operator: Operator, customer_ids: Collection[int]) -> dict[int, int]:
    """Customer id → how many calls the two had; those without any are left out. One query."""
    rows = Interaction.objects.filter(operator=operator, customer__in=list(customer_ids))
    return dict(rows.values_list("customer_id", "calls"))


def interactions_with(operator: Operator, customer_ids: Collection[int]) -> QuerySet[Interaction]:
    """What passed between the operator and each of these, where anything did."""
    return Interaction.objects.filter(operator=operator, customer__in=list(customer_ids))


def interaction_with(operator: Operator, customer_id: int) -> Interaction | None:
    """What passed between the two, if anything did."""
    return Interaction.objects.filter(operator=operator, customer=customer_id).first()


def blocked_by(operator: Operator) -> list[Block]:
    """Whom the operator blocked, the last first."""
    blocks = Block.objects.filter(operator=operator, blocked_by=BlockedBy.OPERATOR)
    return list(blocks.select_related("customer").order_by("-pk")[:200])


def _interactions(operator: Operator) -> QuerySet[Interaction]:
    both = {"operator": OuterRef("operator"), "customer": OuterRef("customer")}
    return (
        Interaction.objects.filter(operator=operator)
        .select_related("customer")
        .annotate(
            note_text=Subquery(Note.objects.filter(**both).values("text")[:1]),
            note_at=Subquery(Note.objects.filter(**both).values("updated_at")[:1]),
            is_blocked=Exists(Block.objects.filter(**both, blocked_by=BlockedBy.OPERATOR)),
        )
    )


def _micros(at: datetime) -> int:
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def _parse_cursor(text: str) -> tuple[datetime, int]:
    micros_text, _, pk_text = text.partition("-")
    micros, pk = whole_number(micros_text, most=_MAX_MICROS), whole_number(pk_text, most=MAX_ID)
    if micros is None or pk is None:
        raise Invalid("before: not a place in this list.")
    seconds, rest = divmod(micros, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest), pk
