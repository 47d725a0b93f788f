"""9 was pressed on an operator's phone: no call goes to that number until it is verified anew, or is another one."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from core import audit
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.models import Operator
from operators.services.presence import announce_presence
from operators.states import Presence


def block_operators_phone(*, number: str, call_id: str, at: datetime) -> None:
    """Whoever answered at `number` asked not to be called: its operator goes offline. On record. Inside a transaction."""
    for operator in Operator.objects.select_for_update().filter(phone=number, phone_blocked_at=None):
        operator.phone_blocked_at = at
        if operator.presence != Presence.OFFLINE:
            operator.presence, operator.presence_since = Presence.OFFLINE, at
        operator.save(update_fields=["phone_blocked_at", "presence", "presence_since"])
        audit.record(
            actor=None, action="operator.do_not_call", subject=operator, reason="9 was pressed during a call", call=call_id
        )  # fmt: skip
        announce_presence(operator)


@transactional
def allow_operators_phone(*, operator_id: int, actor: AbstractBaseUser, reason: str) -> None:
    """Staff have verified anew that the phone is the operator's, and how. Raises Invalid, NotFound, NotAllowed `own_account`, Conflict."""
    reason = checked_reason(reason)
    operator = Operator.objects.select_for_update().filter(pk=operator_id).first()
    if operator is None:
        raise NotFound("There is no such operator.")
    refuse_own_account(actor, operator)
    if operator.phone_blocked_at is None:
        raise Conflict("Calls to this phone aren't blocked.")
    operator.phone_blocked_at = None
    operator.save(update_fields=["phone_blocked_at"])
    audit.record(actor=actor, action="operator.allow_phone", subject=operator, reason=reason)
    announce_presence(operator)
