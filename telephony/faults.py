"""Which calls failed by a fault of ours so early that nothing is charged for them: the table of end reasons. Pure.

A phone that sent nothing at all is no talk either, whoever's it was.
"""

from telephony.states import EndedBy, EndReason

# Joined, and ended by the node, the adapter, web, or the trunk.
OF_OURS = frozenset(
    {
        EndReason.SWITCH_LOST,
        EndReason.NODE_SILENT,
        EndReason.NOT_RENEWED,
        EndReason.ADAPTER_RESTARTED,
        EndReason.CARRIER_FAULT,
    }
)
NO_SOUND_MS = 1_000  # the last packet of a phone that sent none but what set the call up


def refund_reason(end_reason: str, ended_by: str, joined_ms: int | None, *, within_ms: int) -> str:
    """Why a call that was charged is refunded by itself, in words for the customer; empty if it isn't.

    `within_ms`: how long after the parties were joined a fault of ours counts as the end of nothing.
    """
    if joined_ms is None:
        return ""
    if end_reason == EndReason.MEDIA_LOST:
        return "No sound came from one of the phones." if joined_ms < NO_SOUND_MS else ""
    is_ours = end_reason in OF_OURS or (end_reason == EndReason.HANGUP and ended_by == EndedBy.NETWORK)
    return "The call was cut off by a problem on our side." if is_ours and joined_ms <= within_ms else ""
