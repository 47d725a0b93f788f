"""Why a call ended, in a sentence for its customer. One place: page, receipt and API say the same."""

from billing.limit_names import BOUND_NAMES
from billing.states import GrantBound
from telephony.models import Call
from telephony.states import EndedBy, EndReason

_NOT_CHARGED = "You weren’t charged."

_UNJOINED = {
    EndReason.CUSTOMER_CANCELLED: "You canceled the call.",
    EndReason.CUSTOMER_BUSY: "Your phone was busy.",
    EndReason.CUSTOMER_DECLINED: "The call was declined on your phone.",
    EndReason.CUSTOMER_NO_ANSWER: "Your phone wasn't answered.",
    EndReason.CUSTOMER_NO_KEY: "Your phone answered, but nobody pressed 1.",
    EndReason.CUSTOMER_WRONG_KEY: "A different key than 1 was pressed on your phone.",
    EndReason.CUSTOMER_DO_NOT_CALL: "Someone pressed 9 on your phone, so we won't call it until you verify it again.",
    EndReason.CUSTOMER_UNREACHABLE: "We couldn't reach your phone.",
    EndReason.OPERATOR_BUSY: "{operator} was busy.",
    EndReason.OPERATOR_DECLINED: "{operator} couldn't take the call.",
    EndReason.OPERATOR_NO_ANSWER: "{operator} missed your call.",
    EndReason.OPERATOR_NO_KEY: "{operator} missed your call.",
    EndReason.OPERATOR_WRONG_KEY: "{operator} couldn't take the call.",
    EndReason.OPERATOR_DO_NOT_CALL: "{operator} isn't taking calls right now.",
    EndReason.OPERATOR_UNREACHABLE: "We couldn't reach {operator}.",
    EndReason.CARRIER_FAULT: "Our phone system didn't respond. It wasn't your phone.",
    EndReason.STAFF_ENDED: "Our staff ended the call.",
}

_JOINED = {
    EndReason.NOT_RENEWED: "We couldn't confirm more time for this call, so it ended. That was on us, not your balance.",
    EndReason.MEDIA_LOST: "We lost the audio, so we ended the call. You didn't pay for the silence.",
    EndReason.NODE_SILENT: "Our line lost the audio, so we ended the call. You didn't pay for the silence.",
    EndReason.SWITCH_LOST: "The connection was lost.",
    EndReason.STAFF_ENDED: "Our staff ended the call.",
}


# The grant was final and its time is over: why there was no more.
_BOUND: dict[str, str] = {
    **{bound: f"You reached your {name}." for bound, name in BOUND_NAMES.items()},
    GrantBound.CALL_AMOUNT: "You reached the amount you chose for this call.",
    GrantBound.CALL_END: "You reached the end time you chose for this call.",
    GrantBound.LONGEST_CALL: "You reached the longest time for one call.",
    GrantBound.ACCOUNT: "Calls are turned off for your account.",
    GrantBound.UNAVAILABLE: "{operator} is no longer available.",
}
_BALANCE = "Your balance didn't cover another minute."


_HELD = {
    EndedBy.OPERATOR: "{operator} put the call on hold for too long, so we ended it. You didn't pay for the hold.",
    EndedBy.CUSTOMER: "The call was on hold on your phone for too long, so we ended it.",
}
_HUNG_UP = {EndedBy.OPERATOR: "{operator} hung up.", EndedBy.CUSTOMER: "You hung up."}
_ENDED = "The call was ended."


def end_message(call: Call) -> str:
    """What happened, and that nothing was charged where nothing was. Needs operator and authorization loaded."""
    name = call.operator.stage_name
    if call.joined_ms is None:
        why = _UNJOINED.get(EndReason(call.end_reason), "Something went wrong on our side.")
        return f"{why.format(operator=name)} {_NOT_CHARGED}"
    return _joined_words(call).format(operator=name)


def _joined_words(call: Call) -> str:
    reason, ended_by = EndReason(call.end_reason), EndedBy(call.ended_by)
    if reason is EndReason.HANGUP:
        return _HUNG_UP.get(ended_by, _ENDED)
    if reason is EndReason.HOLD_LIMIT:
        return _HELD.get(ended_by, _ENDED)
    if reason is EndReason.SAFETY_LIMIT and not call.terms.bound_by:
        return _JOINED[EndReason.NOT_RENEWED]  # more could have been granted, had we been there to ask
    if reason in (EndReason.CREDIT_EXHAUSTED, EndReason.SAFETY_LIMIT):
        is_end_chosen = not call.terms.bound_by and call.terms.ends_at is not None
        return _BOUND.get(GrantBound.CALL_END if is_end_chosen else call.terms.bound_by, _BALANCE)
    return _JOINED.get(reason, _ENDED)
