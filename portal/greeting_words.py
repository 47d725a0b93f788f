"""How a call that records a greeting stands, in words for the operator who asked for it."""

from dataclasses import dataclass
from datetime import timedelta

from core import clock
from operators.models import Operator
from operators.phones import listed_phones
from telephony.services.record_greeting_by_phone import latest_greeting_call
from telephony.states import GreetingCallEnd, GreetingCallState

_NEWS_FOR = timedelta(minutes=15)  # what a call came to is of interest for so long
_GOES_ON = {
    GreetingCallState.RINGING: "We’re calling your phone. Pick up to record.",
    GreetingCallState.RECORDING: "You’re on the phone. Speak after the tone, then press #.",
    GreetingCallState.REVIEWING: "Listen to your recording. Press 1 to keep it, or 2 to record again.",
}
_OURS = "Something went wrong on our side, so nothing was saved. Please try again."
_ENDED = {
    GreetingCallEnd.BUSY: "Your phone was busy. Try again when it’s free.",
    GreetingCallEnd.NO_ANSWER: "Your phone didn’t answer. Try again when you’re ready.",
    GreetingCallEnd.UNREACHABLE: "We couldn’t reach your phone. Please try again in a minute.",
    GreetingCallEnd.HUNG_UP: "You hung up before pressing 1, so nothing was saved.",
    GreetingCallEnd.TOO_SHORT: "Your recordings were too short, so nothing was saved. Say a sentence or two.",
    GreetingCallEnd.NO_KEY: "You didn’t press 1, so nothing was saved.",
    GreetingCallEnd.FAILED: _OURS,
    GreetingCallEnd.LOST: _OURS,
}


@dataclass(frozen=True, slots=True)
class PhoneRecording:
    """`phones`: those that can be called, in their order: number and "ends in 08". `progress` or `news`: what to say, or neither.

    `mark` differs when there is something new to show.
    """

    phones: list[tuple[int, str]]
    progress: str = ""
    news: str = ""
    mark: str = "idle"


def phone_recording(operator: Operator) -> PhoneRecording:
    """How the operator's last such call stands now. Reads the database."""
    listed = listed_phones(operator)
    phones = [(phone.number.pk, phone.number.hint) for phone in listed if phone.obstacle is None]
    call, at = latest_greeting_call(operator), clock.now()
    if call is None:
        return PhoneRecording(phones)
    mark = f"{call.pk}-{call.sequence}"
    if call.is_live(at):
        return PhoneRecording(phones, progress=_GOES_ON[GreetingCallState(call.state)], mark=mark)
    why = call.end_of(at)
    if why is None or at > (call.ended_at or call.created_at) + _NEWS_FOR:
        return PhoneRecording(phones, mark=mark)
    news = f"We couldn’t use your recording: {call.reason}" if why is GreetingCallEnd.REFUSED else _ENDED[why]
    return PhoneRecording(phones, news=news, mark=f"{mark}-{why}")
