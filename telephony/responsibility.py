"""Who caused that a call was never joined: one table, with a row for every `EndReason`. Pure.

Only what the customer caused counts against the customer (`telephony.services.initiate`). A test holds the table complete.
"""

from enum import StrEnum

from telephony.states import EndReason


class Cause(StrEnum):
    """Whose doing the end of a call was."""

    CUSTOMER = "customer"
    OPERATOR = "operator"
    PLATFORM = "platform"  # ours, the carrier's, or the network's
    PHONE = "phone"  # nobody's: a voicemail or a screener of calls answered
    TALKED = "talked"  # both were joined: it ended like a call


CAUSE_OF: dict[EndReason, Cause] = {
    EndReason.HANGUP: Cause.TALKED,
    EndReason.CREDIT_EXHAUSTED: Cause.TALKED,
    EndReason.NOT_RENEWED: Cause.TALKED,
    EndReason.HOLD_LIMIT: Cause.TALKED,
    EndReason.MEDIA_LOST: Cause.TALKED,
    EndReason.NODE_SILENT: Cause.PLATFORM,
    EndReason.SAFETY_LIMIT: Cause.TALKED,
    EndReason.SWITCH_LOST: Cause.PLATFORM,
    EndReason.CUSTOMER_CANCELLED: Cause.CUSTOMER,
    EndReason.CUSTOMER_BUSY: Cause.CUSTOMER,
    EndReason.CUSTOMER_DECLINED: Cause.CUSTOMER,
    EndReason.CUSTOMER_NO_ANSWER: Cause.CUSTOMER,
    EndReason.CUSTOMER_NO_KEY: Cause.PHONE,
    EndReason.CUSTOMER_WRONG_KEY: Cause.CUSTOMER,
    EndReason.CUSTOMER_DO_NOT_CALL: Cause.CUSTOMER,
    EndReason.CUSTOMER_UNREACHABLE: Cause.PLATFORM,
    EndReason.OPERATOR_BUSY: Cause.OPERATOR,
    EndReason.OPERATOR_DECLINED: Cause.OPERATOR,
    EndReason.OPERATOR_NO_ANSWER: Cause.OPERATOR,
    EndReason.OPERATOR_NO_KEY: Cause.OPERATOR,
    EndReason.OPERATOR_WRONG_KEY: Cause.OPERATOR,
    EndReason.OPERATOR_DO_NOT_CALL: Cause.OPERATOR,
    EndReason.OPERATOR_UNREACHABLE: Cause.PLATFORM,
    EndReason.CARRIER_FAULT: Cause.PLATFORM,
    EndReason.STAFF_ENDED: Cause.PLATFORM,
    EndReason.ADAPTER_RESTARTED: Cause.PLATFORM,
    EndReason.PHONE_SYSTEM_UNAVAILABLE: Cause.PLATFORM,
    EndReason.EXPIRED: Cause.PLATFORM,
    EndReason.UNHEARD: Cause.PLATFORM,
}


def caused_by(cause: Cause) -> list[EndReason]:
    """The end reasons that are this side's doing."""
    return [reason for reason, side in CAUSE_OF.items() if side is cause]
