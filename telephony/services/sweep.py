"""Live calls that nobody has heard of lately: ask the adapter, and believe nobody else for an hour.

Run every minute by the worker (`telephony.tasks`) and by hand (`manage.py sweep_calls`); safe at any time, also twice
at once: each call is decided under its row's lock.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core import clock
from core.db import transactional
from core.deadlines import deadline_now
from core.errors import DomainError
from telephony import adapter_client, wire
from telephony.models import Call
from telephony.push import push_call
from telephony.services.end_call import end_call
from telephony.services.handle_event import handle_event
from telephony.states import LIVE_STATUSES, CallStatus, EndedBy, EndReason

log = logging.getLogger(__name__)

SILENT_FOR = timedelta(seconds=30)
GIVE_UP_AFTER = timedelta(hours=1)
BATCH = 500


@dataclass
class Swept:
    """What a sweep did: calls asked about, ended by the adapter's word, ended by presumption."""

    asked: int = 0
    ended: int = 0
    presumed: int = 0


def sweep() -> Swept:
    """Bring every silent live call up to what the adapter knows of it; settle those given up by all."""
    swept, answers = Swept(), True
    silent = Call.objects.filter(status__in=LIVE_STATUSES, heard_at__lt=clock.now() - SILENT_FOR)
    for pk, call_id in silent.order_by("heard_at").values_list("pk", "call_id")[:BATCH]:
        answer = None
        if answers:  # once it does not answer, the others do not wait for it too
            answer = _ask(call_id)
            answers = answer is not None
            swept.asked += answers
        try:
            _act(pk, answer, swept)
        except Exception:
            log.exception("%s: the sweeper could not act on what it heard", call_id)
    return swept


def _ask(call_id: str) -> adapter_client.Answer | None:
    try:
        return adapter_client.get_call(call_id)
    except (adapter_client.Refused, adapter_client.Unknown):
        log.warning("the adapter does not answer; silent calls wait")
        return None


def _act(pk: int, answer: adapter_client.Answer | None, swept: Swept) -> None:
    if answer is not None and answer.is_ok:
        if answer.body.get("state") == "over":
            swept.ended += _end_as_reported(pk, answer.body)
        else:
            _locked(pk, lambda call: _heard(call, answer.body))
    elif answer is not None and answer.status == 404:
        # Only an adapter that has recovered says so: it never had the call, or it is long over.
        swept.presumed += _locked(pk, lambda call: _unknown(call, answer))
    else:
        swept.presumed += _locked(pk, _unheard)


def _end_as_reported(pk: int, report: dict[str, Any]) -> bool:
    """Apply the end that the adapter has on record. One that is refused (as its event was) says at least that the call is
    over: it is settled by the rest of the report, for a person to look at.
    """
    try:
        handle_event(wire.parse_event(json.dumps(report.get("ending")).encode()))
    except (wire.WireError, DomainError) as error:
        log.error("the adapter's record of an end can't be used: %s", error)
        return _locked(pk, lambda call: _over(call, report))
    return True


@transactional
def _locked(pk: int, decide: Callable[[Call], bool]) -> bool:
    """Let `decide` act on the call if it is still live and still silent; what it returns."""
    call = (
        Call.objects.locked()
        .filter(pk=pk, status__in=LIVE_STATUSES, heard_at__lt=clock.now() - SILENT_FOR)
        .first()
    )
    return call is not None and decide(call)


def _heard(call: Call, report: dict[str, Any]) -> bool:
    """The adapter has it: how far it is, if it says so."""
    call.heard_at = clock.now()
    call.node = call.node or str(report.get("node", ""))[:60]
    if report.get("state") == "joined":
        is_news = call.joined_at is None
        _note_joined(call, report)
        if is_news:
            call.status = CallStatus.ANSWERED
            call.sequence += 1
            push_call(call)
    call.save()
    return False


def _over(call: Call, report: dict[str, Any]) -> bool:
    if report.get("joined_at") is not None:
        _note_joined(call, report)
    return _presume(call, EndReason.PHONE_SYSTEM_UNAVAILABLE)


def _note_joined(call: Call, report: dict[str, Any]) -> None:
    """How long the two were joined, and since when, by the adapter's report."""
    call.known_joined_ms = max(call.known_joined_ms, int(report["elapsed_ms"]))
    if call.joined_at is None:
        call.joined_at = datetime.fromtimestamp(float(report["joined_at"]), UTC)


def _unknown(call: Call, answer: adapter_client.Answer) -> bool:
    """The click and its last moment are by the clock of web; ours may be ahead of it, and the request still on its way."""
    at = clock.now() if answer.web_date is None else datetime.fromtimestamp(answer.web_date, UTC)
    if at <= call.not_after:
        return False
    return _presume(call, EndReason.PHONE_SYSTEM_UNAVAILABLE)


def _unheard(call: Call) -> bool:
    if call.heard_at is None or call.heard_at > deadline_now() - GIVE_UP_AFTER:
        return False
    return _presume(call, EndReason.UNHEARD)


def _presume(call: Call, why_unjoined: EndReason) -> bool:
    """End it without the adapter's word: to the last second known if it was joined, for a person to look at."""
    was_joined = call.joined_at is not None
    if call.joined_at is not None:
        call.left_at = call.joined_at + timedelta(milliseconds=call.known_joined_ms)
    end_call(
        call,
        status=CallStatus.FAILED,
        reason=EndReason.UNHEARD if was_joined else why_unjoined,
        ended_by=EndedBy.NETWORK,
        joined_ms=call.known_joined_ms if was_joined else None,
        at=clock.now(),
        needs_review=was_joined or why_unjoined is EndReason.UNHEARD,
    )
    log.warning("%s: ended without the adapter's word: %s", call.call_id, call.end_reason)
    return True
