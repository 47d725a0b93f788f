"""A test call to one of an operator's phones: it rings, asks for 1, and the page shows how far it came. No bridge, no charge.

What was asked for is in the audit record; how it goes is the adapter's to tell, for as long as it remembers.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import QuerySet

from core import audit, clock
from core.db import transactional
from core.errors import Conflict, NotAllowed, NotFound
from core.ids import new_id
from core.models import AuditRecord
from operators.models import Operator
from operators.phones import ListedPhone, listed_phones
from operators.services.submissions import check_daily_limit, lock_operator
from operators.states import Presence
from telephony import adapter_client, errors
from telephony.call_plan import Verification
from telephony.prompts import phone_test_prompts
from telephony.services.verify_operator_phone import brand_that_calls

log = logging.getLogger(__name__)

CALLS_PER_DAY = 20
DIAL_WITHIN = timedelta(seconds=10)
SHOWN_FOR = timedelta(minutes=10)
LIVE_FOR = timedelta(minutes=2)  # longer than such a call lasts
KEY = "1"
_ACTION = "operator.phone_test"
_DECLINED_CAUSES = (17, 21)  # Q.850, as Asterisk reports them


class PhoneTest(StrEnum):
    """How far a test call is, or how it ended."""

    RINGING = "ringing"
    ANSWERED = "answered"
    WORKED = "worked"  # 1 was pressed
    NO_KEY = "no_key"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    FAILED = "failed"  # the phone system could not, or can't say


LIVE = frozenset({PhoneTest.RINGING, PhoneTest.ANSWERED})
_STATES = {
    "ringing": PhoneTest.RINGING,
    "speaking": PhoneTest.ANSWERED,
    "pressed": PhoneTest.WORKED,
    "no_key": PhoneTest.NO_KEY,
    "spoken": PhoneTest.NO_KEY,  # an older adapter, which hears no key
}


@dataclass(frozen=True, slots=True)
class LastPhoneTest:
    """The last test call of an operator."""

    hint: str
    state: PhoneTest
    begun_at: datetime


def call_to_test(*, operator_id: int, number_id: int) -> None:
    """Call this phone of the operator. Raises NotFound, NotAllowed for one that isn't called, Conflict (`online`,
    `already_in_call`), LimitReached, PhoneSystemUnavailable.
    """
    reference, phone, operator = _prepare(operator_id, number_id)
    sounds, thanks = phone_test_prompts()
    asked = Verification(
        verification_id=reference,
        number=phone.number.e164,
        caller_id=brand_that_calls(operator).operator_caller_id,
        sounds=sounds,
        not_after=(clock.now() + DIAL_WITHIN).timestamp(),
        key=KEY,
        thanks=thanks,
    )
    try:
        answer = adapter_client.verify(asked)
    except adapter_client.Unknown:
        return  # the phone may ring
    except adapter_client.Refused:
        answer = None
    if answer is None or not answer.is_ok:
        log.error("%s: the adapter refused: %s", reference, answer.error if answer else "nobody there")
        raise errors.PhoneSystemUnavailable("Calling is down right now. Please try again in a minute.")


def last_phone_test(operator: Operator) -> LastPhoneTest | None:
    """The operator's last test call and how it went, for ten minutes; the adapter is asked. None without one."""
    record = _last_record(operator)
    phone = _phone_of(operator, record.details["phone"]) if record else None
    if record is None or phone is None:
        return None
    return LastPhoneTest(phone.number.hint, _state_of(record.details["reference"]), record.created_at)


def has_tested_phone(operator: Operator) -> bool:
    """Whether the operator ever asked for a test call."""
    return _records(operator).exists()


def _state_of(reference: str) -> PhoneTest:
    try:
        answer = adapter_client.verification(reference)
    except (adapter_client.Refused, adapter_client.Unknown):
        return PhoneTest.FAILED
    state = str(answer.body.get("state", "")) if answer.is_ok else ""
    if state == "not_reached":
        is_busy = answer.body.get("cause") in _DECLINED_CAUSES
        return PhoneTest.BUSY if is_busy else PhoneTest.NO_ANSWER
    return _STATES.get(state, PhoneTest.FAILED)


def _last_record(operator: Operator) -> AuditRecord | None:
    return _records(operator).filter(created_at__gt=clock.now() - SHOWN_FOR).order_by("-id").first()


def _records(operator: Operator) -> QuerySet[AuditRecord]:
    subject = f"{Operator._meta.label_lower}:{operator.pk}"
    return AuditRecord.objects.filter(subject=subject, action=_ACTION)


def _phone_of(operator: Operator, number_id: int) -> ListedPhone | None:
    return next((phone for phone in listed_phones(operator) if phone.number.pk == number_id), None)


@transactional
def _prepare(operator_id: int, number_id: int) -> tuple[str, ListedPhone, Operator]:
    operator = lock_operator(operator_id)
    phone = _phone_of(operator, number_id)
    if phone is None:
        raise NotFound("Phone not found.")
    if phone.obstacle is not None:
        raise NotAllowed("We don’t call this phone. Verify it first.", code=phone.obstacle)
    if operator.in_call:
        raise Conflict("You’re on a call. Test your phone when it’s over.", code="already_in_call")
    if operator.presence == Presence.ONLINE:
        raise Conflict(
            "You’re online. Go offline first, so that no customer calls during the test.", code="online"
        )
    check_daily_limit(
        operator.pk,
        action=_ACTION,
        most=CALLS_PER_DAY,
        words="That’s a lot of test calls for one day. Please try again tomorrow.",
    )
    reference = new_id("verify")
    audit.record(actor=operator.user, action=_ACTION, subject=operator, phone=number_id, reference=reference)
    return reference, phone, operator
