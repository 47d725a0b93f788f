"""Have earnings of calls held in which one side was silent, tips included (`telephony.silent_legs`). Run by a job: a settlement pays nothing."""

from datetime import timedelta

from django.conf import settings

from billing.services.hold_earnings import hold_earnings
from billing.states import HoldKind
from billing.tips import tip_references
from core import clock
from telephony.models import Call
from telephony.silent_legs import was_mostly_silent
from telephony.states import EndReason

LOOKED_BACK = timedelta(days=2)  # for what was missed while no worker ran


def hold_silent_calls() -> int:
    """Hold what is not held yet; how many calls."""
    silent_ms = settings.RTP_TIMEOUT * 1000
    calls = Call.objects.filter(
        authorization__settled_at__gte=clock.now() - LOOKED_BACK,
        end_reason=EndReason.MEDIA_LOST,
        charged_seconds__gt=0,
    )
    return sum(
        _hold(call)
        for call in calls.order_by("id")
        if was_mostly_silent(call.end_reason, call.joined_ms, silent_ms)
    )


def _hold(call: Call) -> bool:
    hold = hold_earnings(
        operator_id=call.operator_id,
        customer_id=call.customer_id,
        kind=HoldKind.SILENT_LEG,
        references=[call.call_id, *tip_references(call.call_id)],
        evidence={"talk_ms": call.joined_ms, "silent_seconds": settings.RTP_TIMEOUT},
    )
    return hold is not None
