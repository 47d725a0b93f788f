"""Phones of operators that are not called: 9 was pressed, or nobody has verified them. Staff may verify one themselves."""

from dataclasses import replace
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Q

from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotFound
from core.parse import checked_reason
from customers.own_account import refuse_own_account
from operators.models import Operator
from operators.phones import listed_phones, phone_obstacle, require_working_phone
from operators.services.phone_list import keep_phones
from operators.services.presence import announce_presence, go_offline
from operators.services.submissions import lock_operator
from phones.models import PhoneNumber


def block_operators_phone(*, number: PhoneNumber, call_id: str, at: datetime) -> None:
    """Whoever answered at `number` asked not to be called: its operators' other phones are called instead, and who has no other
    goes offline. On record. Inside a transaction.
    """
    is_first = Q(phone_number=number, phone_blocked_at=None)
    is_listed = Q(phones__phone_number=number, phones__position__gt=1, phones__blocked_at=None)
    owners = Operator.objects.filter(is_first | is_listed).values_list("pk", flat=True)
    for operator_id in sorted(set(owners)):
        operator = lock_operator(operator_id)
        phones = [
            replace(phone, blocked_at=at) if phone.number == number else phone
            for phone in listed_phones(operator)
        ]
        keep_phones(operator, phones)
        if not any(phone.obstacle is None for phone in phones) and go_offline(operator, at):
            operator.save(update_fields=["presence", "presence_since"])
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
    keep_phones(operator, listed_phones(operator))
    audit.record(actor=actor, action="operator.allow_phone", subject=operator, reason=reason)
    announce_presence(operator)
