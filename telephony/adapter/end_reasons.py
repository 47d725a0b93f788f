"""How calls end, in the words of `telephony.states` (docs/design.md section 5, "Endings"). Pure.

Causes are Q.850 as Asterisk reports them in ChannelDestroyed; which SIP answer gives which was measured:
486 → 17, 603 → 21, no answer within the ring limit → 19, 503 → 34, silence of a phone (`rtp_timeout`) → 44.
"""

from dataclasses import dataclass

from telephony.states import EndedBy, EndReason, EventState, Leg

CAUSE_BUSY = 17
CAUSE_NORMAL = 16
CAUSE_DECLINED = 21
CAUSE_OUR_REQUEST = 32  # in the hang-up request that our own DELETE makes
CAUSE_MEDIA_LOST = 44
_NOT_ANSWERED = frozenset({0, CAUSE_NORMAL, 18, 19})  # ended while ringing, no user responding, no answer
# What a carrier says when it does not take a call: to us (402, 403, 407), of our request (400, 488), of its own way (404 is "no
# route" to many, 500, 503). Never what is said of the phone or by its owner: 480, 486, 487, 410, and all of 6xx.
_NOT_TAKEN = frozenset((
    400, 401, 402, 403, 404, 405, 406, 407, 408, 413, 415, 416, 420, 421, 482, 483, 484, 488, *range(500, 600),
))  # fmt: skip

_PARTY = {Leg.CUSTOMER: EndedBy.CUSTOMER, Leg.OPERATOR: EndedBy.OPERATOR}
_BUSY = {Leg.CUSTOMER: EndReason.CUSTOMER_BUSY, Leg.OPERATOR: EndReason.OPERATOR_BUSY}
_DECLINED = {Leg.CUSTOMER: EndReason.CUSTOMER_DECLINED, Leg.OPERATOR: EndReason.OPERATOR_DECLINED}
_NO_ANSWER = {Leg.CUSTOMER: EndReason.CUSTOMER_NO_ANSWER, Leg.OPERATOR: EndReason.OPERATOR_NO_ANSWER}
_NO_KEY = {Leg.CUSTOMER: EndReason.CUSTOMER_NO_KEY, Leg.OPERATOR: EndReason.OPERATOR_NO_KEY}
_WRONG_KEY = {Leg.CUSTOMER: EndReason.CUSTOMER_WRONG_KEY, Leg.OPERATOR: EndReason.OPERATOR_WRONG_KEY}
DO_NOT_CALL = {Leg.CUSTOMER: EndReason.CUSTOMER_DO_NOT_CALL, Leg.OPERATOR: EndReason.OPERATOR_DO_NOT_CALL}
_UNREACHABLE = {Leg.CUSTOMER: EndReason.CUSTOMER_UNREACHABLE, Leg.OPERATOR: EndReason.OPERATOR_UNREACHABLE}


@dataclass(frozen=True, slots=True)
class Ending:
    """The last word on a call."""

    state: EventState
    why: EndReason
    ended_by: EndedBy
    leg: Leg | None = None


def party(leg: Leg) -> EndedBy:
    """The party at the other end of this leg."""
    return _PARTY[leg]


def not_reached(leg: Leg, cause: int | None) -> Ending:
    """A leg that was dialled and never answered."""
    if cause == CAUSE_BUSY:
        return Ending(EventState.BUSY, _BUSY[leg], party(leg), leg)
    if cause == CAUSE_DECLINED:
        return Ending(EventState.BUSY, _DECLINED[leg], party(leg), leg)
    if cause is None or cause in _NOT_ANSWERED:
        return Ending(EventState.NO_ANSWER, _NO_ANSWER[leg], party(leg), leg)
    return Ending(EventState.FAILED, _UNREACHABLE[leg], EndedBy.NETWORK, leg)


def is_not_taken(sip: int | None) -> bool:
    """Whether this answer to an INVITE, before any phone rang, means that another carrier may be tried."""
    return sip in _NOT_TAKEN


def hung_up_early(leg: Leg) -> Ending:
    """A leg that answered and hung up before both were joined: the customer cancels, the operator declines."""
    if leg is Leg.CUSTOMER:
        return Ending(EventState.ENDED, EndReason.CUSTOMER_CANCELLED, EndedBy.CUSTOMER, leg)
    return Ending(EventState.BUSY, EndReason.OPERATOR_DECLINED, EndedBy.OPERATOR, leg)


def no_key(leg: Leg) -> Ending:
    """Asked twice and pressed nothing: voicemail, or a phone in a pocket."""
    return Ending(EventState.NO_ANSWER, _NO_KEY[leg], party(leg), leg)


def wrong_key(leg: Leg) -> Ending:
    """Pressed a key that means nothing, twice."""
    return Ending(EventState.NO_ANSWER, _WRONG_KEY[leg], party(leg), leg)


def do_not_call(leg: Leg) -> Ending:
    """Pressed 9: this number is not to be called again."""
    return Ending(EventState.NO_ANSWER, DO_NOT_CALL[leg], party(leg), leg)


def is_from_silence(ending: Ending) -> bool:
    """Whether it was inferred from hearing nothing, which proves nothing while the switch can't be heard."""
    if ending.state is EventState.NO_ANSWER:
        return ending.why not in DO_NOT_CALL.values()
    return ending.why is EndReason.CARRIER_FAULT


def failed(why: EndReason, leg: Leg | None = None) -> Ending:
    """Our fault or the network's; nothing was joined."""
    return Ending(EventState.FAILED, why, EndedBy.NETWORK, leg)


def hangup_requested_before_joining(ended_by: EndedBy, why: EndReason) -> Ending:
    """A hang-up request for a call whose parties are not joined."""
    if ended_by is EndedBy.CUSTOMER:
        return hung_up_early(Leg.CUSTOMER)
    if ended_by is EndedBy.OPERATOR:
        return hung_up_early(Leg.OPERATOR)
    if ended_by is EndedBy.STAFF:
        return Ending(EventState.FAILED, EndReason.STAFF_ENDED, ended_by)
    return Ending(EventState.FAILED, why, ended_by)


_JOINED_REASONS = frozenset(
    {
        EndReason.HANGUP,
        EndReason.CREDIT_EXHAUSTED,
        EndReason.NOT_RENEWED,
        EndReason.HOLD_LIMIT,
        EndReason.MEDIA_LOST,
        EndReason.NODE_SILENT,
        EndReason.SAFETY_LIMIT,
        EndReason.SWITCH_LOST,
        EndReason.STAFF_ENDED,
    }
)


def hangup_requested_while_joined(ended_by: EndedBy, why: EndReason) -> Ending:
    """A hang-up request for a joined call; a reason that only fits an unjoined one becomes a plain hang-up."""
    return Ending(EventState.ENDED, why if why in _JOINED_REASONS else EndReason.HANGUP, ended_by)


def time_is_up(*, is_final: bool) -> Ending:
    """The granted time is over: nothing more could be paid (`is_final`), or nobody could say whether it can."""
    why = EndReason.CREDIT_EXHAUSTED if is_final else EndReason.NOT_RENEWED
    return Ending(EventState.ENDED, why, EndedBy.PLATFORM)


def held_too_long(leg: Leg) -> Ending:
    """The party of `leg` put the other on hold and did not come back in time."""
    return Ending(EventState.ENDED, EndReason.HOLD_LIMIT, party(leg), leg)


def switch_lost_while_joined() -> Ending:
    """Asterisk died under a joined call; nobody recorded its end."""
    return Ending(EventState.ENDED, EndReason.SWITCH_LOST, EndedBy.NETWORK)


def node_silent() -> Ending:
    """All calls of the node fell silent at once: its way to the network was down."""
    return Ending(EventState.ENDED, EndReason.NODE_SILENT, EndedBy.NETWORK)


def left_while_joined(leg: Leg, *, cause: int | None, requested: bool) -> Ending:
    """The first leg left the bridge and we had not asked for it.

    `requested`: Asterisk announced a hang-up request for that leg. Its own limit (`TIMEOUT(absolute)`) announces
    none; a phone that fell silent is told by its cause.
    """
    if cause == CAUSE_MEDIA_LOST:
        return Ending(EventState.ENDED, EndReason.MEDIA_LOST, EndedBy.NETWORK, leg)
    if not requested:
        return Ending(EventState.ENDED, EndReason.SAFETY_LIMIT, EndedBy.PLATFORM)
    return Ending(EventState.ENDED, EndReason.HANGUP, party(leg), leg)
