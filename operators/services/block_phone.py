"""Phones of operators that are not called: 9 was pressed, or nobody has verified them. Staff may verify one themselves."""

from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser

from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.models import Operator
from operators.phones import phone_obstacle, require_working_phone
from operators.services.presence import announce_presence, go_offline
from phones.models import PhoneNumber


def block_operators_phone(*, number: PhoneNumber, call_id: str, at: datetime) -> None:
    """Whoever answered at `number` asked not to be called: its operator goes offline. On record. Inside a transaction."""
    for operator in Operator.objects.select_for_update().filter(phone_number=number, phone_blocked_at=None):
        operator.phone_blocked_at = at
        go_offline(operator, at)
        operator.save(update_fields=["phone_blocked_at", "presence", "presence_since"])
        audit.record(
            actor=None, action="operator.do_not_call", subject=operator, reason="9 was pressed during a call", call=call_id
        )  # fmt: skip
        announce_presence(operator)


@transactional
def allow_operators_phone(*, operator_id: int, actor: AbstractBaseUser, reason: str) -> None:
    """Staff have verified that the phone is the operator's, and how. Raises Invalid, NotFound, NotAllowed, Conflict."""
    reason = checked_reason(reason)
    operator = Operator.objects.select_for_update().filter(pk=operator_id).first()
    if operator is None:
        raise NotFound("Operator not found.")
    refuse_own_account(actor, operator)
    if operator.phone_number_id is None or phone_obstacle(operator) is None:
        raise Conflict("There is no phone to verify.")
    operator.phone_blocked_at, operator.phone_verified_at = None, clock.now()
    require_working_phone(operator)
    operator.save(update_fields=["phone_blocked_at", "phone_verified_at"])
    audit.record(actor=actor, action="operator.allow_phone", subject=operator, reason=reason)
    announce_presence(operator)
