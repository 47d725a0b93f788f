"""An operator records a greeting on their phone: they ask for the call, the phone system tells how it goes, and the recording goes
the way of an uploaded one (`operators.services.greetings`).
"""

import logging
from datetime import datetime, timedelta

from core import clock
from core.db import transactional
from core.errors import Conflict, DomainError, LimitReached, NotAllowed, NotFound
from core.ids import new_id
from operators.models import Operator
from operators.phones import listed_phones, require_working_phone
from operators.services.greetings import upload_greeting
from operators.services.submissions import lock_operator
from operators.states import Presence
from telephony import adapter_client, errors
from telephony.greeting_models import LIVE_FOR, GreetingCall
from telephony.greeting_wire import GreetingCallPlan, GreetingEvent
from telephony.prompts import greeting_prompts
from telephony.services.verify_operator_phone import brand_that_calls
from telephony.states import LIVE_GREETING_CALLS, GreetingCallEnd, GreetingCallState

log = logging.getLogger(__name__)

CALLS_PER_DAY = 10
DIAL_WITHIN = timedelta(seconds=10)
_DAY = timedelta(days=1)


def call_to_record(*, operator_id: int, number_id: int | None = None) -> GreetingCall:
    """Call one of the operator's phones, the first unless `number_id` says which, and record a greeting.

    Raises NotFound for a phone that isn't one of theirs, NotAllowed without a phone that may be called, Conflict (`already_recording`, `online`, `already_in_call`), LimitReached,
    PhoneSystemUnavailable (then it does not count).
    """
    call, number = _prepare(operator_id, number_id)
    plan = GreetingCallPlan(
        greeting_id=call.reference,
        number=number,
        caller_id=brand_that_calls(call.operator).operator_caller_id,
        prompts=greeting_prompts(),
        not_after=(call.created_at + DIAL_WITHIN).timestamp(),
    )
    try:
        answer = adapter_client.record_greeting(plan)
    except adapter_client.Unknown:
        return call  # the phone may ring; the call counts
    except adapter_client.Refused:
        answer = None
    if answer is None or not answer.is_ok:
        log.error("%s: the adapter refused: %s", call.reference, answer.error if answer else "nobody there")
        call.delete()
        raise errors.PhoneSystemUnavailable("Calling is down right now. Please try again in a minute.")
    return call


@transactional
def handle_greeting_event(event: GreetingEvent) -> None:
    """Note how far the call is; with `kept`, hand the recording in, once. A repeat and what comes out of order change nothing.

    Raises UnknownGreetingCall, Conflict for a recording of one that was given up.
    """
    owner = (
        GreetingCall.objects.filter(reference=event.greeting_id).values_list("operator_id", flat=True).first()
    )
    if owner is None:
        raise errors.UnknownGreetingCall("There is no such call.")
    lock_operator(owner)  # before the call's row, as `_prepare` does
    call = GreetingCall.objects.select_for_update().get(reference=event.greeting_id)
    if event.sequence <= call.sequence:
        return
    if call.ended_at is not None:
        raise Conflict("This call was given up.", code="over")
    call.sequence, call.state = event.sequence, event.state
    if event.state not in LIVE_GREETING_CALLS:
        call.ended_at, call.why = clock.now(), event.why or ""
    if event.state is GreetingCallState.KEPT:
        _hand_in(call, event.sound)
    call.save()


def latest_greeting_call(operator: Operator) -> GreetingCall | None:
    """The operator's last such call, over or not."""
    return GreetingCall.objects.filter(operator=operator).order_by("-created_at").first()


def _hand_in(call: GreetingCall, sound: bytes) -> None:
    """Take the recording as a file that was uploaded. What speaks against it, its operator reads; the phone system can't help it."""
    try:
        upload_greeting(operator_id=call.operator_id, data=sound)
    except DomainError as error:
        call.state, call.why, call.reason = (
            GreetingCallState.ENDED,
            GreetingCallEnd.REFUSED,
            error.message[:200],
        )


@transactional
def _prepare(operator_id: int, number_id: int | None) -> tuple[GreetingCall, str]:
    operator, at = lock_operator(operator_id), clock.now()
    number = _number_to_call(operator, number_id)
    if operator.in_call:
        raise Conflict("You’re on a call. Record your greeting when it’s over.", code="already_in_call")
    if operator.presence == Presence.ONLINE:
        raise Conflict(
            "You’re online. Go offline first, so that no customer calls while you record.", code="online"
        )
    own = GreetingCall.objects.filter(operator=operator)
    own.filter(ended_at=None, created_at__lte=at - LIVE_FOR).update(
        state=GreetingCallState.ENDED, why=GreetingCallEnd.LOST, ended_at=at
    )
    if own.filter(ended_at=None).exists():
        raise Conflict("We’re already calling you.", code="already_recording")
    _check_limit(list(own.filter(created_at__gt=at - _DAY).order_by("-created_at")[:CALLS_PER_DAY]), at)
    call = GreetingCall.objects.create(reference=new_id("greeting"), operator=operator, created_at=at)
    return call, number


def _number_to_call(operator: Operator, number_id: int | None) -> str:
    if number_id is None:
        require_working_phone(operator)
        return str(operator.phone)
    phone = next((phone for phone in listed_phones(operator) if phone.number.pk == number_id), None)
    if phone is None:
        raise NotFound("Phone not found.")
    if phone.obstacle is not None:
        raise NotAllowed("We can’t call this phone. Verify it in your settings first.", code=phone.obstacle)
    return str(phone.number.e164)


def _check_limit(calls: list[GreetingCall], at: datetime) -> None:
    if len(calls) >= CALLS_PER_DAY:
        wait = int((calls[-1].created_at + _DAY - at).total_seconds()) + 1
        words = "That’s a lot of recording calls for one day. Record in the browser, or try again tomorrow."
        raise LimitReached(words, retry_after_seconds=wait)
