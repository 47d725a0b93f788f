"""An operator chooses how many free first minutes new callers have, out of what she may give away each month."""

from core import audit
from core.db import transactional
from core.errors import Invalid
from operators.models import Operator
from operators.models.operator import MOST_FIRST_MINUTES


@transactional
def change_first_minutes(*, operator_id: int, minutes: int) -> None:
    """From the next call on; 0 turns them off. Raises Invalid."""
    if not 0 <= minutes <= MOST_FIRST_MINUTES:
        raise Invalid(f"Choose from 0 to {MOST_FIRST_MINUTES} minutes.")
    operator = Operator.objects.select_for_update(no_key=True).get(pk=operator_id)
    before = operator.first_minutes
    if before == minutes:
        return
    operator.first_minutes = minutes
    operator.save(update_fields=["first_minutes"])
    audit.record(
        actor=operator.user, action="operator.first_minutes", subject=operator, before=before, after=minutes
    )
