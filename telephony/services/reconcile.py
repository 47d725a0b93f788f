"""Calls as we charged them against Asterisk's own record (CEL): what differs, and putting it right.

The record is the durable truth on the Asterisk host (docs/design.md section 5). Run by staff over a whole file; the worker
compares the last while by itself (`reconcile_talks`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from django.conf import settings

from core import clock
from core.db import transactional
from core.errors import DomainError
from telephony.adapter.cel import CelEvent, RecordedTalk, parse, recorded_talk_of
from telephony.adapter.ids import call_of
from telephony.models import Call, Correction
from telephony.services.correct_ended_call import ActualOutcome, correct_ended_call
from telephony.services.end_call import end_call
from telephony.states import CallStatus, EndedBy, EndReason

# Asterisk's events carry milliseconds, its record microseconds; the two are taken a moment apart.
TOLERANCE_MS = 50
# A call that just ended may have its last events under way.
SETTLED_FOR = timedelta(minutes=5)


# Ends before which somebody was on hold, or nothing was heard: that was joined, and is not charged.
_NOT_ALL_TALK = frozenset({EndReason.HOLD_LIMIT, EndReason.MEDIA_LOST, EndReason.NODE_SILENT})


class Difference(StrEnum):
    """What is wrong with a call."""

    UNKNOWN = "unknown"  # in the record, not in our books
    STILL_LIVE = "still_live"  # ended by the record, live in our books
    NOT_CHARGED = "not_charged"  # joined by the record, never joined in our books
    CHARGED_OTHERWISE = "charged_otherwise"  # another length than the record's
    NOT_RECORDED = "not_recorded"  # charged in our books, never joined by the record


@dataclass(frozen=True, slots=True)
class Finding:
    """One call that differs. Lengths in milliseconds, None: never joined. `repaired` says what was done."""

    call_id: str
    difference: Difference
    recorded_ms: int | None
    booked_ms: int | None
    repaired: str = ""


def reconcile(lines: Iterable[str], *, node: str = "", repairing: bool = False) -> Iterator[Finding]:
    """Every call whose charge does not follow the record in `lines`, repaired where `repairing` and possible; what a person
    has to decide is put before staff then.

    `node`: whose record it is, where there are several; the calls of other nodes are not missed in it.
    """
    talks, spans = _talks(lines)
    calls = {
        call.call_id: call for call in Call.objects.filter(call_id__in=talks).select_related("authorization")
    }
    for call_id, talk in talks.items():
        finding = compare(call_id, calls.get(call_id), talk)
        if finding:
            call = calls.get(call_id)
            if repairing and call is not None and talk is not None:
                finding = _repaired(finding, call, talk)
            yield finding
    if spans:
        yield from _not_recorded(node, min(spans), max(spans), set(talks))


def _talks(lines: Iterable[str]) -> tuple[dict[str, RecordedTalk | None], list[datetime]]:
    """The talk of every call in the record (None: never joined), and the times of its first and last lines."""
    events: dict[str, list[CelEvent]] = defaultdict(list)
    first = last = None
    for event in parse(lines):
        first, last = event.at if first is None else first, event.at
        call_id = call_of(event.channel_id)
        if call_id is not None:
            events[call_id].append(event)
    talks = {call_id: recorded_talk_of(call_id, finding) for call_id, finding in events.items()}
    return talks, [datetime.fromtimestamp(at, UTC) for at in (first, last) if at is not None]


def compare(call_id: str, call: Call | None, talk: RecordedTalk | None) -> Finding | None:
    """What differs between the books and the record of one call; None if nothing does, or nothing can be said yet."""
    recorded_ms = recorded_length_ms(talk)
    if call is None:
        return Finding(call_id, Difference.UNKNOWN, recorded_ms, None)
    if talk is not None and talk.left_at is None:
        return None  # still joined by the record, or Asterisk died in it: the record does not say
    if call.is_live:
        is_old = talk is not None and _time(talk.left_at or 0) < clock.now() - SETTLED_FOR
        return Finding(call_id, Difference.STILL_LIVE, recorded_ms, None) if is_old else None
    if recorded_ms is None:
        never = call.joined_ms is None
        return None if never else Finding(call_id, Difference.NOT_RECORDED, None, call.joined_ms)
    if call.joined_ms is None:
        return Finding(call_id, Difference.NOT_CHARGED, recorded_ms, None)
    if abs(recorded_ms - call.joined_ms) <= TOLERANCE_MS or _same_charge(call, recorded_ms):
        return None
    if recorded_ms > call.joined_ms and call.end_reason in _NOT_ALL_TALK:
        return None
    if call.events.filter(metadata__has_key="clock_difference_ms").exists():
        return None  # the switch's clock was stepped in mid-call, and the adapter's monotonic one decided
    return Finding(call_id, Difference.CHARGED_OTHERWISE, recorded_ms, call.joined_ms)


def _same_charge(call: Call, recorded_ms: int) -> bool:
    """Whether the recorded length costs the same, second for second."""
    authorization = call.terms
    return authorization.bill_for(max(recorded_ms, 1)).charged_seconds == call.charged_seconds


def _not_recorded(node: str, since: datetime, until: datetime, recorded: set[str]) -> Iterator[Finding]:
    """Calls of this node charged within the time of the record that it does not know at all."""
    charged = Call.objects.filter(joined_at__gte=since, left_at__lte=until, joined_ms__isnull=False)
    if node:
        charged = charged.filter(node=node)
    for call_id, joined_ms in charged.order_by("id").values_list("call_id", "joined_ms").iterator():
        if call_id not in recorded:
            yield Finding(call_id, Difference.NOT_RECORDED, None, joined_ms)


def _repaired(finding: Finding, call: Call, talk: RecordedTalk) -> Finding:
    try:
        if needs_staff(finding, call, talk):
            ask_staff(call, talk)
            done = "not repaired: staff decide"
        else:
            done = repair(finding, talk)
    except DomainError as error:
        done = f"not repaired: {error.message}"
    return Finding(finding.call_id, finding.difference, finding.recorded_ms, finding.booked_ms, done)


@transactional
def repair(finding: Finding, talk: RecordedTalk) -> str:
    """Settle or correct the call by the record. What was done, in words. Raises Conflict `adjusted_before`."""
    calls = Call.objects.locked()
    call = calls.filter(call_id=finding.call_id).first()
    recorded_ms = recorded_length_ms(talk)
    if call is None or recorded_ms is None or talk.left_at is None:
        return ""
    joined_at = _time(talk.joined_at)
    left_at = joined_at + timedelta(milliseconds=recorded_ms)
    ended_by = EndedBy(talk.left_first) if talk.left_first else EndedBy.NETWORK
    if call.is_live:
        call.joined_at, call.left_at = joined_at, left_at
        end_call(
            call, status=CallStatus.ENDED, reason=EndReason.HANGUP, ended_by=ended_by, joined_ms=recorded_ms,
            at=left_at, needs_review=True,
        )  # fmt: skip
        return "settled by the record"
    reason = EndReason(call.end_reason) if call.joined_ms is not None else EndReason.HANGUP
    truth = ActualOutcome(CallStatus.ENDED, reason, ended_by, recorded_ms, joined_at, left_at)
    adjusted = correct_ended_call(call, truth, because="Asterisk's record differs from what was charged.")
    assert adjusted is not None, "the truth is that they were joined"
    return f"adjusted by {adjusted.change_minor} cents, {adjusted.uncollected_minor} of it paid by us"


def needs_staff(finding: Finding, call: Call, talk: RecordedTalk) -> bool:
    """Whether a person decides about it: a call that is over, and whose correction costs the customer something or us much."""
    return finding.difference is not Difference.STILL_LIVE and not _is_small_gift(change_of(call, talk))


def change_of(call: Call, talk: RecordedTalk) -> int:
    """By how much the charge would change, in minor units, before refunds and what the wallet can pay."""
    return call.terms.bill_for(max(1, recorded_length_ms(talk) or 0)).cost_minor - call.terms.charged_minor


def _is_small_gift(change_minor: int) -> bool:
    """Whether it costs the customer nothing and us little."""
    return -int(settings.CORRECTION_LIMIT_MINOR) <= change_minor <= 0


def ask_staff(call: Call, talk: RecordedTalk | None) -> bool:
    """Put it in the staff's queue, once. None: never joined by the record."""
    joined_at = _time(talk.joined_at) if talk else call.joined_at
    assert joined_at is not None, "it was joined by the record or by the books"
    _, is_new = Correction.objects.get_or_create(
        call=call,
        defaults={
            "joined_at": joined_at,
            "recorded_ms": recorded_length_ms(talk) or 0,
            "booked_ms": call.joined_ms,
            "left_first": (talk.left_first if talk else None) or "",
            "change_minor": change_of(call, talk) if talk else -call.terms.charged_minor,
            "created_at": clock.now(),
        },
    )
    return is_new


def recorded_length_ms(talk: RecordedTalk | None) -> int | None:
    """What is to be charged: how long they talked. Hold and silence at the end are no talk."""
    return None if talk is None else talk.paid_ms(settings.RTP_TIMEOUT)


def _time(epoch_seconds: float) -> datetime:
    return datetime.fromtimestamp(epoch_seconds, UTC)
