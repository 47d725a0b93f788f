"""Why a call ended, in a sentence for its customer. One place: page, receipt and API say the same."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from billing.limit_names import bound_name
from billing.states import GrantBound
from telephony.models import Call
from telephony.states import EndedBy, EndReason

_NOT_CHARGED = gettext_noop("You weren’t charged.")
_UNKNOWN = gettext_noop("Something went wrong on our side.")

_UNJOINED = {
    EndReason.CUSTOMER_CANCELLED: gettext_noop("You canceled the call."),
    EndReason.CUSTOMER_BUSY: gettext_noop("Your phone was busy."),
    EndReason.CUSTOMER_DECLINED: gettext_noop("The call was declined on your phone."),
    EndReason.CUSTOMER_NO_ANSWER: gettext_noop("Your phone wasn’t answered."),
    EndReason.CUSTOMER_NO_KEY: gettext_noop("Your phone answered, but nobody pressed 1."),
    EndReason.CUSTOMER_WRONG_KEY: gettext_noop("A different key than 1 was pressed on your phone."),
    EndReason.CUSTOMER_DO_NOT_CALL: gettext_noop(
        "Someone pressed 9 on your phone, so we won’t call it until you verify it again."
    ),
    EndReason.CUSTOMER_UNREACHABLE: gettext_noop("We couldn’t reach your phone."),
    EndReason.OPERATOR_BUSY: gettext_noop("{operator} was busy."),
    EndReason.OPERATOR_DECLINED: gettext_noop("{operator} couldn’t take the call."),
    EndReason.OPERATOR_NO_ANSWER: gettext_noop("{operator} missed your call."),
    EndReason.OPERATOR_NO_KEY: gettext_noop("{operator} missed your call."),
    EndReason.OPERATOR_WRONG_KEY: gettext_noop("{operator} couldn’t take the call."),
    EndReason.OPERATOR_DO_NOT_CALL: gettext_noop("{operator} isn’t taking calls right now."),
    EndReason.OPERATOR_UNREACHABLE: gettext_noop("We couldn’t reach {operator}."),
    EndReason.CARRIER_FAULT: gettext_noop("Our phone system didn’t respond. It wasn’t your phone."),
    EndReason.STAFF_ENDED: gettext_noop("Our staff ended the call."),
}

_JOINED = {
    EndReason.NOT_RENEWED: gettext_noop(
        "We couldn’t confirm more time for this call, so it ended. That was on us, not your balance."
    ),
    EndReason.MEDIA_LOST: gettext_noop(
        "We lost the audio, so we ended the call. You didn’t pay for the silence."
    ),
    EndReason.NODE_SILENT: gettext_noop(
        "Our line lost the audio, so we ended the call. You didn’t pay for the silence."
    ),
    EndReason.SWITCH_LOST: gettext_noop("The connection was lost."),
    EndReason.STAFF_ENDED: gettext_noop("Our staff ended the call."),
}


# The grant was final and its time is over: why there was no more.
_BOUND: dict[str, str] = {
    GrantBound.CALL_AMOUNT: gettext_noop("You reached the amount you chose for this call."),
    GrantBound.CALL_END: gettext_noop("You reached the end time you chose for this call."),
    GrantBound.LONGEST_CALL: gettext_noop("You reached the longest time for one call."),
    GrantBound.ACCOUNT: gettext_noop("Calls are turned off for your account."),
    GrantBound.UNAVAILABLE: gettext_noop("{operator} is no longer available."),
}
_BALANCE = gettext_noop("Your balance didn’t cover another minute.")


_HELD = {
    EndedBy.OPERATOR: gettext_noop(
        "{operator} put the call on hold for too long, so we ended it. You didn’t pay for the hold."
    ),
    EndedBy.CUSTOMER: gettext_noop("The call was on hold on your phone for too long, so we ended it."),
}
_HUNG_UP = {
    EndedBy.OPERATOR: gettext_noop("{operator} hung up."),
    EndedBy.CUSTOMER: gettext_noop("You hung up."),
}
_ENDED = gettext_noop("The call was ended.")


def end_message(call: Call) -> str:
    """What happened, and that nothing was charged where nothing was. Needs operator and authorization loaded."""
    name = call.operator.stage_name
    if call.joined_ms is None:
        why = _(_UNJOINED.get(EndReason(call.end_reason), _UNKNOWN))
        return f"{why.format(operator=name)} {_(_NOT_CHARGED)}"
    if limit := _limit_reached(call):
        return _("You reached your %(limit)s.") % {"limit": limit}
    return _(_joined_words(call)).format(operator=name)


def _limit_reached(call: Call) -> str:
    """The limit of the customer's that ended a call; empty if something else did."""
    is_used_up = EndReason(call.end_reason) in (EndReason.CREDIT_EXHAUSTED, EndReason.SAFETY_LIMIT)
    return bound_name(call.terms.bound_by) if is_used_up else ""


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
