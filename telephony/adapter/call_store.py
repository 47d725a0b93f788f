"""What the adapter remembers of its calls, as a fold over the records of its journal. Pure.

Every record is a small dictionary with a type `t`; `Book.apply` is the only way the book changes, while running and
when the journal is read again after a crash, so memory and disk cannot disagree. No record holds a phone number:
whoever survives a restart is either joined already or is never dialled again.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from telephony.call_plan import (
    DEFAULT_ASK_AHEAD_SECONDS,
    DEFAULT_CUSTOMER_HOLD_SECONDS,
    DEFAULT_OPERATOR_HOLD_SECONDS,
    DEFAULT_SILENCE_SECONDS,
    Originate,
)
from telephony.states import ENDINGS, EndedBy, EndReason, EventState, Leg
from telephony.wire import CallEvent

KEEP_OVER_SECONDS = (
    48 * 3600
)  # Django settles silent calls after an hour; it may ask about an ended one until then
KEEP_REFUSED_SECONDS = 7 * 86_400
SEQUENCE_GAP = (
    1000  # after a restart: questions are not journalled, their sequence numbers must not come again
)


@dataclass(slots=True)
class CallRecord:
    """One call. Times named `*_at` are epoch seconds; `*_mono` are seconds of the host's monotonic clock, which
    survives a restart of this process but not of the host (`boot` tells hosts' lives apart). `holds` are those that go
    on: leg → when it began, by the switch's clock and the monotonic one.
    """

    call_id: str
    account_id: str
    operator_id: int
    granted: int
    final: bool
    warn_at: list[int]
    warnings: dict[str, list[str]]
    accepted_at: float
    ask_ahead: int = DEFAULT_ASK_AHEAD_SECONDS
    operator_hold: int = DEFAULT_OPERATOR_HOLD_SECONDS
    customer_hold: int = DEFAULT_CUSTOMER_HOLD_SECONDS
    silence: int = DEFAULT_SILENCE_SECONDS
    ends_at: float | None = None  # by Django's date
    sealed: str = field(default="", repr=False)  # what web issued, for web alone
    holds: dict[str, list[float]] = field(default_factory=dict)
    joined_at: float | None = None
    joined_mono: float | None = None
    alive_mono: float | None = None
    boot: str = ""
    sequence: int = 0
    asked_by: str = ""
    asked_why: str = ""
    ending: dict[str, Any] | None = None
    over_at: float | None = None

    @property
    def is_over(self) -> bool:
        return self.over_at is not None

    def hangup_request(self) -> tuple[EndedBy, EndReason] | None:
        """The hang-up request that was taken for this call, if any."""
        return (EndedBy(self.asked_by), EndReason(self.asked_why)) if self.asked_by else None


@dataclass(slots=True)
class RefusedEvent:
    """An event whose delivery Django refused for good; kept for people to look at."""

    event: dict[str, Any]
    status: int
    at: float


@dataclass(slots=True)
class CallStore:
    """Whose it is, all calls known, the events not yet delivered (in the order they were written) and those refused."""

    adapter_id: str = ""
    calls: dict[str, CallRecord] = field(default_factory=dict)
    outbox: dict[str, CallEvent] = field(default_factory=dict)
    refused: list[RefusedEvent] = field(default_factory=list)

    def apply(self, record: dict[str, Any]) -> None:
        """Take one record. An unknown type or call is ignored: a newer or older program wrote it."""
        handler = getattr(self, f"_on_{record.get('t')}", None)
        if handler is not None:
            handler(record)

    def live(self) -> Iterator[CallRecord]:
        return (call for call in self.calls.values() if not call.is_over)

    def forget(self, now: float) -> None:
        """Drop what is older than the keeping times; never a call of which something is still to be told."""
        pending = {event.call_id for event in self.outbox.values()}
        for call in list(self.calls.values()):
            if (
                call.over_at is not None
                and call.over_at <= now - KEEP_OVER_SECONDS
                and call.call_id not in pending
            ):
                del self.calls[call.call_id]
        self.refused = [refused for refused in self.refused if refused.at > now - KEEP_REFUSED_SECONDS]

    def records(self) -> Iterator[dict[str, Any]]:
        """The shortest list of records that rebuilds this book."""
        if self.adapter_id:
            yield {"t": "adapter", "id": self.adapter_id}
        yield from (call_record(call) for call in self.calls.values())
        yield from (event_record(event) for event in self.outbox.values())
        yield from ({"t": "refused", **asdict(refused)} for refused in self.refused)

    def _on_adapter(self, record: dict[str, Any]) -> None:
        self.adapter_id = record["id"]

    def _on_call(self, record: dict[str, Any]) -> None:
        fields = {key: value for key, value in record.items() if key in CallRecord.__slots__}
        self.calls[record["call_id"]] = CallRecord(**fields)

    def _on_grant(self, record: dict[str, Any]) -> None:
        if call := self.calls.get(record["call_id"]):
            call.granted, call.final = record["granted"], record["final"]

    def _on_end(self, record: dict[str, Any]) -> None:
        if call := self.calls.get(record["call_id"]):
            call.ends_at = record["ends_at"]

    def _on_joined(self, record: dict[str, Any]) -> None:
        if call := self.calls.get(record["call_id"]):
            call.joined_at, call.joined_mono = record["joined_at"], record["mono"]
            call.alive_mono, call.boot = record["mono"], record["boot"]

    def _on_hold(self, record: dict[str, Any]) -> None:
        if call := self.calls.get(record["call_id"]):
            call.holds.pop(record["leg"], None)
            if record["began"] is not None:
                call.holds[record["leg"]] = record["began"]

    def _on_alive(self, record: dict[str, Any]) -> None:
        for call_id, sequence in record["calls"].items():
            if call := self.calls.get(call_id):
                call.alive_mono, call.sequence = record["mono"], max(call.sequence, sequence)

    def _on_asked(self, record: dict[str, Any]) -> None:
        if call := self.calls.get(record["call_id"]):
            call.asked_by, call.asked_why = record["ended_by"], record["why"]

    def _on_event(self, record: dict[str, Any]) -> None:
        event = event_from(record["event"])
        self.outbox[event.event_id] = event
        if call := self.calls.get(event.call_id):
            call.sequence = max(call.sequence, event.sequence)
            if event.state in ENDINGS:
                call.ending, call.over_at = record["event"], record["at"]

    def _on_told(self, record: dict[str, Any]) -> None:
        self.outbox.pop(record["event_id"], None)

    def _on_refused(self, record: dict[str, Any]) -> None:
        self.outbox.pop(record["event"]["event_id"], None)
        self.refused.append(RefusedEvent(record["event"], record["status"], record["at"]))


def plan_record(plan: Originate, now: float) -> dict[str, Any]:
    """The first record of a call: the plan without numbers and without what is only needed before joining."""
    warnings = {key: sounds for key, sounds in plan.customer.prompts.items() if key.startswith("warning_")}
    return call_record(
        CallRecord(
            call_id=plan.call_id,
            account_id=plan.account_id,
            operator_id=plan.operator_id,
            granted=plan.granted_seconds,
            final=plan.final,
            warn_at=list(plan.warn_at_seconds),
            warnings=warnings,
            accepted_at=now,
            ask_ahead=plan.ask_ahead_seconds,
            operator_hold=plan.operator_hold_seconds,
            customer_hold=plan.customer_hold_seconds,
            silence=plan.silence_seconds,
            ends_at=plan.ends_at,
            sealed=plan.sealed,
        )
    )


def grant_record(call_id: str, granted: int, final: bool) -> dict[str, Any]:
    """A grant that is the largest known."""
    return {"t": "grant", "call_id": call_id, "granted": granted, "final": final}


def end_record(call_id: str, ends_at: float) -> dict[str, Any]:
    """The customer chose that the call ends then: earlier than was known."""
    return {"t": "end", "call_id": call_id, "ends_at": ends_at}


def news_records(
    call: CallRecord, granted: int, final: bool, ends_at: float | None
) -> Iterator[dict[str, Any]]:
    """What is news of a grant and an end time that were told."""
    if granted > call.granted:
        yield grant_record(call.call_id, granted, final)
    if ends_at is not None and (call.ends_at is None or ends_at < call.ends_at):
        yield end_record(call.call_id, ends_at)


def joined_record(call_id: str, joined_at: float, mono: float, boot: str) -> dict[str, Any]:
    """Both parties are in the bridge since `joined_at`, `mono` on this host's monotonic clock."""
    return {"t": "joined", "call_id": call_id, "joined_at": joined_at, "mono": mono, "boot": boot}


def hold_record(call_id: str, leg: Leg, began: tuple[float, float] | None) -> dict[str, Any]:
    """The party of `leg` has put the other on hold (by the switch's clock, by the monotonic one), or is back (None)."""
    return {"t": "hold", "call_id": call_id, "leg": str(leg), "began": None if began is None else list(began)}


def alive_record(sequences: dict[str, int], mono: float) -> dict[str, Any]:
    """These calls (call id → last sequence number used) were joined at `mono`."""
    return {"t": "alive", "calls": sequences, "mono": mono}


def asked_record(call_id: str, ended_by: EndedBy, why: EndReason) -> dict[str, Any]:
    """Somebody asked for the end of this call."""
    return {"t": "asked", "call_id": call_id, "ended_by": str(ended_by), "why": str(why)}


def delivered_record(event_id: str) -> dict[str, Any]:
    """Django has taken this event."""
    return {"t": "told", "event_id": event_id}


def refused_record(event: CallEvent, status: int, now: float) -> dict[str, Any]:
    """Django will never take this event."""
    return {"t": "refused", "event": event_dict(event), "status": status, "at": now}


def call_record(call: CallRecord) -> dict[str, Any]:
    """The whole of what is known of a call."""
    return {"t": "call", **asdict(call)}


def event_record(event: CallEvent, now: float | None = None) -> dict[str, Any]:
    """A fact to be delivered; an ending also closes its call."""
    return {"t": "event", "at": event.ts if now is None else now, "event": event_dict(event)}


def event_dict(event: CallEvent) -> dict[str, Any]:
    """An event as JSON data; `event_from` is the way back."""
    data = {name: getattr(event, name) for name in CallEvent.__slots__}
    return data | {"state": str(event.state), "metadata": dict(event.metadata)}


def event_from(data: dict[str, Any]) -> CallEvent:
    """The event that `event_dict` described."""
    return CallEvent(**(data | {"state": EventState(data["state"])}))
