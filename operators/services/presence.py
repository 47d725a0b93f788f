"""An operator says whether they take calls; telephony says whether they are in one."""

from core import clock, push
from core.db import transactional
from core.errors import Invalid, NotAllowed
from operators.models import Operator
from operators.selectors import presence_message
from operators.states import Presence, Standing

DIRECTORY_GROUP = "directory"


@transactional
def set_presence(*, operator_id: int, presence: str) -> Operator:
    """Go online, away or offline. Raises NotAllowed while the house does not let them work, or without a phone."""
    if presence not in Presence.values:
        raise Invalid("Presence is online, away or offline.")
    operator = Operator.objects.select_for_update().get(pk=operator_id)
    if presence == Presence.ONLINE:
        if operator.standing != Standing.APPROVED or operator.identified_at is None:
            raise NotAllowed("You can go online once staff have approved you.", code="not_approved")
        if not operator.phone:
            raise NotAllowed("You can go online once we know which phone to ring.", code="no_phone")
    if operator.presence != presence:
        operator.presence, operator.presence_since = Presence(presence), clock.now()
        operator.save(update_fields=["presence", "presence_since"])
        announce_presence(operator)
    return operator


def set_in_call(*, operator: Operator, in_call: bool) -> None:
    """Telephony's word, inside its transaction: the operator is taken, or free again."""
    Operator.objects.filter(pk=operator.pk).update(in_call=in_call)
    operator.in_call = in_call
    announce_presence(operator)


def announce_presence(operator: Operator) -> None:
    """Tell every open page that shows the operator."""
    push.after_commit(DIRECTORY_GROUP, lambda: {"type": "push", "payload": presence_message(operator)})
