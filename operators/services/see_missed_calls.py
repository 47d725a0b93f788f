"""The operator has seen which calls they missed: the number in the header begins anew."""

from core import clock
from operators.models import Operator


def see_missed_calls(*, operator_id: int) -> None:
    """What was missed until now is no longer counted. One statement."""
    Operator.objects.filter(pk=operator_id).update(missed_seen_at=clock.now())
