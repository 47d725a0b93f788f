"""Jobs of the worker. Each is safe to run twice and at any time."""

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from core.deadlines import deadline_now
from core.jobs import Queue
from messaging.gateways.base import Busy, Unknown
from messaging.gateways.twilio import checks
from messaging.services import refund_unanswered as unanswered
from messaging.services import send_sms as sms
from messaging.services import tell_operator as operators
from messaging.services import tell_waiting as waiting
from messaging.services.deliver_by_sms import SEND_SMS
from messaging.services.sms_status import give_up_on_silence


@app.task(
    name=SEND_SMS,
    queue=Queue.SMS,
    retry=RetryStrategy(max_attempts=8, exponential_wait=4, retry_exceptions=[Busy]),
)
def send_sms(*, sms_id: int) -> None:
    """Hand one queued SMS over."""
    sms.send_sms(sms_id=sms_id)


@app.task(name=waiting.TELL_WAITING, queue=Queue.DEFAULT)
def tell_waiting(*, conversation_id: int, number: int) -> bool:
    """Tell the customer of a message that is unread by now."""
    return waiting.tell_waiting(conversation_id=conversation_id, number=number)


@app.task(name=operators.TELL_OPERATOR, queue=Queue.ALERTS)
def tell_operator(*, conversation_id: int, number: int) -> int:
    """Tell the operator of a message that waits while no page of theirs is open."""
    return operators.tell_operator(conversation_id=conversation_id, number=number)


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="messaging.refund_unanswered",
    queue=Queue.MONEY,
    queueing_lock="messaging.refund_unanswered",
    pass_context=False,
)
def refund_unanswered(timestamp: int) -> int:
    """Answer or refund."""
    return unanswered.refund_unanswered(at=deadline_now())


@app.periodic(cron="*/10 * * * *")
@app.task(
    name="messaging.give_up_on_silence",
    queue=Queue.MONEY,
    queueing_lock="messaging.give_up_on_silence",
    pass_context=False,
)
def forget_silent_sms(timestamp: int) -> int:
    """Settle what no callback ever told about."""
    return give_up_on_silence(at=deadline_now())


@app.periodic(cron="* * * * *")
@app.task(
    name="messaging.check_claimed_stops",
    queue=Queue.SMS,
    queueing_lock="messaging.check_claimed_stops",
    pass_context=False,
)
def check_claimed_stops(timestamp: int) -> int:
    """Every minute: ask Twilio about each STOP that was obeyed while it could not be asked."""
    return checks.check_claimed_stops()


@app.task(
    name=checks.ASK_STATUS,
    queue=Queue.SMS,
    retry=RetryStrategy(max_attempts=9, exponential_wait=4, retry_exceptions=[Unknown]),  # for a day
)
def ask_status(*, reference: str, sid: str) -> None:
    """Ask Twilio what became of an SMS."""
    checks.ask_status(reference=reference, sid=sid)
