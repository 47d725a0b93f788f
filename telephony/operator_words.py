"""Why a call ended, or never began, in words for its operator. Pure: an end reason and whoever brought it about in, a sentence out.

There are words for every `EndReason` with every `EndedBy`; a test holds that. Of the customer's money they say nothing.
"""

from telephony.states import EndedBy, EndReason

_OURS = "There was a problem on our side."
_LINE = "There was trouble on the phone line."

_UNJOINED: dict[EndReason, str] = {
    EndReason.CUSTOMER_BUSY: "Their phone was busy.",
    EndReason.CUSTOMER_DECLINED: "They declined our call on their phone.",
    EndReason.CUSTOMER_NO_ANSWER: "They didn’t answer their phone.",
    EndReason.CUSTOMER_NO_KEY: "Their phone was answered, but no one pressed 1.",
    EndReason.CUSTOMER_WRONG_KEY: "They pressed a different key than 1.",
    EndReason.CUSTOMER_DO_NOT_CALL: "They pressed 9 on their phone, which stops our calls.",
    EndReason.CUSTOMER_UNREACHABLE: "We couldn’t reach their phone.",
    EndReason.OPERATOR_BUSY: "Your phone was busy.",
    EndReason.OPERATOR_DECLINED: "You declined.",
    EndReason.OPERATOR_NO_ANSWER: "You didn’t answer your phone.",
    EndReason.OPERATOR_NO_KEY: "Your phone was answered, but no one pressed 1. Was it voicemail?",
    EndReason.OPERATOR_WRONG_KEY: "A different key than 1 was pressed on your phone.",
    EndReason.OPERATOR_DO_NOT_CALL: "9 was pressed on your phone, which stops our calls.",
    EndReason.OPERATOR_UNREACHABLE: "We couldn’t reach your phone.",
    EndReason.CARRIER_FAULT: _LINE,
    EndReason.MEDIA_LOST: _LINE,
    EndReason.NODE_SILENT: _LINE,
    EndReason.SWITCH_LOST: _LINE,
}
_CALLED_OFF = frozenset({EndReason.HANGUP, EndReason.CUSTOMER_CANCELLED, EndReason.STAFF_ENDED})
_CALLED_OFF_BY: dict[EndedBy, str] = {
    EndedBy.OPERATOR: "You declined.",
    EndedBy.STAFF: "Our staff ended the call.",
    EndedBy.NETWORK: _LINE,
}

_JOINED: dict[EndReason, str] = {
    EndReason.CREDIT_EXHAUSTED: "The caller’s time was up.",
    EndReason.SAFETY_LIMIT: "The caller’s time was up.",
    EndReason.NOT_RENEWED: "We couldn’t confirm more time for the call. That was on us.",
    EndReason.MEDIA_LOST: "The audio was lost.",
    EndReason.NODE_SILENT: "Our line lost the audio.",
    EndReason.STAFF_ENDED: "Our staff ended the call.",
}
_HUNG_UP_BY: dict[EndedBy, str] = {
    EndedBy.CUSTOMER: "The caller hung up.",
    EndedBy.OPERATOR: "You hung up.",
    EndedBy.STAFF: "Our staff ended the call.",
    EndedBy.PLATFORM: "The caller’s time was up.",
}
_HELD_BY: dict[EndedBy, str] = {
    EndedBy.CUSTOMER: "The caller was on hold for too long.",
    EndedBy.OPERATOR: "You put the caller on hold for too long.",
}
_LOST = "The connection was lost."


def missed_words(reason: EndReason, ended_by: EndedBy, *, has_rung: bool) -> str:
    """Why a call was never joined. `has_rung`: the operator's phone rang."""
    if reason in _CALLED_OFF:
        own = "They hung up before you answered." if has_rung else "They hung up before your phone rang."
        if reason is EndReason.CUSTOMER_CANCELLED or ended_by is EndedBy.CUSTOMER:
            return own
        return _CALLED_OFF_BY.get(ended_by, _OURS)
    return _UNJOINED.get(reason, _OURS)


def ended_words(reason: EndReason, ended_by: EndedBy) -> str:
    """Why a call that was joined ended."""
    if reason is EndReason.HANGUP:
        return _HUNG_UP_BY.get(ended_by, _LOST)
    if reason is EndReason.HOLD_LIMIT:
        return _HELD_BY.get(ended_by, "The call was on hold for too long.")
    return _JOINED.get(reason, _LOST)
