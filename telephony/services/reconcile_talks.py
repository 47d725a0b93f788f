"""Every few minutes, by itself: the books and Asterisk's record agree, or the difference is put right or asked about.

The adapter tells the talks that its Asterisk has on record. A call that is over by the record and live in the books is
settled by it. One that was charged although its parties were never joined by the record waits for a person: a gap in a
record looks the same. One that was charged otherwise gets its one adjustment: at once where that gives a small amount back,
else when a person has decided (`decide_correction`). Safe at any time, also twice at once: each call is decided under
its row's lock, and has one correction.
"""

import logging
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from core import clock
from core.errors import DomainError
from telephony import adapter_client
from telephony.adapter.cel import RecordedTalk
from telephony.models import Call
from telephony.services.reconcile import SETTLED_FOR, ask_staff, compare, needs_staff, repair
from telephony.states import Leg

log = logging.getLogger(__name__)

RECENT = timedelta(hours=2)
CLOCKS_APART = timedelta(minutes=10)  # more than the dates of the record and of the books differ


@dataclass
class Reconciled:
    """What came of the talks that the record knows: settled or adjusted, put before staff, left as they are."""

    repaired: int = 0
    asked: int = 0
    left: int = 0


def reconcile_talks(within: timedelta = RECENT) -> Reconciled:
    """Compare the talks that ended in this last while. An adapter that does not answer is asked again next time."""
    result = Reconciled()
    try:
        answer = adapter_client.talks(int(within.total_seconds()))
    except (adapter_client.Refused, adapter_client.Unknown):
        log.warning("the adapter does not answer; the record is compared later")
        return result
    if not answer.is_ok:
        log.warning("the adapter does not tell its record: %s", answer.error or answer.status)
        return result
    talks = dict(_talks(answer.body.get("talks")))
    known = Call.objects.filter(call_id__in=talks, correction__isnull=True).select_related("authorization")
    for call in known:
        try:
            _decide(call, talks[call.call_id], result)
        except Exception:
            log.exception("%s: what the record says could not be used", call.call_id)
    for call in _never_joined(answer.body, within, talks):
        result.asked += ask_staff(call, None)
    return result


def _never_joined(told: dict[str, Any], within: timedelta, talks: Container[str]) -> Iterator[Call]:
    """Calls of this node that were charged within this last while and whose parties the record never saw together. An
    adapter without a record, or of an earlier version, does not say since when its record is whole.
    """
    since, open_ended, node, at = told.get("since"), told.get("open_ended"), told.get("node"), clock.now()
    if not isinstance(since, (int, float)) or not isinstance(open_ended, list) or not isinstance(node, str):
        return
    charged = Call.objects.filter(
        node=node,
        left_at__gt=at - within + CLOCKS_APART,
        left_at__lt=at - SETTLED_FOR,
        joined_at__gt=_time(since) + CLOCKS_APART,
        joined_ms__isnull=False,
        correction__isnull=True,
    )
    for call in charged.select_related("authorization").order_by("id"):
        if call.call_id not in talks and call.call_id not in open_ended and call.terms.charged_minor:
            yield call


def _decide(call: Call, talk: RecordedTalk, result: Reconciled) -> None:
    finding = compare(call.call_id, call, talk)
    if finding is None:
        return
    if needs_staff(finding, call, talk):
        result.asked += ask_staff(call, talk)
        return
    try:
        log.warning("%s: %s, %s", call.call_id, finding.difference, repair(finding, talk))
        result.repaired += 1
    except DomainError as error:
        log.error("%s: %s, left as it is: %s", call.call_id, finding.difference, error.message)
        result.left += 1


def _talks(told: Any) -> Iterator[tuple[str, RecordedTalk]]:
    """What the adapter told, as far as it can be read."""
    for row in told if isinstance(told, list) else []:
        try:
            joined_at = float(row["joined_at"])
            left_first = Leg(row["left_first"]) if row.get("left_first") else None
            left_at = joined_at + int(row["joined_ms"]) / 1000
            yield str(row["call_id"]), RecordedTalk(joined_at, left_at, left_first)
        except (TypeError, ValueError, KeyError, AttributeError):
            log.error("the adapter told a talk that can't be read")


def _time(epoch_seconds: float) -> datetime:
    return datetime.fromtimestamp(epoch_seconds, UTC)
