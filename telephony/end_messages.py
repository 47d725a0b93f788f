"""Why a call ended, in a sentence for its customer. One place: page, receipt and API say the same."""

from billing.states import GrantBound
from telephony.models import Call
from telephony.states import EndedBy, EndReason

_NOT_CHARGED = "You were not charged."

_UNJOINED = {
    EndReason.CUSTOMER_CANCELLED: "You cancelled the call.",
    EndReason.CUSTOMER_BUSY: "Your phone was busy.",
    EndReason.CUSTOMER_DECLINED: "The call was declined on your phone.",
    EndReason.CUSTOMER_NO_ANSWER: "Your phone was not answered.",
    EndReason.CUSTOMER_NO_KEY: "Nobody pressed 1 on your phone.",
    EndReason.CUSTOMER_WRONG_KEY: "Another key than 1 was pressed on your phone.",
    EndReason.CUSTOMER_UNREACHABLE: "We could not reach your phone.",
    EndReason.OPERATOR_BUSY: "{operator} was busy.",
    EndReason.OPERATOR_DECLINED: "{operator} could not take the call.",
    EndReason.OPERATOR_NO_ANSWER: "{operator} did not answer.",
    EndReason.OPERATOR_NO_KEY: "{operator} did not answer.",
    EndReason.OPERATOR_WRONG_KEY: "{operator} could not take the call.",
    EndReason.OPERATOR_UNREACHABLE: "We could not reach {operator}.",
    EndReason.STAFF_ENDED: "Our staff ended the call.",
}

_JOINED = {
    EndReason.SAFETY_LIMIT: "The paid-for time was over.",
    EndReason.MEDIA_LOST: "The line fell silent, so we ended the call.",
    EndReason.SWITCH_LOST: "The line was lost.",
    EndReason.STAFF_ENDED: "Our staff ended the call.",
}


# The grant was final and its time is over: why there was no more.
_BOUND: dict[str, str] = {
    GrantBound.DAILY_LIMIT: "You reached your daily spending limit.",
    GrantBound.LONGEST_CALL: "You reached the longest time for one call.",
    GrantBound.ACCOUNT: "Calls are turned off for your account.",
    GrantBound.UNAVAILABLE: "{operator} is no longer available.",
}
_BALANCE = "Your balance didn't cover another minute."


def end_message(call: Call) -> str:
    """What happened, and that nothing was charged where nothing was. Needs operator and authorization loaded."""
    name = call.operator.stage_name
    if call.joined_ms is None:
        why = _UNJOINED.get(EndReason(call.end_reason), "Something went wrong on our side.")
        return f"{why.format(operator=name)} {_NOT_CHARGED}"
    if call.end_reason == EndReason.HANGUP:
        return f"{name} hung up." if call.ended_by == EndedBy.OPERATOR else "You hung up."
    if call.end_reason == EndReason.CREDIT_EXHAUSTED:
        return _BOUND.get(call.terms.bound_by, _BALANCE).format(operator=name)
    return _JOINED.get(EndReason(call.end_reason), "The call was ended.")
