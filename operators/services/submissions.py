"""What photos, greetings, and profile texts have in common on their way to the customers: locks, the day's limit, one decision each."""

from datetime import timedelta
from math import ceil
from typing import TypeVar

from core import clock
from core.errors import LimitReached, NotFound
from core.models import AuditRecord
from operators.models import Greeting, Operator, Photo, ProfileText
from operators.models.submission import Submission
from operators.states import ReviewState

S = TypeVar("S", Greeting, Photo, ProfileText)
_THINGS: dict[type[Submission], str] = {Greeting: "greeting", Photo: "photo", ProfileText: "text"}


def lock_operator(operator_id: int) -> Operator:
    """The operator, locked until the end of the transaction. Raises NotFound."""
    rows = Operator.objects.select_for_update(of=("self",)).select_related("user")
    operator = rows.filter(pk=operator_id).first()
    if operator is None:
        raise NotFound("Operator not found.")
    return operator


def lock_waiting(model: type[S], pk: int) -> S:
    """What waits for staff, its operator locked before it. Raises NotFound if that very version doesn't wait any more."""
    owner = model.objects.filter(pk=pk).values_list("operator_id", flat=True).first()
    operator = lock_operator(owner) if owner else None
    row = model.objects.filter(pk=pk, state=ReviewState.WAITING).first() if operator else None
    if row is None or operator is None:
        raise NotFound(f"This {_THINGS[model]} was replaced, withdrawn, or decided in the meantime.")
    row.operator = operator
    return row


def check_daily_limit(operator_id: int, *, action: str, most: int, words: str) -> None:
    """Raises LimitReached with `words` if the operator was recorded `most` times in 24 hours with this `action`."""
    records = AuditRecord.objects.filter(
        subject=f"{Operator._meta.label_lower}:{operator_id}",
        action=action,
        created_at__gt=clock.now() - timedelta(days=1),
    )
    offered = list(records.order_by("created_at").values_list("created_at", flat=True))
    if len(offered) >= most:
        wait = offered[-most] + timedelta(days=1) - clock.now()
        raise LimitReached(words, retry_after_seconds=max(1, ceil(wait.total_seconds())))
