"""What Twilio told us while it could not be asked: asked for by the worker, when it answers again."""

import logging

from procrastinate.contrib.django import app

from core.errors import DomainError
from core.jobs import Queue
from messaging.gateways.base import Unknown
from messaging.gateways.twilio import account, client
from messaging.keywords import keyword_of
from messaging.selectors import unchecked_stops
from messaging.services.claimed_stop import settle_claimed_stop
from messaging.services.sms_status import note_status
from messaging.states import ConsentAction
from phones.selectors import find_number

log = logging.getLogger(__name__)

ASK_STATUS = "messaging.ask_status"
_BATCH = 100


def check_claimed_stops() -> int:
    """Ask for each STOP that was obeyed unchecked: it stays, or is undone on record. How many were checked.

    While Twilio is away this is one question; those that wait stay in force. Safe to run at any time.
    """
    count = 0
    for claim in unchecked_stops()[:_BATCH]:
        try:
            record = client.fetch(claim.sid)
        except Unknown:
            break
        was_said = (
            record is not None
            and record.is_inbound
            and find_number(record.sender) == claim.phone_number
            and keyword_of(record.body, is_stopped=False) == ConsentAction.STOP
        )
        settle_claimed_stop(consent_id=claim.pk, was_said=was_said)
        count += 1
    return count


def ask_later(*, reference: str, sid: str) -> None:
    """Have the worker ask what became of an SMS. A second job for one SMS does no harm."""
    app.configure_task(ASK_STATUS, queue=Queue.SMS, allow_unknown=True).defer(reference=reference, sid=sid)


def ask_status(*, reference: str, sid: str) -> None:
    """Note what became of the SMS of this reference, as Twilio has it under this SID. Raises Unknown: ask again later."""
    record = client.fetch(sid)
    if record is None:
        log.warning("%s: Twilio does not know the SMS of a callback", reference)
        return
    try:
        note_status(
            reference=reference,
            sid=sid,
            state=client.MEANS.get(record.status),
            error_code=record.error_code,
            is_unsubscribed=record.error_code == account.UNSUBSCRIBED,
            phone_number=record.receiver,
            our_number=record.sender,
        )
    except DomainError as error:
        log.warning("%s: a callback was about another SMS (%s)", reference, error.error_code)
