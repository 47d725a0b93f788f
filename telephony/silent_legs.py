"""Whether a call that was charged was mostly silence on one side. Pure.

What is known of sound is whether packets of it arrive: Asterisk ends a leg that sent none for some time (`rtp_timeout`). A
phone that sends packets without a voice in them is not told apart.
"""

from telephony.states import EndReason


def was_mostly_silent(end_reason: str, talk_ms: int | None, silent_ms: int) -> bool:
    """Whether a leg ended for its silence of `silent_ms`, and was not heard for longer before that (`talk_ms`, charged)."""
    return end_reason == EndReason.MEDIA_LOST and talk_ms is not None and talk_ms <= silent_ms
