"""Work of telephony that time brings, done by the worker."""

import logging
from datetime import timedelta

from procrastinate.contrib.django import app

from core.jobs import Queue
from telephony.services import extend_live_call
from telephony.services import mail_receipt as receipts
from telephony.services import tell_ring as rings
from telephony.services.count_answers import count_answers
from telephony.services.extend_live_call import EXTEND_CALLS_OF_BRAND
from telephony.services.hold_silent_calls import hold_silent_calls
from telephony.services.make_sounds import make_missing_sounds
from telephony.services.offer_callback import END_OFFER, end_offers, expire_callbacks
from telephony.services.reconcile_talks import reconcile_talks
from telephony.services.reserve_operator import END_RESERVATION, end_reservations, expire_reservations
from telephony.services.sweep import sweep
from telephony.services.tell_ring import TELL_RING
from telephony.services.tell_watchers import TELL_WATCHERS, tell_all, tell_watchers
from telephony.services.watch_exchanges import watch_exchanges
from telephony.speech import SpeechError
from telephony.states import ReservationState

log = logging.getLogger(__name__)

TWO_DAYS = timedelta(days=2)
SOUNDS_AT_ONCE = 20  # a few seconds of work: other jobs wait behind it


@app.periodic(cron="* * * * *")
@app.task(queue=Queue.SWEEPS, queueing_lock="sweep_calls", lock="sweep_calls", pass_context=False)
def sweep_silent_calls(timestamp: int) -> None:
    """Every minute: ask about live calls that nobody has heard of lately."""
    sweep()


@app.task(name=END_RESERVATION, queue=Queue.SWEEPS)
def end_one_reservation(reservation_id: int) -> None:
    """The two minutes are over; nothing if it ended before."""
    end_reservations(ReservationState.EXPIRED, pk=reservation_id)


@app.periodic(cron="* * * * *")
@app.task(
    queue=Queue.SWEEPS, queueing_lock="expire_reservations", lock="expire_reservations", pass_context=False
)
def end_old_reservations(timestamp: int) -> int:
    """Every minute: end what no job of its own has ended."""
    return expire_reservations()


@app.task(name=TELL_RING, queue=Queue.ALERTS)
def tell_ring(call_id: str) -> str | None:
    """A call rings at an operator's, or no longer does: her browsers show it."""
    return rings.tell_ring(call_id=call_id)


@app.task(name=TELL_WATCHERS, queue=Queue.SWEEPS)
def tell_watchers_of_operator(operator_id: int) -> int:
    """An operator is free: tell who waits for that."""
    return tell_watchers(operator_id=operator_id)


@app.task(name=END_OFFER, queue=Queue.SWEEPS)
def end_offers_of_operator(operator_id: int) -> int:
    """The two minutes of an offered callback are over."""
    return end_offers(operator_id=operator_id)


@app.periodic(cron="* * * * *")
@app.task(queue=Queue.SWEEPS, queueing_lock="expire_callbacks", lock="expire_callbacks", pass_context=False)
def expire_old_callbacks(timestamp: int) -> int:
    """Every minute: requests for callbacks, and offers, whose time is over."""
    return expire_callbacks()


@app.periodic(cron="* * * * *")
@app.task(queue=Queue.SWEEPS, queueing_lock="tell_all_watchers", lock="tell_all_watchers", pass_context=False)
def tell_all_watchers(timestamp: int) -> int:
    """Every minute: whoever waits for somebody who is free, and whom no job of its own told."""
    return tell_all()


# Neither has a lock: one that hangs must not keep the next from running, and two at once do no harm.
@app.periodic(cron="2-59/5 * * * *")
@app.task(queue=Queue.MONEY, pass_context=False)
def reconcile_recent_talks(timestamp: int) -> None:
    """Every five minutes: the books and Asterisk's record of the last while agree."""
    reconcile_talks()


@app.periodic(cron="40 9 * * *")
@app.task(queue=Queue.MONEY, pass_context=False)
def reconcile_talks_of_two_days(timestamp: int) -> None:
    """Every day: the same over two days, for what was missed while a process was down."""
    reconcile_talks(TWO_DAYS)


@app.periodic(cron="8-59/10 * * * *")
@app.task(queue=Queue.MONEY, queueing_lock="hold_silent_calls", lock="hold_silent_calls", pass_context=False)
def hold_earnings_of_silent_calls(timestamp: int) -> int:
    """Every ten minutes: hold earnings of calls in which one side was silent."""
    return hold_silent_calls()


@app.periodic(cron="55 8 * * *")
@app.task(name="telephony.count_answers", queueing_lock="telephony.count_answers", pass_context=False)
def count_answered_calls(timestamp: int) -> int:
    """Every night: how many of their calls operators take, for the order of the directory."""
    return count_answers()


@app.periodic(cron="25 * * * *")
@app.task(queueing_lock="watch_exchanges", lock="watch_exchanges", pass_context=False)
def watch_share_of_exchanges(timestamp: int) -> int:
    """Every hour: whether one exchange takes too large a part of the trunk's time."""
    return watch_exchanges()


@app.periodic(cron="*/5 * * * *")
@app.task(queueing_lock="make_sounds", lock="make_sounds", pass_context=False)
def make_sounds_of_new_rows(timestamp: int) -> None:
    """Every five minutes: speak the names of new brands and operators, where a synthesizer is installed."""
    try:
        make_missing_sounds(limit=SOUNDS_AT_ONCE)
    except SpeechError as error:
        log.warning("neutral sounds are played where names should be: %s", error)


@app.task(name="telephony.mail_receipt", queue=Queue.MAIL)
def mail_receipt(call_id: str) -> None:
    """A job of an earlier version, which queued receipts here: the receipt goes into the outbox, unless it is there."""
    receipts.mail_receipt(call_id=call_id)


@app.task(name=EXTEND_CALLS_OF_BRAND, queue=Queue.MONEY)
def extend_calls_of_brand(brand_id: int) -> None:
    """A brand was switched on or off: what its running calls are granted."""
    extend_live_call.extend_calls_of_brand(brand_id=brand_id)
