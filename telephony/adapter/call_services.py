"""What all calls of an adapter share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from telephony.adapter.call_store import CallRecord
from telephony.adapter.journal import Journal
from telephony.adapter.media_watch import MediaWatch
from telephony.adapter.metrics import AdapterMetrics
from telephony.adapter.prompts import Prompts
from telephony.adapter.reporter import Reporter
from telephony.adapter.switch import Switch
from telephony.adapter.trunks import Trunks


async def _nothing_to_verify() -> None:
    return None


@dataclass(slots=True)
class CallServices:
    """`verify` returns once every event up to now has been delivered; `is_connected` says whether it is known what became
    of the calls: not so from the loss of the switch until it was asked again.

    `django_time` gives a time of the switch as Django's date, where the switch's own is another; for it may be hours off,
    and pages count from there. Its second argument is the same moment on the monotonic clock, if that is known.
    """

    switch: Switch
    prompts: Prompts
    journal: Journal
    reporter: Reporter
    wall: Callable[[], float]
    is_connected: Callable[[], bool]
    django_time: Callable[[float, float | None], float]
    node: str
    boot: str
    verify: Callable[[], Awaitable[None]] = _nothing_to_verify
    trunks: Trunks = field(default_factory=Trunks)
    media: MediaWatch = field(default_factory=MediaWatch)
    metrics: AdapterMetrics = field(default_factory=AdapterMetrics)

    def joined_mono(self, record: CallRecord) -> float | None:
        """When the call was joined by this host's monotonic clock; None if it was on another boot, or is not known."""
        return record.joined_mono if record.boot == self.boot else None
